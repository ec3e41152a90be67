/*
 * tsig.h: messages signed with a secret that both sides have (TSIG, RFC 8945).
 *
 *     a server   tsig_read -> tsig_verify_request -> tsig_sign_reply, once or for each message
 *     a client   tsig_session_open -> tsig_sign_request -> tsig_verify_reply, likewise
 *                -> tsig_is_complete -> tsig_session_close; tsig_judge says what is wrong
 *
 * Times are seconds since 1970, and the caller's: nothing here reads a clock. Of a message that is
 * signed the TSIG is the last record (§5.1).
 */
#ifndef DNSBLD_TSIG_H
#define DNSBLD_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "name.h"
#include "status.h"

struct evp_mac_ctx_st; /* libcrypto's EVP_MAC_CTX */

enum {
	TSIG_ALGORITHMS = 3,
	TSIG_MAC_MAX = 64,      /* octets: that of SHA-512 */
	TSIG_FUDGE_S = 300,     /* how far two clocks may be apart (§10) */
	TSIG_UNSIGNED_MAX = 99, /* messages in a row of a stream without a TSIG (§5.3.1) */
	/*
	 * The longest key's name, in wire form. With it, the longest MAC, a question of 255 octets
	 * and an OPT with a cookie and an extended error a reply has 505 octets: it fits wherever
	 * 512 do.
	 */
	TSIG_NAME_MAX = 80,
};

/* How to sign (§6). SHA-1 and MD5 are not among them: what they sign may be forged some day. */
struct tsig_algorithm {
	const char *name;   /* "hmac-sha256" */
	const char *digest; /* as libcrypto calls it */
	size_t mac_len;     /* octets */
};

extern const struct tsig_algorithm tsig_algorithms[TSIG_ALGORITHMS];

/* By its name in any case; NULL where there is none. */
const struct tsig_algorithm *tsig_algorithm_named(const char *name);

/* What is wrong; the values are those of DNS (§3). */
enum tsig_error {
	TSIG_OK = 0,
	TSIG_FORMERR = 1, /* no message that may be answered with a TSIG: RCODE FORMERR */
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
};

/* A TSIG record as it stands in a message (§4.2), borrowed from it. Nothing in it is verified. */
struct tsig {
	size_t at;          /* octets of the message before it */
	struct bytes owner; /* the key's name as it is written, perhaps with a pointer at its end */
	struct name key;    /* the same in lower case */
	struct name algorithm; /* in lower case */
	uint64_t time_s;
	uint16_t fudge_s;
	struct bytes mac;
	uint16_t original_id;
	uint16_t error;
	struct bytes other;
};

/* Reads the record at `at`, which has to be all that is left of the message. False: it is none. */
bool tsig_read(struct tsig *tsig, struct bytes message, size_t at);

/*
 * Looks through all records of a message for its TSIG. TSIG_OK: tsig->at says where it is, 0: there
 * is none. TSIG_FORMERR: the message is not whole, or has a TSIG elsewhere than at its end.
 */
enum tsig_error tsig_find(struct tsig *tsig, struct bytes message);

/* The config's keys, ready to sign. */
struct tsig_keys;

/* One of them. */
struct tsig_key {
	const struct key_config *config; /* borrowed */
	struct name algorithm;
	struct evp_mac_ctx_st *mac;
};

/* Without a key in the config *keys is NULL, which is fine below. ST_INTERNAL: libcrypto fails. */
enum status tsig_keys_open(struct tsig_keys **keys, const struct config *config);
void tsig_keys_close(struct tsig_keys *keys);

/* NULL where there is none. */
const struct tsig_key *tsig_key_find(const struct tsig_keys *keys, const struct name *name);

/* A request under a key, and what answers it. */
struct tsig_session {
	const struct tsig_key *key;    /* NULL: none that is known */
	struct evp_mac_ctx_st *stream; /* a client's: what came since the last MAC; else NULL */
	uint8_t mac[TSIG_MAC_MAX];     /* the last one that both sides know */
	size_t mac_len;
	bool follows;            /* a reply was signed already: the next is part of a stream */
	bool broken;             /* one could not be verified: nothing after it can be */
	unsigned unsigned_count; /* messages since the last MAC */
	enum tsig_error
		error; /* a server's: of the request. A client's: what the peer complains of */
	uint64_t request_time_s;
	uint16_t request_fudge_s;
};

/*
 * Begins a server's session with a request whose TSIG tsig_read() has read. TSIG_BADTIME and
 * TSIG_BADTRUNC are answered signed, TSIG_BADKEY and TSIG_BADSIG must not be (§5.3.2). Nothing is
 * to be released.
 */
enum tsig_error tsig_verify_request(struct tsig_session *s, const struct tsig_keys *keys,
				    struct bytes message, const struct tsig *tsig, uint64_t now);

/* Octets that tsig_sign_reply() will append. */
size_t tsig_reply_room(const struct tsig_session *s);

/*
 * Signs the message in `message` and appends the TSIG. After the first it is the next of a stream
 * over TCP, each of which is signed. Returns the message's new length; 0 where there is no room, or
 * libcrypto fails.
 */
size_t tsig_sign_reply(struct tsig_session *s, uint8_t *message, size_t len, size_t room,
		       uint64_t now);

/*
 * Appends to the reply to a request that is refused with TSIG_BADKEY or TSIG_BADSIG what may not be
 * signed (§5.3.2): the request's own names, so it is no longer than the request's. As
 * tsig_sign_reply().
 */
size_t tsig_refuse(const struct tsig *request, enum tsig_error error, uint8_t *message, size_t len,
		   size_t room);
size_t tsig_refusal_room(const struct tsig *request);

/* Begins a client's session. ST_INTERNAL: libcrypto fails. */
enum status tsig_session_open(struct tsig_session *s, const struct tsig_key *key);
void tsig_session_close(struct tsig_session *s);

/* As tsig_sign_reply(). */
size_t tsig_sign_request(struct tsig_session *s, uint8_t *message, size_t len, size_t room,
			 uint64_t now);

/*
 * Verifies a reply: the first has to be signed, of a stream's next ones at least each hundredth.
 * Where it is not TSIG_OK the session is broken. s->error is what the peer complains of: a hint for
 * the log, for nobody vouches for it but with TSIG_OK.
 */
enum tsig_error tsig_verify_reply(struct tsig_session *s, struct bytes message, uint64_t now);

/*
 * Verifies the only reply to a request, that of a query over UDP, say. Anybody may have sent it, so
 * the session can verify another one afterwards (§5.3).
 */
enum tsig_error tsig_verify_datagram(struct tsig_session *s, struct bytes message, uint64_t now);

/*
 * ST_OK where a reply is genuine, `error` being what came of verifying it, and the peer had nothing
 * against our request; else ST_DATA, with words for an operator.
 */
enum status tsig_judge(const struct tsig_session *s, enum tsig_error error, struct bytes message,
		       uint64_t now);

/* Whether all that came is verified: of a stream the last message has to be signed (§5.3.1). */
bool tsig_is_complete(const struct tsig_session *s);

#endif
