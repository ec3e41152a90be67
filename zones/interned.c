/*
 * interned.c: answers and texts.
 *
 *     answers, texts: 'i' id(4)            -> version(1) refs(8) content
 *                     'h' SHA-256(32)      -> id(4)
 *     answer content: (sublist(2) text(4)) for each sublist, ascending; text content: its octets
 *
 * In a transaction a table in memory stands before the rows: contents met, their ids, and how many
 * more or fewer name them. An import meets the same few answers a million times and touches their
 * rows once.
 */
#include "interned.h"

#include <ldns/ldns.h>
#include <stdlib.h>

enum { VERSION = 1, ID_KEY = 5, HASH_KEY = 33, HEAD = 9 };

struct entry {
	uint32_t id; /* 0: free */
	uint64_t hash;
	int64_t delta;
	uint8_t *content; /* NULL: met by its id only */
	size_t len;
};

struct interned {
	struct txn *txn;
	enum table table;
	uint32_t *last;
	struct entry *by_content; /* open addressing; a power of two */
	size_t content_room, content_count;
	struct entry *by_id;
	size_t id_room, id_count;
};

static struct bytes id_key(uint8_t room[ID_KEY], uint32_t id)
{
	struct writer w = writer_of(room, ID_KEY);

	write_u8(&w, 'i');
	write_u32(&w, id);
	return writer_bytes(&w);
}

static struct bytes hash_key(uint8_t room[HASH_KEY], struct bytes content)
{
	room[0] = 'h';
	ldns_sha256((unsigned char *)(uintptr_t)content.data, (unsigned)content.len, room + 1);
	return bytes_of(room, HASH_KEY);
}

static bool read_row(struct txn *txn, enum table table, uint32_t id, uint64_t *refs,
		     struct bytes *content)
{
	uint8_t room[ID_KEY];
	struct bytes value;

	if (!txn_get(txn, table, id_key(room, id), &value)) {
		return false;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	*refs = read_u64(&r);
	*content = bytes_of(r.at, reader_left(&r));
	return !r.bad && version == VERSION;
}

bool interned_read(struct txn *txn, enum table table, uint32_t id, struct bytes *content)
{
	uint64_t refs;

	return read_row(txn, table, id, &refs, content);
}

uint32_t interned_find(struct txn *txn, enum table table, struct bytes content)
{
	uint8_t room[HASH_KEY];
	struct bytes value;

	if (!txn_get(txn, table, hash_key(room, content), &value)) {
		return 0;
	}
	struct reader r = reader_of(value);
	return read_u32(&r);
}

struct interned *interned_new(struct txn *txn, enum table table, uint32_t *last)
{
	struct interned *in = must_alloc(sizeof *in);

	in->txn = txn;
	in->table = table;
	in->last = last;
	in->content_room = in->id_room = 256;
	in->by_content = must_alloc(in->content_room * sizeof *in->by_content);
	in->by_id = must_alloc(in->id_room * sizeof *in->by_id);
	return in;
}

void interned_free(struct interned *in)
{
	if (in) {
		for (size_t i = 0; i < in->content_room; i++) {
			free(in->by_content[i].content);
		}
		free(in->by_content);
		free(in->by_id);
		free(in);
	}
}

static uint64_t hash_of(struct bytes content)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a; only a hint, contents are compared */

	for (size_t i = 0; i < content.len; i++) {
		h = (h ^ content.data[i]) * 0x100000001b3;
	}
	return h ^ h >> 29;
}

static uint64_t id_hash(uint32_t id)
{
	uint64_t h = id * 0x9e3779b97f4a7c15;

	return h ^ h >> 32;
}

/* The entry of a hash (and content), or the free one where it belongs. */
static struct entry *slot(struct entry *table, size_t room, uint64_t hash, uint32_t id,
			  const struct bytes *content)
{
	for (size_t i = hash & (room - 1);; i = (i + 1) & (room - 1)) {
		struct entry *e = &table[i];

		if (e->id == 0 ||
		    (content ? e->hash == hash &&
				       bytes_equal(bytes_of(e->content, e->len), *content)
			     : e->id == id)) {
			return e;
		}
	}
}

static void grow(struct entry **table, size_t *room, size_t count)
{
	if (count * 2 < *room) {
		return;
	}
	struct entry *old = *table;
	size_t old_room = *room;

	*room *= 2;
	*table = must_alloc(*room * sizeof **table);
	for (size_t i = 0; i < old_room; i++) {
		if (old[i].id) {
			size_t at = old[i].hash & (*room - 1);

			while ((*table)[at].id) {
				at = (at + 1) & (*room - 1);
			}
			(*table)[at] = old[i];
		}
	}
	free(old);
}

static uint32_t make(struct interned *in, struct bytes content)
{
	uint8_t hash[HASH_KEY], id_room[ID_KEY], *row = must_alloc(HEAD + content.len);
	struct writer w = writer_of(row, HEAD + content.len);
	uint32_t id = ++*in->last;

	if (id == 0) {
		--*in->last;
		free(row);
		txn_fail(in->txn,
			 fail(ST_AGAIN,
			      "all 4,294,967,295 ids are used: import into a new database"));
		return 0;
	}
	write_u8(&w, VERSION);
	write_u64(&w, 0);
	write_bytes(&w, content.data, content.len);
	txn_put(in->txn, in->table, id_key(id_room, id), writer_bytes(&w));
	txn_put(in->txn, in->table, hash_key(hash, content), bytes_of(id_room + 1, 4));
	/* Unless somebody names it before the flush, it goes again there. */
	interned_ref(in, id, 0);
	free(row);
	return id;
}

uint32_t interned_id(struct interned *in, struct bytes content)
{
	uint64_t hash = hash_of(content);
	struct entry *e = slot(in->by_content, in->content_room, hash, 0, &content);

	if (e->id) {
		return e->id;
	}
	uint32_t id = interned_find(in->txn, in->table, content);
	if (!id && !txn_status(in->txn)) {
		id = make(in, content);
	}
	if (id) {
		*e = (struct entry){id, hash, 0, must_alloc(content.len), content.len};
		memcpy(e->content, content.data, content.len);
		in->content_count++;
		grow(&in->by_content, &in->content_room, in->content_count);
	}
	return id;
}

void interned_ref(struct interned *in, uint32_t id, int64_t delta)
{
	uint64_t hash = id_hash(id);
	struct entry *e;

	if (id == 0) {
		return;
	}
	e = slot(in->by_id, in->id_room, hash, id, NULL);
	if (e->id) {
		e->delta += delta;
		return;
	}
	*e = (struct entry){id, hash, delta, NULL, 0};
	in->id_count++;
	grow(&in->by_id, &in->id_room, in->id_count);
}

static void bring(struct interned *in, const struct entry *e,
		  void (*gone)(void *context, struct bytes content), void *context)
{
	uint8_t key[ID_KEY], hash[HASH_KEY];
	struct bytes content;
	uint64_t refs;

	if (!read_row(in->txn, in->table, e->id, &refs, &content)) {
		txn_fail(in->txn, fail(ST_INTERNAL, "id %u is missing: run 'feeder check'", e->id));
		return;
	}
	if (e->delta < 0 && refs < (uint64_t)-e->delta) {
		txn_fail(in->txn,
			 fail(ST_INTERNAL,
			      "id %u is named more often than counted: run 'feeder check'", e->id));
		return;
	}
	refs += (uint64_t)e->delta;
	if (e->delta == 0 && refs > 0) {
		return;
	}
	size_t size = HEAD + content.len;
	uint8_t *row = must_alloc(size);
	struct writer w = writer_of(row, size);

	write_u8(&w, VERSION);
	write_u64(&w, refs);
	write_bytes(&w, content.data, content.len);
	content = bytes_of(row + HEAD, content.len);
	if (refs > 0) {
		txn_put(in->txn, in->table, id_key(key, e->id), writer_bytes(&w));
	} else {
		if (gone) {
			gone(context, content);
		}
		txn_del(in->txn, in->table, id_key(key, e->id));
		txn_del(in->txn, in->table, hash_key(hash, content));
	}
	free(row);
}

void interned_flush(struct interned *in, void (*gone)(void *context, struct bytes content),
		    void *context)
{
	for (size_t i = 0; i < in->id_room && !txn_status(in->txn); i++) {
		if (in->by_id[i].id) {
			bring(in, &in->by_id[i], gone, context);
		}
	}
}

void interned_compare(struct interned *in,
		      void (*fault)(void *context, uint32_t id, uint64_t said, uint64_t counted),
		      void *context)
{
	struct scan *scan = scan_open(in->txn, in->table);
	struct bytes key, value;

	for (bool more = scan_seek(scan, bytes_str("i"), &key, &value); more && key.data[0] == 'i';
	     more = scan_next(scan, &key, &value)) {
		struct reader r = reader_of(key), v = reader_of(value);

		read_u8(&r);
		read_u8(&v);
		uint32_t id = read_u32(&r);
		uint64_t said = read_u64(&v);
		struct entry *e = slot(in->by_id, in->id_room, id_hash(id), id, NULL);
		uint64_t counted = e->id ? (uint64_t)e->delta : 0;

		if (said != counted) {
			fault(context, id, said, counted);
		}
		e->delta = 0;
	}
	scan_close(scan);
	for (size_t i = 0; i < in->id_room; i++) {
		if (in->by_id[i].id && in->by_id[i].delta) {
			fault(context, in->by_id[i].id, 0, (uint64_t)in->by_id[i].delta);
		}
	}
}
