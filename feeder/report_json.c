/*
 * report_json.c: JSON objects, one after the other or in one array, each a report of a format that
 * its members tell.
 *
 * 1. One that is bad takes no other with it: after a syntax error the next object that starts a
 *    line is looked for.
 * 2. Alone, each object is a body of its own, to the octet. Inside a mail the body is the mail.
 * 3. Inside a mail the first object decides whether this is a report at all (ST_NO). A broken one
 *    does not: what it was meant to be nobody can tell, and what follows may be quoted from anyone.
 */
#include "report_json.h"

#include "report_reader.h"

enum {
	WASTE_MAX = 4 * REPORT_MAX, /* a second's work */
	VALUES_MAX = 100000, /* in one object: some 25 MB, where REPORT_MAX octets of "{}," would
				be a gigabyte */
};

/* Where one is in the text. */
struct stream {
	struct bytes left;
	size_t wasted;
	bool in_array;
	bool after_value; /* of an array: a comma may come before the next */
};

/* Whoever wrote one of these meant the format; other broken JSON may be anything. */
static const char *const marks[] = {"\"relaytest\"", "\"xarf_version\"", "\"ReporterInfo\""};

/* --- an object of which format? ------------------------------------------------ */

/* Reporters number versions of XARF 3 as 3, 3.0 and 3.0.0. */
static bool is_xarf3(const json_t *object)
{
	const char *version = json_string_value(json_object_get(object, "Version"));

	return (version && version[0] == '3' && (!version[1] || version[1] == '.')) ||
	       (json_object_get(object, "ReporterInfo") && json_object_get(object, "Report"));
}

static enum status read_value(const struct report_reader *reader, const json_t *value,
			      struct report *report)
{
	if (json_object_get(value, "relaytest") && report_wants(reader, FORMAT_RELAYTEST)) {
		return relaytest_read(value, reader->rules, report);
	}
	if (json_object_get(value, "xarf_version") && report_wants(reader, FORMAT_XARF4)) {
		return xarf4_read(value, reader->rules, report);
	}
	if (is_xarf3(value) && report_wants(reader, FORMAT_XARF3)) {
		return xarf3_read(value, reader->rules, report);
	}
	return fail(ST_NO, json_is_object(value) ? "JSON of no known format" : "no JSON object");
}

/* --- one after the other ------------------------------------------------------- */

static void skip(struct stream *s, size_t octets)
{
	s->left = bytes_of(s->left.data + octets, s->left.len - octets);
}

static void skip_blank(struct stream *s)
{
	while (s->left.len > 0 &&
	       (*s->left.data == ' ' || (*s->left.data >= '\t' && *s->left.data <= '\r'))) {
		skip(s, 1);
	}
}

/* Past white space and an array's own punctuation. False at the end. */
static bool next(struct stream *s)
{
	skip_blank(s);
	if (s->in_array && s->after_value && s->left.len > 0 && *s->left.data == ',') {
		skip(s, 1);
		skip_blank(s);
	} else if (s->in_array && s->left.len > 0 && *s->left.data == ']') {
		s->in_array = false;
		skip(s, 1);
		skip_blank(s);
	}
	s->after_value = false;
	return s->left.len > 0;
}

/*
 * After a syntax error: the octets before the next object that starts a line. Nested ones make that
 * a long search (each starts a line, each is parsed to the fault), so what goes to waste is
 * limited.
 */
static size_t skip_broken(struct stream *s, size_t parsed)
{
	const uint8_t *found = memmem(s->left.data, s->left.len, "\n{", 2);

	s->wasted += parsed;
	if (!found || s->wasted > WASTE_MAX) {
		return s->left.len;
	}
	return (size_t)(found + 1 - s->left.data);
}

static enum status broken(struct bytes text, const json_error_t *error, size_t values)
{
	bool meant = false;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		meant = meant || memmem(text.data, text.len, marks[i], strlen(marks[i]));
	}
	if (values > VALUES_MAX) {
		return fail(meant ? ST_DATA : ST_NO, "more than %d values", VALUES_MAX);
	}
	return fail(meant ? ST_DATA : ST_NO, "line %d: %s", error->line, error->text);
}

/* What the parser is given, and how many values it has begun by then. */
struct feed {
	struct bytes left;
	size_t values;
	bool in_string, escaped;
};

static void count_values(struct feed *feed, const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (feed->escaped) {
			feed->escaped = false;
		} else if (feed->in_string) {
			feed->escaped = text[i] == '\\';
			feed->in_string = text[i] != '"';
		} else {
			feed->in_string = text[i] == '"';
			feed->values += text[i] == ',' || text[i] == '[' || text[i] == '{';
		}
	}
}

/* For json_load_callback(). No more octets where there are too many values. */
static size_t feed_parser(void *buffer, size_t room, void *context)
{
	struct feed *feed = context;
	size_t len = feed->left.len < room ? feed->left.len : room;

	if (feed->values > VALUES_MAX || len == 0) {
		return 0;
	}
	memcpy(buffer, feed->left.data, len);
	count_values(feed, feed->left.data, len);
	feed->left = bytes_of(feed->left.data + len, feed->left.len - len);
	return len;
}

/* One value, and how many octets it has. */
static enum status read_next(const struct report_reader *reader, struct stream *s, size_t *used,
			     struct report *report)
{
	struct feed feed = {.left = s->left};
	json_error_t error;
	json_t *value = json_load_callback(feed_parser, &feed,
					   JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
	enum status status;

	*used = (size_t)error.position;
	if (value) {
		status = read_value(reader, value, report);
	} else {
		*used = skip_broken(s, *used);
		status = broken(bytes_of(s->left.data, *used), &error, feed.values);
	}
	s->after_value = value != NULL;
	json_decref(value);
	return status;
}

/* True where the text is all of the body but for white space, or a byte order mark, before it. */
static bool is_alone(struct bytes body, struct bytes text)
{
	if (body.data + body.len != text.data + text.len) {
		return false;
	}
	for (const uint8_t *at = body.data; at < text.data; at++) {
		if (*at > ' ' && *at < 0x80) {
			return false;
		}
	}
	return true;
}

enum status json_reports_read(struct report_reader *reader, struct bytes text)
{
	struct stream s = {.left = text};
	size_t before = reader->count;
	bool alone = is_alone(reader->body, text), more = true;

	skip_blank(&s);
	if (s.left.len > 0 && *s.left.data == '[') {
		s.in_array = true;
		skip(&s, 1);
	}
	while (more && next(&s)) {
		struct report report = {.incidents = 1};
		size_t used;
		enum status status = read_next(reader, &s, &used, &report);

		if (alone) {
			reader->body = bytes_of(s.left.data, used);
		} else if (reader->count == before && (status == ST_NO || !s.after_value)) {
			return ST_NO;
		}
		more = status ? report_bad(reader, status == ST_NO) : report_pass(reader, &report);
		skip(&s, used);
	}
	if (reader->count == before) {
		return fail(ST_NO, "no JSON object");
	}
	if (more && s.in_array && s.wasted == 0) {
		reader->body = alone ? s.left : reader->body;
		fail(ST_DATA, "the array has no end");
		report_bad(reader, false);
	}
	return ST_OK;
}
