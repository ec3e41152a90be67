/*
 * fuzz_listfile: a list of any octets. The first one selects the format, and its bit 7 leaves
 * away the sublist for lines that name none.
 *
 *	input ─▶ list_read() ─▶ every item may be claimed as it is: a prefix of a listing's length,
 *a sublist of the config, texts that DNS can serve; ascending, none twice; bad lines are counted,
 *	numbered and fit for a terminal
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "listfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char CONFIG[] =
	"database = db listen = \"127.0.0.1:53\" sublist relay { code = 2 text = \"{ip}\" }\n"
	"sublist hijacked { code = 4 } sublist multihop { code = 5 } sublist again { code = 5 }\n"
	"zone dnsbl.example.org { ns = ns1.example.net sublists = { relay, hijacked }\n"
	"	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n";

static uint64_t told;

static void bad_line(void *context, uint64_t line, const char *why)
{
	const struct list *list = context;

	assert(line > 0 && why[0] != '\0');
	for (const char *p = why; *p; p++) {
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	told++;
	assert(list->bad_lines == told);
}

static void check_item(const struct list *list, size_t i, const struct config *config)
{
	const struct list_item *item = &list->at[i];
	struct prefix p = {item->addr, item->family, item->len};
	struct prefix same = prefix_of(p.family, p.addr, p.len);

	assert(p.family == 4 || p.family == 6);
	assert(p.len <= prefix_bits(p.family) && same.addr == p.addr);
	assert(prefix_check_listing(&p) == ST_OK);
	assert(p.family == 4 || p.len < 96 || p.addr >> 32 != 0xffff);
	assert(item->sublist < config->sublist_count);
	if (item->text) {
		assert(text_check(list_string(list, item->text)) == ST_OK);
	}
	if (item->reason) {
		assert(strlen(list_string(list, item->reason)) <= CLAIM_REASON);
	}
	if (i > 0) {
		struct prefix before = {item[-1].addr, item[-1].family, item[-1].len};
		int order = prefix_compare(&before, &p);

		assert(order < 0 || (order == 0 && item[-1].sublist < item->sublist));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config *config;
	struct list list;

	if (!config && config_parse(CONFIG, "fuzz.conf", &config)) {
		abort();
	}
	if (size < 2) {
		return 0;
	}
	FILE *in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	struct list_input input = {in,         (enum list_format)((data[0] & 15) % (LIST_CSV + 1)),
				   config,     data[0] & 128 ? NULL : &config->sublists[0],
				   1795255200, bad_line,
				   &list,      (data[0] & 64) != 0};

	assert(in);
	told = 0;
	enum status status = list_read(&input, &list);
	fclose(in);
	assert(status == ST_OK || (status == ST_DATA && list.count == 0));
	assert(list.bad_lines == told);
	assert(list.format > LIST_UNKNOWN && list.format <= LIST_CSV);
	for (size_t i = 0; i < list.count; i++) {
		check_item(&list, i, config);
	}
	list_release(&list);
	return 0;
}
