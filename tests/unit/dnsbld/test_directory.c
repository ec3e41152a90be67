/*
 * test_directory.c: after any commit, a worker's copies answer as the database does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "changed.h"
#include "index.h"
#include "served.h"
#include "state.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char config[] = "sublist relay { code = 2 text = \"relay\" }\n"
			     "sublist hijacked { code = 4 text = \"hijacked\" }\n"
			     "zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" }\n"
			     "  soa { mname = \"ns1.example.net\" rname = \"h.example.org\" } }\n";

enum {
	PLACES = 40, /* /16s that are changed; few, so that each is met again and again */
	FIRST = 0x0b000000,
};

static uint64_t random_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x * 0x2545f4914f6cdd1d >> 16;
}

static addr_t random_address(uint64_t *seed)
{
	return FIRST + (addr_t)(random_next(seed) % PLACES << 16 | (random_next(seed) & 0x3ff));
}

/* In one commit, so many prefixes come or go: each is toggled. */
static void change_some(struct served *s, uint64_t *seed, unsigned count, unsigned shortest)
{
	struct store *store;
	struct change *change = served_begin(s, &store);
	uint16_t sublist[] = {change_sublist(change, "relay"), change_sublist(change, "hijacked")};
	uint32_t source = change_source(change, "test");

	for (unsigned i = 0; i < count; i++) {
		unsigned len = shortest + (unsigned)(random_next(seed) % (33 - shortest));
		struct claim_add add = {
			.prefix = prefix_of(4, random_address(seed), len),
			.sublist = sublist[random_next(seed) & 1],
			.source = source,
		};

		if (!change_remove(change, &add.prefix, add.sublist, source)) {
			assert_int_equal(change_add(change, &add), CLAIM_ADDED);
		}
	}
	served_commit(change, store);
}

static void assert_same(struct served *s, addr_t addr)
{
	uint32_t id = 0, wanted = index_find(s->worker.txn, 4, addr);

	assert_true(worker_find(&s->worker, 4, addr, &id));
	if (id != wanted) {
		char text[ADDR_TEXT];

		addr_format(4, addr, text);
		fail_msg("%s: answer %u, and %u in the database", text, id, wanted);
	}
}

/* All places, in two addresses each and wherever chance wants. */
static void assert_follows(struct served *s, uint64_t *seed)
{
	worker_begin(&s->worker);
	for (unsigned i = 0; i < PLACES; i++) {
		assert_same(s, FIRST + ((addr_t)i << 16));
		assert_same(s, FIRST + ((addr_t)i << 16 | (random_next(seed) & 0x3ff)));
	}
	for (unsigned i = 0; i < 200; i++) {
		assert_same(s, random_address(seed));
	}
	worker_end(&s->worker);
}

static void test_random_commits_are_followed(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct served s;

	(void)state;
	served_open(&s, config);
	for (unsigned round = 0; round < 150; round++) {
		/* A worker that was not asked for a while finds several commits at once. */
		for (uint64_t commits = random_next(&seed) % 3; commits > 0; commits--) {
			change_some(&s, &seed, 1 + (unsigned)(random_next(&seed) % 20),
				    random_next(&seed) % 8 ? 24 : 15);
		}
		assert_follows(&s, &seed);
	}
	served_close(&s);
}

static void test_a_block_that_nothing_altered_is_not_read_again(void **state)
{
	struct served s;
	size_t used;

	(void)state;
	served_open(&s, config);
	served_list(&s, "11.0.0.1", "relay", NULL);
	served_list(&s, "11.1.0.1", "relay", NULL);
	worker_begin(&s.worker);
	assert_same(&s, 0x0b000001);
	assert_same(&s, 0x0b010001);
	used = s.worker.directory.used;
	worker_end(&s.worker);

	served_list(&s, "11.1.0.2", "relay", NULL);
	worker_begin(&s.worker);
	assert_same(&s, 0x0b000001);
	assert_int_equal(s.worker.directory.used, used);
	assert_same(&s, 0x0b010002);
	assert_true(s.worker.directory.used > used);
	worker_end(&s.worker);
	served_close(&s);
}

static void test_a_change_too_large_for_the_journal_is_followed(void **state)
{
	struct store *store;
	struct served s;
	uint64_t seed = 1;

	(void)state;
	served_open(&s, config);
	change_some(&s, &seed, 100, 24);
	assert_follows(&s, &seed);

	/* A block each, more than a change of the journal has units. */
	struct change *change = served_begin(&s, &store);
	for (unsigned i = 0; i < 5000; i++) {
		struct claim_add add = {
			.prefix = prefix_of(4, FIRST + ((addr_t)i << 16 | 7), 32),
			.sublist = change_sublist(change, "relay"),
			.source = change_source(change, "bulk"),
		};

		change_add(change, &add);
	}
	served_commit(change, store);
	worker_begin(&s.worker);
	for (unsigned i = 0; i < 5000; i++) {
		assert_same(&s, FIRST + ((addr_t)i << 16 | 7));
	}
	worker_end(&s.worker);
	assert_follows(&s, &seed);
	served_close(&s);
}

/* A fat block that changes often fills any room: then all is read anew, into room for all. */
static void test_room_that_ends_is_made_anew(void **state)
{
	struct store *store;
	struct served s;
	unsigned remade = 0;

	(void)state;
	served_open(&s, config);
	struct change *change = served_begin(&s, &store);
	for (unsigned i = 0; i < 30000; i++) {
		struct claim_add add = {
			.prefix = prefix_of(4, FIRST + (addr_t)i * 2, 32),
			.sublist = change_sublist(change, "relay"),
			.source = change_source(change, "bulk"),
		};

		change_add(change, &add);
	}
	served_commit(change, store);
	for (unsigned i = 0; i < 400; i++) {
		char text[32];
		size_t used = s.worker.directory.used;

		snprintf(text, sizeof text, "11.0.255.%u", i % 200);
		if (i < 200) {
			served_list(&s, text, "hijacked", NULL);
		} else {
			served_unlist(&s, text, "hijacked");
		}
		worker_begin(&s.worker);
		assert_same(&s, FIRST | 0xff00 | i % 200);
		assert_same(&s, FIRST | 4);
		assert_same(&s, FIRST | 0x10000);
		worker_end(&s.worker);
		remade += s.worker.directory.used < used;
		assert_true(s.worker.directory.used <= s.worker.directory.room);
	}
	assert_true(remade > 0 && remade < 20);
	served_close(&s);
}

/* Writes bytes of its own into the index, as a disk might. */
static void damage(struct served *s, uint16_t high, const void *bytes, size_t len)
{
	const uint8_t key[] = {(uint8_t)(high >> 8), (uint8_t)high};
	struct store *store;
	struct txn *txn;

	served_check(store_open_write(&store, s->config->database, 1 << 30, 1000));
	served_check(txn_write(store, &txn));
	txn_put(txn, TABLE_INDEX4, bytes_of(key, sizeof key), bytes_of(bytes, len));
	served_check(txn_commit(txn));
	store_close(store);
}

static void test_a_damaged_block_is_an_error_and_not_unlisted(void **state)
{
	static const char *const block[] = {
		"\x09\x01\x00\x05", "\x02\x01\x00", "\x01\x07\x00\x00\x00\x00",
		"\x01\x01\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00"};
	static const size_t len[] = {4, 3, 6, 14};
	struct served s;
	uint32_t id;

	(void)state;
	served_open(&s, config);
	for (unsigned i = 0; i < sizeof len / sizeof *len; i++) {
		damage(&s, (uint16_t)(0x0b00 + i), block[i], len[i]);
	}
	served_list(&s, "11.9.0.1", "relay", NULL);
	for (unsigned again = 0; again < 2; again++) {
		worker_begin(&s.worker);
		for (unsigned i = 0; i < sizeof len / sizeof *len; i++) {
			assert_false(worker_find(&s.worker, 4, FIRST + (i << 16 | 5), &id));
		}
		/* The rest of the batch is answered. */
		assert_same(&s, 0x0b090001);
		worker_end(&s.worker);
	}
	served_close(&s);
}

static void test_counters_that_cannot_be_read_hide_no_change(void **state)
{
	static const uint8_t bad[] = {9};
	struct store *store;
	struct served s;
	struct txn *txn;
	uint32_t id;

	(void)state;
	served_open(&s, config);
	served_list(&s, "11.0.0.1", "relay", NULL);
	worker_begin(&s.worker);
	assert_same(&s, 0x0b000001);
	worker_end(&s.worker);
	for (unsigned commit = 0; commit < 3; commit++) {
		served_check(store_open_write(&store, s.config->database, 1 << 30, 1000));
		served_check(txn_write(store, &txn));
		txn_put(txn, TABLE_META, bytes_str("state"), bytes_of(bad, sizeof bad));
		if (commit > 0) {
			txn_del(txn, TABLE_INDEX4, bytes_of("\x0b\x00", 2));
		}
		served_check(txn_commit(txn));
		store_close(store);
		worker_begin(&s.worker);
		for (unsigned i = 0; i < 4; i++) {
			/* An error, or what the database says; never what it said before. */
			if (worker_find(&s.worker, 4, 0x0b000001, &id)) {
				assert_int_equal(id, index_find(s.worker.txn, 4, 0x0b000001));
			}
		}
		worker_end(&s.worker);
	}
	served_close(&s);
}

static void never(void *context, uint16_t high)
{
	(void)context;
	fail_msg("block %u was altered by nothing", high);
}

static void test_what_the_journal_does_not_tell_is_not_known(void **state)
{
	struct served s;
	uint64_t now = 0;

	(void)state;
	served_open(&s, config);
	served_list(&s, "11.0.0.1", "relay", NULL);
	worker_begin(&s.worker);
	uint64_t last = s.worker.change;
	assert_true(last > 0);
	assert_true(changed_blocks(s.worker.txn, s.worker.journal, last, &now, never, NULL));
	assert_int_equal(now, last);
	/* A number of a later database: this one is an older copy. */
	assert_false(changed_blocks(s.worker.txn, s.worker.journal, last + 1, &now, never, NULL));
	assert_int_equal(now, last);
	worker_end(&s.worker);

	/* As after a trim: the oldest change that is left is the second to come. */
	struct store *store;
	struct txn *txn;
	struct state counters;

	served_check(store_open_write(&store, s.config->database, 1 << 30, 1000));
	served_check(txn_write(store, &txn));
	state_read(txn, &counters);
	counters.journal_first = last + 2;
	counters.changes = last + 2;
	state_write(txn, &counters);
	served_check(txn_commit(txn));
	store_close(store);
	served_check(txn_renew(s.worker.txn));
	scan_renew(s.worker.journal);
	assert_false(changed_blocks(s.worker.txn, s.worker.journal, last, &now, never, NULL));
	assert_int_equal(now, last + 2);
	served_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_commits_are_followed),
		cmocka_unit_test(test_a_block_that_nothing_altered_is_not_read_again),
		cmocka_unit_test(test_a_change_too_large_for_the_journal_is_followed),
		cmocka_unit_test(test_room_that_ends_is_made_anew),
		cmocka_unit_test(test_a_damaged_block_is_an_error_and_not_unlisted),
		cmocka_unit_test(test_counters_that_cannot_be_read_hide_no_change),
		cmocka_unit_test(test_what_the_journal_does_not_tell_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
