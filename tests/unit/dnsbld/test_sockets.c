/*
 * test_sockets.c: what is bound, and that nobody else can be there too.
 */
#include "sockets.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static struct config *config_of(const char *listen, unsigned workers)
{
	struct config *config;
	char text[512];

	snprintf(text, sizeof text,
		 "database = \"db\"\nlisten = { %s }\nworkers = %u\n"
		 "sublist relay { code = 2 text = \"x\" }\n"
		 "zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" } ttl = 300\n"
		 "  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\"\n"
		 "    refresh = 600 retry = 300 expire = 86400 minimum = 60 } }\n",
		 listen, workers);
	if (config_parse(text, "/tmp/dnsbld.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	return config;
}

/* A port at which nobody is, for both protocols, at this moment. */
static unsigned free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(tcp, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(tcp, (struct sockaddr *)&at, &len), 0);
	close(tcp);
	return ntohs(at.sin_port);
}

static struct config *config_at(const char *address, unsigned port, unsigned workers)
{
	char listen[128];

	snprintf(listen, sizeof listen, "\"%s:%u\"", address, port);
	return config_of(listen, workers);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void test_a_second_server_finds_the_address_in_use(void **state)
{
	struct config *config = config_at("127.0.0.1", free_port(), 2);
	struct sockets first, second;

	(void)state;
	assert_int_equal(sockets_open(&first, config), ST_OK);
	assert_int_equal(sockets_open(&second, config), ST_AGAIN);
	assert_non_null(strstr(fail_text(), "is in use"));
	/* Gone, it can be had at once: no TIME_WAIT, no leak of the failed attempt. */
	sockets_release(&first);
	assert_int_equal(sockets_open(&second, config), ST_OK);
	sockets_release(&second);
	config_free(config);
}

/* Somebody with SO_REUSEPORT of the same user would be let in by a socket that has it too. */
static void test_a_socket_that_shares_its_port_keeps_us_out(void **state)
{
	unsigned port = free_port();
	struct config *config = config_at("127.0.0.1", port, 1);
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, other = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockets sockets;

	(void)state;
	assert_int_equal(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
	assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(sockets_open(&sockets, config), ST_AGAIN);
	close(other);
	config_free(config);
}

/* Every worker's socket gets some of the clients, the one that was bound alone too. */
static void test_clients_are_spread_over_all_workers(void **state)
{
	enum { WORKERS = 4, CLIENTS = 400 };
	unsigned port = free_port();
	struct config *config = config_at("127.0.0.1", port, WORKERS);
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockets sockets;
	int total = 0;

	(void)state;
	assert_int_equal(sockets_open(&sockets, config), ST_OK);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof at), 1);
		close(fd);
	}
	for (int i = 0; i < WORKERS; i++) {
		char octet;
		int got = 0;

		while (recv(sockets.endpoint[0].udp[i], &octet, 1, MSG_DONTWAIT) == 1) {
			got++;
		}
		/* 100 are expected, with a deviation of 9. */
		assert_in_range(got, 30, 200);
		total += got;
	}
	assert_int_equal(total, CLIENTS);
	sockets_release(&sockets);
	config_free(config);
}

static bool has_ipv6(void)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;

	if (fd >= 0) {
		close(fd);
	}
	return has;
}

static void test_both_families_at_any_address_on_one_port(void **state)
{
	if (!has_ipv6()) {
		skip();
	}
	unsigned port = free_port();
	char listen[128];
	struct sockets sockets;

	(void)state;
	snprintf(listen, sizeof listen, "\"0.0.0.0:%u\", \"[::]:%u\"", port, port);
	struct config *config = config_of(listen, 1);

	assert_int_equal(sockets_open(&sockets, config), ST_OK);
	assert_true(sockets.endpoint[0].wildcard);
	assert_int_equal(option(sockets.endpoint[0].udp[0], IPPROTO_IP, IP_PKTINFO), 1);
	assert_int_equal(option(sockets.endpoint[1].udp[0], IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
	assert_int_equal(option(sockets.endpoint[1].udp[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	sockets_release(&sockets);
	config_free(config);
}

static void test_only_wildcards_pay_for_the_address_asked(void **state)
{
	struct config *config = config_at("127.0.0.1", free_port(), 1);
	struct sockets sockets;

	(void)state;
	assert_int_equal(sockets_open(&sockets, config), ST_OK);
	assert_false(sockets.endpoint[0].wildcard);
	assert_int_equal(option(sockets.endpoint[0].udp[0], IPPROTO_IP, IP_PKTINFO), 0);
	sockets_release(&sockets);
	config_free(config);
}

static void test_every_udp_socket_has_the_receive_buffer_that_was_asked_for(void **state)
{
	struct config *config = config_at("127.0.0.1", free_port(), 3);
	struct sockets sockets;

	(void)state;
	/* Anybody may have these: net.core.rmem_max is 208 KiB at least, unless made smaller. */
	config->receive_buffer = 48 << 10;
	assert_int_equal(sockets_open(&sockets, config), ST_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(option(sockets.endpoint[0].udp[i], SOL_SOCKET, SO_RCVBUF),
				 2 * (48 << 10));
	}
	sockets_size(&sockets, 32 << 10);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(option(sockets.endpoint[0].udp[i], SOL_SOCKET, SO_RCVBUF),
				 2 * (32 << 10));
	}
	sockets_release(&sockets);
	config_free(config);
}

static void test_an_address_of_another_machine_is_the_configs_fault(void **state)
{
	struct config *config = config_at("192.0.2.1", 5353, 1);
	struct sockets sockets;

	(void)state;
	assert_int_equal(sockets_open(&sockets, config), ST_CONFIG);
	assert_non_null(strstr(fail_text(), "no such address"));
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_second_server_finds_the_address_in_use),
		cmocka_unit_test(test_a_socket_that_shares_its_port_keeps_us_out),
		cmocka_unit_test(test_clients_are_spread_over_all_workers),
		cmocka_unit_test(test_both_families_at_any_address_on_one_port),
		cmocka_unit_test(test_only_wildcards_pay_for_the_address_asked),
		cmocka_unit_test(test_every_udp_socket_has_the_receive_buffer_that_was_asked_for),
		cmocka_unit_test(test_an_address_of_another_machine_is_the_configs_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
