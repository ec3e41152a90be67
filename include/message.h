/*
 * message.h: messages of others, read record by record, and what a secondary asks its primaries.
 *
 *     message_open(&m, octets)
 *     while (message_record(&m, &record)) { … m.section, m.record_class … }
 *     return m.status;
 *
 *     message_query() -> tsig_sign_request() -> …  soa_reply_read(), or xfr_message() of xfr.h
 *
 * Any octets may come in; nothing is allocated, and no octet costs more than a few hundred steps.
 */
#ifndef DNSBLD_MESSAGE_H
#define DNSBLD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "name.h"
#include "records.h"
#include "status.h"
#include "tsig.h"

enum {
	MESSAGE_MAX = 65535,    /* octets, over TCP (RFC 1035 §4.2.2) */
	MESSAGE_SOA_FIXED = 20, /* octets of an SOA's rdata behind its two names */
	MESSAGE_SOA_MAX = 2 * NAME_MAX_WIRE + MESSAGE_SOA_FIXED,
	MESSAGE_QUERY_MAX = 12 + NAME_MAX_WIRE + 4 + 34, /* octets of an IXFR, not signed */
};

enum message_section { MESSAGE_ANSWER, MESSAGE_AUTHORITY, MESSAGE_ADDITIONAL };

/* A message, about 64 KiB: for the heap, or one that is used again and again. */
struct message {
	/* From message_open(): header and question (RFC 1035 §4.1). */
	uint16_t id;
	bool is_reply;
	bool is_authoritative;
	bool is_truncated;
	uint8_t opcode;
	uint8_t rcode;     /* its low bits; the others are in the OPT */
	uint16_t count[3]; /* records by section */
	bool has_question; /* where not, the next three are none, 0, 0 */
	struct name name;  /* in lower case */
	uint16_t type, class;
	/* From message_record(). */
	enum message_section section; /* where the last record was */
	uint16_t record_class;        /* its class: of an OPT a size */
	enum status status;           /* ST_DATA: no whole message, with words in fail_text() */
	/* Inside. */
	struct bytes octets; /* borrowed */
	struct reader r;
	unsigned left; /* records of the section that are to come */
	unsigned number;
	uint8_t rdata[MESSAGE_MAX];
};

/*
 * Header and question of `octets`, which are borrowed until the last record. ST_DATA, kept in
 * m->status: it is not that long, or has more than one question (RFC 9619).
 */
enum status message_open(struct message *m, struct bytes octets);

/*
 * The next record, of whatever section and class, until the next call. Its rdata is as it would be
 * without compression, names in it in lower case where RFC 4034 §6.2 and RFC 6840 §5.1 have it so,
 * and has the form of its type where that is one of those or A, AAAA or TXT. A TTL with its highest
 * bit set is 0 (RFC 2181 §8).
 *
 * False: there is no more; or m->status says that the message is malformed: a record that is not
 * whole, rdata of another form than its type's, octets behind the last record.
 */
bool message_record(struct message *m, struct record *r);

/* The serial of an SOA's rdata as message_record() gives it. */
static inline uint32_t message_soa_serial(struct bytes rdata)
{
	return peek_u32(rdata.data + rdata.len - MESSAGE_SOA_FIXED);
}

/* "REFUSED", for words; one without a name is "RCODE 12". */
const char *rcode_text(unsigned rcode);

/* What to look at where a primary says that, to be put behind it: ": …?", or "". */
const char *rcode_advice(unsigned rcode);

/*
 * What a secondary asks: the SOA, an AXFR (RFC 5936 §2.1), or, with the serial that it has, an IXFR
 * (RFC 1995 §3). `serial` is read for an IXFR alone. MESSAGE_QUERY_MAX octets always suffice.
 * Returns its length; 0 where there is no room.
 */
size_t message_query(uint8_t *out, size_t room, uint16_t id, const struct name *zone,
		     uint16_t qtype, uint32_t serial);

/* What a primary says when it is asked for the SOA. */
enum soa_reply {
	SOA_REPLY_SERIAL,    /* there it is */
	SOA_REPLY_TRUNCATED, /* ask again over TCP */
	SOA_REPLY_REFUSED,   /* it has no such zone, or says why not: words in fail_text() */
	/* Not the reply to what we asked, or not genuine: over UDP anybody may have sent it, so
	 * wait on. Words in fail_text(), should nothing better come. */
	SOA_REPLY_STRANGE,
};

/*
 * Reads a reply to the query for the zone's SOA. `tsig` is the session that signed it, NULL where
 * nothing did; it can go on to verify another reply after a strange one. `m` is room to work in.
 */
enum soa_reply soa_reply_read(struct message *m, struct bytes reply, uint16_t id,
			      const struct name *zone, struct tsig_session *tsig, uint64_t now,
			      uint32_t *serial);

#endif
