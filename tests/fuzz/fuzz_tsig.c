/*
 * fuzz_tsig: messages of any octets, to who verifies.
 *
 * The first octet says how: bits 0 and 1 the key, bit 2 whether the input is a request or what
 * answers one of ours, bit 3 whether its messages get a right MAC before. Replies are a stream,
 * each with its length (2) before it, as over TCP.
 *
 * 1. A message is read to its end and no further, and a TSIG that is found lies in it.
 * 2. A request is genuine with a right MAC alone: with one bit changed that is signed it is not.
 * 3. What we sign is found again, and is genuine to the other side.
 * 4. A stream of which one message was not genuine is never complete.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET                                                                                 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="

enum { NOW = 1700000000, ROOM = 65535, HEADER = 12 };

static const char text[] =
	"key mirror { secret = \"" SECRET "\" }\n"
	"key key.dnsbl.example.org { algorithm = hmac-sha384 secret = \"" SECRET "\" }\n"
	"key Mirror.example.org { algorithm = hmac-sha256 secret = \"" SECRET "\" }\n"
	"key k512 { algorithm = hmac-sha512 secret = \"" SECRET "\" }\n"
	"sublist relay { code = 2 } zone dnsbl.example.org { ns = ns1.example.net\n"
	"  soa { mname = ns1.example.net rname = hostmaster.example.org } }\n";

static struct config *config;
static struct tsig_keys *keys;

static void release(void)
{
	tsig_keys_close(keys);
	config_free(config);
}

static void open_once(void)
{
	if (!keys) {
		assert(config_parse(text, "/fuzz.conf", &config) == ST_OK);
		assert(tsig_keys_open(&keys, config) == ST_OK);
		atexit(release);
	}
}

/* In a block of its own, with room for what is appended. */
static uint8_t *copy_of(struct bytes message, size_t room)
{
	uint8_t *copy = malloc(message.len + room + 1);

	if (message.len > 0) {
		memcpy(copy, message.data, message.len);
	}
	return copy;
}

static struct tsig_session client_of(const struct tsig_key *key)
{
	static const uint8_t query[] = "\x12\x34\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1";
	uint8_t message[512];
	struct tsig_session s;

	memcpy(message, query, sizeof query - 1);
	assert(tsig_session_open(&s, key) == ST_OK);
	assert(tsig_sign_request(&s, message, sizeof query - 1, sizeof message, NOW) > 0);
	return s;
}

/* Whether it can be signed: it has to be whole, without a TSIG, and with room in ARCOUNT. */
static bool is_unsigned(struct bytes message)
{
	struct tsig tsig;

	return !tsig_find(&tsig, message) && tsig.at == 0 &&
	       peek_u16(message.data + 10) < UINT16_MAX;
}

/* The same message, signed, and then with one octet changed. */
static void check_signed(const struct tsig_key *key, struct bytes message)
{
	uint8_t *copy = copy_of(message, 512);
	struct tsig_session client, server;
	struct tsig tsig;

	assert(tsig_session_open(&client, key) == ST_OK);
	size_t len = tsig_sign_request(&client, copy, message.len, message.len + 512, NOW);

	assert(len > message.len);
	assert(!tsig_find(&tsig, bytes_of(copy, len)));
	assert(tsig.at == message.len && tsig.time_s == NOW);
	assert(!tsig_verify_request(&server, keys, bytes_of(copy, len), &tsig, NOW));
	assert(server.key == key);
	copy[2 + message.data[message.len - 1] % (message.len - 2)] ^= 1;
	assert(!tsig_read(&tsig, bytes_of(copy, len), message.len) ||
	       tsig_verify_request(&server, keys, bytes_of(copy, len), &tsig, NOW));
	tsig_session_close(&client);
	free(copy);
}

static void check_request(const struct tsig_key *key, struct bytes message, bool sign)
{
	struct tsig_session server;
	struct tsig tsig;

	if (sign && is_unsigned(message)) {
		check_signed(key, message);
		return;
	}
	uint8_t *copy = copy_of(message, 0);
	const struct bytes exact =
		bytes_of(realloc(copy, message.len ? message.len : 1), message.len);

	if (!tsig_find(&tsig, exact) && tsig.at > 0) {
		assert(tsig.at >= HEADER && tsig.at < exact.len && tsig.key.len > 0);
		assert(tsig.owner.data == exact.data + tsig.at);
		if (!tsig_verify_request(&server, keys, exact, &tsig, NOW)) {
			assert(server.mac_len == server.key->config->algorithm->mac_len);
			((uint8_t *)exact.data)[tsig.mac.data - exact.data] ^= 1;
			assert(tsig_verify_request(&server, keys, exact, &tsig, NOW) ==
			       TSIG_BADSIG);
		}
	}
	free((void *)exact.data);
}

static void check_stream(const struct tsig_key *key, struct bytes input, bool sign)
{
	struct tsig_session client = client_of(key), server = client;
	struct reader r = reader_of(input);
	bool good = true, last = false;

	server.stream = NULL;
	server.follows = false;
	while (reader_left(&r) > 2) {
		struct bytes message = read_run(&r);
		uint8_t *copy = copy_of(message, 512);
		size_t len = message.len;

		/* One in two, if it can be. */
		last = sign && is_unsigned(message) && message.data[len - 1] % 2 == 0;
		if (last) {
			len = tsig_sign_reply(&server, copy, len, len + 512, NOW);
			assert(len > message.len);
		}
		uint8_t *exact = realloc(copy, len ? len : 1);
		enum tsig_error error = tsig_verify_reply(&client, bytes_of(exact, len), NOW);

		good = good && !error;
		/* The server's side knows nothing of what was not signed between. */
		assert(!last || !good || error == TSIG_OK);
		assert(good || (error && !tsig_is_complete(&client)));
		free(exact);
		if (!last && good) {
			break;
		}
	}
	tsig_session_close(&client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > ROOM) {
		return 0;
	}
	open_once();
	const struct tsig_key *key = tsig_key_find(keys, &config->keys[data[0] & 3].name);
	const struct bytes input = bytes_of(data + 1, size - 1);

	if (data[0] & 4) {
		check_stream(key, input, data[0] & 8);
	} else {
		check_request(key, input, data[0] & 8);
	}
	return 0;
}
