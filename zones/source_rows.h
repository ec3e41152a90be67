/*
 * source_rows.h: the rows that say who claims what, for change.c and what it is made of.
 */
#ifndef DNSBLD_SOURCE_ROWS_H
#define DNSBLD_SOURCE_ROWS_H

#include "source.h"

enum { BY_SOURCE_KEY = 4 + PREFIX_KEY + 2 };

/* source(4) prefix(6|18) sublist(2), the key of a claim in by_source; its value is empty. */
struct bytes by_source_key(uint8_t room[BY_SOURCE_KEY], uint32_t source,
			   const struct prefix *prefix, uint16_t sublist);

void source_write(struct txn *txn, const struct source *source);

enum { SNAPSHOT_KEY = 7 };
void source_write_snapshot(struct txn *txn, uint32_t source, uint16_t sublist,
			   const struct snapshot *snapshot);
void source_delete_snapshot(struct txn *txn, uint32_t source, uint16_t sublist);

#endif
