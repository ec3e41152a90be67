/*
 * mirror_apply.h: what a primary said into the database, by a process of its own: waiting for
 * another writer, and writing millions of rows, keeps nobody waiting here.
 */
#ifndef FEEDER_MIRROR_APPLY_H
#define FEEDER_MIRROR_APPLY_H

#include <event2/event.h>

#include "feeder.h"
#include "mirror_spool.h"
#include "mirrored.h"

struct mirror_apply;

struct mirror_job {
	const struct call *call;
	struct zone_config *zone;
	struct spool *spool;  /* all of a transfer; NULL: the primary has the serial that we have */
	uint32_t base;        /* the serial of the zone that differences are to */
	uint64_t refreshed_s; /* when the primary said so */
	bool patient;         /* waits for another writer however long it takes; else --wait */
};

struct mirror_applied {
	enum status status; /* ST_DATA: the transfer does not fit, or is not a whole zone */
	char text[512];     /* words for it */
	bool overtaken;     /* another feeder was faster: nothing is written */
	struct mirror_counts counts; /* after a transfer that was taken */
};

/* *applied is borrowed. The job is closed already. */
typedef void mirror_apply_done(void *context, const struct mirror_applied *applied);

/* *job is copied. `done` is called later, once, unless it is closed before: that ends the process,
 * and what it has not committed is as before. ST_AGAIN: there can be no process. */
enum status mirror_apply_open(struct mirror_apply **apply, struct event_base *base,
			      const struct mirror_job *job, mirror_apply_done *done, void *context);
void mirror_apply_close(struct mirror_apply *apply); /* NULL is fine */

#endif
