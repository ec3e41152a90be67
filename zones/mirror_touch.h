/*
 * mirror_touch.h: where in the address space does it matter that a name came, went or has other
 * records? Private to zones/.
 *
 * An address' answer depends on its own records, on the closest name above it that exists, and on
 * the wildcard there. So
 *
 * 1. records that differ matter at the address, or below the wildcard's parent;
 * 2. a name that comes to exist, or ceases to, matters below the highest name that does so with it;
 *    and where the wildcard above that answered instead, as far as its prefixes reach (cover.h).
 *
 * So the prefixes that a region's cover has before and after are inside it, both.
 */
#ifndef DNSBLD_MIRROR_TOUCH_H
#define DNSBLD_MIRROR_TOUCH_H

#include "mirror_cover.h"

struct touched {
	struct prefix *at;
	size_t count, room;
	size_t tidied; /* how many were left when it was last tidied */
	bool all;      /* so many that everything is looked at */
};

void touched_release(struct touched *t);

/* A name that exists before and after has other records. */
void touch_records(struct touched *t, struct bytes key);

/* A row came or went. `absent` sees the names without it, in any slot. */
void touch_name(struct touched *t, struct cover *absent, struct bytes key);

/* The regions that were touched, none inside another, in order. */
void touched_tidy(struct touched *t);

#endif
