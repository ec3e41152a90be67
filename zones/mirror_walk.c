/*
 * mirror_walk.c: one pass over the names at and below a node, with a stack of open nodes: what
 * lies between labels that exist is the wildcard's.
 *
 *     192 0 2 *     wildcard of 2.0.192
 *     192 0 2 1     an address: it exists, and the gap before it ends
 *     192 0 2 9 foo below an address: it exists, without records
 *     192 0 3 7     2.0.192 is closed: what was not there is its wildcard's
 */
#include "mirror_cover_inside.h"

enum { ENOUGH = 1 << 16 }; /* prefixes of a part */

static unsigned name_address(struct cover *c, const struct prefix *p,
			     struct cover_item items[MIRROR_CODES])
{
	char ip[ADDR_TEXT];

	if (c->meaning->count == 0) {
		return 0;
	}
	size_t len = addr_format(p->family, p->addr, ip);

	return cover_name(c, bytes_of(ip, len), items);
}

void cover_add_gap(struct cover *c, const struct cover_frame *f, unsigned from, unsigned to)
{
	if (from < to && !f->silent) {
		addr_t size = cover_label_size(&f->prefix), first = f->prefix.addr + from * size;

		cover_add(c, f->prefix.family, first, first + ((to - from) * size - 1), f->items,
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
		cover_add_gap(c, f, f->next, 16);
		return;
	}
	for (unsigned from = 0, to = 0; to <= 256; to++) {
		if (to == 256 || f->there[to]) {
			cover_add_gap(c, f, from, to);
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
	struct prefix p = {top->prefix.addr + label * cover_label_size(&top->prefix),
			   top->prefix.family, (uint8_t)(top->prefix.len + step)};

	if (p.family == 6) {
		cover_add_gap(c, top, top->next, label);
		top->next = label + 1;
		if (c->count >= ENOUGH && p.addr > c->from) {
			cover_give(c, 6, p.addr - 1);
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

	cover_mean(c, value, apex);
	if (is_address(&f->prefix)) {
		addr_t at = f->prefix.addr;

		f->item_count = name_address(c, &f->prefix, f->items);
		cover_add(c, f->prefix.family, at, at, f->items, f->item_count);
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
				cover_mean(c, value, false);
				(*top)->item_count =
					cover_name(c, bytes_of(NULL, 0), (*top)->items);
			}
			return at;
		}
		*top = descend(c, *top, (unsigned)value_of, at);
	}
	return look_at(c, *top, value) ? (*top)->key_len : 0;
}

void cover_walk(struct cover *c, const struct mirror_key *node, const struct prefix *prefix)
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
