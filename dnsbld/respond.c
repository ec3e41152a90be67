/*
 * respond.c: what to say. Bytes are reply.c's matter, names zone.c's, data worker.c's.
 *
 *	task_read:   query_parse -> zones_match -> the apex, a node, or revname_parse
 *	task_reply:  malformed, another opcode, NOTIFY, another EDNS version, a key: said at once
 *		class CH              what the server says of itself
 *		no zone of ours       REFUSED
 *		the apex              SOA, NS, its addresses
 *		a reversed address    worker_find -> cache_answer -> A and TXT; unlisted: NXDOMAIN
 *		part of one           NODATA, without looking at data
 *		a host, or a name above a zone below; anything else: NXDOMAIN
 *
 * 1. A name that has names below it is never NXDOMAIN (RFC 8020): resolvers that send minimised
 *    names (RFC 9156) would not ask further.
 * 2. Every negative answer has the SOA (RFC 2308), every answer about a zone of ours AA.
 * 3. What does not fit is not sent in part: TC and no records.
 */
#include "respond.h"

#include "identity.h"
#include "reply.h"
#include "worker.h"

/* A task as it is answered. */
struct turn {
	const struct task *task;
	struct worker *worker;
	struct zone *zone; /* the one that answers */
	size_t before;     /* octets of the name before that zone's apex */
	struct reply reply;
};

static size_t reply_error(struct reply *r, enum rcode rcode, enum ede ede)
{
	r->rcode = rcode;
	r->ede = ede;
	return reply_end(r);
}

static size_t reply_truncated(struct turn *t)
{
	reply_truncate(&t->reply);
	return reply_end(&t->reply);
}

static size_t reply_negative(struct turn *t, enum rcode rcode)
{
	t->reply.rcode = rcode;
	if (!reply_put_soa(&t->reply, SECTION_AUTHORITY, t->zone, t->before)) {
		return reply_truncated(t);
	}
	return reply_end(&t->reply);
}

static size_t reply_soa(struct turn *t)
{
	if (!reply_put_soa(&t->reply, SECTION_ANSWER, t->zone, t->before)) {
		return reply_truncated(t);
	}
	return reply_end(&t->reply);
}

static bool put_records(struct reply *r, enum section section, const struct records *records)
{
	return reply_put(r, section, records->bytes, records->count);
}

/* One RRset of the config: there, absent, or too large. */
static size_t reply_records(struct turn *t, const struct records *records)
{
	if (records->count == 0) {
		return reply_negative(t, RCODE_NOERROR);
	}
	if (!put_records(&t->reply, SECTION_ANSWER, records)) {
		return reply_truncated(t);
	}
	return reply_end(&t->reply);
}

/* ANY may be answered with a part of what is there (RFC 8482 §4.1), in whole RRsets. */
static size_t reply_addresses(struct turn *t, const struct node *node)
{
	switch (t->task->query.type) {
	case TYPE_A:
		return reply_records(t, &node->a);
	case TYPE_AAAA:
		return reply_records(t, &node->aaaa);
	case TYPE_ANY:
		if (node->a.count > 0 && put_records(&t->reply, SECTION_ANSWER, &node->a)) {
			put_records(&t->reply, SECTION_ANSWER, &node->aaaa);
			return reply_end(&t->reply);
		}
		return reply_records(t, &node->aaaa);
	default:
		return reply_negative(t, RCODE_NOERROR);
	}
}

static size_t answer_apex(struct turn *t)
{
	const struct node *apex = t->task->apex;
	struct reply *r = &t->reply;

	switch (t->task->query.type) {
	case TYPE_SOA:
		return reply_soa(t);
	case TYPE_NS:
		if (!put_records(r, SECTION_ANSWER, &t->zone->ns)) {
			return reply_truncated(t);
		}
		put_records(r, SECTION_ADDITIONAL, &t->zone->glue);
		return reply_end(r);
	case TYPE_ANY:
		if (reply_put_soa(r, SECTION_ANSWER, t->zone, t->before)) {
			put_records(r, SECTION_ANSWER, &t->zone->ns);
			put_records(r, SECTION_ANSWER, &apex->a);
			put_records(r, SECTION_ANSWER, &apex->aaaa);
			return reply_end(r);
		}
		return reply_truncated(t);
	default:
		return reply_addresses(t, apex);
	}
}

/* False where the TXTs do not fit: none of them is in the reply then. */
static bool put_texts(struct turn *t, const struct prepared *p)
{
	struct reply *r = &t->reply;
	struct reader texts = reader_of(prepared_txt(p));
	uint8_t expanded[TEXT_MAX];
	char ip[ADDR_TEXT];
	size_t ip_len = addr_format(t->task->name.family, t->task->name.addr, ip);
	uint8_t *at = r->at;
	uint16_t count = r->count[SECTION_ANSWER];

	while (reader_left(&texts) > 0) {
		size_t len = read_u8(&texts);
		struct bytes text = bytes_of(read_bytes(&texts, len), len);

		len = text_expand(text, bytes_of(ip, ip_len), expanded);
		if (!reply_put_txt(r, t->zone->config->ttl_s, bytes_of(expanded, len))) {
			r->at = at;
			r->count[SECTION_ANSWER] = count;
			return false;
		}
	}
	return true;
}

static size_t answer_listed(struct turn *t, const struct prepared *p)
{
	struct reply *r = &t->reply;

	switch (t->task->query.type) {
	case TYPE_A:
		if (!reply_put(r, SECTION_ANSWER, prepared_a(p), p->a_count)) {
			return reply_truncated(t);
		}
		return reply_end(r);
	case TYPE_TXT:
		if (p->txt_count == 0) {
			return reply_negative(t, RCODE_NOERROR);
		}
		if (!put_texts(t, p)) {
			return reply_truncated(t);
		}
		return reply_end(r);
	case TYPE_ANY:
		if (!reply_put(r, SECTION_ANSWER, prepared_a(p), p->a_count)) {
			return reply_truncated(t);
		}
		put_texts(t, p);
		return reply_end(r);
	default:
		return reply_negative(t, RCODE_NOERROR);
	}
}

/* IPv4 has its own names; those of IPv4 inside IPv6 exist for the test entries alone. */
static bool is_v4_mapped(const struct revname *name)
{
	return name->family == 6 && name->addr >> 32 == 0xffff;
}

static size_t answer_address(struct turn *t)
{
	const struct revname *name = &t->task->name;
	struct worker *w = t->worker;
	const struct prepared *prepared = NULL;
	uint32_t id = 0;
	uint8_t low;

	if (test_entry(&t->zone->view, name->family, name->addr, &low)) {
		test_entry_rrs(low, &t->zone->view, &w->cache.rrs);
		prepared = cache_rrs(&w->cache, t->zone, &w->cache.rrs);
	} else if (!is_v4_mapped(name)) {
		if (!worker_find(w, name->family, name->addr, &id)) {
			return reply_error(&t->reply, RCODE_SERVFAIL, EDE_INVALID_DATA);
		}
		if (id != 0) {
			prepared = worker_answer(w, t->zone, id);
			if (!prepared) {
				return reply_error(&t->reply, RCODE_SERVFAIL, EDE_INVALID_DATA);
			}
		}
	}

	t->reply.authoritative = true;
	if (prepared && prepared->a_count > 0) {
		return answer_listed(t, prepared);
	}
	return reply_negative(t, name->v6_parent ? RCODE_NOERROR : RCODE_NXDOMAIN);
}

static size_t answer_zone(struct turn *t)
{
	const struct task *task = t->task;
	struct reply *r = &t->reply;
	/* DS lives above the cut (RFC 4035 §3.1.4.1); where that zone is ours too, it answers. */
	bool above_cut = task->query.type == TYPE_DS && t->before == 0 && t->zone->parent;

	if (above_cut) {
		t->zone = t->zone->parent;
		t->before = (size_t)task->query.name_len - t->zone->config->apex.len;
	}
	if (!worker_has_zone(t->worker, t->zone)) {
		return reply_error(r, RCODE_SERVFAIL, EDE_NOT_READY);
	}
	if (task->name.kind == REVNAME_ADDRESS) {
		return answer_address(t);
	}
	r->authoritative = true;
	if (above_cut) {
		return reply_negative(t, RCODE_NOERROR);
	}
	if (t->before == 0) {
		return answer_apex(t);
	}
	if (task->node) {
		return reply_addresses(t, task->node);
	}
	return reply_negative(t,
			      task->name.kind == REVNAME_PARTIAL ? RCODE_NOERROR : RCODE_NXDOMAIN);
}

/* Transfers: refused to everybody. Over UDP an IXFR is told the serial (RFC 1995 §2). */
static size_t answer_transfer(struct turn *t, bool tcp)
{
	struct reply *r = &t->reply;

	if (t->task->query.type == TYPE_AXFR && !tcp) {
		return reply_error(r, RCODE_FORMERR, EDE_NONE);
	}
	if (!t->zone || t->before > 0) {
		return reply_error(r, RCODE_NOTAUTH, EDE_NONE);
	}
	if (tcp) {
		return reply_error(r, RCODE_REFUSED, EDE_PROHIBITED);
	}
	if (!worker_has_zone(t->worker, t->zone)) {
		return reply_error(r, RCODE_SERVFAIL, EDE_NOT_READY);
	}
	r->authoritative = true;
	return reply_soa(t);
}

/* We are nobody's secondary: a NOTIFY starts nothing (RFC 1996 §3.10). */
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

static size_t answer(struct turn *t, bool tcp)
{
	const struct query *q = &t->task->query;
	struct reply *r = &t->reply;

	if (q->edns && q->edns_version > 0) {
		return reply_error(r, RCODE_BADVERS, EDE_NONE);
	}
	if (q->has_tsig) {
		return reply_error(r, RCODE_NOTAUTH, EDE_NONE);
	}
	if (q->class != CLASS_IN) {
		return answer_class(t);
	}
	if (q->opcode == OPCODE_NOTIFY) {
		return answer_notify(t);
	}
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR) {
		return answer_transfer(t, tcp);
	}
	if (!t->zone) {
		return reply_error(r, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
	}
	return answer_zone(t);
}

void task_read(struct task *t, struct worker *w, const uint8_t *packet, size_t len)
{
	struct query_name name; /* large, so it is filled and never cleared */

	t->apex = NULL;
	t->node = NULL;
	t->before = 0;
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
	} else if (t->name.family == 4) {
		directory_prefetch_entry(&w->directory, (uint32_t)t->name.addr);
	}
}

static bool is_v4(const struct task *t)
{
	return t->name.kind == REVNAME_ADDRESS && t->name.family == 4;
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

size_t task_reply(const struct task *t, struct worker *w, const struct client *client, uint8_t *out,
		  size_t room)
{
	struct turn turn;

	if (t->kind == QUERY_DROP) {
		return 0;
	}
	if (t->kind == QUERY_NOT_IMPLEMENTED) {
		return reply_header_only(&t->query, RCODE_NOTIMP, out);
	}
	if (!client->tcp) {
		size_t most = t->query.udp_size < REPLY_UDP ? t->query.udp_size : REPLY_UDP;

		room = room < most ? room : most;
	}
	turn.task = t;
	turn.worker = w;
	turn.zone = t->apex ? t->apex->zone : NULL;
	turn.before = t->before;
	reply_begin(&turn.reply, &t->query, out, room);
	if (t->query.edns) {
		turn.reply.nsid = t->query.nsid ? w->config->nsid : NULL;
		turn.reply.keepalive_100ms = t->query.keepalive ? client->idle_100ms : 0;
	}
	if (t->kind != QUERY_FINE) {
		return reply_error(&turn.reply, RCODE_FORMERR, EDE_NONE);
	}
	return answer(&turn, client->tcp);
}

size_t respond(struct worker *w, const struct client *client, const uint8_t *packet, size_t len,
	       uint8_t *out, size_t room)
{
	struct task t;

	task_read(&t, w, packet, len);
	return task_reply(&t, w, client, out, room);
}
