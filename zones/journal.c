/*
 * journal.c: the journal's rows.
 *
 *     journal: change(8) 0(1)             -> version(1) time(8) flags(1) zones(2): (run name,
 * serial(4), barred(1)) … change(8) family(1) unit   -> the unit before; unit is the high 2 (v4) or
 * 4 (v6) octets a v6 unit's bytes: version(1), then first(16) last(16) answer(4) for each range
 */
#include "journal.h"

#include <stdlib.h>

enum { VERSION = 1, ALL_BARRED = 1, KEY = 8 + 1 + 4 };

enum {
	TRIM_ROWS = 20000
}; /* a commit drops at most so many rows, or one after a long pause would take minutes */

void journal_note(struct journal *j, const struct prefix *unit, struct bytes before)
{
	j->units++;
	if (j->units > JOURNAL_UNITS) {
		for (size_t i = 0; i < j->count; i++) {
			free((void *)(uintptr_t)j->at[i].before.data);
		}
		j->count = 0;
		return;
	}
	if (j->count == j->room) {
		j->room = j->room ? j->room * 2 : 16;
		j->at = must_realloc(j->at, j->room * sizeof *j->at);
	}
	uint8_t *copy = must_alloc(before.len);
	if (before.len) {
		memcpy(copy, before.data, before.len);
	}
	j->at[j->count++] = (struct journal_unit){*unit, bytes_of(copy, before.len)};
}

void journal_release(struct journal *j)
{
	for (size_t i = 0; i < j->count; i++) {
		free((void *)(uintptr_t)j->at[i].before.data);
	}
	free(j->at);
	*j = (struct journal){0};
}

struct bytes journal_encode6(const struct segments *segments)
{
	size_t room = segments->count ? 1 + 36 * segments->count : 0;
	uint8_t *data = must_alloc(room);
	struct writer w = writer_of(data, room);

	for (size_t i = 0; i < segments->count; i++) {
		if (i == 0) {
			write_u8(&w, VERSION);
		}
		addr_write(&w, 6, segments->at[i].first);
		addr_write(&w, 6, segments->at[i].last);
		write_u32(&w, segments->at[i].answer);
	}
	return bytes_of(data, writer_len(&w));
}

enum status journal_decode(const struct prefix *unit, struct bytes before,
			   struct segments *segments)
{
	if (before.len == 0) {
		return ST_OK;
	}
	if (unit->family == 4) {
		return block_decode(before, (uint16_t)(unit->addr >> 16), segments);
	}
	struct reader r = reader_of(before);
	unsigned version = read_u8(&r);
	while (reader_left(&r) > 0) {
		addr_t first = addr_read(&r, 6), last = addr_read(&r, 6);

		segments_add(segments, first, last, read_u32(&r));
	}
	return r.bad || version != VERSION
		       ? fail(ST_INTERNAL, "a row of the journal is damaged: run 'feeder check'")
		       : ST_OK;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void answers_of(const struct segments *segments, void (*each)(void *context, uint32_t id),
		void *context)
{
	uint32_t *ids = must_alloc(segments->count * sizeof *ids);
	size_t count = 0;

	for (size_t i = 0; i < segments->count; i++) {
		if (count == 0 || ids[count - 1] != segments->at[i].answer) {
			ids[count++] = segments->at[i].answer;
		}
	}
	qsort(ids, count, sizeof *ids, by_id);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || ids[i] != ids[i - 1]) {
			each(context, ids[i]);
		}
	}
	free(ids);
}

static void more(void *context, uint32_t id)
{
	interned_ref(context, id, 1);
}

static void fewer(void *context, uint32_t id)
{
	interned_ref(context, id, -1);
}

/* References of the answers in a unit's bytes. */
static void refer(struct txn *txn, const struct prefix *unit, struct bytes before,
		  struct interned *answers, void (*each)(void *context, uint32_t id))
{
	struct segments segments = {0};
	enum status status = journal_decode(unit, before, &segments);

	if (status) {
		txn_fail(txn, status);
	} else {
		answers_of(&segments, each, answers);
	}
	segments_release(&segments);
}

static struct bytes unit_key(uint8_t room[KEY], uint64_t change, const struct prefix *unit)
{
	struct writer w = writer_of(room, KEY);

	write_u64(&w, change);
	write_u8(&w, unit ? unit->family : 0);
	if (unit && unit->family == 4) {
		write_u16(&w, (uint16_t)(unit->addr >> 16));
	} else if (unit) {
		write_u32(&w, (uint32_t)(unit->addr >> 96));
	}
	return writer_bytes(&w);
}

bool journal_key(struct bytes key, uint64_t *change, struct prefix *unit)
{
	struct reader r = reader_of(key);

	*change = read_u64(&r);
	unsigned family = read_u8(&r);
	if (family == 4) {
		*unit = prefix_of(4, (addr_t)read_u16(&r) << 16, 16);
	} else if (family == 6) {
		*unit = prefix_of(6, (addr_t)read_u32(&r) << 96, 32);
	} else {
		*unit = (struct prefix){0};
	}
	return !r.bad && reader_left(&r) == 0;
}

bool journal_barrier(struct bytes head)
{
	struct reader r = reader_of(head);
	unsigned version = read_u8(&r);

	read_u64(&r); /* its time */
	unsigned flags = read_u8(&r);
	return r.bad || version != VERSION || flags & ALL_BARRED;
}

bool journal_head_zone(struct bytes head, const char *name, struct journal_zone *zone)
{
	struct reader r = reader_of(head);

	read_bytes(&r, 1 + 8 + 1); /* version, time, flags */
	for (unsigned left = read_u16(&r); left > 0 && !r.bad; left--) {
		struct bytes its = read_run(&r);

		zone->serial = read_u32(&r);
		zone->barred = read_u8(&r) != 0;
		if (!r.bad && bytes_equal(its, bytes_str(name))) {
			return true;
		}
	}
	return false;
}

static void put(struct txn *txn, struct state *state, struct bytes key, struct bytes value)
{
	txn_put(txn, TABLE_JOURNAL, key, value);
	state->journal_bytes += key.len + value.len;
}

static void write_head(struct txn *txn, struct state *state, uint64_t time, bool barrier,
		       const struct journal_zone *zones, size_t zone_count)
{
	size_t size = 16 + zone_count * (2 + NAME_TEXT + 5);
	uint8_t key[KEY], *row = must_alloc(size);
	struct writer w = writer_of(row, size);

	write_u8(&w, VERSION);
	write_u64(&w, time);
	write_u8(&w, barrier ? ALL_BARRED : 0);
	write_u16(&w, (uint16_t)zone_count);
	for (size_t i = 0; i < zone_count; i++) {
		write_run(&w, bytes_str(zones[i].name));
		write_u32(&w, zones[i].serial);
		write_u8(&w, zones[i].barred);
	}
	put(txn, state, unit_key(key, state->changes, NULL), writer_bytes(&w));
	free(row);
}

/* Drops the oldest changes, whole, while they are too old or too much. */
static void trim(struct txn *txn, struct state *state, uint64_t time, struct interned *answers,
		 const struct journal_config *bounds)
{
	struct scan *scan = scan_open(txn, TABLE_JOURNAL);
	struct bytes key, value;
	uint64_t dropping = 0, change;
	struct prefix unit;
	unsigned rows = 0;

	for (bool on = scan_seek(scan, bytes_of(NULL, 0), &key, &value); on;
	     on = scan_next(scan, &key, &value)) {
		if (!journal_key(key, &change, &unit)) {
			scan_damaged(scan);
			break;
		}
		if (unit.family == 0) {
			struct reader r = reader_of(value);

			read_u8(&r);
			uint64_t written = read_u64(&r);
			if (change == state->changes || rows > TRIM_ROWS ||
			    (written + bounds->keep_s >= time &&
			     state->journal_bytes <= bounds->size)) {
				break;
			}
			dropping = change;
			state->journal_first = change + 1;
		} else if (change != dropping) {
			scan_damaged(scan);
			break;
		} else {
			refer(txn, &unit, value, answers, fewer);
		}
		state->journal_bytes -= key.len + value.len;
		scan_delete(scan);
		rows++;
	}
	scan_close(scan);
}

void journal_write(struct journal *j, struct txn *txn, struct state *state, uint64_t time,
		   const struct journal_zone *zones, size_t zone_count, struct interned *answers,
		   const struct journal_config *bounds)
{
	uint8_t key[KEY];

	state->changes++;
	state->last_change = time;
	if (state->journal_first == 0) {
		state->journal_first = state->changes;
	}
	write_head(txn, state, time, j->units > JOURNAL_UNITS, zones, zone_count);
	for (size_t i = 0; i < j->count; i++) {
		put(txn, state, unit_key(key, state->changes, &j->at[i].unit), j->at[i].before);
		refer(txn, &j->at[i].unit, j->at[i].before, answers, more);
	}
	trim(txn, state, time, answers, bounds);
}
