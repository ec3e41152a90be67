/*
 * respond.h: the seam between the transports and DNS: a packet in, the length of the reply out.
 */
#ifndef DNSBLD_RESPOND_H
#define DNSBLD_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

/* Who asks. */
struct client {
	bool tcp;
};

/*
 * Answers one packet. `out` has `room` octets, at least REPLY_LEAST; over UDP no reply is longer
 * than REPLY_UDP. Returns the reply's length, 0: drop the packet (over TCP, the connection). Called
 * between worker_begin() and worker_end(). Knows no socket, allocates nothing and never blocks.
 */
size_t respond(struct worker *w, const struct client *client, const uint8_t *packet, size_t len,
	       uint8_t *out, size_t room);

#endif
