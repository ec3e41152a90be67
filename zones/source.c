/*
 * source.c: who claims, and what a source claims.
 *
 *     sources:   'n' name                    -> version(1) number(4) disabled(1) created(8)
 * claims(8) 'i' number(4)               -> name 's' number(4) sublist(2)    -> version(1) last
 * seen(8) expires(8), of a feed's snapshot by_source: number(4) prefix sublist(2) -> nothing
 */
#include <ctype.h>
#include <stdlib.h>

#include "source_rows.h"

enum { VERSION = 1 };

enum status source_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > SOURCE_NAME_MOST || name[0] == '-') {
		return fail(
			ST_DATA,
			"'%.80s': a source has a name of 1 to %d characters, not beginning with '-'",
			name, SOURCE_NAME_MOST);
	}
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr(".-_+@:", *p)) {
			return fail(ST_DATA,
				    "'%.80s': a name is letters, digits and . - _ + @ :", name);
		}
	}
	return ST_OK;
}

static struct bytes name_key(uint8_t room[1 + SOURCE_NAME], const char *name)
{
	struct writer w = writer_of(room, 1 + SOURCE_NAME);

	write_u8(&w, 'n');
	write_bytes(&w, name, strlen(name));
	return writer_bytes(&w);
}

static struct bytes number_key(uint8_t room[5], uint32_t number)
{
	struct writer w = writer_of(room, 5);

	write_u8(&w, 'i');
	write_u32(&w, number);
	return writer_bytes(&w);
}

static bool set_name(struct source *s, struct bytes name)
{
	if (name.len == 0 || name.len >= SOURCE_NAME) {
		return false;
	}
	memcpy(s->name, name.data, name.len);
	s->name[name.len] = '\0';
	return true;
}

static bool read_record(struct bytes value, struct source *s)
{
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);

	s->number = read_u32(&r);
	s->disabled = read_u8(&r);
	s->created = read_u64(&r);
	s->claims = read_u64(&r);
	return !r.bad && version == VERSION;
}

bool source_read(struct txn *txn, const char *name, struct source *source)
{
	uint8_t room[1 + SOURCE_NAME];
	struct bytes key = name_key(room, name), value;

	return txn_get(txn, TABLE_SOURCES, key, &value) && read_record(value, source) &&
	       set_name(source, bytes_str(name));
}

bool source_by_number(struct txn *txn, uint32_t number, struct source *source)
{
	uint8_t room[5];
	struct bytes name;
	struct source found;

	return txn_get(txn, TABLE_SOURCES, number_key(room, number), &name) &&
	       set_name(&found, name) && source_read(txn, found.name, source);
}

void sources(struct txn *txn, source_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_SOURCES);
	struct bytes key, value;
	struct source s;

	for (bool more = scan_seek(scan, bytes_str("n"), &key, &value); more && key.data[0] == 'n';
	     more = scan_next(scan, &key, &value)) {
		if (!read_record(value, &s) || !set_name(&s, bytes_of(key.data + 1, key.len - 1))) {
			scan_damaged(scan);
			break;
		}
		if (!visit(context, &s)) {
			break;
		}
	}
	scan_close(scan);
}

void source_write(struct txn *txn, const struct source *s)
{
	uint8_t key[1 + SOURCE_NAME], record[32];
	struct writer w = writer_of(record, sizeof record);

	write_u8(&w, VERSION);
	write_u32(&w, s->number);
	write_u8(&w, s->disabled);
	write_u64(&w, s->created);
	write_u64(&w, s->claims);
	txn_put(txn, TABLE_SOURCES, name_key(key, s->name), writer_bytes(&w));
	txn_put(txn, TABLE_SOURCES, number_key(key, s->number), bytes_str(s->name));
}

static struct bytes snapshot_key(uint8_t room[SNAPSHOT_KEY], uint32_t source, uint16_t sublist)
{
	struct writer w = writer_of(room, SNAPSHOT_KEY);

	write_u8(&w, 's');
	write_u32(&w, source);
	write_u16(&w, sublist);
	return writer_bytes(&w);
}

bool source_snapshot(struct txn *txn, uint32_t source, uint16_t sublist, struct snapshot *snapshot)
{
	uint8_t room[SNAPSHOT_KEY];
	struct bytes value;

	if (!txn_get(txn, TABLE_SOURCES, snapshot_key(room, source, sublist), &value)) {
		return false;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	snapshot->last_seen = read_u64(&r);
	snapshot->expires = read_u64(&r);
	snapshot->size = read_u64(&r);
	return !r.bad && version == VERSION;
}

void source_write_snapshot(struct txn *txn, uint32_t source, uint16_t sublist,
			   const struct snapshot *snapshot)
{
	uint8_t key[SNAPSHOT_KEY], record[25];
	struct writer w = writer_of(record, sizeof record);

	write_u8(&w, VERSION);
	write_u64(&w, snapshot->last_seen);
	write_u64(&w, snapshot->expires);
	write_u64(&w, snapshot->size);
	txn_put(txn, TABLE_SOURCES, snapshot_key(key, source, sublist), writer_bytes(&w));
}

void source_delete_snapshot(struct txn *txn, uint32_t source, uint16_t sublist)
{
	uint8_t key[SNAPSHOT_KEY];

	txn_del(txn, TABLE_SOURCES, snapshot_key(key, source, sublist));
}

struct bytes by_source_key(uint8_t room[BY_SOURCE_KEY], uint32_t source,
			   const struct prefix *prefix, uint16_t sublist)
{
	struct writer w = writer_of(room, BY_SOURCE_KEY);

	write_u32(&w, source);
	prefix_write(&w, prefix);
	write_u16(&w, sublist);
	return writer_bytes(&w);
}

struct source_walk {
	struct scan *scan;
	uint32_t source;
	bool started;
	uint8_t from[BY_SOURCE_KEY];
	size_t from_len;
};

struct source_walk *source_walk_open(struct txn *txn, uint32_t source, const struct prefix *from)
{
	struct source_walk *walk = must_alloc(sizeof *walk);
	struct writer w = writer_of(walk->from, sizeof walk->from);

	walk->scan = scan_open(txn, TABLE_BY_SOURCE);
	walk->source = source;
	write_u32(&w, source);
	if (from) {
		prefix_write(&w, from);
	}
	walk->from_len = writer_len(&w);
	return walk;
}

bool source_walk_next(struct source_walk *walk, struct prefix *prefix, uint16_t *sublist)
{
	struct bytes key, value;
	bool more = walk->started ? scan_next(walk->scan, &key, &value)
				  : scan_seek(walk->scan, bytes_of(walk->from, walk->from_len),
					      &key, &value);

	walk->started = true;
	if (!more) {
		return false;
	}
	struct reader r = reader_of(key);
	if (read_u32(&r) != walk->source) {
		return false;
	}
	*prefix = prefix_read(&r);
	*sublist = read_u16(&r);
	if (r.bad) {
		scan_damaged(walk->scan);
	}
	return !r.bad;
}

void source_walk_close(struct source_walk *walk)
{
	if (walk) {
		scan_close(walk->scan);
		free(walk);
	}
}
