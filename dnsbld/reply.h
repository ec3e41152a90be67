/*
 * reply.h: the bytes of a reply. What is put into it is put whole or not at all.
 *
 *     reply_begin(&r, &q, out, room) -> reply_put() … -> reply_end(&r)
 */
#ifndef DNSBLD_REPLY_H
#define DNSBLD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "dns.h"
#include "query.h"
#include "zone.h"

/* Extended errors (RFC 8914 §4). */
enum ede {
	EDE_NONE = -1,
	EDE_NOT_READY = 14,
	EDE_PROHIBITED = 18,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
	EDE_INVALID_DATA = 24,
};

enum {
	REPLY_UDP = 1232, /* the most over UDP: unfragmented on any path (RFC 9715 §3.2) */
	REPLY_TCP = 65535,
	REPLY_LEAST = 512, /* the room that a caller must give */
	REPLY_ERROR = 23,  /* an error is no more longer than its query: nothing is amplified */
};

/* Which section is being written; they come in this order. */
enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };

struct signing;

struct reply {
	const struct query *query;
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;    /* behind it … */
	uint8_t opt_len; /* … there is room for the OPT, with its cookie, and for the TSIG */
	enum rcode rcode;
	enum ede ede;
	const uint8_t *cookie; /* of COOKIE_LEN, where the query had one; else NULL */
	const char *nsid; /* the server's name, where it is asked for and there is one; else NULL */
	uint16_t keepalive_100ms; /* how long the connection may be idle; 0: it is not told */
	bool authoritative;
	bool truncated;
	struct signing *signing; /* what its TSIG is made from; NULL: it has none */
	uint16_t count[SECTIONS];
};

/* Begins with the question, exactly as it came. `room` is REPLY_LEAST or more. */
void reply_begin(struct reply *r, const struct query *q, uint8_t *out, size_t room);

/* Appends records. False, and nothing is appended, where they do not fit. */
static inline bool reply_put(struct reply *r, enum section section, struct bytes bytes,
			     unsigned count)
{
	if ((size_t)(r->end - r->at) < bytes.len) {
		return false;
	}
	memcpy(r->at, bytes.data, bytes.len);
	r->at += bytes.len;
	r->count[section] = (uint16_t)(r->count[section] + count);
	return true;
}

/* Appends an A record at the question's name. False, and nothing is appended, where it does not
 * fit. */
bool reply_put_a(struct reply *r, uint32_t ttl_s, uint32_t addr);

/* Appends a TXT record of one string at the question's name, in the question's class. */
bool reply_put_txt(struct reply *r, uint32_t ttl_s, struct bytes text);

/*
 * Appends the zone's SOA, whose apex stands `before` octets into the question's name: as an answer,
 * or as the authority of a negative one.
 */
bool reply_put_soa(struct reply *r, enum section section, const struct zone *zone, size_t before);

/* Takes every record out again: the client is to come by TCP (RFC 2181 §9). */
void reply_truncate(struct reply *r);

/* Writes OPT, header and TSIG. Returns the reply's length. */
size_t reply_end(struct reply *r);

/* A reply that is the header alone, for what has no question to echo. Returns its length. */
size_t reply_header_only(const struct query *q, enum rcode rcode, uint8_t *out);

#endif
