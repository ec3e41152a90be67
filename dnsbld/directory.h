/*
 * directory.h: where the v4 index' blocks lie in the map, so that a query does not walk a B+tree.
 */
#ifndef DNSBLD_DIRECTORY_H
#define DNSBLD_DIRECTORY_H

#include <stdint.h>

#include "store.h"

struct directory_entry {
	const uint8_t *data; /* NULL: no block */
	uint32_t len;        /* at most BLOCK_MAX */
	uint32_t epoch;
};

struct directory {
	struct directory_entry *entry; /* one for each /16 */
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

static inline void directory_prefetch_entry(const struct directory *d, uint32_t addr)
{
	__builtin_prefetch(&d->entry[addr >> 16]);
}

static inline void directory_prefetch_block(const struct directory *d, uint32_t epoch, uint32_t addr)
{
	const struct directory_entry *e = &d->entry[addr >> 16];

	if (e->epoch == epoch && e->data) {
		__builtin_prefetch(e->data);
		__builtin_prefetch(e->data + ((uint64_t)e->len * (addr & 0xffff) >> 16));
	}
}

#endif
