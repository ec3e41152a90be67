/*
 * query.h: a packet from the network, read once and bounded: what was asked, or what is wrong with
 * it.
 */
#ifndef DNSBLD_QUERY_H
#define DNSBLD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "dns.h"
#include "name.h"

enum {
	OPT_FIXED = 11,        /* owner(1) type(2) size(2) rcode(1) version(1) flags(2) rdlen(2) */
	OPTION_FIXED = 4,      /* code(2) length(2) */
	OPTION_NSID = 3,       /* RFC 5001 §2.3 */
	OPTION_COOKIE = 10,    /* RFC 7873 §4 */
	OPTION_KEEPALIVE = 11, /* RFC 7828 §3.1 */
	OPTION_EDE = 15,       /* RFC 8914 §2 */
	LABELS_MAX = 127,      /* a name of 255 octets has no more */
	COOKIE_CLIENT = 8,     /* the client's half of a cookie, which it always sends */
	COOKIE_LEN = 24,       /* with our half (RFC 9018 §4) */
};

/* A cookie as it came (RFC 7873 §4): the client's half alone, or with a server's of some form. */
struct query_cookie {
	const uint8_t *data;
	uint8_t len; /* COOKIE_CLIENT, or 16 to 40; 0: there is none */
};

struct query {
	const uint8_t *packet; /* borrowed; the QNAME in the client's spelling stays there */
	uint16_t type;         /* 0 without a question */
	uint16_t class;
	uint16_t len;      /* of the packet */
	uint16_t udp_size; /* what the client says it takes; 512 without EDNS */
	uint8_t opcode;
	uint8_t name_len; /* octets of the QNAME, its root label too; 0: there is no question */
	bool recursion_desired;
	bool edns; /* there is an OPT, and it could be read: then the next six are known */
	bool dnssec_ok;
	bool nsid;      /* the server's name is asked for (RFC 5001) */
	bool keepalive; /* and how long a connection may be idle (RFC 7828) */
	uint8_t edns_version;
	bool bad_cookie;  /* one of a length that there is not */
	uint16_t tsig_at; /* where its TSIG is, which tsig_read() reads; 0: it has none */
	uint32_t serial;  /* of the SOA in an IXFR: what the client has */
	struct query_cookie cookie;
};

/* The QNAME, for finding what it names. Apart from struct query, for many of those are kept. */
struct query_name {
	uint8_t len;
	uint8_t labels;                  /* without the root label */
	uint8_t label[LABELS_MAX + 1];   /* where each one begins */
	uint8_t wire[NAME_MAX_WIRE + 8]; /* in lower case; the rest is room for whole words */
};

/* What a packet deserves, before anything is looked up. */
enum query_kind {
	QUERY_DROP,            /* no reply whatsoever */
	QUERY_NOT_IMPLEMENTED, /* another opcode: header alone */
	QUERY_NO_QUESTION,     /* FORMERR, and there is no question that could be echoed */
	QUERY_MALFORMED,       /* FORMERR; the question itself was fine */
	QUERY_COOKIE,          /* no question: a cookie is all that is asked for */
	QUERY_FINE,
};

/* Reads a packet. *q is borrowed from it. Both are filled as far as the kind says. */
enum query_kind query_parse(struct query *q, struct query_name *name, const uint8_t *packet,
			    size_t len);

#endif
