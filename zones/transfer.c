/*
 * transfer.c: the records of a transfer in turn, as many at a time as a message holds.
 *
 *     full          SOA, the config's records, owners unit by unit, SOA
 *     incremental   SOA, SOA as it was, what owners had, SOA, what they have, SOA (RFC 1995 §4)
 *     current       SOA
 *
 * 1. All is of the one snapshot in which it was opened; whatever happens meanwhile.
 * 2. A call makes one message, and looks at as many units as that needs. Of a whole zone each has a
 *    record at least; where units differ in what the zone does not serve there may be none in a
 *    thousand, so that a call that has done much makes a short message, or none yet.
 * 3. Of an owner that had records and has others only those go that are different, as texts they
 *    are written: two templates may make one text.
 */
#include <limits.h>
#include <stdlib.h>

#include "message_write.h"
#include "serial.h"
#include "transfer_inside.h"
#include "zonestate.h"

enum {
	SOA_ROOM = 2 * NAME_MAX_WIRE + 20,
	WORK_MOST = 100000, /* owners and texts looked at in a call, but for one unit: some ms */
};

enum stage {
	FIRST_SOA,
	FIXED, /* the config's records */
	OWNERS,
	OLD_SOA,
	GOING,
	NEW_SOA,
	COMING,
	LAST_SOA,
	END,
};

static const enum stage full[] = {FIRST_SOA, FIXED, OWNERS, LAST_SOA, END};
static const enum stage incremental[] = {FIRST_SOA, OLD_SOA, GOING, NEW_SOA, COMING, LAST_SOA, END};
static const enum stage current[] = {FIRST_SOA, END};

struct transfer {
	struct zone_config
		zone; /* its names, times and TTLs: what it points to is not used later */
	enum transfer_kind kind;
	uint32_t serial, since;
	uint64_t records;

	struct lens lens;
	struct index_copy index;        /* full: the snapshot */
	struct differences differences; /* incremental: the units that have changed */
	struct segments segments;       /* of the unit in hand, */
	struct owners owners;           /* and its owners */
	uint8_t *fixed;                 /* owner run, type(2), ttl(4), rdata run, of each */
	size_t fixed_len, fixed_room;

	const enum stage *stage;
	size_t at;       /* in the stage: octets of `fixed`; in the unit an owner, a difference */
	unsigned number; /* of the next record of that owner */
	size_t work;     /* of this call */
	bool resting;    /* that was enough */
	bool waiting;    /* `record` did not fit into the last message */
	struct record record;
	uint8_t room[RECORD_ROOM]; /* its data, of an owner's, */
	uint8_t soa[SOA_ROOM];     /* or of a SOA */
};

/* --- each kind of record -------------------------------------------------------------------- */

static void keep_soa(void *context, const struct record *soa)
{
	struct transfer *t = context;

	memcpy(t->soa, soa->rdata.data, soa->rdata.len);
	t->record = *soa;
	t->record.rdata.data = t->soa;
}

static bool next_soa(struct transfer *t, uint32_t serial)
{
	if (t->at > 0) {
		return false;
	}
	t->at = 1;
	zone_soa(&t->zone, serial, keep_soa, t);
	return true;
}

static void keep_fixed(void *context, const struct record *record)
{
	struct transfer *t = context;
	size_t most = record->owner.len + record->rdata.len + 16;

	if (record->type == TYPE_SOA) {
		return; /* it has stages of its own */
	}
	if (t->fixed_len + most > t->fixed_room) {
		t->fixed_room = 2 * (t->fixed_len + most);
		t->fixed = must_realloc(t->fixed, t->fixed_room);
	}
	struct writer w = writer_of(t->fixed + t->fixed_len, most);

	write_bytes(&w, record->owner.wire, record->owner.len);
	write_u16(&w, record->type);
	write_u32(&w, record->ttl_s);
	write_run(&w, record->rdata);
	t->fixed_len += writer_len(&w);
}

static bool next_fixed(struct transfer *t)
{
	struct reader r = reader_of(bytes_of(t->fixed + t->at, t->fixed_len - t->at));

	if (t->at == t->fixed_len) {
		return false;
	}
	name_read(&r, &t->record.owner);
	t->record.type = read_u16(&r);
	t->record.ttl_s = read_u32(&r);
	t->record.rdata = read_run(&r);
	t->at = (size_t)(r.at - t->fixed);
	return true;
}

/*
 * Whether the record in hand is among the first `most` of what the owner has in a class; 0: none.
 * As text: two templates may be the same for one address.
 */
static bool is_among(struct transfer *t, const struct prefix *owner, uint32_t class, unsigned most)
{
	uint8_t room[RECORD_ROOM];
	struct record other;

	for (unsigned i = 0; class != 0 && i < most; i++, t->work++) {
		if (!owner_record(&t->zone, owner, lens_listed(&t->lens, class), i, room, &other)) {
			return false;
		}
		if (other.type == t->record.type && bytes_equal(other.rdata, t->record.rdata)) {
			return true;
		}
	}
	return false;
}

/* The next record of an owner in a class, each once. */
static bool next_of_class(struct transfer *t, const struct prefix *owner, uint32_t class)
{
	const struct listed *listed = lens_listed(&t->lens, class);

	while (owner_record(&t->zone, owner, listed, t->number, t->room, &t->record)) {
		unsigned number = t->number++;

		if (listed->txt_count < 2 || number <= listed->a_count ||
		    !is_among(t, owner, class, number)) {
			return true;
		}
	}
	return false;
}

static bool next_owner(struct transfer *t)
{
	for (;;) {
		for (; t->at < t->owners.count; t->at++, t->number = 0) {
			const struct owner *owner = &t->owners.at[t->at];

			if (next_of_class(t, &owner->prefix, owner->class)) {
				return true;
			}
		}
		struct prefix unit;

		if (!index_copy_next(&t->index, &unit, &t->segments)) {
			return false;
		}
		block_rrs(&t->owners, &unit, &t->segments);
		t->at = 0;
	}
}

/* Of the unit in hand, what owners had and have no more, or the other way round. */
static bool next_in_unit(struct transfer *t, bool coming)
{
	for (; t->at < t->differences.count; t->at++, t->number = 0) {
		const struct difference *d = &t->differences.at[t->at];
		uint32_t class = coming ? d->after : d->before;
		uint32_t other = coming ? d->before : d->after;

		if (t->work > WORK_MOST) {
			return false;
		}
		while (class != 0 && next_of_class(t, &d->owner, class)) {
			if (!is_among(t, &d->owner, other, UINT_MAX)) {
				return true;
			}
		}
	}
	return false;
}

static bool next_difference(struct transfer *t, bool coming)
{
	for (;;) {
		if (next_in_unit(t, coming)) {
			return true;
		}
		if (t->work > WORK_MOST) {
			t->resting = true;
			return false;
		}
		if (!differences_next(&t->differences, &t->work)) {
			return false;
		}
		t->at = 0;
		t->number = 0;
	}
}

/* --- all of them ---------------------------------------------------------------------------- */

static bool next_of_stage(struct transfer *t)
{
	switch (*t->stage) {
	case FIRST_SOA:
	case NEW_SOA:
	case LAST_SOA:
		return next_soa(t, t->serial);
	case OLD_SOA:
		return next_soa(t, t->since);
	case FIXED:
		return next_fixed(t);
	case OWNERS:
		return next_owner(t);
	case GOING:
		return next_difference(t, false);
	case COMING:
		return next_difference(t, true);
	case END:
		break;
	}
	return false;
}

static bool next(struct transfer *t)
{
	while (*t->stage != END) {
		if (next_of_stage(t)) {
			return true;
		}
		if (t->resting) {
			return false;
		}
		t->stage++;
		t->at = 0;
		t->number = 0;
	}
	return false;
}

size_t transfer_next(struct transfer *t, struct bytes head, uint8_t *out, size_t room)
{
	struct message_writer m;

	t->work = 0;
	t->resting = false;
	if (!t->waiting && !next(t)) {
		return 0;
	}
	message_begin(&m, head, &t->zone.apex, out, room);
	do {
		t->waiting = !message_put(&m, &t->record);
		t->records += !t->waiting;
	} while (!t->waiting && next(t));
	return message_end(&m);
}

/* --- open and close ------------------------------------------------------------------------- */

/* The zone's serial, where the database has it as this config does. */
static enum status agree(struct txn *txn, const struct config *config,
			 const struct zone_config *zone, uint32_t *serial)
{
	uint8_t fingerprint[FINGERPRINT];
	struct zone_state state;

	if (!zone_state_read(txn, zone, &state)) {
		return txn_status(txn) ? txn_status(txn)
				       : fail(ST_CONFIG, "the database has no zone %s", zone->name);
	}
	zone_fingerprint(config, zone, fingerprint);
	if (memcmp(state.fingerprint, fingerprint, FINGERPRINT) != 0) {
		return fail(ST_CONFIG,
			    "zone %s: feeder's last write had another config: run 'feeder sync'",
			    zone->name);
	}
	*serial = state.serial;
	return ST_OK;
}

static enum status begin(struct transfer *t, struct txn *txn, const struct config *config,
			 const struct zone_config *zone, const uint32_t *since,
			 const struct transfer_watch *watch)
{
	struct zone_view view;

	zone_view_init(&view, zone, txn);
	lens_init(&t->lens, &view);
	owners_init(&t->owners, &t->lens);
	if (since && !serial_newer(t->serial, *since)) {
		t->kind = TRANSFER_CURRENT;
		t->stage = current;
	} else if (since &&
		   differences_since(&t->differences, t->zone.name, *since, &t->lens, txn, watch)) {
		t->kind = TRANSFER_INCREMENTAL;
		t->stage = incremental;
		t->since = *since;
	} else {
		t->kind = TRANSFER_FULL;
		t->stage = full;
		zone_records(config, zone, &view, t->serial, keep_fixed, t);
		return index_copy_take(&t->index, &t->lens, txn, watch);
	}
	return txn_status(txn);
}

enum status transfer_open(struct transfer **transfer, struct txn *txn, const struct config *config,
			  const struct zone_config *zone, const uint32_t *since,
			  const struct transfer_watch *watch)
{
	uint32_t serial = 0;
	enum status status = agree(txn, config, zone, &serial);

	if (status) {
		return status;
	}
	struct transfer *t = must_alloc(sizeof *t);

	t->zone = *zone;
	t->serial = serial;
	status = begin(t, txn, config, zone, since, watch);
	if (status) {
		transfer_close(t);
		return status;
	}
	*transfer = t;
	return ST_OK;
}

void transfer_close(struct transfer *t)
{
	if (!t) {
		return;
	}
	index_copy_release(&t->index);
	differences_release(&t->differences);
	segments_release(&t->segments);
	owners_release(&t->owners);
	lens_release(&t->lens);
	free(t->fixed);
	free(t);
}

enum transfer_kind transfer_kind(const struct transfer *t)
{
	return t->kind;
}

uint32_t transfer_serial(const struct transfer *t)
{
	return t->serial;
}

bool transfer_rests(const struct transfer *t)
{
	return t->resting;
}

uint64_t transfer_records(const struct transfer *t)
{
	return t->records;
}
