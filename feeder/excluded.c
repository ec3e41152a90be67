/*
 * excluded.c: whether exclusions cover all of a prefix.
 *
 * One that covers it is found by its own key. Where there is none, those inside are walked in order
 * of addresses: they cover it when none begins past the end of what those before it have covered.
 */
#include "excluded.h"

#include "exclusion.h"

struct cover {
	addr_t next;      /* the first address that none has covered so far */
	addr_t last;      /* that is to be covered */
	bool any, all;    /* one was met; they reach the last address without a gap */
	struct prefix by; /* the first one */
};

static bool stop_at_first(void *context, const struct exclusion *exclusion)
{
	struct cover *cover = context;

	cover->any = true;
	cover->by = exclusion->prefix;
	return false;
}

/* In order of addresses; one that lies in another one begins before `next`. */
static bool join(void *context, const struct exclusion *exclusion)
{
	struct cover *cover = context;
	addr_t last = prefix_last(&exclusion->prefix);

	if (exclusion->prefix.addr > cover->next) {
		return false;
	}
	if (!cover->any) {
		cover->any = true;
		cover->by = exclusion->prefix;
	}
	cover->all = last == cover->last;
	if (last >= cover->next) {
		cover->next = last + 1;
	}
	return !cover->all;
}

bool prefix_excluded(struct txn *txn, const struct prefix *prefix, struct prefix *by)
{
	struct cover cover = {.next = prefix->addr, .last = prefix_last(prefix)};

	exclusions_covering(txn, prefix, stop_at_first, &cover);
	if (cover.any) {
		*by = cover.by;
		return true;
	}
	exclusions_below(txn, prefix, join, &cover);
	*by = cover.by;
	return cover.all;
}
