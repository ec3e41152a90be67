/*
 * block.c: from the bytes of a block to an answer, or to segments; block.h draws them.
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

#include <stdlib.h>

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

static size_t body_bytes(unsigned kind, uint32_t items)
{
	return kind == ARRAY ? 2 * (size_t)items : kind == RUNS ? 4 * (size_t)items : BITMAP_BYTES;
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

static uint32_t short_answer(const struct short_block *s)
{
	uint32_t answer = 0;

	for (unsigned i = 0; i < s->width; i++) {
		answer = answer << 8 | s->answer[i];
	}
	return answer;
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

/* Where the parts of a map lie. */
struct map {
	const uint8_t *answers, *firsts, *lasts, *groups;
	uint32_t group_count, items;
	unsigned width; /* octets of a group's number */
};

static bool map_of(struct bytes block, struct map *m)
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

static uint32_t map_answer(const struct map *m, uint32_t item)
{
	const uint8_t *g = m->groups + (size_t)m->width * item;
	uint32_t group = m->width == 2 ? peek_u16(g) : *g;

	return group < m->group_count ? peek_u32(m->answers + 4 * (size_t)group) : 0;
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

static bool container_segments(struct reader *r, unsigned kind, uint32_t items, uint32_t answer,
			       addr_t base, struct segments *out)
{
	const uint8_t *body = read_bytes(r, body_bytes(kind, items));
	int32_t before = -1;

	if (!body || answer == 0 || kind < ARRAY || kind > RUNS) {
		return false;
	}
	if (kind == BITMAP) {
		for (uint32_t low = 0; low < 65536; low++) {
			if (container_has(BITMAP, body, 0, (uint16_t)low)) {
				segments_add(out, base + low, base + low, answer);
			}
		}
		return true;
	}
	for (uint32_t i = 0; i < items; i++) {
		uint16_t first = peek_u16(body + (kind == RUNS ? 4 : 2) * (size_t)i);
		uint16_t last = kind == RUNS ? peek_u16(body + 4 * (size_t)i + 2) : first;

		if (first <= before || last < first ||
		    (kind == RUNS && first == before + 1 && i > 0)) {
			return false;
		}
		before = last;
		segments_add(out, base + first, base + last, answer);
	}
	return true;
}

static bool short_segments(struct bytes block, addr_t base, struct segments *out)
{
	struct short_block s;

	if (!short_of(block, &s) || s.answer[0] == 0) {
		return false;
	}
	struct reader r = reader_of(bytes_of(s.items, 2 * (size_t)s.count));

	return container_segments(&r, ARRAY, s.count, short_answer(&s), base, out);
}

static bool map_segments(struct bytes block, addr_t base, struct segments *out)
{
	struct map m;
	int32_t before = -1;

	if (!map_of(block, &m)) {
		return false;
	}
	for (uint32_t i = 0; i < m.items; i++) {
		uint16_t first = peek_u16(m.firsts + 2 * (size_t)i),
			 last = peek_u16(m.lasts + 2 * (size_t)i);
		uint32_t answer = map_answer(&m, i);

		if (first <= before || last < first || answer == 0) {
			return false;
		}
		before = last;
		segments_add(out, base + first, base + last, answer);
	}
	return true;
}

static int by_first(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static bool decode(struct bytes block, addr_t base, struct segments *out)
{
	if (is_short(block)) {
		return short_segments(block, base, out);
	}
	struct reader r = reader_of(block);
	unsigned version = read_u8(&r), form = read_u8(&r);
	uint32_t groups = read_u16(&r) + 1U;

	read_u16(&r);
	if (r.bad || version != BLOCK_VERSION ||
	    (form != CONTAINERS && form != POINTS && form != RANGES)) {
		return false;
	}
	if (form != CONTAINERS) {
		return map_segments(block, base, out);
	}
	struct reader heads =
		reader_of(bytes_of(read_bytes(&r, CONTAINER_HEADER * (size_t)groups), 0));
	if (r.bad) {
		return false;
	}
	heads.end = r.at;
	size_t start = out->count;
	for (uint32_t i = 0; i < groups; i++) {
		uint32_t answer = read_u32(&heads);
		unsigned kind = read_u8(&heads);

		if (!container_segments(&r, kind, read_u16(&heads) + 1U, answer, base, out)) {
			return false;
		}
	}
	if (groups > 1) {
		qsort(out->at + start, out->count - start, sizeof *out->at, by_first);
		for (size_t i = start + 1; i < out->count; i++) {
			const struct segment *x = &out->at[i - 1], *y = &out->at[i];

			/* Two containers of one answer would be one. */
			if (y->first <= x->last ||
			    (y->first == x->last + 1 && y->answer == x->answer)) {
				return false;
			}
		}
	}
	return reader_left(&r) == 0;
}

enum status block_decode(struct bytes block, uint16_t high, struct segments *segments)
{
	if (!decode(block, (addr_t)high << 16, segments)) {
		return fail(ST_INTERNAL, "index block %u.%u.0.0/16 is damaged: run 'feeder check'",
			    high >> 8, high & 0xff);
	}
	return ST_OK;
}
