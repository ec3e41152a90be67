/*
 * notified.h: a NOTIFY that came, by which a primary says that a zone has changed (RFC 1996), and
 * what is said to it. Over UDP and TCP alike.
 *
 *     switch (notified_read(&n, request, keys, now)) {
 *     case NOTIFIED_FINE:   whose is it? n.rcode = RCODE_REFUSED or RCODE_NOTAUTH, or ask for the
 * SOA case NOTIFIED_FAULTY: len = notified_reply(&n, out, room, now); case NOTIFIED_DROP:   nothing
 * is said to that
 *     }
 */
#ifndef DNSBLD_NOTIFIED_H
#define DNSBLD_NOTIFIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "dns.h"
#include "name.h"
#include "tsig.h"

enum notified_kind {
	NOTIFIED_FINE,   /* a NOTIFY, genuine where it is signed */
	NOTIFIED_FAULTY, /* something else: n->rcode says what */
	NOTIFIED_DROP,   /* no message, or a reply: two that answer replies would never end */
};

struct notified {
	/* Of one that is fine. */
	struct name zone;             /* in lower case */
	bool has_serial;              /* it says which serial the zone has: */
	uint32_t serial;              /* a hint, to be asked for (RFC 1996 §3.7) */
	const struct key_config *key; /* that signed it; NULL: nothing did */
	/* What to reply. Of a fine one it is RCODE_NOERROR, until the caller has another. */
	enum rcode rcode;
	/* Inside. */
	struct bytes request;
	size_t question; /* octets of it that the reply repeats; 0: it is a header alone */
	bool edns;
	bool has_tsig; /* the reply has one */
	struct tsig tsig;
	struct tsig_session session;
};

/* Room that a reply may need: header, question, OPT and TSIG. */
enum { NOTIFIED_REPLY = 1024 };

/*
 * Reads one. `request` is borrowed until the reply is made, `keys` and their config too.
 * `now` is by the real clock, in seconds.
 */
enum notified_kind notified_read(struct notified *n, struct bytes request,
				 const struct tsig_keys *keys, uint64_t now);

/* Makes the reply, signed where the request was. Returns its length; 0: there is no room. */
size_t notified_reply(struct notified *n, uint8_t *out, size_t room, uint64_t now);

#endif
