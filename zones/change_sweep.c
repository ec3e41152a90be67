/*
 * change_sweep.c: what has expired goes, in the order of time, at the beginning of every write. At
 * most SWEEP_ROWS of it, so that nobody's `add` waits for a feed that ended overnight; what is left
 * still counts until the next write.
 */
#include <stdlib.h>

#include "change_inside.h"
#include "expiry.h"
#include "source_rows.h"

static void audit_expired(struct change *c, const struct prefix *prefix, uint16_t sublist,
			  uint32_t source, uint64_t removed)
{
	struct source s = {0};
	char name[SUBLIST_NAME];
	bool known = source && source_by_number(c->txn, source, &s);

	change_audit(c, &(struct audit_entry){
				.event = "expire",
				.prefix = prefix,
				.sublist = sublist_name(c->txn, sublist, name) ? name : NULL,
				.source = known ? s.name : NULL,
				.removed = removed,
			});
}

/* Imported claims are counted for each source and named together: a feed of a million is one row,
 * not a million. */
struct tally {
	uint32_t source;
	uint16_t sublist;
	uint64_t removed;
};

static void tally_flush(struct change *c, struct tally *t)
{
	if (t->removed) {
		audit_expired(c, NULL, t->sublist, t->source, t->removed);
	}
	t->removed = 0;
}

static void tally_add(struct change *c, struct tally *t, uint32_t source, uint16_t sublist)
{
	if (t->source != source || t->sublist != sublist) {
		tally_flush(c, t);
		t->source = source;
		t->sublist = sublist;
	}
	t->removed++;
}

static bool expire_claim(struct change *c, struct bytes key, struct tally *t)
{
	struct bytes value;
	struct claim claim;

	if (!txn_get(c->txn, TABLE_CLAIMS, key, &value) || !claim_read(key, value, &claim)) {
		return false;
	}
	if (claim.imported) {
		tally_add(c, t, claim.source, claim.sublist);
	} else {
		audit_expired(c, &claim.prefix, claim.sublist, claim.source, 1);
	}
	return change_remove(c, &claim.prefix, claim.sublist, claim.source);
}

static bool expire_exclusion(struct change *c, struct bytes key)
{
	struct reader r = reader_of(key);
	struct prefix prefix = prefix_read(&r);

	if (r.bad || !change_unexclude(c, &prefix)) {
		return false;
	}
	change_audit(c, &(struct audit_entry){.event = "exclusion expired",
					      .prefix = &prefix,
					      .removed = 1});
	return true;
}

/* Up to `most` of what a feed claims on a sublist; its own row goes when nothing is left. Returns
 * how many went. */
static unsigned expire_snapshot(struct change *c, uint64_t when, struct bytes key, unsigned most,
				struct tally *t)
{
	struct reader r = reader_of(key);
	uint32_t source = read_u32(&r);
	uint16_t sublist = read_u16(&r), claimed;
	struct prefix *at = must_alloc(most * sizeof *at), prefix;
	struct source_walk *walk = source_walk_open(c->txn, source, NULL);
	unsigned count = 0, removed = 0;
	struct claim claim;
	bool all = true;

	while (source_walk_next(walk, &prefix, &claimed)) {
		if (claimed != sublist) {
			continue;
		}
		if (!claim_get(c->txn, &prefix, sublist, source, &claim)) {
			txn_fail(c->txn, fail(ST_INTERNAL,
					      "a source's claim is not there: run 'feeder check'"));
			break;
		}
		/* The source's other claims have an end of their own, or none. */
		if (claim.snapshot) {
			if (count == most) {
				all = false;
				break;
			}
			at[count++] = prefix;
		}
	}
	source_walk_close(walk);
	for (unsigned i = 0; i < count; i++) {
		if (change_remove(c, &at[i], sublist, source)) {
			tally_add(c, t, source, sublist);
			removed++;
		}
	}
	if (all) {
		expiry_del(c->txn, when, EXPIRY_SNAPSHOT, key);
		source_delete_snapshot(c->txn, source, sublist);
	}
	free(at);
	return removed;
}

void change_sweep(struct change *c)
{
	uint8_t room[EXPIRY_ROOM];
	struct tally tally = {0};
	struct bytes key;
	enum expiry_kind kind;
	uint64_t when;

	while (c->swept < SWEEP_ROWS &&
	       expiry_first(c->txn, c->who.now, &kind, &when, room, &key)) {
		unsigned removed = 1;
		bool found = true;

		if (kind == EXPIRY_SNAPSHOT) {
			removed = expire_snapshot(c, when, key, SWEEP_ROWS - c->swept, &tally);
		} else {
			found = kind == EXPIRY_CLAIM ? expire_claim(c, key, &tally)
						     : expire_exclusion(c, key);
		}
		if (!found && !txn_status(c->txn)) {
			txn_fail(c->txn,
				 fail(ST_INTERNAL,
				      "what an expiry row names is not there: run 'feeder check'"));
		}
		if (txn_status(c->txn)) {
			return;
		}
		c->swept += removed;
	}
	tally_flush(c, &tally);
}
