/*
 * source.h: who claims, and what a source claims.
 */
#ifndef DNSBLD_SOURCE_H
#define DNSBLD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "prefix.h"
#include "store.h"

enum {
	SOURCE_NAME = 272,     /* room for a name, a mirror's too, with its NUL */
	SOURCE_NAME_MOST = 63, /* characters of all others */
};

struct source {
	uint32_t number;
	char name[SOURCE_NAME];
	bool disabled;
	uint64_t created; /* seconds */
	uint64_t claims;
};

/* ST_DATA unless `name` may be one: 1 to 63 letters, digits, '.', '-', '_', '+', '@', ':', not
 * beginning with '-'. */
enum status source_check_name(const char *name);

/* False where there is none. */
bool source_read(struct txn *txn, const char *name, struct source *source);
bool source_by_number(struct txn *txn, uint32_t number, struct source *source);

/* All sources, by name. Stops when visit returns false. */
typedef bool source_visit(void *context, const struct source *source);
void sources(struct txn *txn, source_visit *visit, void *context);

/* A feed's snapshot on a sublist. */
struct snapshot {
	uint64_t last_seen;
	uint64_t expires; /* 0: never */
	uint64_t size;    /* entries of the last file that was imported to its end; 0: none was */
};

/* False where the feed made none. */
bool source_snapshot(struct txn *txn, uint32_t source, uint16_t sublist, struct snapshot *snapshot);

/*
 * What a source claims, by prefix, then sublist. `from` (or NULL) is where to begin: the first
 * claim at or after it. A change to the source's claims ends the walk: collect, then change, then
 * begin anew from where it was.
 */
struct source_walk;
struct source_walk *source_walk_open(struct txn *txn, uint32_t source, const struct prefix *from);
bool source_walk_next(struct source_walk *walk, struct prefix *prefix, uint16_t *sublist);
void source_walk_close(struct source_walk *walk);

#endif
