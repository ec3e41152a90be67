/*
 * dns.h: the numbers of the protocol that more than one part needs (RFC 1035 §3.2, §4.1; the rest
 * has its RFC beside it).
 */
#ifndef DNSBLD_DNS_H
#define DNSBLD_DNS_H

enum {
	DNS_HEADER = 12,   /* id(2) flags(2) and four counts(2) */
	DNS_RR_FIXED = 10, /* of a record, behind its owner: type(2) class(2) ttl(4) rdlen(2) */
	OPCODE_QUERY = 0,
	OPCODE_NOTIFY = 4, /* RFC 1996 */
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_SOA = 6,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_OPT = 41, /* RFC 6891 */
	TYPE_DS = 43,
	TYPE_ZONEMD = 63, /* RFC 8976 */
	TYPE_TSIG = 250,  /* RFC 8945 */
	TYPE_IXFR = 251,  /* RFC 1995 */
	TYPE_AXFR = 252,  /* RFC 5936 */
	TYPE_ANY = 255,
	CLASS_IN = 1,
	CLASS_CH = 3,
	CLASS_ANY = 255,
};

enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_NOTAUTH = 9,
	/* Their high bits are in the OPT (RFC 6891 §6.1.3). */
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23,
};

#endif
