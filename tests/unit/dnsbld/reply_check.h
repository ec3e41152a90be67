/*
 * reply_check.h: what must hold for every reply, whatever the packet was that it answers. Used by
 * the fuzzer and by the sweeps, and written apart from the code that it judges.
 *
 * 1. Less than a header, or an answer, gets no reply; everything else gets one.
 * 2. QR is set, id and opcode are the query's; RA, Z, AD and CD are clear.
 * 3. Another opcode than QUERY and NOTIFY gets a header alone: NOTIMP, every other flag clear.
 * 4. Either it is a header alone, or the question comes back octet by octet.
 * 5. It has as many records as its header says and nothing behind them; truncated, none but OPT and
 *    TSIG. Its OPT is of version 0 and has whole options.
 * 6. Over UDP it is no longer than 1,232 octets and than the client takes.
 * 7. An error is at most 23 octets longer than its query.
 */
#ifndef DNSBLD_TEST_REPLY_CHECK_H
#define DNSBLD_TEST_REPLY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"

enum { CHECK_OPT = 41, CHECK_TSIG = 250, CHECK_MOST = 1232, CHECK_ERROR = 23 };

/* Past a name at `at`, 0 where there is none. A pointer leads back, and not into the header. */
static inline size_t check_name(const uint8_t *packet, size_t len, size_t at)
{
	while (at < len) {
		if (packet[at] >= 0xc0) {
			size_t to = at + 2 <= len ? peek_u16(packet + at) & 0x3fff : 0;

			return to >= 12 && to < at ? at + 2 : 0;
		}
		if (packet[at] >= 0x40) {
			return 0;
		}
		if (packet[at] == 0) {
			return at + 1;
		}
		at += packet[at] + 1U;
	}
	return 0;
}

/* Past a record whose fixed part is then at *fixed, 0 where there is none. */
static inline size_t check_record(const uint8_t *packet, size_t len, size_t at, size_t *fixed)
{
	at = check_name(packet, len, at);
	if (at == 0 || at + 10 > len) {
		return 0;
	}
	*fixed = at;
	at += 10U + peek_u16(packet + at + 8);
	return at <= len ? at : 0;
}

static inline bool check_options(const uint8_t *at, size_t len)
{
	while (len >= 4 && len - 4 >= peek_u16(at + 2)) {
		size_t option = 4U + peek_u16(at + 2);

		at += option;
		len -= option;
	}
	return len == 0;
}

/* What a client with this query takes: the size in its OPT, which is behind an IXFR's SOA. */
static inline size_t check_udp_size(const uint8_t *query, size_t size, size_t at)
{
	size_t fixed;

	if (peek_u16(query + 8) == 1) {
		at = check_record(query, size, at, &fixed);
	}
	if (at == 0 || peek_u16(query + 10) == 0 || check_record(query, size, at, &fixed) == 0 ||
	    peek_u16(query + fixed) != CHECK_OPT || peek_u16(query + fixed + 2) < 512) {
		return 512;
	}
	return peek_u16(query + fixed + 2);
}

/* What is wrong with the records of a reply from `at` on; NULL: nothing. An OPT adds to *rcode. */
static inline const char *check_records(const uint8_t *reply, size_t len, size_t at, bool *opt,
					unsigned *rcode)
{
	unsigned others = peek_u16(reply + 6) + (unsigned)peek_u16(reply + 8);
	unsigned records = others + peek_u16(reply + 10);
	bool truncated = reply[2] & 2;

	*opt = false;
	for (unsigned i = 0; i < records; i++) {
		size_t fixed;

		at = check_record(reply, len, at, &fixed);
		if (at == 0) {
			return "a record that is not there";
		}
		unsigned type = peek_u16(reply + fixed);

		if (type == CHECK_OPT) {
			if (i < others || *opt || reply[fixed + 5] != 0) {
				return "an OPT in the wrong place, or of another version";
			}
			if (!check_options(reply + fixed + 10, peek_u16(reply + fixed + 8))) {
				return "an option that is cut";
			}
			*opt = true;
			*rcode |= (unsigned)reply[fixed + 4] << 4;
		} else if (truncated && type != CHECK_TSIG) {
			return "records though it is truncated";
		}
	}
	return at == len ? NULL : "octets behind the last record";
}

/* What is wrong with the reply to a query; NULL: nothing. Length 0 is no reply. */
static inline const char *reply_fault(const uint8_t *query, size_t size, bool tcp,
				      const uint8_t *reply, size_t len)
{
	if (size < 12 || query[2] & 0x80) {
		return len == 0 ? NULL : "a reply to what gets none";
	}
	if (len < 12) {
		return "no reply";
	}
	unsigned rcode = reply[3] & 15, opcode = query[2] >> 3 & 15;

	if (memcmp(reply, query, 2) != 0 || (reply[2] & 0xf8) != ((query[2] & 0x78) | 0x80) ||
	    (reply[3] & 0xf0) != 0) {
		return "id, QR, opcode, RA, Z, AD or CD";
	}
	if (opcode != 0 && opcode != 4) {
		return len == 12 && rcode == 4 && (reply[2] & 7) == 0 ? NULL : "no plain NOTIMP";
	}
	if (len == 12) {
		return rcode == 1 && memcmp(reply + 4, "\0\0\0\0\0\0\0\0", 8) == 0
			       ? NULL
			       : "a header alone that is no FORMERR";
	}

	size_t at = 12;
	bool opt;

	if (peek_u16(reply + 4) == 1) {
		at = check_name(query, size, at);
		if (at == 0 || at + 4 > size || at + 4 > len ||
		    memcmp(query + 12, reply + 12, at + 4 - 12) != 0) {
			return "another question";
		}
		at += 4;
	} else if (peek_u16(reply + 4) != 0) {
		return "several questions";
	}
	const char *fault = check_records(reply, len, at, &opt, &rcode);

	if (fault) {
		return fault;
	}
	if (rcode != 0 && rcode != 3 && len > size + CHECK_ERROR) {
		return "an error that is too long";
	}
	size_t most = opt ? check_udp_size(query, size, at) : 512;

	if (!tcp && (len > CHECK_MOST || len > most)) {
		return "longer than the client takes";
	}
	return NULL;
}

#endif
