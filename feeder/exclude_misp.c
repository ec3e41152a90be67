/*
 * exclude_misp.c: a warninglist of the MISP project (github.com/MISP/misp-warninglists), one JSON
 * object:
 *
 *     {"name": "List of known Gmail sending IP ranges", "type": "cidr", "version": 20,
 *      "description": "...", "matching_attributes": ["ip-src", ...],
 *      "list": ["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"]}
 *
 * The type says what the entries are. Only those of "cidr" are addresses; "string", "hostname",
 * "substring" and "regex" may look like some, and mean something else.
 */
#include "exclude_misp.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "utf8.h"

bool misp_begins(struct bytes text)
{
	while (text.len > 0 && memchr(" \t\r\n", *text.data, 4)) {
		text = bytes_of(text.data + 1, text.len - 1);
	}
	return text.len > 0 && *text.data == '{';
}

/* Cut at a character's end: what jansson gave is UTF-8. */
static void copy_name(const char *from, char name[EXCLUSION_COMMENT])
{
	size_t left = strlen(from), len = 0;

	while (left > 0) {
		size_t octets = utf8_length((const uint8_t *)from + len, left);

		if (len + octets >= EXCLUSION_COMMENT) {
			break;
		}
		len += octets;
		left -= octets;
	}
	memcpy(name, from, len);
	name[len] = '\0';
}

static void take_entries(const json_t *list, struct operands *operands)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry)
	{
		char why[64];

		if (json_is_string(entry)) {
			operands_take(operands, json_string_value(entry), 0, OPERAND_ANY);
			continue;
		}
		operands->words++;
		snprintf(why, sizeof why, "entry %zu is not a string", i + 1);
		bad_line(&operands->bad, 0, why);
	}
}

static enum status take(const json_t *root, struct operands *operands, char name[EXCLUSION_COMMENT])
{
	const json_t *list = json_object_get(root, "list");
	const char *type = json_string_value(json_object_get(root, "type"));
	const char *called = json_string_value(json_object_get(root, "name"));

	if (!json_is_array(list) || !type) {
		return fail(ST_DATA, "no MISP warninglist: it has no 'list' or no 'type'");
	}
	if (strcmp(type, "cidr") != 0) {
		return fail(ST_DATA, "a warninglist of type '%.32s': only 'cidr' has addresses",
			    type);
	}
	copy_name(called ? called : "", name);
	take_entries(list, operands);
	return ST_OK;
}

enum status misp_read(struct bytes text, struct operands *operands, char name[EXCLUSION_COMMENT])
{
	json_error_t error;
	json_t *root =
		json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);

	if (!root) {
		return fail(ST_DATA, "line %d: %s", error.line, error.text);
	}
	enum status status = take(root, operands, name);

	json_decref(root);
	return status;
}
