/*
 * mirrors.h: zones that are copies of a primary's (mirrored.h), as they are served.
 */
#ifndef DNSBLD_MIRRORS_H
#define DNSBLD_MIRRORS_H

#include <stddef.h>
#include <stdint.h>

#include "worker.h"

/* The place of the first mirrored zone among the config's; all behind it are, too. */
size_t mirrors_first(const struct config *config);

/*
 * In a batch that has no zone in hand yet: where the snapshot has a mirrored zone with other static
 * data (SOA, NS, hosts, codes) they are loaded into the config, and it is prepared anew from it.
 * Errors are the transaction's.
 */
void mirrors_follow(struct worker *w);

/* When a mirrored zone is no longer served unless its primary is reached; 0: there is nothing yet.
 * Errors are the transaction's. */
uint64_t mirror_expires_s(struct worker *w, const struct zone *zone);

/* Once a second, outside of a batch: says in the log which are about to expire, or have. */
void mirrors_tick(struct worker *w, uint64_t now_s);

#endif
