/*
 * flatten.h: what the claims and exclusions say, as segments. The index is this, written down.
 */
#ifndef DNSBLD_FLATTEN_H
#define DNSBLD_FLATTEN_H

#include "answer.h"
#include "index.h"
#include "state.h"
#include "store.h"

/* Gives an answer its id. The writer makes one where there is none; the checker only looks. */
typedef uint32_t answer_namer(void *context, const struct answer *answer);

struct flatten {
	struct txn *txn;
	struct lengths claims; /* which lengths there are, of each; the caller's to fill */
	struct lengths exclusions;
	answer_namer *name;
	void *context;
	struct flatten_frame *frames;
	uint8_t *private; /* by sublist: is it a mirrored zone's? */
};

void flatten_init(struct flatten *f, struct txn *txn, answer_namer *name, void *context);
void flatten_release(struct flatten *f);

/* Appends the segments of what is claimed and not excluded inside `region`, by the rules at the
 * head of flatten.c. */
void flatten_region(struct flatten *f, const struct prefix *region, struct segments *segments);

/* The bytes of an answer, as they are kept and compared. */
enum { ANSWER_BYTES = 6 * CONFIG_SUBLISTS };
struct bytes answer_bytes(const struct answer *answer, uint8_t room[ANSWER_BYTES]);

#endif
