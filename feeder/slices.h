/*
 * slices.h: a long change in pieces, each of them a change of its own: LMDB 0.9.24 spills above
 * 131,071 dirty pages, so a transaction must end somewhere. Killed between two, the database has
 * the first and is consistent; running the verb again finishes.
 *
 *     slices_begin(&slices, call, store);
 *     slices.row = (struct audit_entry){.event = "import", .source = …};
 *     for each: { slices_make_room(&slices);  change_add(slices.change, …);  slices.rows++; }
 *     slices_finish(&slices);
 */
#ifndef FEEDER_SLICES_H
#define FEEDER_SLICES_H

#include "feeder.h"

enum { SLICE_ROWS = 1000000 };

struct slices {
	const struct call *call;
	struct store *store;
	struct change *change; /* NULL after a failure */
	unsigned number;       /* of this one, from 1 */
	unsigned rows;         /* changed in it so far; the caller counts */
	/* With an event: each slice writes it to the audit, with what the caller counted in it. */
	struct audit_entry row;
	struct change_outcome outcome; /* of the finished: the last number, the units, most zones */
};

enum status slices_begin(struct slices *slices, const struct call *call, struct store *store);

/* Where this one is full: finishes it and begins another. On a failure nothing is open any more. */
enum status slices_make_room(struct slices *slices);

enum status slices_finish(struct slices *slices);
void slices_abort(struct slices *slices); /* drops the one that is open, if any */

#endif
