/*
 * journal.h: what each change altered, so that it can be undone, step by step, for IXFR (RFC 1995).
 *
 * A row holds a unit as it was *before* the change: the bytes of its block (v4, a /16), or its
 * ranges clipped to it (v6, a /32); empty where nothing was listed in it. A head row opens each
 * change. A change that is too large, or that changes what the config contributes, is a barrier:
 * IXFR never crosses it.
 */
#ifndef DNSBLD_JOURNAL_H
#define DNSBLD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "index.h"
#include "interned.h"
#include "state.h"
#include "name.h"
#include "store.h"

enum {
	JOURNAL_UNITS =
		4096, /* a change of more units is a barrier: a full transfer is cheaper by then */
};

/* What one change altered, gathered in memory until it is known whether it is a barrier. */
struct journal {
	struct journal_unit {
		struct prefix unit;
		struct bytes before; /* owned */
	} * at;
	size_t count, room;
	uint64_t units; /* met in all; above JOURNAL_UNITS the bytes are dropped */
};

/* Notes a unit before it is altered, with its bytes. Call it once a unit. */
void journal_note(struct journal *j, const struct prefix *unit, struct bytes before);
void journal_release(struct journal *j);

/* Bytes of a v6 unit's segments. The caller frees ->data. */
struct bytes journal_encode6(const struct segments *segments);

/* The segments of a row. ST_INTERNAL when it is damaged. */
enum status journal_decode(const struct prefix *unit, struct bytes before,
			   struct segments *segments);

/* A key: its change and unit; the unit's family is 0 for a head row. False where it is none. */
bool journal_key(struct bytes key, uint64_t *change, struct prefix *unit);

/* Whether a head row opens a change that was too large for its units to be kept, or is no such row.
 */
bool journal_barrier(struct bytes head);

/* One zone in a head row. */
struct journal_zone {
	const char *name;
	uint32_t serial; /* after the change */
	bool barred;
};

/* What a head row says of a zone, but its name. False where the change did not move its serial. */
bool journal_head_zone(struct bytes head, const char *name, struct journal_zone *zone);

/*
 * Writes the change: head row and units, or a barrier for all zones when there are too many units.
 * References of the answers that rows name go to `answers`. Then drops what is too old or too much:
 * who has an older zone takes a full transfer.
 */
void journal_write(struct journal *j, struct txn *txn, struct state *state, uint64_t time,
		   const struct journal_zone *zones, size_t zone_count, struct interned *answers,
		   const struct journal_config *bounds);

/* Calls for each distinct answer id of the segments, once. */
void answers_of(const struct segments *segments, void (*each)(void *context, uint32_t id),
		void *context);

#endif
