/*
 * flatten.c: from claims and exclusions to segments.
 *
 * The rules: 1. An address is on a sublist when any claim on it covers the address. 2. Its text
 * there is that of the most specific claim with a text, among equals the oldest, then the first by
 * source's name; else the template's.
 * 3. Where an exclusion covers it, it is on none but private sublists: a mirror answers as its
 * primary does.
 *
 * Keys sort by address, then length: each prefix stands before what it covers, so one pass with a
 * stack sees them nested. What covers the whole region is looked for first, length by length, but
 * only lengths that there are.
 *
 *     stack     [region, /16: A] [/24: A+B] [/28 excluded] …     each frame: its end, and the
 * answer inside it segments  ──A──┤──A+B──┤      ├──A+B──┤──A──
 */
#include "flatten.h"

#include <stdlib.h>

#include "claim.h"
#include "exclusion.h"
#include "mirrored.h"
#include "source.h"

enum { FRAMES = 131 }; /* the region, and 129 lengths below it at most; one more is scratch */

struct flatten_frame {
	addr_t last;
	bool excluded;
	bool named; /* id is that of the answer */
	uint32_t id;
	struct answer answer;
};

/* Of the claims on one prefix and one sublist: which has the text. */
struct best {
	uint64_t created;
	uint32_t source;
};

struct walk {
	struct flatten *f;
	struct segments *out;
	struct flatten_frame *frame;
	unsigned depth; /* the top is frame[depth - 1] */
	addr_t at;      /* up to here, exclusively, segments are made */
	bool done;      /* the last address there is has been passed */
};

struct bytes answer_bytes(const struct answer *answer, uint8_t room[ANSWER_BYTES])
{
	struct writer w = writer_of(room, ANSWER_BYTES);

	for (unsigned i = 0; i < answer->count; i++) {
		write_u16(&w, answer->item[i].sublist);
		write_u32(&w, answer->item[i].text);
	}
	return writer_bytes(&w);
}

void flatten_init(struct flatten *f, struct txn *txn, answer_namer *name, void *context)
{
	*f = (struct flatten){.txn = txn, .name = name, .context = context};
	f->frames = must_alloc((FRAMES + 1) * sizeof *f->frames);
}

void flatten_release(struct flatten *f)
{
	free(f->frames);
	free(f->private);
	f->frames = NULL;
	f->private = NULL;
}

/* Whether a sublist is a mirrored zone's. Asked for where something is excluded, so it is kept. */
static bool is_private(struct flatten *f, uint16_t sublist)
{
	enum { UNKNOWN, NO, YES };
	char name[SUBLIST_NAME];

	if (!f->private) {
		f->private = must_alloc(UINT16_MAX + 1);
	}
	if (f->private[sublist] == UNKNOWN) {
		f->private[sublist] =
			sublist_name(f->txn, sublist, name) && mirror_is_sublist(name) ? YES : NO;
	}
	return f->private[sublist] == YES;
}

static void frame_copy(struct flatten_frame *to, const struct flatten_frame *from)
{
	to->last = from->last;
	to->excluded = from->excluded;
	to->named = from->named;
	to->id = from->id;
	to->answer.count = from->answer.count;
	memcpy(to->answer.item, from->answer.item,
	       from->answer.count * sizeof from->answer.item[0]);
}

/* What is left of an answer where it is excluded; borrowed until the next call. */
static const struct answer *private_part(struct flatten *f, const struct answer *answer)
{
	struct answer *left = &f->frames[FRAMES].answer;

	left->count = 0;
	for (unsigned i = 0; i < answer->count; i++) {
		if (is_private(f, answer->item[i].sublist)) {
			left->item[left->count++] = answer->item[i];
		}
	}
	return left;
}

static uint32_t frame_id(struct walk *w, struct flatten_frame *frame)
{
	const struct answer *answer = &frame->answer;

	if (frame->named) {
		return frame->id;
	}
	if (frame->excluded && answer->count > 0) {
		answer = private_part(w->f, answer);
	}
	frame->id = answer->count > 0 ? w->f->name(w->f->context, answer) : 0;
	frame->named = true;
	return frame->id;
}

/* The top's answer, up to `last`. */
static void emit(struct walk *w, addr_t last)
{
	struct flatten_frame *top = &w->frame[w->depth - 1];

	if (w->done || last < w->at) {
		return;
	}
	segments_add(w->out, w->at, last, frame_id(w, top));
	w->at = last + 1;
	w->done = w->at == 0;
}

/* A frame for a prefix, inside those that cover it. */
static struct flatten_frame *enter(struct walk *w, const struct prefix *p)
{
	while (w->frame[w->depth - 1].last < p->addr) {
		emit(w, w->frame[w->depth - 1].last);
		w->depth--;
	}
	if (p->addr > 0) {
		emit(w, p->addr - 1);
	}
	struct flatten_frame *top = &w->frame[w->depth];
	frame_copy(top, top - 1);
	top->last = prefix_last(p);
	w->depth++;
	return top;
}

static struct answer_item *put_sublist(struct flatten *f, struct answer *a, uint16_t sublist)
{
	unsigned i = 0;

	while (i < a->count && a->item[i].sublist < sublist) {
		i++;
	}
	if (i < a->count && a->item[i].sublist == sublist) {
		return &a->item[i];
	}
	if (a->count == CONFIG_SUBLISTS) {
		txn_fail(f->txn, fail(ST_DATA, "an address would be on more than %d sublists",
				      CONFIG_SUBLISTS));
		return NULL;
	}
	memmove(&a->item[i + 1], &a->item[i], (a->count - i) * sizeof a->item[0]);
	a->item[i] = (struct answer_item){sublist, 0};
	a->count++;
	return &a->item[i];
}

static bool name_is_before(struct txn *txn, uint32_t a, uint32_t b)
{
	struct source x, y;

	return source_by_number(txn, a, &x) && source_by_number(txn, b, &y) &&
	       strcmp(x.name, y.name) < 0;
}

/* Lays the claims of one prefix over a frame: the scan stands on the first, and is left on the row
 * after the last. */
static bool lay(struct walk *w, struct scan *scan, struct flatten_frame *frame, struct claim *claim,
		struct bytes *key, struct bytes *value)
{
	struct prefix prefix = claim->prefix;
	struct best best = {0};
	bool more;

	frame->named = false;
	do {
		struct answer_item *item = put_sublist(w->f, &frame->answer, claim->sublist);

		if (!item) {
			return false;
		}
		if (claim->text && (best.source == 0 || claim->created < best.created ||
				    (claim->created == best.created &&
				     name_is_before(w->f->txn, claim->source, best.source)))) {
			best = (struct best){claim->created, claim->source};
			item->text = claim->text;
		}
		uint16_t sublist = claim->sublist;
		more = scan_next(scan, key, value);
		if (more && !claim_read(*key, *value, claim)) {
			scan_damaged(scan);
			return false;
		}
		if (claim->sublist != sublist) {
			best = (struct best){0};
		}
	} while (more && prefix_compare(&claim->prefix, &prefix) == 0);
	return more;
}

/* What covers the region from above goes into the first frame. */
static void from_above(struct walk *w, const struct prefix *region, struct scan *claims)
{
	uint8_t room[PREFIX_KEY];
	struct bytes key, value;
	struct claim claim;

	for (unsigned len = 0; len < region->len; len++) {
		struct prefix wider = prefix_of(region->family, region->addr, len);

		if (*lengths_at(&w->f->exclusions, region->family, len) > 0 &&
		    txn_get(w->f->txn, TABLE_EXCLUSIONS, prefix_key(room, &wider), &value)) {
			w->frame[0].excluded = true;
		}
		if (*lengths_at(&w->f->claims, region->family, len) == 0 ||
		    !scan_seek(claims, prefix_key(room, &wider), &key, &value)) {
			continue;
		}
		if (!claim_read(key, value, &claim)) {
			scan_damaged(claims);
			return;
		}
		if (prefix_compare(&claim.prefix, &wider) == 0) {
			lay(w, claims, &w->frame[0], &claim, &key, &value);
		}
	}
}

void flatten_region(struct flatten *f, const struct prefix *region, struct segments *segments)
{
	struct walk w = {.f = f,
			 .out = segments,
			 .frame = f->frames,
			 .depth = 1,
			 .at = region->addr};
	struct scan *claims = scan_open(f->txn, TABLE_CLAIMS),
		    *holes = scan_open(f->txn, TABLE_EXCLUSIONS);
	uint8_t room[PREFIX_KEY];
	struct bytes key, value, hole_key, hole_value;
	struct claim claim;
	struct exclusion hole;

	w.frame[0].last = prefix_last(region);
	w.frame[0].excluded = w.frame[0].named = false;
	w.frame[0].answer.count = 0;
	from_above(&w, region, claims);

	bool more = scan_seek(claims, prefix_key(room, region), &key, &value);
	bool more_holes = scan_seek(holes, prefix_key(room, region), &hole_key, &hole_value);
	if (more && !claim_read(key, value, &claim)) {
		scan_damaged(claims);
	}
	if (more_holes && !exclusion_read(hole_key, hole_value, &hole)) {
		scan_damaged(holes);
	}
	while (!txn_status(f->txn)) {
		more = more && prefix_covers(region, &claim.prefix);
		more_holes = more_holes && prefix_covers(region, &hole.prefix);
		if (!more && !more_holes) {
			break;
		}
		int order = !more         ? 1
			    : !more_holes ? -1
					  : prefix_compare(&claim.prefix, &hole.prefix);
		struct flatten_frame *frame = enter(&w, order <= 0 ? &claim.prefix : &hole.prefix);

		if (order >= 0) {
			frame->excluded = true;
			frame->named = false;
			more_holes = scan_next(holes, &hole_key, &hole_value);
			if (more_holes && !exclusion_read(hole_key, hole_value, &hole)) {
				scan_damaged(holes);
			}
		}
		if (order <= 0) {
			more = lay(&w, claims, frame, &claim, &key, &value);
		}
	}
	for (; w.depth > 0; w.depth--) {
		emit(&w, w.frame[w.depth - 1].last);
	}
	scan_close(claims);
	scan_close(holes);
}
