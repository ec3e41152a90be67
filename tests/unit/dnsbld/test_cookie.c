/*
 * test_cookie.c: server cookies: RFC 9018's own examples, and what is believed for how long.
 */
#include "cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SECRET  "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define CLIENT4 "198.51.100.100"
#define COOKIE  "2464c4abcf10c957 010000005cf79f11 1f8130c3eee29480"

enum { MADE = 1559731985 }; /* when COOKIE was */

static struct cookie_secret secret_of(const char *text)
{
	struct cookie_secret secret = {.given = text != NULL};

	if (text) {
		assert_int_equal(packet_make(secret.octets, text), COOKIE_SECRET);
	}
	return secret;
}

static struct client client_at(const char *text)
{
	struct client client = {0};
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), ST_OK);
	client.family = p.family;
	client.addr = p.addr;
	return client;
}

static bool answered(const char *secret, const char *old, const char *at, const char *sent,
		     uint32_t now, uint8_t out[COOKIE_LEN])
{
	const struct cookies_config config = {secret_of(secret), secret_of(old), false};
	const struct client client = client_at(at);
	uint8_t octets[64];
	const struct query_cookie cookie = {octets, (uint8_t)packet_make(octets, sent)};
	/* Exactly its size, so that a sanitizer sees the first octet beyond. */
	uint8_t *room = malloc(COOKIE_LEN);
	bool proven = cookie_answer(&config, &client, &cookie, now, room);

	memcpy(out, room, COOKIE_LEN);
	free(room);
	return proven;
}

static void assert_cookie(const uint8_t cookie[COOKIE_LEN], const char *text)
{
	uint8_t expected[64];

	assert_int_equal(packet_make(expected, text), COOKIE_LEN);
	assert_memory_equal(cookie, expected, COOKIE_LEN);
}

static bool proves(const char *at, const char *sent, uint32_t now)
{
	uint8_t out[COOKIE_LEN];

	return answered(SECRET, NULL, at, sent, now, out);
}

/* RFC 9018 Appendix A. */
static void test_examples_of_the_rfc(void **state)
{
	uint8_t out[COOKIE_LEN];

	(void)state;
	/* A.1: a client learns its cookie. */
	assert_false(answered(SECRET, NULL, CLIENT4, "2464c4abcf10c957", MADE, out));
	assert_cookie(out, COOKIE);

	/* A.2: forty minutes later it is renewed. */
	assert_true(answered(SECRET, NULL, CLIENT4, COOKIE, 1559734385, out));
	assert_cookie(out, "2464c4abcf10c957 010000005cf7a871 d4a564a1442aca77");

	/* A.3: reserved octets go into the hash as they came, and are not sent back. The example
	 * is 112 minutes old, which is too long ago, but it was good once. */
	static const char reserved[] = "fc93fc62807ddb86 01abcdef5cf78f71 a314227b6679ebf5";

	assert_true(answered(SECRET, NULL, "203.0.113.203", reserved, 1559727985 + 1801, out));
	assert_memory_equal(out + 8, "\1\0\0\0", 4);
	assert_false(answered(SECRET, NULL, "203.0.113.203", reserved, 1559734700, out));
	assert_cookie(out, "fc93fc62807ddb86 010000005cf7a9ac f73a7810aca2381e");

	/* A.4: IPv6, and a cookie that was made with the old secret. */
	static const char old[] = "22681ab97d52c298 010000005cf7c579 26556bd0934c72f8";

	assert_true(answered("445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715",
			     "2001:db8:220:1:59de:d0f4:8769:82b8", old, 1559741961, out));
	assert_cookie(out, "22681ab97d52c298 010000005cf7c609 a6bb79d16625507a");
	assert_false(answered("445536bcd2513298075a5d379663c962", NULL,
			      "2001:db8:220:1:59de:d0f4:8769:82b8", old, 1559741961, out));
}

static void test_a_cookie_is_good_for_an_hour_and_renewed_after_half_of_one(void **state)
{
	static const struct {
		int age;
		bool proven, same;
	} at[] = {
		{-301, false, false}, {-300, true, true},      {0, true, true},
		{1800, true, true},   {1801, true, false},     {3600, true, false},
		{3601, false, false}, {1 << 30, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		uint8_t out[COOKIE_LEN], sent[64];
		bool proven =
			answered(SECRET, NULL, CLIENT4, COOKIE, MADE + (uint32_t)at[i].age, out);

		packet_make(sent, COOKIE);
		assert_int_equal(proven, at[i].proven);
		assert_int_equal(memcmp(out, sent, COOKIE_LEN) == 0, at[i].same);
		assert_memory_equal(out, sent, COOKIE_CLIENT);
	}
}

/* RFC 1982: before and after 2^32. */
static void test_timestamps_wrap(void **state)
{
	static const uint32_t made[] = {0, 1, UINT32_MAX, UINT32_MAX - 3000, UINT32_MAX / 2 + 1};

	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		char sent[2 * COOKIE_LEN + 1];
		uint8_t out[COOKIE_LEN];

		answered(SECRET, NULL, CLIENT4, "2464c4abcf10c957", made[i], out);
		for (size_t k = 0; k < COOKIE_LEN; k++) {
			sprintf(sent + 2 * k, "%02x", out[k]);
		}
		assert_true(proves(CLIENT4, sent, made[i] + 3600));
		assert_false(proves(CLIENT4, sent, made[i] + 3601));
		assert_true(proves(CLIENT4, sent, made[i] - 300));
		assert_false(proves(CLIENT4, sent, made[i] - 301));
	}
}

static void test_every_octet_of_a_cookie_counts(void **state)
{
	char sent[2 * COOKIE_LEN + 1] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";

	(void)state;
	assert_true(proves(CLIENT4, sent, MADE));
	for (size_t i = 0; i < 2 * COOKIE_LEN; i++) {
		char was = sent[i];

		sent[i] = was == '0' ? '1' : '0';
		assert_false(proves(CLIENT4, sent, MADE));
		sent[i] = was;
	}
	assert_false(proves("198.51.100.101", sent, MADE));
	assert_false(proves("::ffff:0:0", sent, MADE));
	assert_false(proves("c633:6464::", sent, MADE));
}

static void test_a_cookie_of_another_form_is_not_ours(void **state)
{
	(void)state;
	assert_false(proves(CLIENT4, "2464c4abcf10c957", MADE));
	assert_false(proves(CLIENT4, "2464c4abcf10c957 010000005cf79f11", MADE));
	assert_false(proves(CLIENT4, COOKIE "00", MADE));
	assert_false(proves(CLIENT4, COOKIE COOKIE, MADE));
}

/* An old secret that is not given is none of sixteen zeros. */
static void test_no_secret_verifies_nothing(void **state)
{
	char sent[2 * COOKIE_LEN + 1];
	uint8_t out[COOKIE_LEN];

	(void)state;
	answered("00000000000000000000000000000000", NULL, CLIENT4, "2464c4abcf10c957", MADE, out);
	for (size_t k = 0; k < COOKIE_LEN; k++) {
		sprintf(sent + 2 * k, "%02x", out[k]);
	}
	assert_false(proves(CLIENT4, sent, MADE));
	assert_false(answered(NULL, NULL, CLIENT4, sent, MADE, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples_of_the_rfc),
		cmocka_unit_test(test_a_cookie_is_good_for_an_hour_and_renewed_after_half_of_one),
		cmocka_unit_test(test_timestamps_wrap),
		cmocka_unit_test(test_every_octet_of_a_cookie_counts),
		cmocka_unit_test(test_a_cookie_of_another_form_is_not_ours),
		cmocka_unit_test(test_no_secret_verifies_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
