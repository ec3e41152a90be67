/*
 * expiry.h: when claims, exclusions and feeds' snapshots end.
 */
#ifndef DNSBLD_EXPIRY_H
#define DNSBLD_EXPIRY_H

#include <stdint.h>

#include "prefix.h"
#include "store.h"

/* How many claims and exclusions have expired by `now` and are still there: they count until a
 * write sweeps them. */
uint64_t expiry_due(struct txn *txn, uint64_t now);

/*
 * The same bounded, for looking at often: rows that are due, at most `most`, where a feed's
 * snapshot is one; and in *since when the first of them was due, 0 where none is.
 */
uint64_t expiry_rows(struct txn *txn, uint64_t now, uint64_t most, uint64_t *since);

/* For change.c: rows of the expiry table. `key` is that of a claim, of an exclusion, or source(4)
 * sublist(2). */
enum expiry_kind { EXPIRY_CLAIM = 'c', EXPIRY_EXCLUSION = 'e', EXPIRY_SNAPSHOT = 's' };
void expiry_put(struct txn *txn, uint64_t when, enum expiry_kind kind,
		struct bytes key); /* when 0: nothing */
void expiry_del(struct txn *txn, uint64_t when, enum expiry_kind kind,
		struct bytes key); /* likewise */

/* The first row due by `now`: true, with its kind, time, and key copied to `room` (EXPIRY_ROOM). */
enum { EXPIRY_ROOM = 32 };
bool expiry_first(struct txn *txn, uint64_t now, enum expiry_kind *kind, uint64_t *when,
		  uint8_t room[EXPIRY_ROOM], struct bytes *key);

#endif
