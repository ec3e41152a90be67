/*
 * claimtext.c: a claim as people and programs read it.
 *
 * The JSON is what `import --format json` reads (zones/list_json.c): its members are known there,
 * and one that is not makes a bad line. Whoever adds one here adds it there.
 */
#include "claimtext.h"

#include "answer.h"
#include "output.h"
#include "rfc3339.h"

void claim_print_line(const struct claim *claim, struct names *names)
{
	char prefix[PREFIX_TEXT], expires[TIME_TEXT];

	prefix_format(&claim->prefix, prefix);
	fprintf(output(), "%s\t%s\t%s\t%s", prefix, names_sublist(names, claim->sublist),
		names_source(names, claim->source),
		claim->expires ? time_format(claim->expires, expires) : "never");
	output_column(claim->reason);
	output_column(text_shown(text_read(names->txn, claim->text), NULL));
	fputc('\n', output());
}

void claim_print_json(const struct claim *claim, struct names *names, bool public,
		      struct json *json)
{
	char prefix[PREFIX_TEXT];

	prefix_format(&claim->prefix, prefix);
	json_text(json, "prefix", prefix);
	json_text(json, "sublist", names_sublist(names, claim->sublist));
	if (!public) {
		json_text(json, "source", names_source(names, claim->source));
		json_optional(json, "reason", claim->reason);
	}
	json_optional(json, "text", text_shown(text_read(names->txn, claim->text), NULL));
	json_time(json, "created", claim->created);
	json_time(json, "last_seen", claim->last_seen);
	json_time(json, "expires", claim->expires);
}
