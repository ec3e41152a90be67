/*
 * block.h: the bytes of a /16 block of the v4 index, for block.c (looks one address up),
 * block_read.c and block_write.c (all of it).
 *
 *     SHORT       addresses that all have one answer, as most blocks of most lists are: version(1),
 *                 which is 1 + the octets of the answer, the answer in so few octets as it needs,
 *                 low u16 … to the end
 *
 *     The others begin with version(1), which is 1, form(1) groups - 1 (2) items - 1 (2).
 *
 *     CONTAINERS  one for each answer, the fullest first: answer(4) kind(1) items - 1 (2) for each,
 *                 then their bodies, each as small as can be:
 *                     ARRAY   low u16 …
 *                     BITMAP  8,192 bytes, the first bit is the lowest address
 *                     RUNS    first u16 last u16 …
 *     POINTS      where most answers differ: answer u32 for each group, low u16 for each item,
 *                 then each item's group (1 byte, 2 above 256 groups)
 *     RANGES      as POINTS, with first u16s, then last u16s, then groups
 *
 * 1. The form is a function of the segments alone, so equal segments give equal bytes.
 * 2. Everything is sorted, and what touches and agrees is one.
 * 3. Containers are tried in turn, so they are few, or they are dense.
 */
#ifndef DNSBLD_BLOCK_H
#define DNSBLD_BLOCK_H

#include "index.h"

enum { BLOCK_VERSION = 1, SHORT_VERSION = 2, SHORT_VERSION_LAST = 5 };
enum block_form { CONTAINERS = 1, POINTS, RANGES };
enum container_kind { ARRAY = 1, BITMAP, RUNS };

enum {
	SHORT_HEADER = 1,
	BLOCK_HEADER = 6,
	CONTAINER_HEADER = 7,
	BITMAP_BYTES = 8192,
};

static inline size_t body_bytes(unsigned kind, uint32_t items)
{
	return kind == ARRAY ? 2 * (size_t)items : kind == RUNS ? 4 * (size_t)items : BITMAP_BYTES;
}

/* Where the parts of a short block lie. */
struct short_block {
	const uint8_t *answer, *items;
	unsigned width; /* octets of the answer */
	uint32_t count;
};

static inline bool is_short(struct bytes block)
{
	return block.len > SHORT_HEADER && block.data[0] >= SHORT_VERSION &&
	       block.data[0] <= SHORT_VERSION_LAST;
}

/* False where it cannot have that length. */
static inline bool short_of(struct bytes block, struct short_block *s)
{
	s->width = block.data[0] - 1U;
	s->answer = block.data + SHORT_HEADER;
	s->items = s->answer + s->width;
	size_t items = block.len - SHORT_HEADER - s->width;

	s->count = (uint32_t)(items / 2);
	return block.len > SHORT_HEADER + s->width && items % 2 == 0 && items < BITMAP_BYTES;
}

static inline uint32_t short_answer(const struct short_block *s)
{
	uint32_t answer = 0;

	for (unsigned i = 0; i < s->width; i++) {
		answer = answer << 8 | s->answer[i];
	}
	return answer;
}

/* Where the parts of a map lie. */
struct map {
	const uint8_t *answers, *firsts, *lasts, *groups;
	uint32_t group_count, items;
	unsigned width; /* octets of a group's number */
};

static inline bool map_of(struct bytes block, struct map *m)
{
	bool ranges = block.data[1] == RANGES;

	m->group_count = peek_u16(block.data + 2) + 1U;
	m->items = peek_u16(block.data + 4) + 1U;
	m->width = m->group_count > 256 ? 2 : 1;
	m->answers = block.data + BLOCK_HEADER;
	m->firsts = m->answers + 4 * (size_t)m->group_count;
	m->lasts = ranges ? m->firsts + 2 * (size_t)m->items : m->firsts;
	m->groups = m->lasts + 2 * (size_t)m->items;
	return block.len == BLOCK_HEADER + 4 * (size_t)m->group_count +
				    (2 * (ranges ? 2 : 1) + m->width) * (size_t)m->items;
}

static inline uint32_t map_answer(const struct map *m, uint32_t item)
{
	const uint8_t *g = m->groups + (size_t)m->width * item;
	uint32_t group = m->width == 2 ? peek_u16(g) : *g;

	return group < m->group_count ? peek_u32(m->answers + 4 * (size_t)group) : 0;
}

#endif
