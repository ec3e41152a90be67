/*
 * respond.h: the seam between the transports and DNS: a packet in, the length of the reply out.
 */
#ifndef DNSBLD_RESPOND_H
#define DNSBLD_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query.h"
#include "reply.h"
#include "revname.h"
#include "worker.h"

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

/* One packet on its way. */
struct task {
	struct worker *worker;
	enum query_kind kind;
	bool tcp;
	struct query query;
	const struct node *apex; /* NULL: in no zone of ours */
	struct zone *zone;
	size_t before; /* octets of the question's name before the zone's apex */
	struct revname name;
	struct reply reply;
};
void task_read(struct task *t, struct worker *w, const struct client *client, const uint8_t *packet,
	       size_t len);
void task_prefetch(const struct task *t);
size_t task_reply(struct task *t, uint8_t *out, size_t room);

#endif
