/*
 * transfer_since.c: which units have changed since a serial, from the journal.
 *
 *     heads, from the newest back   until one says that the zone had the serial then
 *     rows on that way              each unit as it was: of several the oldest
 *     these units, as they are now  ─▶ both copied, where they differ
 *
 * What lies between is never looked at, so that the differences are condensed (RFC 1995 §5), and a
 * listing that came and went is none.
 *
 * 1. No step behind a barrier: before it the zone had other records for the same answers.
 * 2. What takes more octets of index than the zone has is no saving: then nothing is told.
 */
#include <stdlib.h>

#include "journal.h"
#include "serial.h"
#include "state.h"
#include "transfer_inside.h"

enum {
	SLACK = 4 << 20, /* octets: to look at so little is cheap, however small the zone */
	ROWS_MOST =
		32768, /* a unit is copied in some us: while that lasts no other client is served */
};

/* A unit as a change found it. */
struct past {
	struct prefix unit;
	uint64_t change;
	struct bytes before; /* borrowed from the transaction */
};

struct pasts {
	struct past *at;
	size_t count, room;
	uint64_t octets, most;
};

static bool keep(struct pasts *p, const struct past *past)
{
	p->octets += past->before.len + sizeof *past;
	if (p->octets > p->most || p->count == ROWS_MOST) {
		return false;
	}
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		p->at = must_realloc(p->at, p->room * sizeof *p->at);
	}
	p->at[p->count++] = *past;
	return true;
}

/* From the journal's end back to the change by which the zone got the serial. */
static bool gather(struct pasts *p, const char *zone, uint32_t since, struct txn *txn)
{
	struct scan *scan = scan_open(txn, TABLE_JOURNAL);
	struct bytes key, value;
	bool found = false;

	while (!found && scan_prev(scan, &key, &value)) {
		struct past past = {.before = value};
		struct journal_zone was;

		if (!journal_key(key, &past.change, &past.unit)) {
			scan_damaged(scan);
			break;
		}
		if (past.unit.family != 0) {
			if (!keep(p, &past)) {
				break;
			}
			continue;
		}
		bool moved = journal_head_zone(value, zone, &was);

		if (moved && was.serial == since) {
			/* What this change found is older than the serial. */
			while (p->count > 0 && p->at[p->count - 1].change == past.change) {
				p->count--;
			}
			found = true;
		} else if (journal_barrier(value) || (moved && was.barred) ||
			   (moved && serial_newer(since, was.serial))) {
			break;
		}
	}
	scan_close(scan);
	return found && !txn_status(txn);
}

static int by_unit_and_age(const void *a, const void *b)
{
	const struct past *x = a, *y = b;
	int order = prefix_compare(&x->unit, &y->unit);

	return order ? order : (x->change > y->change) - (x->change < y->change);
}

/* The first of each unit. */
static void oldest(struct pasts *p)
{
	size_t kept = 0;

	if (p->count > 0) {
		qsort(p->at, p->count, sizeof *p->at, by_unit_and_age);
	}
	for (size_t i = 0; i < p->count; i++) {
		if (kept == 0 || prefix_compare(&p->at[kept - 1].unit, &p->at[i].unit) != 0) {
			p->at[kept++] = p->at[i];
		}
	}
	p->count = kept;
}

/* A unit now, as the journal would have it. Borrowed from the transaction, or from *made. */
static struct bytes unit_now(const struct prefix *unit, struct bytes *made, struct txn *txn)
{
	struct segments segments = {0};
	struct bytes block = {0};

	*made = block;
	if (unit->family == 4) {
		return index4_block(txn, (uint16_t)(unit->addr >> 16), &block) ? block : *made;
	}
	index_read(txn, unit, &segments);
	*made = journal_encode6(&segments);
	segments_release(&segments);
	return *made;
}

struct look {
	struct lens *lens;
	struct txn *txn;
};

static void learn(void *context, uint32_t answer)
{
	const struct look *look = context;

	if (answer != 0) {
		lens_learn(look->lens, answer, look->txn);
	}
}

/* False where they are damaged. */
static bool learn_answers(const struct prefix *unit, struct bytes bytes, struct look *look)
{
	struct segments segments = {0};

	if (bytes.len == 0) {
		return true;
	}
	if (unit->family == 4) {
		return block_answers(bytes, learn, look);
	}
	bool whole = !journal_decode(unit, bytes, &segments);

	lens_learn_all(look->lens, &segments, look->txn);
	segments_release(&segments);
	return whole;
}

static void copy_unit(struct differences *d, const struct prefix *unit, struct bytes before,
		      struct bytes after)
{
	size_t len = before.len + after.len;

	if (d->len + len > d->room) {
		d->room = 2 * (d->len + len);
		d->octets = must_realloc(d->octets, d->room);
	}
	if (d->unit_count == d->unit_room) {
		d->unit_room = d->unit_room ? d->unit_room * 2 : 64;
		d->unit = must_realloc(d->unit, d->unit_room * sizeof *d->unit);
	}
	d->unit[d->unit_count++] = (struct unit_change){*unit, d->len, before.len, after.len};
	if (before.len > 0) {
		memcpy(d->octets + d->len, before.data, before.len);
	}
	if (after.len > 0) {
		memcpy(d->octets + d->len + before.len, after.data, after.len);
	}
	d->len += len;
}

/* Equal listings make equal bytes: what came and went is not copied. */
static void copy_units(struct differences *d, const struct pasts *p, struct lens *lens,
		       struct txn *txn, const struct transfer_watch *watch)
{
	struct look look = {lens, txn};

	for (size_t i = 0; i < p->count && !txn_status(txn); i++) {
		const struct past *past = &p->at[i];
		watch_step(watch);
		struct bytes made, now = unit_now(&past->unit, &made, txn);

		if (!bytes_equal(past->before, now)) {
			if (!learn_answers(&past->unit, past->before, &look) ||
			    !learn_answers(&past->unit, now, &look)) {
				txn_fail(txn, fail(ST_INTERNAL, "a row of the journal or of the "
								"index is damaged: run "
								"'feeder check'"));
			}
			copy_unit(d, &past->unit, past->before, now);
		}
		free((void *)(uintptr_t)made.data);
	}
}

bool differences_since(struct differences *d, const char *zone, uint32_t since, struct lens *lens,
		       struct txn *txn, const struct transfer_watch *watch)
{
	struct pasts p = {.most = SLACK + store_table_usage(txn, TABLE_INDEX4).bytes +
				  store_table_usage(txn, TABLE_INDEX6).bytes};
	bool found = gather(&p, zone, since, txn);

	*d = (struct differences){.count = 0};
	owners_init(&d->were, lens);
	owners_init(&d->are, lens);
	if (found) {
		oldest(&p);
		copy_units(d, &p, lens, txn, watch);
	}
	free(p.at);
	return found && !txn_status(txn);
}
