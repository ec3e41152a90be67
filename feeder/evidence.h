/*
 * evidence.h: the reports that are kept: a row for each, by the address that it is about and the
 * time at which it counts, and the body beside it (blob.h).
 *
 *     reports:   family(1) addr(0|4|16) time(8) id(32) -> what it says, and who
 *                0xff received(8) id(32)               -> nothing: the way to the oldest
 *     evidence:  'i' id(32)   -> family, addr and time of its row
 *                'b' hash(32) -> rows that have this body(4)
 *
 * 1. All reports about an address stand together, the oldest first. Family 0 (no addr): about none.
 * 2. A reporter's same report is one row, however often it comes in: the same is what has the same
 *    number (its own, or the Message-ID), else the same bytes, and says the same.
 * 3. Nothing here is served: it is written through change_txn(); only a verdict makes a claim.
 */
#ifndef FEEDER_EVIDENCE_H
#define FEEDER_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "report.h"
#include "store.h"

struct evidence {
	struct report report; /* outputs and domains stay empty: rows of their own, a name */
	uint64_t received;    /* seconds since 1970 */
	uint32_t reporter;    /* number */
	bool output;          /* report.source is an output host of the relay that was tested */
	uint8_t hash[REPORT_HASH]; /* of the body, and its key in blob.h */
	uint8_t id[REPORT_HASH];   /* evidence_identify() */

	/* What the config says of the reporter (reporters.h), never on disk. */
	uint32_t trust; /* thousandths */
	bool trap;
	bool anonymous;
};

/*
 * When it counts: when it was observed. Where the report does not say, or dates itself further
 * ahead than REPORT_FUTURE_S: when it was received.
 */
uint64_t evidence_time(const struct evidence *evidence);

/* Sets the id, from the reporter, the hash and what the report says. */
void evidence_identify(struct evidence *evidence);

/* Whether the row is there already. */
bool evidence_known(struct txn *txn, const uint8_t id[REPORT_HASH]);

/* The row; false where there is none. */
bool evidence_get(struct txn *txn, const uint8_t id[REPORT_HASH], struct evidence *e);

/* The id as people see it: its first octets. */
enum { EVIDENCE_ID_TEXT = 16 };
void evidence_id_format(const struct evidence *evidence, char text[EVIDENCE_ID_TEXT + 1]);

/* The row whose id, as people see it, begins with these digits. ST_DATA where there is none or more
 * than one. */
enum status evidence_find(struct txn *txn, const char *digits, struct evidence *e);

/* Adds a row that is not there. Its body must be synced before the transaction commits. */
void evidence_add(struct txn *txn, const struct evidence *evidence);

/* Deletes a row that is there. True where no other row has its body. */
bool evidence_del(struct txn *txn, const struct evidence *evidence);

/* Whether a row has this body. */
bool evidence_has_body(struct txn *txn, const uint8_t hash[REPORT_HASH]);

/*
 * Calls `visit` for each report about an address (family 0: about none), the oldest first. Stops
 * when visit returns false. Errors are the transaction's.
 */
typedef bool evidence_visit(void *context, const struct evidence *evidence);
void evidence_of(struct txn *txn, unsigned family, addr_t addr, evidence_visit *visit,
		 void *context);

/* The same for all addresses of a prefix, backwards: by address, then time. */
void evidence_within(struct txn *txn, const struct prefix *prefix, evidence_visit *visit,
		     void *context);

/* The first address at or after *host (of either family) that a report is about; false: none. */
bool evidence_next_host(struct txn *txn, struct prefix *host);

/* Moves *host one on, past all IPv4 addresses to IPv6; false past the last. */
bool evidence_after_host(struct prefix *host);

/* The report that was received first, where that was before `before`. */
bool evidence_oldest(struct txn *txn, uint64_t before, struct evidence *e);

/*
 * Whether all that leads to the rows leads there, and counts them right (evidence_check.c). Each
 * fault is told in words. Errors are the transaction's.
 */
typedef void evidence_fault(void *context, const char *fault);
void evidence_check(struct txn *txn, evidence_fault *fault, void *context);

/* For that: a row of the table `reports`; false when the bytes are damaged. And whether the row by
 * time of receipt is there. */
bool evidence_read(struct bytes key, struct bytes value, struct evidence *e);
bool evidence_has_receipt(struct txn *txn, const struct evidence *e);

/* Puts the first `most` octets of a body, compressed; nothing where it is there. Errors are those
 * of `blobs`. */
void evidence_put_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes body,
		       size_t most);

/* A copy of a body, that the caller frees (body->data). False where there is none, or damaged. */
bool evidence_get_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes *body);

#endif
