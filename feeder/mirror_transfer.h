/*
 * mirror_transfer.h: one transfer from one primary, from its first octet until all of it is in a
 * spool and verified (RFC 5936, RFC 1995).
 */
#ifndef FEEDER_MIRROR_TRANSFER_H
#define FEEDER_MIRROR_TRANSFER_H

#include <event2/event.h>

#include "config.h"
#include "mirror_spool.h"
#include "tsig.h"

struct mirror_transfer;

enum mirror_transfer_end {
	MIRROR_TRANSFER_WHOLE,   /* it is in the spool */
	MIRROR_TRANSFER_CURRENT, /* the primary has no other serial than we have */
	MIRROR_TRANSFER_REFUSED, /* it does not do that, or not for us */
	MIRROR_TRANSFER_BAD,     /* what came is no transfer that could be believed */
	MIRROR_TRANSFER_BROKEN,  /* it did not come to its end */
	MIRROR_TRANSFER_FAILED,  /* we could not keep it */
};

/*
 * `status` is ST_OK or says what failed, with words in fail_text(). *spool is the callee's where
 * the end is WHOLE, else empty. The transfer is closed already.
 */
typedef void mirror_transfer_done(void *context, enum mirror_transfer_end end, enum status status,
				  struct spool *spool);

struct mirror_transfer_wanted {
	const struct name *zone;
	const struct remote_config *from;
	const struct tsig_key *key; /* NULL: unsigned */
	bool full;                  /* AXFR; else IXFR */
	bool has_serial;            /* we have a zone, with */
	uint32_t serial;
	const char *folder; /* for the spool */
	struct spool_bounds bounds;
};

/* *wanted is copied. `done` is called later, once, unless the transfer is closed before. */
enum status mirror_transfer_open(struct mirror_transfer **transfer, struct event_base *base,
				 const struct mirror_transfer_wanted *wanted,
				 mirror_transfer_done *done, void *context);
void mirror_transfer_close(struct mirror_transfer *transfer); /* NULL is fine */

#endif
