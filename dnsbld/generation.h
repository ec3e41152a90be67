/*
 * generation.h: all processes that serve one reading of the config. The parent has one, and two
 * while a new config takes over.
 */
#ifndef DNSBLD_GENERATION_H
#define DNSBLD_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "process.h"

/* What every generation shares. */
struct generation_base {
	struct sockets sockets;
	unsigned count; /* of processes, at most */
	struct counters counters;
	struct quotas *quotas; /* NULL: the config had no `state` at start */
	struct rrl_table *rrl;
	int hello[2];
	int log[2]; /* logging.h */
	int signals;
};

enum generation_state {
	GENERATION_OFF,
	GENERATION_STARTING, /* not all have said hello yet */
	GENERATION_SERVING,
	GENERATION_STOPPING,
};

struct generation {
	enum generation_state state;
	struct generation_base *base;
	struct config *config; /* owned while not OFF */
	struct privileges privileges;
	struct zone_slot *zone_slots; /* of the config's zones; owned likewise */
	unsigned row;                 /* 0 or 1, of the two that there are */
	struct heartbeat *beats;      /* base->count of them */
	struct process *process;      /* likewise */
	bool alarmed;                 /* it was told that one ends again and again */
	unsigned count;               /* of those that this config has */
	struct ring *rings;           /* dnstap's, while not OFF; NULL without */
	uint64_t stop_by_ms;
	enum status status; /* why starting failed */
};

/* Memory for the processes. `beats` is the caller's; of both rows, as the counters are. */
void generation_init(struct generation *g, struct generation_base *base, struct heartbeat *beats,
		     unsigned row);
void generation_release(struct generation *g);

/*
 * Starts all processes; takes the config. On a failure (no such account, no memory for a process)
 * the config is freed, and what was started is stopping.
 */
enum status generation_start(struct generation *g, struct config *config);

/* Tells all to finish. When the last has ended the state is OFF. */
void generation_stop(struct generation *g);

/*
 * A child's word. True where it is one of ours; STARTING may become SERVING by it, or STOPPING with
 * `status` set.
 */
bool generation_hello(struct generation *g, const struct process_hello *hello);

/*
 * A child ended (waitpid). True where it was one of ours; the same may follow, and OFF after
 * STOPPING.
 */
bool generation_ended(struct generation *g, pid_t pid, int how);

/* Twice a second: looks at the heartbeats, replaces who is missing. */
enum { GENERATION_TICK_MS = 500 };
void generation_tick(struct generation *g);

#endif
