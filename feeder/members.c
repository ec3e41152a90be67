/*
 * members.c: one member at a time: is it there, of its type, and a value that the kind allows?
 */
#include "members.h"

#include <string.h>

#include "rfc3339.h"

static const char *const kinds[] = {
	[MEMBER_STRING] = "a string",  [MEMBER_INTEGER] = "an integer",
	[MEMBER_NUMBER] = "a number",  [MEMBER_BOOLEAN] = "a boolean",
	[MEMBER_OBJECT] = "an object", [MEMBER_ARRAY] = "an array",
	[MEMBER_PORT] = "an integer",  [MEMBER_PORT_0] = "an integer",
	[MEMBER_HOST] = "a string",    [MEMBER_TIME] = "a string",
};

static bool is_of(const json_t *value, enum member_kind kind)
{
	switch (kind) {
	case MEMBER_INTEGER:
	case MEMBER_PORT:
	case MEMBER_PORT_0:
		return json_is_integer(value);
	case MEMBER_NUMBER:
		return json_is_number(value);
	case MEMBER_BOOLEAN:
		return json_is_boolean(value);
	case MEMBER_OBJECT:
		return json_is_object(value);
	case MEMBER_ARRAY:
		return json_is_array(value);
	case MEMBER_STRING:
	case MEMBER_HOST:
	case MEMBER_TIME:
		break;
	}
	return json_is_string(value);
}

bool host_parse(const char *text, struct prefix *host)
{
	return !strchr(text, '/') && !prefix_parse(text, host);
}

static enum status check_value(const json_t *value, const char *where, const struct member *m)
{
	const char *text = json_string_value(value);
	json_int_t number = json_integer_value(value);
	struct prefix host;
	uint64_t time;

	switch (m->kind) {
	case MEMBER_PORT:
	case MEMBER_PORT_0:
		if (number < (m->kind == MEMBER_PORT) || number > 65535) {
			return fail(ST_DATA, "%s'%s' is %" JSON_INTEGER_FORMAT ", which is no port",
				    where, m->name, number);
		}
		return ST_OK;
	case MEMBER_HOST:
		if (!host_parse(text, &host)) {
			return fail(ST_DATA, "%s'%s' is '%.64s', which is no address", where,
				    m->name, text);
		}
		return ST_OK;
	case MEMBER_TIME:
		if (time_parse(text, &time)) {
			return fail(ST_DATA, "%s'%s' is '%.64s', which is no RFC 3339 time", where,
				    m->name, text);
		}
		return ST_OK;
	default:
		return ST_OK;
	}
}

enum status members_check(const json_t *object, const char *where, const struct member *members,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct member *m = &members[i];
		const json_t *value = json_object_get(object, m->name);

		if (!m->needed && (!value || json_is_null(value))) {
			continue;
		}
		if (!value) {
			return fail(ST_DATA, "%s'%s' is missing", where, m->name);
		}
		if (!is_of(value, m->kind)) {
			return fail(ST_DATA, "%s'%s' is not %s", where, m->name, kinds[m->kind]);
		}
		if (check_value(value, where, m)) {
			return ST_DATA;
		}
	}
	return ST_OK;
}

const char *member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}
