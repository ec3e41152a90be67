/*
 * expiry.c: the expiry table, in the order of time.
 *
 *     expiry: time(8) kind(1) key -> nothing
 */
#include "expiry.h"

#include "claim.h"
#include "source.h"

enum { HEAD = 9, KEY = HEAD + EXPIRY_ROOM };

static struct bytes row_key(uint8_t room[KEY], uint64_t when, enum expiry_kind kind,
			    struct bytes key)
{
	struct writer w = writer_of(room, KEY);

	write_u64(&w, when);
	write_u8(&w, (uint8_t)kind);
	write_bytes(&w, key.data, key.len);
	return writer_bytes(&w);
}

void expiry_put(struct txn *txn, uint64_t when, enum expiry_kind kind, struct bytes key)
{
	uint8_t room[KEY];

	if (when) {
		txn_put(txn, TABLE_EXPIRY, row_key(room, when, kind, key), bytes_of("", 0));
	}
}

void expiry_del(struct txn *txn, uint64_t when, enum expiry_kind kind, struct bytes key)
{
	uint8_t room[KEY];

	if (when) {
		txn_del(txn, TABLE_EXPIRY, row_key(room, when, kind, key));
	}
}

static bool row_read(struct scan *scan, struct bytes row, uint64_t *when, enum expiry_kind *kind,
		     struct bytes *key)
{
	struct reader r = reader_of(row);

	*when = read_u64(&r);
	*kind = read_u8(&r);
	*key = bytes_of(r.at, reader_left(&r));
	if (r.bad || key->len > EXPIRY_ROOM ||
	    (*kind != EXPIRY_CLAIM && *kind != EXPIRY_EXCLUSION && *kind != EXPIRY_SNAPSHOT)) {
		scan_damaged(scan);
		return false;
	}
	return true;
}

bool expiry_first(struct txn *txn, uint64_t now, enum expiry_kind *kind, uint64_t *when,
		  uint8_t room[EXPIRY_ROOM], struct bytes *key)
{
	struct scan *scan = scan_open(txn, TABLE_EXPIRY);
	struct bytes row, value;
	bool due = scan_seek(scan, bytes_of(NULL, 0), &row, &value) &&
		   row_read(scan, row, when, kind, key) && *when <= now;

	if (due) {
		memcpy(room, key->data, key->len);
		key->data = room;
	}
	scan_close(scan);
	return due;
}

/* What a feed claims on a sublist. */
static uint64_t snapshot_claims(struct txn *txn, struct bytes key)
{
	struct reader r = reader_of(key);
	uint32_t source = read_u32(&r);
	uint16_t wanted = read_u16(&r), sublist;
	struct source_walk *walk = source_walk_open(txn, source, NULL);
	struct prefix prefix;
	struct claim claim;
	uint64_t count = 0;

	while (source_walk_next(walk, &prefix, &sublist)) {
		count += sublist == wanted && claim_get(txn, &prefix, sublist, source, &claim) &&
			 claim.snapshot;
	}
	source_walk_close(walk);
	return count;
}

uint64_t expiry_due(struct txn *txn, uint64_t now)
{
	struct scan *scan = scan_open(txn, TABLE_EXPIRY);
	struct bytes row, value, key;
	enum expiry_kind kind;
	uint64_t when, count = 0;

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &row, &value);
	     more && row_read(scan, row, &when, &kind, &key) && when <= now;
	     more = scan_next(scan, &row, &value)) {
		count += kind == EXPIRY_SNAPSHOT ? snapshot_claims(txn, key) : 1;
	}
	scan_close(scan);
	return count;
}

uint64_t expiry_rows(struct txn *txn, uint64_t now, uint64_t most, uint64_t *since)
{
	struct scan *scan = scan_open(txn, TABLE_EXPIRY);
	struct bytes row, value, key;
	enum expiry_kind kind;
	uint64_t when, count = 0;

	*since = 0;
	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &row, &value);
	     more && count < most && row_read(scan, row, &when, &kind, &key) && when <= now;
	     more = scan_next(scan, &row, &value)) {
		*since = count == 0 ? when : *since;
		count++;
	}
	scan_close(scan);
	return count;
}
