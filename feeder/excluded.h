/*
 * excluded.h: whether exclusions cover all of a prefix, one of them or several side by side: then
 * a claim on it would not be served anywhere.
 */
#ifndef FEEDER_EXCLUDED_H
#define FEEDER_EXCLUDED_H

#include <stdbool.h>

#include "prefix.h"
#include "store.h"

/* *by is one of them: the widest that covers it, else one inside. Errors are the transaction's. */
bool prefix_excluded(struct txn *txn, const struct prefix *prefix, struct prefix *by);

#endif
