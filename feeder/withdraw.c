/*
 * withdraw.c: withdraws what a source claims.
 *
 * A change to its claims ends a walk over them, so the walk collects a batch, the batch is
 * removed, and the next walk begins where the last ended. In a dry run, too, which leaves the rows
 * where they are.
 */
#include "withdraw.h"

#include <stdlib.h>

#include "progress.h"
#include "source.h"

enum { BATCH = 16384 }; /* × 48 octets: under a megabyte */

struct held {
	struct prefix prefix;
	uint16_t sublist;
};

struct batch {
	struct held *at;
	size_t count;
	struct held last; /* what the walk saw last; family 0: nothing yet */
};

static bool is_past(const struct held *last, const struct prefix *prefix, uint16_t sublist)
{
	int order = last->prefix.family ? prefix_compare(prefix, &last->prefix) : 1;

	return order > 0 || (order == 0 && sublist > last->sublist);
}

/* False when that was the end. */
static bool collect(struct batch *batch, struct txn *txn, uint32_t source, withdraw_keep *keep,
		    void *context)
{
	struct source_walk *walk = source_walk_open(
		txn, source, batch->last.prefix.family ? &batch->last.prefix : NULL);
	struct held claim;
	bool more = false;

	batch->count = 0;
	while (batch->count < BATCH &&
	       (more = source_walk_next(walk, &claim.prefix, &claim.sublist))) {
		if (!is_past(&batch->last, &claim.prefix, claim.sublist)) {
			continue;
		}
		batch->last = claim;
		if (!keep || !keep(context, &claim.prefix, claim.sublist)) {
			batch->at[batch->count++] = claim;
		}
	}
	source_walk_close(walk);
	return more;
}

static void remove_batch(const struct batch *batch, struct slices *slices, uint32_t source,
			 uint64_t *withdrawn)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct held *claim = &batch->at[i];

		if (change_remove(slices->change, &claim->prefix, claim->sublist, source)) {
			slices->rows++;
			slices->row.removed++;
			progress_at(++*withdrawn);
		}
	}
}

enum status withdraw(struct slices *slices, uint32_t source, withdraw_keep *keep, void *context,
		     uint64_t *withdrawn)
{
	struct batch batch = {.at = must_alloc(BATCH * sizeof *batch.at)};
	enum status status = ST_OK;
	bool more = true;

	while (!status && more) {
		status = slices_make_room(slices);
		if (!status) {
			more = collect(&batch, change_txn(slices->change), source, keep, context);
			remove_batch(&batch, slices, source, withdrawn);
			status = change_status(slices->change);
		}
	}
	free(batch.at);
	return status;
}
