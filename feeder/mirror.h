/*
 * mirror.h: the zones that are copies, kept as their primaries have them.
 *
 *     timer, NOTIFY ─▶ mirror_soa ─▶ mirror_transfer ─▶ spool ─▶ mirror_apply ─▶ database
 *                      which serial?  what has changed?            one change
 *
 * mirror_copy.c has a zone's run from primary to primary, mirror_notify.c who may start one,
 * cmd_mirror.c the process around them.
 */
#ifndef FEEDER_MIRROR_H
#define FEEDER_MIRROR_H

#include <event2/event.h>
#include <stdbool.h>

#include "dns.h"
#include "feeder.h"
#include "mirror_apply.h"
#include "mirror_say.h"
#include "mirror_soa.h"
#include "mirror_transfer.h"
#include "mirrored.h"
#include "tsig.h"

struct mirror;

/* One zone. While a run goes on, one of soa, transfer and apply is at work. */
struct mirror_copy {
	struct mirror *all;
	struct zone_config *config;
	struct mirror_status status; /* as the database had it when the run began, or ended */
	struct event *timer;         /* of the next run */
	struct mirror_soa *soa;
	struct mirror_transfer *transfer;
	struct mirror_apply *apply;
	struct spool spool;            /* that is applied */
	struct mirror_said *said;      /* of each primary */
	struct mirror_said said_local; /* of ourselves */
	struct mirror_said said_expired;
	unsigned failures; /* runs in a row */
	bool again;        /* a NOTIFY came during the run */
	bool told;         /* that it is current is known to who reads the log */
	size_t first;      /* primary to ask in the next run: who sent it */
	/* Of this run. */
	bool running;
	uint64_t began_ms;
	size_t tried;       /* primaries */
	size_t primary;     /* that is asked now, or was last */
	uint32_t newer;     /* the serial that it has */
	bool full;          /* by AXFR */
	uint64_t current_s; /* when a primary said that it has our serial; 0: none did */
	size_t current_primary;
	enum status fault; /* the worst that a primary did */
	bool behind;       /* one has a newer zone that could not be had */
};

struct mirror {
	struct call *call;
	struct event_base *base;
	struct tsig_keys *keys;
	struct mirror_copy *zones;
	size_t zone_count;
	bool once;         /* each zone once, then the loop ends */
	size_t unfinished; /* with `once`: zones */
	size_t failed;
	enum status worst;
};

/* For the zones of the call's config, which has its keys. ST_INTERNAL, ST_AGAIN. */
enum status mirror_open(struct mirror *m, struct call *call, struct event_base *base, bool once);
void mirror_close(struct mirror *m); /* ends what is going on; also of one that is all zeroes */

/* A zone's status, and what its primary says of itself, from the database. */
enum status mirror_load(struct mirror *m, struct mirror_copy *z);

/* Begins all zones' first runs. */
void mirror_start(struct mirror *m);

/* As if each zone's first primary had sent NOTIFY. */
void mirror_ask_all(struct mirror *m);

/* Who says that a zone has changed. */
struct mirror_notifier {
	uint8_t family; /* 4 or 6 */
	addr_t addr;
	const struct key_config *key; /* that signed it; NULL: nothing did */
};

/*
 * RCODE_NOERROR: it is one of the zone's primaries, signed with its key where it has one, and is
 * asked now. RCODE_REFUSED: it is not. RCODE_NOTAUTH: there is no such zone.
 */
enum rcode mirror_notified(struct mirror *m, const struct name *zone,
			   const struct mirror_notifier *from);

/* --- mirror_copy.c ------------------------------------------------------------------------------
 */

/* *z is all zeroes. */
enum status mirror_copy_open(struct mirror_copy *z, struct mirror *all, struct zone_config *config);
void mirror_copy_start(struct mirror_copy *z);
void mirror_copy_close(struct mirror_copy *z);

/* One of its primaries says that the zone has changed: it is asked first. */
void mirror_copy_notified(struct mirror_copy *z, size_t primary);

/* Milliseconds since the run began. */
uint64_t mirror_copy_took_ms(const struct mirror_copy *z);

/* --- mirror_report.c ----------------------------------------------------------------------------
 */

/* What a run came to. */
enum mirror_result { MIRROR_CURRENT, MIRROR_INCREMENTAL, MIRROR_FULL, MIRROR_FAILED };

/* A transfer is in the database: one line. `before`: the status as it was. */
void mirror_report_transfer(const struct mirror_copy *z, const struct spool *spool,
			    const struct mirror_status *before, const struct mirror_counts *counts);

/* A run has ended: with --once a line of results, else one where that is news. */
void mirror_report_end(struct mirror_copy *z, enum mirror_result result);

#endif
