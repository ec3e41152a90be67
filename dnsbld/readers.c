/*
 * readers.c: LMDB knows which transaction somebody reads, and not since when.
 *
 * A reader of the newest transaction keeps nothing, for however long. One that is behind keeps the
 * pages that were replaced since, so its time runs from when it was first seen behind: that is a
 * second late at most, and another reader that is as far behind does not begin it anew.
 */
#include "readers.h"

void readers_look(struct readers *r, const struct store_readers *now, bool known, uint64_t now_s)
{
	uint64_t behind = now->oldest < now->newest ? now->oldest : 0;

	if (behind != r->behind) {
		r->since_s = now_s;
	}
	r->now = *now;
	r->known = known;
	r->behind = behind;
}

uint64_t readers_age(const struct readers *r, uint64_t now_s)
{
	return r->behind && now_s > r->since_s ? now_s - r->since_s : 0;
}
