/*
 * list_json.c: our own lines back: what `export --format json` and `list --json` write.
 *
 *     {"prefix": "192.0.2.0/24", "sublist": "relay", "code": 2, "text": "…", "reason": "…",
 *      "source": "operator", "created": "…", "last_seen": "…", "expires": "2027-01-01T00:00:00Z"}
 *
 * Only prefix must be there. Who claimed it and when is not imported: the import is the claim. A
 * key that is none of these is a bad line: a misspelt "reason" must not be lost in silence.
 */
#include "list.h"
#include "rfc3339.h"

#include <jansson.h>
#include <string.h>

#include "claim.h"

/* The string at `key`. False, and the line is told of, where it is something else. */
static bool string_of(struct list_reader *reader, const json_t *line, const char *key,
		      const char **text)
{
	const json_t *value = json_object_get(line, key);

	*text = json_string_value(value);
	if (value && !json_is_null(value) && !*text) {
		list_bad(reader, reader->line, "\"%s\" is no string", key);
		return false;
	}
	return true;
}

static bool keys_known(struct list_reader *reader, json_t *line)
{
	static const char *const known[] = {"prefix", "sublist", "text",    "reason",   "expires",
					    "code",   "source",  "created", "last_seen"};
	const char *key;
	json_t *value;

	json_object_foreach(line, key, value)
	{
		size_t i = 0;

		while (i < sizeof known / sizeof known[0] && strcmp(known[i], key) != 0) {
			i++;
		}
		if (i == sizeof known / sizeof known[0]) {
			list_bad(reader, reader->line, "nothing is called \"%.64s\" here", key);
			return false;
		}
	}
	return true;
}

static bool read_prefix(struct list_reader *reader, const json_t *line, struct list_item *item)
{
	const char *text;
	struct prefix p;

	if (!string_of(reader, line, "prefix", &text)) {
		return false;
	}
	if (!text) {
		list_bad(reader, reader->line, "there is no \"prefix\"");
		return false;
	}
	if (prefix_parse(text, &p) || prefix_check_listing(&p)) {
		list_bad(reader, reader->line, "%s", fail_text());
		return false;
	}
	item->addr = p.addr;
	item->family = p.family;
	item->len = p.len;
	return true;
}

static bool read_sublist(struct list_reader *reader, const json_t *line, struct list_item *item)
{
	const struct config *config = reader->input->config;
	const char *name;
	int sublist = reader->sublist;

	if (!string_of(reader, line, "sublist", &name)) {
		return false;
	}
	if (name) {
		const struct sublist_config *found = config_sublist(config, name);

		if (!found) {
			list_bad(reader, reader->line, "there is no sublist '%.64s'", name);
			return false;
		}
		sublist = (int)(found - config->sublists);
	}
	if (sublist < 0) {
		list_bad(reader, reader->line, "no sublist is given for it");
		return false;
	}
	item->sublist = (uint16_t)sublist;
	return true;
}

static bool read_texts(struct list_reader *reader, const json_t *line, struct list_item *item)
{
	const char *text, *reason;

	if (!string_of(reader, line, "text", &text) ||
	    !string_of(reader, line, "reason", &reason)) {
		return false;
	}
	if (text) {
		if (text_check(text)) {
			list_bad(reader, reader->line, "%s", fail_text());
			return false;
		}
		item->text = list_strings_add(reader->list->strings, text, strlen(text));
	}
	if (reason && *reason) {
		if (strlen(reason) > CLAIM_REASON) {
			list_bad(reader, reader->line, "the reason is longer than %d octets",
				 CLAIM_REASON);
			return false;
		}
		item->reason = list_strings_add(reader->list->strings, reason, strlen(reason));
	}
	return true;
}

/* RFC 3339 §5.6 without fractions of a second; null is never. */
static bool read_expires(struct list_reader *reader, const json_t *line, struct list_item *item)
{
	const char *text;
	uint64_t time;

	if (!string_of(reader, line, "expires", &text)) {
		return false;
	}
	if (!text) {
		item->expires = json_object_get(line, "expires") ? LIST_NEVER : 0;
		return true;
	}
	if (time_parse(text, &time) || time == 0 || time >= LIST_NEVER) {
		list_bad(reader, reader->line,
			 "\"expires\": '%.64s' is no time between 1970 and 2106, as in "
			 "2027-01-01T00:00:00Z",
			 text);
		return false;
	}
	item->expires = (uint32_t)time;
	return true;
}

void list_json_line(struct list_reader *reader, char *line)
{
	struct list_item item = {0};
	json_error_t error;

	if (line[strspn(line, " \t")] == '\0') {
		return;
	}
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!json_is_object(object)) {
		list_bad(reader, reader->line, "no JSON object: %s",
			 object ? "it is another kind of value" : error.text);
	} else if (keys_known(reader, object) && read_prefix(reader, object, &item) &&
		   read_sublist(reader, object, &item) && read_texts(reader, object, &item) &&
		   read_expires(reader, object, &item)) {
		list_append(reader, &item);
	}
	json_decref(object);
}
