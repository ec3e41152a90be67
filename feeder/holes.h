/* holes.h: the parts of a range that exclusions keep from being served. */
#ifndef FEEDER_HOLES_H
#define FEEDER_HOLES_H

#include "prefix.h"
#include "store.h"

/* Says on stderr which exclusions lie inside the prefix, where any does. Errors are the
 * transaction's. */
void holes_say(struct txn *txn, const struct prefix *prefix);

#endif
