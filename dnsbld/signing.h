/*
 * signing.h: a query's TSIG and its reply's (RFC 8945), where the query has one.
 *
 *     reply_begin -> signing_begin: verified? -> reply_put() … -> reply_end -> signing_end
 */
#ifndef DNSBLD_SIGNING_H
#define DNSBLD_SIGNING_H

#include "reply.h"
#include "tsig.h"

struct signing {
	struct tsig tsig; /* the query's */
	struct tsig_session session;
	size_t room; /* what is kept free for the reply's */
	uint64_t now_s;
};

/*
 * Verifies the query's TSIG and keeps room for the reply's, which may be more than is left: then
 * there is none. RCODE_NOERROR where the query is genuine; RCODE_NOTAUTH or RCODE_FORMERR, with
 * which the reply is to end. *s has to stay until it has.
 */
enum rcode signing_begin(struct signing *s, struct reply *r, const struct tsig_keys *keys);

/* Appends the TSIG to a reply that is otherwise done. Returns its length. */
size_t signing_end(struct reply *r);

#endif
