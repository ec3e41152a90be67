/*
 * test_query.c: what query_parse() makes of a packet, without any data.
 */
#include "query.h"

#include <setjmp.h>
#include <stdarg.h>

#include "packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static struct query_name name;

static enum query_kind parse(struct query *q, const char *text)
{
	static uint8_t packet[65535];
	size_t len = packet_make(packet, text);
	/* A block of exactly its size, so that a sanitizer sees the first octet beyond. */
	static uint8_t *exact;

	free(exact);
	exact = malloc(len ? len : 1);
	memcpy(exact, packet, len);
	return query_parse(q, &name, exact, len);
}

static void test_question_is_read_and_its_name_lowered(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, "1234 0110 0001 0000 0000 0000 n:1.DnSbL.EXAMPLE 0010 0001"),
			 QUERY_FINE);
	assert_int_equal(q.opcode, OPCODE_QUERY);
	assert_true(q.recursion_desired);
	assert_false(q.edns);
	assert_int_equal(q.tsig_at, 0);
	assert_int_equal(q.type, TYPE_TXT);
	assert_int_equal(q.class, CLASS_IN);
	assert_int_equal(q.udp_size, 512);
	assert_int_equal(name.labels, 3);
	assert_int_equal(q.name_len, 17);
	assert_memory_equal(name.wire,
			    "\1"
			    "1"
			    "\5"
			    "dnsbl"
			    "\7"
			    "example",
			    17);
	assert_int_equal(name.label[0], 0);
	assert_int_equal(name.label[1], 2);
	assert_int_equal(name.label[2], 8);
}

/* Every octet in every place of a word: only 'A' to 'Z' change, and length octets never do. */
static void test_only_ascii_letters_are_lowered(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		for (unsigned before = 0; before < 16; before++) {
			uint8_t packet[12 + 64 + 5] = {0, 0, 0, 0, 0, 1};
			struct query q;
			unsigned label = before + 1;

			packet[12] = (uint8_t)label;
			memset(packet + 13, '@', before);
			packet[13 + before] = (uint8_t)octet;
			packet[12 + label + 1 + 2] = 1;
			packet[12 + label + 1 + 4] = 1;
			assert_int_equal(query_parse(&q, &name, packet, 12 + label + 6),
					 QUERY_FINE);
			assert_int_equal(name.wire[before + 1],
					 octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
			assert_int_equal(name.wire[0], label);
			if (before > 0) {
				assert_int_equal(name.wire[before], '@');
			}
		}
	}
}

static void test_names_end_at_255_octets(void **state)
{
	uint8_t packet[12 + 300] = {0, 0, 0, 0, 0, 1};
	struct query q;

	(void)state;
	/* 127 labels of one octet are 255 octets with the root's. */
	for (unsigned i = 0; i < 128; i++) {
		packet[12 + 2 * i] = 1;
		packet[13 + 2 * i] = 'a';
	}
	packet[12 + 254] = 0;
	memcpy(packet + 12 + 255, "\0\1\0\1", 4);
	assert_int_equal(query_parse(&q, &name, packet, 12 + 259), QUERY_FINE);
	assert_int_equal(q.name_len, 255);
	assert_int_equal(name.labels, 127);

	packet[12 + 254] = 1;
	packet[12 + 256] = 0;
	memcpy(packet + 12 + 257, "\0\1\0\1", 4);
	assert_int_equal(query_parse(&q, &name, packet, 12 + 261), QUERY_NO_QUESTION);
}

static void test_edns_is_read(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, "1234 0000 0001 0000 0000 0001 n:a 0001 0001 "
				   "00 0029 1000 ff 00 8000 0000"),
			 QUERY_FINE);
	assert_true(q.edns);
	assert_true(q.dnssec_ok);
	assert_int_equal(q.udp_size, 4096);
	assert_int_equal(q.edns_version, 0);

	/* Below 512 means 512 (RFC 6891 §6.2.3). */
	assert_int_equal(parse(&q, "1234 0000 0001 0000 0000 0001 n:a 0001 0001 "
				   "00 0029 0001 00 01 0000 0000"),
			 QUERY_FINE);
	assert_int_equal(q.udp_size, 512);
	assert_int_equal(q.edns_version, 1);
	assert_false(q.dnssec_ok);
}

static void test_nsid_is_read_wherever_it_stands_and_whatever_it_holds(void **state)
{
	static const struct {
		const char *options;
		bool nsid;
	} rows[] = {
		{"0000", false},
		{"0004 0003 0000", true},
		{"0006 0003 0002 6162", true},
		{"0014 000a 0008 0102030405060708 0003 0000 000c 0000", true},
		{"000c 000c 0008 0003 0000 0003 0000", false}, /* inside of padding */
	};
	struct query q;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[160];

		snprintf(text, sizeof text,
			 "1234 0000 0001 0000 0000 0001 n:a 0001 0001 00 0029 1000 00 00 0000 %s",
			 rows[i].options);
		assert_int_equal(parse(&q, text), QUERY_FINE);
		assert_true(q.edns);
		assert_int_equal(q.nsid, rows[i].nsid);
	}
}

#define TSIG_RR                                   \
	" 00fa 00ff 00000000 001f n:hmac-sha256 " \
	"000000000001 012c 0002 abcd 4321 0000 0000"

static void test_tsig_is_found(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, "1234 0000 0001 0000 0000 0001 n:a 0001 0001 n:key" TSIG_RR),
			 QUERY_FINE);
	assert_int_equal(q.tsig_at, 12 + 3 + 4);
	assert_int_equal(parse(&q, "1234 0000 0001 0000 0000 0002 n:a 0001 0001 "
				   "00 0029 1000 00 00 0000 0000 n:key" TSIG_RR),
			 QUERY_FINE);
	assert_int_equal(q.tsig_at, 12 + 3 + 4 + 11);
}

/* Into the question, which the reply repeats; there the same octets mean the same. */
static void test_a_keys_name_may_end_in_the_questions_and_nowhere_else(void **state)
{
	static const struct {
		const char *owner;
		enum query_kind kind;
	} rows[] = {
		{"c00c", QUERY_FINE},      {"0161 c00e", QUERY_FINE},
		{"c010", QUERY_FINE},      /* the question's root */
		{"c00b", QUERY_MALFORMED}, /* the header */
		{"c011", QUERY_MALFORMED}, /* its type */
		{"c021", QUERY_MALFORMED}, /* an option of the OPT, which has a name */
		{"c030", QUERY_MALFORMED}, /* itself */
		{"02ffc0 00", QUERY_FINE}, /* what only looks like a pointer */
	};
	char text[256];
	struct query q;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
			 "1234 0000 0001 0000 0000 0002 n:a.b 0001 0001 "
			 "00 0029 1000 00 00 0000 0006 ff00 0002 0100 %s" TSIG_RR,
			 rows[i].owner);
		if (parse(&q, text) != rows[i].kind) {
			fail_msg("owner %s", rows[i].owner);
		}
	}
}

static void test_cookie_is_read_with_a_question_and_without_one(void **state)
{
	static const char c8[] = "000a 0008 0102030405060708", c7[] = "000a 0007 01020304050607";
	static const char question[] = "n:a 0001 0001 ";
	static const struct {
		const char *first, *second;
		unsigned len, version, rdlen;
		bool bad;
	} rows[] = {
		{"", "", 0, 0, 0, false},          {c8, "", 8, 0, 12, false},
		{c8, c8, 8, 0, 24, false},         {c8, c7, 8, 0, 23, false},
		{c7, c8, 0, 0, 23, true},          {c7, "", 0, 0, 11, true},
		{"000a 0000", c8, 0, 0, 16, true}, {"fe01 0000", c8, 8, 0, 16, false},
		{c8, "", 0, 1, 12, false},         {c7, "", 0, 255, 11, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (unsigned asked = 0; asked < 2; asked++) {
			char text[256];
			struct query q;

			snprintf(
				text, sizeof text,
				"1234 0000 %04x 0000 0000 0001 %s 00 0029 1000 00 %02x 0000 %04x %s %s",
				asked, asked ? question : "", rows[i].version, rows[i].rdlen,
				rows[i].first, rows[i].second);
			enum query_kind kind = parse(&q, text);

			assert_int_equal(kind, rows[i].len && !asked ? QUERY_COOKIE
					       : !asked              ? QUERY_NO_QUESTION
					       : rows[i].bad         ? QUERY_MALFORMED
								     : QUERY_FINE);
			assert_true(q.edns);
			assert_int_equal(q.bad_cookie, rows[i].bad);
			assert_int_equal(q.cookie.len, rows[i].len);
			if (rows[i].len > 0) {
				assert_memory_equal(q.cookie.data, "\1\2\3\4\5\6\7\10", 8);
			}
		}
	}
}

/* Whatever is cut off anywhere: nothing is read beyond the end, and only the whole is fine. */
static void test_no_truncated_packet_is_fine(void **state)
{
	uint8_t packet[512];
	struct query q;
	size_t len = packet_make(packet, "1234 0000 0001 0000 0000 0002 n:a.example.org 0001 0001 "
					 "00 0029 1000 00 00 0000 000c 000a 0008 0102030405060708 "
					 "n:key 00fa 00ff 00000000 001f n:hmac-sha256 "
					 "000000000001 012c 0002 abcd 4321 0000 0000");

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		memcpy(exact, packet, cut);
		enum query_kind kind = query_parse(&q, &name, exact, cut);
		free(exact);
		if (cut < 12) {
			assert_int_equal(kind, QUERY_DROP);
		} else if (cut < 12 + 15 + 4) {
			assert_int_equal(kind, QUERY_NO_QUESTION);
		} else if (cut < len) {
			assert_int_equal(kind, QUERY_MALFORMED);
		} else {
			assert_int_equal(kind, QUERY_FINE);
		}
	}
}

#define SOA(rdata) "1234 0000 0001 0000 0001 0000 n:z 00fb 0001 c00c 0006 0001 00000000 " rdata
#define NUMBERS    " 12345678 00000001 00000002 00000003 00000004"

static void test_serial_of_an_ixfr_is_read(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, SOA("0016 00 00" NUMBERS)), QUERY_FINE);
	assert_int_equal(q.serial, 0x12345678);
	/* Names as BIND sends them, with pointers. */
	assert_int_equal(parse(&q, SOA("001e 036e7331c00c 03616263c00c" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0020 036e7331c00c 03616263c00c" NUMBERS)), QUERY_FINE);
	assert_int_equal(q.serial, 0x12345678);
	assert_int_equal(parse(&q, SOA("0019 n:ns1 00" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("001a n:ns1 00" NUMBERS)), QUERY_FINE);
	assert_int_equal(q.serial, 0x12345678);
}

static void test_soa_of_another_form_is_malformed(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, SOA("0015 00" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0017 00 00" NUMBERS "00")), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0016 00 40" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0017 00 8000" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0016 3f 00" NUMBERS)), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0000")), QUERY_MALFORMED);
	assert_int_equal(parse(&q, SOA("0001 00")), QUERY_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question_is_read_and_its_name_lowered),
		cmocka_unit_test(test_only_ascii_letters_are_lowered),
		cmocka_unit_test(test_names_end_at_255_octets),
		cmocka_unit_test(test_edns_is_read),
		cmocka_unit_test(test_nsid_is_read_wherever_it_stands_and_whatever_it_holds),
		cmocka_unit_test(test_tsig_is_found),
		cmocka_unit_test(test_a_keys_name_may_end_in_the_questions_and_nowhere_else),
		cmocka_unit_test(test_cookie_is_read_with_a_question_and_without_one),
		cmocka_unit_test(test_no_truncated_packet_is_fine),
		cmocka_unit_test(test_serial_of_an_ixfr_is_read),
		cmocka_unit_test(test_soa_of_another_form_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
