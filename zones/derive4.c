/*
 * derive4.c: the v4 index, a /16 block at a time. What is dirty in a block is flattened anew and
 * laid into its segments; where much is dirty the whole block is flattened.
 */
#include <stdlib.h>

#include "derive.h"

/* Flattening a region looks for covering prefixes of each length; a whole block does so once, and
 * then walks its claims. So it is cheaper where many regions are dirty, or where, for each of them,
 * about so few addresses are listed. */
enum { WHOLE_BLOCK = 16 };

static void nothing(void *context, addr_t first, addr_t last)
{
	(void)context, (void)first, (void)last;
}

/* Adds the parts of `from` inside [first, last]. */
static void copy_clipped(struct segments *to, const struct segments *from, size_t *i, addr_t first,
			 addr_t last)
{
	for (; *i < from->count && from->at[*i].first <= last; (*i)++) {
		const struct segment *s = &from->at[*i];

		if (s->last >= first) {
			segments_add(to, s->first > first ? s->first : first,
				     s->last < last ? s->last : last, s->answer);
		}
		if (s->last > last) {
			return;
		}
	}
}

static size_t addresses(const struct segments *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		count += (size_t)(s->at[i].last - s->at[i].first) + 1;
	}
	return count;
}

static void splice(struct derive *d, const struct prefix *block, const struct segments *before,
		   const struct prefix *dirty, size_t count, struct segments *after)
{
	addr_t at = block->addr, end = prefix_last(block);
	size_t i = 0;

	for (size_t k = 0; k < count; k++) {
		if (dirty[k].addr > at) {
			copy_clipped(after, before, &i, at, dirty[k].addr - 1);
		}
		flatten_region(d->flatten, &dirty[k], after);
		at = prefix_last(&dirty[k]) + 1;
	}
	if (at <= end) {
		copy_clipped(after, before, &i, at, end);
	}
}

struct context {
	struct derive *d;
	int delta;
};

static void refer(void *context, uint32_t id)
{
	struct context *c = context;

	interned_ref(c->d->answers, id, c->delta);
}

/* dirty: what changed in the block; none is wider than it. */
static void rebuild(struct derive *d, const struct prefix *block, const struct prefix *dirty,
		    size_t count, struct segments *before, struct segments *after, uint8_t *room)
{
	uint8_t key[2] = {(uint8_t)(block->addr >> 24), (uint8_t)(block->addr >> 16)};
	struct bytes old = {0};

	before->count = after->count = 0;
	if (index4_block(d->txn, peek_u16(key), &old)) {
		enum status status = block_decode(old, peek_u16(key), before);

		if (status) {
			txn_fail(d->txn, status);
			return;
		}
	}
	if (count == 0 || count > WHOLE_BLOCK || addresses(before) <= count * WHOLE_BLOCK) {
		flatten_region(d->flatten, block, after);
	} else {
		splice(d, block, before, dirty, count, after);
	}
	/* Flattening may have written answers, and a write ends what was borrowed: the old bytes
	 * are asked for anew. */
	if (txn_status(d->txn) || !derive_compare(d, before, after, nothing, NULL)) {
		return;
	}
	if (!index4_block(d->txn, peek_u16(key), &old)) {
		old = bytes_of(NULL, 0);
	}
	journal_note(d->journal, block, old);

	struct writer w = writer_of(room, BLOCK_MAX);
	struct context less = {d, -1}, more = {d, 1};
	answers_of(before, refer, &less);
	answers_of(after, refer, &more);
	block_encode(after->at, after->count, &w);
	if (after->count == 0) {
		txn_del(d->txn, TABLE_INDEX4, bytes_of(key, sizeof key));
	} else {
		txn_append(d->txn, TABLE_INDEX4, bytes_of(key, sizeof key), writer_bytes(&w));
	}
}

void derive4(struct derive *d, const struct prefix *dirty, size_t count)
{
	struct segments before = {0}, after = {0};
	uint8_t *room = must_alloc(BLOCK_MAX);

	for (size_t i = 0; i < count && !txn_status(d->txn);) {
		addr_t last = prefix_last(&dirty[i]);
		size_t next = i + 1;

		for (addr_t at = dirty[i].addr; at <= last && !txn_status(d->txn); at += 0x10000) {
			struct prefix block = prefix_of(4, at, 16);

			if (dirty[i].len > 16) {
				while (next < count && prefix_covers(&block, &dirty[next])) {
					next++;
				}
				rebuild(d, &block, dirty + i, next - i, &before, &after, room);
				break;
			}
			rebuild(d, &block, NULL, 0, &before, &after, room);
		}
		i = next;
	}
	free(room);
	segments_release(&before);
	segments_release(&after);
}
