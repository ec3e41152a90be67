/*
 * connected.h: clients of TCP connections over socket pairs, in one loop with the server's side.
 * The loop runs until a condition holds or a deadline has passed; nothing waits a fixed time.
 *
 * After cmocka.h, whose asserts it uses.
 */
#ifndef DNSBLD_TEST_CONNECTED_H
#define DNSBLD_TEST_CONNECTED_H

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dnsbld/connection.h"
#include "served.h"

static struct served served;
static struct event_base *base;
static struct connections all;
static struct tcp_config limits;

/* A client at 192.0.2.`host`. Returns its end of the connection. */
static int connect_from(unsigned host)
{
	struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0xc0000200 + host),
	};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	connections_add(&all, pair[0], (struct sockaddr *)&peer);
	return pair[1];
}

static void turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the client can read until it has `wanted` octets; fewer where the connection ends. */
static size_t receive(int fd, uint8_t *to, size_t wanted)
{
	double deadline = now_s() + 10;
	size_t have = 0;

	while (have < wanted) {
		ssize_t n = read(fd, to + have, wanted - have);

		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			break;
		}
		have += n > 0 ? (size_t)n : 0;
		if (n < 0) {
			assert_true(now_s() < deadline);
			turn();
		}
	}
	return have;
}

static void assert_closed(int fd)
{
	uint8_t octet;

	assert_int_equal(receive(fd, &octet, 1), 0);
	close(fd);
}

static void send_all(int fd, const void *data, size_t len)
{
	double deadline = now_s() + 10;
	size_t sent = 0;

	while (sent < len) {
		ssize_t n = write(fd, (const uint8_t *)data + sent, len - sent);

		assert_true(n >= 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		if (n < 0) {
			assert_true(now_s() < deadline);
			turn();
		}
	}
}

/* Before each test and after it. */
static int connected_begin(void **state)
{
	(void)state;
	limits = (struct tcp_config){
		.clients = 100,
		.per_client = 20,
		.idle_ms = 10000,
		.partial_ms = 10000,
		.transfers = 10,
	};
	connections_init(&all, base, &served.worker, &limits);
	return 0;
}

static int connected_end(void **state)
{
	(void)state;
	connections_release(&all);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, connected_begin, connected_end)

static void connected_open(const char *config)
{
	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	assert_non_null(base);
	served_open(&served, config);
}

static int connected_close(void **state)
{
	(void)state;
	served_close(&served);
	event_base_free(base);
	return 0;
}

#endif
