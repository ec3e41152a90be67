/*
 * decide.h: from evidence to claims: asks the policy about the addresses that new reports are
 * about, and does what it says.
 */
#ifndef FEEDER_DECIDE_H
#define FEEDER_DECIDE_H

#include "claim.h"
#include "evidence.h"
#include "feeder.h"
#include "policy.h"

/* New rows, each of them about an address that no exclusion covers. */
struct fresh {
	struct evidence *at;
	size_t count, room;
};
void fresh_add(struct fresh *fresh, const struct evidence *evidence);
void fresh_release(struct fresh *fresh);

/*
 * All sublists' policies on the address of each fresh report that can matter to them: claims are
 * made and extended, and one that a new test has refuted is withdrawn. Sorts *fresh. Errors are the
 * change's.
 */
void decide(const struct call *call, struct change *change, struct fresh *fresh);

/* The policy's claim on exactly this prefix; false where it has none. `reason` is borrowed. */
bool decide_claim(struct txn *txn, const char *sublist, const struct prefix *prefix,
		  struct claim *claim);

/*
 * What the policy says of a host on a sublist, from all that the database and `more` (by source)
 * know of *prefix, which the listing would have. Of the database at most EVIDENCE_MOST rows that
 * matter to the sublist, the newest of a host; of them at most EVIDENCE_ANONYMOUS by nobody.
 */
enum { EVIDENCE_MOST = 10000, EVIDENCE_ANONYMOUS = 1000 };
void decide_verdict(struct txn *txn, const struct config *config,
		    const struct sublist_config *sublist, const struct prefix *host,
		    const struct fresh *more, uint64_t now, struct prefix *prefix,
		    struct verdict *verdict);

#endif
