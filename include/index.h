/*
 * index.h: the flattened index: from an address to an answer id, in one probe.
 *
 * The index says what is served: ranges are applied, exclusions cut out. It is a function of the
 * claims and the exclusions alone, derived by zones/flatten.c, written by zones/change.c in the
 * claims' own transaction, and read by everybody else.
 *
 * Wherever it is looked at as a whole it is a list of segments: ascending, disjoint, as long as can
 * be (neighbours that touch differ in their answer), unlisted space left out.
 */
#ifndef DNSBLD_INDEX_H
#define DNSBLD_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "status.h"
#include "store.h"

struct segment {
	addr_t first;
	addr_t last;
	uint32_t answer; /* never 0 */
};

/* A growing list; release it. */
struct segments {
	struct segment *at;
	size_t count;
	size_t room;
};

void segments_release(struct segments *segments);
/* Appends, merging with the last where they touch and agree. Answer 0 appends nothing. */
void segments_add(struct segments *segments, addr_t first, addr_t last, uint32_t answer);

/* The /16 block that holds a v4 address: its value in the index4 table, as block_encode() made it.
 */
enum { BLOCK_MAX = 8 + 65536 * 6 + 4 * 65536 }; /* no block is larger */

/* The answer id at the low 16 bits, 0 where unlisted. `block` may be any bytes: what is damaged is
 * 0. No allocation. */
uint32_t block_find(struct bytes block, uint16_t low);

/* Whether a block's parts are as long as it says: all that block_find() needs to find what is
 * there. */
bool block_is_whole(struct bytes block);

/* ST_INTERNAL, and the words for a block that is not. */
enum status block_damaged(uint16_t high);

/* Asks the cache for what block_find() will read behind the block's first cache line. */
void block_prefetch(struct bytes block, uint16_t low);

/* Bytes of the segments of one block (all inside `high`.0.0/16). Equal segments give equal bytes.
 */
void block_encode(const struct segment *at, size_t count, struct writer *w);

/* Appends the block's segments. ST_INTERNAL when the bytes are not what block_encode() can have
 * written. */
enum status block_decode(struct bytes block, uint16_t high, struct segments *segments);

/* Calls for each answer id that the block has, some perhaps more than once. False where its parts
 * are not as long as it says. */
bool block_answers(struct bytes block, void (*each)(void *context, uint32_t answer), void *context);

/* The block of an address in a transaction; false where it has none. */
bool index4_block(struct txn *txn, uint16_t high, struct bytes *block);

/* One v6 probe on a scan of TABLE_INDEX6 that the caller keeps open. The answer id, 0 where
 * unlisted. */
uint32_t index6_find(struct scan *scan, addr_t addr);

/* The segments inside a prefix, clipped to it, appended. Errors are the transaction's. */
void index_read(struct txn *txn, const struct prefix *inside, struct segments *segments);

/* The answer at one address through a transaction; 0 where unlisted. For the CLI; the server has
 * its own way. */
uint32_t index_find(struct txn *txn, unsigned family, addr_t addr);

#endif
