/*
 * reply.c: the bytes of a reply (RFC 1035 §4.1).
 *
 *	start                             at            end
 *	header(12) question | answer authority additional | room for OPT | for TSIG |
 *
 * The header is written when everything in it is known, and then signed. The OPT's place is kept
 * free from the beginning, so an answer that fits leaves room for it: it is there if and only if
 * the query had one (RFC 6891 §7), in a truncated reply and in an error too, and with a cookie if
 * and only if the query had one (RFC 7873 §5.2). The same holds for the TSIG (signing.h). Other
 * options have no place kept: they are in the OPT where room is left.
 */
#include "reply.h"

#include <assert.h>

#include "signing.h"

enum {
	OPT_RDLEN = 9, /* where in the OPT that is */
	EDE_LEN = OPTION_FIXED + 2,
	TXT_FIXED = 13, /* owner(2) type(2) class(2) ttl(4) rdlen(2) length of the string(1) */
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
};

static void write_header(uint8_t *out, const struct query *q, unsigned flags, unsigned questions,
			 const uint16_t count[SECTIONS])
{
	flags |= FLAG_QR | (unsigned)q->opcode << 11;
	const uint8_t header[DNS_HEADER] = {
		q->packet[0],
		q->packet[1],
		(uint8_t)(flags >> 8),
		(uint8_t)flags,
		0,
		(uint8_t)questions,
		(uint8_t)(count[SECTION_ANSWER] >> 8),
		(uint8_t)count[SECTION_ANSWER],
		(uint8_t)(count[SECTION_AUTHORITY] >> 8),
		(uint8_t)count[SECTION_AUTHORITY],
		(uint8_t)(count[SECTION_ADDITIONAL] >> 8),
		(uint8_t)count[SECTION_ADDITIONAL],
	};

	memcpy(out, header, sizeof header);
}

void reply_begin(struct reply *r, const struct query *q, uint8_t *out, size_t room)
{
	size_t question = q->name_len ? q->name_len + 4U : 0;

	assert(room >= REPLY_LEAST);
	r->query = q;
	r->start = out;
	r->at = out + DNS_HEADER + question;
	r->opt_len = 0;
	if (q->edns) {
		r->opt_len = OPT_FIXED + (q->cookie.len > 0 ? OPTION_FIXED + COOKIE_LEN : 0);
	}
	r->end = out + room - r->opt_len;
	r->rcode = RCODE_NOERROR;
	r->ede = EDE_NONE;
	r->cookie = NULL;
	r->nsid = NULL;
	r->keepalive_100ms = 0;
	r->authoritative = false;
	r->truncated = false;
	r->signing = NULL;
	memset(r->count, 0, sizeof r->count);
	/* With the client's own bits for 0x20: resolvers compare them all. */
	memcpy(out + DNS_HEADER, q->packet + DNS_HEADER, question);
}

bool reply_put_a(struct reply *r, uint32_t ttl_s, uint32_t addr)
{
	struct writer w = writer_of(r->at, (size_t)(r->end - r->at));

	write_u16(&w, 0xc000 | DNS_HEADER);
	write_u16(&w, TYPE_A);
	write_u16(&w, CLASS_IN);
	write_u32(&w, ttl_s);
	write_u16(&w, 4);
	write_u32(&w, addr);
	if (w.bad) {
		return false;
	}
	r->at = w.at;
	r->count[SECTION_ANSWER]++;
	return true;
}

bool reply_put_txt(struct reply *r, uint32_t ttl_s, struct bytes text)
{
	struct writer w = writer_of(r->at, (size_t)(r->end - r->at));

	write_u16(&w, 0xc000 | DNS_HEADER);
	write_u16(&w, TYPE_TXT);
	write_u16(&w, r->query->class);
	write_u32(&w, ttl_s);
	write_u16(&w, (uint16_t)(text.len + 1));
	write_u8(&w, (uint8_t)text.len);
	write_bytes(&w, text.data, text.len);
	if (w.bad) {
		return false;
	}
	r->at = w.at;
	r->count[SECTION_ANSWER]++;
	return true;
}

bool reply_put_soa(struct reply *r, enum section section, const struct zone *zone, size_t before)
{
	const size_t owner = 2, ttl = owner + 4; /* after the owner come type(2) class(2) */
	uint8_t *p = r->at;

	if ((size_t)(r->end - p) < owner + zone->soa_len) {
		return false;
	}
	p[0] = (uint8_t)(0xc0 | (DNS_HEADER + before) >> 8);
	p[1] = (uint8_t)(DNS_HEADER + before);
	memcpy(p + owner, zone->soa, zone->soa_len);
	if (section == SECTION_ANSWER) {
		struct writer w = writer_of(p + ttl, 4);

		write_u32(&w, zone->config->ttl_s);
	}
	r->at += owner + zone->soa_len;
	r->count[section]++;
	return true;
}

void reply_truncate(struct reply *r)
{
	r->truncated = true;
	r->rcode =
		RCODE_NOERROR; /* RFC 8945 §5.3 asks for it, and who comes by TCP needs no other */
	r->at = r->start + DNS_HEADER + r->query->name_len + 4;
	memset(r->count, 0, sizeof r->count);
}

/*
 * Behind what the OPT has already. An option that there is no room for is left out, and so is one
 * that would make an error larger than it may be: an extended error and a cookie are not too much.
 */
static void put_option(struct reply *r, uint8_t *opt, unsigned code, struct bytes data)
{
	const struct query *q = r->query;
	size_t most = (size_t)(r->end - r->start);
	size_t tsig = r->signing ? r->signing->room : 0;
	bool error = r->rcode != RCODE_NOERROR && r->rcode != RCODE_NXDOMAIN;

	if (error && most + tsig > q->len + (size_t)REPLY_ERROR) {
		most = q->len + (size_t)REPLY_ERROR - tsig;
	}
	if ((size_t)(r->at - r->start) + OPTION_FIXED + data.len > most) {
		return;
	}
	struct writer w = writer_of(r->at, OPTION_FIXED + data.len);

	write_u16(&w, (uint16_t)code);
	write_u16(&w, (uint16_t)data.len);
	write_bytes(&w, data.data, data.len);
	r->at = w.at;
	opt[OPT_RDLEN + 1] = (uint8_t)(opt[OPT_RDLEN + 1] + OPTION_FIXED + data.len);
}

static void put_opt(struct reply *r)
{
	uint8_t *start = r->at;
	const uint8_t opt[OPT_FIXED + EDE_LEN] = {
		0, /* owner: the root */
		0,
		TYPE_OPT,
		REPLY_UDP >> 8,
		REPLY_UDP & 255,
		(uint8_t)(r->rcode >> 4),
		0, /* the version that we speak */
		r->query->dnssec_ok ? 0x80 : 0,
		0,
		0,
		r->ede == EDE_NONE ? 0 : EDE_LEN,
		0,
		OPTION_EDE,
		0,
		2,
		0,
		(uint8_t)r->ede,
	};
	size_t len = r->ede == EDE_NONE ? OPT_FIXED : sizeof opt;

	/* Replies with an extended error have no records, so there is room for it. */
	assert((size_t)(r->end - r->at) >= len);
	memcpy(r->at, opt, len);
	r->at += len;
	r->count[SECTION_ADDITIONAL]++;
	if (r->cookie) {
		put_option(r, start, OPTION_COOKIE, bytes_of(r->cookie, COOKIE_LEN));
	}
	if (r->keepalive_100ms > 0) {
		/* The client may keep its connection so long (RFC 7828 §3.1). */
		const uint8_t idle[] = {(uint8_t)(r->keepalive_100ms >> 8),
					(uint8_t)r->keepalive_100ms};

		put_option(r, start, OPTION_KEEPALIVE, bytes_of(idle, sizeof idle));
	}
	if (r->nsid) {
		put_option(r, start, OPTION_NSID, bytes_str(r->nsid));
	}
}

size_t reply_end(struct reply *r)
{
	const struct query *q = r->query;
	unsigned flags = (unsigned)r->rcode & 15;

	if (q->edns) {
		r->end += r->opt_len;
		put_opt(r);
	}
	flags |= q->recursion_desired ? FLAG_RD : 0;
	flags |= r->authoritative ? FLAG_AA : 0;
	flags |= r->truncated ? FLAG_TC : 0;
	write_header(r->start, q, flags, q->name_len > 0, r->count);
	return r->signing ? signing_end(r) : (size_t)(r->at - r->start);
}

size_t reply_header_only(const struct query *q, enum rcode rcode, uint8_t *out)
{
	static const uint16_t none[SECTIONS];

	write_header(out, q, rcode, 0, none);
	return DNS_HEADER;
}
