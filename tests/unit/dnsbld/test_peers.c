/*
 * test_peers.c: connections counted by client, held against a plain count of all of them.
 */
#include "peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static struct peers peers;

static struct client client_at(unsigned family, addr_t addr)
{
	return (struct client){.tcp = true, .family = (uint8_t)family, .addr = addr};
}

static struct peer *join(unsigned family, addr_t addr, unsigned most)
{
	const struct client client = client_at(family, addr);

	return peers_join(&peers, &client, most);
}

static void test_a_client_has_only_so_many_and_a_place_left_is_free(void **state)
{
	(void)state;
	struct peer *a = join(4, 0xc0000201, 2), *b = join(4, 0xc0000201, 2);

	assert_non_null(a);
	assert_ptr_equal(a, b);
	assert_null(join(4, 0xc0000201, 2));
	assert_null(join(4, 0xc0000201, 1));
	struct peer *other = join(4, 0xc0000202, 2);

	assert_non_null(other);
	peers_leave(&peers, a);
	assert_non_null(join(4, 0xc0000201, 2));
	peers_leave(&peers, other);
	peers_leave(&peers, a);
	peers_leave(&peers, a);
	assert_null(peers.tree);
}

static void test_ipv6_counts_by_64_and_apart_from_ipv4(void **state)
{
	const addr_t net = (addr_t)0x20010db8 << 96;

	(void)state;
	struct peer *a = join(6, net | 1, 1), *v4 = join(4, 0x20010db8, 1);

	assert_null(join(6, net | UINT64_MAX, 1));
	struct peer *next = join(6, net + ((addr_t)1 << 64), 1);

	assert_non_null(next);
	/* The same number in both families. */
	struct peer *v6 = join(6, (addr_t)0x20010db8 << 64, 1);

	assert_non_null(v6);
	peers_leave(&peers, a);
	peers_leave(&peers, v4);
	peers_leave(&peers, next);
	peers_leave(&peers, v6);
	assert_null(peers.tree);
}

static uint64_t random_next(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d >> 16;
}

static void test_random_clients_are_counted_as_they_come_and_go(void **state)
{
	enum { CLIENTS = 3000, MOST = 5, STEPS = 300000 };
	static unsigned open[CLIENTS];
	static struct peer *of[CLIENTS];
	unsigned refused = 0, forgotten = 0;

	(void)state;
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned which = (unsigned)(random_next() % CLIENTS);

		if (random_next() % 3 > 0) {
			struct peer *peer = join(4, which * 2654435761U, MOST);

			assert_int_equal(peer == NULL, open[which] == MOST);
			refused += peer == NULL;
			if (peer) {
				of[which] = peer;
				open[which]++;
				assert_int_equal(peer->connections, open[which]);
			}
		} else if (open[which] > 0) {
			peers_leave(&peers, of[which]);
			open[which]--;
			forgotten += open[which] == 0;
		}
	}
	assert_true(refused > 1000);
	assert_true(forgotten > 1000);
	for (unsigned i = 0; i < CLIENTS; i++) {
		for (; open[i] > 0; open[i]--) {
			peers_leave(&peers, of[i]);
		}
	}
	assert_null(peers.tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_has_only_so_many_and_a_place_left_is_free),
		cmocka_unit_test(test_ipv6_counts_by_64_and_apart_from_ipv4),
		cmocka_unit_test(test_random_clients_are_counted_as_they_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
