/*
 * access.c: the rows of keys.
 */
#include "access.h"

#include "quota.h"

enum { VERSION = 1 };

bool access_is_key(const uint8_t *label, size_t len)
{
	if (len < ACCESS_KEY_LEAST || len > ACCESS_KEY_MOST) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		bool letter = label[i] >= 'a' && label[i] <= 'z';

		if (!letter && (label[i] < '0' || label[i] > '9')) {
			return false;
		}
	}
	return true;
}

/* FNV-1a, folded: whoever gives out keys has no reason to look for two that agree. */
uint32_t access_tag(struct bytes key)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < key.len; i++) {
		hash = (hash ^ key.data[i]) * 0x100000001b3;
	}
	uint32_t tag = (uint32_t)(hash ^ hash >> 32) & (QUOTA_TAGS - 1);

	return tag ? tag : 1;
}

struct bytes access_row_key(uint8_t room[ACCESS_ROW_KEY], struct bytes key)
{
	struct writer w = writer_of(room, ACCESS_ROW_KEY);

	write_u8(&w, 'k');
	write_bytes(&w, key.data, key.len);
	return writer_bytes(&w);
}

void access_write(struct writer *w, const struct access *a)
{
	write_u8(w, VERSION);
	write_u16(w, a->number);
	write_u64(w, a->created);
	write_u32(w, a->quota_day);
	write_u32(w, a->quota_second);
	write_run(w, a->name);
	write_run(w, a->zones);
	write_run(w, a->sublists);
}

bool access_read(struct bytes row_key, struct bytes record, struct access *a)
{
	struct reader k = reader_of(row_key), r = reader_of(record);
	unsigned kind = read_u8(&k), version = read_u8(&r);

	a->key = bytes_of(k.at, reader_left(&k));
	a->number = read_u16(&r);
	a->created = read_u64(&r);
	a->quota_day = read_u32(&r);
	a->quota_second = read_u32(&r);
	a->name = read_run(&r);
	a->zones = read_run(&r);
	a->sublists = read_run(&r);
	return kind == 'k' && !r.bad && reader_left(&r) == 0 && version == VERSION &&
	       a->number != 0 && a->sublists.len % 2 == 0 && access_is_key(a->key.data, a->key.len);
}

bool access_find(struct txn *txn, struct bytes key, struct access *access)
{
	uint8_t room[ACCESS_ROW_KEY];
	struct bytes row_key = access_row_key(room, key), record;

	if (!txn_get(txn, TABLE_ACCESS, row_key, &record)) {
		return false;
	}
	if (!access_read(row_key, record, access)) {
		txn_fail(txn, fail(ST_INTERNAL, "a key's row is damaged: run 'feeder check'"));
		return false;
	}
	access->key = key;
	return true;
}

void accesses(struct txn *txn, access_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_ACCESS);
	struct bytes key, value;
	struct access a;

	for (bool more = scan_seek(scan, bytes_str("k"), &key, &value); more && key.data[0] == 'k';
	     more = scan_next(scan, &key, &value)) {
		if (!access_read(key, value, &a)) {
			scan_damaged(scan);
			break;
		}
		if (!visit(context, &a)) {
			break;
		}
	}
	scan_close(scan);
}

bool access_next_zone(struct bytes *zones, struct bytes *zone)
{
	struct reader r = reader_of(*zones);

	*zone = read_run(&r);
	*zones = bytes_of(r.at, reader_left(&r));
	return !r.bad;
}

bool access_has_zone(const struct access *access, const char *zone)
{
	struct bytes left = access->zones, name, wanted = bytes_str(zone);

	while (access_next_zone(&left, &name)) {
		if (bytes_equal(name, wanted)) {
			return true;
		}
	}
	return false;
}

bool access_has_sublist(const struct access *access, uint16_t number)
{
	struct reader r = reader_of(access->sublists);

	while (reader_left(&r) > 0) {
		if (read_u16(&r) == number) {
			return true;
		}
	}
	return access->sublists.len == 0;
}

uint16_t access_last_number(struct txn *txn)
{
	struct bytes value;

	if (!txn_get(txn, TABLE_ACCESS, bytes_str("l"), &value)) {
		return 0;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	uint16_t number = read_u16(&r);

	return r.bad || version != VERSION ? 0 : number;
}

void access_set_last_number(struct txn *txn, uint16_t number)
{
	uint8_t room[3];
	struct writer w = writer_of(room, sizeof room);

	write_u8(&w, VERSION);
	write_u16(&w, number);
	txn_put(txn, TABLE_ACCESS, bytes_str("l"), writer_bytes(&w));
}
