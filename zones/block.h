/*
 * block.h: the bytes of a /16 block of the v4 index, for block.c (reads) and block_write.c.
 *
 *     SHORT       addresses that all have one answer, as most blocks of most lists are: version(1),
 *                 which is 1 + the octets of the answer, the answer in so few octets as it needs,
 *                 low u16 … to the end
 *
 *     The others begin with version(1), which is 1, form(1) groups - 1 (2) items - 1 (2).
 *
 *     CONTAINERS  one for each answer, the fullest first: answer(4) kind(1) items - 1 (2) for each,
 *                 then their bodies, each as small as can be:
 *                     ARRAY   low u16 …
 *                     BITMAP  8,192 bytes, the first bit is the lowest address
 *                     RUNS    first u16 last u16 …
 *     POINTS      where most answers differ: answer u32 for each group, low u16 for each item,
 *                 then each item's group (1 byte, 2 above 256 groups)
 *     RANGES      as POINTS, with first u16s, then last u16s, then groups
 *
 * 1. The form is a function of the segments alone, so equal segments give equal bytes.
 * 2. Everything is sorted, and what touches and agrees is one.
 * 3. Containers are tried in turn, so they are few, or they are dense.
 */
#ifndef DNSBLD_BLOCK_H
#define DNSBLD_BLOCK_H

#include "index.h"

enum { BLOCK_VERSION = 1, SHORT_VERSION = 2, SHORT_VERSION_LAST = 5 };
enum block_form { CONTAINERS = 1, POINTS, RANGES };
enum container_kind { ARRAY = 1, BITMAP, RUNS };

enum {
	SHORT_HEADER = 1,
	BLOCK_HEADER = 6,
	CONTAINER_HEADER = 7,
	BITMAP_BYTES = 8192,
};

#endif
