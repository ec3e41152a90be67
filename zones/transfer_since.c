/*
 * transfer_since.c: what has become of owners since a serial, from the journal.
 *
 *     heads, from the newest back   until one says that the zone had the serial then
 *     rows on that way              each unit as it was: of several the oldest
 *     these units, as they are now  ─▶ block_rrs() of both ─▶ owners that differ
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
	SLACK = 4 << 20,   /* octets: to look at so little is cheap, however small the zone */
	ROWS_MOST = 32768, /* a unit takes 6 us: a fifth of a second in which no other client is
			      served */
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

static void add(struct differences *d, const struct prefix *owner, uint32_t before, uint32_t after)
{
	if (d->count == d->room) {
		d->room = d->room ? d->room * 2 : 64;
		d->at = must_realloc(d->at, d->room * sizeof *d->at);
	}
	d->at[d->count++] = (struct difference){*owner, before, after};
}

/* Both ascend. */
static void compare(struct differences *d, const struct owners *before, const struct owners *after)
{
	size_t i = 0, k = 0;

	while (i < before->count || k < after->count) {
		const struct owner *x = &before->at[i], *y = &after->at[k];
		int order = i == before->count  ? 1
			    : k == after->count ? -1
						: prefix_compare(&x->prefix, &y->prefix);

		if (order < 0) {
			add(d, &x->prefix, x->class, 0);
		} else if (order > 0) {
			add(d, &y->prefix, 0, y->class);
		} else if (x->class != y->class) {
			add(d, &x->prefix, x->class, y->class);
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_units(struct differences *d, const struct pasts *p, struct lens *lens,
			  struct txn *txn)
{
	struct segments before = {0}, after = {0};
	struct owners were, are;

	owners_init(&were, lens);
	owners_init(&are, lens);
	for (size_t i = 0; i < p->count && !txn_status(txn); i++) {
		const struct prefix *unit = &p->at[i].unit;
		enum status status;

		before.count = after.count = 0;
		status = journal_decode(unit, p->at[i].before, &before);
		if (status) {
			txn_fail(txn, status);
			break;
		}
		index_read(txn, unit, &after);
		lens_learn_all(lens, &before, txn);
		lens_learn_all(lens, &after, txn);
		block_rrs(&were, unit, &before);
		block_rrs(&are, unit, &after);
		compare(d, &were, &are);
	}
	owners_release(&were);
	owners_release(&are);
	segments_release(&before);
	segments_release(&after);
}

bool differences_since(struct differences *d, const char *zone, uint32_t since, struct lens *lens,
		       struct txn *txn)
{
	struct pasts p = {.most = SLACK + store_table_usage(txn, TABLE_INDEX4).bytes +
				  store_table_usage(txn, TABLE_INDEX6).bytes};
	bool found = gather(&p, zone, since, txn);

	*d = (struct differences){.count = 0};
	if (found) {
		oldest(&p);
		compare_units(d, &p, lens, txn);
	}
	free(p.at);
	return found && !txn_status(txn);
}

void differences_release(struct differences *d)
{
	free(d->at);
}
