/*
 * retention.h: reports are kept as long as the config says (reports { keep }), and no longer: they
 * are other people's mail.
 */
#ifndef FEEDER_RETENTION_H
#define FEEDER_RETENTION_H

#include "evidence.h"
#include "feeder.h"

enum { RETENTION_ROWS = 10000 }; /* most that one change drops */

/* Bodies that no row has any more. */
struct dropped {
	uint8_t (*hash)[REPORT_HASH];
	size_t count, room;
};
void dropped_add(struct dropped *dropped, const uint8_t hash[REPORT_HASH]);
/* Takes out those that a row has again; before the commit. */
void dropped_settle(struct dropped *dropped, struct txn *txn);
void dropped_release(struct dropped *dropped);

/* Deletes the rows of reports that were received too long ago. Returns how many; RETENTION_ROWS
 * says that there may be more. */
unsigned retention_drop(const struct call *call, struct txn *txn, struct dropped *dropped);

/*
 * After the commit that dropped their rows: deletes the bodies. Killed before that, or where it
 * fails, bodies without a row are left.
 */
enum status retention_forget(struct blobs *blobs, const struct dropped *dropped);

/*
 * Finds such bodies, and those of an ingest that was killed before its rows were committed, and
 * deletes them: in one of RETENTION_PARTS of all bodies, which depends on the minute, so that a
 * timer comes by each. `store` is open for writing: nobody else is about to commit rows. *count:
 * how many it were.
 */
enum { RETENTION_PARTS = 256 };
enum status retention_sweep(const struct call *call, struct store *store, size_t *count);

#endif
