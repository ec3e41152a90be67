/*
 * test_xfr_signed.c: signed transfers, and what anybody on the way can make of one: nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "dnsbld/packet.h"
#include "zones/xfr_frame.h"
#include "zones/xfr_streams.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA "+SOA ns1.example.net. hostmaster." XFR_ZONE " 7 7200 900 604800 300"
#define AXFR                                                                             \
	"full 7, +NS ns1.example.net., +2.0.0.127 A 127.0.0.2, +1.2.0.192 A 127.0.0.2, " \
	"+1.2.0.192 TXT \"listed\", +*.3.0.192 A 127.0.0.9, +*.0.0.0.8.b.d.0.1.0.0.2 A 127.0.0.2, " SOA
#define IXFR                                                                                         \
	"differences 7, -1.2.0.192 A 127.0.0.2, -1.2.0.192 TXT \"listed\", +2.2.0.192 A 127.0.0.2, " \
	"-2.2.0.192 A 127.0.0.2, +3.2.0.192 A 127.0.0.2, " SOA

enum { MESSAGES = 4, ROOM = 512 };

/* One of dnspython's. */
struct stream {
	const char *signed_query, *query;
	const char *const *hex;
	uint16_t qtype;
	const char *written;
	size_t count;
	struct bytes message[MESSAGES + 1];
	uint8_t octets[MESSAGES + 1][ROOM];
};

static struct stream streams[] = {
	{xfr_axfr_signed_query, xfr_axfr_query, xfr_axfr_signed, TYPE_AXFR, AXFR, 0, {{0}}, {{0}}},
	{xfr_ixfr_signed_query, xfr_ixfr_query, xfr_ixfr_signed, TYPE_IXFR, IXFR, 0, {{0}}, {{0}}},
	{xfr_axfr_query, xfr_axfr_query, xfr_axfr, TYPE_AXFR, AXFR, 0, {{0}}, {{0}}},
	{xfr_ixfr_query, xfr_ixfr_query, xfr_ixfr, TYPE_IXFR, IXFR, 0, {{0}}, {{0}}},
};

static struct xfr x;
static struct xfr_log written;
static struct tsig_session session;
static struct name zone;

static int set_up(void **state)
{
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct stream *s = &streams[i];

		for (s->count = 0; s->hex[s->count]; s->count++) {
			uint8_t *octets = s->octets[s->count];

			s->message[s->count] =
				bytes_of(octets, packet_make(octets, s->hex[s->count]));
		}
	}
	return name_parse(XFR_ZONE, &zone) || xfr_keys_open(state);
}

static bool is_signed(const struct stream *s)
{
	return s->signed_query != s->query;
}

/* After our query of what dnspython asked. */
static void open_for(const struct stream *s, const struct tsig_key *key)
{
	const struct xfr_sink sink = xfr_log_sink(&written);
	uint8_t query[ROOM];
	size_t len = message_query(query, ROOM, XFR_ID, &zone, s->qtype, 5);

	if (is_signed(s)) {
		assert_int_equal(tsig_session_open(&session, key), ST_OK);
		assert_true(tsig_sign_request(&session, query, len, ROOM, XFR_NOW) > len);
	}
	xfr_open(&x, &zone, s->qtype, XFR_ID, s->qtype == TYPE_IXFR, 5,
		 is_signed(s) ? &session : NULL, &sink);
}

static void close_it(void)
{
	tsig_session_close(&session);
}

/* Message `which` of the stream being `message` instead, in a block of its own. */
static enum xfr_result take(const struct stream *s, size_t which, struct bytes message)
{
	enum xfr_result result = XFR_MORE;

	open_for(s, xfr_key(0));
	for (size_t i = 0; i < s->count && result == XFR_MORE; i++) {
		const struct bytes next = i == which ? message : s->message[i];
		uint8_t *exact = malloc(next.len + !next.len);

		memcpy(exact, next.data, next.len);
		result = xfr_message(&x, bytes_of(exact, next.len), XFR_NOW);
		free(exact);
	}
	close_it();
	return result;
}

static void test_we_ask_as_dnspython_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		uint8_t theirs[ROOM], ours[ROOM];
		size_t len = packet_make(theirs, streams[i].query);

		assert_int_equal(message_query(ours, ROOM, XFR_ID, &zone, streams[i].qtype, 5),
				 len);
		assert_memory_equal(ours, theirs, len);
		assert_int_equal(message_query(ours, len, XFR_ID, &zone, streams[i].qtype, 5), len);
		assert_int_equal(message_query(ours, len - 1, XFR_ID, &zone, streams[i].qtype, 5),
				 0);
	}
}

static void test_what_dnspython_sends_is_a_transfer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		if (take(&streams[i], MESSAGES, bytes_of(NULL, 0)) != XFR_DONE) {
			fail_msg("%s", fail_text());
		}
		assert_string_equal(written.text, streams[i].written);
	}
}

static void test_a_message_that_is_cut_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		const struct stream *s = &streams[i];

		for (size_t which = 0; which < s->count; which++) {
			for (size_t len = 0; len < s->message[which].len; len++) {
				struct bytes cut = bytes_of(s->message[which].data, len);

				assert_int_equal(take(s, which, cut), XFR_BAD);
			}
		}
	}
}

/* The names in a TSIG are digested in lower case, so that case alone may change (RFC 8945 §4.3.3).
 */
static bool is_case_of_key(struct bytes message, size_t at, uint8_t bit)
{
	struct tsig tsig;
	uint8_t octet = message.data[at];

	return bit == 0x20 && tsig_find(&tsig, message) == TSIG_OK && tsig.at > 0 && at > tsig.at &&
	       at < tsig.at + 40 && ((octet | bit) >= 'a' && (octet | bit) <= 'z');
}

static void test_a_bit_that_changes_undoes_a_signed_one(void **state)
{
	unsigned unchanged = 0;

	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		const struct stream *s = &streams[i];

		for (size_t bit = 0; bit < 8 * ROOM * s->count; bit++) {
			const size_t which = bit / 8 / ROOM, at = bit / 8 % ROOM;
			struct bytes message = s->message[which];
			uint8_t octets[ROOM], mask = (uint8_t)(1U << bit % 8);

			if (at >= message.len) {
				continue;
			}
			memcpy(octets, message.data, message.len);
			octets[at] ^= mask;
			enum xfr_result result = take(s, which, bytes_of(octets, message.len));

			if (!is_signed(s) || result == XFR_BAD || result == XFR_REFUSED) {
				continue;
			}
			if (result != XFR_DONE || strcmp(written.text, s->written) != 0 ||
			    !is_case_of_key(message, at, mask)) {
				fail_msg("stream %zu, message %zu, octet %zu, bit %02x: %d", i,
					 which, at, mask, result);
			}
			unchanged++;
		}
	}
	/* Mirror and hmac-sha have 13 letters, in each of the two messages of two streams. */
	assert_int_equal(unchanged, 2 * 2 * 13);
}

static void test_a_message_that_is_lost_or_comes_twice_undoes_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct stream *s = &streams[i];

		/* Left out; twice; exchanged with the next. */
		for (size_t fault = 0; fault < 3 * s->count; fault++) {
			size_t order[2 * MESSAGES], count = 0, which = fault / 3;
			enum xfr_result result = XFR_MORE;

			for (size_t k = 0; k < s->count; k++) {
				if (k != which || fault % 3 != 0) {
					order[count++] = k;
				}
				if (k == which && fault % 3 == 1) {
					order[count++] = k;
				}
			}
			if (fault % 3 == 2) {
				if (which + 1 == s->count) {
					continue;
				}
				order[which] = which + 1;
				order[which + 1] = which;
			}
			open_for(s, xfr_key(0));
			for (size_t k = 0; k < count && result == XFR_MORE; k++) {
				result = xfr_message(&x, s->message[order[k]], XFR_NOW);
			}
			close_it();
			if (which + 1 < s->count) {
				assert_int_equal(result, XFR_BAD);
			} else {
				/* Without its end it is not at an end, and after it nothing counts.
				 */
				assert_int_equal(result, fault % 3 == 0 ? XFR_MORE : XFR_DONE);
			}
		}
	}
}

static void test_the_end_has_to_be_signed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		/* The same without a TSIG is what dnspython made for the unsigned one. */
		const struct stream *s = &streams[i];
		const size_t last = s->count - 1;

		assert_int_equal(take(s, last, streams[i + 2].message[last]), XFR_BAD);
		assert_string_equal(fail_text(), "the last message of the transfer is not signed");
		assert_null(strstr(written.text, "+SOA"));
		assert_int_equal(take(s, 0, streams[i + 2].message[0]), XFR_BAD);
		assert_string_equal(fail_text(), "its message is not signed with the key "
						 "'mirror.example.org.'");
	}
}

static void test_another_key_or_clock_is_named(void **state)
{
	const struct stream *s = &streams[0];

	(void)state;
	open_for(s, xfr_key(1));
	assert_int_equal(xfr_message(&x, s->message[0], XFR_NOW), XFR_BAD);
	assert_string_equal(fail_text(), "its message is signed with another key than 'other.'");
	close_it();
	for (int apart = -1; apart <= 1; apart += 2) {
		open_for(s, xfr_key(0));
		assert_int_equal(xfr_message(&x, s->message[0], (uint64_t)(XFR_NOW + apart * 3600)),
				 XFR_BAD);
		assert_string_equal(fail_text(),
				    apart < 0 ? "its message was signed 3600 s ahead of our clock"
					      : "its message was signed 3600 s behind our clock");
		close_it();
	}
}

/* A server's reply to the signed query of stream 0, by the server's key and clock. */
static enum xfr_result ask(const struct tsig_key *key, uint64_t now, bool change_secret)
{
	const struct stream *s = &streams[0];
	uint8_t query[ROOM], reply[ROOM];
	size_t len = message_query(query, ROOM, XFR_ID, &zone, s->qtype, 0);
	const struct xfr_sink sink = xfr_log_sink(&written);
	struct tsig_keys *none = NULL;
	struct tsig_session server;
	struct tsig tsig;

	assert_int_equal(tsig_session_open(&session, key ? key : xfr_key(0)), ST_OK);
	len = tsig_sign_request(&session, query, len, ROOM, XFR_NOW);
	xfr_open(&x, &zone, s->qtype, XFR_ID, false, 0, &session, &sink);
	assert_int_equal(tsig_find(&tsig, bytes_of(query, len)), TSIG_OK);
	query[tsig.mac.data - query] ^= change_secret;
	enum tsig_error error = tsig_verify_request(&server, key ? xfr_keys : none,
						    bytes_of(query, len), &tsig, now);

	memcpy(reply, query, tsig.at);
	reply[2] = 0x80;
	reply[3] = RCODE_NOTAUTH;
	reply[11] = 0;
	if (error == TSIG_BADTIME) {
		len = tsig_sign_reply(&server, reply, tsig.at, ROOM, now);
	} else {
		len = tsig_refuse(&tsig, error, reply, tsig.at, ROOM);
	}
	assert_true(len > tsig.at);
	enum xfr_result result = xfr_message(&x, bytes_of(reply, len), XFR_NOW);

	close_it();
	return result;
}

static void test_a_primary_that_does_not_believe_us_says_why(void **state)
{
	(void)state;
	assert_int_equal(ask(NULL, XFR_NOW, false), XFR_REFUSED);
	assert_string_equal(fail_text(), "the answer is NOTAUTH: it knows no key "
					 "'mirror.example.org.' of this algorithm (BADKEY)");
	assert_int_equal(ask(xfr_key(0), XFR_NOW, true), XFR_REFUSED);
	assert_non_null(strstr(fail_text(), "our signature is wrong (BADSIG)"));
	assert_int_equal(ask(xfr_key(0), XFR_NOW + 3600, false), XFR_REFUSED);
	assert_string_equal(fail_text(),
			    "the answer is NOTAUTH: its clock is 3600 s ahead of ours (BADTIME)");
	assert_int_equal(ask(xfr_key(0), XFR_NOW - 3600, false), XFR_REFUSED);
	assert_string_equal(fail_text(),
			    "the answer is NOTAUTH: its clock is 3600 s behind ours (BADTIME)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_we_ask_as_dnspython_does),
		cmocka_unit_test(test_what_dnspython_sends_is_a_transfer),
		cmocka_unit_test(test_a_message_that_is_cut_is_none),
		cmocka_unit_test(test_a_bit_that_changes_undoes_a_signed_one),
		cmocka_unit_test(test_a_message_that_is_lost_or_comes_twice_undoes_it),
		cmocka_unit_test(test_the_end_has_to_be_signed),
		cmocka_unit_test(test_another_key_or_clock_is_named),
		cmocka_unit_test(test_a_primary_that_does_not_believe_us_says_why),
	};

	return cmocka_run_group_tests(tests, set_up, xfr_keys_close);
}
