/*
 * changed.h: which /16 blocks of the v4 index differ between two snapshots, from the journal.
 */
#ifndef DNSBLD_CHANGED_H
#define DNSBLD_CHANGED_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

/*
 * Calls `each` with the high 16 bits of every block that a change after number `since` altered, at
 * least once. `journal` is a scan of TABLE_JOURNAL in the newer snapshot. Returns that snapshot's
 * last change in *now. False where it cannot be told, or where it is a long story: the journal does
 * not reach back, a change was too large for it, or the transaction has failed (what *now is then
 * means nothing). Whoever asks then forgets everything.
 */
bool changed_blocks(struct txn *txn, struct scan *journal, uint64_t since, uint64_t *now,
		    void (*each)(void *context, uint16_t high), void *context);

#endif
