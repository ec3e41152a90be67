/*
 * tsig.c: signing and verifying (RFC 8945 §4.3, §5).
 *
 * What is digested, where [ ] is there when it applies:
 *
 *	a request          message, variables
 *	its reply          request's MAC, message, variables
 *	the next ones      last MAC, [messages without a TSIG …] message, timers
 *
 *	message    without its TSIG, which ARCOUNT does not count, and with the original id (§4.3.2)
 *	variables  key CLASS TTL algorithm time(6) fudge(2) error(2) other-len(2) other (§4.3.3)
 *	timers     time(6) fudge(2)
 *
 * 1. Names are digested in lower case and without compression, whatever the record has; of the
 *    message every octet is digested as it came.
 * 2. MACs are compared in constant time, and before the time is looked at: what strangers sign
 *    tells them nothing about the clock (§5.2).
 * 3. Contexts are made at the start. libcrypto 3.0 itself takes two small blocks for each MAC and
 *    gives them back; nothing else is allocated for a request or its reply.
 */
#include "tsig.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "dns.h"
#include "tsig_record.h"

enum {
	MAC_LEAST = 10,  /* octets of a truncated MAC, or half of it (§5.2.2.1) */
	SERVER_TIME = 6, /* octets of the other data of a BADTIME (§5.2.3) */
};

/* --- the digest ---------------------------------------------------------------------------------
 */

/* One MAC on its way; `bad` is sticky. */
struct digest {
	EVP_MAC_CTX *mac;
	bool bad;
};

static void put(struct digest *d, const void *data, size_t len)
{
	d->bad = d->bad || !EVP_MAC_update(d->mac, data, len);
}

/* With the key that the context was made with. `before`: the last MAC, empty for a request. */
static struct digest digest_begin(EVP_MAC_CTX *mac, struct bytes before)
{
	struct digest d = {mac, !EVP_MAC_init(mac, NULL, 0, NULL)};
	const uint8_t len[] = {(uint8_t)(before.len >> 8), (uint8_t)before.len};

	if (before.len > 0) {
		put(&d, len, sizeof len);
		put(&d, before.data, before.len);
	}
	return d;
}

/* `tsigs`: how many ARCOUNT counts. */
static void put_message(struct digest *d, struct bytes message, uint16_t id, unsigned tsigs)
{
	uint8_t header[DNS_HEADER];
	struct writer w = writer_of(header, DNS_HEADER);

	write_u16(&w, id);
	write_bytes(&w, message.data + 2, 8);
	write_u16(&w, (uint16_t)(peek_u16(message.data + 10) - tsigs));
	put(d, header, sizeof header);
	put(d, message.data + DNS_HEADER, message.len - DNS_HEADER);
}

static void put_variables(struct digest *d, const struct tsig_key *key, const struct tsig *t)
{
	const struct name *name = &key->config->name, *algorithm = &key->algorithm;
	uint8_t room[2 * NAME_MAX_WIRE + DNS_RR_FIXED + TSIG_RDATA_FIXED];
	struct writer w = writer_of(room, sizeof room);

	write_bytes(&w, name->wire, name->len);
	write_u16(&w, CLASS_ANY);
	write_u32(&w, 0);
	write_bytes(&w, algorithm->wire, algorithm->len);
	tsig_write_timers(&w, t);
	write_u16(&w, t->error);
	write_u16(&w, (uint16_t)t->other.len);
	put(d, room, writer_len(&w));
	put(d, t->other.data, t->other.len);
}

static void put_timers(struct digest *d, const struct tsig *t)
{
	uint8_t room[8];
	struct writer w = writer_of(room, sizeof room);

	tsig_write_timers(&w, t);
	put(d, room, sizeof room);
}

static bool digest_end(struct digest *d, uint8_t mac[TSIG_MAC_MAX], size_t *len)
{
	return !d->bad && EVP_MAC_final(d->mac, mac, len, TSIG_MAC_MAX);
}

/* --- verifying ----------------------------------------------------------------------------------
 */

static void keep_mac(struct tsig_session *s, struct bytes mac)
{
	memcpy(s->mac, mac.data, mac.len);
	s->mac_len = mac.len;
}

static bool in_time(const struct tsig *t, uint64_t now)
{
	uint64_t apart = now > t->time_s ? now - t->time_s : t->time_s - now;

	return apart <= t->fudge_s;
}

/* Ends the digest of what `t` signs. TSIG_OK: its MAC is right, and kept for what comes next. */
static enum tsig_error check_mac(struct tsig_session *s, struct digest *d, const struct tsig *t)
{
	uint8_t mac[TSIG_MAC_MAX];
	size_t len;

	if (!digest_end(d, mac, &len) || t->mac.len > len ||
	    CRYPTO_memcmp(mac, t->mac.data, t->mac.len) != 0) {
		return TSIG_BADSIG;
	}
	keep_mac(s, t->mac);
	return TSIG_OK;
}

static enum tsig_error check_request(struct tsig_session *s, struct bytes message,
				     const struct tsig *t, uint64_t now)
{
	const struct tsig_key *key = s->key;
	size_t full = key->config->algorithm->mac_len;
	size_t least = full / 2 > MAC_LEAST ? full / 2 : MAC_LEAST;

	if (t->mac.len == 0) {
		return TSIG_BADSIG; /* an error's TSIG has none, a request's has to */
	}
	if (t->mac.len > full || t->mac.len < least) {
		return TSIG_FORMERR;
	}
	struct digest d = digest_begin(key->mac, bytes_of(NULL, 0));

	put_message(&d, bytes_of(message.data, t->at), t->original_id, 1);
	put_variables(&d, key, t);
	enum tsig_error error = check_mac(s, &d, t);

	if (error) {
		return error;
	}
	if (!in_time(t, now)) {
		return TSIG_BADTIME;
	}
	return t->mac.len < full ? TSIG_BADTRUNC : TSIG_OK;
}

enum tsig_error tsig_verify_request(struct tsig_session *s, const struct tsig_keys *keys,
				    struct bytes message, const struct tsig *tsig, uint64_t now)
{
	const struct tsig_key *key = tsig_key_find(keys, &tsig->key);

	s->key = key && name_equal(&key->algorithm, &tsig->algorithm) ? key : NULL;
	s->stream = NULL;
	s->mac_len = 0;
	s->follows = false;
	s->broken = false;
	s->unsigned_count = 0;
	s->request_time_s = tsig->time_s;
	s->request_fudge_s = tsig->fudge_s;
	s->error = s->key ? check_request(s, message, tsig, now) : TSIG_BADKEY;
	return s->error;
}

/* --- signing ------------------------------------------------------------------------------------
 */

/* `t` has what the record is to say, but for the MAC. As tsig_sign_reply(). */
static size_t sign(struct tsig_session *s, struct digest *d, struct tsig *t, uint8_t *message,
		   size_t len, size_t room)
{
	const struct name *owner = &s->key->config->name;
	uint8_t mac[TSIG_MAC_MAX];
	size_t mac_len;

	if (!digest_end(d, mac, &mac_len)) {
		return 0;
	}
	t->mac = bytes_of(mac, mac_len);
	size_t signed_len = tsig_append(t, bytes_of(owner->wire, owner->len), &s->key->algorithm,
					message, len, room);

	if (signed_len > 0) {
		keep_mac(s, t->mac);
	}
	return signed_len;
}

size_t tsig_reply_room(const struct tsig_session *s)
{
	const struct key_config *key = s->key->config;

	return tsig_record_len(key->name.len, s->key->algorithm.len, key->algorithm->mac_len,
			       s->error == TSIG_BADTIME ? SERVER_TIME : 0);
}

size_t tsig_sign_reply(struct tsig_session *s, uint8_t *message, size_t len, size_t room,
		       uint64_t now)
{
	struct digest d = digest_begin(s->key->mac, bytes_of(s->mac, s->mac_len));
	const uint16_t id = peek_u16(message);
	struct tsig t = {.time_s = now,
			 .fudge_s = TSIG_FUDGE_S,
			 .original_id = id,
			 .error = s->error};
	uint8_t server_time[SERVER_TIME];
	struct writer w = writer_of(server_time, sizeof server_time);

	if (s->error == TSIG_BADTIME) {
		/* By the client's own clock, or it could not believe what ours says (§5.2.3). */
		t.time_s = s->request_time_s;
		t.fudge_s = s->request_fudge_s;
		write_be(&w, now, SERVER_TIME);
		t.other = writer_bytes(&w);
	}
	put_message(&d, bytes_of(message, len), id, 0);
	if (s->follows) {
		put_timers(&d, &t);
	} else {
		put_variables(&d, s->key, &t);
	}
	s->follows = true;
	return sign(s, &d, &t, message, len, room);
}

/* --- a client -----------------------------------------------------------------------------------
 */

enum status tsig_session_open(struct tsig_session *s, const struct tsig_key *key)
{
	*s = (struct tsig_session){.key = key, .stream = EVP_MAC_CTX_dup(key->mac)};
	if (!s->stream) {
		return fail(ST_INTERNAL, "libcrypto has no memory for a key");
	}
	return ST_OK;
}

void tsig_session_close(struct tsig_session *s)
{
	EVP_MAC_CTX_free(s->stream);
	s->stream = NULL;
}

/* What comes now is signed after the last MAC. */
static void stream_begin(struct tsig_session *s)
{
	const struct digest d = digest_begin(s->stream, bytes_of(s->mac, s->mac_len));

	s->unsigned_count = 0;
	s->broken = s->broken || d.bad;
}

size_t tsig_sign_request(struct tsig_session *s, uint8_t *message, size_t len, size_t room,
			 uint64_t now)
{
	struct digest d = digest_begin(s->key->mac, bytes_of(NULL, 0));
	const uint16_t id = peek_u16(message);
	struct tsig t = {.time_s = now, .fudge_s = TSIG_FUDGE_S, .original_id = id};

	put_message(&d, bytes_of(message, len), id, 0);
	put_variables(&d, s->key, &t);
	size_t signed_len = sign(s, &d, &t, message, len, room);

	stream_begin(s);
	return signed_len;
}

static enum tsig_error check_reply(struct tsig_session *s, struct bytes message,
				   const struct tsig *t, uint64_t now)
{
	struct digest d = {s->stream, false};

	s->error = (enum tsig_error)t->error;
	if (!name_equal(&s->key->config->name, &t->key) ||
	    !name_equal(&s->key->algorithm, &t->algorithm)) {
		return TSIG_BADKEY;
	}
	if (t->mac.len != s->key->config->algorithm->mac_len) {
		return TSIG_BADSIG; /* empty, of an error; or shorter than we asked with */
	}
	put_message(&d, bytes_of(message.data, t->at), t->original_id, 1);
	if (s->follows) {
		put_timers(&d, t);
	} else {
		put_variables(&d, s->key, t);
	}
	enum tsig_error error = check_mac(s, &d, t);

	if (!error && !in_time(t, now)) {
		return TSIG_BADTIME;
	}
	stream_begin(s);
	return error;
}

/* A message of a stream between two that are signed. */
static enum tsig_error take_unsigned(struct tsig_session *s, struct bytes message)
{
	struct digest d = {s->stream, false};

	if (!s->follows || s->unsigned_count == TSIG_UNSIGNED_MAX) {
		return TSIG_BADSIG;
	}
	s->unsigned_count++;
	put_message(&d, message, peek_u16(message.data), 0);
	return d.bad ? TSIG_BADSIG : TSIG_OK;
}

enum tsig_error tsig_verify_reply(struct tsig_session *s, struct bytes message, uint64_t now)
{
	struct tsig t;
	enum tsig_error error = s->broken ? TSIG_BADSIG : tsig_find(&t, message);

	if (!error) {
		error = t.at > 0 ? check_reply(s, message, &t, now) : take_unsigned(s, message);
	}
	s->follows = true;
	s->broken = s->broken || error != TSIG_OK;
	return error;
}

enum tsig_error tsig_verify_datagram(struct tsig_session *s, struct bytes message, uint64_t now)
{
	struct tsig_session first = *s; /* the digest is of both */
	enum tsig_error error = tsig_verify_reply(&first, message, now);

	s->error = first.error;
	stream_begin(s);
	return error;
}

bool tsig_is_complete(const struct tsig_session *s)
{
	return s->follows && !s->broken && s->unsigned_count == 0;
}
