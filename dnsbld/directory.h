/*
 * directory.h: where the v4 index' blocks lie in the map, so that a query does not walk a B+tree.
 */
#ifndef DNSBLD_DIRECTORY_H
#define DNSBLD_DIRECTORY_H

#include <stdint.h>

#include "index.h"
#include "store.h"

/* One for each /16. */
struct directory_entry {
	const uint8_t *data; /* the block; NULL: there is none */
	uint32_t len;        /* at most BLOCK_MAX */
	uint32_t epoch;      /* of the snapshot that this was read in; 0: of none */
};

struct directory {
	struct directory_entry *entry;
};

void directory_init(struct directory *d);
void directory_release(struct directory *d);

/* Forgets everything: for when epochs begin anew. */
void directory_clear(struct directory *d);

/*
 * The answer id of a v4 address in the transaction's snapshot, 0 where unlisted. `epoch` is the
 * snapshot's number, not 0: equal numbers mean the same snapshot. Errors are the transaction's.
 */
uint32_t directory_find(struct directory *d, struct txn *txn, uint32_t epoch, uint32_t addr);

/* Asks the cache for an address' entry; then for its block's head; then for what is read of it. */
static inline void directory_prefetch_entry(const struct directory *d, uint32_t addr)
{
	prefetch(&d->entry[addr >> 16]);
}

static inline void directory_prefetch_head(const struct directory *d, uint32_t epoch, uint32_t addr)
{
	const struct directory_entry *e = &d->entry[addr >> 16];

	if (e->epoch == epoch && e->data) {
		prefetch(e->data);
		prefetch(e->data + 63);
	}
}

static inline void directory_prefetch_items(const struct directory *d, uint32_t epoch,
					    uint32_t addr)
{
	const struct directory_entry *e = &d->entry[addr >> 16];

	if (e->epoch == epoch && e->len > 64) {
		block_prefetch(bytes_of(e->data, e->len), (uint16_t)addr);
	}
}

#endif
