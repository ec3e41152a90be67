/*
 * change_serials.c: which zones does a change alter, and what follows for their serials and the
 * journal.
 *
 * A serial moves only when bytes that its zone serves do: when two answers that changed places mean
 * different records there, or when what the config contributes is not what it was (a barrier for
 * IXFR then). It becomes the clock, or one more than it was where it is there already (RFC 1982).
 */
#include <stdlib.h>
#include <time.h>

#include "change_mirror.h"
#include "serial.h"
#include "zonestate.h"

static bool differs(const struct change *c, const struct derive *d, const struct zone_config *zone)
{
	struct zone_view *view = must_alloc(sizeof *view);
	bool moved = false;

	zone_view_init(view, zone, c->txn);
	for (size_t i = 0; i < d->pair_count && !moved; i++) {
		moved = !answer_same(d->pairs[i].before, d->pairs[i].after, view, c->txn);
	}
	free(view);
	return moved;
}

static uint32_t next_serial(uint32_t last, uint32_t clock)
{
	return serial_newer(clock, last) ? clock : last + 1;
}

/*
 * A mirrored zone has its primary's serial, which moves whatever moved, and may go back where the
 * primary was rebuilt: nobody can follow that by IXFR.
 */
static bool move_mirrored(struct change *c, const struct derive *d, const struct zone_config *zone,
			  struct journal_zone *moved)
{
	const struct mirroring *m = c->mirror;
	struct zone_state now = {0}, was;

	if (!m || !m->moved || strcmp(m->zone->name, zone->name) != 0) {
		return false;
	}
	now.serial = m->state.serial;
	zone_fingerprint(c->config, m->zone, now.fingerprint);
	bool known = zone_state_read(c->txn, zone, &was);
	bool barred =
		!known || m->sliced || memcmp(was.fingerprint, now.fingerprint, FINGERPRINT) != 0;

	if (!barred && was.serial == now.serial && !differs(c, d, m->zone)) {
		return false;
	}
	barred = barred || !serial_newer(now.serial, was.serial);
	zone_state_write(c->txn, zone, &now);
	*moved = (struct journal_zone){zone->name, now.serial, barred};
	return true;
}

static bool move(struct change *c, const struct derive *d, const struct zone_config *zone,
		 uint32_t clock, struct journal_zone *moved)
{
	struct zone_state now = {0}, was;

	zone_fingerprint(c->config, zone, now.fingerprint);
	bool known = zone_state_read(c->txn, zone, &was);
	bool barred = !known || memcmp(was.fingerprint, now.fingerprint, FINGERPRINT) != 0;

	if (!barred && !differs(c, d, zone)) {
		return false;
	}
	now.serial = known             ? next_serial(was.serial, clock)
		     : c->first_serial ? c->first_serial
				       : clock;
	zone_state_write(c->txn, zone, &now);
	*moved = (struct journal_zone){zone->name, now.serial, barred};
	return true;
}

void change_serials(struct change *c, const struct derive *d, struct change_outcome *outcome)
{
	uint32_t clock = (uint32_t)time(NULL);
	struct journal_zone *moved = must_alloc(c->config->zone_count * sizeof *moved);
	size_t count = 0;

	for (size_t i = 0; i < c->config->zone_count && !txn_status(c->txn); i++) {
		const struct zone_config *zone = &c->config->zones[i];

		count += zone->mirror.given ? move_mirrored(c, d, zone, &moved[count])
					    : move(c, d, zone, clock, &moved[count]);
	}
	if (c->journal.units > 0) {
		zone_states_forget(c->txn, c->config);
	}
	if ((c->journal.units > 0 || count > 0) && !txn_status(c->txn)) {
		journal_write(&c->journal, c->txn, &c->state, clock, moved, count, c->answers,
			      &c->config->journal);
		outcome->number = c->state.changes;
	}
	outcome->units = c->journal.units;
	outcome->zones = (unsigned)count;
	free(moved);
}
