/*
 * change_exclusions.c: exclusions come and go, and whether one covers a prefix.
 */
#include "change_inside.h"
#include "exclusion.h"
#include "expiry.h"

static bool add_range(void *context, const struct exclusion *e)
{
	struct segments *ranges = context;
	addr_t last = prefix_last(&e->prefix);

	/* In order, each before what it covers: so it is inside the last one, or after it. */
	if (ranges->count == 0 || ranges->at[ranges->count - 1].last < e->prefix.addr) {
		segments_add(ranges, e->prefix.addr, last, 1);
	}
	return true;
}

bool change_is_excluded(struct change *c, const struct prefix *prefix)
{
	struct excluded *x = &c->excluded;

	if (!x->known) {
		exclusions(c->txn, 4, add_range, &x->v4);
		exclusions(c->txn, 6, add_range, &x->v6);
		x->known = true;
	}
	const struct segments *ranges = prefix->family == 4 ? &x->v4 : &x->v6;
	size_t low = 0;
	for (size_t high = ranges->count; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (ranges->at[mid].last < prefix->addr) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low < ranges->count && ranges->at[low].first <= prefix->addr &&
	       ranges->at[low].last >= prefix_last(prefix);
}

void change_forget_excluded(struct change *c)
{
	segments_release(&c->excluded.v4);
	segments_release(&c->excluded.v6);
	c->excluded.known = false;
}

bool change_exclude(struct change *change, const struct prefix *prefix, const char *comment,
		    uint64_t expires)
{
	uint8_t room[PREFIX_KEY], record[EXCLUSION_RECORD];
	struct bytes key = prefix_key(room, prefix), value;
	struct exclusion fresh = {
		.prefix = *prefix,
		.created = change->who.now,
		.expires = expires,
		.comment = comment ? bytes_str(comment) : bytes_of(NULL, 0),
	};
	struct exclusion old;
	bool there = txn_get(change->txn, TABLE_EXCLUSIONS, key, &value) &&
		     exclusion_read(key, value, &old);
	char kept[EXCLUSION_COMMENT];

	if (there) {
		fresh.created = old.created;
		if (!comment && old.comment.len <= sizeof kept) {
			/* A write ends what is borrowed. */
			memcpy(kept, old.comment.data, old.comment.len);
			fresh.comment = bytes_of(kept, old.comment.len);
		}
		expiry_del(change->txn, old.expires, EXPIRY_EXCLUSION, key);
	} else {
		++*lengths_at(&change->state.exclusions, prefix->family, prefix->len);
		change_dirty(change, prefix);
		change_forget_excluded(change);
	}
	struct writer w = writer_of(record, sizeof record);
	exclusion_write(&w, &fresh);
	if (w.bad) {
		txn_fail(change->txn,
			 fail(ST_DATA, "the comment is longer than %d octets", EXCLUSION_COMMENT));
		return false;
	}
	txn_put(change->txn, TABLE_EXCLUSIONS, key, writer_bytes(&w));
	expiry_put(change->txn, expires, EXPIRY_EXCLUSION, key);
	return !there;
}

bool change_unexclude(struct change *change, const struct prefix *prefix)
{
	uint8_t room[PREFIX_KEY];
	struct bytes key = prefix_key(room, prefix), value;
	struct exclusion old;

	if (!txn_get(change->txn, TABLE_EXCLUSIONS, key, &value) ||
	    !exclusion_read(key, value, &old)) {
		return false;
	}
	expiry_del(change->txn, old.expires, EXPIRY_EXCLUSION, key);
	txn_del(change->txn, TABLE_EXCLUSIONS, key);
	--*lengths_at(&change->state.exclusions, prefix->family, prefix->len);
	change_dirty(change, prefix);
	change_forget_excluded(change);
	return true;
}
