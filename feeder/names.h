/*
 * names.h: from the numbers in the database's rows to the names that people know, read once each.
 */
#ifndef FEEDER_NAMES_H
#define FEEDER_NAMES_H

#include <stdint.h>

#include "store.h"

/* Release it. Good for one transaction. */
struct names {
	struct txn *txn;
	char **sublist; /* by number; NULL: not asked for yet */
	char **source;
	size_t sublist_room, source_room;
};

struct names names_of(struct txn *txn);
void names_release(struct names *names);

/* Borrowed. A number that nothing has is called "?" and itself. */
const char *names_sublist(struct names *names, uint16_t number);
const char *names_source(struct names *names, uint32_t number);

#endif
