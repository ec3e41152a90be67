/*
 * test_signing.c: signed queries through respond(), with the client's side of tsig.h, which ldns
 * and others vouch for, as the judge: what is signed is genuine and fits, and only what is genuine
 * is signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "packet.h"
#include "reply.h"
#include "reply_check.h"
#include "served.h"
#include "tsig.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SECRET                                                                                 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="
#define L63   "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define QUERY "1234 0000 0001 0000 0000 0000 "
#define KEYS  3

/* The last key's name is as long as a key's may be. */
static const char config[] =
	"nsid = \"" L63 "\"\n"
	"key mirror { secret = \"" SECRET "\" }\n"
	"key key.dnsbl.example.org { algorithm = hmac-sha384 secret = \"" SECRET "\" }\n"
	"key " L63 ".0123456789.org { algorithm = hmac-sha512 secret = \"" SECRET "\" }\n"
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Hijacked " L63 L63 "\" }\n"
	"sublist netblock { code = 9 text = \"Spam " L63 L63 L63 "\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" }\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" } }\n";

static struct served served;
static uint8_t packet[65535], reply[65535];

static const struct tsig_key *key_number(size_t i)
{
	const struct tsig_key *key =
		tsig_key_find(served.worker.keys, &served.config->keys[i].name);

	assert_non_null(key);
	return key;
}

/* Signs the query of `len` octets in `packet`. Returns its new length. */
static size_t sign(struct tsig_session *s, const struct tsig_key *key, size_t len, uint64_t now)
{
	assert_int_equal(tsig_session_open(s, key), ST_OK);
	len = tsig_sign_request(s, packet, len, sizeof packet, now);
	assert_true(len > 0);
	return len;
}

static size_t answer(bool tcp, size_t len)
{
	uint8_t *exact = malloc(len);

	memcpy(exact, packet, len);
	size_t answered =
		served_respond(&served.worker, tcp, exact, len, reply, tcp ? REPLY_TCP : REPLY_UDP);

	free(exact);
	return answered;
}

static size_t with_opt(size_t len, unsigned size, bool nsid)
{
	len = packet_add_opt(packet, len, size);
	if (nsid) {
		packet[len - 1] = 4;
		memcpy(packet + len, "\0\3\0\0", 4);
		len += 4;
	}
	return len;
}

static void test_whatever_the_size_a_signed_reply_fits_and_is_genuine(void **state)
{
	static const char *const names[] = {
		"1.2.0.192.dnsbl.example.org",
		"1.3.0.192.dnsbl.example.org",
		"dnsbl.example.org",
		"2.0.0.127.dnsbl.example.org",
		"1.2.0.192.dnsbl.example.net",
		L63 "." L63 "." L63
		    ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq.dnsbl.example.org"};
	static const unsigned types[] = {TYPE_A, TYPE_TXT, TYPE_SOA, TYPE_ANY};
	unsigned truncated = 0;

	(void)state;
	for (size_t n = 0; n < sizeof names / sizeof *names * 4 * KEYS; n++) {
		const char *name = names[n / 4 / KEYS];

		for (unsigned size = 500; size <= 1240; size += 4) {
			struct tsig_session s;
			uint64_t now = (uint64_t)time(NULL);
			size_t len = packet_ask(packet, name, types[n / KEYS % 4]);
			unsigned most = size < 512 ? 512 : size > 1232 ? 1232 : size;

			len = with_opt(len, size, size % 8 == 0);
			len = sign(&s, key_number(n % KEYS), len, now);
			len = answer(false, len);
			assert_in_range(len, 12, most);
			if (tsig_verify_reply(&s, bytes_of(reply, len), now)) {
				fail_msg("%s, type %u, size %u", name, types[n / KEYS % 4], size);
			}
			assert_true(tsig_is_complete(&s));
			truncated += (reply[2] & 2) != 0;
			tsig_session_close(&s);
		}
	}
	assert_true(truncated > 100);
}

/* Without EDNS there are 512 octets, and they are enough. */
static void test_question_and_signature_fit_512_octets_whatever_their_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct tsig_session s;
		uint64_t now = (uint64_t)time(NULL);
		size_t len = packet_make(packet, QUERY "n:" L63 "." L63 "." L63
						       ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"
						       "qrstuvwxyzabcdefghi 0001 0001");

		assert_int_equal(len, 12 + 255 + 4);
		len = sign(&s, key_number(i), len, now - 3600);
		len = answer(false, len);
		assert_in_range(len, 12, 512);
		assert_int_equal(tsig_verify_reply(&s, bytes_of(reply, len), now - 3600), TSIG_OK);
		assert_int_equal(s.error, TSIG_BADTIME);
		tsig_session_close(&s);
	}
}

/* Whether the reply to this query, signed at that time, is what we should believe. */
static bool is_genuine(const struct tsig_key *key, const char *query, uint64_t now, size_t got)
{
	uint8_t again[512];
	struct tsig_session s;

	assert_int_equal(tsig_session_open(&s, key), ST_OK);
	assert_true(tsig_sign_request(&s, again, packet_make(again, query), sizeof again, now) > 0);
	enum tsig_error error = tsig_verify_reply(&s, bytes_of(reply, got), now);

	tsig_session_close(&s);
	return error == TSIG_OK;
}

/*
 * Every bit of signed queries, over both transports. What is signed is of the same content: only
 * the id, in whose place the original one is signed, and the case of the names may differ.
 */
static void test_no_bent_query_is_answered_as_if_it_were_genuine(void **state)
{
	static const char *const queries[] = {
		"1234 0100 0001 0000 0000 0000 n:1.2.0.192.dnsbl.example.org 0001 0001",
		"1234 0000 0001 0000 0000 0001 n:1.2.0.192.dnsbl.example.org 0010 0001 "
		"00 0029 1000 00 00 0000 0004 0003 0000",
		"1234 2400 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001",
		"1234 2400 0001 0001 0000 0000 n:dnsbl.example.org 0006 0001 c00c 0006 0001 00000000 "
		"0016 00 00 00000001 00000001 00000001 00000001 00000001",
		"1234 0000 0001 0000 0001 0000 n:dnsbl.example.org 00fb 0001 c00c 0006 0001 00000000 "
		"0016 00 00 00000001 00000001 00000001 00000001 00000001",
	};

	(void)state;
	for (size_t n = 0; n < 5 * KEYS * 2; n++) {
		struct tsig_session s;
		struct tsig tsig;
		uint64_t now = (uint64_t)time(NULL);
		bool tcp = n % 2;
		size_t at = packet_make(packet, queries[n / 2 / KEYS]);
		size_t len = sign(&s, key_number(n / 2 % KEYS), at, now);
		unsigned genuine = 0;

		for (size_t bit = 0; bit < 8 * len; bit++) {
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			size_t got = answer(tcp, len);
			const char *fault = reply_fault(packet, len, tcp, reply, got);
			bool letter =
				(packet[bit / 8] | 32) >= 'a' && (packet[bit / 8] | 32) <= 'z';

			if (fault) {
				fail_msg("bit %zu: %s", bit, fault);
			}
			bool is_signed = got > 12 && tsig_find(&tsig, bytes_of(reply, got)) == 0 &&
					 tsig.at > 0 && tsig.mac.len > 0;

			if (is_signed) {
				genuine++;
				assert_true(bit / 8 < 2 ||
					    (bit / 8 > at && bit % 8 == 5 && letter));
				assert_true(is_genuine(s.key, queries[n / 2 / KEYS], now, got));
			} else if (got > 0) {
				unsigned rcode = reply[3] & 15;

				assert_true(rcode == RCODE_FORMERR || rcode == RCODE_NOTAUTH ||
					    rcode == RCODE_NOTIMP);
			}
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_true(genuine >= 16 + 6 + 7);
		tsig_session_close(&s);
	}
}

static void test_without_keys_a_server_knows_nobody(void **state)
{
	struct tsig_keys *kept = served.worker.keys;
	const uint64_t now = (uint64_t)time(NULL);
	struct tsig_session s;
	char text[128];

	(void)state;
	size_t len = packet_ask(packet, "1.2.0.192.dnsbl.example.org", TYPE_A);

	len = sign(&s, key_number(0), len, now);
	served.worker.keys = NULL;
	len = answer(false, len);
	served.worker.keys = kept;
	assert_string_equal(packet_describe(reply, len, text), "NOTAUTH 0/0/1 tsig");
	assert_int_equal(tsig_verify_reply(&s, bytes_of(reply, len), now), TSIG_BADSIG);
	assert_int_equal(s.error, TSIG_BADKEY);
	tsig_session_close(&s);
}

static int open_served(void **state)
{
	(void)state;
	served_open(&served, config);
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "192.0.2.1", "hijacked", NULL);
	served_list(&served, "192.0.2.1", "netblock", NULL);
	return 0;
}

static int close_served(void **state)
{
	(void)state;
	served_close(&served);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_the_size_a_signed_reply_fits_and_is_genuine),
		cmocka_unit_test(test_question_and_signature_fit_512_octets_whatever_their_names),
		cmocka_unit_test(test_no_bent_query_is_answered_as_if_it_were_genuine),
		cmocka_unit_test(test_without_keys_a_server_knows_nobody),
	};

	return cmocka_run_group_tests(tests, open_served, close_served);
}
