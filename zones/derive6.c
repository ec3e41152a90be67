/*
 * derive6.c: the v6 index, a dirty region at a time. Rows are ranges as long as can be, so what
 * touches a region on either side is taken in and joined again.
 *
 *     rows before    [────A────][──B──]      [──A──]
 *     region                 ├────────────┤
 *     rows after     [────A──][─C─]       [──A──]
 */
#include "derive.h"

#include <stdlib.h>

#include "index6.h"

struct units {
	struct derive *d;
	uint64_t next; /* high 32 bits of the first unit not noted yet; units come in ascending
			  order */
};

static void note(void *context, addr_t first, addr_t last)
{
	struct units *u = context;
	uint64_t from = (uint64_t)(first >> 96), to = (uint64_t)(last >> 96);

	uint64_t unit = from > u->next ? from : u->next;

	for (; unit <= to && u->d->journal->units <= JOURNAL_UNITS; unit++) {
		struct prefix p = prefix_of(6, (addr_t)unit << 96, 32);
		struct segments segments = {0};
		struct bytes before = {0};

		index_read(u->d->txn, &p, &segments);
		before = journal_encode6(&segments);
		journal_note(u->d->journal, &p, before);
		free((void *)(uintptr_t)before.data);
		segments_release(&segments);
		u->next = unit + 1;
	}
	if (unit <= to) {
		/* Past the limit only the count matters, and a /16 has 65,536. */
		u->d->journal->units += to - unit + 1;
		u->next = to + 1;
	}
}

/* The rows that overlap or touch the region. */
static void rows_around(struct derive *d, addr_t first, addr_t last, struct segments *rows)
{
	struct scan *scan = scan_open(d->txn, TABLE_INDEX6);
	struct segment s;
	addr_t from = first > 0 ? first - 1 : 0, to = last < ~(addr_t)0 ? last + 1 : last;

	for (bool more = index6_seek(scan, from, &s); more && s.first <= to;
	     more = index6_next(scan, &s)) {
		/* Rows that touch each other differ, so nothing merges here. */
		segments_add(rows, s.first, s.last, s.answer);
	}
	scan_close(scan);
}

static void put_row(struct derive *d, const struct segment *s)
{
	uint8_t key_room[16], value_room[21];
	struct writer key = writer_of(key_room, sizeof key_room),
		      value = writer_of(value_room, sizeof value_room);

	index6_write(s, &key, &value);
	txn_put(d->txn, TABLE_INDEX6, writer_bytes(&key), writer_bytes(&value));
	interned_ref(d->answers, s->answer, 1);
}

static void delete_row(struct derive *d, const struct segment *s)
{
	uint8_t room[16];
	struct writer key = writer_of(room, sizeof room);

	addr_write(&key, 6, s->last);
	txn_del(d->txn, TABLE_INDEX6, writer_bytes(&key));
	interned_ref(d->answers, s->answer, -1);
}

static bool same(const struct segment *a, const struct segment *b)
{
	return a->first == b->first && a->last == b->last && a->answer == b->answer;
}

/* Writes the difference between two lists of rows, both ascending. */
static void replace_rows(struct derive *d, const struct segments *old, const struct segments *new)
{
	size_t k = 0;

	for (size_t i = 0; i < old->count; i++) {
		while (k < new->count &&new->at[k].last < old->at[i].last) {
			k++;
		}
		if (k == new->count || !same(&new->at[k], &old->at[i])) {
			delete_row(d, &old->at[i]);
		}
	}
	k = 0;
	for (size_t i = 0; i < new->count; i++) {
		while (k < old->count && old->at[k].last < new->at[i].last) {
			k++;
		}
		if (k == old->count || !same(&old->at[k], &new->at[i])) {
			put_row(d, &new->at[i]);
		}
	}
}

static void write_region(struct derive *d, addr_t first, addr_t last, const struct segments *after)
{
	struct segments old = {0}, new = {0};

	rows_around(d, first, last, &old);
	for (size_t i = 0; i < old.count && old.at[i].first < first; i++) {
		addr_t end = old.at[i].last < first ? old.at[i].last : first - 1;

		segments_add(&new, old.at[i].first, end, old.at[i].answer);
	}
	for (size_t i = 0; i < after->count; i++) {
		segments_add(&new, after->at[i].first, after->at[i].last, after->at[i].answer);
	}
	for (size_t i = 0; i < old.count; i++) {
		if (old.at[i].last > last) {
			addr_t start = old.at[i].first > last ? old.at[i].first : last + 1;

			segments_add(&new, start, old.at[i].last, old.at[i].answer);
		}
	}
	replace_rows(d, &old, &new);
	segments_release(&old);
	segments_release(&new);
}

void derive6(struct derive *d, const struct prefix *dirty, size_t count)
{
	struct units units = {d, 0};
	struct segments before = {0}, after = {0};

	for (size_t i = 0; i < count && !txn_status(d->txn); i++) {
		before.count = after.count = 0;
		index_read(d->txn, &dirty[i], &before);
		flatten_region(d->flatten, &dirty[i], &after);
		if (!txn_status(d->txn) && derive_compare(d, &before, &after, note, &units)) {
			write_region(d, dirty[i].addr, prefix_last(&dirty[i]), &after);
		}
	}
	segments_release(&before);
	segments_release(&after);
}
