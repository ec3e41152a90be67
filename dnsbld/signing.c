/*
 * signing.c: what becomes of a query's TSIG, and the reply's (RFC 8945 §5.2, §5.3).
 *
 *	valid                          the answer          signed
 *	unknown key or algorithm       NOTAUTH, BADKEY     not signed
 *	a MAC that is wrong, or none   NOTAUTH, BADSIG     not signed
 *	a MAC of an impossible length  FORMERR             no TSIG
 *	a clock too far from ours      NOTAUTH, BADTIME    signed, with our time
 *	a MAC that was cut             NOTAUTH, BADTRUNC   signed
 *
 * 1. Nobody gets a signature, nor learns what our clock says, who has not shown that he has the
 *    secret.
 * 2. An error that is not signed repeats the query's own names, so it is no longer than the query.
 *    A signed one may be: by our time (6 octets), by a key's name that the query had compressed,
 *    and where its MAC was cut by the rest of ours. Who gets it has the secret.
 * 3. A signed answer that does not fit is truncated, and that is signed (§5.3): with the names
 *    that the config allows, question and TSIG fit wherever 512 octets do.
 */
#include "signing.h"

#include <assert.h>
#include <time.h>

enum {
	RDATA_FIXED = 16, /* time(6) fudge(2) mac-len(2) id(2) error(2) other-len(2) */
};

static bool is_signed(const struct signing *s)
{
	const enum tsig_error error = s->session.error;

	return error != TSIG_BADKEY && error != TSIG_BADSIG;
}

enum rcode signing_begin(struct signing *s, struct reply *r, const struct tsig_keys *keys)
{
	const struct query *q = r->query;
	const struct bytes packet = bytes_of(q->packet, q->len);
	bool read = tsig_read(&s->tsig, packet, q->tsig_at);

	assert(read); /* as query_parse() did */
	s->now_s = (uint64_t)time(NULL);
	enum tsig_error error = tsig_verify_request(&s->session, keys, packet, &s->tsig, s->now_s);

	if (error == TSIG_FORMERR) {
		return RCODE_FORMERR;
	}
	s->room = is_signed(s)
			  ? tsig_reply_room(&s->session)
			  : s->tsig.owner.len + DNS_RR_FIXED + s->tsig.algorithm.len + RDATA_FIXED;
	/* Where a stranger's long names leave no room the rcode alone has to say it. */
	if ((size_t)(r->end - r->at) >= s->room) {
		r->signing = s;
		r->end -= s->room;
	}
	return error ? RCODE_NOTAUTH : RCODE_NOERROR;
}

static void put_unsigned(struct reply *r)
{
	const struct signing *s = r->signing;
	const struct tsig *tsig = &s->tsig;
	struct writer w = writer_of(r->at, s->room);

	write_bytes(&w, tsig->owner.data, tsig->owner.len);
	write_u16(&w, TYPE_TSIG);
	write_u16(&w, CLASS_ANY);
	write_u32(&w, 0);
	write_u16(&w, (uint16_t)(tsig->algorithm.len + RDATA_FIXED));
	write_bytes(&w, tsig->algorithm.wire, tsig->algorithm.len);
	write_be(&w, tsig->time_s, 6);
	write_u16(&w, tsig->fudge_s);
	write_u16(&w, 0); /* no MAC */
	write_u16(&w, tsig->original_id);
	write_u16(&w, s->session.error);
	write_u16(&w, 0); /* no other data */
	r->at = w.at;
	r->start[DNS_HEADER - 1]++; /* ARCOUNT, of which an error has one at most */
}

size_t signing_end(struct reply *r)
{
	struct signing *s = r->signing;
	size_t len = (size_t)(r->at - r->start);

	if (!is_signed(s)) {
		put_unsigned(r);
		return (size_t)(r->at - r->start);
	}
	/* 0, a drop, where libcrypto has no memory left: what is not signed helps nobody. */
	return tsig_sign_reply(&s->session, r->start, len, len + s->room, s->now_s);
}
