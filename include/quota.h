/*
 * quota.h: how often somebody has asked: a day, and how fast. The counters are in a file of
 * dnsbld's own, which all its processes share as memory, so that they are the same for all of them
 * and are still there after a restart. feeder reads them.
 *
 *     quota_take(counter, tag, &limits, &time)  counts one query, or says that it is one too many
 *
 * Each counter is a word of its own that says whose it is and of which day: one that speaks of
 * another day or of somebody else counts as 0, so that nobody has to clear any at midnight or when
 * a key is gone, and whatever a damaged file has in it is no more than a wrong number. Words are
 * altered by compare and swap: between processes nothing is lost and nothing counted twice.
 *
 *     day:    day(14) tag(20) count(30)
 *     second: tag(20) time(44), when the next query would be due at an even pace
 *     total:  tag(20) count(44)
 *
 * A day is one of UTC. A quota a second is a bucket of one second's queries (GCRA): so many at
 * once, then as they come due.
 */
#ifndef DNSBLD_QUOTA_H
#define DNSBLD_QUOTA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "prefix.h"
#include "status.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a counter that processes share takes no lock");

enum {
	QUOTA_TAG_BITS = 20,
	QUOTA_TAGS = 1 << QUOTA_TAG_BITS,
	QUOTA_DAY_MOST = 1000000000, /* below 1 << 30 */
	QUOTA_SECOND_MOST = 100000,  /* above it a step is too few ticks to be even */
	QUOTA_TICKS = 15625000,      /* a second: 64 ns each */
};

/* 0: no bound. */
struct quota_limits {
	uint32_t day;
	uint32_t second;
};

/* The time as counters have it. */
struct quota_time {
	uint64_t day;   /* since 1970 */
	uint64_t ticks; /* likewise */
};
struct quota_time quota_time_of(const struct timespec *now);

struct quota_counter {
	_Atomic uint64_t day;
	_Atomic uint64_t second;
};

/* Whether one query more is within the limits; then it is counted. */
bool quota_take(struct quota_counter *counter, uint32_t tag, const struct quota_limits *limits,
		const struct quota_time *now);

/* How many were counted today. */
uint32_t quota_today(const struct quota_counter *counter, uint32_t tag,
		     const struct quota_time *now);

/* A key's. */
struct quota_key {
	struct quota_counter counter;
	_Atomic uint64_t total;
	_Atomic uint64_t spare;
};

void quota_add_total(struct quota_key *key, uint32_t tag);
uint64_t quota_total(const struct quota_key *key, uint32_t tag);

/*
 * Those of addresses: an address may be in one of the places of its set. Where all are taken by
 * others that asked today, the one that asked least makes room.
 */
enum {
	QUOTA_WAYS = 8,
	QUOTA_SET_BITS = 15, /* a quarter of a million addresses, in 4 MiB */
	QUOTA_SETS = 1 << QUOTA_SET_BITS,
	QUOTA_KEYS = 1 << 16, /* by number, see access.h */
};

struct quota_set {
	struct quota_counter way[QUOTA_WAYS];
};

struct quotas {
	void *map;
	struct quota_key *keys; /* QUOTA_KEYS of them */
	struct quota_set *sets; /* QUOTA_SETS of them */
	uint64_t secret[2];     /* of the hash that says where an address is */
};

/* A client's counter in a zone (`zone`: any number of its own), and its tag. IPv6 by /64. */
struct quota_counter *quota_address(struct quotas *quotas, uint64_t zone, unsigned family,
				    addr_t addr, const struct quota_time *now, uint32_t *tag);

/* ------------------------------------------------------------------------------------- the file */

#define QUOTA_FILE "quotas"

/*
 * Maps the file in `folder`, and makes both where they are missing, for `group` to read (-1: that
 * of the process). What is there and is not whole, or not this file, is set aside as
 * "quotas.damaged", which *aside says. ST_PERM, ST_IO, ST_AGAIN (disk full), ST_CONFIG.
 */
enum status quotas_open(struct quotas *quotas, const char *folder, int group, bool *aside);
void quotas_close(struct quotas *quotas);

/* A copy of the keys' counters, QUOTA_KEYS of them, that the caller frees. For feeder. */
enum status quotas_read(const char *folder, struct quota_key **keys);

#endif
