/*
 * change_mirror_claims.c: from what a slot lists to claims: where it was touched, its cover is
 * compared with the claims of the zone's source, and what differs is added and removed.
 */
#include <stdlib.h>

#include "change_mirror.h"

enum { CLAIM_WEIGHT = 250 }; /* rows in claims and by_source, and a place in the index */

/* --- which regions ---------------------------------------------------------------------------- */

/* Both slots at the next name that they do not share. */
struct slots {
	struct scan *scan[2];
	struct mirror_key apex[2];
	struct bytes key[2], value[2];
	bool more[2];
};

static void step(struct slots *s, unsigned i, bool first)
{
	struct bytes apex = mirror_key_bytes(&s->apex[i]);

	s->more[i] = first ? scan_seek(s->scan[i], apex, &s->key[i], &s->value[i])
			   : scan_next(s->scan[i], &s->key[i], &s->value[i]);
	s->more[i] = s->more[i] && mirror_key_below(s->key[i], apex);
}

/* By the name, whatever the slot. */
static int compare_names(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data + MIRROR_APEX, b.data + MIRROR_APEX, len - MIRROR_APEX);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void compare_rows(struct mirroring *m, const struct slots *s,
			 struct mirror_meaning meaning[2])
{
	if (bytes_equal(s->value[0], s->value[1])) {
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		mirror_mean(s->value[i], s->key[i].len == MIRROR_APEX, &meaning[i]);
	}
	if (!mirror_means_same(&meaning[0], &meaning[1])) {
		touch_records(&m->touched, s->key[0]);
	}
}

/* Where the served slot and the staged one differ. */
static void compare_slots(struct change *c, struct mirroring *m)
{
	struct mirror_meaning *meaning = must_alloc(2 * sizeof *meaning);
	struct cover served = {.txn = c->txn, .number = m->state.number, .slot = m->state.served};
	struct cover *absent[2] = {&m->cover, &served};
	struct slots s = {0};

	cover_init(&served);
	for (unsigned i = 0; i < 2; i++) {
		s.scan[i] = scan_open(c->txn, TABLE_MIRRORED);
		mirror_key_apex(&s.apex[i], m->state.number,
				i == 0 ? m->state.served : m->state.staged);
		step(&s, i, true);
	}
	while ((s.more[0] || s.more[1]) && !m->touched.all) {
		int order = !s.more[0] ? 1 : !s.more[1] ? -1 : compare_names(s.key[0], s.key[1]);

		if (order == 0) {
			compare_rows(m, &s, meaning);
			step(&s, 0, false);
			step(&s, 1, false);
		} else {
			unsigned i = order < 0 ? 0 : 1;

			touch_name(&m->touched, absent[i], s.key[i]);
			step(&s, i, false);
		}
	}
	scan_close(s.scan[0]);
	scan_close(s.scan[1]);
	cover_release(&served);
	free(meaning);
}

static void find_touched(struct change *c, struct mirroring *m)
{
	if (m->full) {
		m->touched.all = m->state.served == 0 || m->state.mixed;
		if (!m->touched.all) {
			compare_slots(c, m);
		}
	}
	touched_tidy(&m->touched);
}

/* --- a part, and its claims ------------------------------------------------------------------- */

struct held {
	struct prefix prefix;
	uint16_t sublist;
};

struct helds {
	struct held *at;
	size_t count, room;
};

/* What the source claims in the part. */
static void collect(struct change *c, const struct cover_part *part, struct helds *h)
{
	struct prefix from = {part->first, (uint8_t)part->family, 0};
	struct source_walk *walk = source_walk_open(c->txn, c->mirror->source, &from);
	struct held held;

	while (source_walk_next(walk, &held.prefix, &held.sublist) &&
	       held.prefix.family == part->family && held.prefix.addr <= part->last) {
		if (h->count == h->room) {
			h->room = h->room ? h->room * 2 : 64;
			h->at = must_realloc(h->at, h->room * sizeof *h->at);
		}
		h->at[h->count++] = held;
	}
	source_walk_close(walk);
}

static int compare_held(const struct held *a, const struct prefix *prefix, uint16_t sublist)
{
	int order = prefix_compare(&a->prefix, prefix);

	return order ? order : (a->sublist > sublist) - (a->sublist < sublist);
}

struct wanted {
	uint16_t sublist;
	uint32_t text;
};

static uint16_t sublist_of(struct change *c, uint8_t code)
{
	struct mirroring *m = c->mirror;
	char name[MIRROR_NAME_TEXT];

	if (m->sublist[code] == 0) {
		m->sublist[code] =
			change_number_sublist(c, mirror_sublist(m->zone->name, code, name));
		if (m->sublist[code] == 0) {
			txn_fail(c->txn, ST_DATA);
		}
	}
	return m->sublist[code];
}

/* Ascending by sublist, as claims are. */
static void want(struct change *c, const struct cover_item *items, unsigned count,
		 struct wanted *wanted)
{
	for (unsigned i = 0; i < count; i++) {
		struct wanted w = {sublist_of(c, items[i].code), items[i].text};
		unsigned at = i;

		for (; at > 0 && wanted[at - 1].sublist > w.sublist; at--) {
			wanted[at] = wanted[at - 1];
		}
		wanted[at] = w;
	}
}

static void remove_claim(struct change *c, const struct prefix *prefix, uint16_t sublist)
{
	struct mirroring *m = c->mirror;

	if (!change_remove(c, prefix, sublist, m->source) && !txn_status(c->txn)) {
		txn_fail(c->txn, fail(ST_INTERNAL, "a claim of '%s' is missing: run 'feeder check'",
				      m->zone->name));
	}
	m->removed++;
	m->weight += CLAIM_WEIGHT;
}

static void add_claim(struct change *c, const struct prefix *prefix, const struct wanted *w)
{
	struct mirroring *m = c->mirror;
	struct claim_add add = {
		.prefix = *prefix,
		.sublist = w->sublist,
		.source = m->source,
		.imported = true,
		.force = true,
	};

	change_add_claim(c, &add, w->text);
	m->added++;
	m->weight += CLAIM_WEIGHT;
}

/* It is there; is its text? */
static void compare_text(struct change *c, const struct prefix *prefix, const struct wanted *w)
{
	struct claim claim;

	if (!claim_get(c->txn, prefix, w->sublist, c->mirror->source, &claim) ||
	    claim.text != w->text) {
		remove_claim(c, prefix, w->sublist);
		add_claim(c, prefix, w);
	}
}

bool mirroring_part(void *context, const struct cover_part *part)
{
	struct change *c = context;
	struct mirroring *m = c->mirror;
	struct wanted wanted[MIRROR_CODES];
	struct helds h = {0};
	size_t i = 0;

	collect(c, part, &h);
	for (size_t k = 0; k < part->count && !txn_status(c->txn); k++) {
		const struct covered *p = &part->at[k];

		want(c, part->items + p->item, p->count, wanted);
		for (unsigned n = 0; n < p->count && !txn_status(c->txn); n++) {
			int order = 1;

			while (i < h.count && (order = compare_held(&h.at[i], &p->prefix,
								    wanted[n].sublist)) < 0) {
				remove_claim(c, &h.at[i].prefix, h.at[i].sublist);
				i++;
			}
			if (i < h.count && order == 0) {
				compare_text(c, &p->prefix, &wanted[n]);
				i++;
			} else {
				add_claim(c, &p->prefix, &wanted[n]);
			}
		}
	}
	for (; i < h.count && !txn_status(c->txn); i++) {
		remove_claim(c, &h.at[i].prefix, h.at[i].sublist);
	}
	free(h.at);
	addr_t end = prefix_mask(part->family, prefix_bits(part->family));
	m->state.next = part->last < end ? (struct prefix){part->last + 1, (uint8_t)part->family, 0}
					 : (struct prefix){0, 6, 0};
	if (!m->full && m->weight > mirror_slice) {
		mirroring_too_much(c);
	}
	return !txn_status(c->txn) && (!m->full || m->weight < mirror_slice);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* From state.next on, what is in the region. False: enough was written. */
static bool apply_region(struct mirroring *m, const struct prefix *region)
{
	const struct prefix next = m->state.next;
	addr_t first = region->addr, last = prefix_last(region);
	bool done = false;
	struct prefix p;

	if (region->family < next.family || (region->family == next.family && last < next.addr)) {
		return true;
	}
	if (region->family == next.family && first < next.addr) {
		first = next.addr;
	}
	while (range_next(region->family, &first, last, &done, &p)) {
		if (!cover_region(&m->cover, &p)) {
			return false;
		}
	}
	return true;
}

bool mirroring_apply(struct change *c)
{
	static const struct prefix everything[] = {{0, 4, 0}, {0, 6, 0}};
	struct mirroring *m = c->mirror;
	bool done = true;

	find_touched(c, m);
	m->cover.cuts = (m->full ? m->state.staged_tally.cuts : m->state.tally.cuts) > 0;
	if (m->state.phase != MIRROR_APPLYING) {
		m->state.next = everything[0];
	}
	if (m->full) {
		m->state.phase = MIRROR_APPLYING;
	}
	const struct prefix *regions = m->touched.all ? everything : m->touched.at;
	size_t count = m->touched.all ? 2 : m->touched.count;

	for (size_t i = 0; i < count && done && !txn_status(c->txn); i++) {
		done = apply_region(m, &regions[i]);
	}
	return done;
}
