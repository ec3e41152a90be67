/*
 * test_xfr.c: what answers to an AXFR and an IXFR are transfers, and which are lies. Messages are
 * ldns's; test_xfr_signed.c has signed ones.
 */
#include "xfr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "zones/xfr_frame.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA(n) "+SOA ns1.example.net. h." XFR_ZONE " " #n " 7200 900 604800 300"
#define NS     "+NS ns1.example.net."

enum { NONE = -1 };

static struct xfr x;
static struct xfr_log written;
static struct name zone;

static void open_for(uint16_t qtype, int64_t ours)
{
	const struct xfr_sink sink = xfr_log_sink(&written);

	assert_int_equal(name_parse(XFR_ZONE, &zone), ST_OK);
	(fail)(ST_OK, "no words");
	xfr_open(&x, &zone, qtype, XFR_ID, ours != NONE, (uint32_t)ours, NULL, &sink);
}

static enum xfr_result feed(struct bytes message)
{
	enum xfr_result result = xfr_message(&x, message, XFR_NOW);

	free((void *)message.data);
	return result;
}

/* A whole stream, as xfr_frame.h has it. */
static enum xfr_result take(uint16_t qtype, int64_t ours, const char *stream)
{
	enum xfr_result result = XFR_MORE;
	bool first = true;

	open_for(qtype, ours);
	while (*stream && result == XFR_MORE) {
		size_t len = strcspn(stream, "|");

		result = feed(xfr_encode(stream, len, qtype, first));
		stream += len + (stream[len] == '|');
		first = false;
	}
	return result;
}

static const struct {
	uint16_t qtype;
	int64_t ours;
	const char *stream, *written;
} transfers[] = {
	/* A full zone. */
	{TYPE_AXFR, NONE, "soa 7; ns; soa 7", "full 7, " NS ", " SOA(7)},
	{TYPE_AXFR, 6, "soa 7; ns; soa 7", "full 7, " NS ", " SOA(7)},
	{TYPE_AXFR, NONE,
	 "soa 7; 1.2.0.192 A 127.0.0.2; 1.2.0.192 TXT \"Why\" not; ns; *.3.0.192 A 127.0.0.9; soa 7",
	 "full 7, +1.2.0.192 A 127.0.0.2, +1.2.0.192 TXT \"Why\" \"not\", " NS
	 ", +*.3.0.192 A 127.0.0.9, " SOA(7)},
	/* Names in rdata are spelled out, and in lower case. */
	{TYPE_AXFR, NONE,
	 "soa 7; ns; WWW CNAME Web; m MX 10 Mail; s SRV 1 2 3 WWW; d DNAME Other.Example.NET.; "
	 "n NAPTR 1 2 \"U\" \"e\" \"!A!\" R; p PTR Web; r RP A B; soa 7",
	 "full 7, " NS ", +www CNAME web." XFR_ZONE ", +m MX 10 mail." XFR_ZONE
	 ", +s SRV 1 2 3 www." XFR_ZONE ", +d DNAME other.example.net., +n NAPTR 1 2 \"U\" \"e\" "
	 "\"!A!\" r." XFR_ZONE ", +p PTR web." XFR_ZONE ", +r RP a." XFR_ZONE " b." XFR_ZONE
	 ", " SOA(7)},
	/* Types that nobody knows are octets. */
	{TYPE_AXFR, NONE, "soa 7; ns; u TYPE1234 \\# 3 C00C41; soa 7",
	 "full 7, " NS ", +u TYPE1234 \\# 3 c00c41, " SOA(7)},
	/* The answer to an IXFR may be a full zone too. */
	{TYPE_IXFR, 5, "soa 7; ns; soa 7", "full 7, " NS ", " SOA(7)},
	/* Differences. */
	{TYPE_IXFR, 5, "soa 7; soa 5; a A 127.0.0.2; soa 7; b A 127.0.0.3; soa 7",
	 "differences 7, -a A 127.0.0.2, +b A 127.0.0.3, " SOA(7)},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 7; soa 7", "differences 7, " SOA(7)},
	{TYPE_IXFR, 5, "soa 7; soa 5; a TXT x; soa 6; soa 6; soa 7; a TXT y; soa 7",
	 "differences 7, -a TXT \"x\", +a TXT \"y\", " SOA(7)},
	{TYPE_IXFR, 5,
	 "soa 9; soa 5; soa 6; a A 127.0.0.2; soa 6; a A 127.0.0.2; soa 8; soa 8; soa 9; "
	 "b A 127.0.0.2; soa 9",
	 "differences 9, +a A 127.0.0.2, -a A 127.0.0.2, +b A 127.0.0.2, " SOA(9)},
	/* Around the circle. */
	{TYPE_IXFR, 4294967294, "soa 2; soa 4294967294; soa 0; soa 0; soa 2; a A 127.0.0.2; soa 2",
	 "differences 2, +a A 127.0.0.2, " SOA(2)},
	{TYPE_IXFR, 1, "soa 2147483648; ns; soa 2147483648",
	 "full 2147483648, " NS ", " SOA(2147483648)},
};

static void test_a_transfer_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++) {
		if (take(transfers[i].qtype, transfers[i].ours, transfers[i].stream) != XFR_DONE) {
			fail_msg("%s: %s", transfers[i].stream, fail_text());
		}
		assert_string_equal(written.text, transfers[i].written);
	}
}

/* All ways to cut it into messages. */
static void test_it_does_not_matter_where_messages_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++) {
		char whole[1024], stream[1024];
		size_t records = 1;

		strcpy(whole, transfers[i].stream);
		for (const char *at = whole; (at = strchr(at, ';')); at++) {
			records++;
		}
		for (unsigned cuts = 0; cuts < 1U << (records - 1); cuts++) {
			unsigned number = 0;

			/* A SOA alone is another answer. */
			if (transfers[i].qtype == TYPE_IXFR && cuts & 1) {
				continue;
			}
			strcpy(stream, whole);
			for (char *at = stream; (at = strchr(at, ';')); at++) {
				*at = cuts >> number++ & 1 ? '|' : ';';
			}
			if (take(transfers[i].qtype, transfers[i].ours, stream) != XFR_DONE) {
				fail_msg("%s: %s", stream, fail_text());
			}
			assert_string_equal(written.text, transfers[i].written);
		}
	}
}

static void test_a_part_of_it_is_not_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++) {
		char stream[1024];

		strcpy(stream, transfers[i].stream);
		for (char *at; (at = strrchr(stream, ';'));) {
			*at = '\0';
			if (transfers[i].qtype == TYPE_IXFR && !strchr(stream, ';')) {
				break;
			}
			assert_int_equal(take(transfers[i].qtype, transfers[i].ours, stream),
					 XFR_MORE);
			assert_null(strstr(written.text, "+SOA"));
		}
	}
}

static const struct {
	uint16_t qtype;
	int64_t ours;
	const char *stream;
	enum xfr_result result;
	const char *words;
} others[] = {
	{TYPE_IXFR, 5, "soa 5", XFR_CURRENT, ""},
	{TYPE_IXFR, 5, "soa 4", XFR_CURRENT, ""},
	{TYPE_IXFR, 0, "soa 4294967295", XFR_CURRENT, ""},
	{TYPE_IXFR, 5, "soa 5; ns; soa 5", XFR_CURRENT, ""},
	{TYPE_AXFR, 5, "soa 5; ns; soa 5", XFR_CURRENT, ""},
	{TYPE_IXFR, 5, "soa 6", XFR_REFUSED, "the SOA of serial 6 alone"},
	{TYPE_IXFR, 5, "", XFR_REFUSED, "the answer has no records"},
	{TYPE_AXFR, NONE, "", XFR_REFUSED, "the answer has no records"},
	/* Lies about serials. */
	{TYPE_AXFR, 5, "soa 4; ns; soa 4", XFR_BAD, "serial 4, which is not newer than ours, 5"},
	{TYPE_AXFR, 5, "soa 2147483653; ns; soa 2147483653", XFR_BAD, "not newer than ours"},
	{TYPE_IXFR, 5, "soa 4; ns; soa 4", XFR_BAD, "serial 4, which is not newer than ours, 5"},
	{TYPE_IXFR, 5, "soa 4; soa 5; soa 4; soa 4", XFR_BAD, "not newer than ours"},
	{TYPE_IXFR, 5, "soa 7; soa 6; soa 7; soa 7", XFR_BAD,
	 "difference 1 of the IXFR begins at serial 6, not 5"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 6; soa 5; soa 7; soa 7", XFR_BAD,
	 "difference 2 of the IXFR begins at serial 5, not 6"},
	{TYPE_IXFR, 5, "soa 9; soa 5; soa 6; soa 7; soa 9; soa 9", XFR_BAD,
	 "difference 2 of the IXFR begins at serial 7, not 6"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 5; soa 5; soa 7; soa 7", XFR_BAD,
	 "difference 1 of the IXFR goes from serial 5 to 5, which is not newer"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 6; soa 6; soa 4; soa 7", XFR_BAD,
	 "difference 2 of the IXFR goes from serial 6 to 4, which is not newer"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 8; soa 8; soa 7; soa 7", XFR_BAD,
	 "difference 1 of the IXFR goes to serial 8, past the zone's, 7"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 6; a A 127.0.0.2; soa 7", XFR_BAD,
	 "the IXFR to serial 7 ends at serial 6"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 7; soa 8", XFR_BAD,
	 "began with a SOA of serial 7 and ends with another, of serial 8"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 7; @ 3600 SOA ns2.example.net. h 7 7200 900 604800 300",
	 XFR_BAD, "and ends with another, of serial 7"},
	{TYPE_IXFR, 5, "soa 7; ns; soa 6", XFR_BAD,
	 "the zone began with a SOA of serial 7 and ends with another, of serial 6"},
	{TYPE_AXFR, NONE, "soa 7; ns; soa 8", XFR_BAD, "ends with another, of serial 8"},
	{TYPE_AXFR, NONE, "soa 7; ns; @ 3601 SOA ns1.example.net. h 7 7200 900 604800 300", XFR_BAD,
	 "ends with another"},
	{TYPE_AXFR, 5, "soa 7; soa 5; soa 7; soa 7", XFR_BAD, "ends with another, of serial 5"},
	/* Zones that nobody could serve. */
	{TYPE_AXFR, NONE, "soa 7; soa 7", XFR_BAD, "the zone has no NS"},
	{TYPE_IXFR, 5, "soa 7; soa 7", XFR_BAD, "the zone has no NS"},
	{TYPE_AXFR, NONE, "soa 7; sub NS ns1.example.net.; soa 7", XFR_BAD, "the zone has no NS"},
	/* Behind the end. */
	{TYPE_AXFR, NONE, "soa 7; ns; soa 7; a A 127.0.0.2", XFR_BAD, "behind the end"},
	{TYPE_AXFR, NONE, "soa 7; ns; soa 7; soa 7", XFR_BAD, "behind the end"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 7; soa 7; soa 7", XFR_BAD, "behind the end"},
	/* What is no record of the zone. */
	{TYPE_AXFR, NONE, "ns; soa 7", XFR_BAD, "begins with a record of type 2"},
	{TYPE_AXFR, NONE, "soa 7; ns; a.example.org. A 127.0.0.2; soa 7", XFR_BAD,
	 "a.example.org. is not in the zone dnsbl.example.org."},
	{TYPE_AXFR, NONE, "soa 7; ns; xdnsbl.example.org. A 127.0.0.2; soa 7", XFR_BAD,
	 "xdnsbl.example.org. is not in the zone"},
	{TYPE_AXFR, NONE, "a 300 SOA a. b. 7 1 1 1 1; ns; soa 7", XFR_BAD,
	 "a.dnsbl.example.org. has a SOA, and is not the zone"},
	{TYPE_AXFR, NONE, "example.org. SOA a. b. 7 1 1 1 1; ns; soa 7", XFR_BAD,
	 "is not in the zone"},
	{TYPE_AXFR, NONE, "soa 7; ns; a 300 SOA a. b. 7 1 1 1 1; soa 7", XFR_BAD, "has a SOA"},
	{TYPE_AXFR, NONE, "soa 7; ns; a CH A 127.0.0.2; soa 7", XFR_BAD, "a record of class 3"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE41 \\# 0; soa 7", XFR_BAD, "of type 41, which no zone"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE250 \\# 0; soa 7", XFR_BAD, "of type 250"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE251 \\# 0; soa 7", XFR_BAD, "of type 251"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE252 \\# 0; soa 7", XFR_BAD, "of type 252"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE255 \\# 0; soa 7", XFR_BAD, "of type 255"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE128 \\# 0; soa 7", XFR_BAD, "of type 128"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE0 \\# 0; soa 7", XFR_BAD, "of type 0"},
	{TYPE_AXFR, NONE, "soa 7; ns; a TYPE65535 \\# 0; soa 7", XFR_BAD, "of type 65535"},
	/* Differences are of the zone too. */
	{TYPE_IXFR, 5, "soa 7; soa 5; b.example.org. A 127.0.0.2; soa 7; soa 7", XFR_BAD,
	 "is not in"},
	{TYPE_IXFR, 5, "soa 7; soa 5; soa 7; b.example.org. A 127.0.0.2; soa 7", XFR_BAD,
	 "is not in"},
	/* A stream that comes to nothing. */
	{TYPE_AXFR, NONE, "soa 7; ns||soa 7", XFR_BAD, "a later message has no records"},
};

static void test_what_is_none_is_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const char *stream = others[i].stream;
		enum xfr_result result;

		if (*stream) {
			result = take(others[i].qtype, others[i].ours, stream);
		} else {
			open_for(others[i].qtype, others[i].ours);
			result = feed(xfr_encode("", 0, others[i].qtype, true));
		}
		if (result != others[i].result ||
		    (result != XFR_CURRENT && !strstr(fail_text(), others[i].words))) {
			fail_msg("%s: %d, %s", stream, result, fail_text());
		}
		assert_null(strstr(written.text, "+SOA"));
		assert_int_equal(x.status, result == XFR_BAD ? ST_DATA : ST_OK);
		/* For good. */
		assert_int_equal(feed(xfr_encode("soa 7; ns; soa 7", 16, others[i].qtype, true)),
				 result);
	}
}

static const struct {
	unsigned at, and, or ;
	enum xfr_result first, later;
	const char *words;
} heads[] = {
	{0, 0, 0, XFR_BAD, XFR_BAD, "has the id"},
	{2, 0x7f, 0, XFR_BAD, XFR_BAD, "is no reply"},
	{2, 0xff, 0x20, XFR_BAD, XFR_BAD, "is no reply"}, /* NOTIFY */
	{2, 0xff, 0x02, XFR_REFUSED, XFR_REFUSED, "truncated"},
	{3, 0xf0, 1, XFR_REFUSED, XFR_BAD, "is FORMERR"},
	{3, 0xf0, 2, XFR_REFUSED, XFR_BAD, "is SERVFAIL"},
	{3, 0xf0, 4, XFR_REFUSED, XFR_BAD, "is NOTIMP"},
	{3, 0xf0, 5, XFR_REFUSED, XFR_BAD, "is REFUSED: may our address"},
	{3, 0xf0, 9, XFR_REFUSED, XFR_BAD, "is NOTAUTH: has it this zone?"},
	{3, 0xf0, 12, XFR_REFUSED, XFR_BAD, "is RCODE 12"},
	{5, 0, 2, XFR_BAD, XFR_BAD, "2 questions"},
	{7, 0xff, 0x80, XFR_BAD, XFR_BAD, "malformed"},
	{9, 0, 1, XFR_BAD, XFR_BAD, "malformed"},
	{11, 0, 1, XFR_BAD, XFR_BAD, "malformed"},
	{2, 0xfb, 0, XFR_MORE, XFR_DONE, NULL},    /* AA is not needed */
	{3, 0xff, 0xb0, XFR_MORE, XFR_DONE, NULL}, /* nor anybody's business what these say */
	/* The question of the first. */
	{13, 0, 'x', XFR_BAD, XFR_DONE, "another question"},
	{13, 0, 'D', XFR_MORE, XFR_DONE, NULL},
	{32, 0, TYPE_IXFR, XFR_BAD, XFR_DONE, "another question"},
	{34, 0, CLASS_CH, XFR_BAD, XFR_DONE, "another question"},
};

static void test_a_message_has_to_be_the_answer(void **state)
{
	static const char *const messages[] = {"soa 7; ns", "a A 127.0.0.2; soa 7"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof heads / sizeof *heads; i++) {
		const size_t fault = i / 2, wrong = i % 2;
		const enum xfr_result expected = wrong ? heads[fault].later : heads[fault].first;
		enum xfr_result result = XFR_MORE;

		/* The second one has no question to be wrong. */
		if (wrong && heads[fault].at > 12) {
			continue;
		}
		open_for(TYPE_AXFR, NONE);
		for (size_t k = 0; k <= wrong; k++) {
			struct bytes m =
				xfr_encode(messages[k], strlen(messages[k]), TYPE_AXFR, !k);
			uint8_t *octet = (uint8_t *)m.data + heads[fault].at;

			if (k == wrong) {
				*octet = (uint8_t)((*octet & heads[fault].and) | heads[fault].or);
			}
			result = feed(m);
		}
		if (result != expected ||
		    (heads[fault].words && !strstr(fail_text(), heads[fault].words))) {
			fail_msg("fault %zu of message %zu: %d, %s", fault, wrong, result,
				 fail_text());
		}
	}
}

static void test_an_error_may_be_a_header_alone(void **state)
{
	const uint8_t header[] = {0x43, 0x21, 0x80, 4, 0, 0, 0, 0, 0, 0, 0, 0};

	(void)state;
	open_for(TYPE_IXFR, 5);
	assert_int_equal(xfr_message(&x, bytes_of(header, sizeof header), XFR_NOW), XFR_REFUSED);
	assert_string_equal(fail_text(), "the answer is NOTIMP");
}

static void test_other_sections_are_ignored(void **state)
{
	const char text[] = "soa 7; ns; x A 127.0.0.2; y A 127.0.0.3; soa 7";

	(void)state;
	/* The third and the fourth move on to the next sections, the last is in a message behind.
	 */
	open_for(TYPE_AXFR, NONE);
	struct bytes m = xfr_encode(text, sizeof text - sizeof "; soa 7", TYPE_AXFR, true);
	uint8_t *counts = (uint8_t *)m.data + 7;

	assert_int_equal(counts[0], 4);
	counts[0] = 2;
	counts[2] = 1;
	counts[4] = 1;
	assert_int_equal(feed(m), XFR_MORE);
	assert_int_equal(feed(xfr_encode("soa 7", 5, TYPE_AXFR, false)), XFR_DONE);
	assert_string_equal(written.text, "full 7, " NS ", " SOA(7));
}

static enum status full_disk(void *context, const struct record *r)
{
	(void)context;
	(void)r;
	return (fail)(ST_IO, "the disk is full");
}

static void test_a_sink_that_fails_ends_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		open_for(TYPE_IXFR, 5);
		written.status = i == 0 ? (fail)(ST_IO, "the disk is full") : ST_OK;
		x.sink.del = i == 1 ? full_disk : x.sink.del;
		x.sink.add = i == 2 ? full_disk : x.sink.add;
		const char text[] = "soa 7; soa 5; a A 127.0.0.2; soa 7; soa 7";

		assert_int_equal(feed(xfr_encode(text, strlen(text), TYPE_IXFR, true)), XFR_BAD);
		assert_int_equal(x.status, ST_IO);
		assert_string_equal(fail_text(), "the disk is full");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_transfer_is_taken),
		cmocka_unit_test(test_it_does_not_matter_where_messages_end),
		cmocka_unit_test(test_a_part_of_it_is_not_all),
		cmocka_unit_test(test_what_is_none_is_refused_in_words),
		cmocka_unit_test(test_a_message_has_to_be_the_answer),
		cmocka_unit_test(test_an_error_may_be_a_header_alone),
		cmocka_unit_test(test_other_sections_are_ignored),
		cmocka_unit_test(test_a_sink_that_fails_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
