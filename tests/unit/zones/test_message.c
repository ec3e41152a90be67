/*
 * test_message.c: messages record by record, the odd ones too, and the reply to a query for the
 * SOA.
 */
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "dnsbld/packet.h"
#include "zones/xfr_frame.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { ROOM = 65535 };

#define HEAD  "4321 8400 0001 "
#define ASKED "n:dnsbl.example.org 0006 0001 "

static uint8_t octets[ROOM];
static struct message m;
static struct record r;

/* The count of records; -1: malformed. */
static int read_all(struct bytes message)
{
	int count = 0;

	if (message_open(&m, message)) {
		return -1;
	}
	while (message_record(&m, &r)) {
		count++;
	}
	assert_false(message_record(&m, &r));
	return m.status ? -1 : count;
}

static int read_text(const char *text)
{
	size_t len = packet_make(octets, text);
	uint8_t *exact = malloc(len);

	memcpy(exact, octets, len);
	int count = read_all(bytes_of(exact, len));

	free(exact);
	return count;
}

static const struct {
	const char *text;
	int count;
} odd[] = {
	{HEAD "0000 0000 0000 " ASKED, 0},
	{"4321 8400 0000 0000 0000 0000", 0},
	{HEAD "0001 0000 0000 " ASKED "c00c 0001 0001 00000001 0004 7f000002", 1},
	{HEAD "0001 0001 0001 " ASKED "c00c 0001 0001 00000001 0004 7f000002"
	      " c00c 0001 0001 00000001 0004 7f000002 00 0029 1000 00000000 0000",
	 3},
	/* Not whole, or too much. */
	{"4321 8400 0000 0000 0000 00", -1},
	{"4321 8400 0000 0000 0000 0000 00", -1},
	{HEAD "0000 0000 0000 n:dnsbl.example.org 0006 00", -1},
	{"4321 8400 0002 0000 0000 0000 " ASKED ASKED, -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0001 0001 00000001 0004 7f0000", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0001 0001 00000001 00", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0001 0001 00000001 0004 7f000002 00", -1},
	{HEAD "0002 0000 0000 " ASKED "c00c 0001 0001 00000001 0004 7f000002", -1},
	{HEAD "0001 0000 ffff " ASKED "c00c 0001 0001 00000001 0004 7f000002", -1},
	/* A question has no pointer; one leads back, into what is there. */
	{HEAD "0000 0000 0000 c000 0006 0001", -1},
	{HEAD "0001 0000 0000 " ASKED "c00b 0001 0001 00000001 0004 7f000002", -1},
	{HEAD "0001 0000 0000 " ASKED "c023 0001 0001 00000001 0004 7f000002", -1},
	{HEAD "0001 0000 0000 " ASKED "c0ff 0001 0001 00000001 0004 7f000002", -1},
	{HEAD "0001 0000 0000 " ASKED "4000 0001 0001 00000001 0004 7f000002", -1},
	/* Its own form has every type that is known. */
	{HEAD "0001 0000 0000 " ASKED "c00c 0001 0001 00000001 0003 7f0000", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 001c 0001 00000001 0004 7f000002", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0010 0001 00000001 0000", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0010 0001 00000001 0001 00", 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0010 0001 00000001 0003 014100", 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0010 0001 00000001 0003 014101", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0002 0001 00000001 0002 c00c", 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0002 0001 00000001 0001 c0", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0002 0001 00000001 0003 c00c00", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0002 0001 00000001 0000", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0006 0001 00000001 0017 c00c 00"
	      " 00000001 00000002 00000003 00000004 00000005",
	 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0006 0001 00000001 0016 c00c 00"
	      " 00000001 00000002 00000003 00000004 000000",
	 -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0006 0001 00000001 0018 c00c 00"
	      " 00000001 00000002 00000003 00000004 0000000500",
	 -1},
	/* A DNAME is younger than compression. */
	{HEAD "0001 0000 0000 " ASKED "c00c 0027 0001 00000001 0002 c00c", -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0027 0001 00000001 0003 016100", 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 002e 0001 00000001 0014"
	      " 0001 08 02 00000000 00000000 00000000 0000 c00c",
	 -1},
	{HEAD "0001 0000 0000 " ASKED "c00c 002e 0001 00000001 0015"
	      " 0001 08 02 00000000 00000000 00000000 0000 00 abcd",
	 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0023 0001 00000001 0009 00010002 00 0141 00 00", 1},
	{HEAD "0001 0000 0000 " ASKED "c00c 0023 0001 00000001 0008 00010002 00 0141 00", -1},
};

static void test_a_message_is_whole_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		int count = read_text(odd[i].text);

		if (count != odd[i].count) {
			fail_msg("%s: %d, %s", odd[i].text, count, fail_text());
		}
	}
	assert_int_equal(message_open(&m, bytes_of(NULL, 0)), ST_DATA);
}

static void test_what_header_question_and_record_say(void **state)
{
	(void)state;
	assert_int_equal(read_text("abcd a615 0001 0001 0000 0000 n:DNSBL.example.ORG 0006 0001 "
				   "c00c 0002 0003 80000001 0006 0341624Dc00c"),
			 1);
	assert_int_equal(m.id, 0xabcd);
	assert_true(m.is_reply && m.is_authoritative && m.is_truncated && m.has_question);
	assert_int_equal(m.opcode, OPCODE_NOTIFY);
	assert_int_equal(m.rcode, RCODE_REFUSED);
	assert_int_equal(m.count[MESSAGE_ANSWER], 1);
	assert_memory_equal(m.name.wire, "\5dnsbl\7example\3org", m.name.len);
	assert_int_equal(m.type, TYPE_SOA);
	assert_int_equal(m.class, CLASS_IN);
	assert_int_equal(m.section, MESSAGE_ADDITIONAL);
	assert_true(name_equal(&r.owner, &m.name));
	assert_int_equal(r.type, TYPE_NS);
	assert_int_equal(m.record_class, CLASS_CH);
	assert_int_equal(r.ttl_s, 0);
	assert_int_equal(r.rdata.len, 23);
	assert_memory_equal(r.rdata.data, "\3abm\5dnsbl\7example\3org", 23);
	assert_int_equal(read_text("abcd 0000 0000 0000 0000 0000"), 0);
	assert_false(m.is_reply || m.is_authoritative || m.is_truncated || m.has_question);
}

/* Each one leads to the one before it: it has to end, and soon. */
static void test_chains_of_pointers_are_short(void **state)
{
	struct writer w = writer_of(octets, sizeof octets);

	(void)state;
	packet_make(octets, "4321 8400 0000 0001 0000 0000 ");
	write_room(&w, 12);
	write_bytes(&w, "\0", 1);
	write_u16(&w, 999);
	write_u16(&w, CLASS_IN);
	write_u32(&w, 0);
	write_u16(&w, 2 * 128);
	const size_t chain = writer_len(&w);

	for (size_t i = 0; i < 128; i++) {
		write_u16(&w, (uint16_t)(0xc000 | (i == 0 ? 12 : chain + 2 * i - 2)));
	}
	const size_t end = writer_len(&w);

	for (size_t hops = 1; hops <= 128; hops++) {
		w = writer_of(octets, sizeof octets);
		write_room(&w, end);
		octets[7] = 2;
		write_u16(&w, (uint16_t)(0xc000 | (chain + 2 * (hops - 1))));
		write_u16(&w, 999);
		write_u16(&w, CLASS_IN);
		write_u32(&w, 0);
		write_u16(&w, 0);
		/* With its own, one more. */
		assert_int_equal(read_all(writer_bytes(&w)), hops + 1 <= 127 ? 2 : -1);
	}
}

/* --- the reply to a query for the SOA -----------------------------------------------------------
 */

#define SOA "c00c 0006 0001 00000e10 0016 0000 00000007 00000001 00000001 00000001 00000001"

static const struct {
	const char *text;
	enum soa_reply reply;
	const char *words;
} replies[] = {
	{"4321 8400 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_SERIAL, NULL},
	{"4321 8580 0001 0001 0000 0000 n:DNSBL.example.org 0006 0001 " SOA, SOA_REPLY_SERIAL,
	 NULL},
	{"4321 8400 0001 0001 0000 0001 " ASKED SOA " 00 0029 1000 00000000 0000", SOA_REPLY_SERIAL,
	 NULL},
	{"4321 8600 0001 0000 0000 0000 " ASKED, SOA_REPLY_TRUNCATED, NULL},
	{"4321 8600 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_TRUNCATED, NULL},
	{"4321 8405 0001 0000 0000 0000 " ASKED, SOA_REPLY_REFUSED,
	 "the answer is REFUSED: may our address"},
	{"4321 8002 0000 0000 0000 0000", SOA_REPLY_REFUSED, "the answer is SERVFAIL"},
	{"4321 8009 0000 0000 0000 0000", SOA_REPLY_REFUSED, "NOTAUTH: has it this zone?"},
	{"4321 8000 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_REFUSED, "not authoritative"},
	{"4321 8400 0001 0000 0000 0000 " ASKED, SOA_REPLY_REFUSED, "has no SOA"},
	{"4321 8400 0001 0000 0001 0000 " ASKED SOA, SOA_REPLY_REFUSED, "has no SOA"},
	{"4321 8400 0001 0001 0000 0000 " ASKED "00 0006 0001 00000e10 0016 0000 00000007 00000001 "
	 "00000001 00000001 00000001",
	 SOA_REPLY_REFUSED, "has no SOA"},
	{"4321 8400 0001 0001 0000 0000 " ASKED "c00c 0006 0003 00000e10 0016 0000 00000007 "
	 "00000001 00000001 00000001 00000001",
	 SOA_REPLY_REFUSED, "has no SOA"},
	{"4321 8400 0001 0001 0000 0000 " ASKED SOA " 00", SOA_REPLY_REFUSED, "behind its last"},
	{"4322 8400 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_STRANGE, "another id"},
	{"4321 0400 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_STRANGE, "no header of a reply"},
	{"4321 a400 0001 0001 0000 0000 " ASKED SOA, SOA_REPLY_STRANGE, "no header of a reply"},
	{"4321 8400 0000 0000 0000 0000", SOA_REPLY_STRANGE, "another question"},
	{"4321 8400 0001 0001 0000 0000 n:dnsbl.example.com 0006 0001 " SOA, SOA_REPLY_STRANGE,
	 "another question"},
	{"4321 8400 0001 0001 0000 0000 n:dnsbl.example.org 0001 0001 " SOA, SOA_REPLY_STRANGE,
	 "another question"},
	{"4321 8400 0001 0001 0000 0000 n:dnsbl.example.org 0006 0003 " SOA, SOA_REPLY_STRANGE,
	 "another question"},
	{"4321 8400 0001", SOA_REPLY_STRANGE, "not whole"},
};

static void test_the_serial_is_in_the_answer(void **state)
{
	struct name zone;

	(void)state;
	assert_int_equal(name_parse(XFR_ZONE, &zone), ST_OK);
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		size_t len = packet_make(octets, replies[i].text);
		uint32_t serial = 0;
		enum soa_reply reply = soa_reply_read(&m, bytes_of(octets, len), XFR_ID, &zone,
						      NULL, XFR_NOW, &serial);

		if (reply != replies[i].reply ||
		    (replies[i].words && !strstr(fail_text(), replies[i].words))) {
			fail_msg("%s: %d, %s", replies[i].text, reply, fail_text());
		}
		assert_int_equal(serial, reply == SOA_REPLY_SERIAL ? 7 : 0);
	}
}

static void test_a_signed_query_waits_for_a_signed_reply(void **state)
{
	uint8_t query[512], reply[512];
	struct tsig_session client, server;
	struct tsig tsig;
	struct name zone;
	uint32_t serial = 0;

	(void)state;
	assert_int_equal(name_parse(XFR_ZONE, &zone), ST_OK);
	size_t len = message_query(query, sizeof query, XFR_ID, &zone, TYPE_SOA, 0);

	assert_int_equal(tsig_session_open(&client, xfr_key(0)), ST_OK);
	len = tsig_sign_request(&client, query, len, sizeof query, XFR_NOW);
	assert_int_equal(tsig_find(&tsig, bytes_of(query, len)), TSIG_OK);
	assert_int_equal(
		tsig_verify_request(&server, xfr_keys, bytes_of(query, len), &tsig, XFR_NOW),
		TSIG_OK);
	const size_t plain = packet_make(reply, replies[0].text);
	const size_t signed_len = tsig_sign_reply(&server, reply, plain, sizeof reply, XFR_NOW);
	uint8_t strange[512];

	/* Not signed; changed; an error that anybody could have sent. */
	packet_make(strange, replies[0].text);
	assert_int_equal(soa_reply_read(&m, bytes_of(strange, plain), XFR_ID, &zone, &client,
					XFR_NOW, &serial),
			 SOA_REPLY_STRANGE);
	assert_string_equal(fail_text(),
			    "its message is not signed with the key 'mirror.example.org.'");
	memcpy(strange, reply, signed_len);
	strange[plain - 17] ^= 1;
	assert_int_equal(soa_reply_read(&m, bytes_of(strange, signed_len), XFR_ID, &zone, &client,
					XFR_NOW, &serial),
			 SOA_REPLY_STRANGE);
	assert_non_null(strstr(fail_text(), "its signature is wrong"));
	size_t refused = packet_make(strange, "4321 8405 0000 0000 0000 0000");

	assert_int_equal(soa_reply_read(&m, bytes_of(strange, refused), XFR_ID, &zone, &client,
					XFR_NOW, &serial),
			 SOA_REPLY_STRANGE);
	assert_int_equal(serial, 0);
	/* And here it is. */
	assert_int_equal(soa_reply_read(&m, bytes_of(reply, signed_len), XFR_ID, &zone, &client,
					XFR_NOW, &serial),
			 SOA_REPLY_SERIAL);
	assert_int_equal(serial, 7);
	tsig_session_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_is_whole_or_none),
		cmocka_unit_test(test_what_header_question_and_record_say),
		cmocka_unit_test(test_chains_of_pointers_are_short),
		cmocka_unit_test(test_the_serial_is_in_the_answer),
		cmocka_unit_test(test_a_signed_query_waits_for_a_signed_reply),
	};

	return cmocka_run_group_tests(tests, xfr_keys_open, xfr_keys_close);
}
