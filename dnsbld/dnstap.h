/*
 * dnstap.h: queries and answers as dnstap (dnstap.proto, https://dnstap.info) tells them to whoever
 * reads the Unix socket of the config. Here is a worker's part: it copies one exchange in N.
 *
 *	UDP worker  ── ring ──┐
 *	UDP worker  ── ring ──┼─▶ dnstap process ─▶ Frame Streams over the socket ─▶ reader
 *	TCP process ── ring ──┘
 *
 *	dnstap.c          into the ring
 *	dnstap_process.c  from all rings to the socket
 *	dnstap_frame.c    an exchange as two messages in protobuf, by protobuf-c
 *	dnstap_stream.c   the socket, by libfstrm
 *
 * 1. A worker never waits: what finds no room in its ring is lost, and told in the log.
 * 2. The dnstap process has no database and no socket of the network. It may connect to Unix
 *    sockets, which no worker may.
 * 3. What a worker has put may be forged (ring.h). Nothing but its octets is passed on.
 */
#ifndef DNSBLD_DNSTAP_H
#define DNSBLD_DNSTAP_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "counters.h"
#include "ring.h"

/*
 * A query and its answer, whose octets follow it in the ring. It never leaves the processes of one
 * program, so it is the struct itself that is copied.
 */
struct exchange {
	uint64_t query_ns; /* since 1970 */
	uint64_t reply_ns;
	uint16_t query_len;
	uint16_t reply_len; /* 0: the query was dropped */
	uint16_t client_port;
	uint16_t server_port;
	uint8_t family; /* 4 or 6: of both addresses, of which IPv4 takes the first 4 octets */
	uint8_t tcp;    /* 0: UDP. No bool, of which a forged value would be undefined */
	uint8_t client[16];
	uint8_t server[16];
};

enum { EXCHANGE_MOST = sizeof(struct exchange) + 2 * UINT16_MAX };

/* One process' own. */
struct dnstap {
	struct ring *ring; /* NULL: off, and nothing else is set */
	struct process_counters *counters;
	uint32_t sample;
	uint32_t left; /* until the next exchange that is put; 1 at first */
};

/* Of each exchange, once: whether it is the one in `sample`. */
static inline bool dnstap_is_next(struct dnstap *d)
{
	if (--d->left > 0) {
		return false;
	}
	d->left = d->sample;
	return true;
}

/* The time as exchanges have it. */
uint64_t dnstap_now_ns(void);

/* An address and its port: the client's from the kernel's form, sockaddr_in or sockaddr_in6, */
void exchange_set_client(struct exchange *e, const void *sockaddr);
/* ours from the socket, which is bound. */
void exchange_set_server(struct exchange *e, int fd);

/* Sets the lengths, and puts it where there is room. An empty reply: there was none. */
void dnstap_put(struct dnstap *d, struct exchange *e, struct bytes query, struct bytes reply);

#endif
