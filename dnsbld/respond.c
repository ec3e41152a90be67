/*
 * respond.c: what to say. Bytes are reply.c's matter, names zone.c's, data worker.c's.
 *
 *	task_read:   query_parse -> zones_match -> the apex, a node, or revname_parse
 *	task_reply:  who is to be dropped (clients.c), malformed, another opcode, a TSIG that is
 *	             not genuine, another EDNS version: done at once
 *		who may not ask       REFUSED
 *		asks too much, or is not proven where that is required
 *		                      sent for a cookie, or to TCP
 *		class CH              what the server says of itself
 *		AXFR, IXFR            respond_transfer.c
 *		no zone of ours       REFUSED
 *		a zone of ours        respond_zone.c, with keys: respond_access.c first
 *
 * A client's ACL comes before everything but what is no query at all: who is dropped learns not
 * even that there is a server.
 */
#include "respond_inside.h"

#include "access.h"
#include "cookie.h"
#include "identity.h"
#include "signing.h"

/* NOTIFYs go where `feeder mirror` listens: here one starts nothing (RFC 1996 §3.10). */
static size_t answer_notify(struct turn *t)
{
	bool apex = t->zone && t->before == 0;

	if (t->task->query.type != TYPE_SOA) {
		return reply_error(&t->reply, RCODE_FORMERR, EDE_NONE);
	}
	return reply_error(&t->reply, apex ? RCODE_REFUSED : RCODE_NOTAUTH,
			   apex ? EDE_PROHIBITED : EDE_NONE);
}

/* In another class than IN there is only who we are, and that only where the config says it. */
static size_t answer_class(struct turn *t)
{
	const char *text = identity_text(t->worker->config, &t->task->query);

	if (!text || !reply_put_txt(&t->reply, 0, bytes_str(text))) {
		return reply_error(&t->reply, RCODE_REFUSED, EDE_NOT_SUPPORTED);
	}
	t->reply.authoritative = true;
	return reply_end(&t->reply);
}

/*
 * Only to an address that is the client's: with the cookie it can ask again (RFC 7873 §5.2.3), and
 * where it has never heard of cookies it can come by TCP.
 */
static size_t answer_unproven(struct turn *t)
{
	if (t->reply.cookie) {
		return reply_error(&t->reply, RCODE_BADCOOKIE, EDE_NONE);
	}
	return reply_truncated(t);
}

/* A cookie without a question: a new one, or whether the one that was sent is valid (§5.4). */
static size_t answer_cookie(struct turn *t)
{
	bool wrong = t->task->query.cookie.len > COOKIE_CLIENT && !t->proven;

	return reply_error(&t->reply, wrong ? RCODE_BADCOOKIE : RCODE_NOERROR, EDE_NONE);
}

/* `limited`: nothing that is more than an error. */
static size_t answer(struct turn *t, bool limited)
{
	const struct query *q = &t->task->query;
	struct reply *r = &t->reply;

	if (q->edns && q->edns_version > 0) {
		return reply_error(r, RCODE_BADVERS, EDE_NONE);
	}
	if (t->action == ACTION_REFUSE) {
		return reply_error(r, RCODE_REFUSED, EDE_PROHIBITED);
	}
	if (limited) {
		worker_event(t->worker, COUNTER_LIMITED);
		return answer_unproven(t);
	}
	if (t->worker->config->cookies.require && !t->client->tcp && !t->proven) {
		return answer_unproven(t);
	}
	if (q->class != CLASS_IN) {
		return answer_class(t);
	}
	if (q->opcode == OPCODE_NOTIFY) {
		return answer_notify(t);
	}
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR) {
		return answer_transfer(t);
	}
	if (!t->zone) {
		return reply_error(r, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
	}
	return answer_zone(t);
}

static enum counter tsig_event(enum tsig_error error)
{
	switch (error) {
	case TSIG_OK:
		return COUNTER_TSIG_OK;
	case TSIG_BADKEY:
		return COUNTER_TSIG_BADKEY;
	case TSIG_BADSIG:
		return COUNTER_TSIG_BADSIG;
	case TSIG_BADTIME:
		return COUNTER_TSIG_BADTIME;
	case TSIG_BADTRUNC:
		return COUNTER_TSIG_BADTRUNC;
	case TSIG_FORMERR:
		break;
	}
	return COUNTER_MALFORMED;
}

/*
 * Whether the query's TSIG is genuine; else *rcode is what to say. From here on the reply has one.
 * Apart from the way of all other queries, which it would make longer.
 */
__attribute__((noinline)) static bool is_genuine(struct turn *t, enum rcode *rcode)
{
	struct signing *signing = &t->worker->signing;

	*rcode = signing_begin(signing, &t->reply, t->worker->keys);
	worker_event(t->worker, tsig_event(signing->session.error));
	if (*rcode != RCODE_NOERROR) {
		transfer_not_genuine(t);
	}
	return *rcode == RCODE_NOERROR;
}

/*
 * The label before the apex, where it may be a key, and what stands before it: an address, or a
 * part of one, of which none at all is one too (RFC 8020).
 */
static void read_key(struct task *t, const struct query_name *name)
{
	size_t at = 0;

	while (at + name->wire[at] + 1 < t->before) {
		at += name->wire[at] + 1U;
	}
	if (!access_is_key(name->wire + at + 1, name->wire[at])) {
		return;
	}
	t->key_at = (uint8_t)at;
	t->key_len = name->wire[at];
	t->name = revname_parse(name->wire, at);
	if (at == 0) {
		t->name.kind = REVNAME_PARTIAL;
	}
}

static bool is_v4(const struct task *t)
{
	return t->name.kind == REVNAME_ADDRESS && t->name.family == 4;
}

void task_read(struct task *t, struct worker *w, const uint8_t *packet, size_t len)
{
	struct query_name name; /* large, so it is filled and never cleared */

	t->apex = NULL;
	t->node = NULL;
	t->before = 0;
	t->key_len = 0;
	t->name.kind = REVNAME_OTHER;
	t->kind = query_parse(&t->query, &name, packet, len);
	if (t->kind != QUERY_FINE) {
		return;
	}
	t->apex = zones_match(&w->zones, &name, &t->before);
	if (!t->apex || t->before == 0) {
		return;
	}
	t->name = revname_parse(name.wire, t->before);
	if (t->name.kind != REVNAME_ADDRESS) {
		t->node = zones_node(&w->zones, &name);
		if (!t->node && t->apex->zone->access) {
			read_key(t, &name);
		}
	}
	if (is_v4(t)) {
		directory_prefetch_entry(&w->directory, (uint32_t)t->name.addr);
	}
}

void tasks_prefetch(const struct task *tasks, size_t count, const struct worker *w)
{
	for (const struct task *t = tasks; t < tasks + count; t++) {
		if (is_v4(t)) {
			directory_prefetch_head(&w->directory, (uint32_t)t->name.addr);
		}
	}
	for (const struct task *t = tasks; t < tasks + count; t++) {
		if (is_v4(t)) {
			directory_prefetch_items(&w->directory, (uint32_t)t->name.addr);
		}
	}
}

/*
 * What the client gets: the zone that answers decides. What is malformed, or of another opcode, has
 * none. Not inlined: the path of those who have no ACL would save more registers.
 */
static __attribute__((noinline)) bool may_ask(struct turn *t)
{
	const struct clients *clients = &t->worker->clients;
	const struct zone *zone = t->zone;

	if (zone && is_above_cut(t->task)) {
		zone = zone->parent;
	}
	t->action = clients_action(clients, zone ? clients->zone[zone->number] : NULL, t->client);
	t->error = zone ? &zone->config->clients.error : NULL;
	return t->action != ACTION_DROP;
}

static void verify_cookie(struct turn *t)
{
	struct worker *w = t->worker;
	const struct query_cookie *sent = &t->task->query.cookie;

	t->proven = cookie_answer(&w->config->cookies, t->client, sent, (uint32_t)w->now.tv_sec,
				  t->cookie);
	t->reply.cookie = t->cookie;
	worker_event(w, t->proven                   ? COUNTER_COOKIE_GOOD
			: sent->len > COOKIE_CLIENT ? COUNTER_COOKIE_WRONG
						    : COUNTER_COOKIE_FIRST);
}

/* Before it is known what the answer would be: a flood is not to cost that either. */
static enum rrl_verdict limit(const struct turn *t)
{
	struct rrl *rrl = &t->worker->rrl;

	return rrl->table && !t->client->tcp && !t->proven ? rrl_take(rrl, t->client) : RRL_ANSWER;
}

static size_t reply_to(struct turn *t, uint8_t *out, size_t room)
{
	const struct query *q = &t->task->query;
	const struct client *client = t->client;

	if (!client->tcp) {
		size_t most = q->udp_size < REPLY_UDP ? q->udp_size : REPLY_UDP;

		room = room < most ? room : most;
	}
	reply_begin(&t->reply, q, out, room);
	if (t->worker->clients.given && !may_ask(t)) {
		return reply_drop(t->worker, COUNTER_DROPPED_ACL);
	}
	if (q->edns) {
		if (q->cookie.len > 0) {
			verify_cookie(t);
		}
		t->reply.nsid = q->nsid ? t->worker->config->nsid : NULL;
		t->reply.keepalive_100ms = q->keepalive ? client->idle_100ms : 0;
	}
	enum rrl_verdict verdict = limit(t);

	if (verdict == RRL_DROP) {
		return reply_drop(t->worker, COUNTER_DROPPED_RATE);
	}
	if (q->tsig_at > 0 && !is_genuine(t, &t->reply.rcode)) {
		return reply_end(&t->reply);
	}
	if (t->task->kind == QUERY_FINE) {
		return answer(t, verdict == RRL_SHORT);
	}
	if (t->task->kind == QUERY_COOKIE) {
		return answer_cookie(t);
	}
	if (t->task->kind == QUERY_NOT_IMPLEMENTED) {
		t->reply.rcode = RCODE_NOTIMP;
		return reply_header_only(q, RCODE_NOTIMP, t->reply.start);
	}
	worker_event(t->worker, COUNTER_MALFORMED);
	return reply_error(&t->reply, RCODE_FORMERR, EDE_NONE);
}

/* The reply, as it is, for the zone that answered or for none. */
static inline void count_reply(const struct turn *t, const struct query *q, const struct worker *w)
{
	const struct prepared *p = t->listed;
	struct zone_counters *to = t->zone ? t->zone->counters : worker_no_zone(w);

	if (!to) {
		return;
	}
	unsigned at = t->counted_from + counted_index.rcode[t->reply.rcode];

	at += q->type < 256 ? counted_index.type[q->type] : COUNTED_OTHER;
	if (p) {
		const uint8_t *a = p->bytes, *end = a + p->a_len;

		for (; a < end; a += PREPARED_A) {
			counter_add(&to->hit[a[PREPARED_A - 1]], 1);
		}
		at += t->reply.rcode == RCODE_NOERROR; /* COUNTED_LISTED */
	}
	counter_add(&to->reply[at], 1);
	if (q->edns) {
		worker_event(w, COUNTER_EDNS);
	}
	if (t->reply.truncated) {
		worker_event(w, COUNTER_TRUNCATED);
	}
}

size_t task_reply(const struct task *t, struct worker *w, const struct client *client, uint8_t *out,
		  size_t room)
{
	struct turn turn;

	if (t->kind == QUERY_DROP) {
		return reply_drop(w, COUNTER_DROPPED_NO_QUERY);
	}
	turn.task = t;
	turn.worker = w;
	turn.client = client;
	turn.action = ACTION_ANSWER;
	turn.proven = false;
	turn.listed = NULL;
	turn.view = NULL;
	turn.zone = t->apex ? t->apex->zone : NULL;
	turn.before = t->before;
	turn.counted_from = client->tcp && client->family == 6 ? COUNTED_REPLIES : 0;
	size_t len = reply_to(&turn, out, room);

	if (len > 0) {
		count_reply(&turn, &t->query, w);
	}
	return len;
}

size_t respond(struct worker *w, const struct client *client, const uint8_t *packet, size_t len,
	       uint8_t *out, size_t room)
{
	struct task t;

	task_read(&t, w, packet, len);
	return task_reply(&t, w, client, out, room);
}
