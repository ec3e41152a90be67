/*
 * respond_inside.h: a task while it is answered, for the files that answer it.
 */
#ifndef DNSBLD_RESPOND_INSIDE_H
#define DNSBLD_RESPOND_INSIDE_H

#include "reply.h"
#include "respond.h"
#include "worker.h"

/* A task as it is answered. */
struct turn {
	const struct task *task;
	struct worker *worker;
	const struct client *client;
	struct zone *zone;                /* the one that answers */
	size_t before;                    /* octets of the name before that zone's apex */
	enum action action;               /* what the client gets */
	const struct error_config *error; /* with ACTION_ERROR */
	const struct prepared *listed;    /* what the address is listed as; NULL: it is not */
	unsigned counted_from;            /* in the counters: what came as this did */
	const struct zone_view *view;     /* what the key may see of the zone; NULL: all */
	bool proven;                      /* by a cookie: the client is at its address */
	uint8_t cookie[COOKIE_LEN];       /* what it gets, where it sent one */
	struct reply reply;
};

/* No reply. `why` is one of COUNTER_DROPPED_… */
static inline size_t reply_drop(const struct worker *w, enum counter why)
{
	worker_event(w, why);
	return 0;
}

/* Each ends the reply, and returns its length. */
static inline size_t reply_error(struct reply *r, enum rcode rcode, enum ede ede)
{
	r->rcode = rcode;
	r->ede = ede;
	return reply_end(r);
}

static inline size_t reply_truncated(struct turn *t)
{
	reply_truncate(&t->reply);
	return reply_end(&t->reply);
}

/* A zone of ours that worker_has_zone() not. */
static inline size_t reply_unserved(struct turn *t)
{
	return reply_error(&t->reply, RCODE_SERVFAIL,
			   worker_is_expired(t->worker, t->zone) ? EDE_INVALID_DATA
								 : EDE_NOT_READY);
}

/* Of a task that has a zone. DS lives above the cut (RFC 4035 §3.1.4.1); where that zone is ours
 * too, it answers. */
static inline bool is_above_cut(const struct task *t)
{
	return t->query.type == TYPE_DS && t->before == 0 && t->apex->zone->parent;
}

/* The SOA, as an answer. */
size_t reply_soa(struct turn *t);

/* What a key, or that there is none, makes of a turn in a zone that has `access`. */
enum access_verdict {
	ACCESS_GOES_ON, /* with the turn's action and view */
	ACCESS_NO_NAME, /* there is no such key, and the name is no address: NXDOMAIN */
	ACCESS_FAILED,  /* the database fails */
};
enum access_verdict access_judge(struct turn *t);

/* AXFR and IXFR. The first message of a transfer is an answer; the rest: transfer_out.h. */
size_t answer_transfer(struct turn *t);

/* For the log, of a query whose TSIG is not genuine: where it would be a transfer there is none. */
void transfer_not_genuine(const struct turn *t);

/* What the zone, of ours and for class IN, has at the task's name. */
size_t answer_zone(struct turn *t);

#endif
