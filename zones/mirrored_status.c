/*
 * mirrored_status.c: what the database keeps of a mirrored zone beside its records.
 *
 *     ff ff 00 zone -> version(1) number(2) served(1) staged(1) phase(1) flags(1) serial(4)
 *                      refreshed(8) next: family(1) address(16), codes(32), tallies of both slots
 *     a tally:         records(8) outside(8) of each kind(8) … cuts(8), ttl(4) count(8) …
 */
#include <stdio.h>

#include "mirrored_rows.h"

enum {
	VERSION = 1,
	WHOLE = 1,
	MIXED = 2,
	TALLY = 8 * (3 + MIRROR_KINDS) + 12 * MIRROR_TTLS,
	RECORD = 19 + 17 + 32 + 2 * TALLY,
};

const char *mirror_source(const char *zone, char text[MIRROR_NAME_TEXT])
{
	snprintf(text, MIRROR_NAME_TEXT, "mirror %s", zone);
	return text;
}

const char *mirror_sublist(const char *zone, uint8_t code, char text[MIRROR_NAME_TEXT])
{
	snprintf(text, MIRROR_NAME_TEXT, "%s/%u", zone, code);
	return text;
}

bool mirror_is_source(const char *name)
{
	return strncmp(name, "mirror ", 7) == 0;
}

bool mirror_is_sublist(const char *name)
{
	return strchr(name, '/') != NULL;
}

static struct bytes status_key(struct mirror_key *key, const char *zone)
{
	size_t len = strnlen(zone, MIRROR_NAME_TEXT);

	mirror_key_apex(key, MIRROR_STATUSES, 0);
	memcpy(key->octets + key->len, zone, len);
	key->len += len;
	return mirror_key_bytes(key);
}

static void write_tally(struct writer *w, const struct mirror_tally *tally)
{
	write_u64(w, tally->counts.records);
	write_u64(w, tally->counts.outside);
	for (unsigned i = 0; i < MIRROR_KINDS; i++) {
		write_u64(w, tally->counts.of_kind[i]);
	}
	write_u64(w, tally->cuts);
	for (unsigned i = 0; i < MIRROR_TTLS; i++) {
		write_u32(w, tally->ttl[i].ttl_s);
		write_u64(w, tally->ttl[i].count);
	}
}

static void read_tally(struct reader *r, struct mirror_tally *tally)
{
	tally->counts.records = read_u64(r);
	tally->counts.outside = read_u64(r);
	for (unsigned i = 0; i < MIRROR_KINDS; i++) {
		tally->counts.of_kind[i] = read_u64(r);
	}
	tally->cuts = read_u64(r);
	for (unsigned i = 0; i < MIRROR_TTLS; i++) {
		tally->ttl[i].ttl_s = read_u32(r);
		tally->ttl[i].count = read_u64(r);
	}
}

bool mirror_state_read(struct txn *txn, const char *zone, struct mirror_state *s)
{
	struct mirror_key key;
	struct bytes value;

	if (!txn_get(txn, TABLE_MIRRORED, status_key(&key, zone), &value)) {
		return false;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	s->number = read_u16(&r);
	s->served = read_u8(&r);
	s->staged = read_u8(&r);
	s->phase = read_u8(&r);
	unsigned flags = read_u8(&r);
	s->whole = flags & WHOLE;
	s->mixed = flags & MIXED;
	s->serial = read_u32(&r);
	s->refreshed_s = read_u64(&r);
	unsigned family = read_u8(&r);
	s->next = (struct prefix){addr_read(&r, 6), (uint8_t)family, 0};
	const uint8_t *codes = read_bytes(&r, sizeof s->codes);
	read_tally(&r, &s->tally);
	read_tally(&r, &s->staged_tally);
	if (r.bad || reader_left(&r) > 0 || version != VERSION || s->phase > MIRROR_APPLYING) {
		txn_fail(txn,
			 fail(ST_INTERNAL,
			      "the status of mirrored zone '%s' is damaged: run 'feeder check'",
			      zone));
		return false;
	}
	memcpy(s->codes, codes, sizeof s->codes);
	return true;
}

void mirror_state_write(struct txn *txn, const char *zone, const struct mirror_state *s)
{
	uint8_t record[RECORD];
	struct writer w = writer_of(record, sizeof record);
	struct mirror_key key;

	write_u8(&w, VERSION);
	write_u16(&w, s->number);
	write_u8(&w, s->served);
	write_u8(&w, s->staged);
	write_u8(&w, (uint8_t)s->phase);
	write_u8(&w, (uint8_t)((s->whole ? WHOLE : 0) | (s->mixed ? MIXED : 0)));
	write_u32(&w, s->serial);
	write_u64(&w, s->refreshed_s);
	write_u8(&w, s->next.family);
	addr_write(&w, 6, s->next.addr);
	write_bytes(&w, s->codes, sizeof s->codes);
	write_tally(&w, &s->tally);
	write_tally(&w, &s->staged_tally);
	txn_put(txn, TABLE_MIRRORED, status_key(&key, zone), writer_bytes(&w));
}

void mirror_state_delete(struct txn *txn, const char *zone)
{
	struct mirror_key key;

	txn_del(txn, TABLE_MIRRORED, status_key(&key, zone));
}

bool mirror_status_read(struct txn *txn, const struct zone_config *zone,
			struct mirror_status *status)
{
	struct mirror_state s;

	if (!mirror_state_read(txn, zone->name, &s)) {
		return false;
	}
	*status = (struct mirror_status){
		.whole = s.whole,
		.mixed = s.mixed || s.phase == MIRROR_APPLYING,
		.serial = s.serial,
		.refreshed_s = s.refreshed_s,
		.records = s.tally.counts.records,
		.outside = s.tally.counts.outside,
	};
	memcpy(status->of_kind, s.tally.counts.of_kind, sizeof status->of_kind);
	return true;
}

void mirror_zones(struct txn *txn, mirror_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_MIRRORED);
	struct bytes key, value;
	struct mirror_key top;
	char name[MIRROR_NAME_TEXT];

	mirror_key_apex(&top, MIRROR_STATUSES, 0);
	for (bool more = scan_seek(scan, mirror_key_bytes(&top), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		size_t len = key.len - MIRROR_APEX;

		if (!mirror_key_below(key, mirror_key_bytes(&top)) || len >= sizeof name) {
			scan_damaged(scan);
			break;
		}
		memcpy(name, key.data + MIRROR_APEX, len);
		name[len] = '\0';
		if (!visit(context, name)) {
			break;
		}
	}
	scan_close(scan);
}

struct numbers {
	struct txn *txn;
	uint16_t last;
};

static bool take_number(void *context, const char *zone)
{
	struct numbers *n = context;
	struct mirror_state s;

	if (mirror_state_read(n->txn, zone, &s) && s.number > n->last) {
		n->last = s.number;
	}
	return true;
}

uint16_t mirror_new_number(struct txn *txn)
{
	struct numbers n = {txn, 0};

	mirror_zones(txn, take_number, &n);
	return n.last < MIRROR_STATUSES - 1 ? n.last + 1 : 0;
}
