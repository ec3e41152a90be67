/*
 * sockets.h: the addresses that we serve on. The parent binds them once; every process that is
 * started later is given its own.
 */
#ifndef DNSBLD_SOCKETS_H
#define DNSBLD_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "config.h"
#include "drops.h"

enum { SOCKETS_BACKLOG = 1024 }; /* most TCP connections that wait to be accepted */

/* One line of `listen`: a UDP socket for each worker, and one that listens for TCP. */
struct endpoint {
	struct listen_config at;
	bool wildcard; /* 0.0.0.0 or ::, so replies must name the address they leave from */
	int *udp;
	struct drops *drops; /* of each of them */
	int tcp;
};

struct sockets {
	struct endpoint *endpoint;
	size_t count;
	unsigned workers; /* UDP sockets at each endpoint */
	int metrics;      /* listens for HTTP; -1: nobody asked for that */
	struct listen_config metrics_at;
	struct drops *drops;
	uint32_t receive_buffer; /* asked for, of each UDP socket */
};

/*
 * Binds everything. ST_AGAIN where an address is in use (by another dnsbld, say), ST_PERM where we
 * may not have it, ST_CONFIG where this machine has no such address.
 */
enum status sockets_open(struct sockets *s, const struct config *config);

/*
 * Gives each UDP socket a receive buffer of so many octets, now or later; where the kernel gives
 * less, that is logged once.
 */
void sockets_size(struct sockets *s, uint32_t receive_buffer);

/* Closes what is open, but for `keep` (-1: nothing is kept). Metrics go with TCP. */
void sockets_close_udp(struct sockets *s, int keep);
void sockets_close_tcp(struct sockets *s);
void sockets_release(struct sockets *s);

#endif
