/*
 * export_walk.c: the index from one end to the other, a row at a time: nothing of a zone is kept
 * but the stretch in hand.
 *
 *     rows ─▶ segments without test entries ─▶ what each answer is to one sublist ─▶ stretches that
 *     agree, across rows ─▶ prefixes
 */
#include <stdlib.h>

#include "export_inside.h"
#include "index6.h"
#include "lens.h"

enum { SEEN = 1024 }; /* answers whose meaning is remembered; a power of two */

struct walk {
	struct zone_export *e;
	unsigned family;
	int sublist;
	export_prefix *visit;
	void *context;
	struct seen {
		uint32_t id; /* 0: none */
		bool listed;
		uint32_t text;
	} seen[SEEN];
	bool open; /* a stretch is: */
	addr_t first, last;
	uint32_t text;
};

/* What an answer is to the sublist. */
static const struct seen *meaning(struct walk *w, uint32_t id)
{
	struct seen *seen = &w->seen[id & (SEEN - 1)];
	const struct zone_view *view = &w->e->view;
	struct answer answer;

	if (seen->id == id) {
		return seen;
	}
	*seen = (struct seen){.id = id};
	if (!answer_read(w->e->txn, id, &answer)) {
		return seen;
	}
	for (unsigned i = 0; i < answer.count; i++) {
		for (size_t s = 0; s < view->count; s++) {
			if (answer.item[i].sublist == view->sublist[s].number &&
			    (w->sublist == EXPORT_ANY || w->sublist == (int)s)) {
				seen->listed = true;
				seen->text = w->sublist == EXPORT_ANY ? 0 : answer.item[i].text;
			}
		}
	}
	return seen;
}

/* A prefix, in pieces that may be listings. */
static void give(struct walk *w, const struct prefix *p)
{
	struct prefix piece = *p, last = *p;

	while (prefix_check_listing(&piece)) {
		piece.len++;
	}
	last.addr = prefix_last(p) & prefix_mask(p->family, piece.len);
	for (addr_t step = prefix_last(&piece) - piece.addr + 1;; piece.addr += step) {
		w->visit(w->e, &piece, w->sublist, w->text, w->context);
		if (piece.addr == last.addr) {
			return;
		}
	}
}

static void flush(struct walk *w)
{
	bool done = !w->open;
	struct prefix p;

	while (range_next(w->family, &w->first, w->last, &done, &p)) {
		give(w, &p);
	}
	w->open = false;
}

static void take(struct walk *w, const struct segments *segments)
{
	for (size_t i = 0; i < segments->count; i++) {
		const struct segment *s = &segments->at[i];
		const struct seen *seen = meaning(w, s->answer);

		if (!seen->listed) {
			continue;
		}
		if (w->open && w->last + 1 == s->first && w->text == seen->text) {
			w->last = s->last;
			continue;
		}
		flush(w);
		w->open = true;
		w->first = s->first;
		w->last = s->last;
		w->text = seen->text;
	}
}

/* Rows of index4, each as its segments. */
struct blocks {
	struct scan *scan;
	bool begun;
	struct segments segments;
};

static bool blocks_next(struct zone_export *e, struct blocks *b, uint16_t *high)
{
	struct bytes key, value;

	if (!(b->begun ? scan_next(b->scan, &key, &value)
		       : scan_seek(b->scan, bytes_of("", 0), &key, &value))) {
		return false;
	}
	b->begun = true;
	b->segments.count = 0;
	struct reader r = reader_of(key);
	*high = read_u16(&r);
	enum status status = r.bad ? fail(ST_INTERNAL, "a block of the index has no key")
				   : block_decode(value, *high, &b->segments);
	if (status) {
		txn_fail(e->txn, status);
	}
	return !status;
}

/*
 * Whether filters have no use for the row: a mirrored zone's test entries are listings like others,
 * those of IPv4 in IPv6 too.
 */
static bool is_test(const struct walk *w, unsigned family, addr_t addr)
{
	return w->sublist == EXPORT_ANY && w->e->zone->mirror.given &&
	       (family == 4 ? addr >> 24 == 127 : addr >> 32 == 0xffff);
}

static void walk_v4(struct walk *w)
{
	struct blocks b = {.scan = scan_open(w->e->txn, TABLE_INDEX4)};
	struct segments cut = {0};
	uint16_t high;

	while (blocks_next(w->e, &b, &high)) {
		if (is_test(w, 4, (addr_t)high << 16)) {
			continue;
		}
		cut.count = 0;
		lens_cut(&w->e->view, 4, &b.segments, &cut);
		take(w, &cut);
	}
	segments_release(&cut);
	segments_release(&b.segments);
	scan_close(b.scan);
}

static void walk_v6(struct walk *w)
{
	struct scan *scan = scan_open(w->e->txn, TABLE_INDEX6);
	struct segments cut = {0};
	struct segment s;

	for (bool more = index6_seek(scan, 0, &s); more; more = index6_next(scan, &s)) {
		if (is_test(w, 6, s.last)) {
			continue;
		}
		cut.count = 0;
		lens_cut(&w->e->view, 6, &(struct segments){&s, 1, 1}, &cut);
		take(w, &cut);
	}
	segments_release(&cut);
	scan_close(scan);
}

void export_walk(struct zone_export *e, unsigned family, int sublist, export_prefix *visit,
		 void *context)
{
	struct walk *w = must_alloc(sizeof *w);

	w->e = e;
	w->family = family;
	w->sublist = sublist;
	w->visit = visit;
	w->context = context;
	(family == 4 ? walk_v4 : walk_v6)(w);
	flush(w);
	free(w);
}
