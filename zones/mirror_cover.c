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
 * wildcard's. Keys sort as names do, `*` before all digits, so one pass over a subtree
 * (mirror_walk.c) sees all that is needed.
 *
 * 1. Nibbles sort as numbers, octets do not ("10" before "2"): a v4 part is a /16 at most, and is
 *    sorted.
 * 2. Labels that belong to no address make their parents exist, and are skipped with all below.
 * 3. A wildcard at the apex is not looked at.
 * 4. At and below a delegation, and below a DNAME, nothing is listed.
 */
#include <stdlib.h>

#include "mirror_cover_inside.h"

enum { V4_PART = 16 }; /* length of a v4 region that is one part */

static struct prefix child_of(const struct prefix *node, unsigned label)
{
	return (struct prefix){node->addr + label * cover_label_size(node), node->family,
			       (uint8_t)(node->len + mirror_step(node->family))};
}

static bool is_cut(struct cover *c, const struct mirror_key *node)
{
	struct bytes value;

	if (!c->cuts || !txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(node), &value)) {
		return false;
	}
	cover_mean(c, value, node->len == MIRROR_APEX);
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
		f->item_count = cover_name(c, bytes_of(NULL, 0), f->items);
	}
	for (unsigned label = from; label <= to && !c->stopped; label++) {
		struct prefix p = child_of(prefix, label);
		struct mirror_key key = *node;

		if (!f->there[label]) {
			continue;
		}
		cover_add_gap(c, f, from, label);
		if (p.addr > c->from) {
			cover_give(c, prefix->family, p.addr - 1);
		}
		from = label + 1;
		mirror_key_apex(&key, c->number, c->slot);
		mirror_key_push_prefix(&key, &p);
		if (p.family == 6 || p.len >= V4_PART) {
			cover_walk(c, &key, &p);
		} else if (!is_cut(c, &key)) {
			children(c, &key, &p, 0, 255);
		}
	}
	if (!c->stopped) {
		cover_add_gap(c, f, from, to + 1);
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
			cover_add(c, region->family, region->addr, last, items,
				  cover_name(c, bytes_of(NULL, 0), items));
		}
	} else if (region->len == node.len && (region->family == 6 || node.len >= V4_PART)) {
		cover_walk(c, &key, &node);
	} else {
		unsigned shift = bits - node.len - step;

		children(c, &key, &node, (unsigned)(region->addr >> shift) & ((1U << step) - 1),
			 (unsigned)(last >> shift) & ((1U << step) - 1));
	}
	cover_give(c, region->family, last);
	return !c->stopped;
}
