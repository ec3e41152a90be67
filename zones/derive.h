/*
 * derive.h: brings the index in line with the claims and exclusions after some of them changed.
 */
#ifndef DNSBLD_DERIVE_H
#define DNSBLD_DERIVE_H

#include "flatten.h"
#include "interned.h"
#include "journal.h"

/* Two answers that changed places somewhere: what was served, what is now; 0 is unlisted. */
struct answer_pair {
	uint32_t before, after;
};

struct derive {
	struct txn *txn;
	struct flatten *flatten;
	struct interned *answers;
	struct journal *journal;
	struct answer_pair *pairs; /* distinct; owned */
	size_t pair_count, pair_room;
};

/* `dirty`: prefixes in any order under which a claim or an exclusion came or went; sorted here.
 * Errors are the transaction's. */
void derive_index(struct derive *d, struct prefix *dirty, size_t count);
void derive_release(struct derive *d);

/* Sorts, and drops what another one covers. Returns how many are left. */
size_t prefixes_tidy(struct prefix *prefixes, size_t count);

/* For derive4.c and derive6.c: notes where two lists of segments differ, and calls for each
 * stretch. */
typedef void derive_differ(void *context, addr_t first, addr_t last);
bool derive_compare(struct derive *d, const struct segments *before, const struct segments *after,
		    derive_differ *differ, void *context);
void derive4(struct derive *d, const struct prefix *dirty, size_t count);
void derive6(struct derive *d, const struct prefix *dirty, size_t count);

#endif
