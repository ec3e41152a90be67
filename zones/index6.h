/*
 * index6.h: rows of the v6 index, for what reads and writes them in zones/.
 */
#ifndef DNSBLD_INDEX6_H
#define DNSBLD_INDEX6_H

#include "index.h"

/* Key (16 bytes) and value (21) of a row. */
void index6_write(const struct segment *s, struct writer *key, struct writer *value);

/* The first row that ends at or after `addr`, and the one after the last given. False at the end; a
 * damaged row is the transaction's error. */
bool index6_seek(struct scan *scan, addr_t addr, struct segment *s);
bool index6_next(struct scan *scan, struct segment *s);

#endif
