/*
 * block_rrs.h: the index as owner names, for BIND exports and transfers. Which names there are is a
 * pure function of one unit as the zone sees it: a v4 unit is a /16, a v6 unit a /32. Private to
 * zones/.
 */
#ifndef DNSBLD_BLOCK_RRS_H
#define DNSBLD_BLOCK_RRS_H

#include "index.h"
#include "lens.h"

/* One owner: the address, or its wildcard's prefix; and the class of its records. */
struct owner {
	struct prefix prefix;
	uint32_t class;
};

/* The owners of one unit, and the memory that making them takes. */
struct owners {
	struct owner *at; /* ascending, as prefix_compare() has it */
	size_t count, room;
	const struct lens *lens;
	struct segments cut; /* the unit's segments without test entries */
	struct piece *piece; /* what looks the same */
	size_t piece_count, piece_room;
	uint32_t *tally; /* by class; all 0 between uses */
	uint32_t tally_room;
};

/* The lens has to stay. */
void owners_init(struct owners *owners, const struct lens *lens);
void owners_release(struct owners *owners);

/* Replaces what is in `owners` by those of a unit, all of whose answers the lens has learned. */
void block_rrs(struct owners *owners, const struct prefix *unit, const struct segments *segments);

#endif
