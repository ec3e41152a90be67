/*
 * change_mirror.h: a transfer into a mirrored zone, for change_mirror*.c and what ends a change.
 */
#ifndef DNSBLD_CHANGE_MIRROR_H
#define DNSBLD_CHANGE_MIRROR_H

#include "change_inside.h"
#include "mirror_touch.h"

struct mirroring {
	struct zone_config *zone;
	bool full;
	struct mirror_state state;

	/* The records of the owner at hand. */
	bool has_owner;
	struct mirror_key owner;
	struct mirror_row row;
	struct mirror_row old; /* what its row has; of a full transfer not looked at before */

	struct cover cover; /* of the slot that is written; of a full transfer the staged one */
	struct touched touched;
	uint64_t weight; /* about so many octets of pages this transaction has written */

	uint32_t source;
	uint16_t sublist[256]; /* numbers by code; 0: not asked for yet */
	uint64_t added, removed;

	bool ended;  /* the zone has a new serial with this change, or had with the last slice's */
	bool moved;  /* with this one */
	bool sliced; /* its claims changed in several: nobody can follow that by IXFR */
};

/*
 * Of octets, by weight. LMDB's limit is 512 MiB of pages, and pages are half empty at worst;
 * weights have that in them. Tests make it smaller.
 */
extern uint64_t mirror_slice;

static inline uint64_t mirror_weight(size_t key, size_t value)
{
	return (key + value + 16) * 8 / 5;
}

void mirroring_close(struct mirroring *m); /* before the transaction ends; NULL is fine */
void mirroring_free(struct mirroring *m);  /* NULL is fine */

/* Goes on in a new change with what was in the one before. */
enum status mirroring_resume(struct change *c, const struct mirroring *before);

/* Writes the records of the owner at hand. Errors are the transaction's. */
void mirroring_flush(struct change *c);

/* Fails the transaction: a difference is not committed in slices. */
void mirroring_too_much(struct change *c);

/* What is staged counts no more: it is mirroring_clean()'s. */
void mirroring_unstage(struct mirroring *m);

/* The slot that records go to. */
static inline uint8_t mirroring_slot(const struct mirroring *m)
{
	return m->full ? m->state.staged : m->state.served;
}

/*
 * change_mirror_claims.c: makes claims of what the slot lists, as far as it was touched. False:
 * there is more, from state.next on, and enough was written.
 */
bool mirroring_apply(struct change *c);
bool mirroring_part(void *change, const struct cover_part *part); /* its cover's */

/* Rows of slots that are neither served nor staged. False: there are more. */
bool mirroring_clean(struct change *c);

#endif
