/*
 * review.h: what waits for a human: nothing here lists anything by itself.
 *
 *     report      names no address, or is of no known format; by its id
 *     candidate   a host on which a test or a person throws suspicion, without proof; by its
 * address range       so many of its hosts are listed that all of it may belong there; by its
 * prefix
 *
 * Nothing is queued: what waits is found anew in the evidence and the claims each time, so it can
 * not disagree with them. What was refused is in the audit.
 */
#ifndef FEEDER_REVIEW_H
#define FEEDER_REVIEW_H

#include "evidence.h"
#include "feeder.h"

enum review_kind {
	REVIEW_REPORT,
	REVIEW_CANDIDATE,
	REVIEW_RANGE,
};

struct review {
	enum review_kind kind;
	const struct evidence *report;        /* of a report */
	struct prefix prefix;                 /* of the others … */
	const struct sublist_config *sublist; /* … that they would be listed on … */
	const char *reason;                   /* … and why */
};

/* Whether a word of the command line is a report's id, or the beginning of one. */
enum { REVIEW_ID_LEAST = 8 };
bool review_is_id(const char *word);

const char *review_kind_name(enum review_kind kind);

/* All that waits. Stops when visit returns false. What is passed is borrowed for the call. */
typedef bool review_visit(void *context, const struct review *review);
void reviews(struct txn *txn, const struct call *call, review_visit *visit, void *context);

/* Says on stderr where this new listing of the policy's fills its neighbourhood. */
void review_notice_neighbours(struct change *change, const struct sublist_config *sublist,
			      const struct prefix *prefix);

#endif
