/*
 * fuzz_misp: any bytes as a warninglist. Whatever they are, what comes out are prefixes, and
 * reading them again gives the same.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/exclude_misp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[EXCLUSION_COMMENT], again[EXCLUSION_COMMENT];
	/* Bad entries are named on stderr, up to some; these count as more already. */
	struct operands operands = {.bad = {.count = BAD_NAMED + 1}}, second = operands;
	struct bytes text = bytes_of(data, size);

	if (!misp_begins(text) || misp_read(text, &operands, name)) {
		operands_release(&operands);
		return 0;
	}
	check(memchr(name, '\0', sizeof name) != NULL);
	check(operands.count <= operands.words);
	for (size_t i = 0; i < operands.count; i++) {
		const struct prefix *p = &operands.at[i].prefix;

		check(p->family == 4 || p->family == 6);
		check(p->len <= prefix_bits(p->family));
		check((p->addr & ~prefix_mask(p->family, p->len)) == 0);
	}
	check(misp_read(text, &second, again) == ST_OK);
	check(second.count == operands.count && strcmp(name, again) == 0);
	operands_release(&operands);
	operands_release(&second);
	return 0;
}
