/*
 * block_read.c: from the bytes of a block to its segments; block.h draws them. What block_encode()
 * cannot have written is refused.
 */
#include <stdlib.h>

#include "block.h"

static bool container_segments(struct reader *r, unsigned kind, uint32_t items, uint32_t answer,
			       addr_t base, struct segments *out)
{
	const uint8_t *body = read_bytes(r, body_bytes(kind, items));
	int32_t before = -1;

	if (!body || answer == 0) {
		return false;
	}
	if (kind == BITMAP) {
		bool any = false;

		for (uint32_t low = 0; low < 65536; low++) {
			if (body[low >> 3] >> (7 - (low & 7)) & 1) {
				segments_add(out, base + low, base + low, answer);
				any = true;
			}
		}
		return any;
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

static bool containers_are_whole(struct bytes block)
{
	struct reader r = reader_of(block);

	read_bytes(&r, 2);
	uint32_t groups = read_u16(&r) + 1U;
	read_u16(&r);
	struct reader heads =
		reader_of(bytes_of(read_bytes(&r, CONTAINER_HEADER * (size_t)groups), 0));

	heads.end = r.at;
	for (uint32_t i = 0; i < groups && !r.bad; i++) {
		read_u32(&heads);
		unsigned kind = read_u8(&heads);

		read_bytes(&r, body_bytes(kind, read_u16(&heads) + 1U));
		r.bad = r.bad || kind < ARRAY || kind > RUNS;
	}
	return !r.bad && reader_left(&r) == 0;
}

bool block_is_whole(struct bytes block)
{
	struct short_block s;
	struct map m;

	if (is_short(block)) {
		return short_of(block, &s);
	}
	if (block.len < BLOCK_HEADER || block.data[0] != BLOCK_VERSION) {
		return false;
	}
	switch (block.data[1]) {
	case CONTAINERS:
		return containers_are_whole(block);
	case POINTS:
	case RANGES:
		return map_of(block, &m);
	default:
		return false;
	}
}

static bool decode(struct bytes block, addr_t base, struct segments *out)
{
	if (!block_is_whole(block)) {
		return false;
	}
	if (is_short(block)) {
		return short_segments(block, base, out);
	}
	if (block.data[1] != CONTAINERS) {
		return map_segments(block, base, out);
	}
	uint32_t groups = peek_u16(block.data + 2) + 1U;
	size_t heads = BLOCK_HEADER + CONTAINER_HEADER * (size_t)groups, start = out->count;
	const uint8_t *head = block.data + BLOCK_HEADER;
	struct reader bodies = reader_of(bytes_of(block.data + heads, block.len - heads));

	for (uint32_t i = 0; i < groups; i++, head += CONTAINER_HEADER) {
		if (!container_segments(&bodies, head[4], peek_u16(head + 5) + 1U, peek_u32(head),
					base, out)) {
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
	return true;
}

enum status block_damaged(uint16_t high)
{
	return fail(ST_INTERNAL, "index block %u.%u.0.0/16 is damaged: run 'feeder check'",
		    high >> 8, high & 0xff);
}

enum status block_decode(struct bytes block, uint16_t high, struct segments *segments)
{
	return decode(block, (addr_t)high << 16, segments) ? ST_OK : block_damaged(high);
}

bool block_answers(struct bytes block, void (*each)(void *context, uint32_t answer), void *context)
{
	struct short_block s;
	struct map m;

	if (!block_is_whole(block)) {
		return false;
	}
	if (is_short(block)) {
		short_of(block, &s);
		each(context, short_answer(&s));
		return true;
	}
	if (block.data[1] == CONTAINERS) {
		const uint8_t *head = block.data + BLOCK_HEADER;

		for (uint32_t i = peek_u16(block.data + 2) + 1U; i > 0; i--) {
			each(context, peek_u32(head));
			head += CONTAINER_HEADER;
		}
		return true;
	}
	map_of(block, &m);
	for (uint32_t i = 0; i < m.group_count; i++) {
		each(context, peek_u32(m.answers + 4 * (size_t)i));
	}
	return true;
}
