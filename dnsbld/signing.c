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
	s->room = is_signed(s) ? tsig_reply_room(&s->session) : tsig_refusal_room(&s->tsig);
	/* Where a stranger's long names leave no room the rcode alone has to say it. */
	if ((size_t)(r->end - r->at) >= s->room) {
		r->signing = s;
		r->end -= s->room;
	}
	return error ? RCODE_NOTAUTH : RCODE_NOERROR;
}

size_t signing_end(struct reply *r)
{
	struct signing *s = r->signing;
	size_t len = (size_t)(r->at - r->start);

	if (!is_signed(s)) {
		return tsig_refuse(&s->tsig, s->session.error, r->start, len, len + s->room);
	}
	/* 0, a drop, where libcrypto has no memory left: what is not signed helps nobody. */
	return tsig_sign_reply(&s->session, r->start, len, len + s->room, s->now_s);
}
