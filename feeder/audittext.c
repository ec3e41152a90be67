/*
 * audittext.c: rows of the audit as people and programs read them.
 *
 * Lines have the same columns for every event, so that awk and cut work; a column that an event has
 * nothing for is "-". JSON has the same members for every event, null where there is nothing.
 */
#include "audittext.h"

#include <inttypes.h>

#include "output.h"
#include "rfc3339.h"

void audit_print_line(const struct audit_row *row)
{
	char text[TIME_TEXT], prefix[PREFIX_TEXT] = "-";

	if (row->has_prefix) {
		prefix_format(&row->prefix, prefix);
	}
	fputs(time_format(row->time, text), output());
	output_column(row->actor);
	output_column(row->event);
	fprintf(output(), "\t%s", prefix);
	output_column(row->sublist);
	output_column(row->source);
	if (row->added || row->removed) {
		fprintf(output(), "\t+%" PRIu64 "-%" PRIu64, row->added, row->removed);
	} else {
		fputs("\t-", output());
	}
	output_column(row->reason);
	fputc('\n', output());
}

void audit_print_json(const struct audit_row *row, struct json *json)
{
	char prefix[PREFIX_TEXT];

	json_number(json, "number", row->number);
	json_time(json, "time", row->time);
	json_optional(json, "actor", row->actor);
	json_optional(json, "verb", row->verb);
	json_optional(json, "event", row->event);
	if (row->has_prefix) {
		prefix_format(&row->prefix, prefix);
	}
	json_text(json, "prefix", row->has_prefix ? prefix : NULL);
	json_optional(json, "sublist", row->sublist);
	json_optional(json, "source", row->source);
	json_optional(json, "reason", row->reason);
	json_number(json, "added", row->added);
	json_number(json, "removed", row->removed);
}
