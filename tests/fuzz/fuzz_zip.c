/*
 * fuzz_zip: any bytes as an archive, in a process whose memory libFuzzer limits. What is kept of
 * each report is the archive; a reader that found one says so.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report.h"
#include "feeder/report_reader.h"

#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	const struct report_reader *reader = context;

	check(body.data == reader->body.data && body.len == reader->body.len);
	check(fault || report->format == FORMAT_SHADOWSERVER ||
	      report->format == FORMAT_UCEPROTECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config config;
	static const struct report_rules rules = {.now = NOW, .config = &config};
	struct bytes zip = bytes_of(data, size);
	struct report_reader reader = {.rules = &rules,
				       .sink = visit,
				       .context = &reader,
				       .body = zip};
	enum status status = zip_reports_read(&reader, zip);

	check(status == ST_OK || status == ST_NO);
	check((status == ST_OK) == (reader.count > 0));
	return 0;
}
