/*
 * change_inside.h: a change from inside, for the files that are it: change.c (begin, commit),
 * change_claims.c, change_exclusions.c, change_sweep.c, change_serials.c, change_mirror*.c.
 */
#ifndef DNSBLD_CHANGE_INSIDE_H
#define DNSBLD_CHANGE_INSIDE_H

#include "change.h"
#include "derive.h"
#include "source.h"

struct change {
	struct store *store;
	const struct config *config;
	struct change_who who;
	struct txn *txn;
	struct state state;
	struct interned *answers, *texts;
	struct journal journal;
	struct scan
		*claims; /* stands where the last claim was written: an import's next one is near */

	struct prefix *dirty; /* under which a claim or an exclusion came or went */
	size_t dirty_count, dirty_room;

	struct source_delta { /* claims a source has more or fewer */
		uint32_t source;
		int64_t claims;
	} * sources;
	size_t source_count, source_room;
	int64_t listings[UINT16_MAX + 1]; /* by sublist: listings more or fewer */

	struct excluded { /* what is excluded, as disjoint ranges; read when first asked for */
		bool known;
		struct segments v4, v6;
	} excluded;

	unsigned swept;
	uint32_t first_serial;    /* 0: the clock */
	struct mirroring *mirror; /* NULL: no transfer came in */
};

/* change_add(), with the text by its id; add->text is not looked at. */
enum claim_effect change_add_claim(struct change *change, const struct claim_add *add,
				   uint32_t text);

/* The number of a name that the config need not have. */
uint16_t change_number_sublist(struct change *change, const char *name);

void change_dirty(struct change *c, const struct prefix *prefix);
void change_count_source(struct change *c, uint32_t source, int64_t claims);

/* Whether exclusions cover all of a prefix. */
bool change_is_excluded(struct change *c, const struct prefix *prefix);
void change_forget_excluded(struct change *c);

/* Removes up to SWEEP_ROWS expired claims and exclusions. */
void change_sweep(struct change *c);

/*
 * Moves the serials of the zones whose answers or config differ, and writes the change to the
 * journal. Fills the outcome.
 */
void change_serials(struct change *c, const struct derive *d, struct change_outcome *outcome);

#endif
