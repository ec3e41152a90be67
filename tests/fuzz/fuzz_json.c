/*
 * fuzz_json: any bytes as JSON reports, alone and as a part of a mail. Alone, every report lies in
 * them, after the one before; a good one keeps its promises; in a mail there are as many good ones,
 * or it is no report at all.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report_reader.h"

#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

struct walk {
	const uint8_t *at, *end; /* NULL: every body is the mail */
	size_t reports, good;
};

static void check_report(const struct report *report)
{
	bool found = report->source.family != 0;

	check(report->format == FORMAT_RELAYTEST || report->format == FORMAT_XARF3 ||
	      report->format == FORMAT_XARF4);
	check(category_name(report->category) != NULL && report->incidents == 1);
	check(report->disposition == DISPOSITION_EVIDENCE ||
	      report->disposition == DISPOSITION_NEGATIVE ||
	      report->disposition == DISPOSITION_IGNORED);
	check(!found || report->source.len == prefix_bits(report->source.family));
	check(report->via == (found ? VIA_FIELD : VIA_NONE));
	check(found || (report->disposition == DISPOSITION_IGNORED && report->confidence == 0));
	check(report->confidence <= 100 && report->observed <= NOW + REPORT_FUTURE_S);
	check(!report->proof || (report->format == FORMAT_RELAYTEST && report->confidence == 100 &&
				 report->disposition == DISPOSITION_EVIDENCE));
	check(report->output_count <= REPORT_OUTPUTS && (report->proof || !report->output_count));
	check(!strchr(report->note, '@') && !strchr(report->note, '\n'));
}

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct walk *walk = context;

	if (walk->at) {
		check(body.data >= walk->at && body.data + body.len <= walk->end);
		walk->at = body.data + body.len;
	}
	walk->reports++;
	if (fault) {
		check(*fault);
		return;
	}
	walk->good++;
	check_report(report);
}

static enum status read_as(struct bytes body, struct bytes text, struct walk *walk)
{
	const struct report_rules rules = {.now = NOW};
	struct report_reader reader = {
		.rules = &rules,
		.sink = visit,
		.context = walk,
		.body = body,
	};
	enum status status = json_reports_read(&reader, text);

	check(reader.count == walk->reports);
	check((status == ST_OK) == (walk->reports > 0));
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mail[] = "Subject: a report\n\n";
	struct walk alone = {.at = data, .end = data + size}, inside = {0};
	struct bytes text = bytes_of(data, size);

	read_as(text, text, &alone);
	if (read_as(bytes_str(mail), text, &inside) == ST_OK) {
		check(inside.good == alone.good && inside.reports == alone.reports);
	}
	return 0;
}
