/*
 * readers.h: for how long the oldest reader of the database has kept feeder from using pages again.
 */
#ifndef DNSBLD_READERS_H
#define DNSBLD_READERS_H

#include "store.h"

struct readers {
	struct store_readers now;
	bool known;      /* `now` could be read */
	uint64_t behind; /* the oldest transaction that is read, where it is not the newest; or 0 */
	uint64_t since_s;
};

/* Once a second: takes note of what store_readers() said. */
void readers_look(struct readers *r, const struct store_readers *now, bool known, uint64_t now_s);

/* Seconds that the oldest reader has been behind; 0 where all read the newest transaction. */
uint64_t readers_age(const struct readers *r, uint64_t now_s);

#endif
