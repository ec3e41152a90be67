/*
 * retry.h: reports that are kept and that nobody could read, or that named no address: read again,
 * by a program that has learnt more since.
 */
#ifndef FEEDER_RETRY_H
#define FEEDER_RETRY_H

#include "reading.h"
#include "source.h"

/* Their rows and bodies: the items borrow from them. */
struct held {
	struct held_report {
		struct evidence row;
		struct bytes body;
		char reporter[SOURCE_NAME];
	} * at;
	size_t count, room;
};

/*
 * Reads them all and again. The items of *reading are those that can now be read, each of which
 * replaces its row. A body that is gone, or cut off, is said on stderr.
 */
enum status retry_read(struct held *held, struct reading *reading, const struct call *call);

void held_release(struct held *held);

#endif
