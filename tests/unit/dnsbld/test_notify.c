/*
 * test_notify.c: a NOTIFY's octets, what is an answer to it, and which address it leaves from.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include "notify_message.h"
#include "notify_socket.h"
#include "packet.h"
#include "tsig.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"

static struct name name_of(const char *text)
{
	struct name name;

	assert_int_equal(name_parse(text, &name), ST_OK);
	return name;
}

static void test_it_asks_for_the_soa_and_says_what_it_is(void **state)
{
	const struct name apex = name_of("dnsbl.example.org");
	uint8_t soa[512], wanted[512], out[NOTIFY_ROOM];
	size_t soa_len = packet_make(soa, "0006 0001 0000003c 0020 n:a.test n:b.test "
					  "6a000001 00000258 0000012c 00015180 0000003c");
	size_t len = packet_make(wanted, "beef 2400 0001 0001 0000 0000 n:dnsbl.example.org "
					 "0006 0001 c00c");

	(void)state;
	memcpy(wanted + len, soa, soa_len);
	assert_int_equal(notify_write(out, sizeof out, 0xbeef, &apex, bytes_of(soa, soa_len)),
			 len + soa_len);
	assert_memory_equal(out, wanted, len + soa_len);
}

static void test_the_soa_is_left_out_where_it_does_not_fit_and_a_tsig_always_does(void **state)
{
	const struct name apex =
		name_of(LABEL63 "." LABEL63 "." LABEL63 ".a2345678901234567890123456789012345678"
				"9012345678901234567890a");
	const struct key_config longest = {.algorithm = tsig_algorithm_named("hmac-sha512")};
	const struct tsig_key key = {.config = &longest, .algorithm = name_of("hmac-sha512")};
	const struct tsig_session session = {.key = &key};
	uint8_t soa[300] = {0}, out[NOTIFY_ROOM];
	/* Beside that of this key, which has no name, the longest one. */
	size_t room = NOTIFY_ROOM - tsig_reply_room(&session) - TSIG_NAME_MAX;
	size_t bare = 12 + apex.len + 4;

	(void)state;
	assert_int_equal(apex.len, 255);
	assert_true(room >= bare);
	assert_int_equal(notify_write(out, room, 1, &apex, bytes_of(soa, sizeof soa)), bare);
	assert_int_equal(out[7], 0);
	assert_int_equal(notify_write(out, room, 1, &apex, bytes_of(soa, room - bare - 2)), room);
	assert_int_equal(out[7], 1);
	assert_int_equal(notify_write(out, room, 1, &apex, bytes_of(soa, room - bare - 1)), bare);
}

static void test_what_answers(void **state)
{
	static const struct {
		const char *packet;
		int rcode; /* -1: it is no answer */
	} table[] = {
		/* As it should be, with what else may come. */
		{"beef a400 0001 0000 0000 0000 n:bl.test 0006 0001", 0},
		{"beef a000 0001 0000 0000 0000 n:bl.test 0006 0001", 0},
		{"beef a400 0001 0001 0000 0000 n:BL.Test 0006 0001 c00c 0006", 0},
		{"beef a405 0001 0000 0000 0000 n:bl.test 0006 0001", 5},
		{"beef a004 0000 0000 0000 0000", 4},
		/* Another ID, no answer, another opcode. */
		{"beee a400 0001 0000 0000 0000 n:bl.test 0006 0001", -1},
		{"beef 2400 0001 0000 0000 0000 n:bl.test 0006 0001", -1},
		{"beef 8400 0001 0000 0000 0000 n:bl.test 0006 0001", -1},
		{"beef ac00 0001 0000 0000 0000 n:bl.test 0006 0001", -1},
		/* Another question, or none, or more. */
		{"beef a400 0001 0000 0000 0000 n:bl.tess 0006 0001", -1},
		{"beef a400 0001 0000 0000 0000 n:x.bl.test 0006 0001", -1},
		{"beef a400 0001 0000 0000 0000 n:test 0006 0001", -1},
		{"beef a400 0001 0000 0000 0000 n:bl.test 0001 0001", -1},
		{"beef a400 0001 0000 0000 0000 n:bl.test 0006 0003", -1},
		{"beef a400 0000 0000 0000 0000", -1},
		{"beef a400 0002 0000 0000 0000 n:bl.test 0006 0001 n:bl.test 0006 0001", -1},
		/* Cut. */
		{"beef a400 0001 0000 0000 0000 n:bl.test 0006 00", -1},
		{"beef a400 0001 0000 0000 0000 02 626c", -1},
		{"beef a405 0001 0000 0000 00", -1},
		{"beef a405", -1},
		{"be", -1},
		{"", -1},
	};
	const struct name apex = name_of("bl.test");

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint8_t packet[512], rcode;
		size_t len = packet_make(packet, table[i].packet);
		/* In a block of exactly its size. */
		uint8_t *exact = malloc(len + !len);

		memcpy(exact, packet, len);
		bool answers = notify_read(bytes_of(exact, len), 0xbeef, &apex, &rcode);

		if (answers != (table[i].rcode >= 0) || (answers && rcode != table[i].rcode)) {
			fail_msg("%s: %d, rcode %u", table[i].packet, answers, rcode);
		}
		free(exact);
	}
}

/* --- where it leaves from -----------------------------------------------------------------------
 */

static struct listen_config at(const char *text, uint16_t port)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), ST_OK);
	return (struct listen_config){.family = p.family, .addr = p.addr, .port = port};
}

static struct config *config_with(const char *remotes)
{
	struct config *config;
	char text[1024];

	snprintf(text, sizeof text,
		 "sublist relay { code = 2 }\n"
		 "zone bl.test { ns = { ns1.example.net } notify = { %s }\n"
		 "  soa { mname = ns1.example.net rname = hostmaster.example.org } }\n",
		 remotes);
	if (config_parse(text, "/tmp/dnsbld.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	return config;
}

/* The address that what is sent to a socket at 127.0.0.1 comes from. */
static const char *comes_from(const struct sockets *served, char text[INET_ADDRSTRLEN])
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from;
	socklen_t len = sizeof here;
	uint8_t packet[16];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &len), 0);
	struct listen_config to = at("127.0.0.1", ntohs(here.sin_port));
	struct config *config = config_with("\"127.0.0.1:5304\"");
	struct notify_sockets sockets;

	notify_sockets_open(&sockets, config);
	assert_true(sockets.ipv4 >= 0 && sockets.ipv6 == -1);
	assert_int_equal(notify_send(&sockets, served, &to, bytes_str("notify")), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
	assert_int_equal(recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &len), 6);

	/* And back again. */
	struct notify_source source;
	uint8_t back[16];
	size_t back_len;

	assert_int_equal(
		sendto(fd, "much longer than there is room", 30, 0, (struct sockaddr *)&from, len),
		30);
	assert_int_equal(sendto(fd, "acknowledged", 12, 0, (struct sockaddr *)&from, len), 12);
	assert_int_equal(poll(&(struct pollfd){.fd = sockets.ipv4, .events = POLLIN}, 1, 5000), 1);
	assert_true(notify_receive(sockets.ipv4, back, sizeof back, &back_len, &source));
	assert_int_equal(back_len, 12);
	assert_true(source.family == 4 && source.addr == to.addr && source.port == to.port);
	assert_false(notify_receive(sockets.ipv4, back, sizeof back, &back_len, &source));

	close(sockets.ipv4);
	close(fd);
	config_free(config);
	assert_non_null(inet_ntop(AF_INET, &from.sin_addr, text, INET_ADDRSTRLEN));
	return text;
}

static void test_it_leaves_from_the_address_that_is_served(void **state)
{
	struct endpoint endpoints[] = {
		{.at = at("192.0.2.1", 53)},
		{.at = at("::1", 53)},
		{.at = at("127.0.0.5", 53)},
		{.at = at("127.0.0.6", 53)},
	};
	struct sockets served = {.endpoint = endpoints, .count = 4};
	char text[INET_ADDRSTRLEN];

	(void)state;
	assert_string_equal(comes_from(&served, text), "127.0.0.5");
	/* Of addresses that lead elsewhere none is taken. */
	served.count = 2;
	assert_string_equal(comes_from(&served, text), "127.0.0.1");
	endpoints[2].wildcard = true;
	served.count = 4;
	assert_string_equal(comes_from(&served, text), "127.0.0.6");
}

static void test_what_cannot_be_sent_says_why(void **state)
{
	const struct notify_sockets none = {-1, -1};
	const struct sockets served = {.count = 0};
	struct listen_config to = at("127.0.0.1", 53);

	(void)state;
	assert_int_equal(notify_send(&none, &served, &to, bytes_str("x")), EAFNOSUPPORT);
	to = at("::1", 53);
	assert_int_equal(notify_send(&none, &served, &to, bytes_str("x")), EAFNOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_asks_for_the_soa_and_says_what_it_is),
		cmocka_unit_test(
			test_the_soa_is_left_out_where_it_does_not_fit_and_a_tsig_always_does),
		cmocka_unit_test(test_what_answers),
		cmocka_unit_test(test_it_leaves_from_the_address_that_is_served),
		cmocka_unit_test(test_what_cannot_be_sent_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
