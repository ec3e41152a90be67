/*
 * xfr.c: the secondary's side of a transfer: is this message a part of what we asked for? What its
 * records mean is xfr_records.c's.
 *
 *	header, question -> TSIG -> rcode -> records of the answer -> was that all, and is it
 *signed?
 *
 * 1. Nothing of a message is believed before its TSIG is verified, but that it is an error: a
 *    primary that does not know our key cannot sign that it says so.
 * 2. What is not the answer is read, for it has to be a message, and ignored.
 * 3. Whatever ends the transfer ends it for good.
 */
#include "xfr.h"

#include "dns.h"
#include "xfr_inside.h"

void xfr_open(struct xfr *x, const struct name *zone, uint16_t qtype, uint16_t id, bool has_serial,
	      uint32_t serial, struct tsig_session *tsig, const struct xfr_sink *sink)
{
	x->status = ST_OK;
	x->serial = 0;
	x->sink = *sink;
	x->tsig = tsig;
	x->zone = *zone;
	x->qtype = qtype;
	x->id = id;
	x->has_ours = has_serial;
	x->ours = serial;
	x->result = XFR_MORE;
	x->state = XFR_FIRST;
	x->has_ns = false;
	x->at = serial;
	x->number = 0;
}

/* By all that header and question say. */
static bool is_reply_to(const struct xfr *x, const struct message *m)
{
	if (!m->is_reply || m->opcode != OPCODE_QUERY) {
		fail(ST_DATA, "a message is no reply");
		return false;
	}
	if (m->id != x->id) {
		fail(ST_DATA, "a message has the id %u, not %u", m->id, x->id);
		return false;
	}
	/* The first one alone needs a question (RFC 5936 §2.2.1), and an error may be a header. */
	if (m->has_question &&
	    (!name_equal(&m->name, &x->zone) || m->type != x->qtype || m->class != CLASS_IN)) {
		fail(ST_DATA, "a message has another question than ours");
		return false;
	}
	return true;
}

static bool is_genuine(struct xfr *x, struct bytes octets, uint64_t now)
{
	return !x->tsig ||
	       !tsig_judge(x->tsig, tsig_verify_reply(x->tsig, octets, now), octets, now);
}

static enum xfr_result take_records(struct xfr *x)
{
	struct message *m = &x->message;
	struct record r;

	while (message_record(m, &r)) {
		enum xfr_result result =
			m->section == MESSAGE_ANSWER ? xfr_record(x, &r) : XFR_MORE;

		if (result != XFR_MORE) {
			return result;
		}
	}
	if (m->status) {
		return xfr_bad(x, m->status);
	}
	if (x->state != XFR_END) {
		return XFR_MORE;
	}
	if (x->tsig && !tsig_is_complete(x->tsig)) {
		return xfr_bad(x, fail(ST_DATA, "the last message of the transfer is not signed"));
	}
	enum status status = x->sink.add(x->sink.context, &x->soa);

	return status ? xfr_bad(x, status) : XFR_DONE;
}

static enum xfr_result take(struct xfr *x, struct bytes octets, uint64_t now)
{
	struct message *m = &x->message;
	const bool first = x->state == XFR_FIRST;

	if (message_open(m, octets)) {
		return xfr_bad(x, m->status);
	}
	if (!is_reply_to(x, m)) {
		return xfr_bad(x, ST_DATA);
	}
	if (!is_genuine(x, octets, now)) {
		if (!first || m->rcode == RCODE_NOERROR) {
			return xfr_bad(x, ST_DATA);
		}
		fail(ST_DATA, "the answer is %s: %s", rcode_text(m->rcode), fail_text());
		return XFR_REFUSED;
	}
	if (m->rcode != RCODE_NOERROR) {
		fail(ST_DATA, "%s is %s%s", first ? "the answer" : "a later message",
		     rcode_text(m->rcode), rcode_advice(m->rcode));
		return first ? XFR_REFUSED : xfr_bad(x, ST_DATA);
	}
	if (m->is_truncated) {
		fail(ST_DATA, "the answer is truncated");
		return XFR_REFUSED;
	}
	if (m->count[MESSAGE_ANSWER] == 0) {
		fail(ST_DATA, "%s has no records", first ? "the answer" : "a later message");
		return first ? XFR_REFUSED : xfr_bad(x, ST_DATA);
	}
	return take_records(x);
}

enum xfr_result xfr_message(struct xfr *x, struct bytes message, uint64_t now)
{
	if (x->result == XFR_MORE) {
		x->result = take(x, message, now);
	}
	return x->result;
}
