/*
 * notified.c: a NOTIFY that came, and what is said to it.
 *
 *	no header, a reply                        nothing
 *	another opcode                            NOTIMP, a header alone
 *	a query                                   REFUSED
 *	no question                               FORMERR, a header alone
 *	malformed, another type than SOA          FORMERR
 *	another class                             REFUSED
 *	an EDNS version other than 0              BADVERS
 *	a TSIG that is not genuine                NOTAUTH, as RFC 8945 §5.2 has it
 *	else                                      the caller knows
 */
#include "notified.h"

#include "query.h"

enum {
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	EDNS_SIZE = 1232, /* octets that we take over UDP (RFC 9715 §3.2) */
};

/* RCODE_NOERROR: it is genuine, or not signed. */
static enum rcode verify(struct notified *n, const struct query *q, const struct tsig_keys *keys,
			 uint64_t now)
{
	if (q->tsig_at == 0) {
		return RCODE_NOERROR;
	}
	if (!tsig_read(&n->tsig, n->request, q->tsig_at)) {
		return RCODE_FORMERR;
	}
	enum tsig_error error = tsig_verify_request(&n->session, keys, n->request, &n->tsig, now);

	if (error == TSIG_FORMERR) {
		return RCODE_FORMERR;
	}
	n->has_tsig = true;
	if (error) {
		return RCODE_NOTAUTH;
	}
	n->key = n->session.key->config;
	return RCODE_NOERROR;
}

static enum rcode judge(struct notified *n, const struct query *q, const struct tsig_keys *keys,
			uint64_t now)
{
	enum rcode rcode = verify(n, q, keys, now);

	if (rcode) {
		return rcode;
	}
	if (q->edns && q->edns_version > 0) {
		return RCODE_BADVERS;
	}
	if (q->opcode != OPCODE_NOTIFY || q->class != CLASS_IN) {
		return RCODE_REFUSED;
	}
	return q->type == TYPE_SOA ? RCODE_NOERROR : RCODE_FORMERR;
}

enum notified_kind notified_read(struct notified *n, struct bytes request,
				 const struct tsig_keys *keys, uint64_t now)
{
	struct query q;
	struct query_name name;

	*n = (struct notified){.request = request, .rcode = RCODE_FORMERR};
	switch (query_parse(&q, &name, request.data, request.len)) {
	case QUERY_DROP:
		return NOTIFIED_DROP;
	case QUERY_NOT_IMPLEMENTED:
		n->rcode = RCODE_NOTIMP;
		return NOTIFIED_FAULTY;
	case QUERY_MALFORMED:
		n->question = q.name_len + 4U;
		return NOTIFIED_FAULTY;
	case QUERY_FINE:
		break;
	default:
		return NOTIFIED_FAULTY;
	}
	n->question = q.name_len + 4U;
	n->edns = q.edns;
	n->zone.len = name.len;
	memcpy(n->zone.wire, name.wire, name.len);
	n->has_serial = peek_u16(request.data + 6) > 0;
	n->serial = n->has_serial ? q.serial : 0;
	n->rcode = judge(n, &q, keys, now);
	return n->rcode ? NOTIFIED_FAULTY : NOTIFIED_FINE;
}

static void write_opt(struct writer *w, enum rcode rcode)
{
	write_u8(w, 0); /* the root */
	write_u16(w, TYPE_OPT);
	write_u16(w, EDNS_SIZE);
	write_u8(w, (uint8_t)(rcode >> 4));
	write_u8(w, 0);  /* version */
	write_u16(w, 0); /* flags */
	write_u16(w, 0);
}

size_t notified_reply(struct notified *n, uint8_t *out, size_t room, uint64_t now)
{
	const unsigned flags = peek_u16(n->request.data + 2) & (15U << 11 | FLAG_AA);
	const enum tsig_error error = n->session.error;
	struct writer w = writer_of(out, room);

	write_u16(&w, peek_u16(n->request.data));
	write_u16(&w, (uint16_t)(FLAG_QR | flags | (n->rcode & 15)));
	write_u16(&w, n->question > 0);
	write_u32(&w, 0);
	write_u16(&w, n->edns);
	write_bytes(&w, n->request.data + DNS_HEADER, n->question);
	if (n->edns) {
		write_opt(&w, n->rcode);
	}
	const size_t len = writer_bytes(&w).len;

	if (!n->has_tsig || len == 0) {
		return len;
	}
	/* Nobody gets a signature who has not shown that he has the secret (RFC 8945 §5.3.2). */
	if (error == TSIG_BADKEY || error == TSIG_BADSIG) {
		return tsig_refuse(&n->tsig, error, out, len, room);
	}
	return tsig_sign_reply(&n->session, out, len, room, now);
}
