/*
 * change_mirror_drop.c: what is left of a transfer that was given up, and of a zone that is no
 * longer mirrored, goes.
 */
#include <stdlib.h>

#include "change_mirror.h"

enum { BATCH = 4096 };

bool mirroring_clean(struct change *c)
{
	struct mirroring *m = c->mirror;
	struct scan *scan = scan_open(c->txn, TABLE_MIRRORED);
	struct mirror_key at;
	struct bytes key, value;
	bool more;

	mirror_key_apex(&at, m->state.number, 0);
	more = scan_seek(scan, mirror_key_bytes(&at), &key, &value);
	while (more && m->weight < mirror_slice && key.len >= MIRROR_APEX &&
	       peek_u16(key.data) == m->state.number) {
		uint8_t slot = key.data[MIRROR_APEX - 1];

		if (slot == m->state.served || slot == m->state.staged) {
			mirror_key_apex(&at, m->state.number, slot);
			at.octets[MIRROR_APEX - 1]++;
			more = scan_seek(scan, mirror_key_bytes(&at), &key, &value);
			continue;
		}
		m->weight += mirror_weight(key.len, value.len);
		scan_delete(scan);
		more = scan_next(scan, &key, &value);
	}
	scan_close(scan);
	return !more || m->weight < mirror_slice;
}

void mirroring_unstage(struct mirroring *m)
{
	m->state.mixed = m->state.mixed || m->state.phase == MIRROR_APPLYING;
	m->state.phase = MIRROR_SETTLED;
	m->state.staged = 0;
	m->state.staged_tally = (struct mirror_tally){0};
}

bool change_mirror_give_up(struct change *c, const struct zone_config *zone, bool *more)
{
	struct mirroring *m = must_alloc(sizeof *m);

	*more = false;
	mirroring_free(c->mirror);
	c->mirror = m;
	if (!mirror_state_read(c->txn, zone->name, &m->state)) {
		return false;
	}
	bool staged = m->state.staged != 0;

	mirroring_unstage(m);
	*more = !mirroring_clean(c);
	mirror_state_write(c->txn, zone->name, &m->state);
	return staged || m->weight > 0;
}

/* False: there are more. */
static bool withdraw(struct change *c, struct mirroring *m)
{
	struct held {
		struct prefix prefix;
		uint16_t sublist;
	} *held = must_alloc(BATCH * sizeof *held);
	size_t count;

	do {
		struct source_walk *walk = source_walk_open(c->txn, m->source, NULL);

		for (count = 0; count < BATCH &&
				source_walk_next(walk, &held[count].prefix, &held[count].sublist);
		     count++) {
		}
		source_walk_close(walk);
		for (size_t i = 0; i < count; i++) {
			change_remove(c, &held[i].prefix, held[i].sublist, m->source);
			m->removed++;
			m->weight += 250;
		}
	} while (count == BATCH && m->weight < mirror_slice && !txn_status(c->txn));
	free(held);
	return count < BATCH;
}

bool change_mirror_drop(struct change *c, const char *zone, bool *more)
{
	struct mirroring *m = must_alloc(sizeof *m);
	char name[MIRROR_NAME_TEXT];
	struct source source;

	*more = false;
	mirroring_free(c->mirror);
	c->mirror = m;
	if (!mirror_state_read(c->txn, zone, &m->state)) {
		return false;
	}
	m->state.served = m->state.staged = 0;
	m->state.whole = false;
	m->state.mixed = true;
	if (source_read(c->txn, mirror_source(zone, name), &source)) {
		m->source = source.number;
		*more = !withdraw(c, m);
	}
	if (!*more) {
		*more = !mirroring_clean(c);
	}
	if (*more) {
		mirror_state_write(c->txn, zone, &m->state);
	} else {
		mirror_state_delete(c->txn, zone);
	}
	change_audit(c, &(struct audit_entry){.event = "no longer mirrored",
					      .source = zone,
					      .removed = m->removed});
	return true;
}
