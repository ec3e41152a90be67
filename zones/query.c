/*
 * query.c: the packet into struct query (RFC 1035 §4.1, RFC 6891, RFC 8945).
 *
 *	header(12) -> question -> [SOA of an IXFR or a NOTIFY] -> OPT? -> TSIG? -> the end, exactly
 *
 * Peers differ on most malformed packets; what each gets here is the safest that interoperates.
 *
 * 1. A query has one question (RFC 9619), no answer (a NOTIFY may have its SOA there), no authority
 *    (an IXFR has its SOA there), and nothing in the additional section but one OPT and, last, one
 *    TSIG. What the counts say is
 *    checked before any record is read, so no packet costs more than its few records.
 * 2. A QNAME comes first, so it never needs a compression pointer, and none is followed.
 * 3. Nothing is allocated, every octet is read once, and all of them must be accounted for.
 */
#include "query.h"

#include "tsig.h"
#include "wire_name.h"

enum {
	SOA_NUMBERS = 20, /* octets of an SOA's rdata behind its two names */
	MINIMAL_UDP = 512,
	EDNS_DO = 0x8000, /* RFC 3225 */
	/* With a server's half (RFC 7873 §4). */
	COOKIE_SHORTEST = 16,
	COOKIE_LONGEST = 40,
};

/* Octets of an uncompressed name at `p`, its root label among them; 0 where there is none. */
static size_t name_walk(const uint8_t *p, size_t left, uint8_t label[LABELS_MAX + 1],
			unsigned *labels)
{
	size_t at = 0, end = left < NAME_MAX_WIRE ? left : NAME_MAX_WIRE;

	/* A label has two octets or more, so below 255 octets there are at most 127 before the
	 * last. */
	for (unsigned count = 0; at < end; count++) {
		unsigned len = p[at];

		if (len == 0) {
			*labels = count;
			return at + 1;
		}
		if (len > 63) {
			return 0;
		}
		label[count] = (uint8_t)at;
		at += len + 1;
	}
	return 0;
}

/* Eight octets at once: 0x20 is added to those between 'A' and 'Z', whatever the byte order. */
static inline uint64_t lower8(uint64_t octets)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t seven = octets & 0x7f * ones;
	uint64_t from_a = seven + (0x80 - 'A') * ones;
	uint64_t above_z = seven + (0x7f - 'Z') * ones;
	uint64_t upper = (from_a ^ above_z) & ~octets & 0x80 * ones;

	return octets | upper >> 2;
}

/*
 * The whole wire name: length octets are at most 63 and no letters. Reads up to four octets past
 * the name, which are its type and class, and writes up to seven.
 */
static void name_lower(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len + 4; i += 8) {
		uint64_t octets;

		memcpy(&octets, from + i, 8);
		octets = lower8(octets);
		memcpy(to + i, &octets, 8);
	}
	if (i < len) {
		uint32_t octets;

		memcpy(&octets, from + i, 4);
		octets = (uint32_t)lower8(octets);
		memcpy(to + i, &octets, 4);
	}
}

/* Of several cookies the first one counts (RFC 7873 §5.2). */
static void read_cookie(struct query *q, const uint8_t *data, size_t len)
{
	if (q->cookie.len > 0 || q->bad_cookie) {
		return;
	}
	q->bad_cookie = len != COOKIE_CLIENT && (len < COOKIE_SHORTEST || len > COOKIE_LONGEST);
	if (!q->bad_cookie) {
		q->cookie = (struct query_cookie){data, (uint8_t)len};
	}
}

/* OPT at `p` (RFC 6891 §6.1.2). Returns its length, 0 where it is none. */
static size_t read_opt(struct query *q, const uint8_t *p, size_t left)
{
	if (left < OPT_FIXED || p[0] != 0 || peek_u16(p + 1) != TYPE_OPT) {
		return 0;
	}
	size_t rdlen = peek_u16(p + 9);

	if (left - OPT_FIXED < rdlen) {
		return 0;
	}
	/*
	 * Most options are ignored, what an NSID holds as well (RFC 5001 §2.2), but they must be
	 * some: one that overruns makes the OPT unreadable.
	 */
	const uint8_t *option = p + OPT_FIXED, *end = option + rdlen;

	q->nsid = false;
	q->keepalive = false;
	q->bad_cookie = false;
	q->cookie.len = 0;
	q->edns_version = p[6];
	while (end - option >= OPTION_FIXED) {
		size_t len = OPTION_FIXED + (size_t)peek_u16(option + 2);

		q->nsid = q->nsid || peek_u16(option) == OPTION_NSID;
		q->keepalive = q->keepalive || peek_u16(option) == OPTION_KEEPALIVE;
		if ((size_t)(end - option) < len) {
			return 0;
		}
		/* What an option of another version would be nobody knows. */
		if (peek_u16(option) == OPTION_COOKIE && q->edns_version == 0) {
			read_cookie(q, option + OPTION_FIXED, len - OPTION_FIXED);
		}
		option += len;
	}
	if (option != end) {
		return 0;
	}
	q->edns = true;
	q->udp_size = peek_u16(p + 3) < MINIMAL_UDP ? MINIMAL_UDP : peek_u16(p + 3);
	q->dnssec_ok = peek_u16(p + 7) & EDNS_DO;
	return OPT_FIXED + rdlen;
}

/*
 * TSIG at `p`, the last octets of the packet (RFC 8945 §5.1). False where it is none. Its owner may
 * end in a pointer to the question alone: the reply has that at the same place, so the owner can
 * be repeated there as it is.
 */
static bool read_tsig(struct query *q, const uint8_t *p)
{
	size_t at = (size_t)(p - q->packet);
	struct tsig tsig; /* large, so it is read again by who verifies it */

	if (!tsig_read(&tsig, bytes_of(q->packet, q->len), at)) {
		return false;
	}
	/* A pointer stands for one octet, or for more than its two. */
	if (tsig.owner.len != tsig.key.len &&
	    (peek_u16(tsig.owner.data + tsig.owner.len - 2) & 0x3fff) >= DNS_HEADER + q->name_len) {
		return false;
	}
	q->tsig_at = (uint16_t)at;
	return true;
}

/*
 * The SOA at the name that is asked for, spelled out or as a pointer to the question: the client's
 * of an IXFR (RFC 1995 §3), the new one of a NOTIFY (RFC 1996 §3.7), which nobody believes. Returns
 * its length, 0 where it is none.
 */
static size_t read_soa(struct query *q, const struct query_name *name, const uint8_t *p,
		       size_t left)
{
	uint8_t owner[NAME_MAX_WIRE + 8];
	size_t len;

	if (left >= 2 && peek_u16(p) == (0xc000 | DNS_HEADER)) {
		len = 2;
	} else {
		len = name->len;
		if (left < len + 4) {
			return 0;
		}
		name_lower(owner, p, len);
		if (memcmp(owner, name->wire, len) != 0) {
			return 0;
		}
	}
	if (left < len + 10 || peek_u16(p + len) != TYPE_SOA || peek_u16(p + len + 2) != CLASS_IN) {
		return 0;
	}
	size_t rdlen = peek_u16(p + len + 8);

	if (left - len - 10 < rdlen) {
		return 0;
	}
	struct reader rdata = reader_of(bytes_of(p + len + 10, rdlen));

	wire_name_skip(&rdata); /* MNAME */
	wire_name_skip(&rdata); /* RNAME */
	if (reader_left(&rdata) != SOA_NUMBERS) {
		return 0;
	}
	q->serial = read_u32(&rdata);
	return len + 10 + rdlen;
}

/* An IXFR has the client's SOA, a NOTIFY may have the new one, and nothing else has any. */
static bool may_have(const struct query *q, unsigned answers, unsigned authorities)
{
	if (q->opcode == OPCODE_NOTIFY) {
		return answers <= 1 && authorities == 0;
	}
	return answers == 0 && authorities == (q->type == TYPE_IXFR);
}

/* What follows the question: nothing else than what a query may have, to the last octet. */
static bool read_rest(struct query *q, const struct query_name *name, const uint8_t *p,
		      const uint8_t *end, unsigned soas, unsigned additionals)
{
	if (additionals > 2) {
		return false;
	}
	if (soas > 0) {
		size_t len = read_soa(q, name, p, (size_t)(end - p));

		if (len == 0) {
			return false;
		}
		p += len;
	}
	if (additionals > 0) {
		size_t len = read_opt(q, p, (size_t)(end - p));

		p += len;
		additionals -= len > 0;
	}
	if (additionals > 0) {
		return additionals == 1 && read_tsig(q, p);
	}
	return p == end;
}

enum query_kind query_parse(struct query *q, struct query_name *name, const uint8_t *packet,
			    size_t len)
{
	/* QR: two servers that answer each other's answers would never end. */
	if (len < DNS_HEADER || packet[2] & 0x80) {
		return QUERY_DROP;
	}
	q->packet = packet;
	q->len = (uint16_t)len;
	q->opcode = packet[2] >> 3 & 15;
	q->recursion_desired = false;
	q->edns = false;
	q->tsig_at = 0;
	q->udp_size = MINIMAL_UDP;
	q->name_len = 0;
	q->type = 0;
	if (q->opcode != OPCODE_QUERY && q->opcode != OPCODE_NOTIFY) {
		return QUERY_NOT_IMPLEMENTED;
	}
	q->recursion_desired = packet[2] & 1;

	const uint8_t *p = packet + DNS_HEADER, *end = packet + len;
	unsigned questions = peek_u16(packet + 4), answers = peek_u16(packet + 6);
	unsigned authorities = peek_u16(packet + 8), additionals = peek_u16(packet + 10);

	if (questions != 1) {
		size_t opt = 0;

		/* Its OPT, where that is all there is, decides whether the reply has one. */
		if (questions + answers + authorities == 0 && additionals == 1) {
			opt = read_opt(q, p, (size_t)(end - p));
		}
		/* RFC 7873 §5.4 */
		bool cookie = opt > 0 && p + opt == end && q->cookie.len > 0;

		return cookie && q->opcode == OPCODE_QUERY ? QUERY_COOKIE : QUERY_NO_QUESTION;
	}

	unsigned labels;
	size_t name_len = name_walk(p, (size_t)(end - p), name->label, &labels);

	if (name_len == 0 || (size_t)(end - p) < name_len + 4) {
		return QUERY_NO_QUESTION;
	}
	q->name_len = (uint8_t)name_len;
	name->len = (uint8_t)name_len;
	name->labels = (uint8_t)labels;
	name_lower(name->wire, p, name_len);
	q->type = peek_u16(p + name_len);
	q->class = peek_u16(p + name_len + 2);
	p += name_len + 4;

	unsigned soas = answers + authorities;

	if ((soas > 0 || q->type == TYPE_IXFR) && !may_have(q, answers, authorities)) {
		return QUERY_MALFORMED;
	}
	if (!read_rest(q, name, p, end, soas, additionals) || (q->edns && q->bad_cookie)) {
		return QUERY_MALFORMED;
	}
	return QUERY_FINE;
}
