/*
 * list_drop.c: Spamhaus' DROP lists, in the text of old and as JSON lines.
 *
 *     1.10.16.0/20 ; SBL256894                                       text
 *
 *     {"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}      JSON
 *     {"type":"metadata","timestamp":1717000000,"size":85430,"records":1234,"copyright":"…"}
 *
 * The SBL record becomes the reason. The JSON file says how many records it has: one with other
 * than that was cut off on its way. Two files one after the other are one list; keys that are not
 * known are not ours to judge. Text says nothing of its size.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "list_feed.h"

void list_drop_line(struct list_reader *reader, char *line)
{
	size_t address = strcspn(line, ";#");
	struct bytes field = list_trim(bytes_of(line, address));

	if (field.len > 0) {
		char *rest = line + address + (line[address] == ';');
		const struct list_item what = {
			.reason = list_reason(reader, bytes_of(rest, strcspn(rest, ";#")))};

		list_add(reader, field, &what);
	}
}

struct list_drop {
	struct list_reader *reader;
	uint64_t records;  /* good and bad */
	uint64_t promised; /* by the metadata */
	bool metadata;
};

struct list_drop *list_drop_new(struct list_reader *reader)
{
	struct list_drop *d = must_alloc(sizeof *d);

	d->reader = reader;
	return d;
}

void list_drop_free(struct list_drop *d)
{
	free(d);
}

static void read_metadata(struct list_drop *d, const json_t *line)
{
	const json_t *records = json_object_get(line, "records");
	json_int_t made = json_integer_value(json_object_get(line, "timestamp"));
	struct list *list = d->reader->list;

	if (!json_is_integer(records) || json_integer_value(records) < 0 ||
	    json_integer_value(records) > UINT32_MAX) {
		list_bad(d->reader, d->reader->line, "the metadata has no number of records");
		return;
	}
	d->metadata = true;
	d->promised += (uint64_t)json_integer_value(records);
	if (made > 0 && (list->made == 0 || (uint64_t)made < list->made)) {
		list->made = (uint64_t)made;
	}
}

static void read_record(struct list_drop *d, const json_t *line)
{
	const json_t *cidr = json_object_get(line, "cidr"), *sbl = json_object_get(line, "sblid");

	d->records++;
	if (!json_is_string(cidr)) {
		list_bad(d->reader, d->reader->line, "there is no \"cidr\"");
		return;
	}
	const struct list_item what = {
		.reason = json_is_string(sbl)
				  ? list_reason(d->reader, bytes_str(json_string_value(sbl)))
				  : 0};

	list_add(d->reader, bytes_str(json_string_value(cidr)), &what);
}

void list_drop_json_line(struct list_drop *d, char *line)
{
	json_error_t error;

	if (line[strspn(line, " \t")] == '\0') {
		return;
	}
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	const char *type = json_string_value(json_object_get(object, "type"));

	if (!json_is_object(object)) {
		d->records++;
		list_bad(d->reader, d->reader->line, "no JSON object: %s",
			 object ? "it is another kind of value" : error.text);
	} else if (type && strcmp(type, "metadata") == 0) {
		read_metadata(d, object);
	} else {
		read_record(d, object);
	}
	json_decref(object);
}

void list_drop_end(struct list_drop *d)
{
	if (!d->metadata) {
		d->reader->stop = fail(ST_DATA, "it has no metadata record, so it may be cut off");
	} else if (d->promised != d->records) {
		d->reader->stop = fail(ST_DATA,
				       "it has %" PRIu64 " records and its metadata says %" PRIu64
				       ", so it may be cut off",
				       d->records, d->promised);
	}
}
