/*
 * mirror_cover.c: which addresses does a zone list, and with what?
 *
 * RFC 4592: a name that exists answers for itself, with nothing where it has no records. One that
 * does not is answered by the wildcard right below its closest encloser, the longest name above it
 * that exists, and by nothing where there is no such wildcard.
 *
 *     node 2.0.192     names: *, 1, 9, foo.9
 *                      0   1   2 … 8   9   10 … 255
 *                      *   1   *       -   *              9 exists: foo.9 is below it
 *
 * So below each node the labels that exist speak for themselves, and what lies between them is the
 * wildcard's. Keys sort as names do, `*` before all digits, so one pass over a subtree with a
 * stack of open nodes sees all that is needed.
 *
 * 1. Nibbles sort as numbers, octets do not ("10" before "2"): a v4 part is a /16 at most, and is
 *    sorted.
 * 2. Labels that belong to no address make their parents exist, and are skipped with all below.
 * 3. A wildcard at the apex is not looked at.
 * 4. At and below a delegation, and below a DNAME, nothing is listed.
 */
#include "mirror_cover.h"

#include <stdlib.h>

#include "mirror_text.h"

enum {
	FRAMES = 33,      /* 32 nibbles, and the node where the walk begins */
	ENOUGH = 1 << 16, /* prefixes of a part */
	V4_PART = 16,     /* length of a region of which all is a part */
};

/* An open node. */
struct cover_frame {
	size_t key_len;
	struct prefix prefix;
	unsigned next;     /* v6: the first label that nothing was said about */
	bool there[256];   /* v4: labels that exist */
	bool silent;       /* what does not exist below is unlisted, whatever the wildcard */
	size_t item_count; /* of its wildcard */
	struct cover_item items[MIRROR_CODES];
};

void cover_init(struct cover *c)
{
	c->scan = scan_open(c->txn, TABLE_MIRRORED);
	c->meaning = must_alloc(sizeof *c->meaning);
	c->frames = must_alloc(FRAMES * sizeof *c->frames);
}

void cover_release(struct cover *c)
{
	scan_close(c->scan);
	mirror_row_release(&c->row);
	free(c->meaning);
	free(c->frames);
	free(c->at);
	free(c->items);
}

static int by_prefix(const void *a, const void *b)
{
	return prefix_compare(&((const struct covered *)a)->prefix,
			      &((const struct covered *)b)->prefix);
}

/* Gives what was gathered, up to `last`. */
static void give(struct cover *c, unsigned family, addr_t last)
{
	if (c->stopped || txn_status(c->txn)) {
		return;
	}
	if (family == 4 && c->count > 1) {
		qsort(c->at, c->count, sizeof *c->at, by_prefix);
	}
	const struct cover_part part = {family, c->from, last, c->at, c->count, c->items};

	c->stopped = !c->part(c->context, &part);
	c->from = last + 1;
	c->count = c->item_count = 0;
}

static void add_prefix(struct cover *c, const struct prefix *p, size_t item, unsigned count)
{
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 256;
		c->at = must_realloc(c->at, c->room * sizeof *c->at);
	}
	c->at[c->count++] = (struct covered){*p, item, count};
}

/* A stretch that is listed so. */
static void add(struct cover *c, unsigned family, addr_t first, addr_t last,
		const struct cover_item *items, size_t count)
{
	unsigned least = family == 4 ? 8 : 16;
	bool done = false;
	struct prefix p;

	if (count == 0) {
		return;
	}
	if (c->item_count + count > c->item_room) {
		c->item_room = 2 * (c->item_count + count);
		c->items = must_realloc(c->items, c->item_room * sizeof *c->items);
	}
	memcpy(c->items + c->item_count, items, count * sizeof *items);
	while (range_next(family, &first, last, &done, &p)) {
		/* None may be wider than a listing may be. */
		addr_t step = (addr_t)1 << (prefix_bits(family) - (p.len < least ? least : p.len));
		unsigned parts = p.len < least ? 1U << (least - p.len) : 1;

		for (unsigned i = 0; i < parts; i++) {
			struct prefix part = {p.addr + i * step, p.family,
					      (uint8_t)(p.len < least ? least : p.len)};

			add_prefix(c, &part, c->item_count, (unsigned)count);
		}
	}
	c->item_count += count;
}

/* --- what a row lists ------------------------------------------------------------------------- */

/* The meaning of a row, into cover->meaning, which then borrows from cover->row. */
static void mean(struct cover *c, struct bytes value, bool apex)
{
	if (!mirror_row_read(&c->row, value)) {
		scan_damaged(c->scan);
		mirror_row_clear(&c->row);
	}
	mirror_mean(mirror_row_bytes(&c->row), apex, c->meaning);
}

/* Items of what was last looked at. `ip` is its address, without data under a wildcard. */
static unsigned name_items(struct cover *c, struct bytes ip, struct cover_item items[MIRROR_CODES])
{
	const struct mirror_meaning *m = c->meaning;
	uint8_t room[MIRROR_TEMPLATE];

	for (unsigned i = 0; i < m->count; i++) {
		items[i].code = m->code[i];
		items[i].text =
			!m->text[i].data ? 0
			: i > 0 && m->text[i].data == m->text[i - 1].data
				? items[i - 1].text
				: c->text(c->context, mirror_template(m->text[i], ip, room));
	}
	return m->count;
}

static unsigned name_address(struct cover *c, const struct prefix *p,
			     struct cover_item items[MIRROR_CODES])
{
	char ip[ADDR_TEXT];

	if (c->meaning->count == 0) {
		return 0;
	}
	size_t len = addr_format(p->family, p->addr, ip);

	return name_items(c, bytes_of(ip, len), items);
}

bool cover_wildcard(struct cover *c, const struct mirror_key *node)
{
	struct mirror_key key = *node;
	struct bytes value;

	c->meaning->count = 0;
	if (node->len > MIRROR_APEX) {
		mirror_key_push(&key, "*", 1);
		if (txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(&key), &value)) {
			mean(c, value, false);
		}
	}
	return c->meaning->count > 0;
}

/* --- one pass over a subtree ------------------------------------------------------------------ */

static addr_t label_size(const struct prefix *node)
{
	return (addr_t)1 << (prefix_bits(node->family) - node->len - mirror_step(node->family));
}

/* The labels from `from` up to, exclusively, `to` do not exist. */
static void add_gap(struct cover *c, const struct cover_frame *f, unsigned from, unsigned to)
{
	if (from < to && !f->silent) {
		addr_t size = label_size(&f->prefix), first = f->prefix.addr + from * size;

		add(c, f->prefix.family, first, first + ((to - from) * size - 1), f->items,
		    f->item_count);
	}
}

static bool is_address(const struct prefix *p)
{
	return p->len == prefix_bits(p->family);
}

static void close_frame(struct cover *c, const struct cover_frame *f)
{
	if (is_address(&f->prefix)) {
		return;
	}
	if (f->prefix.family == 6) {
		add_gap(c, f, f->next, 16);
		return;
	}
	for (unsigned from = 0, to = 0; to <= 256; to++) {
		if (to == 256 || f->there[to]) {
			add_gap(c, f, from, to);
			from = to + 1;
		}
	}
}

static void open_frame(struct cover_frame *f, const struct prefix *prefix, size_t key_len)
{
	f->key_len = key_len;
	f->prefix = *prefix;
	f->next = 0;
	f->silent = false;
	f->item_count = 0;
	if (prefix->family == 4) {
		memset(f->there, 0, sizeof f->there);
	}
}

/* A label below the top exists: a frame for it. */
static struct cover_frame *descend(struct cover *c, struct cover_frame *top, unsigned label,
				   size_t key_len)
{
	unsigned step = mirror_step(top->prefix.family);
	struct prefix p = {top->prefix.addr + label * label_size(&top->prefix), top->prefix.family,
			   (uint8_t)(top->prefix.len + step)};

	if (p.family == 6) {
		add_gap(c, top, top->next, label);
		top->next = label + 1;
		if (c->count >= ENOUGH && p.addr > c->from) {
			give(c, 6, p.addr - 1);
		}
	} else {
		top->there[label] = true;
	}
	open_frame(top + 1, &p, key_len);
	return top + 1;
}

/* The node of the frame has a row. True where what is below it does not matter. */
static bool look_at(struct cover *c, struct cover_frame *f, struct bytes value)
{
	bool apex = f->key_len == MIRROR_APEX;

	mean(c, value, apex);
	if (is_address(&f->prefix)) {
		addr_t at = f->prefix.addr;

		f->item_count = name_address(c, &f->prefix, f->items);
		add(c, f->prefix.family, at, at, f->items, f->item_count);
		return true;
	}
	f->silent = c->meaning->delegated || c->meaning->redirected;
	return f->silent;
}

/*
 * Looks at a key: opens frames down to its name. Returns how much of the key is a name below which
 * nothing matters any more, 0 where the next key is to be looked at.
 */
static size_t enter(struct cover *c, struct cover_frame **top, struct bytes key, struct bytes value)
{
	size_t at = (*top)->key_len;
	struct bytes label;

	while (at < key.len) {
		if (is_address(&(*top)->prefix)) {
			return (*top)->key_len; /* what is below an address is none */
		}
		if (!mirror_key_label(key, &at, &label)) {
			scan_damaged(c->scan);
			return 0;
		}
		int value_of = mirror_label(label, (*top)->prefix.family);

		if (value_of < 0) {
			if (at == key.len && mirror_is_wildcard(label) &&
			    (*top)->key_len > MIRROR_APEX) {
				mean(c, value, false);
				(*top)->item_count =
					name_items(c, bytes_of(NULL, 0), (*top)->items);
			}
			return at;
		}
		*top = descend(c, *top, (unsigned)value_of, at);
	}
	return look_at(c, *top, value) ? (*top)->key_len : 0;
}

/* All at and below a node that exists. */
static void walk(struct cover *c, const struct mirror_key *node, const struct prefix *prefix)
{
	struct cover_frame *top = c->frames;
	struct bytes key, value;

	open_frame(top, prefix, node->len);
	memcpy(c->path, node->octets, node->len);
	bool more = scan_seek(c->scan, mirror_key_bytes(node), &key, &value);
	while (more && mirror_key_below(key, mirror_key_bytes(node)) && !c->stopped) {
		while (!mirror_key_below(key, bytes_of(c->path, top->key_len))) {
			close_frame(c, top--);
		}
		memcpy(c->path, key.data, key.len);
		size_t past = enter(c, &top, key, value);

		more = past ? mirror_skip(c->scan, bytes_of(c->path, past), &key, &value)
			    : scan_next(c->scan, &key, &value);
	}
	for (; top >= c->frames; top--) {
		close_frame(c, top);
	}
}

/* --- regions ---------------------------------------------------------------------------------- */

static struct prefix child_of(const struct prefix *node, unsigned label)
{
	return (struct prefix){node->addr + label * label_size(node), node->family,
			       (uint8_t)(node->len + mirror_step(node->family))};
}

static bool is_cut(struct cover *c, const struct mirror_key *node)
{
	struct bytes value;

	if (!c->cuts || !txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(node), &value)) {
		return false;
	}
	mean(c, value, node->len == MIRROR_APEX);
	return c->meaning->delegated || c->meaning->redirected;
}

/* The labels from `from` to `to` of a node that exists and is not cut. */
static void children(struct cover *c, const struct mirror_key *node, const struct prefix *prefix,
		     unsigned from, unsigned to)
{
	struct cover_frame *f = must_alloc(sizeof *f);

	mirror_children(c->scan, mirror_key_bytes(node), prefix->family, f->there);
	f->prefix = *prefix;
	if (cover_wildcard(c, node)) {
		f->item_count = name_items(c, bytes_of(NULL, 0), f->items);
	}
	for (unsigned label = from; label <= to && !c->stopped; label++) {
		struct prefix p = child_of(prefix, label);
		struct mirror_key key = *node;

		if (!f->there[label]) {
			continue;
		}
		add_gap(c, f, from, label);
		if (p.addr > c->from) {
			give(c, prefix->family, p.addr - 1);
		}
		from = label + 1;
		mirror_key_apex(&key, c->number, c->slot);
		mirror_key_push_prefix(&key, &p);
		if (p.family == 6 || p.len >= V4_PART) {
			walk(c, &key, &p);
		} else if (!is_cut(c, &key)) {
			children(c, &key, &p, 0, 255);
		}
	}
	if (!c->stopped) {
		add_gap(c, f, from, to + 1);
	}
	free(f);
}

/* Whether the node or one above it is cut out, so that nothing below is the zone's. */
static bool is_occluded(struct cover *c, const struct prefix *node, unsigned exists)
{
	unsigned step = mirror_step(node->family);

	for (unsigned len = 0; c->cuts && len <= exists; len += step) {
		struct prefix above = prefix_of(node->family, node->addr, len);
		struct mirror_key key;

		mirror_key_apex(&key, c->number, c->slot);
		mirror_key_push_prefix(&key, &above);
		if (is_cut(c, &key) && (len < prefix_bits(node->family) || c->meaning->delegated)) {
			return true;
		}
	}
	return false;
}

bool cover_region(struct cover *c, const struct prefix *region)
{
	unsigned step = mirror_step(region->family), bits = prefix_bits(region->family);
	struct prefix node = prefix_of(region->family, region->addr, region->len / step * step);
	addr_t last = prefix_last(region);
	struct mirror_key key, closest;

	c->from = region->addr;
	c->count = c->item_count = 0;
	c->stopped = false;
	mirror_key_apex(&key, c->number, c->slot);
	mirror_key_push_prefix(&key, &node);
	closest = key;
	closest.len = mirror_closest(c->scan, mirror_key_bytes(&key));

	unsigned exists = 0;
	for (size_t i = MIRROR_APEX; i < closest.len; i++) {
		exists += key.octets[i] == 0 ? step : 0;
	}
	if (is_occluded(c, &node, exists)) {
		c->meaning->count = 0;
	} else if (closest.len < key.len) {
		struct cover_item items[MIRROR_CODES];

		if (cover_wildcard(c, &closest)) {
			add(c, region->family, region->addr, last, items,
			    name_items(c, bytes_of(NULL, 0), items));
		}
	} else if (region->len == node.len && (region->family == 6 || node.len >= V4_PART)) {
		walk(c, &key, &node);
	} else {
		unsigned shift = bits - node.len - step;

		children(c, &key, &node, (unsigned)(region->addr >> shift) & ((1U << step) - 1),
			 (unsigned)(last >> shift) & ((1U << step) - 1));
	}
	give(c, region->family, last);
	return !c->stopped;
}
