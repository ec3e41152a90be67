/*
 * udp.h: a UDP worker's life.
 */
#ifndef DNSBLD_UDP_H
#define DNSBLD_UDP_H

#include "heartbeat.h"
#include "sockets.h"
#include "status.h"
#include "worker.h"

/*
 * Answers what arrives at the endpoint's UDP socket `which` until SIGTERM, which must be blocked
 * and is unblocked here. What arrived before it is still answered: ST_OK. ST_AGAIN when the
 * database was replaced, ST_IO when the socket fails. `name` is the worker's, for the log.
 */
enum status udp_serve(struct worker *worker, const struct endpoint *endpoint, unsigned which,
		      const char *name, struct heartbeat *heartbeat);

#endif
