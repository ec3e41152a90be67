/*
 * evidence.c: the reports that are kept.
 */
#include "evidence.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "source.h"

enum {
	VERSION = 1,
	HASH_KEY = REPORT_HASH + 4,
	REPORTS_KEY = 1 + 16 + 8 + HASH_KEY,
	RECORD = 32,
	/* Bodies are mails, and small ones: levels above it gain little and take long (zstd's own
	   default). */
	LEVEL = 3,
};

uint64_t evidence_time(const struct evidence *e)
{
	bool dated = e->report.observed > 0 && e->report.observed <= e->received + REPORT_FUTURE_S;

	return dated ? e->report.observed : e->received;
}

/* --- reporters --------------------------------------------------------------- */

enum { NAME_KEY = 1 + SOURCE_NAME };

static struct bytes name_key(uint8_t room[NAME_KEY], const char *name)
{
	struct writer w = writer_of(room, NAME_KEY);

	write_u8(&w, 'n');
	write_bytes(&w, name, strlen(name));
	return writer_bytes(&w);
}

static struct bytes number_key(uint8_t room[5], uint32_t number)
{
	struct writer w = writer_of(room, 5);

	write_u8(&w, 'r');
	write_u32(&w, number);
	return writer_bytes(&w);
}

/* The highest number given, which is the table's last row; 0 where there is none. */
static uint32_t last_number(struct txn *txn)
{
	struct scan *scan = scan_open(txn, TABLE_REPORTERS);
	struct bytes key, value;
	uint32_t number = 0;

	if (scan_prev(scan, &key, &value)) {
		struct reader r = reader_of(key);

		if (read_u8(&r) != 'r') {
			scan_damaged(scan);
		}
		number = read_u32(&r);
	}
	scan_close(scan);
	return number;
}

uint32_t reporter_number(struct txn *txn, const char *name)
{
	uint8_t room[NAME_KEY], number_room[5], record[4];
	struct bytes key = name_key(room, name), value;

	if (txn_get(txn, TABLE_REPORTERS, key, &value)) {
		struct reader r = reader_of(value);

		return read_u32(&r);
	}
	uint32_t number = last_number(txn) + 1;
	struct writer w = writer_of(record, sizeof record);

	write_u32(&w, number);
	txn_put(txn, TABLE_REPORTERS, key, writer_bytes(&w));
	txn_put(txn, TABLE_REPORTERS, number_key(number_room, number), bytes_str(name));
	return txn_status(txn) ? 0 : number;
}

struct bytes reporter_name(struct txn *txn, uint32_t number)
{
	uint8_t room[5];
	struct bytes name = {0};

	txn_get(txn, TABLE_REPORTERS, number_key(room, number), &name);
	return name;
}

/* --- rows -------------------------------------------------------------------- */

static void write_source(struct writer *w, unsigned family, addr_t addr)
{
	write_u8(w, (uint8_t)family);
	if (family) {
		addr_write(w, family, addr);
	}
}

static struct bytes hash_key(uint8_t room[HASH_KEY], const uint8_t hash[REPORT_HASH],
			     uint32_t reporter)
{
	struct writer w = writer_of(room, HASH_KEY);

	write_bytes(&w, hash, REPORT_HASH);
	write_u32(&w, reporter);
	return writer_bytes(&w);
}

bool evidence_known(struct txn *txn, const uint8_t hash[REPORT_HASH], uint32_t reporter)
{
	uint8_t room[HASH_KEY];
	struct bytes value;

	return txn_get(txn, TABLE_EVIDENCE, hash_key(room, hash, reporter), &value);
}

void evidence_add(struct txn *txn, const struct evidence *e)
{
	const struct report *report = &e->report;
	uint8_t key_room[REPORTS_KEY], hash_room[HASH_KEY], record[RECORD];
	struct writer key = writer_of(key_room, sizeof key_room);
	struct writer w = writer_of(record, sizeof record);

	write_source(&key, report->source.family, report->source.addr);
	write_u64(&key, evidence_time(e));
	txn_put(txn, TABLE_EVIDENCE, hash_key(hash_room, e->hash, e->reporter), writer_bytes(&key));
	write_bytes(&key, e->hash, REPORT_HASH);
	write_u32(&key, e->reporter);

	/* version(1) format(1) category(1) disposition(1) via(1) confidence(1) proof(1)
	 * received(8) observed(8) incidents(4) */
	write_u8(&w, VERSION);
	write_u8(&w, (uint8_t)report->format);
	write_u8(&w, (uint8_t)report->category);
	write_u8(&w, (uint8_t)report->disposition);
	write_u8(&w, (uint8_t)report->via);
	write_u8(&w, report->confidence);
	write_u8(&w, report->proof);
	write_u64(&w, e->received);
	write_u64(&w, report->observed);
	write_u32(&w, report->incidents);
	txn_put(txn, TABLE_REPORTS, writer_bytes(&key), writer_bytes(&w));
}

/* False when the bytes are damaged. */
static bool read_row(struct bytes key, struct bytes value, struct evidence *e)
{
	struct reader k = reader_of(key);
	struct reader r = reader_of(value);
	unsigned family = read_u8(&k);
	addr_t addr = family ? addr_read(&k, family) : 0;

	*e = (struct evidence){0};
	if (family) {
		e->report.source = prefix_of(family, addr, prefix_bits(family));
	}
	read_u64(&k); /* follows from the record's two times */
	const uint8_t *hash = read_bytes(&k, REPORT_HASH);

	if (hash) {
		memcpy(e->hash, hash, REPORT_HASH);
	}
	e->reporter = read_u32(&k);
	unsigned version = read_u8(&r);

	e->report.format = (enum report_format)read_u8(&r);
	e->report.category = (enum report_category)read_u8(&r);
	e->report.disposition = (enum report_disposition)read_u8(&r);
	e->report.via = (enum report_via)read_u8(&r);
	e->report.confidence = read_u8(&r);
	e->report.proof = read_u8(&r) != 0;
	e->received = read_u64(&r);
	e->report.observed = read_u64(&r);
	e->report.incidents = read_u32(&r);
	return version == VERSION && !k.bad && !r.bad;
}

void evidence_of(struct txn *txn, unsigned family, addr_t addr, uint64_t since,
		 evidence_visit *visit, void *context)
{
	uint8_t room[REPORTS_KEY];
	struct writer from = writer_of(room, sizeof room);
	struct bytes key, value;
	struct evidence e;

	write_source(&from, family, addr);
	size_t same = writer_len(&from);

	write_u64(&from, since);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);
	bool more = scan_seek(scan, writer_bytes(&from), &key, &value);

	while (more && key.len > same && memcmp(key.data, room, same) == 0) {
		if (!read_row(key, value, &e)) {
			scan_damaged(scan);
			break;
		}
		if (!visit(context, &e)) {
			break;
		}
		more = scan_next(scan, &key, &value);
	}
	scan_close(scan);
}

void evidence_put_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes body)
{
	size_t room = ZSTD_compressBound(body.len);
	uint8_t *packed = must_alloc(room);
	size_t len = ZSTD_compress(packed, room, body.data, body.len, LEVEL);

	assert(!ZSTD_isError(len)); /* the bound leaves it no way to fail */
	blobs_put(blobs, hash, bytes_of(packed, len));
	free(packed);
}
