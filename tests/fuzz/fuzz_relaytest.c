/*
 * fuzz_relaytest: any bytes as relay tests' reports. All of the input is used up; every report lies
 * in it, after the one before; a good one keeps its promises.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report.h"

#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

struct walk {
	const uint8_t *at, *end;
	unsigned reports;
};

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct walk *walk = context;

	check(body.data >= walk->at && body.data + body.len <= walk->end);
	walk->at = body.data + body.len;
	walk->reports++;
	if (fault) {
		check(*fault && report->disposition == 0);
		return;
	}
	check(report->format == FORMAT_RELAYTEST && report->category == CATEGORY_RELAY);
	check(report->source.family && report->source.len == prefix_bits(report->source.family));
	check(report->observed <= NOW + REPORT_FUTURE_S);
	check(!report->proof ||
	      (report->disposition == DISPOSITION_EVIDENCE && report->confidence == 100));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk walk = {data, data + size, 0};

	reports_read(bytes_of(data, size), FORMAT_RELAYTEST, NOW, visit, &walk);
	check(walk.reports > 0);
	return 0;
}
