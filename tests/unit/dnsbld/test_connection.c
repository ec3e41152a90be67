/*
 * test_connection.c: TCP connections over socket pairs, with a real database behind them.
 */
#include "connection.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#include "connected.h"

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" } ttl = 300\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

static uint8_t query[2 + 64];
static size_t query_len; /* with its length before it */

static void assert_answer(int fd)
{
	uint8_t answer[2 + 512];

	assert_int_equal(receive(fd, answer, 2), 2);
	size_t len = (size_t)(answer[0] << 8 | answer[1]);

	assert_in_range(len, 12, 512);
	assert_int_equal(receive(fd, answer + 2, len), len);
	assert_memory_equal(answer + 2, query + 2, 2);
	assert_int_equal(answer[2 + 7], 1); /* one record */
}

static void test_a_query_is_answered_and_the_connection_stays(void **state)
{
	int fd = connect_from(1);

	(void)state;
	for (int i = 0; i < 3; i++) {
		send_all(fd, query, query_len);
		assert_answer(fd);
	}
	assert_int_equal(all.count, 1);
	close(fd);
}

static void test_queries_in_one_write_are_all_answered(void **state)
{
	enum { QUERIES = 2000 };
	uint8_t *stream = malloc(QUERIES * query_len);
	int fd = connect_from(1);

	(void)state;
	for (int i = 0; i < QUERIES; i++) {
		memcpy(stream + (size_t)i * query_len, query, query_len);
	}
	send_all(fd, stream, QUERIES * query_len);
	for (int i = 0; i < QUERIES; i++) {
		assert_answer(fd);
	}
	free(stream);
	close(fd);
}

static void test_a_query_may_come_octet_by_octet(void **state)
{
	int fd = connect_from(1);

	(void)state;
	for (size_t i = 0; i < query_len; i++) {
		send_all(fd, query + i, 1);
		turn();
	}
	assert_answer(fd);
	close(fd);
}

static void test_what_is_no_query_closes(void **state)
{
	uint8_t response[sizeof query];
	int fd = connect_from(1);

	(void)state;
	send_all(fd, "\0\0", 2);
	assert_closed(fd);
	fd = connect_from(1);
	send_all(fd, "\0\13abcdefghijk", 13);
	assert_closed(fd);
	memcpy(response, query, query_len);
	response[2 + 2] |= 0x80;
	fd = connect_from(1);
	send_all(fd, response, query_len);
	assert_closed(fd);
	assert_int_equal(all.count, 0);
}

static void test_what_came_before_it_is_answered(void **state)
{
	uint8_t stream[4 * sizeof query];
	size_t len = 0;
	int fd = connect_from(1);

	(void)state;
	for (int i = 0; i < 4; i++) {
		if (i == 2) {
			memcpy(stream + len, "\0\0", 2);
			len += 2;
		}
		memcpy(stream + len, query, query_len);
		len += query_len;
	}
	send_all(fd, stream, len);
	assert_answer(fd);
	assert_answer(fd);
	assert_closed(fd);
}

static void test_half_closed_is_answered_then_closed(void **state)
{
	int fd = connect_from(1);

	(void)state;
	send_all(fd, query, query_len);
	send_all(fd, query, query_len);
	send_all(fd, query, 5);
	shutdown(fd, SHUT_WR);
	assert_answer(fd);
	assert_answer(fd);
	assert_closed(fd);
}

/* It sends for ever and reads nothing: soon nothing more is taken. Then it reads all its answers.
 */
static void test_a_client_that_does_not_read_is_not_read_either(void **state)
{
	int fd = connect_from(1), stuck = 0;
	size_t sent = 0;

	(void)state;
	while (stuck < 100) {
		size_t at = sent % query_len;
		ssize_t n = write(fd, query + at, query_len - at);

		if (n > 0) {
			sent += (size_t)n;
			stuck = 0;
		} else {
			assert_int_equal(errno, EAGAIN);
			turn();
			stuck++;
		}
	}
	/* Both directions' socket buffers, 64 KiB of input and 64 KiB of output. */
	assert_true(sent < 2000000);
	for (size_t i = 0; i < sent / query_len; i++) {
		assert_answer(fd);
	}
	close(fd);
}

static void test_a_message_that_stays_partial_is_closed(void **state)
{
	limits.partial_ms = 20;
	int fd = connect_from(1);

	(void)state;
	/* A whole one before it does not give it more time. */
	send_all(fd, query, query_len);
	assert_answer(fd);
	send_all(fd, query, query_len - 1);
	double begun = now_s();
	assert_closed(fd);
	assert_true(now_s() - begun > 0.015);
}

static void test_octets_that_trickle_in_do_not_move_the_deadline(void **state)
{
	limits.partial_ms = 30;
	int fd = connect_from(1);
	double deadline = now_s() + 10;

	(void)state;
	/* One octet a turn, of a message of 65,535. */
	send_all(fd, "\xff\xff", 2);
	while (write(fd, "x", 1) > 0 || errno == EAGAIN) {
		assert_true(now_s() < deadline);
		turn();
	}
	assert_int_equal(errno, EPIPE);
	close(fd);
	assert_int_equal(all.count, 0);
}

static void test_a_silent_connection_is_closed(void **state)
{
	limits.idle_ms = 20;
	int fd = connect_from(1);

	(void)state;
	assert_closed(fd);
	fd = connect_from(1);
	send_all(fd, query, query_len);
	assert_answer(fd);
	assert_closed(fd);
}

static void test_one_client_has_only_so_many(void **state)
{
	limits.per_client = 2;
	int a = connect_from(1), b = connect_from(1), c = connect_from(1), other = connect_from(2);

	(void)state;
	assert_closed(c);
	send_all(a, query, query_len);
	assert_answer(a);
	send_all(other, query, query_len);
	assert_answer(other);
	/* One that ends makes room. */
	close(b);
	while (all.count > 2) {
		turn();
	}
	c = connect_from(1);
	send_all(c, query, query_len);
	assert_answer(c);
	close(a);
	close(c);
	close(other);
}

static void test_in_a_full_house_the_longest_silent_makes_room(void **state)
{
	limits.clients = 3;
	int a = connect_from(1), b = connect_from(2), c = connect_from(3);

	(void)state;
	send_all(a, query, query_len);
	assert_answer(a);
	int d = connect_from(4);

	assert_closed(b);
	send_all(d, query, query_len);
	assert_answer(d);
	send_all(a, query, query_len);
	assert_answer(a);
	close(a);
	close(c);
	close(d);
}

static void test_shedding_closes_the_longest_silent(void **state)
{
	int a = connect_from(1), b = connect_from(2);

	(void)state;
	send_all(a, query, query_len);
	assert_answer(a);
	connections_shed(&all);
	assert_closed(b);
	assert_int_equal(all.count, 1);
	connections_shed(&all);
	assert_closed(a);
	connections_shed(&all);
	assert_int_equal(all.count, 0);
}

static void test_finish_answers_what_has_arrived(void **state)
{
	int silent = connect_from(1), partial = connect_from(2), asked = connect_from(3);

	(void)state;
	send_all(partial, query, 5);
	turn();
	send_all(asked, query, query_len);
	send_all(asked, query, query_len);
	connections_finish(&all);
	assert_closed(silent);
	assert_closed(partial);
	assert_answer(asked);
	assert_answer(asked);
	assert_closed(asked);
	assert_int_equal(all.count, 0);
}

static int open_served(void **state)
{
	(void)state;
	connected_open(config);
	served_list(&served, "192.0.2.1", "relay", NULL);
	query_len = 2 + packet_ask(query + 2, "1.2.0.192.dnsbl.example.org", TYPE_A);
	query[1] = (uint8_t)(query_len - 2);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_query_is_answered_and_the_connection_stays),
		TEST(test_queries_in_one_write_are_all_answered),
		TEST(test_a_query_may_come_octet_by_octet),
		TEST(test_what_is_no_query_closes),
		TEST(test_what_came_before_it_is_answered),
		TEST(test_half_closed_is_answered_then_closed),
		TEST(test_a_client_that_does_not_read_is_not_read_either),
		TEST(test_a_message_that_stays_partial_is_closed),
		TEST(test_octets_that_trickle_in_do_not_move_the_deadline),
		TEST(test_a_silent_connection_is_closed),
		TEST(test_one_client_has_only_so_many),
		TEST(test_in_a_full_house_the_longest_silent_makes_room),
		TEST(test_shedding_closes_the_longest_silent),
		TEST(test_finish_answers_what_has_arrived),
	};

	return cmocka_run_group_tests(tests, open_served, connected_close);
}
