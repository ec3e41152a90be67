/*
 * audit.c: the audit trail.
 *
 *     audit: 's' number(8)        -> version(1) time(8) flags(1) added(8) removed(8) [prefix] runs:
 * actor verb event sublist source reason 'p' prefix number(8) -> nothing; the rows about a prefix
 */
#include "audit.h"

enum {
	VERSION = 1,
	HAS_PREFIX = 1,
	ROW_KEY = 9,
	WAY_KEY = 1 + PREFIX_KEY + 8,
	ROOM = 64 + PREFIX_KEY + 6 * 2048
};

static struct bytes row_key(uint8_t room[ROW_KEY], uint64_t number)
{
	struct writer w = writer_of(room, ROW_KEY);

	write_u8(&w, 's');
	write_u64(&w, number);
	return writer_bytes(&w);
}

static struct bytes way_key(uint8_t room[WAY_KEY], const struct prefix *prefix, uint64_t number)
{
	struct writer w = writer_of(room, WAY_KEY);

	write_u8(&w, 'p');
	prefix_write(&w, prefix);
	write_u64(&w, number);
	return writer_bytes(&w);
}

void audit_append(struct txn *txn, const struct audit_row *row)
{
	uint8_t room[ROOM], key[WAY_KEY];
	struct writer w = writer_of(room, sizeof room);

	write_u8(&w, VERSION);
	write_u64(&w, row->time);
	write_u8(&w, row->has_prefix ? HAS_PREFIX : 0);
	write_u64(&w, row->added);
	write_u64(&w, row->removed);
	if (row->has_prefix) {
		prefix_write(&w, &row->prefix);
	}
	write_run(&w, row->actor);
	write_run(&w, row->verb);
	write_run(&w, row->event);
	write_run(&w, row->sublist);
	write_run(&w, row->source);
	write_run(&w, row->reason);
	if (w.bad) {
		txn_fail(txn, fail(ST_DATA, "the audit row is too long: shorten the reason"));
		return;
	}
	txn_put(txn, TABLE_AUDIT, row_key(key, row->number), writer_bytes(&w));
	if (row->has_prefix) {
		txn_put(txn, TABLE_AUDIT, way_key(key, &row->prefix, row->number), bytes_of("", 0));
	}
}

static bool row_read(struct bytes key, struct bytes value, struct audit_row *row)
{
	struct reader k = reader_of(key), r = reader_of(value);

	read_u8(&k);
	row->number = read_u64(&k);
	unsigned version = read_u8(&r);
	row->time = read_u64(&r);
	row->has_prefix = read_u8(&r) & HAS_PREFIX;
	row->added = read_u64(&r);
	row->removed = read_u64(&r);
	row->prefix = row->has_prefix ? prefix_read(&r) : (struct prefix){0};
	row->actor = read_run(&r);
	row->verb = read_run(&r);
	row->event = read_run(&r);
	row->sublist = read_run(&r);
	row->source = read_run(&r);
	row->reason = read_run(&r);
	return !k.bad && !r.bad && version == VERSION;
}

void audit_since(struct txn *txn, uint64_t since, audit_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_AUDIT);
	struct bytes key, value;
	struct audit_row row;

	for (bool more = scan_seek(scan, bytes_str("s"), &key, &value); more && key.data[0] == 's';
	     more = scan_next(scan, &key, &value)) {
		if (!row_read(key, value, &row)) {
			scan_damaged(scan);
			break;
		}
		if (row.time >= since && !visit(context, &row)) {
			break;
		}
	}
	scan_close(scan);
}

/* The rows about exactly this prefix. False when visit said stop. */
static bool about(struct txn *txn, struct scan *scan, const struct prefix *prefix,
		  audit_visit *visit, void *context)
{
	uint8_t from[WAY_KEY], room[ROW_KEY];
	struct bytes key, value;
	struct audit_row row;
	size_t len = way_key(from, prefix, 0).len;

	for (bool more = scan_seek(scan, bytes_of(from, len), &key, &value);
	     more && key.len == len && memcmp(key.data, from, len - 8) == 0;
	     more = scan_next(scan, &key, &value)) {
		memcpy(room + 1, key.data + len - 8, 8);
		room[0] = 's';
		if (!txn_get(txn, TABLE_AUDIT, bytes_of(room, sizeof room), &value) ||
		    !row_read(bytes_of(room, sizeof room), value, &row)) {
			scan_damaged(scan);
			return false;
		}
		if (!visit(context, &row)) {
			return false;
		}
	}
	return true;
}

void audit_about(struct txn *txn, const struct prefix *prefix, audit_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_AUDIT);

	about(txn, scan, prefix, visit, context);
	scan_close(scan);
}

void audit_covering(struct txn *txn, const struct prefix *prefix, audit_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_AUDIT);

	for (unsigned len = 0; len <= prefix->len; len++) {
		struct prefix wider = prefix_of(prefix->family, prefix->addr, len);

		if (!about(txn, scan, &wider, visit, context)) {
			break;
		}
	}
	scan_close(scan);
}
