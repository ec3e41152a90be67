/*
 * evidence.c: the reports that are kept.
 */
#include "evidence_inside.h"

#include <ldns/sha2.h>
#include <stdio.h>

enum {
	VERSION = 1,
	RECORD = 64 + REPORT_HASH + 3 * REPORT_WORDS,
	FLAG_PROOF = 1,
	FLAG_OUTPUT = 2,
};

uint64_t evidence_time(const struct evidence *e)
{
	bool dated = e->report.observed > 0 && e->report.observed <= e->received + REPORT_FUTURE_S;

	return dated ? e->report.observed : e->received;
}

void evidence_write_source(struct writer *w, unsigned family, addr_t addr)
{
	write_u8(w, (uint8_t)family);
	if (family) {
		addr_write(w, family, addr);
	}
}

void evidence_identify(struct evidence *e)
{
	const struct report *report = &e->report;
	bool numbered = report->reference[0] && report->disposition != DISPOSITION_UNRECOGNISED;
	bool row = report->format == FORMAT_SHADOWSERVER || report->format == FORMAT_UCEPROTECT;
	uint8_t room[64 + REPORT_WORDS];
	struct writer w = writer_of(room, sizeof room);

	write_u32(&w, e->reporter);
	write_u8(&w, row ? 2 : numbered);
	if (row && report->observed) {
		/* The same row comes in a file, in a zip and in a mail, and again tomorrow. */
		write_bytes(&w, report->note, strlen(report->note));
	} else if (numbered) {
		write_bytes(&w, report->reference, strlen(report->reference));
	} else {
		write_bytes(&w, e->hash, REPORT_HASH);
	}
	evidence_write_source(&w, report->source.family, report->source.addr);
	write_u8(&w, (uint8_t)report->category);
	write_u8(&w, (uint8_t)report->disposition);
	write_u8(&w, report->proof);
	write_u8(&w, e->output);
	write_u64(&w, report->observed);
	ldns_sha256(room, (unsigned)writer_len(&w), e->id);
}

/* --- keys -------------------------------------------------------------------- */

struct bytes evidence_key(uint8_t room[EVIDENCE_KEY], char kind, const uint8_t *hash)
{
	struct writer w = writer_of(room, EVIDENCE_KEY);

	write_u8(&w, (uint8_t)kind);
	write_bytes(&w, hash, REPORT_HASH);
	return writer_bytes(&w);
}

static struct bytes row_key(uint8_t room[REPORTS_KEY], const struct evidence *e)
{
	struct writer w = writer_of(room, REPORTS_KEY);

	evidence_write_source(&w, e->report.source.family, e->report.source.addr);
	write_u64(&w, evidence_time(e));
	write_bytes(&w, e->id, REPORT_HASH);
	return writer_bytes(&w);
}

static struct bytes received_key(uint8_t room[REPORTS_KEY], const struct evidence *e)
{
	struct writer w = writer_of(room, REPORTS_KEY);

	write_u8(&w, EVIDENCE_RECEIVED);
	write_u64(&w, e->received);
	write_bytes(&w, e->id, REPORT_HASH);
	return writer_bytes(&w);
}

/* --- rows -------------------------------------------------------------------- */

static void write_words(struct writer *w, const char *words)
{
	size_t len = strlen(words);

	write_u8(w, (uint8_t)len);
	write_bytes(w, words, len);
}

static void read_words(struct reader *r, char words[REPORT_WORDS])
{
	size_t len = read_u8(r);
	const uint8_t *data = len < REPORT_WORDS ? read_bytes(r, len) : NULL;

	r->bad = r->bad || !data;
	if (data) {
		memcpy(words, data, len);
	}
	words[data ? len : 0] = '\0';
}

/* Changes how many rows have a body. True where none has it any more. */
static bool count_body(struct txn *txn, const uint8_t hash[REPORT_HASH], int change)
{
	uint8_t room[EVIDENCE_KEY], record[4];
	struct bytes key = evidence_key(room, 'b', hash), value;
	struct writer w = writer_of(record, sizeof record);
	uint32_t count = 0;

	if (txn_get(txn, TABLE_EVIDENCE, key, &value)) {
		struct reader r = reader_of(value);

		count = read_u32(&r);
	}
	count = (uint32_t)((int64_t)count + change);
	if (count == 0) {
		txn_del(txn, TABLE_EVIDENCE, key);
		return true;
	}
	write_u32(&w, count);
	txn_put(txn, TABLE_EVIDENCE, key, writer_bytes(&w));
	return false;
}

static bool has_row(struct txn *txn, char kind, const uint8_t hash[REPORT_HASH])
{
	uint8_t room[EVIDENCE_KEY];
	struct bytes value;

	return txn_get(txn, TABLE_EVIDENCE, evidence_key(room, kind, hash), &value);
}

bool evidence_has_body(struct txn *txn, const uint8_t hash[REPORT_HASH])
{
	return has_row(txn, 'b', hash);
}

bool evidence_known(struct txn *txn, const uint8_t id[REPORT_HASH])
{
	return has_row(txn, 'i', id);
}

void evidence_add(struct txn *txn, const struct evidence *e)
{
	const struct report *report = &e->report;
	uint8_t room[REPORTS_KEY], id_room[EVIDENCE_KEY], record[RECORD];
	struct bytes key = row_key(room, e);
	struct writer w = writer_of(record, sizeof record);

	txn_put(txn, TABLE_EVIDENCE, evidence_key(id_room, 'i', e->id),
		bytes_of(key.data, key.len - REPORT_HASH));
	count_body(txn, e->hash, 1);

	/* version(1) format(1) category(1) disposition(1) via(1) confidence(1) flags(1) reporter(4)
	 * received(8) observed(8) incidents(4) hash(32), and texts after their lengths(1) */
	write_u8(&w, VERSION);
	write_u8(&w, (uint8_t)report->format);
	write_u8(&w, (uint8_t)report->category);
	write_u8(&w, (uint8_t)report->disposition);
	write_u8(&w, (uint8_t)report->via);
	write_u8(&w, report->confidence);
	write_u8(&w, (report->proof ? FLAG_PROOF : 0) | (e->output ? FLAG_OUTPUT : 0));
	write_u32(&w, e->reporter);
	write_u64(&w, e->received);
	write_u64(&w, report->observed);
	write_u32(&w, report->incidents);
	write_bytes(&w, e->hash, REPORT_HASH);
	write_words(&w, report->reference);
	write_words(&w, report->note);
	write_words(&w, report->recipient);
	txn_put(txn, TABLE_REPORTS, key, writer_bytes(&w));
	txn_put(txn, TABLE_REPORTS, received_key(room, e), bytes_of("", 0));
}

bool evidence_del(struct txn *txn, const struct evidence *e)
{
	uint8_t room[REPORTS_KEY], id_room[EVIDENCE_KEY];

	txn_del(txn, TABLE_REPORTS, row_key(room, e));
	txn_del(txn, TABLE_REPORTS, received_key(room, e));
	txn_del(txn, TABLE_EVIDENCE, evidence_key(id_room, 'i', e->id));
	return count_body(txn, e->hash, -1);
}

bool evidence_read(struct bytes key, struct bytes value, struct evidence *e)
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
	const uint8_t *id = read_bytes(&k, REPORT_HASH);
	unsigned version = read_u8(&r);

	e->report.format = (enum report_format)read_u8(&r);
	e->report.category = (enum category)read_u8(&r);
	e->report.disposition = (enum report_disposition)read_u8(&r);
	e->report.via = (enum report_via)read_u8(&r);
	e->report.confidence = read_u8(&r);
	unsigned flags = read_u8(&r);

	e->report.proof = flags & FLAG_PROOF;
	e->output = flags & FLAG_OUTPUT;
	e->reporter = read_u32(&r);
	e->received = read_u64(&r);
	e->report.observed = read_u64(&r);
	e->report.incidents = read_u32(&r);
	const uint8_t *hash = read_bytes(&r, REPORT_HASH);

	read_words(&r, e->report.reference);
	read_words(&r, e->report.note);
	read_words(&r, e->report.recipient);
	if (version != VERSION || k.bad || r.bad || !id || !hash) {
		return false;
	}
	memcpy(e->id, id, REPORT_HASH);
	memcpy(e->hash, hash, REPORT_HASH);
	return true;
}

bool evidence_has_receipt(struct txn *txn, const struct evidence *e)
{
	uint8_t room[REPORTS_KEY];
	struct bytes value;

	return txn_get(txn, TABLE_REPORTS, received_key(room, e), &value);
}

bool evidence_get(struct txn *txn, const uint8_t id[REPORT_HASH], struct evidence *e)
{
	uint8_t id_room[EVIDENCE_KEY], room[REPORTS_KEY];
	struct writer w = writer_of(room, sizeof room);
	struct bytes value;

	if (!txn_get(txn, TABLE_EVIDENCE, evidence_key(id_room, 'i', id), &value)) {
		return false;
	}
	write_bytes(&w, value.data, value.len);
	write_bytes(&w, id, REPORT_HASH);
	return txn_get(txn, TABLE_REPORTS, writer_bytes(&w), &value) &&
	       evidence_read(writer_bytes(&w), value, e);
}

void evidence_id_format(const struct evidence *e, char text[EVIDENCE_ID_TEXT + 1])
{
	for (int i = 0; i < EVIDENCE_ID_TEXT / 2; i++) {
		snprintf(text + 2 * i, 3, "%02x", e->id[i]);
	}
}
