/*
 * transfer_out.h: zones on their way to secondaries, message by message, over TCP.
 *
 *	respond() -> outgoing_begin(): the first message, which is the reply
 *	whoever called respond() -> transfers_take() -> outgoing_next() … 0 -> outgoing_end()
 */
#ifndef DNSBLD_TRANSFER_OUT_H
#define DNSBLD_TRANSFER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "config.h"
#include "reply.h"
#include "transfer.h"

struct outgoing;
struct worker;

/* All of the process. */
struct transfers {
	unsigned most;    /* at once */
	unsigned running; /* of more than one SOA */
	struct outgoing *begun;
	struct transfer_watch watch; /* over the process */
};

/* The one that the last respond() began, which is the caller's then; NULL: it began none. */
struct outgoing *transfers_take(struct transfers *all);

/*
 * Begins a transfer, which it takes over, with a reply that has nothing but its question yet: as
 * much as one message holds. Returns the reply's length; 0, and there is no transfer, where it
 * cannot be signed. `since` is the serial that the client has, NULL where it did not say one. The
 * worker is borrowed for as long as the transfer takes.
 */
size_t outgoing_begin(struct worker *w, struct transfer *transfer, const struct client *client,
		      const struct zone_config *zone, const uint32_t *since, struct reply *r);

/*
 * The next message, signed where the query was. Returns its length; 0: there is no more, or none
 * yet, or it cannot be signed. `room` is REPLY_TCP. No snapshot is needed.
 */
size_t outgoing_next(struct outgoing *o, uint8_t *out, size_t room);

/* Whether the last call did as much as one should, and there is more: after others had a turn. */
bool outgoing_rests(const struct outgoing *o);

/* Whether there is no more. */
bool outgoing_is_whole(const struct outgoing *o);

/* Says in the log what has become of it: `sent`, or else cut off. */
void outgoing_end(struct outgoing *o, bool sent);

/* A transfer that there will not be. */
void transfer_refused(const struct worker *w, const struct client *client,
		      const struct zone_config *zone, const char *why);

#endif
