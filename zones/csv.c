/*
 * csv.c: rows of comma separated values (RFC 4180).
 *
 * One pass, each octet looked at once: a field is a run of the text, and only where quotes are
 * doubled in it is it copied, into csv->room. All fields of a row are in at most CSV_ROW octets of
 * text, so that they fit there.
 */
#include "csv.h"
#include "utf8.h"

#include <strings.h>

void csv_begin(struct csv *csv, struct bytes text, char delimiter)
{
	text = utf8_after_mark(text);
	csv->count = 0;
	csv->line = csv->next_line = 1;
	csv->fault = NULL;
	csv->open = false;
	csv->at = text.data;
	csv->end = text.len ? text.data + text.len : text.data;
	csv->delimiter = (uint8_t)delimiter;
}

static bool is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* Steps over one of CRLF, CR and LF, where there is one. */
static bool skip_line_end(struct csv *csv)
{
	if (csv->at == csv->end || !is_line_end(*csv->at)) {
		return false;
	}
	bool cr = *csv->at++ == '\r';

	if (cr && csv->at < csv->end && *csv->at == '\n') {
		csv->at++;
	}
	csv->next_line++;
	return true;
}

/* Up to the end of the line, without the line end. */
static void skip_line(struct csv *csv)
{
	while (csv->at < csv->end && !is_line_end(*csv->at)) {
		csv->at++;
	}
}

static struct bytes read_plain(struct csv *csv)
{
	const uint8_t *from = csv->at;

	while (csv->at < csv->end && *csv->at != csv->delimiter && !is_line_end(*csv->at)) {
		csv->at++;
	}
	return bytes_of(from, (size_t)(csv->at - from));
}

/* `from` is inside the quotes, and has `doubled` pairs of them, each of which means one. */
static struct bytes undouble(struct bytes from, size_t doubled, struct writer *room)
{
	uint8_t *to = write_room(room, from.len - doubled);

	if (!to) {
		return bytes_of(NULL, 0); /* the row is too long, and will be found so */
	}
	size_t len = 0;

	for (size_t i = 0; i < from.len; i++) {
		i += from.data[i] == '"';
		to[len++] = from.data[i];
	}
	return bytes_of(to, len);
}

/* The opening quote is next. */
static struct bytes read_quoted(struct csv *csv, struct writer *room)
{
	const uint8_t *from = ++csv->at;
	size_t doubled = 0;

	while (csv->at < csv->end) {
		if (skip_line_end(csv)) {
			continue;
		}
		if (*csv->at++ != '"') {
			continue;
		}
		if (csv->at == csv->end || *csv->at != '"') {
			struct bytes inside = bytes_of(from, (size_t)(csv->at - 1 - from));

			return doubled ? undouble(inside, doubled, room) : inside;
		}
		csv->at++;
		doubled++;
	}
	csv->fault = "a quote is never closed: what follows is not read";
	csv->open = true;
	return bytes_of(NULL, 0);
}

static struct bytes read_field(struct csv *csv, struct writer *room)
{
	if (csv->at == csv->end || *csv->at != '"') {
		return read_plain(csv);
	}
	struct bytes field = read_quoted(csv, room);

	if (csv->at < csv->end && *csv->at != csv->delimiter && !is_line_end(*csv->at)) {
		csv->fault = "something follows a closing quote";
		skip_line(csv);
	}
	return field;
}

bool csv_next(struct csv *csv)
{
	struct writer room = writer_of(csv->room, sizeof csv->room);
	bool more = true;

	while (skip_line_end(csv)) {
	}
	csv->count = 0;
	csv->fault = NULL;
	csv->line = csv->next_line;
	if (csv->at == csv->end) {
		return false;
	}
	for (const uint8_t *from = csv->at; more;) {
		struct bytes field = read_field(csv, &room);

		if (csv->count < CSV_COLUMNS) {
			csv->fields[csv->count++] = field;
		} else if (!csv->fault) {
			csv->fault = "it has too many columns";
		}
		if (csv->at - from > CSV_ROW && !csv->fault) {
			csv->fault = "it is too long";
		}
		more = csv->at < csv->end && *csv->at == csv->delimiter;
		csv->at += more;
	}
	skip_line_end(csv);
	if (csv->fault) {
		csv->count = 0;
	}
	return true;
}

size_t csv_column(const struct csv *csv, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < csv->count; i++) {
		struct bytes field = csv->fields[i];

		while (field.len > 0 && *field.data == ' ') {
			field = bytes_of(field.data + 1, field.len - 1);
		}
		while (field.len > 0 && field.data[field.len - 1] == ' ') {
			field.len--;
		}
		if (field.len == len && strncasecmp((const char *)field.data, name, len) == 0) {
			return i;
		}
	}
	return CSV_NONE;
}

struct bytes csv_field(const struct csv *csv, size_t column)
{
	return column < csv->count ? csv->fields[column] : bytes_of(NULL, 0);
}
