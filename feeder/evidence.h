/*
 * evidence.h: the reports that are kept: a row for each, by the address that it is about and the
 * time at which it counts, and the body beside it (blob.h).
 *
 *     reports:   family(1) addr(0|4|16) time(8) hash(32) reporter(4) -> what it says
 *     evidence:  hash(32) reporter(4) -> family, addr and time of its row
 *     reporters: 'n' name -> number(4), 'r' number(4) -> name
 *
 * 1. All reports about an address stand together, the oldest first. Family 0 (no addr): about none.
 * 2. A reporter's same bytes are one report, however often they come in.
 * 3. Nothing here is served: it is written through change_txn(); only a verdict makes a claim.
 */
#ifndef FEEDER_EVIDENCE_H
#define FEEDER_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "report.h"
#include "store.h"

/* All who do not say who they are, are one: what anybody may claim to be counts once. */
#define REPORTER_ANONYMOUS "anonymous"

struct evidence {
	struct report report;
	uint64_t received;         /* seconds since 1970 */
	uint32_t reporter;         /* number */
	uint8_t hash[REPORT_HASH]; /* of the body, and its key in blob.h */
};

/*
 * When it counts: when it was observed. Where the report does not say, or dates itself further
 * ahead than REPORT_FUTURE_S: when it was received.
 */
uint64_t evidence_time(const struct evidence *evidence);

/* A reporter's number, made now where there is none. 0 on an error of the transaction. */
uint32_t reporter_number(struct txn *txn, const char *name);

/* The name of a number; borrowed from the transaction. Empty where there is none. */
struct bytes reporter_name(struct txn *txn, uint32_t number);

/* Whether the row is there already: these bytes by this reporter. */
bool evidence_known(struct txn *txn, const uint8_t hash[REPORT_HASH], uint32_t reporter);

/* Adds a row that is not there. Its body must be synced before the transaction commits. */
void evidence_add(struct txn *txn, const struct evidence *evidence);

/* Puts the body, compressed; nothing where it is there. Errors are those of `blobs`. */
void evidence_put_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes body);

/*
 * Calls `visit` for each report about an address (family 0: about none) that counts from `since`
 * on, in order of time. Stops when visit returns false. Errors are the transaction's.
 */
typedef bool evidence_visit(void *context, const struct evidence *evidence);
void evidence_of(struct txn *txn, unsigned family, addr_t addr, uint64_t since,
		 evidence_visit *visit, void *context);

#endif
