/*
 * test_notified.c: NOTIFYs, good and bad, and what is said to them. ldns judges whether that is a
 * message.
 */
#include "notified.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "dnsbld/packet.h"
#include "zones/xfr_frame.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { ROOM = 65535 };

#define ASKED "n:DNSBL.example.org 0006 0001 "
#define SOA   "c00c 0006 0001 00000e10 0016 0000 00000007 00000001 00000001 00000001 00000001 "
#define OPT   "00 0029 1000 00000000 0000 "

static uint8_t request[ROOM], reply[ROOM];
static struct notified n;

static const struct {
	const char *text;
	enum notified_kind kind;
	const char *reply;
} rows[] = {
	{"1234 2400 0001 0000 0000 0000 " ASKED, NOTIFIED_FINE, "NOERROR aa 0/0/0"},
	{"1234 2400 0001 0001 0000 0000 " ASKED SOA, NOTIFIED_FINE, "NOERROR aa 0/0/0"},
	{"1234 2000 0001 0000 0000 0000 " ASKED, NOTIFIED_FINE, "NOERROR 0/0/0"},
	{"1234 2400 0001 0001 0000 0001 " ASKED SOA OPT, NOTIFIED_FINE, "NOERROR aa 0/0/1 opt"},
	{"1234 2400 0001 0000 0000 0001 " ASKED "00 0029 1000 00010000 0000", NOTIFIED_FAULTY,
	 "NOERROR aa 0/0/1 opt badvers"},
	{"1234 2400 0001 0000 0000 0000 n:dnsbl.example.org 0001 0001", NOTIFIED_FAULTY,
	 "FORMERR aa 0/0/0"},
	{"1234 2400 0001 0000 0000 0000 n:dnsbl.example.org 0006 0003", NOTIFIED_FAULTY,
	 "REFUSED aa 0/0/0"},
	{"1234 0000 0001 0000 0000 0000 " ASKED, NOTIFIED_FAULTY, "REFUSED 0/0/0"},
	{"1234 2800 0001 0000 0000 0000 " ASKED, NOTIFIED_FAULTY, "NOTIMP 12"},
	{"1234 2400 0000 0000 0000 0000", NOTIFIED_FAULTY, "FORMERR 12"},
	{"1234 2400 0001 0000 0000 0000 n:dnsbl.example.org 0006", NOTIFIED_FAULTY, "FORMERR 12"},
	{"1234 2400 0001 0000 0000 0000 " ASKED "00", NOTIFIED_FAULTY, "FORMERR aa 0/0/0"},
	{"1234 2400 0001 0002 0000 0000 " ASKED SOA SOA, NOTIFIED_FAULTY, "FORMERR aa 0/0/0"},
	{"1234 2400 0001 0000 0000 0002 " ASKED OPT OPT, NOTIFIED_FAULTY, "FORMERR aa 0/0/0"},
	{"1234 a400 0001 0000 0000 0000 " ASKED, NOTIFIED_DROP, "drop"},
	{"1234 2400 0001 0000 0000 00", NOTIFIED_DROP, "drop"},
};

static const char *answer(enum notified_kind kind)
{
	static char text[128];
	size_t len = kind == NOTIFIED_DROP ? 0 : notified_reply(&n, reply, ROOM, XFR_NOW);

	return packet_describe(reply, len, text);
}

static void test_a_notify_is_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = packet_make(request, rows[i].text);
		enum notified_kind kind =
			notified_read(&n, bytes_of(request, len), xfr_keys, XFR_NOW);
		const char *said = answer(kind);

		if (kind != rows[i].kind || strcmp(said, rows[i].reply) != 0) {
			fail_msg("%s: %d, %s", rows[i].text, kind, said);
		}
		if (kind == NOTIFIED_DROP) {
			continue;
		}
		/* Its id, opcode and, octet by octet, its question. */
		assert_memory_equal(reply, request, 2);
		assert_int_equal(reply[2] & 0xf8, 0x80 | (request[2] & 0x78));
		assert_memory_equal(reply + 12, request + 12, reply[5] ? 19 + 4 : 0);
		if (kind == NOTIFIED_FINE) {
			assert_memory_equal(n.zone.wire, "\5dnsbl\7example\3org", n.zone.len);
			assert_int_equal(n.has_serial, request[7]);
			assert_int_equal(n.serial, request[7] ? 7 : 0);
			assert_null(n.key);
		}
	}
}

static void test_the_caller_may_refuse(void **state)
{
	size_t len = packet_make(request, rows[0].text);

	(void)state;
	assert_int_equal(notified_read(&n, bytes_of(request, len), NULL, XFR_NOW), NOTIFIED_FINE);
	n.rcode = RCODE_NOTAUTH;
	assert_string_equal(answer(NOTIFIED_FINE), "NOTAUTH aa 0/0/0");
	assert_int_equal(notified_reply(&n, reply, len, XFR_NOW), len);
	assert_int_equal(notified_reply(&n, reply, len - 1, XFR_NOW), 0);
}

/* Signs the first row's, or the one with an OPT. */
static struct bytes sign(struct tsig_session *client, size_t row)
{
	size_t len = packet_make(request, rows[row].text);

	assert_int_equal(tsig_session_open(client, xfr_key(0)), ST_OK);
	return bytes_of(request, tsig_sign_request(client, request, len, ROOM, XFR_NOW));
}

static void test_a_signed_one_gets_a_signed_reply(void **state)
{
	(void)state;
	for (size_t row = 0; row < 4; row++) {
		struct tsig_session client;
		struct bytes message = sign(&client, row);

		assert_int_equal(notified_read(&n, message, xfr_keys, XFR_NOW), NOTIFIED_FINE);
		assert_ptr_equal(n.key, &xfr_keys_config->keys[0]);
		size_t len = notified_reply(&n, reply, ROOM, XFR_NOW);

		assert_int_equal(tsig_verify_reply(&client, bytes_of(reply, len), XFR_NOW),
				 TSIG_OK);
		assert_int_equal(reply[3], RCODE_NOERROR);
		/* One octet less, and there is none. */
		assert_int_equal(notified_read(&n, message, xfr_keys, XFR_NOW), NOTIFIED_FINE);
		assert_int_equal(notified_reply(&n, reply, len - 1, XFR_NOW), 0);
		tsig_session_close(&client);
	}
}

static void test_one_that_is_not_genuine_is_not_believed(void **state)
{
	struct tsig_session client;
	struct bytes message = sign(&client, 0);
	char text[128];
	struct tsig tsig;

	(void)state;
	/* Of another time: signed, so that the other side can see whose clock is wrong. */
	assert_int_equal(notified_read(&n, message, xfr_keys, XFR_NOW + 3600), NOTIFIED_FAULTY);
	size_t len = notified_reply(&n, reply, ROOM, XFR_NOW + 3600);

	assert_string_equal(packet_describe(reply, len, text), "NOTAUTH aa 0/0/1 tsig");
	assert_int_equal(tsig_verify_reply(&client, bytes_of(reply, len), XFR_NOW), TSIG_OK);
	assert_int_equal(client.error, TSIG_BADTIME);
	tsig_session_close(&client);
	/* Of a key that we do not have, and changed: not signed. */
	for (unsigned i = 0; i < 2; i++) {
		message = sign(&client, 0);
		request[13] ^= (uint8_t)i;
		assert_int_equal(notified_read(&n, message, i ? xfr_keys : NULL, XFR_NOW),
				 NOTIFIED_FAULTY);
		assert_null(n.key);
		len = notified_reply(&n, reply, ROOM, XFR_NOW);
		assert_string_equal(packet_describe(reply, len, text), "NOTAUTH aa 0/0/1 tsig");
		assert_int_equal(tsig_find(&tsig, bytes_of(reply, len)), TSIG_OK);
		assert_int_equal(tsig.error, i ? TSIG_BADSIG : TSIG_BADKEY);
		assert_int_equal(tsig.mac.len, 0);
		tsig_session_close(&client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_notify_is_answered),
		cmocka_unit_test(test_the_caller_may_refuse),
		cmocka_unit_test(test_a_signed_one_gets_a_signed_reply),
		cmocka_unit_test(test_one_that_is_not_genuine_is_not_believed),
	};

	return cmocka_run_group_tests(tests, xfr_keys_open, xfr_keys_close);
}
