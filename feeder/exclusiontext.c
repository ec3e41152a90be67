/*
 * exclusiontext.c: an exclusion as people and programs read it.
 *
 * `exclude list`, `exclude check` and `show` print the same, so that what one of them says can be
 * looked for in another.
 */
#include "exclusiontext.h"

#include "output.h"
#include "rfc3339.h"

void exclusion_print_line(const struct exclusion *exclusion)
{
	char prefix[PREFIX_TEXT], expires[TIME_TEXT];

	prefix_format(&exclusion->prefix, prefix);
	fprintf(output(), "%s\t%s", prefix,
		exclusion->expires ? time_format(exclusion->expires, expires) : "never");
	output_column(exclusion->comment);
	fputc('\n', output());
}

void exclusion_print_json(const struct exclusion *exclusion, struct json *json)
{
	char prefix[PREFIX_TEXT];

	prefix_format(&exclusion->prefix, prefix);
	json_text(json, "prefix", prefix);
	json_optional(json, "comment", exclusion->comment);
	json_time(json, "created", exclusion->created);
	json_time(json, "expires", exclusion->expires);
}
