/*
 * directory.h: where the v4 index' blocks lie in the map, so that a query does not walk a B+tree.
 */
#ifndef DNSBLD_DIRECTORY_H
#define DNSBLD_DIRECTORY_H

#include <stdint.h>

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

/*
 * Asks the cache for what will be read. gcc 12 takes a function that does nothing else for one that
 * does nothing, and deletes its calls: the empty asm is what it must keep.
 */
static inline void prefetch(const void *at)
{
	__builtin_prefetch(at);
	__asm__ volatile("" : : "r"(at));
}

/* First for an address' entry, then, a little later, for the part of its block that is read. */
static inline void directory_prefetch_entry(const struct directory *d, uint32_t addr)
{
	prefetch(&d->entry[addr >> 16]);
}

static inline void directory_prefetch_block(const struct directory *d, uint32_t epoch,
					    uint32_t addr)
{
	const struct directory_entry *e = &d->entry[addr >> 16];

	if (e->epoch == epoch && e->data) {
		prefetch(e->data);
		/* Blocks are sorted: about there the address stands, if they are filled evenly. */
		prefetch(e->data + ((uint64_t)e->len * (addr & 0xffff) >> 16));
	}
}

#endif
