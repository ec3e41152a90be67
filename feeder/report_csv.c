/*
 * report_csv.c: reports that come as rows of comma separated values.
 *
 *     the first row ─▶ whose header is it? none's: not a report
 *     each other row ─▶ shadowserver_row() or uceprotect_row() ─▶ passed on, or named as bad
 *
 * A mail begins with "Name: value" (RFC 5322 §2.2), or with "From " in a mailbox. A header here has
 * at least two columns of known names and not one colon, so that neither is taken for the other.
 *
 * A row with more or fewer columns than its header is bad: what stands under "ip" may be anything.
 */
#include "report_csv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report_reader.h"
#include "rfc3339.h"

enum {
	HEADER_MAX = 8192,   /* octets of a header: the longest of Shadowserver's has 2,000 */
	BAD_ROWS_MAX = 1000, /* then the rest of the file is given up: it is not what it seemed */
	TIME_ROOM = TIME_TEXT + 16, /* with a fraction and a zone */
};

const char *csv_text(struct bytes field, char *text, size_t room)
{
	while (field.len > 0 && *field.data == ' ') {
		field = bytes_of(field.data + 1, field.len - 1);
	}
	while (field.len > 0 && field.data[field.len - 1] == ' ') {
		field.len--;
	}
	size_t len = field.len < room ? field.len : room - 1;

	if (len > 0) {
		memcpy(text, field.data, len);
	}
	text[len] = '\0';
	return text;
}

enum status csv_host(struct bytes field, struct prefix *host)
{
	char text[ADDR_TEXT];

	csv_text(field, text, sizeof text);
	if (strchr(text, '/') || prefix_parse(text, host)) {
		return fail(ST_DATA, "'%s' is no address", text);
	}
	return ST_OK;
}

enum status csv_time(struct bytes field, uint64_t *time)
{
	char text[TIME_ROOM];
	size_t len = strlen(csv_text(field, text, sizeof text - 1));

	*time = 0;
	if (len == 0) {
		return ST_OK;
	}
	if (len > 10 && text[10] == ' ') {
		text[10] = 'T';
	}
	if (len > 10 && !strpbrk(text + 10, "Z+-")) {
		text[len] = 'Z';
		text[len + 1] = '\0';
	}
	if (time_parse(text, time)) {
		csv_text(field, text, sizeof text);
		return fail(ST_DATA, "'%s' is no time", text);
	}
	return ST_OK;
}

/* One file of rows. */
struct sheet {
	enum report_format format;
	size_t width;
	struct shadowserver shadowserver;
	struct uceprotect uceprotect;
	struct csv csv;
};

/* Of the three, the one that the header's first column ends with. */
static char delimiter_of(struct bytes header)
{
	for (size_t i = 0; i < header.len; i++) {
		if (memchr(",;\t", header.data[i], 3)) {
			return (char)header.data[i];
		}
	}
	return ',';
}

/* Whose header the first row is; FORMAT_UNKNOWN: nobody's. */
static enum report_format header_format(const struct report_reader *reader, struct sheet *sheet,
					struct bytes text, const char *name)
{
	size_t len = 0;

	while (len < text.len && text.data[len] != '\r' && text.data[len] != '\n') {
		len++;
	}
	if (len > HEADER_MAX || memchr(text.data, ':', len)) {
		return FORMAT_UNKNOWN;
	}
	csv_begin(&sheet->csv, text, delimiter_of(bytes_of(text.data, len)));
	if (!csv_next(&sheet->csv) || sheet->csv.count < 2) {
		return FORMAT_UNKNOWN;
	}
	sheet->width = sheet->csv.count;
	if (report_wants(reader, FORMAT_SHADOWSERVER) &&
	    shadowserver_header(&sheet->csv, name, &sheet->shadowserver)) {
		return FORMAT_SHADOWSERVER;
	}
	if (report_wants(reader, FORMAT_UCEPROTECT) &&
	    uceprotect_header(&sheet->csv, name, reader->wanted == FORMAT_UCEPROTECT,
			      &sheet->uceprotect)) {
		return FORMAT_UCEPROTECT;
	}
	return FORMAT_UNKNOWN;
}

static enum status read_row(const struct report_reader *reader, const struct sheet *sheet,
			    struct report *report)
{
	const struct csv *csv = &sheet->csv;

	if (csv->fault) {
		return fail(ST_DATA, "%s", csv->fault);
	}
	if (csv->count != sheet->width) {
		return fail(ST_DATA, "%zu columns, the header has %zu", csv->count, sheet->width);
	}
	*report = (struct report){.format = sheet->format,
				  .via = VIA_FIELD,
				  .incidents = 1,
				  .confidence = CONFIDENCE_FIELD};
	enum status status = sheet->format == FORMAT_SHADOWSERVER
				     ? shadowserver_row(&sheet->shadowserver, csv, report)
				     : uceprotect_row(&sheet->uceprotect, csv, report);

	if (!status && report->observed > reader->rules->now + REPORT_FUTURE_S) {
		return fail(ST_DATA, "its time is in the future");
	}
	if (!report->source.family) {
		report->via = VIA_NONE;
		report->confidence = 0;
	}
	return status;
}

static void read_rows(struct report_reader *reader, struct sheet *sheet)
{
	unsigned bad = 0;
	bool more = true;

	while (more && csv_next(&sheet->csv)) {
		struct report report;

		if (!read_row(reader, sheet, &report)) {
			/* A header again, as of files that were put together, has no category. */
			more = report.category == CATEGORY_NONE || report_pass(reader, &report);
			continue;
		}
		bad++;
		fail(ST_DATA, "line %" PRIu64 ": %s%s", sheet->csv.line, fail_text(),
		     bad == BAD_ROWS_MAX ? "; so many are bad that the rest is not read" : "");
		more = report_bad(reader, false) && bad < BAD_ROWS_MAX;
	}
}

enum status csv_reports_read(struct report_reader *reader, struct bytes text, const char *name)
{
	size_t before = reader->count;
	/* Too large for a stack that is limited. */
	struct sheet *sheet = must_alloc(sizeof *sheet);
	enum status status = ST_OK;

	sheet->format = header_format(reader, sheet, text, name);
	if (sheet->format == FORMAT_UNKNOWN) {
		status = fail(ST_NO, "no known header of comma separated values");
	} else {
		read_rows(reader, sheet);
		if (reader->count == before) {
			status = fail(ST_DATA, "no row after the header");
		}
	}
	free(sheet);
	return status;
}
