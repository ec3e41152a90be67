/*
 * fuzz_csv: any bytes as rows. Every field lies in the text or in the reader, the rows in order;
 * and as a file of reports under each of some names, a good report keeps its promises.
 */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
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

static bool within(struct bytes field, const uint8_t *from, size_t size)
{
	return field.data >= from && field.data <= from + size &&
	       field.len <= (size_t)(from + size - field.data);
}

static void read_rows(struct bytes text, char delimiter)
{
	static struct csv csv;
	uint64_t line = 0;

	csv_begin(&csv, text, delimiter);
	while (csv_next(&csv)) {
		size_t total = 0;

		check(csv.line > line && csv.count <= CSV_COLUMNS);
		check((csv.count == 0) == (csv.fault != NULL));
		line = csv.line;
		for (size_t i = 0; i < csv.count; i++) {
			check(within(csv.fields[i], text.data, text.len) ||
			      within(csv.fields[i], csv.room, sizeof csv.room));
			total += csv.fields[i].len;
		}
		check(total <= CSV_ROW);
	}
}

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	const struct report_reader *reader = context;

	check(body.data == reader->body.data && body.len == reader->body.len);
	if (fault) {
		check(*fault && report->disposition == 0);
		return;
	}
	check(report->format == FORMAT_SHADOWSERVER || report->format == FORMAT_UCEPROTECT);
	check(report->category && report->disposition && report->incidents > 0);
	check(report->observed <= NOW + REPORT_FUTURE_S);
	check(!report->source.family || report->source.len == prefix_bits(report->source.family));
	check((report->via == VIA_FIELD) == (report->source.family != 0));
	check(report->disposition != DISPOSITION_EVIDENCE || report->source.family);
	check(!strchr(report->note, '@'));
}

static void read_reports(struct bytes text, const char *name)
{
	static const struct config config;
	static const struct report_rules rules = {.now = NOW, .config = &config};
	struct report_reader reader = {.rules = &rules,
				       .sink = visit,
				       .context = &reader,
				       .body = text};
	enum status status = csv_reports_read(&reader, text, name);

	check(status == ST_OK || status == ST_NO || status == ST_DATA);
	check((status == ST_OK) == (reader.count > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);

	read_rows(text, ',');
	read_rows(text, ';');
	read_rows(text, '\t');
	read_reports(text, "");
	read_reports(text, "2026-11-20-event4_sinkhole-example-asn.csv");
	read_reports(text, "2026-11-20-spam_url-example-asn.csv");
	read_reports(text, "uceprotect.csv");
	return 0;
}
