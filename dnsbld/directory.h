/*
 * directory.h: a worker's own copy of the v4 index: the blocks that were asked for, until a change
 * alters them. So a query walks no B+tree, whatever is committed meanwhile.
 */
#ifndef DNSBLD_DIRECTORY_H
#define DNSBLD_DIRECTORY_H

#include <stdint.h>

#include "index.h"
#include "store.h"

enum { DIRECTORY_UNIT = 8 }; /* octets; copies begin at whole ones */

/* One for each /16. */
struct directory_entry {
	uint32_t at;  /* where the copy is, in units; 0: the block was not read yet */
	uint32_t len; /* octets, at most BLOCK_MAX; 0: there is no such block */
};

struct directory {
	struct directory_entry *entry;
	uint8_t *copies;
	size_t room; /* octets of copies */
	size_t used;
};

/* With room for the index of the snapshot; where there is no memory for it, with none. */
void directory_init(struct directory *d, struct txn *txn);
void directory_release(struct directory *d);

/* A block was altered, or all may have been. */
void directory_forget(struct directory *d, uint16_t high);
void directory_forget_all(struct directory *d);

/*
 * The answer id of a v4 address, 0 where unlisted, in the transaction's snapshot: what was altered
 * since the one before must have been forgotten. Errors are the transaction's.
 */
uint32_t directory_find(struct directory *d, struct txn *txn, uint32_t addr);

static inline struct bytes directory_block(const struct directory *d, uint32_t addr)
{
	const struct directory_entry *e = &d->entry[addr >> 16];

	return bytes_of(d->copies + (size_t)e->at * DIRECTORY_UNIT, e->len);
}

/* Asks the cache for an address' entry; then for its block's head; then for what is read of it. */
static inline void directory_prefetch_entry(const struct directory *d, uint32_t addr)
{
	prefetch(&d->entry[addr >> 16]);
}

static inline void directory_prefetch_head(const struct directory *d, uint32_t addr)
{
	prefetch(directory_block(d, addr).data);
}

static inline void directory_prefetch_items(const struct directory *d, uint32_t addr)
{
	block_prefetch(directory_block(d, addr), (uint16_t)addr);
}

#endif
