/*
 * test_transfer_out.c: transfers over connections: as their clients take them, beside others, cut
 * off and finished.
 */
#include "transfer_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#include "connected.h"

enum {
	/* More than the buffers of the kernel and of a connection have room for. */
	LISTED = 20000,
	/* A socket pair's buffer holds about 200 kB, ours 64 KiB and a message. */
	BUFFERED_MOST = 500000,
};

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" } ttl = 300\n"
	"  transfer { allow = { \"192.0.2.0/24\" } }\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

static uint8_t query[2 + 64], axfr[2 + 64]; /* their length before them */
static size_t query_len, axfr_len;
static uint8_t message[65535];
static uint64_t zone_records, zone_octets; /* of a whole transfer */

static uint64_t counted(enum counter counter)
{
	return counter_read(&served.counters.process[0].event[counter]);
}

/* Reads one message. Returns its length. */
static size_t receive_message(int fd)
{
	uint8_t head[2];

	assert_int_equal(receive(fd, head, 2), 2);
	size_t len = peek_u16(head);

	assert_in_range(len, 12, sizeof message);
	assert_int_equal(receive(fd, message, len), len);
	return len;
}

static void assert_transfer(int fd)
{
	uint64_t records = 0;

	while (records < zone_records) {
		receive_message(fd);
		assert_memory_equal(message, axfr + 2, 2);
		records += peek_u16(message + 6);
	}
	assert_int_equal(records, zone_records);
}

static void send_query(int fd)
{
	send_all(fd, query, query_len);
}

static void assert_answer(int fd)
{
	receive_message(fd);
	assert_memory_equal(message, query + 2, 2);
	assert_int_equal(peek_u16(message + 6), 1);
}

/* The server goes on as far as it can. */
static void until_stuck(void)
{
	uint64_t octets;

	do {
		octets = counted(COUNTER_TRANSFER_OCTETS);
		for (int i = 0; i < 100; i++) {
			turn();
		}
	} while (counted(COUNTER_TRANSFER_OCTETS) > octets);
}

/* A client at 192.0.2.`host` that has asked for the zone and has read nothing of it yet. */
static int transfer_to(unsigned host)
{
	int fd = connect_from(host);
	unsigned running = all.transfers.running;

	send_all(fd, axfr, axfr_len);
	until_stuck();
	assert_int_equal(all.transfers.running, running + 1);
	return fd;
}

static void test_what_is_asked_behind_a_transfer_waits_for_it(void **state)
{
	int fd = connect_from(1);

	(void)state;
	send_query(fd);
	send_all(fd, axfr, axfr_len);
	send_query(fd);
	send_all(fd, axfr, axfr_len);
	send_query(fd);
	assert_answer(fd);
	assert_transfer(fd);
	assert_answer(fd);
	assert_transfer(fd);
	assert_answer(fd);
	assert_int_equal(all.transfers.running, 0);
	close(fd);
}

static void test_no_more_is_made_than_the_client_takes(void **state)
{
	uint64_t before = counted(COUNTER_TRANSFER_OCTETS);
	int fd = transfer_to(1);

	(void)state;
	assert_true(zone_octets > 2 * (uint64_t)BUFFERED_MOST);
	assert_true(counted(COUNTER_TRANSFER_OCTETS) - before < BUFFERED_MOST);
	assert_transfer(fd);
	assert_int_equal(counted(COUNTER_TRANSFER_OCTETS) - before, zone_octets);
	close(fd);
}

static void test_others_are_served_meanwhile(void **state)
{
	int slow = transfer_to(1), also = transfer_to(1), other = connect_from(2);

	(void)state;
	send_query(other);
	assert_answer(other);
	close(other);
	other = connect_from(3);
	send_all(other, axfr, axfr_len);
	assert_transfer(other);
	assert_transfer(also);
	assert_transfer(slow);
	close(other);
	close(also);
	close(slow);
}

static void test_half_closed_gets_all_and_then_the_end(void **state)
{
	int fd = connect_from(1);

	(void)state;
	send_all(fd, axfr, axfr_len);
	send_query(fd);
	shutdown(fd, SHUT_WR);
	assert_transfer(fd);
	assert_answer(fd);
	assert_closed(fd);
}

static void test_who_goes_away_ends_the_transfer(void **state)
{
	uint64_t cut = counted(COUNTER_TRANSFER_CUT), full = counted(COUNTER_TRANSFER_FULL);
	double deadline = now_s() + 10;
	int fd = transfer_to(1);

	(void)state;
	receive_message(fd);
	close(fd);
	while (all.count > 0) {
		assert_true(now_s() < deadline);
		turn();
	}
	assert_int_equal(all.transfers.running, 0);
	assert_int_equal(counted(COUNTER_TRANSFER_CUT), cut + 1);
	assert_int_equal(counted(COUNTER_TRANSFER_FULL), full);
}

/* And what it has to show for it is not the whole zone. */
static void test_who_takes_nothing_is_cut_off(void **state)
{
	uint64_t cut = counted(COUNTER_TRANSFER_CUT), unread = counted(COUNTER_TCP_UNREAD);
	double deadline = now_s() + 10;
	uint64_t got = 0;
	ssize_t n;

	(void)state;
	limits.idle_ms = 20;
	int fd = transfer_to(1);

	while (all.count > 0) {
		assert_true(now_s() < deadline);
		turn();
	}
	assert_int_equal(counted(COUNTER_TRANSFER_CUT), cut + 1);
	assert_int_equal(counted(COUNTER_TCP_UNREAD), unread + 1);
	while ((n = read(fd, message, sizeof message)) > 0) {
		got += (uint64_t)n;
	}
	assert_true(got < BUFFERED_MOST);
	close(fd);
}

/*
 * It takes 45 kB in the time that one who takes nothing has. The kernel wants more only when most
 * of 64 KiB are gone, which takes longer than that; and it says of 32 KiB at a time that they are.
 */
static void test_who_takes_little_at_a_time_is_not_cut_off(void **state)
{
	enum { IDLE_MS = 100, OCTETS_A_MS = 450, WHOLE_MS = 10 * IDLE_MS };
	uint64_t cut = counted(COUNTER_TRANSFER_CUT), got = 0;
	double begun = now_s(), ms = 0;

	(void)state;
	limits.idle_ms = IDLE_MS;
	int fd = transfer_to(1);

	while (ms < WHOLE_MS) {
		ms = (now_s() - begun) * 1000;
		uint64_t due = (uint64_t)(ms * OCTETS_A_MS) - got;
		size_t size = due < sizeof message ? (size_t)due : sizeof message;
		ssize_t n = read(fd, message, size);

		got += n > 0 ? (uint64_t)n : 0;
		turn();
	}
	assert_int_equal(counted(COUNTER_TRANSFER_CUT), cut);
	assert_int_equal(all.transfers.running, 1);
	close(fd);
}

static void test_finish_sends_what_has_begun(void **state)
{
	int fd = transfer_to(1);

	(void)state;
	connections_finish(&all);
	assert_transfer(fd);
	assert_closed(fd);
	assert_int_equal(all.count, 0);
}

static void test_at_the_end_what_is_not_sent_is_cut_off(void **state)
{
	uint64_t cut = counted(COUNTER_TRANSFER_CUT);
	int fd = transfer_to(1);

	(void)state;
	connections_release(&all);
	assert_int_equal(all.transfers.running, 0);
	assert_int_equal(counted(COUNTER_TRANSFER_CUT), cut + 1);
	close(fd);
	connected_begin(NULL);
}

/* What a transfer is when nothing stands between. */
static void measure(void)
{
	connected_begin(NULL);
	const struct client client = {.tcp = true, .family = 4, .addr = 0xc0000201};

	worker_begin(&served.worker);
	size_t len =
		respond(&served.worker, &client, axfr + 2, axfr_len - 2, message, sizeof message);
	worker_end(&served.worker);
	struct outgoing *o = transfers_take(&all.transfers);

	assert_non_null(o);
	for (; len > 0; len = outgoing_next(o, message, REPLY_TCP)) {
		zone_records += peek_u16(message + 6);
		zone_octets += len;
	}
	outgoing_end(o, true);
	connections_release(&all);
}

static int setup(void **state)
{
	struct store *store;

	(void)state;
	connected_open(config);
	struct change *change = served_begin(&served, &store);

	served_add(change, "192.0.2.1", "relay", NULL);
	for (unsigned i = 0; i < LISTED; i++) {
		char address[40];

		snprintf(address, sizeof address, "198.51.%u.%u", i / 200, i % 200);
		served_add(change, address, "relay", NULL);
	}
	served_commit(change, store);
	query_len = 2 + packet_ask(query + 2, "1.2.0.192.dnsbl.example.org", TYPE_A);
	query[1] = (uint8_t)(query_len - 2);
	query[2] = 0x43; /* another ID than the transfer's */
	axfr_len = 2 + packet_ask(axfr + 2, "dnsbl.example.org", TYPE_AXFR);
	axfr[1] = (uint8_t)(axfr_len - 2);
	measure();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_asked_behind_a_transfer_waits_for_it),
		TEST(test_no_more_is_made_than_the_client_takes),
		TEST(test_others_are_served_meanwhile),
		TEST(test_half_closed_gets_all_and_then_the_end),
		TEST(test_who_goes_away_ends_the_transfer),
		TEST(test_who_takes_nothing_is_cut_off),
		TEST(test_who_takes_little_at_a_time_is_not_cut_off),
		TEST(test_finish_sends_what_has_begun),
		TEST(test_at_the_end_what_is_not_sent_is_cut_off),
	};

	return cmocka_run_group_tests(tests, setup, connected_close);
}
