/*
 * transfer.h: a zone on its way to a secondary, whole (RFC 5936) or as what has changed since a
 * serial (RFC 1995).
 *
 *     transfer_open, inside a transaction -> transfer_next, message by message, whenever there is
 *     room -> transfer_close
 */
#ifndef DNSBLD_TRANSFER_H
#define DNSBLD_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "status.h"
#include "store.h"

struct transfer;

enum transfer_kind {
	TRANSFER_FULL,
	TRANSFER_INCREMENTAL,
	TRANSFER_CURRENT, /* one SOA: the client has all that there is (RFC 1995 §2) */
};

enum {
	TRANSFER_MESSAGE = 16384, /* most octets of a message: pointers reach no further */
	TRANSFER_ROOM = 4096,     /* the least room for one */
};

/*
 * Called at each step of what may take seconds, as where a million listings have texts of their
 * own: who watches over the process then knows that it goes on.
 */
struct transfer_watch {
	void (*step)(void *context); /* NULL: nobody does */
	void *context;
};

/*
 * Copies from the snapshot what the transfer needs: `txn` is not used later, the config is. since:
 * the serial that the client has, or NULL: it has nothing. `watch` may be NULL. Differences are
 * sent where the journal has all of them and they are less than the zone.
 *
 * ST_CONFIG: the database has no such zone, or has it as another config says (DESIGN: dnsbld
 * answers SERVFAIL then). ST_DATA: its IPv6 ranges would be more records than anybody can keep.
 * ST_INTERNAL where it is damaged.
 */
enum status transfer_open(struct transfer **transfer, struct txn *txn, const struct config *config,
			  const struct zone_config *zone, const uint32_t *since,
			  const struct transfer_watch *watch);
void transfer_close(struct transfer *transfer); /* NULL is fine */

enum transfer_kind transfer_kind(const struct transfer *transfer);

/* The zone's, in the snapshot. */
uint32_t transfer_serial(const struct transfer *transfer);

/* Records that have been written so far. */
uint64_t transfer_records(const struct transfer *transfer);

/*
 * Writes the next message: `head`, which is a header and the question for the zone, and behind it
 * as many records as there is room for, which it counts (ANCOUNT). `room` is TRANSFER_ROOM or more.
 * Returns the message's length, 0 where there is no more, or none yet. The first call makes one.
 */
size_t transfer_next(struct transfer *transfer, struct bytes head, uint8_t *out, size_t room);

/* Whether the last call did as much as one should, and there is more: let others have a turn. */
bool transfer_rests(const struct transfer *transfer);

#endif
