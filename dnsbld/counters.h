/*
 * counters.h: what the processes have done since the server started, in memory that all of them
 * share. They only grow, whatever process ends or config is read.
 *
 *	a process -> its own block, and of each zone its own one: counter_add()
 *	the sum over all processes is read by whoever shows it
 *
 * A new event is a line in enum counter, a row in counters.c, and
 * counter_add(&w->counters->event[COUNTER_…], 1) where it happens, if w->counters is not NULL.
 */
#ifndef DNSBLD_COUNTERS_H
#define DNSBLD_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "status.h"

/* What a process does. */
enum process_kind { PROCESS_UDP, PROCESS_TCP, PROCESS_DNSTAP, PROCESS_KINDS };

/* Events. Each is a metric, or one value of a metric's label: counter_rows[]. */
enum counter {
	COUNTER_DROPPED_NO_QUERY, /* shorter than a header, or a reply */
	COUNTER_DROPPED_ACL,
	COUNTER_DROPPED_ACCESS,
	COUNTER_DROPPED_RATE,
	COUNTER_LIMITED,
	COUNTER_MALFORMED,
	COUNTER_EDNS,
	COUNTER_COOKIE_FIRST, /* the client's half alone */
	COUNTER_COOKIE_GOOD,
	COUNTER_COOKIE_WRONG,
	COUNTER_TRUNCATED,
	COUNTER_TSIG_OK,
	COUNTER_TSIG_BADKEY,
	COUNTER_TSIG_BADSIG,
	COUNTER_TSIG_BADTIME,
	COUNTER_TSIG_BADTRUNC,
	COUNTER_UNSENT_NO_ROOM,
	COUNTER_UNSENT_ERROR,
	COUNTER_ACCESS_SERVED,  /* counted under a key */
	COUNTER_ACCESS_UNKNOWN, /* without a key where there has to be one, too */
	COUNTER_ACCESS_OVERDRAWN,
	COUNTER_ACCESS_ADDRESS,
	COUNTER_TCP_ACCEPTED,
	COUNTER_TCP_REFUSED, /* its client has too many */
	COUNTER_TCP_SHED,    /* closed for another one */
	COUNTER_TCP_DROPPED,
	COUNTER_TCP_IDLE,
	COUNTER_TCP_PARTIAL,
	COUNTER_TCP_UNREAD,
	COUNTER_NOTIFY_SENT, /* messages, and of NOTIFYs that ended how: */
	COUNTER_NOTIFY_ACKNOWLEDGED,
	COUNTER_NOTIFY_REFUSED,  /* with another rcode */
	COUNTER_NOTIFY_REPLACED, /* by a newer serial */
	COUNTER_NOTIFY_GIVEN_UP,
	COUNTER_TRANSFER_FULL,        /* those that were sent: a zone, */
	COUNTER_TRANSFER_INCREMENTAL, /* what is new in it, */
	COUNTER_TRANSFER_CURRENT,     /* or that there is nothing */
	COUNTER_TRANSFER_CUT,
	COUNTER_TRANSFER_REFUSED,
	COUNTER_TRANSFER_RECORDS,
	COUNTER_TRANSFER_OCTETS,
	COUNTER_DNSTAP_PUT,
	COUNTER_DNSTAP_LOST, /* there was no room */
	COUNTERS
};

struct counter_row {
	const char *metric; /* without "dnsbld_" and "_total"; those of one metric are neighbours */
	const char *label;  /* as in reason="acl"; NULL: none */
	const char *help;
};
extern const struct counter_row counter_rows[COUNTERS];

/* What was asked for; all that few ask for is one. */
enum counted_type {
	COUNTED_OTHER,
	COUNTED_A,
	COUNTED_AAAA,
	COUNTED_TXT,
	COUNTED_SOA,
	COUNTED_NS,
	COUNTED_DS,
	COUNTED_ANY,
	COUNTED_TYPES
};
extern const char *const counted_type_name[COUNTED_TYPES];

/* What came of it: an rcode, and for NOERROR whether the name is listed. */
enum counted_result {
	COUNTED_NOERROR,
	COUNTED_LISTED, /* that is NOERROR + 1 */
	COUNTED_FORMERR,
	COUNTED_SERVFAIL,
	COUNTED_NXDOMAIN,
	COUNTED_NOTIMP,
	COUNTED_REFUSED,
	COUNTED_NOTAUTH,
	COUNTED_BADVERS,
	COUNTED_BADCOOKIE,
	COUNTED_RESULTS
};
extern const char *const counted_result_name[COUNTED_RESULTS]; /* of both NOERROR: "NOERROR" */

enum {
	COUNTED_REPLIES = COUNTED_TYPES * COUNTED_RESULTS,
	COUNTED_CODES = 256,
	COUNTED_BATCHES = 6, /* up to 1, 2, 4, 8, 16 and 32 packets */
};

/*
 * The queries that one process answered out of one zone. All that a UDP worker answers came the
 * same way, over its endpoint's family, and is in the first half of `reply`; of the TCP process
 * IPv6 is in the second.
 */
struct zone_counters {
	_Alignas(64) _Atomic uint64_t reply[2 * COUNTED_REPLIES]; /* by counted_index */
	_Atomic uint64_t hit[COUNTED_CODES]; /* names that were listed, by N of 127.0.0.N */
};

/* A place in `reply`: the sum of both. So a query has one counter to add to. */
struct counted_index {
	uint8_t type[256]; /* by a type below that */
	uint8_t rcode[24]; /* by an rcode that we give */
};
extern const struct counted_index counted_index;

/* One process'. Nobody else writes it, and what it writes is on no cache line of another's. */
struct process_counters {
	_Alignas(64) _Atomic uint64_t event[COUNTERS];
	_Atomic uint64_t batch[COUNTED_BATCHES]; /* of UDP, by their size */
	_Atomic uint64_t packets;                /* in those batches */
	struct zone_counters no_zone;            /* what no zone of ours was asked */
};

/* What the parent does. Times are of the real clock. */
struct server_counters {
	_Atomic uint64_t started_s;
	_Atomic uint64_t config_s; /* when the config that is served was read */
	_Atomic uint64_t reloads;
	_Atomic uint64_t failed_reloads;
	_Atomic uint64_t reload_failed;           /* 1: the last one did */
	_Atomic uint64_t replaced[PROCESS_KINDS]; /* processes that ended and were not told to */
};

/* Relaxed, and no locked instruction: one process writes it, and the readers take any value. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t was = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, was + n, memory_order_relaxed);
}

static inline void counter_set(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, value, memory_order_relaxed);
}

static inline uint64_t counter_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* A zone's counters of every process: those of process i are first[i * stride]. */
struct zone_slot {
	struct zone_counters *first;
	size_t stride;
};

/* All of them. The parent has it; a child has what it was when it was started. */
struct counters {
	struct process_counters *process;
	unsigned processes;
	struct server_counters *server;
	void *zones; /* by name, every one that there ever was */
};

/* What a process is given: all counters, to read them, and which of them are its own. */
struct counters_view {
	const struct counters *counters;
	const struct zone_slot *zone; /* in the config's order */
	unsigned own;
};

/* For so many processes at a time, of both generations. ST_AGAIN where there is no memory. */
enum status counters_init(struct counters *c, unsigned processes);
void counters_release(struct counters *c); /* in the parent, and the slots' memory stays mapped */

/*
 * Slots for the config's zones, in its order: those that had counters keep them. The caller frees
 * *slots. ST_AGAIN where there is no memory.
 */
enum status counters_zones(struct counters *c, const struct config *config,
			   struct zone_slot **slots);

#endif
