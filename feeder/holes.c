/*
 * holes.c: the parts of a range that exclusions keep from being served.
 *
 * A range may be listed though some of its addresses are excluded: the rest is served. Whoever
 * lists it is told, as it may not be what he meant.
 */
#include "holes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exclusion.h"
#include "log.h"

enum { NAMED = 3 };

struct holes {
	char text[NAMED * (PREFIX_TEXT + 2)]; /* the first few */
	unsigned named;
	uint64_t count;
	addr_t next; /* past the last one: what lies inside that is no hole of its own */
};

static bool find_hole(void *context, const struct exclusion *exclusion)
{
	struct holes *holes = context;
	size_t len = strlen(holes->text);
	char text[PREFIX_TEXT];

	if (holes->count > 0 && exclusion->prefix.addr < holes->next) {
		return true;
	}
	holes->next = prefix_last(&exclusion->prefix) + 1;
	holes->count++;
	if (holes->named < NAMED) {
		holes->named++;
		prefix_format(&exclusion->prefix, text);
		snprintf(holes->text + len, sizeof holes->text - len, "%s%s", len ? ", " : "",
			 text);
	}
	return true;
}

void holes_say(struct txn *txn, const struct prefix *prefix)
{
	struct holes holes = {.text = ""};
	char text[PREFIX_TEXT], more[32] = "";

	exclusions_below(txn, prefix, find_hole, &holes);
	if (holes.count == 0) {
		return;
	}
	if (holes.count > holes.named) {
		snprintf(more, sizeof more, " and %" PRIu64 " more", holes.count - holes.named);
	}
	prefix_format(prefix, text);
	log_warn("%s is served without what is excluded in it: %s%s", text, holes.text, more);
}
