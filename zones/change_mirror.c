/*
 * change_mirror.c: a transfer into a mirrored zone, record by record, and how it ends.
 *
 *     full         records ─▶ a slot of their own, staged ─▶ verified ─▶ compared with the served
 *                  slot: touched regions ─▶ claims ─▶ the staged slot is the served one
 *     incremental  records ─▶ rows of the served slot, and touched regions ─▶ claims
 *
 * 1. Records of one owner are gathered in memory and written when another owner comes, so that an
 *    owner costs one look at its row and not one a record.
 * 2. Where a full transfer is more than a transaction holds, it is committed in slices. What is
 *    staged is not served. Only when claims begin to change the zone is between two states
 *    (MIRROR_APPLYING); when that is given up, it is `mixed`, and all of the next full transfer is
 *    compared with all claims.
 */
#include "change_mirror.h"

#include <stdlib.h>

uint64_t mirror_slice = UINT64_C(320) << 20;

void mirroring_free(struct mirroring *m)
{
	if (m) {
		mirror_row_release(&m->row);
		mirror_row_release(&m->old);
		touched_release(&m->touched);
		free(m);
	}
}

static uint32_t name_text(void *context, struct bytes text)
{
	struct change *c = context;

	return interned_id(c->texts, text);
}

/* Ready to write to the slot. */
static void open_slot(struct change *c, struct mirroring *m)
{
	m->cover = (struct cover){
		.txn = c->txn,
		.number = m->state.number,
		.slot = mirroring_slot(m),
		.text = name_text,
		.part = mirroring_part,
		.context = c,
	};
	cover_init(&m->cover);
}

void mirroring_close(struct mirroring *m)
{
	if (m && m->cover.scan) {
		cover_release(&m->cover);
		m->cover.scan = NULL;
	}
}

static bool slot_is_empty(struct change *c, const struct mirroring *m, uint8_t slot)
{
	struct scan *scan = scan_open(c->txn, TABLE_MIRRORED);
	struct bytes key, value;
	struct mirror_key apex;

	mirror_key_apex(&apex, m->state.number, slot);
	bool empty = !scan_seek(scan, mirror_key_bytes(&apex), &key, &value) ||
		     !mirror_key_below(key, mirror_key_bytes(&apex));
	scan_close(scan);
	return empty;
}

/* A slot for what comes; what a transfer left there that was given up has gone by then, mostly. */
static bool stage(struct change *c, struct mirroring *m)
{
	unsigned slot = 1;

	mirroring_unstage(m);
	mirroring_clean(c);
	while (slot < UINT8_MAX && !slot_is_empty(c, m, (uint8_t)slot)) {
		slot++;
	}
	m->state.staged = (uint8_t)slot;
	m->state.phase = MIRROR_STAGING;
	return slot < UINT8_MAX;
}

enum status change_mirror_begin(struct change *c, struct zone_config *zone, bool full)
{
	struct mirroring *m = must_alloc(sizeof *m);
	char name[MIRROR_NAME_TEXT];

	c->mirror = m;
	m->zone = zone;
	m->full = full;
	if (strlen(zone->name) + sizeof "mirror /255" > sizeof name) {
		return fail(ST_CONFIG, "'%.60s…' is too long a name for a mirrored zone",
			    zone->name);
	}
	if (!mirror_state_read(c->txn, zone->name, &m->state)) {
		m->state = (struct mirror_state){.number = mirror_new_number(c->txn)};
	}
	m->source = change_source(c, mirror_source(zone->name, name));
	if (txn_status(c->txn) || m->source == 0) {
		return txn_status(c->txn) ? txn_status(c->txn) : ST_DATA;
	}
	if (!full && (!m->state.whole || m->state.mixed || m->state.phase == MIRROR_APPLYING)) {
		return fail(ST_DATA, "zone '%s': there is nothing that a part can be added to",
			    zone->name);
	}
	if (m->state.number == 0 || (full && !stage(c, m))) {
		return fail(ST_DATA,
			    "zone '%s': the table of mirrored zones is full: "
			    "run 'feeder check'",
			    zone->name);
	}
	m->sliced = m->state.mixed;
	mirror_state_write(c->txn, zone->name, &m->state);
	open_slot(c, m);
	mirror_row_clear(&m->row);
	mirror_row_clear(&m->old);
	return txn_status(c->txn);
}

enum status mirroring_resume(struct change *c, const struct mirroring *before)
{
	struct mirroring *m = must_alloc(sizeof *m);

	c->mirror = m;
	m->zone = before->zone;
	m->full = before->full;
	m->state = before->state;
	m->source = before->source;
	memcpy(m->sublist, before->sublist, sizeof m->sublist);
	m->added = before->added;
	m->removed = before->removed;
	m->ended = before->ended;
	m->sliced = before->sliced || m->state.phase == MIRROR_APPLYING;
	open_slot(c, m);
	mirror_row_clear(&m->row);
	mirror_row_clear(&m->old);
	return txn_status(c->txn);
}

/* --- rows ------------------------------------------------------------------------------------- */

static struct mirror_tally *tally_of(struct mirroring *m)
{
	return m->full ? &m->state.staged_tally : &m->state.tally;
}

static void put_row(struct change *c, struct mirroring *m, const struct mirror_row *row)
{
	txn_put(c->txn, TABLE_MIRRORED, mirror_key_bytes(&m->owner), mirror_row_bytes(row));
	mirror_tally(tally_of(m), mirror_key_bytes(&m->owner), mirror_row_bytes(row), 1);
}

/* An owner came, and came again later: what is there already stays, the rest is added. */
static void merge(struct change *c, struct mirroring *m, struct bytes existing)
{
	struct mirror_rr rr;

	if (!mirror_row_read(&m->old, existing)) {
		scan_damaged(m->cover.scan);
		return;
	}
	mirror_tally(tally_of(m), mirror_key_bytes(&m->owner), mirror_row_bytes(&m->old), -1);
	for (struct reader r = mirror_rrs(mirror_row_bytes(&m->row)); mirror_rr_next(&r, &rr);) {
		if (rr.type == TYPE_SOA && m->owner.len == MIRROR_APEX) {
			mirror_row_delete_type(&m->old, TYPE_SOA);
		}
		mirror_row_add(&m->old, rr.type, rr.ttl_s, rr.rdata);
	}
	if (m->old.len > MIRROR_ROW) {
		txn_fail(c->txn,
			 fail(ST_DATA, "zone '%s': too many records at one name", m->zone->name));
	}
	put_row(c, m, &m->old);
}

static void write_staged(struct change *c, struct mirroring *m)
{
	struct bytes existing, key = mirror_key_bytes(&m->owner), value = mirror_row_bytes(&m->row);

	if (mirror_row_is_empty(&m->row)) {
		return;
	}
	if (scan_insert(m->cover.scan, key, value, &existing)) {
		mirror_tally(tally_of(m), key, value, 1);
	} else if (existing.data) {
		merge(c, m, existing);
	}
}

static void write_served(struct change *c, struct mirroring *m)
{
	struct mirror_meaning *was, *is;
	struct bytes key = mirror_key_bytes(&m->owner);
	bool there = !mirror_row_is_empty(&m->old), stays = !mirror_row_is_empty(&m->row);

	if (bytes_equal(mirror_row_bytes(&m->row), mirror_row_bytes(&m->old))) {
		return;
	}
	if (there) {
		mirror_tally(tally_of(m), key, mirror_row_bytes(&m->old), -1);
	}
	if (!there) {
		touch_name(&m->touched, &m->cover, key);
		put_row(c, m, &m->row);
	} else if (!stays) {
		txn_del(c->txn, TABLE_MIRRORED, key);
		touch_name(&m->touched, &m->cover, key);
	} else {
		was = must_alloc(2 * sizeof *was);
		is = was + 1;
		mirror_mean(mirror_row_bytes(&m->old), key.len == MIRROR_APEX, was);
		mirror_mean(mirror_row_bytes(&m->row), key.len == MIRROR_APEX, is);
		if (!mirror_means_same(was, is)) {
			touch_records(&m->touched, key);
		}
		free(was);
		put_row(c, m, &m->row);
	}
}

void mirroring_too_much(struct change *c)
{
	txn_fail(c->txn, fail(ST_DATA, "zone '%s': too much for one step: take a full transfer",
			      c->mirror->zone->name));
}

void mirroring_flush(struct change *c)
{
	struct mirroring *m = c->mirror;

	if (!m->has_owner || txn_status(c->txn)) {
		return;
	}
	m->weight += mirror_weight(m->owner.len, m->row.len);
	if (m->full) {
		write_staged(c, m);
	} else if (m->weight <= mirror_slice) {
		write_served(c, m);
	} else {
		mirroring_too_much(c);
	}
	m->has_owner = false;
	mirror_row_clear(&m->row);
	mirror_row_clear(&m->old);
}

/* Makes an owner the one at hand. */
static bool go_to(struct change *c, const struct name *owner)
{
	struct mirroring *m = c->mirror;
	struct mirror_key key;
	struct bytes value;
	char text[NAME_TEXT];

	if (!mirror_key_owner(&key, m->state.number, mirroring_slot(m), m->zone, owner)) {
		txn_fail(c->txn, fail(ST_DATA, "zone '%s': '%.200s' is not in it", m->zone->name,
				      name_format(owner, text)));
		return false;
	}
	if (m->has_owner && bytes_equal(mirror_key_bytes(&key), mirror_key_bytes(&m->owner))) {
		return true;
	}
	mirroring_flush(c);
	m->owner = key;
	m->has_owner = true;
	if (!m->full && txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(&key), &value) &&
	    (!mirror_row_read(&m->row, value) || !mirror_row_read(&m->old, value))) {
		scan_damaged(m->cover.scan);
	}
	return !txn_status(c->txn);
}

static void refuse(struct change *c, const struct record *record, const char *why)
{
	char text[NAME_TEXT];

	txn_fail(c->txn, fail(ST_DATA, "zone '%s': '%.200s' type %u: %s", c->mirror->zone->name,
			      name_format(&record->owner, text), record->type, why));
}

void change_mirror_delete(struct change *c, const struct record *record)
{
	struct mirroring *m = c->mirror;
	uint8_t *room = must_alloc(record->rdata.len);
	struct bytes rdata;

	if (!txn_status(c->txn) && go_to(c, &record->owner) &&
	    (!mirror_rdata(record->type, record->rdata, room, &rdata) ||
	     !mirror_row_delete(&m->row, record->type, rdata))) {
		refuse(c, record, "it is to be deleted and is not there: take a full transfer");
	}
	free(room);
}

void change_mirror_add(struct change *c, const struct record *record)
{
	struct mirroring *m = c->mirror;
	uint8_t *room = must_alloc(record->rdata.len);
	struct bytes rdata;

	if (txn_status(c->txn) || !go_to(c, &record->owner)) {
		goto out;
	}
	if (!mirror_rdata(record->type, record->rdata, room, &rdata)) {
		refuse(c, record, "its data is none of that type");
		goto out;
	}
	if (m->row.len + rdata.len > MIRROR_ROW) {
		refuse(c, record, "there are too many records at this name");
		goto out;
	}
	if (record->type == TYPE_SOA && m->owner.len == MIRROR_APEX) {
		mirror_row_delete_type(&m->row, TYPE_SOA);
	}
	/* NSD adds in a difference what is there, at names of three types: that means nothing. */
	mirror_row_add(&m->row, record->type, record->ttl_s, rdata);
out:
	free(room);
}
