/*
 * directory.c: 65,536 entries, one for each /16, and the copies of the blocks that were asked for.
 *
 *	address -> entry of its high 16 bits -> the copy -> block_find(low 16 bits)
 *	                 empty: index4_block() -> copied behind the others
 *
 * Pointers into the map instead of copies would be good for one snapshot only: a commit moves the
 * pages it touches, and nothing tells which. With 100 commits a second nearly every query had to
 * walk the tree (1.30 times an echo's cost instead of 1.05). What a commit alters is in the
 * journal, so a copy is good until it is altered. It costs each process the memory of the index, 2
 * to 4 octets a listing; in return a block that was read once stays in memory, whatever the kernel
 * thinks of the file's pages.
 *
 * 1. Copies are only ever added. Where room ends everything is forgotten, and room is made anew for
 *    twice what the index has by then: with any number of changes that is one block read again for
 *    each block that changed.
 * 2. What is copied was looked at as a whole: a damaged block is an error, and not a list without
 *    addresses.
 */
#include "directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	BLOCKS = 65536,
	LEAST_ROOM = 1 << 20,
};

/* Where a directory without room points. */
static uint8_t nowhere[DIRECTORY_UNIT];

static void release_copies(struct directory *d)
{
	if (d->copies != nowhere) {
		munmap(d->copies, d->room);
	}
}

void directory_release(struct directory *d)
{
	release_copies(d);
	free(d->entry);
}

void directory_forget(struct directory *d, uint16_t high)
{
	d->entry[high] = (struct directory_entry){0, 0};
}

void directory_forget_all(struct directory *d)
{
	memset(d->entry, 0, BLOCKS * sizeof *d->entry);
	d->used = DIRECTORY_UNIT; /* 0 is no place */
}

/* Begins anew, with room for the index as it is, twice, and for one block of any size. */
static bool make_room(struct directory *d, struct txn *txn)
{
	size_t room = LEAST_ROOM + BLOCK_MAX + 2 * store_table_usage(txn, TABLE_INDEX4).bytes;
	/* Not counted until it is written: it takes what the blocks take that are asked for. */
	void *copies = mmap(NULL, room, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (copies == MAP_FAILED) {
		return false;
	}
	release_copies(d);
	d->copies = copies;
	d->room = room;
	directory_forget_all(d);
	return true;
}

void directory_init(struct directory *d, struct txn *txn)
{
	*d = (struct directory){
		.entry = must_alloc(BLOCKS * sizeof *d->entry),
		.copies = nowhere,
		.room = sizeof nowhere,
		.used = sizeof nowhere,
	};
	make_room(d, txn);
}

/* A block that is no block answers nothing, and that must not look like "unlisted". */
static bool read_block(struct txn *txn, uint16_t high, struct bytes *block)
{
	*block = bytes_of(NULL, 0);
	if (index4_block(txn, high, block) && !block_is_whole(*block)) {
		txn_fail(txn, block_damaged(high));
	}
	return !txn_status(txn);
}

static bool fits(const struct directory *d, struct bytes block)
{
	return d->room - d->used >= block.len + DIRECTORY_UNIT;
}

static void keep_copy(struct directory *d, uint16_t high, struct bytes block)
{
	if (block.len > 0) {
		memcpy(d->copies + d->used, block.data, block.len);
	}
	d->entry[high] = (struct directory_entry){
		.at = (uint32_t)(d->used / DIRECTORY_UNIT),
		.len = (uint32_t)block.len,
	};
	d->used += (block.len + DIRECTORY_UNIT - 1) / DIRECTORY_UNIT * DIRECTORY_UNIT;
}

uint32_t directory_find(struct directory *d, struct txn *txn, uint32_t addr)
{
	uint16_t high = (uint16_t)(addr >> 16);
	struct bytes block;

	if (d->entry[high].at != 0) {
		return block_find(directory_block(d, addr), (uint16_t)addr);
	}
	if (!read_block(txn, high, &block)) {
		return 0;
	}
	/* Without memory for a copy the block answers where it is. */
	if (fits(d, block) || (make_room(d, txn) && fits(d, block))) {
		keep_copy(d, high, block);
	}
	return block_find(block, (uint16_t)addr);
}
