/*
 * transfer_inside.h: what a transfer is made of. Private to zones/transfer*.c.
 *
 *     transfer.c          which kind it is, and its records in turn
 *     transfer_copy.c     the index of a snapshot, copied
 *     transfer_since.c    the units that have changed since a serial, copied
 *     transfer_compare.c  how their owners differ from what they were
 */
#ifndef DNSBLD_TRANSFER_INSIDE_H
#define DNSBLD_TRANSFER_INSIDE_H

#include "block_rrs.h"
#include "transfer.h"

static inline void watch_step(const struct transfer_watch *watch)
{
	if (watch && watch->step) {
		watch->step(watch->context);
	}
}

/* --- transfer_copy.c ------------------------------------------------------------------------- */

/* The index, as far as the zone lists anything of it. */
struct index_copy {
	uint8_t *octets; /* of the blocks, one after the other */
	size_t len, room;
	struct block_copy {
		uint16_t high;
		uint32_t len;
	} * block; /* ascending */
	size_t block_count, block_room;
	struct segments v6; /* ascending */
	size_t at;          /* octets given back so far, */
	size_t block_at;    /* and blocks, */
	size_t v6_at;       /* and ranges, */
	addr_t v6_from;     /* of the next of which all before here was, too */
};

/*
 * Takes it, and teaches the lens all answers in it. ST_DATA: the zone would have more wildcards
 * than anybody can keep. Other errors are the transaction's.
 */
enum status index_copy_take(struct index_copy *copy, struct lens *lens, struct txn *txn,
			    const struct transfer_watch *watch);
void index_copy_release(struct index_copy *copy);

/* The next unit, IPv4 first, and its segments. False at the end. */
bool index_copy_next(struct index_copy *copy, struct prefix *unit, struct segments *segments);

/* --- transfer_since.c ------------------------------------------------------------------------ */

/* A unit whose bytes are others than they were. */
struct unit_change {
	struct prefix unit;
	size_t at;            /* where they are: as it was, */
	size_t before, after; /* and as it is; octets */
};

/* An owner whose records are others than they were; class 0: none. */
struct difference {
	struct prefix owner;
	uint32_t before, after;
};

struct differences {
	uint8_t *octets; /* of all units */
	size_t len, room;
	struct unit_change *unit; /* ascending */
	size_t unit_count, unit_room;
	size_t unit_at; /* the next one */

	struct difference *at; /* of the unit in hand; ascending */
	size_t count, at_room;
	struct segments segments;
	struct owners were, are;
};

/*
 * From when the zone had the serial `since` until now; the lens learns all answers in it. False
 * where that cannot be told from the journal, or would be longer than the zone; or on an error,
 * which is the transaction's.
 */
bool differences_since(struct differences *d, const char *zone, uint32_t since, struct lens *lens,
		       struct txn *txn, const struct transfer_watch *watch);

/* --- transfer_compare.c ---------------------------------------------------------------------- */

/*
 * The differences of the next unit, which may be none, and to *work how much was looked at for
 * them. False at the end; then it begins again.
 */
bool differences_next(struct differences *d, size_t *work);
void differences_release(struct differences *d);

#endif
