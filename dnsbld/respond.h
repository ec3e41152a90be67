/*
 * respond.h: the seam between the transports and DNS: a packet in, the length of the reply out.
 */
#ifndef DNSBLD_RESPOND_H
#define DNSBLD_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "query.h"
#include "revname.h"
#include "zone.h"

struct worker;

/*
 * Answers one packet. `out` has `room` octets, at least REPLY_LEAST; over UDP no reply is longer
 * than REPLY_UDP. Returns the reply's length, 0: drop the packet (over TCP, the connection). Called
 * between worker_begin() and worker_end(). Knows no socket, allocates nothing and never blocks.
 */
size_t respond(struct worker *w, const struct client *client, const uint8_t *packet, size_t len,
	       uint8_t *out, size_t room);

/*
 * The same in three steps, for a batch: all packets are read, then what their answers need is
 * fetched, then all are answered. The memory that the index is in is far away, and while a query
 * waits for it the next ones can ask for theirs.
 *
 *     task_read() × n  ->  tasks_prefetch(n)  ->  task_reply() × n
 */
struct task {
	struct query query;
	enum query_kind kind;
	struct revname name; /* before the apex, or before the key; REVNAME_OTHER without zone */
	const struct node *apex; /* of the zone that has the name; NULL: none of ours */
	const struct node *node; /* with exactly the name, where it is no reversed address */
	size_t before;           /* octets of the name before the apex */
	uint8_t key_at,
		key_len; /* of a label before the apex that may be a key; 0: there is none */
};

/* Reads a packet, which is borrowed until its reply is made, and finds its zone. */
void task_read(struct task *t, struct worker *w, const uint8_t *packet, size_t len);

/* Only the beginning of the packet had room: it is malformed, whatever is in that. */
static inline void task_cut(struct task *t)
{
	t->kind = t->kind == QUERY_FINE ? QUERY_MALFORMED : t->kind;
}

/* Asks the cache for what the answers of a batch will read. */
void tasks_prefetch(const struct task *tasks, size_t count, const struct worker *w);

/* As respond(). */
size_t task_reply(const struct task *t, struct worker *w, const struct client *client, uint8_t *out,
		  size_t room);

#endif
