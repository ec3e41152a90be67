/*
 * retry.h: reports that are kept and that nobody could read, or that named no address: read again,
 * by a program that has learnt more since.
 *
 *     retry_open(&retry, call);
 *     while (retry_read(&retry, &reading)) { ingest(call, &reading.items);  retry_forget(…); }
 *     retry_close(&retry);
 */
#ifndef FEEDER_RETRY_H
#define FEEDER_RETRY_H

#include "reading.h"
#include "source.h"

struct retry {
	const struct call *call;
	struct held {
		struct evidence row;
		char reporter[SOURCE_NAME], id[EVIDENCE_ID_TEXT + 1];
	} * at;
	size_t count, room;
	size_t next;          /* the first that was not read yet */
	struct bytes *bodies; /* of the last ones that were, to be freed */
	size_t body_count;
	size_t better; /* that can be read now */
};

/* Finds all of them. retry_close() it even where that failed. */
enum status retry_open(struct retry *retry, const struct call *call);

/*
 * Reads the next ones, as many as RETRY_OCTETS have room for: the items of *reading are what has
 * become of them, each of which replaces its row. What still cannot be read, or only in part, keeps
 * its row. *more is false where there were none.
 */
enum { RETRY_OCTETS = 64 << 20 };
enum status retry_read(struct retry *retry, struct reading *reading, bool *more);

/* Forgets these items and their bodies. */
void retry_forget(struct retry *retry, struct reading *reading);

void retry_close(struct retry *retry);

#endif
