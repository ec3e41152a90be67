/*
 * test_sweeps.c: packets by the million, made by rule: every type in six classes, every value of
 * the header's flags, counts that lie, every prefix and every flipped bit of queries that are fine,
 * and the packets that cost other servers their time. reply_check.h says what must hold for each.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "packet.h"
#include "reply_check.h"
#include "served.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA                                                                                   \
	"soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600 " \
	"retry = 300 expire = 86400 minimum = 60 } "
#define LISTED "n:1.2.0.192.dnsbl.example.org "
#define KEY                                                              \
	"n:key 00fa 00ff 00000000 001f n:hmac-sha256 000000000001 012c " \
	"0002 abcd 4321 0000 0000"
#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const char config[] =
	"nsid = \"fra1.dnsbl.example.org\" version = \"Of no matter\"\n"
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" }\n"
	"  ttl = 300 apex { a = { \"192.0.2.80\" } } host \"ns1\" { a = { \"192.0.2.53\" } } " SOA
	"}\n";

/* Queries that are fine. */
static const char *const valid[] = {
	"1234 0100 0001 0000 0000 0000 " LISTED "0001 0001",
	"1234 0000 0001 0000 0000 0000 " LISTED "0010 0001",
	"1234 0000 0001 0000 0000 0000 n:1.3.0.192.dnsbl.example.org 0001 0001",
	"1234 0000 0001 0000 0000 0001 n:1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0."
	"1.0.0.2.dnsbl.example.org 0001 0001 00 0029 04d0 00 00 0000 0000",
	/* NSID, a cookie, ECS, padding. */
	"1234 0000 0001 0000 0000 0001 " LISTED "0010 0001 00 0029 1000 00 00 8000 0020 "
	"0003 0000 000a 0008 0102030405060708 0008 0004 00010000 000c 0004 00000000",
	"1234 0000 0001 0000 0001 0000 n:dnsbl.example.org 00fb 0001 c00c 0006 0001 00000000 "
	"0016 00 00 00000001 00000001 00000001 00000001 00000001",
	"1234 2400 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001",
	"1234 0000 0001 0000 0000 0002 " LISTED "0001 0001 00 0029 1000 00 00 0000 0000 " KEY,
	"1234 0000 0001 0000 0000 0001 n:dnsbl.example.org 00ff 0001 00 0029 0200 00 00 0000 0000",
	"1234 0000 0001 0000 0000 0001 n:version.bind 0010 0003 00 0029 1000 00 00 0000 0004 "
	"0003 0000",
	"1234 0000 0001 0000 0000 0001 n:" L63 "." L63 "." L63
	".abcdefghijklmnopqrstuvwxyzabcdefghijklmnop.dnsbl.example.org 0001 0001 "
	"00 0029 04d0 00 00 0000 0004 0003 0000",
};
enum { VALID = sizeof valid / sizeof *valid };

static struct served served;
static uint8_t reply[65535];

/* Within a batch. The packet sits in a block of exactly its size, for sanitizers. */
static size_t answer(const uint8_t *packet, size_t len, bool tcp)
{
	const struct client client = {.tcp = tcp, .family = 4, .addr = 0x7f000001};
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, packet, len);
	size_t got = respond(&served.worker, &client, exact, len, reply,
			     tcp ? sizeof reply : CHECK_MOST);
	free(exact);
	const char *fault = reply_fault(packet, len, tcp, reply, got);

	if (fault) {
		for (size_t i = 0; i < len; i++) {
			print_error("%02x", packet[i]);
		}
		fail_msg(": %s", fault);
	}
	return got;
}

static void answer_by_both(const uint8_t *packet, size_t len)
{
	answer(packet, len, false);
	answer(packet, len, true);
}

/* The answers of class CH are the server's own name alone; other classes have nothing at all. */
static void check_type(const uint8_t *packet, size_t len, unsigned type, unsigned class,
		       bool is_server)
{
	answer(packet, len, true);
	unsigned tcp_rcode = reply[3] & 15;
	answer(packet, len, false);
	unsigned rcode = reply[3] & 15, answers = peek_u16(reply + 6);

	if (is_server && class == CLASS_CH && (type == TYPE_TXT || type == TYPE_ANY)) {
		assert_int_equal(rcode, 0);
		assert_int_equal(answers, 1);
	} else if (class == CLASS_IN && type == TYPE_IXFR) {
		assert_int_equal(rcode, 1); /* without its SOA */
	} else if (class == CLASS_IN && type == TYPE_AXFR) {
		assert_int_equal(rcode, 1);
		assert_int_not_equal(tcp_rcode, 0);
	} else if (class != CLASS_IN || is_server) {
		assert_int_equal(rcode, type == TYPE_IXFR ? 1 : 5);
	} else {
		assert_int_equal(rcode, 0);
		assert_int_equal(tcp_rcode, 0);
	}
}

static void test_every_type_in_six_classes(void **state)
{
	static const unsigned classes[] = {1, 3, 4, 254, 255, 65280};
	static const char *const names[] = {LISTED, "n:dnsbl.example.org ", "n:id.server "};
	enum { OPT_WITH_NSID = 15 };

	(void)state;
	worker_begin(&served.worker);
	for (unsigned i = 0; i < 3 * 6; i++) {
		uint8_t packet[512];
		char text[160];

		snprintf(text, sizeof text,
			 "1234 0000 0001 0000 0000 0001 %s 0000 %04x "
			 "00 0029 04d0 00 00 0000 0004 0003 0000",
			 names[i / 6], classes[i % 6]);
		size_t len = packet_make(packet, text);
		uint8_t *type = packet + len - OPT_WITH_NSID - 4;

		for (unsigned t = 0; t <= UINT16_MAX; t++) {
			type[0] = (uint8_t)(t >> 8);
			type[1] = (uint8_t)t;
			check_type(packet, len, t, classes[i % 6], i / 6 == 2);
		}
	}
	worker_end(&served.worker);
}

/* QR, opcode, AA, TC, RD, RA, Z, AD, CD and rcode in every combination, with a question and
 * without. */
static void test_every_value_of_the_flags(void **state)
{
	uint8_t packet[512];
	size_t len = packet_make(packet, valid[4]);

	(void)state;
	worker_begin(&served.worker);
	for (unsigned flags = 0; flags <= UINT16_MAX; flags++) {
		packet[2] = (uint8_t)(flags >> 8);
		packet[3] = (uint8_t)flags;
		answer_by_both(packet, len);
		answer_by_both(packet, DNS_HEADER);
	}
	worker_end(&served.worker);
}

static void test_counts_that_lie(void **state)
{
	static const uint8_t counts[][2] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {255, 255}};

	(void)state;
	worker_begin(&served.worker);
	for (unsigned v = 0; v < VALID; v++) {
		uint8_t packet[512];
		size_t len = packet_make(packet, valid[v]);

		for (unsigned i = 0; i < 6 * 6 * 6 * 6; i++) {
			memcpy(packet + 4, counts[i % 6], 2);
			memcpy(packet + 6, counts[i / 6 % 6], 2);
			memcpy(packet + 8, counts[i / 36 % 6], 2);
			memcpy(packet + 10, counts[i / 216], 2);
			answer_by_both(packet, len);
		}
	}
	worker_end(&served.worker);
}

static void test_every_prefix_of_a_query(void **state)
{
	(void)state;
	worker_begin(&served.worker);
	for (unsigned v = 0; v < VALID; v++) {
		uint8_t packet[512];
		size_t len = packet_make(packet, valid[v]);

		for (size_t cut = 0; cut < len; cut++) {
			answer_by_both(packet, cut);
			if (cut >= DNS_HEADER) {
				assert_int_equal(reply[3] & 15, 1);
			}
		}
		answer_by_both(packet, len);
		assert_int_not_equal(reply[3] & 15, 1);
	}
	worker_end(&served.worker);
}

/* One bit, and for more of the same price every octet with every value. */
static void test_every_octet_of_a_query_with_every_value(void **state)
{
	(void)state;
	worker_begin(&served.worker);
	for (unsigned v = 0; v < VALID; v++) {
		uint8_t packet[512];
		size_t len = packet_make(packet, valid[v]);

		for (size_t at = 0; at < len; at++) {
			uint8_t octet = packet[at];

			for (unsigned value = 0; value < 256; value++) {
				packet[at] = (uint8_t)value;
				answer_by_both(packet, len);
			}
			packet[at] = octet;
		}
	}
	worker_end(&served.worker);
}

/* --- packets that cost others their time ------------------------------------------------------ */

static uint8_t attack[65535];

/* 2,000 TSIGs, of which a parser that follows the counts keeps every one. */
static size_t make_tsigs(void)
{
	size_t len = packet_make(attack, "1234 0000 0001 0000 0000 07d0 " LISTED "0001 0001");

	for (unsigned i = 0; i < 2000 && len + 28 <= sizeof attack; i++) {
		len += packet_make(attack + len,
				   "00 00fa 00ff 00000000 0011 00 000000000001 012c 0000 4321 "
				   "0000 0000");
	}
	return len;
}

/* Records whose name is a pointer to the name of the one before, as far as a pointer reaches. */
static size_t make_pointers(void)
{
	size_t len = packet_make(attack, "1234 0000 0001 1553 0000 0000 0161 00 0001 0001");
	size_t before = DNS_HEADER;

	for (; len + 12 <= sizeof attack; len += 12) {
		memset(attack + len, 0, 12);
		attack[len] = (uint8_t)(0xc0 | before >> 8);
		attack[len + 1] = (uint8_t)before;
		attack[len + 3] = attack[len + 5] = 1;
		before = len > 0x3fff ? before : len;
	}
	return len;
}

/* The dearest that is no fault: an OPT with as many options as there is room for. */
static size_t make_options(void)
{
	size_t len = packet_make(attack, "1234 0000 0001 0000 0000 0001 " LISTED "0001 0001 "
					 "00 0029 04d0 00 00 0000 0000");
	size_t rdlen = (sizeof attack - len) / 4 * 4;

	memset(attack + len, 0, rdlen);
	attack[len - 2] = (uint8_t)(rdlen >> 8);
	attack[len - 1] = (uint8_t)rdlen;
	return len + rdlen;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* So much CPU time each, and no memory, be it the first or the last of ten thousand. */
static void check_attack(size_t len, uint64_t most_ns, const char *wanted)
{
	enum { TIMES = 10000 };
	const struct client client = {.tcp = true, .family = 4, .addr = 0x7f000001};
	char text[128];
	size_t got = 0;

	worker_begin(&served.worker);
	respond(&served.worker, &client, attack, len, reply, sizeof reply);
	size_t memory = mallinfo2().uordblks;
	uint64_t begin = cpu_ns();

	for (unsigned i = 0; i < TIMES; i++) {
		got = respond(&served.worker, &client, attack, len, reply, sizeof reply);
	}
	uint64_t each = (cpu_ns() - begin) / TIMES;

	assert_int_equal(mallinfo2().uordblks, memory);
	worker_end(&served.worker);
	print_message("%zu octets: %llu ns\n", len, (unsigned long long)each);
	assert_in_range(each, 0, most_ns);
	assert_null(reply_fault(attack, len, true, reply, got));
	assert_string_equal(packet_describe(reply, got, text), wanted);
}

static void test_two_thousand_tsigs_cost_nothing(void **state)
{
	(void)state;
	size_t len = make_tsigs();

	assert_in_range(len, 56000, sizeof attack);
	check_attack(len, 100000, "FORMERR 0/0/0");
}

static void test_pointers_to_pointers_cost_nothing(void **state)
{
	(void)state;
	check_attack(make_pointers(), 100000, "FORMERR 0/0/0");
}

static void test_an_opt_full_of_options_costs_little(void **state)
{
	(void)state;
	/* 0.04 ms; sanitizers double it. */
	check_attack(make_options(), 500000, "NOERROR aa 1/0/1 opt");
}

static int open_served(void **state)
{
	(void)state;
	served_open(&served, config);
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "2001:db8::1", "relay", NULL);
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
		cmocka_unit_test(test_every_type_in_six_classes),
		cmocka_unit_test(test_every_value_of_the_flags),
		cmocka_unit_test(test_counts_that_lie),
		cmocka_unit_test(test_every_prefix_of_a_query),
		cmocka_unit_test(test_every_octet_of_a_query_with_every_value),
		cmocka_unit_test(test_two_thousand_tsigs_cost_nothing),
		cmocka_unit_test(test_pointers_to_pointers_cost_nothing),
		cmocka_unit_test(test_an_opt_full_of_options_costs_little),
	};

	return cmocka_run_group_tests(tests, open_served, close_served);
}
