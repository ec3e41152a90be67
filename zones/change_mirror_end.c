/*
 * change_mirror_end.c: how a transfer ends, and how a long one goes on in another transaction.
 */
#include <stdlib.h>

#include "change_mirror.h"

/* SOA with this serial, and NS: what makes a zone. */
static enum status check_apex(struct change *c, struct mirroring *m, uint32_t serial)
{
	struct mirror_key apex;
	struct bytes value;
	struct mirror_rr rr;
	bool soa = false, ns = false;

	mirror_key_apex(&apex, m->state.number, mirroring_slot(m));
	if (txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(&apex), &value)) {
		for (struct reader r = mirror_rrs(value); mirror_rr_next(&r, &rr);) {
			/* mirror_rdata() has looked at its length. */
			soa = soa || (rr.type == TYPE_SOA &&
				      peek_u32(rr.rdata.data + rr.rdata.len - 20) == serial);
			ns = ns || rr.type == TYPE_NS;
		}
	}
	return soa && ns ? ST_OK
			 : fail(ST_DATA, "zone '%s': %s at its apex", m->zone->name,
				soa ? "there is no NS" : "there is no SOA of this serial");
}

static enum status verify(struct change *c, struct mirroring *m, uint32_t serial)
{
	enum status status = check_apex(c, m, serial);

	if (!status && m->full) {
		status = mirror_digest(c->txn, m->zone, m->state.number, m->state.staged);
	}
	txn_fail(c->txn, status);
	return txn_status(c->txn);
}

/* The claims are the slot's: it is served with this change. */
static void settle(struct change *c, struct mirroring *m, uint32_t serial, uint64_t refreshed_s)
{
	struct mirror_state *s = &m->state;

	if (m->full) {
		s->served = s->staged;
		s->tally = s->staged_tally;
		s->staged = 0;
		s->staged_tally = (struct mirror_tally){0};
	}
	for (unsigned code = 0; code < 256; code++) {
		s->codes[code / 8] |= (uint8_t)((m->sublist[code] != 0) << code % 8);
	}
	s->phase = MIRROR_SETTLED;
	s->mixed = false;
	s->whole = true;
	s->serial = serial;
	s->refreshed_s = refreshed_s;
	mirror_state_write(c->txn, m->zone->name, s);
	if (!txn_status(c->txn) && !mirror_zone_load(c->txn, m->zone)) {
		txn_fail(c->txn, fail(ST_INTERNAL, "zone '%s' cannot be loaded: run 'feeder check'",
				      m->zone->name));
	}
	m->ended = m->moved = true;
	change_audit(c, &(struct audit_entry){
				.event = m->full ? "full transfer" : "transfer",
				.source = m->zone->name,
				.added = m->added,
				.removed = m->removed,
			});
}

enum status change_mirror_end(struct change *c, uint32_t serial, uint64_t refreshed_s,
			      struct mirror_counts *counts, bool *more)
{
	struct mirroring *m = c->mirror;

	*more = false;
	mirroring_flush(c);
	if (txn_status(c->txn)) {
		return txn_status(c->txn);
	}
	if (!m->ended) {
		if (m->state.phase != MIRROR_APPLYING && verify(c, m, serial)) {
			return txn_status(c->txn);
		}
		if (mirroring_apply(c)) {
			settle(c, m, serial, refreshed_s);
		} else {
			mirror_state_write(c->txn, m->zone->name, &m->state);
			*more = true;
		}
	}
	if (m->ended) {
		*more = !mirroring_clean(c);
	}
	if (counts) {
		*counts = m->state.tally.counts;
	}
	return txn_status(c->txn);
}

void change_mirror_refreshed(struct change *c, const struct zone_config *zone, uint64_t refreshed_s)
{
	struct mirror_state state;

	if (mirror_state_read(c->txn, zone->name, &state)) {
		state.refreshed_s = refreshed_s;
		mirror_state_write(c->txn, zone->name, &state);
	}
}

enum status change_mirror_slice(struct change **change, bool *sliced)
{
	struct change *c = *change;
	struct mirroring *m = c->mirror, kept;
	bool is = m->full && m->weight >= mirror_slice;
	enum status status = txn_status(c->txn);

	if (sliced) {
		*sliced = is && !status;
	}
	if (!is || status) {
		return status;
	}
	mirroring_flush(c);
	mirror_state_write(c->txn, m->zone->name, &m->state);
	kept = *m;
	struct store *store = c->store;
	const struct config *config = c->config;
	struct change_who who = c->who;

	*change = NULL;
	status = change_commit(c, NULL);
	if (!status) {
		status = change_begin(change, store, config, &who);
	}
	return status ? status : mirroring_resume(*change, &kept);
}
