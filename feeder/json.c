/*
 * json.c: JSON on its way out.
 *
 * Nothing is kept but whether a comma is due: an array needs one before its second value, an object
 * before its second member, and what has just been closed was a value of what is around it.
 */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "rfc3339.h"
#include "utf8.h"

struct json json_begin(FILE *out)
{
	fputc('{', out);
	return (struct json){out, false};
}

void json_end(struct json *json)
{
	fputs("}\n", json->out);
}

/* Runs that need no escape go out whole: a million lines pass here. */
static void quoted(FILE *out, struct bytes text)
{
	const uint8_t *at = text.data, *end = text.data + text.len, *run = at;

	fputc('"', out);
	while (at < end) {
		size_t len = utf8_length(at, (size_t)(end - at));

		if (len > 0 && *at >= ' ' && *at != '"' && *at != '\\' && *at != 0x7f) {
			at += len;
			continue;
		}
		fwrite(run, 1, (size_t)(at - run), out);
		if (len == 0) {
			fputs("\\ufffd", out);
		} else if (*at == '"' || *at == '\\') {
			fprintf(out, "\\%c", *at);
		} else {
			fprintf(out, "\\u%04x", *at);
		}
		run = ++at;
	}
	fwrite(run, 1, (size_t)(at - run), out);
	fputc('"', out);
}

static void member(struct json *json, const char *name)
{
	if (json->comma) {
		fputc(',', json->out);
	}
	json->comma = true;
	if (name) {
		quoted(json->out, bytes_str(name));
		fputc(':', json->out);
	}
}

void json_bytes(struct json *json, const char *name, struct bytes text)
{
	member(json, name);
	quoted(json->out, text);
}

void json_text(struct json *json, const char *name, const char *text)
{
	if (text) {
		json_bytes(json, name, bytes_str(text));
	} else {
		json_none(json, name);
	}
}

void json_optional(struct json *json, const char *name, struct bytes text)
{
	if (text.len > 0) {
		json_bytes(json, name, text);
	} else {
		json_none(json, name);
	}
}

void json_number(struct json *json, const char *name, uint64_t number)
{
	member(json, name);
	fprintf(json->out, "%" PRIu64, number);
}

void json_percent(struct json *json, const char *name, unsigned percent)
{
	member(json, name);
	fprintf(json->out, "%g", percent / 100.0);
}

void json_bool(struct json *json, const char *name, bool value)
{
	member(json, name);
	fputs(value ? "true" : "false", json->out);
}

void json_none(struct json *json, const char *name)
{
	member(json, name);
	fputs("null", json->out);
}

void json_time(struct json *json, const char *name, uint64_t time)
{
	char text[TIME_TEXT];

	if (time) {
		json_text(json, name, time_format(time, text));
	} else {
		json_none(json, name);
	}
}

void json_open(struct json *json, const char *name, char kind)
{
	member(json, name);
	fputc(kind, json->out);
	json->comma = false;
}

void json_close(struct json *json, char kind)
{
	fputc(kind, json->out);
	json->comma = true;
}
