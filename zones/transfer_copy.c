/*
 * transfer_copy.c: the index of one snapshot in memory, 2 to 4 octets a listing, so that no slow
 * client keeps a snapshot, and with it every page that is written later, alive.
 *
 * It is one pass that copies bytes: of a block only the answers it names are looked at, and a block
 * that the zone lists nothing of is left out.
 */
#include <stdlib.h>

#include "index6.h"
#include "transfer_inside.h"

/*
 * Each IPv6 range is a wildcard a /32 that it covers: so many are 256 /16s, and 700 MB. All that
 * there is would be 2^32, in one range, and no secondary's memory has room for more than a few of
 * these.
 */
enum { WILDCARDS_MOST = 1 << 24 };

struct look {
	struct lens *lens;
	struct txn *txn;
	const struct transfer_watch *watch;
	bool listed; /* the zone lists one of them */
};

static void learn(void *context, uint32_t answer)
{
	struct look *look = context;

	if (answer != 0) {
		lens_learn(look->lens, answer, look->txn);
		look->listed = look->listed || lens_class(look->lens, answer) != 0;
	}
}

static void keep(struct index_copy *copy, uint16_t high, struct bytes block)
{
	if (copy->len + block.len > copy->room) {
		copy->room = 2 * (copy->len + block.len);
		copy->octets = must_realloc(copy->octets, copy->room);
	}
	if (copy->block_count == copy->block_room) {
		copy->block_room = copy->block_room ? copy->block_room * 2 : 64;
		copy->block = must_realloc(copy->block, copy->block_room * sizeof *copy->block);
	}
	memcpy(copy->octets + copy->len, block.data, block.len);
	copy->len += block.len;
	copy->block[copy->block_count++] = (struct block_copy){high, (uint32_t)block.len};
}

static void take_v4(struct index_copy *copy, struct look *look)
{
	struct scan *scan = scan_open(look->txn, TABLE_INDEX4);
	struct bytes key, value;

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		struct reader r = reader_of(key);
		uint16_t high = read_u16(&r);

		look->listed = false;
		watch_step(look->watch);
		if (r.bad || !block_answers(value, learn, look)) {
			txn_fail(look->txn, block_damaged(high));
			break;
		}
		if (look->listed) {
			keep(copy, high, value);
		}
	}
	scan_close(scan);
}

/* How many /32s it touches. */
static uint64_t units_of(const struct segment *s)
{
	return (uint64_t)(s->last >> 96) - (uint64_t)(s->first >> 96) + 1;
}

/* False: there is too much. */
static bool take_v6(struct index_copy *copy, struct look *look)
{
	struct scan *scan = scan_open(look->txn, TABLE_INDEX6);
	uint64_t wildcards = 0; /* of ranges of more than one /32 */
	struct segment s;

	for (bool more = index6_seek(scan, 0, &s); more; more = index6_next(scan, &s)) {
		look->listed = false;
		watch_step(look->watch);
		learn(look, s.answer);
		if (look->listed) {
			segments_add(&copy->v6, s.first, s.last, s.answer);
			wildcards += units_of(&s) - 1;
		}
		if (wildcards > WILDCARDS_MOST) {
			break;
		}
	}
	scan_close(scan);
	return wildcards <= WILDCARDS_MOST;
}

enum status index_copy_take(struct index_copy *copy, struct lens *lens, struct txn *txn,
			    const struct transfer_watch *watch)
{
	struct look look = {lens, txn, watch, false};

	*copy = (struct index_copy){.len = 0};
	take_v4(copy, &look);
	if (!take_v6(copy, &look)) {
		return fail(ST_DATA,
			    "its IPv6 ranges are more than %u wildcards, one for each /32 in them",
			    (unsigned)WILDCARDS_MOST);
	}
	return txn_status(txn);
}

void index_copy_release(struct index_copy *copy)
{
	free(copy->octets);
	free(copy->block);
	segments_release(&copy->v6);
}

static void next_v4(struct index_copy *copy, struct prefix *unit, struct segments *segments)
{
	const struct block_copy *block = &copy->block[copy->block_at++];

	*unit = prefix_of(4, (addr_t)block->high << 16, 16);
	/* That it is whole was seen when it was taken; what is damaged within is left out. */
	block_decode(bytes_of(copy->octets + copy->at, block->len), block->high, segments);
	copy->at += block->len;
}

static void next_v6(struct index_copy *copy, struct prefix *unit, struct segments *segments)
{
	const struct segments *v6 = &copy->v6;
	addr_t from = v6->at[copy->v6_at].first;

	from = from > copy->v6_from ? from : copy->v6_from;
	*unit = prefix_of(6, from, 32);

	addr_t end = prefix_last(unit);

	while (copy->v6_at < v6->count && v6->at[copy->v6_at].first <= end) {
		const struct segment *s = &v6->at[copy->v6_at];

		segments_add(segments, s->first > unit->addr ? s->first : unit->addr,
			     s->last < end ? s->last : end, s->answer);
		if (s->last > end) {
			break;
		}
		copy->v6_at++;
	}
	copy->v6_from = end + 1;
}

bool index_copy_next(struct index_copy *copy, struct prefix *unit, struct segments *segments)
{
	segments->count = 0;
	if (copy->block_at < copy->block_count) {
		next_v4(copy, unit, segments);
		return true;
	}
	if (copy->v6_at < copy->v6.count) {
		next_v6(copy, unit, segments);
		return true;
	}
	return false;
}
