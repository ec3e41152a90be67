/*
 * tcp.h: the TCP process' life.
 */
#ifndef DNSBLD_TCP_H
#define DNSBLD_TCP_H

#include "config.h"
#include "counters.h"
#include "heartbeat.h"
#include "notify_socket.h"
#include "sockets.h"
#include "status.h"
#include "worker.h"

/*
 * Serves connections at all endpoints, and metrics where those have a socket, and notifies
 * secondaries by sockets that are borrowed, until SIGTERM, which must be blocked and is unblocked
 * here. Queries that had arrived by then are still answered,
 * within seconds: ST_OK. ST_AGAIN when the database was replaced.
 */
enum status tcp_serve(struct worker *worker, const struct sockets *sockets,
		      const struct counters_view *counters, const struct notify_sockets *notify,
		      struct heartbeat *heartbeat);

#endif
