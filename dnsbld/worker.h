/*
 * worker.h: what one process needs to answer: the database, its newest snapshot, and what was
 * read from it. Both the UDP workers and the TCP process have one.
 */
#ifndef DNSBLD_WORKER_H
#define DNSBLD_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "access.h"
#include "cache.h"
#include "clients.h"
#include "config.h"
#include "counters.h"
#include "directory.h"
#include "dnstap.h"
#include "quota.h"
#include "rrl.h"
#include "signing.h"
#include "store.h"
#include "transfer.h"
#include "zone.h"

struct transfers;

struct worker {
	struct config *config;             /* borrowed; its mirrored zones are filled in */
	struct process_counters *counters; /* this process' own; NULL: nothing is counted */
	struct tsig_keys *keys;            /* NULL: the config has none */
	struct signing signing;            /* of the query that is answered, if it has a TSIG */
	struct store *store;
	struct txn *txn;
	bool reading;          /* between worker_begin() and worker_end(), with a snapshot */
	bool speaks;           /* the one of its generation that warns about zones */
	struct timespec now;   /* of the real clock, when the batch began */
	uint32_t epoch;        /* counts the snapshots that differed; never 0 while reading */
	uint64_t snapshot;     /* txn_id() of the epoch */
	uint64_t change;       /* the last one of the snapshot that the directory follows */
	struct scan *journal;  /* of the epoch */
	uint64_t surveyed;     /* snapshot that was last looked through for warnings */
	uint64_t complained_s; /* when a failing database was last logged */
	struct scan *scan6;
	bool scanning6;         /* scan6 is of the current batch: somebody asked for IPv6 */
	struct clients clients; /* its zones are in the order of those below */
	struct zones zones;
	size_t mirrored;   /* the first of the zones that is; they come last */
	uint64_t followed; /* snapshot that the mirrored zones' config is from */
	struct directory directory;
	struct cache cache;
	struct quotas *quotas; /* borrowed, shared with all processes; NULL: nobody is counted */
	struct zone_view seen; /* what one key may see: scratch */
	struct dnstap dnstap;  /* set by whoever has opened it, or left off */
	struct transfers *transfers; /* borrowed, of the TCP process; NULL: nobody gets one */
	struct rrl rrl;              /* of a UDP worker, where rrl_init() was called */
};

/*
 * Opens the database and prepares the zones of the config, which is borrowed; into those that are
 * mirrored goes what their primaries say of them, so that it has to be this process' own. All
 * memory is taken here, but for that.
 */
enum status worker_open(struct worker *w, struct config *config, bool speaks);
void worker_close(struct worker *w);

/* From now on what it does is counted. */
void worker_count(struct worker *w, const struct counters_view *view);

/* For what no zone of ours was asked. NULL: nothing is counted. */
static inline struct zone_counters *worker_no_zone(const struct worker *w)
{
	return w->counters ? &w->counters->no_zone : NULL;
}

/* Counts events. */
static inline void worker_events(const struct worker *w, enum counter event, uint64_t n)
{
	if (w->counters) {
		counter_add(&w->counters->event[event], n);
	}
}

static inline void worker_event(const struct worker *w, enum counter event)
{
	worker_events(w, event, 1);
}

/* Around each batch: takes the newest snapshot, and gives it up. Nothing may block in between. */
void worker_begin(struct worker *w);
void worker_end(struct worker *w);

/*
 * Whether the zone can be answered for in the snapshot, and at this time; the zone is brought up to
 * date with it. It is the caller's for as long as the batch.
 */
bool worker_has_zone(struct worker *w, struct zone *zone);

/* Of a zone that cannot: it could, if its primary had been reached since (RFC 1035 §3.3.13). */
static inline bool worker_is_expired(const struct worker *w, const struct zone *zone)
{
	return zone->known && (uint64_t)w->now.tv_sec >= zone->expires_s;
}

/* The answer id at an address in the snapshot, 0 where unlisted. False where the database fails. */
bool worker_find(struct worker *w, unsigned family, addr_t addr, uint32_t *id);

/*
 * What an answer id (not 0) means in a zone that worker_has_zone(), or in a `view` of it that is
 * not NULL; borrowed until the next call. NULL where the database fails.
 */
const struct prepared *worker_answer(struct worker *w, const struct zone *zone,
				     const struct zone_view *view, uint32_t id);

/*
 * The key of a label, in lower case; key->number is 0 where there is none. Borrowed until the next
 * call. False where the database fails.
 */
bool worker_find_key(struct worker *w, struct bytes label, struct access *key);

/*
 * A transfer of a zone that worker_has_zone(), from the snapshot, as transfer_open(): ST_CONFIG
 * where the database has it by another config. What else fails is logged.
 */
enum status worker_open_transfer(struct worker *w, const struct zone *zone, const uint32_t *since,
				 struct transfer **transfer);

/*
 * Once a second, outside of a batch. False when data.mdb is no longer the file that was opened: the
 * worker must end, and its successor opens the new one.
 */
bool worker_tick(struct worker *w);

#endif
