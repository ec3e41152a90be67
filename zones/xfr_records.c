/*
 * xfr_records.c: what the records of a transfer mean. The first is the zone's SOA; what follows it
 * says which kind of answer this is, whatever was asked:
 *
 *	full (RFC 5936 §2.2)         SOA, records …, the same SOA
 *	incremental (RFC 1995 §4)    SOA, differences …, the same SOA
 *	    a difference             old SOA, deleted records …, new SOA, added records …
 *	nothing newer                SOA
 *
 * 1. Serials are a chain: the first difference begins at ours, each next one where the last ended,
 *    each goes forward and none past the zone's (RFC 1982), and the last one ends there.
 * 2. Two serials of one zone that are the same are the same zone, so a full zone that is not newer
 *    than ours is not taken, nor one without any NS: nobody could ask for it.
 * 3. A record is of class IN, of a type that a zone can have, and its owner is in the zone; a SOA's
 *    is the zone.
 */
#include "dns.h"
#include "serial.h"
#include "xfr_inside.h"

enum {
	TYPE_META =
		128, /* to 255: types of questions, and of what lives in messages (RFC 6895 §3.1) */
	TYPE_META_END = 256,
	TYPE_RESERVED = 65535,
};

static bool is_of_zones(uint16_t type)
{
	return type != 0 && type != TYPE_OPT && (type < TYPE_META || type >= TYPE_META_END) &&
	       type != TYPE_RESERVED;
}

static enum status check(const struct xfr *x, const struct record *r)
{
	char owner[NAME_TEXT], zone[NAME_TEXT];
	size_t before;

	if (x->message.record_class != CLASS_IN) {
		return fail(ST_DATA, "%s has a record of class %u", name_format(&r->owner, owner),
			    x->message.record_class);
	}
	if (!is_of_zones(r->type)) {
		return fail(ST_DATA, "%s has a record of type %u, which no zone can have",
			    name_format(&r->owner, owner), r->type);
	}
	if (!name_below(&r->owner, &x->zone, &before)) {
		return fail(ST_DATA, "%s is not in the zone %s", name_format(&r->owner, owner),
			    name_format(&x->zone, zone));
	}
	if (r->type == TYPE_SOA && before > 0) {
		return fail(ST_DATA, "%s has a SOA, and is not the zone",
			    name_format(&r->owner, owner));
	}
	return ST_OK;
}

static bool is_same_soa(const struct xfr *x, const struct record *r)
{
	return r->ttl_s == x->soa.ttl_s && bytes_equal(r->rdata, x->soa.rdata);
}

static enum xfr_result to_sink(struct xfr *x,
			       enum status (*take)(void *context, const struct record *r),
			       const struct record *r)
{
	enum status status = take(x->sink.context, r);

	return status ? xfr_bad(x, status) : XFR_MORE;
}

/* The zone's SOA. Is there anything to transfer? */
static enum xfr_result first_record(struct xfr *x, const struct record *r)
{
	const bool alone = x->qtype == TYPE_IXFR && x->message.count[MESSAGE_ANSWER] == 1;

	if (r->type != TYPE_SOA) {
		return xfr_bad(x, fail(ST_DATA,
				       "the answer begins with a record of type %u, not "
				       "with the zone's SOA",
				       r->type));
	}
	x->serial = message_soa_serial(r->rdata);
	x->soa = *r;
	memcpy(x->soa_rdata, r->rdata.data, r->rdata.len);
	x->soa.rdata.data = x->soa_rdata;
	x->state = XFR_SECOND;
	if (x->has_ours && !serial_newer(x->serial, x->ours)) {
		if (alone || x->serial == x->ours) {
			return XFR_CURRENT;
		}
		return xfr_bad(x, fail(ST_DATA,
				       "the zone has serial %u, which is not newer than "
				       "ours, %u",
				       x->serial, x->ours));
	}
	if (alone) {
		/* Over UDP it would say "ask over TCP" (RFC 1995 §4), but here that is done. */
		fail(ST_DATA, "the answer to an IXFR from serial %u is the SOA of serial %u alone",
		     x->ours, x->serial);
		return XFR_REFUSED;
	}
	return XFR_MORE;
}

static enum xfr_result begin_difference(struct xfr *x, const struct record *soa)
{
	const uint32_t from = message_soa_serial(soa->rdata);

	x->number++;
	if (from != x->at) {
		return xfr_bad(x, fail(ST_DATA,
				       "difference %u of the IXFR begins at serial %u, "
				       "not %u",
				       x->number, from, x->at));
	}
	x->state = XFR_DELETED;
	return XFR_MORE;
}

static enum xfr_result full_record(struct xfr *x, const struct record *r)
{
	if (r->type != TYPE_SOA) {
		x->has_ns = x->has_ns || (r->type == TYPE_NS && name_equal(&r->owner, &x->zone));
		return to_sink(x, x->sink.add, r);
	}
	if (!is_same_soa(x, r)) {
		return xfr_bad(x, fail(ST_DATA,
				       "the zone began with a SOA of serial %u and ends "
				       "with another, of serial %u",
				       x->serial, message_soa_serial(r->rdata)));
	}
	if (!x->has_ns) {
		return xfr_bad(x, fail(ST_DATA, "the zone has no NS"));
	}
	x->state = XFR_END;
	return XFR_MORE;
}

/* Of an incremental answer, and of no other, the second is a SOA that is not the first again. */
static enum xfr_result second_record(struct xfr *x, const struct record *r)
{
	const bool full = x->qtype != TYPE_IXFR || r->type != TYPE_SOA || is_same_soa(x, r);
	enum status status = x->sink.begin(x->sink.context, full, x->serial);

	if (status) {
		return xfr_bad(x, status);
	}
	if (full) {
		x->state = XFR_FULL;
		return full_record(x, r);
	}
	return begin_difference(x, r);
}

static enum xfr_result deleted_record(struct xfr *x, const struct record *r)
{
	if (r->type != TYPE_SOA) {
		return to_sink(x, x->sink.del, r);
	}
	const uint32_t to = message_soa_serial(r->rdata);

	if (!serial_newer(to, x->at)) {
		return xfr_bad(x, fail(ST_DATA,
				       "difference %u of the IXFR goes from serial %u to "
				       "%u, which is not newer",
				       x->number, x->at, to));
	}
	if (to != x->serial && !serial_newer(x->serial, to)) {
		return xfr_bad(x, fail(ST_DATA,
				       "difference %u of the IXFR goes to serial %u, past "
				       "the zone's, %u",
				       x->number, to, x->serial));
	}
	x->at = to;
	x->state = XFR_ADDED;
	return XFR_MORE;
}

static enum xfr_result added_record(struct xfr *x, const struct record *r)
{
	if (r->type != TYPE_SOA) {
		return to_sink(x, x->sink.add, r);
	}
	if (x->at == x->serial) {
		if (!is_same_soa(x, r)) {
			return xfr_bad(x, fail(ST_DATA,
					       "the IXFR began with a SOA of serial %u "
					       "and ends with another, of serial %u",
					       x->serial, message_soa_serial(r->rdata)));
		}
		x->state = XFR_END;
		return XFR_MORE;
	}
	if (is_same_soa(x, r)) {
		return xfr_bad(x, fail(ST_DATA, "the IXFR to serial %u ends at serial %u",
				       x->serial, x->at));
	}
	return begin_difference(x, r);
}

enum xfr_result xfr_record(struct xfr *x, const struct record *r)
{
	enum status status = check(x, r);

	if (status) {
		return xfr_bad(x, status);
	}
	switch (x->state) {
	case XFR_FIRST:
		return first_record(x, r);
	case XFR_SECOND:
		return second_record(x, r);
	case XFR_FULL:
		return full_record(x, r);
	case XFR_DELETED:
		return deleted_record(x, r);
	case XFR_ADDED:
		return added_record(x, r);
	default:
		return xfr_bad(x, fail(ST_DATA, "there are records behind the end of the zone"));
	}
}
