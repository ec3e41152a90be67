/*
 * respond_zone.c: what a zone of ours has at a name.
 *
 *	the apex              SOA, NS, its addresses
 *	a reversed address    worker_find -> cache_answer -> A and TXT; unlisted: NXDOMAIN
 *	part of one           NODATA, without looking at data
 *	a host, or a name above a zone below; anything else: NXDOMAIN
 *
 * 1. A name that has names below it is never NXDOMAIN (RFC 8020): resolvers that send minimised
 *    names (RFC 9156) would not ask further.
 * 2. Every negative answer has the SOA (RFC 2308), every answer about a zone of ours AA.
 * 3. What does not fit is not sent in part: TC and no records.
 */
#include "respond_inside.h"

static size_t reply_negative(struct turn *t, enum rcode rcode)
{
	t->reply.rcode = rcode;
	if (!reply_put_soa(&t->reply, SECTION_AUTHORITY, t->zone, t->before)) {
		return reply_truncated(t);
	}
	return reply_end(&t->reply);
}

size_t reply_soa(struct turn *t)
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

/* The address that is asked about, in words. */
struct asked {
	char text[ADDR_TEXT];
	size_t len;
};

static struct asked asked_of(const struct turn *t)
{
	struct asked asked;

	asked.len = addr_format(t->task->name.family, t->task->name.addr, asked.text);
	return asked;
}

/* `text` is a template. False where it does not fit. */
static bool put_text(struct turn *t, const struct asked *asked, struct bytes text)
{
	uint8_t expanded[TEXT_MAX];
	size_t len = text_expand(text, bytes_of(asked->text, asked->len), expanded);

	return reply_put_txt(&t->reply, t->zone->config->ttl_s, bytes_of(expanded, len));
}

/* False where the TXTs do not fit: none of them is in the reply then. */
static bool put_texts(struct turn *t, const struct prepared *p)
{
	struct reply *r = &t->reply;
	struct reader texts = reader_of(prepared_txt(p));
	struct asked asked = asked_of(t);
	uint8_t *at = r->at;
	uint16_t count = r->count[SECTION_ANSWER];

	while (reader_left(&texts) > 0) {
		if (!put_text(t, &asked, read_run(&texts))) {
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

/* IPv4 has its own names; those of IPv4 inside IPv6 exist for the test entries alone, and in a
 * mirrored zone where its primary has them. */
static bool is_v4_mapped(const struct revname *name)
{
	return name->family == 6 && name->addr >> 32 == 0xffff;
}

/* A client that should have asked otherwise, or not at all: what its users see has to say so. */
static size_t answer_error(struct turn *t)
{
	const uint16_t type = t->task->query.type;
	struct reply *r = &t->reply;
	uint32_t ttl_s = t->zone->config->ttl_s;
	bool fits = true;

	r->authoritative = true;
	if (type != TYPE_A && type != TYPE_TXT && type != TYPE_ANY) {
		return reply_negative(t, RCODE_NOERROR);
	}
	if (type != TYPE_TXT) {
		fits = reply_put_a(r, ttl_s, 0x7fffff00 | t->error->code);
	}
	if (type != TYPE_A && fits) {
		struct asked asked = asked_of(t);

		fits = put_text(t, &asked, bytes_str(t->error->text));
	}
	return fits ? reply_end(r) : reply_truncated(t);
}

static size_t answer_address(struct turn *t)
{
	const struct revname *name = &t->task->name;
	struct worker *w = t->worker;
	const struct zone_view *view = t->view ? t->view : &t->zone->view;
	const struct prepared *prepared = NULL;
	uint32_t id = 0;
	uint8_t low;

	if (t->action == ACTION_REFUSE) {
		return reply_error(&t->reply, RCODE_REFUSED, EDE_PROHIBITED);
	}
	if (t->action == ACTION_DROP) {
		return reply_drop(w, COUNTER_DROPPED_ACCESS);
	}
	if (t->action == ACTION_ERROR) {
		return answer_error(t);
	}
	if (t->action == ACTION_EMPTY) {
		/* Not even the test entries: who looks at them sees that he is not served. */
	} else if (test_entry(view, name->family, name->addr, &low)) {
		test_entry_rrs(low, view, &w->cache.rrs);
		prepared = cache_rrs(&w->cache, t->zone, &w->cache.rrs);
	} else if (!is_v4_mapped(name) || t->zone->config->mirror.given) {
		if (!worker_find(w, name->family, name->addr, &id)) {
			return reply_error(&t->reply, RCODE_SERVFAIL, EDE_INVALID_DATA);
		}
		if (id != 0) {
			prepared = worker_answer(w, t->zone, t->view, id);
			if (!prepared) {
				return reply_error(&t->reply, RCODE_SERVFAIL, EDE_INVALID_DATA);
			}
		}
	}

	t->reply.authoritative = true;
	if (prepared && prepared->a_count > 0) {
		t->listed = prepared;
		return answer_listed(t, prepared);
	}
	return reply_negative(t, name->v6_parent ? RCODE_NOERROR : RCODE_NXDOMAIN);
}

size_t answer_zone(struct turn *t)
{
	const struct task *task = t->task;
	struct reply *r = &t->reply;
	bool above_cut = is_above_cut(task);

	if (above_cut) {
		t->zone = t->zone->parent;
		t->before = (size_t)task->query.name_len - t->zone->config->apex.len;
	}
	if (!worker_has_zone(t->worker, t->zone)) {
		return reply_unserved(t);
	}
	enum access_verdict verdict = t->zone->access ? access_judge(t) : ACCESS_GOES_ON;

	if (verdict == ACCESS_FAILED) {
		return reply_error(r, RCODE_SERVFAIL, EDE_INVALID_DATA);
	}
	if (task->name.kind == REVNAME_ADDRESS) {
		return answer_address(t);
	}
	r->authoritative = true;
	if (verdict == ACCESS_NO_NAME) {
		return reply_negative(t, RCODE_NXDOMAIN);
	}
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
