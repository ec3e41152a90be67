/*
 * claim.h: one source's statement that a prefix belongs on a sublist, and its bytes in the
 * database.
 */
#ifndef DNSBLD_CLAIM_H
#define DNSBLD_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "store.h"

struct claim {
	struct prefix prefix;
	uint16_t sublist; /* number */
	uint32_t source;  /* number */
	bool snapshot;    /* of a feed: last seen and expiry are the feed's, not its own */
	bool imported;    /* came by a bulk import: the audit counts it instead of naming it */
	uint64_t created; /* seconds since 1970, UTC, as all times here */
	uint64_t last_seen;
	uint64_t expires;    /* 0: never */
	uint32_t text;       /* id of the public text; 0: none */
	struct bytes reason; /* never reaches DNS; borrowed; at most CLAIM_REASON octets */
};

enum {
	CLAIM_KEY = PREFIX_KEY + 6,
	CLAIM_REASON = 1024,
	CLAIM_RECORD = 64 + CLAIM_REASON, /* most bytes of a record */
};

/* prefix(6|18) sublist(2) source(4): a prefix's claims stand together, before those of what it
 * covers. */
void claim_write_key(struct writer *w, const struct claim *claim);
void claim_write(struct writer *w, const struct claim *claim);

/* Key and record into *claim; `reason` is borrowed. False when the bytes are damaged. */
bool claim_read(struct bytes key, struct bytes record, struct claim *claim);

/*
 * Calls `visit` for each claim whose prefix covers `prefix` (itself among them, the widest first),
 * or for each strictly below it, in key order. Stops when visit returns false.
 */
typedef bool claim_visit(void *context, const struct claim *claim);
void claims_covering(struct txn *txn, const struct prefix *prefix, claim_visit *visit,
		     void *context);
void claims_below(struct txn *txn, const struct prefix *prefix, claim_visit *visit, void *context);

/* A snapshot claim's last seen and expiry, from its feed, put into *claim. Nothing for others. */
void claim_resolve(struct txn *txn, struct claim *claim);

/* The claim with exactly this prefix, sublist and source; false where there is none. `reason` is
 * borrowed. */
bool claim_get(struct txn *txn, const struct prefix *prefix, uint16_t sublist, uint32_t source,
	       struct claim *claim);

#endif
