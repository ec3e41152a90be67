/*
 * list_csv.c: tables whose first row names the columns (RFC 4180; comma, semicolon or tab).
 *
 *     ip,reason,expires
 *     192.0.2.1,"seen in the trap",2026-12-01T00:00:00Z
 *
 * The first of ADDRESS that is there is what is listed: an address, a prefix or FIRST-LAST. The
 * names of columns that mean something are below; all other columns are ignored. Lines that begin
 * with # are comments, and the last one before the data may be the header.
 *
 * The rows are read from the whole file at once, for a field in quotes may have line ends: read
 * line by line, what somebody wrote after one into a comment would be a row.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "list_feed.h"
#include "rfc3339.h"
#include "utf8.h"

static const char *const ADDRESS[] = {
	"ip",      "ip_address", "ipaddress", "ip address", "address", "addr",
	"src_ip",  "source_ip",  "srcip",     "ipv4",       "ipv6",    "cidr",
	"network", "prefix",     "subnet",    "netblock",   NULL};
static const char *const REASON[] = {"reason", "comment", "description", NULL};
static const char *const TEXT[] = {"text", NULL};
static const char *const EXPIRES[] = {"expires", "expires_at", "expiry", "valid_until", NULL};

static size_t column_of(const struct csv *csv, const char *const *names)
{
	size_t column = CSV_NONE;

	for (; *names && column == CSV_NONE; names++) {
		column = csv_column(csv, *names);
	}
	return column;
}

bool list_csv_header(struct csv *csv, struct bytes line, char *delimiter)
{
	static const char delimiters[] = ",;\t";

	for (const char *d = delimiters; *d; d++) {
		csv_begin(csv, line, *d);
		if (csv_next(csv) && column_of(csv, ADDRESS) != CSV_NONE) {
			*delimiter = *d;
			return true;
		}
	}
	return false;
}

struct csv_list {
	struct list_reader *reader;
	size_t address, reason, text, expires; /* columns */
	size_t columns;                        /* how many the header names */
	struct csv csv;
};

/* One line from the front of *rest, without its end. */
static struct bytes take_line(struct bytes *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->len);
	struct bytes line = bytes_of(rest->data, end ? (size_t)(end - rest->data) : rest->len);
	size_t used = line.len + (end ? 1 : 0);

	*rest = bytes_of(rest->data + used, rest->len - used);
	if (line.len > 0 && line.data[line.len - 1] == '\r') {
		line.len--;
	}
	return line;
}

static void name_columns(struct csv_list *t)
{
	t->address = column_of(&t->csv, ADDRESS);
	t->reason = column_of(&t->csv, REASON);
	t->text = column_of(&t->csv, TEXT);
	t->expires = column_of(&t->csv, EXPIRES);
	t->columns = t->csv.count;
}

/* Takes lines up to the header from *rest, or up to the first row where a comment was it. */
static bool read_header(struct csv_list *t, struct bytes *rest, char *delimiter)
{
	bool named = false;

	while (rest->len > 0) {
		struct bytes all = *rest, line = list_trim(take_line(rest));
		bool comment = line.len > 0 && *line.data == '#';

		if (comment) {
			line = list_trim(bytes_of(line.data + 1, line.len - 1));
		}
		if (line.len > 0 && list_csv_header(&t->csv, line, delimiter)) {
			name_columns(t);
			named = true;
		}
		if (line.len > 0 && !comment) {
			/* With a comment for a header this was a row, if it is no header itself. */
			if (named && column_of(&t->csv, ADDRESS) == CSV_NONE) {
				*rest = all;
				return true;
			}
			t->reader->line++;
			return named;
		}
		t->reader->line++;
	}
	return named;
}

/* RFC 3339, the same with a blank for its T or without a zone (UTC), or seconds since 1970. */
static bool read_time(struct bytes field, uint32_t *expires)
{
	char text[40], *end;
	uint64_t time;

	if (field.len > sizeof text - 2) {
		return false;
	}
	memcpy(text, field.data, field.len);
	text[field.len] = '\0';
	if (strspn(text, "0123456789") == field.len && field.len <= 10) {
		time = strtoull(text, &end, 10);
	} else {
		if (field.len > 10 && text[10] == ' ') {
			text[10] = 'T';
		}
		if (strspn(text, "0123456789-:T.") == field.len) {
			strcat(text, "Z");
		}
		if (time_parse(text, &time)) {
			return false;
		}
	}
	*expires = (uint32_t)time;
	return time > 0 && time < LIST_NEVER;
}

static bool read_text(struct csv_list *t, struct bytes field, struct list_item *what)
{
	char text[TEXT_MAX + 1];

	if (field.len == 0) {
		return true;
	}
	if (field.len > TEXT_MAX || memchr(field.data, '\0', field.len)) {
		list_bad(t->reader, t->reader->line, "its text is no line that DNS can serve");
		return false;
	}
	memcpy(text, field.data, field.len);
	text[field.len] = '\0';
	if (text_check(text)) {
		list_bad(t->reader, t->reader->line, "%s", fail_text());
		return false;
	}
	what->text = list_strings_add(t->reader->list->strings, text, field.len);
	return true;
}

static void read_row(struct csv_list *t)
{
	struct bytes expires = list_trim(csv_field(&t->csv, t->expires));
	struct list_item what = {.reason = list_reason(t->reader, csv_field(&t->csv, t->reason))};

	if (expires.len > 0 && !read_time(expires, &what.expires)) {
		list_bad(t->reader, t->reader->line,
			 "'%.*s' is no time between 1970 and 2106, as in 2027-01-01T00:00:00Z",
			 expires.len < 64 ? (int)expires.len : 64, (const char *)expires.data);
		return;
	}
	if (read_text(t, list_trim(csv_field(&t->csv, t->text)), &what)) {
		list_add(t->reader, csv_field(&t->csv, t->address), &what);
	}
}

/* A delimiter that should have been in quotes: what is behind it stands in a wrong column. */
static bool has_more_than_the_header(const struct csv_list *t)
{
	size_t count = t->csv.count;

	while (count > t->columns && list_trim(t->csv.fields[count - 1]).len == 0) {
		count--;
	}
	return count > t->columns;
}

static void read_rows(struct csv_list *t, struct bytes rest, char delimiter)
{
	uint64_t before = t->reader->line;
	bool ends = rest.len > 0 && memchr("\r\n", rest.data[rest.len - 1], 2);

	csv_begin(&t->csv, rest, delimiter);
	while (csv_next(&t->csv)) {
		struct bytes first = csv_field(&t->csv, 0);

		t->reader->line = before + t->csv.line;
		if (t->csv.open) {
			t->reader->stop = fail(ST_DATA,
					       "line %" PRIu64 ": a quote is never closed, so it "
					       "may be cut off",
					       t->reader->line);
		} else if (t->csv.fault) {
			list_bad(t->reader, t->reader->line, "%s", t->csv.fault);
		} else if (first.len > 0 && *first.data == '#') {
			continue;
		} else if (has_more_than_the_header(t)) {
			list_bad(t->reader, t->reader->line,
				 "it has more fields than the header has names");
		} else if (t->csv.at == t->csv.end && !ends && t->reader->input->snapshot) {
			list_bad(t->reader, t->reader->line, "%s", LIST_CUT);
		} else {
			read_row(t);
		}
	}
}

void list_csv_read(struct list_reader *reader, struct list_lines *lines)
{
	struct csv_list *t = must_alloc(sizeof *t);
	struct bytes rest;
	char delimiter;

	t->reader = reader;
	if (list_lines_rest(lines, &rest)) {
		rest = utf8_after_mark(rest);
		if (read_header(t, &rest, &delimiter)) {
			read_rows(t, rest, delimiter);
		} else if (reader->line > 0) {
			reader->stop =
				fail(ST_DATA, "no column of its header is called ip, address, "
					      "cidr, network or prefix");
		}
	}
	free(t);
}
