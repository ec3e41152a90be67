/*
 * fuzz_arf: any bytes as a mail with a feedback report. Whatever they are, the report that comes
 * out keeps its promises, and reading them again gives the same.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report, again;

	if (arf_read(bytes_of(data, size), &report)) {
		return 0;
	}
	bool found = report.source.family != 0;

	check(report.format == FORMAT_ARF);
	check(report.category != CATEGORY_NONE && report.category != CATEGORY_RELAY);
	check(report.via == (found ? VIA_FIELD : VIA_NONE));
	check(report.confidence == (found ? 100 : 0));
	check(!found || report.source.len == prefix_bits(report.source.family));
	check(found || report.disposition != DISPOSITION_EVIDENCE);
	check(report.incidents > 0 && !report.proof);
	check(arf_read(bytes_of(data, size), &again) == ST_OK);
	check(prefix_compare(&report.source, &again.source) == 0);
	check(report.category == again.category && report.observed == again.observed);
	return 0;
}
