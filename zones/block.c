/*
 * block.c: from the bytes of a block to the answer at one address; block.h draws them.
 *
 * block_find() is on the way of every query: no allocation, every length checked once. Where a list
 * is large its time is the time of the memory, so:
 *
 * 1. Sorted items are looked for where they would stand if they were spread evenly, and around
 *    there. Of a block with 200 items that is one cache line or two, and not the four of a search
 *    that begins in the middle.
 * 2. block_prefetch() asks for just these, while the other queries of the batch are read.
 */
#include "block.h"

enum {
	NEAR = 15, /* items on both sides of the place: with those next to them 64 octets of u16s */
	PREFETCHED = 4, /* containers; what comes after them has few items */
};

static inline uint32_t place(uint32_t count, uint16_t low)
{
	return count * low >> 16;
}

/*
 * How many of the `count` ascending u16s are <= low. They lie `stride` bytes apart: 2, or 4 where
 * they are the firsts of runs.
 */
static inline uint32_t rank(const uint8_t *keys, unsigned stride, uint32_t count, uint16_t low)
{
	uint32_t about = place(count, low);
	uint32_t at = about > NEAR ? about - NEAR : 0;
	uint32_t end = count - about > NEAR ? about + NEAR : count;

	/* Those before `at` are <= low, those from `end` on are not. */
	for (uint32_t step = 4 * NEAR; at > 0 && peek_u16(keys + stride * (at - 1)) > low;
	     step *= 4) {
		end = at - 1;
		at = end > step ? end - step : 0;
	}
	for (uint32_t step = 4 * NEAR; end < count && peek_u16(keys + stride * end) <= low;
	     step *= 4) {
		at = end + 1;
		end = count - at > step ? at + step : count;
	}
	/* Without a branch: whether an item is below is as good as random. */
	for (uint32_t left = end - at; left > 0; left /= 2) {
		uint32_t half = (left + 1) / 2;
		bool below = peek_u16(keys + stride * (at + half - 1)) <= low;

		at += below ? half : 0;
	}
	return at;
}

static inline bool container_has(unsigned kind, const uint8_t *body, uint32_t items, uint16_t low)
{
	uint32_t at;

	switch (kind) {
	case ARRAY:
		at = rank(body, 2, items, low);
		return at > 0 && peek_u16(body + 2 * (size_t)(at - 1)) == low;
	case RUNS:
		at = rank(body, 4, items, low);
		return at > 0 && peek_u16(body + 4 * (size_t)(at - 1) + 2) >= low;
	default:
		return body[low >> 3] >> (7 - (low & 7)) & 1;
	}
}

static uint32_t short_find(struct bytes block, uint16_t low)
{
	struct short_block s;

	if (!short_of(block, &s)) {
		return 0;
	}
	uint32_t at = rank(s.items, 2, s.count, low);
	return at > 0 && peek_u16(s.items + 2 * (size_t)(at - 1)) == low ? short_answer(&s) : 0;
}

static uint32_t containers_find(struct bytes block, uint32_t groups, uint16_t low)
{
	const uint8_t *head = block.data + BLOCK_HEADER;
	const uint8_t *end = block.data + block.len;

	if (block.len < BLOCK_HEADER + CONTAINER_HEADER * (size_t)groups) {
		return 0;
	}
	const uint8_t *body = head + CONTAINER_HEADER * (size_t)groups;
	for (uint32_t i = 0; i < groups; i++, head += CONTAINER_HEADER) {
		uint32_t items = peek_u16(head + 5) + 1U;
		size_t bytes = body_bytes(head[4], items);

		if ((size_t)(end - body) < bytes) {
			return 0;
		}
		if (container_has(head[4], body, items, low)) {
			return peek_u32(head);
		}
		body += bytes;
	}
	return 0;
}

uint32_t block_find(struct bytes block, uint16_t low)
{
	struct map m;

	if (is_short(block)) {
		return short_find(block, low);
	}
	if (block.len < BLOCK_HEADER || block.data[0] != BLOCK_VERSION) {
		return 0;
	}
	if (block.data[1] == CONTAINERS) {
		return containers_find(block, peek_u16(block.data + 2) + 1U, low);
	}
	if (!map_of(block, &m)) {
		return 0;
	}
	uint32_t at = rank(m.firsts, 2, m.items, low);
	return at > 0 && peek_u16(m.lasts + 2 * (size_t)(at - 1)) >= low ? map_answer(&m, at - 1)
									 : 0;
}

static inline void prefetch_rank(const uint8_t *keys, unsigned stride, uint32_t count, uint16_t low)
{
	uint32_t about = place(count, low);
	uint32_t first = about > NEAR ? about - NEAR - 1 : 0;
	uint32_t last = count - about > NEAR ? about + NEAR : count - 1;

	prefetch(keys + stride * first);
	prefetch(keys + stride * last);
}

static void containers_prefetch(struct bytes block, uint32_t groups, uint16_t low)
{
	const uint8_t *head = block.data + BLOCK_HEADER;
	const uint8_t *body = head + CONTAINER_HEADER * (size_t)groups;

	if (groups > PREFETCHED) {
		groups = PREFETCHED;
	}
	if (block.len < BLOCK_HEADER + CONTAINER_HEADER * (size_t)groups) {
		return;
	}
	for (uint32_t i = 0; i < groups; i++, head += CONTAINER_HEADER) {
		uint32_t items = peek_u16(head + 5) + 1U;

		if (head[4] == BITMAP) {
			prefetch(body + (low >> 3));
		} else {
			prefetch_rank(body, head[4] == ARRAY ? 2 : 4, items, low);
		}
		body += body_bytes(head[4], items);
	}
}

void block_prefetch(struct bytes block, uint16_t low)
{
	struct short_block s;
	struct map m;

	if (is_short(block)) {
		if (short_of(block, &s)) {
			prefetch_rank(s.items, 2, s.count, low);
		}
		return;
	}
	if (block.len < BLOCK_HEADER) {
		return;
	}
	if (block.data[1] == CONTAINERS) {
		containers_prefetch(block, peek_u16(block.data + 2) + 1U, low);
	} else if (map_of(block, &m)) {
		prefetch_rank(m.firsts, 2, m.items, low);
		prefetch(m.lasts + 2 * (size_t)place(m.items, low));
		prefetch(m.groups + m.width * (size_t)place(m.items, low));
	}
}
