/*
 * connection.h: one TCP client: its queries in, its answers out, its deadlines.
 */
#ifndef DNSBLD_CONNECTION_H
#define DNSBLD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "config.h"
#include "peers.h"
#include "respond.h"
#include "transfer_out.h"
#include "worker.h"

struct connection;
TAILQ_HEAD(connection_list, connection);

/* All connections of the process. */
struct connections {
	struct event_base *base;
	struct worker *worker;
	const struct tcp_config *limits;
	uint16_t idle_100ms;         /* how long a client may be silent, as it is told */
	struct connection_list list; /* the one that has been silent the longest first */
	unsigned count;
	struct peers peers; /* whose they are */
	struct transfers transfers;
	bool stopping;  /* finish what has arrived, then close */
	uint8_t *reply; /* room for one, its length before it */
};

void connections_init(struct connections *all, struct event_base *base, struct worker *worker,
		      const struct tcp_config *limits);

/* Closes them all, at once. */
void connections_release(struct connections *all);

/* Takes an accepted socket over, from the client at `address`, or closes it where that has too
 * many. */
void connections_add(struct connections *all, int fd, const struct sockaddr *address);

/* Closes the one that has been silent the longest, where there is any. */
void connections_shed(struct connections *all);

/*
 * From now on each connection is closed as soon as what had arrived is answered; base's loop ends
 * with the last.
 */
void connections_finish(struct connections *all);

#endif
