/*
 * state.h: the counters of the database, one row of `meta`: read when a change begins, written when
 * it commits.
 */
#ifndef DNSBLD_STATE_H
#define DNSBLD_STATE_H

#include <stdint.h>

#include "prefix.h"
#include "store.h"

/* How many prefixes there are of each length, so that nobody looks for a covering one where there
 * can be none. */
struct lengths {
	uint64_t v4[33];
	uint64_t v6[129];
};

static inline uint64_t *lengths_at(struct lengths *l, unsigned family, unsigned len)
{
	return family == 4 ? &l->v4[len] : &l->v6[len];
}

struct state {
	uint64_t changes;     /* number of the last change */
	uint64_t last_change; /* its time */
	uint64_t audit;       /* number of the last row */
	uint32_t answers;     /* last id given; ids are never given twice */
	uint32_t texts;
	uint32_t sources;
	uint16_t sublists;
	uint64_t journal_first; /* oldest change that the journal still has */
	uint64_t journal_bytes;
	struct lengths claims; /* claims, not listings: two sources of one prefix count twice */
	struct lengths exclusions;
};

/* Reads; zero where nothing was ever written. Errors are the transaction's. */
void state_read(struct txn *txn, struct state *state);
void state_write(struct txn *txn, const struct state *state);

/* Listings (prefix and sublist, whatever the number of claims) of a sublist. */
uint64_t state_listings(struct txn *txn, uint16_t sublist);
void state_set_listings(struct txn *txn, uint16_t sublist, uint64_t listings);

#endif
