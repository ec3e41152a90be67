/*
 * index.c: segments, and reading the index through a transaction.
 *
 *     index4: high 16 bits (2) -> a block (block.c)
 *     index6: last address (16) -> version(1) first address (16) answer(4); ranges disjoint and as
 * long as can be
 */
#include "index.h"

#include <stdlib.h>

#include "index6.h"

enum { VERSION = 1 };

void segments_release(struct segments *segments)
{
	free(segments->at);
	*segments = (struct segments){NULL, 0, 0};
}

void segments_add(struct segments *s, addr_t first, addr_t last, uint32_t answer)
{
	if (answer == 0) {
		return;
	}
	if (s->count > 0 && s->at[s->count - 1].answer == answer &&
	    s->at[s->count - 1].last + 1 == first && first != 0) {
		s->at[s->count - 1].last = last;
		return;
	}
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		s->at = must_realloc(s->at, s->room * sizeof *s->at);
	}
	s->at[s->count++] = (struct segment){first, last, answer};
}

bool index4_block(struct txn *txn, uint16_t high, struct bytes *block)
{
	uint8_t key[2] = {(uint8_t)(high >> 8), (uint8_t)high};

	return txn_get(txn, TABLE_INDEX4, bytes_of(key, sizeof key), block);
}

void index6_write(const struct segment *s, struct writer *key, struct writer *value)
{
	addr_write(key, 6, s->last);
	write_u8(value, VERSION);
	addr_write(value, 6, s->first);
	write_u32(value, s->answer);
}

static bool read_row(struct scan *scan, struct bytes key, struct bytes value, struct segment *s)
{
	struct reader k = reader_of(key), v = reader_of(value);

	s->last = addr_read(&k, 6);
	unsigned version = read_u8(&v);
	s->first = addr_read(&v, 6);
	s->answer = read_u32(&v);
	if (k.bad || v.bad || version != VERSION || reader_left(&k) || reader_left(&v) ||
	    s->first > s->last || s->answer == 0) {
		scan_damaged(scan);
		return false;
	}
	return true;
}

bool index6_seek(struct scan *scan, addr_t addr, struct segment *s)
{
	uint8_t from[16];
	struct writer w = writer_of(from, sizeof from);
	struct bytes key, value;

	addr_write(&w, 6, addr);
	return scan_seek(scan, bytes_of(from, sizeof from), &key, &value) &&
	       read_row(scan, key, value, s);
}

bool index6_next(struct scan *scan, struct segment *s)
{
	struct bytes key, value;

	return scan_next(scan, &key, &value) && read_row(scan, key, value, s);
}

uint32_t index6_find(struct scan *scan, addr_t addr)
{
	struct segment s;

	return index6_seek(scan, addr, &s) && s.first <= addr ? s.answer : 0;
}

static void add_clipped(struct segments *out, const struct segment *s, addr_t first, addr_t last)
{
	if (s->last >= first && s->first <= last) {
		segments_add(out, s->first > first ? s->first : first,
			     s->last < last ? s->last : last, s->answer);
	}
}

static void read4(struct txn *txn, addr_t first, addr_t last, struct segments *segments)
{
	struct scan *scan = scan_open(txn, TABLE_INDEX4);
	struct segments block = {0};
	struct bytes key, value;
	uint8_t from[2] = {(uint8_t)(first >> 24), (uint8_t)(first >> 16)};

	for (bool more = scan_seek(scan, bytes_of(from, sizeof from), &key, &value);
	     more && key.len == 2 && peek_u16(key.data) <= last >> 16;
	     more = scan_next(scan, &key, &value)) {
		block.count = 0;
		enum status status = block_decode(value, peek_u16(key.data), &block);

		if (status) {
			txn_fail(txn, status);
			break;
		}
		for (size_t i = 0; i < block.count; i++) {
			add_clipped(segments, &block.at[i], first, last);
		}
	}
	segments_release(&block);
	scan_close(scan);
}

static void read6(struct txn *txn, addr_t first, addr_t last, struct segments *segments)
{
	struct scan *scan = scan_open(txn, TABLE_INDEX6);
	struct segment s;

	for (bool more = index6_seek(scan, first, &s); more && s.first <= last;
	     more = index6_next(scan, &s)) {
		add_clipped(segments, &s, first, last);
	}
	scan_close(scan);
}

void index_read(struct txn *txn, const struct prefix *inside, struct segments *segments)
{
	(inside->family == 4 ? read4 : read6)(txn, inside->addr, prefix_last(inside), segments);
}

uint32_t index_find(struct txn *txn, unsigned family, addr_t addr)
{
	struct bytes block;
	uint32_t answer = 0;

	if (family == 4) {
		return index4_block(txn, (uint16_t)(addr >> 16), &block)
			       ? block_find(block, (uint16_t)addr)
			       : 0;
	}
	struct scan *scan = scan_open(txn, TABLE_INDEX6);
	answer = index6_find(scan, addr);
	scan_close(scan);
	return answer;
}
