/*
 * json.h: JSON on its way out (RFC 8259): written as it is told, nothing is kept, so a million
 * lines need no memory. Every member has a name, NULL inside an array. Bytes that are no UTF-8
 * come out as U+FFFD.
 *
 *     struct json j = json_begin(output());
 *     json_text(&j, "prefix", prefix);
 *     json_open(&j, "serials", '{');  json_number(&j, zone, serial);  json_close(&j, '}');
 *     json_end(&j);                                                   closes the object and its
 * line
 */
#ifndef FEEDER_JSON_H
#define FEEDER_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bytes.h"

struct json {
	FILE *out;
	bool comma; /* something stands before the next member */
};

struct json json_begin(FILE *out);
void json_end(struct json *json);

void json_text(struct json *json, const char *name, const char *text); /* NULL: null */
void json_bytes(struct json *json, const char *name, struct bytes text);
void json_optional(struct json *json, const char *name, struct bytes text); /* empty: null */
void json_number(struct json *json, const char *name, uint64_t number);
void json_percent(struct json *json, const char *name, unsigned percent); /* 85: 0.85 */
void json_bool(struct json *json, const char *name, bool value);
void json_none(struct json *json, const char *name);
void json_time(struct json *json, const char *name, uint64_t time); /* RFC 3339; 0: null */

/* kind: '{' with '}', or '[' with ']'. */
void json_open(struct json *json, const char *name, char kind);
void json_close(struct json *json, char kind);

#endif
