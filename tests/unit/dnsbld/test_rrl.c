/*
 * test_rrl.c: who is answered how often, by a clock that the test turns.
 */
#include "rrl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SECOND UINT64_C(250000000) /* in ticks of 4 ns */
#define WRAP   (UINT64_C(1) << 44)

enum { RATE = 200, NETWORK = 32 * RATE, PROVIDER = 256 * RATE };

static struct rrl_config config = {.given = true, .rate = RATE, .slip = 1};

static struct rrl rrl_at(uint64_t now)
{
	struct rrl_table *table;
	struct rrl rrl;

	assert_int_equal(rrl_map(&table), ST_OK);
	rrl_init(&rrl, table, &config);
	rrl.now = now;
	return rrl;
}

static struct client client_at(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), ST_OK);
	return (struct client){.family = p.family, .addr = p.addr};
}

/* How many of so many questions at once are answered. */
static unsigned take(struct rrl *rrl, struct client client, unsigned questions)
{
	unsigned answered = 0;

	for (unsigned i = 0; i < questions; i++) {
		answered += rrl_take(rrl, &client) == RRL_ANSWER;
	}
	return answered;
}

static unsigned take_text(struct rrl *rrl, const char *client, unsigned questions)
{
	return take(rrl, client_at(client), questions);
}

static void assert_near(unsigned found, unsigned wanted)
{
	if (found < wanted - wanted / 50 || found > wanted + wanted / 50) {
		fail_msg("%u, and it should be about %u", found, wanted);
	}
}

static void test_a_client_gets_its_rate_and_no_more(void **state)
{
	/* Also while the ticks pass 2^44. */
	const uint64_t starts[] = {0, 12345 * SECOND, WRAP - 5 * SECOND};

	(void)state;
	for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
		struct rrl rrl = rrl_at(starts[s]);
		unsigned answered = 0;

		/* From rest, a second's at once. */
		assert_int_equal(take_text(&rrl, "192.0.2.1", 10000), RATE);
		for (unsigned ms = 0; ms < 10000; ms++) {
			rrl.now += SECOND / 1000;
			answered += take_text(&rrl, "192.0.2.1", 3);
		}
		assert_near(answered, 10 * RATE);
		/* After a second's rest it is as in the beginning. */
		rrl.now += SECOND;
		assert_int_equal(take_text(&rrl, "192.0.2.1", 10000), RATE);
		rrl_unmap(rrl.table);
	}
}

static void test_below_its_rate_a_client_is_never_limited(void **state)
{
	struct rrl rrl = rrl_at(WRAP - 30 * SECOND);

	(void)state;
	for (unsigned i = 0; i < 60 * RATE; i++) {
		assert_int_equal(take_text(&rrl, "192.0.2.1", 1), 1);
		rrl.now += SECOND / RATE;
	}
	/* And in waves, as mail comes. */
	for (unsigned i = 0; i < 60; i++) {
		assert_int_equal(take_text(&rrl, "192.0.2.1", RATE), RATE);
		rrl.now += SECOND;
	}
	rrl_unmap(rrl.table);
}

static void test_neighbours_are_not_punished(void **state)
{
	struct rrl rrl = rrl_at(SECOND);

	(void)state;
	take_text(&rrl, "192.0.2.1", 100000);
	take_text(&rrl, "2001:db8::1", 100000);
	assert_int_equal(take_text(&rrl, "192.0.2.2", 10000), RATE);
	assert_int_equal(take_text(&rrl, "2001:db8:0:1::1", 10000), RATE);
	/* A /64 is one client. */
	assert_int_equal(take_text(&rrl, "2001:db8::2", 10000), 0);
	/* IPv4 and IPv6 have nothing to do with each other. */
	assert_int_equal(take_text(&rrl, "::c000:201", 10000), RATE);
	rrl_unmap(rrl.table);
}

static void test_a_network_has_a_bound_as_well(void **state)
{
	struct rrl rrl = rrl_at(SECOND);
	struct client v4 = client_at("192.0.2.0"), v6 = client_at("2001:db8::");
	unsigned answered4 = 0, answered6 = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		answered4 += take(&rrl, v4, 2 * RATE);
		answered6 += take(&rrl, v6, 2 * RATE);
		v4.addr++;
		v6.addr += (addr_t)1 << 64;
	}
	assert_near(answered4, NETWORK);
	assert_near(answered6, NETWORK);
	/* The next one is another. */
	assert_int_equal(take_text(&rrl, "192.0.3.0", 10000), RATE);
	assert_int_equal(take_text(&rrl, "2001:db8:1::", 10000), RATE);
	rrl_unmap(rrl.table);
}

static void test_a_part_of_a_provider_has_a_bound_as_well(void **state)
{
	struct rrl rrl = rrl_at(SECOND);
	struct client v4 = client_at("198.51.0.0"), v6 = client_at("2001:db8::");
	unsigned answered4 = 0, answered6 = 0;

	(void)state;
	for (unsigned i = 0; i < 4096; i++) {
		answered4 += take(&rrl, v4, 2 * RATE);
		answered6 += take(&rrl, v6, 2 * RATE);
		v4.addr += 4;
		v6.addr += (addr_t)1 << 76; /* to each /48, sixteen of its /64 */
	}
	assert_near(answered4, PROVIDER);
	assert_near(answered6, PROVIDER);
	assert_int_equal(take_text(&rrl, "198.51.64.0", 10000), RATE);
	assert_int_equal(take_text(&rrl, "2001:db9::", 10000), RATE);
	rrl_unmap(rrl.table);
}

static void test_who_is_limited_gets_each_slipth_answer_short(void **state)
{
	(void)state;
	for (unsigned slip = 0; slip < 5; slip++) {
		const struct rrl_config slips = {.given = true, .rate = 1, .slip = slip};
		const struct client client = client_at("192.0.2.1");
		unsigned got[3] = {0};
		struct rrl rrl = rrl_at(SECOND);

		rrl_init(&rrl, rrl.table, &slips);
		rrl.now = SECOND;
		for (unsigned i = 0; i < 61; i++) {
			got[rrl_take(&rrl, &client)]++;
		}
		assert_int_equal(got[RRL_ANSWER], 1);
		assert_int_equal(got[RRL_SHORT], slip > 0 ? 60 / slip : 0);
		assert_int_equal(got[RRL_DROP], 60 - got[RRL_SHORT]);
		rrl_unmap(rrl.table);
	}
}

static void test_who_is_exempt_is_neither_limited_nor_counted(void **state)
{
	struct prefix exempt[] = {{0xc0000200, 4, 25},
				  {(addr_t)0x20010db8 << 96, 6, 33},
				  {0xcb007107, 4, 32}};
	const struct rrl_config exempting = {true, RATE, 1, exempt, 3};
	struct rrl rrl = rrl_at(SECOND);

	(void)state;
	rrl_init(&rrl, rrl.table, &exempting);
	assert_int_equal(take_text(&rrl, "192.0.2.127", 50000), 50000);
	assert_int_equal(take_text(&rrl, "203.0.113.7", 50000), 50000);
	assert_int_equal(take_text(&rrl, "2001:db8:7fff::1", 50000), 50000);
	/* Their networks owe nothing for them. */
	assert_int_equal(take_text(&rrl, "192.0.2.128", 50000), RATE);
	assert_int_equal(take_text(&rrl, "203.0.113.8", 50000), RATE);
	assert_int_equal(take_text(&rrl, "2001:db8:8000::1", 50000), RATE);
	rrl_unmap(rrl.table);
}

static void test_a_new_config_counts_at_once_and_forgets_no_debt(void **state)
{
	const struct rrl_config more = {.given = true, .rate = 10 * RATE, .slip = 1};
	const struct rrl_config none = {.given = false};
	struct rrl rrl = rrl_at(SECOND), next;

	(void)state;
	take_text(&rrl, "192.0.2.1", 10000);
	rrl_init(&next, rrl.table, &more);
	next.now = SECOND;
	assert_int_equal(take_text(&next, "192.0.2.1", 10000), 0);
	next.now += SECOND / 2;
	assert_near(take_text(&next, "192.0.2.1", 10000), 5 * RATE);
	rrl_init(&next, rrl.table, &none);
	assert_null(next.table);
	rrl_unmap(rrl.table);
}

/* Whatever the keys are: the entries of clients in a row, or of each so-manieth, have room. */
static void test_no_stride_of_addresses_falls_into_a_few_lines(void **state)
{
	enum { CLIENTS = 32, TABLES = 100 };

	(void)state;
	for (unsigned i = 0; i < TABLES; i++) {
		struct rrl rrl = rrl_at(SECOND);

		for (unsigned shift = 0; shift < 27; shift++) {
			unsigned answered4 = 0, answered6 = 0;

			for (unsigned k = 0; k < 2 * RATE * CLIENTS; k++) {
				addr_t number = k % CLIENTS;
				const struct client v4 = {.family = 4, .addr = number << shift};
				const struct client v6 = {.family = 6,
							  .addr = number << (64 + shift)};

				answered4 += rrl_take(&rrl, &v4) == RRL_ANSWER;
				answered6 += rrl_take(&rrl, &v6) == RRL_ANSWER;
			}
			assert_int_equal(answered4, CLIENTS * RATE);
			assert_int_equal(answered6, CLIENTS * RATE);
			rrl.now += 2 * SECOND;
		}
		rrl_unmap(rrl.table);
	}
}

/* The clock stands still, so all together get one second's. */
static void test_all_processes_count_together(void **state)
{
	enum { PROCESSES = 4, CLIENTS = 64 };
	struct rrl rrl = rrl_at(SECOND);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (unsigned i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			struct client client = client_at("192.0.2.0");
			unsigned answered = 0;

			for (unsigned k = 0; k < 4 * RATE * CLIENTS; k++) {
				client.addr = 0xc0000200 + k % CLIENTS * 0x10000;
				answered += rrl_take(&rrl, &client) == RRL_ANSWER;
			}
			_exit(write(ends[1], &answered, sizeof answered) != sizeof answered);
		}
	}
	unsigned sum = 0;

	for (unsigned i = 0; i < PROCESSES; i++) {
		unsigned answered;
		int how;

		assert_int_equal(read(ends[0], &answered, sizeof answered), sizeof answered);
		assert_true(wait(&how) > 0 && how == 0);
		sum += answered;
	}
	assert_near(sum, CLIENTS * RATE);
	rrl_unmap(rrl.table);
}

static uint64_t random_next(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d;
}

/*
 * A million forged questions a second for ten seconds. Between them three clients ask: one half of
 * its rate, one that begins anew each time, and one that floods.
 */
static void flood(unsigned rate, unsigned most)
{
	enum { FORGED = 10000000, A_SECOND = 1000000 };
	const struct rrl_config flooded = {.given = true, .rate = rate, .slip = 1};
	const struct client steady = client_at("192.0.2.1"), flooder = client_at("198.51.100.1");
	struct client fresh = client_at("203.0.113.1");
	struct rrl rrl = rrl_at(SECOND);
	unsigned limited = 0, limited_fresh = 0, answered = 0, asked = 0;
	struct timespec begin, end;

	rrl_init(&rrl, rrl.table, &flooded);
	rrl.now = SECOND;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned i = 0; i < FORGED; i++) {
		struct client forged = {.family = 4, .addr = (uint32_t)(random_next() >> 32)};

		rrl.now += SECOND / A_SECOND;
		rrl_take(&rrl, &forged);
		if (i % (2 * A_SECOND / rate) == 0) {
			limited += rrl_take(&rrl, &steady) != RRL_ANSWER;
			fresh.addr += 1 << 14;
			limited_fresh += rrl_take(&rrl, &fresh) != RRL_ANSWER;
		}
		if (i % 100 == 0) {
			asked++;
			answered += rrl_take(&rrl, &flooder) == RRL_ANSWER;
		}
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	print_message("rate %u: the flooder asked %u and got %u; %.0f ns a question\n", rate, asked,
		      answered,
		      ((double)(end.tv_sec - begin.tv_sec) * 1e9 +
		       (double)(end.tv_nsec - begin.tv_nsec)) /
			      FORGED);
	assert_int_equal(limited, 0);
	assert_int_equal(limited_fresh, 0);
	assert_true(answered >= 10 * rate);
	assert_true(answered <= most);
	rrl_unmap(rrl.table);
}

static void test_a_flood_from_forged_addresses_changes_nothing_for_others(void **state)
{
	(void)state;
	flood(RATE, 11 * RATE + RATE / 10);
	/* Even where each forged address is in debt for a second, and lines overflow. */
	flood(1, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_gets_its_rate_and_no_more),
		cmocka_unit_test(test_below_its_rate_a_client_is_never_limited),
		cmocka_unit_test(test_neighbours_are_not_punished),
		cmocka_unit_test(test_a_network_has_a_bound_as_well),
		cmocka_unit_test(test_a_part_of_a_provider_has_a_bound_as_well),
		cmocka_unit_test(test_who_is_limited_gets_each_slipth_answer_short),
		cmocka_unit_test(test_who_is_exempt_is_neither_limited_nor_counted),
		cmocka_unit_test(test_a_new_config_counts_at_once_and_forgets_no_debt),
		cmocka_unit_test(test_no_stride_of_addresses_falls_into_a_few_lines),
		cmocka_unit_test(test_all_processes_count_together),
		cmocka_unit_test(test_a_flood_from_forged_addresses_changes_nothing_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
