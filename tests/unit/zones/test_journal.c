/*
 * test_journal.c: how long and how much of what was changed is kept, as the config says.
 *
 * Of each change the journal has a row and the unit that it altered. The clock is ours.
 */
#include "journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "change.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

#define CONFIG(bounds)                                   \
	"database = db journal { " bounds " }\n"         \
	"sublist relay { code = 2 }\n"                   \
	"zone dnsbl.example.org { ns = ns.example.net\n" \
	"	soa { mname = ns.example.net rname = h.example.org } }\n"

static const char *dir;
static struct config *config;
static struct store *store;
static time_t now = 1800000000;
static unsigned next_unit;

time_t time(time_t *out)
{
	if (out) {
		*out = now;
	}
	return now;
}

static void open_all(const char *text)
{
	dir = temp_make();
	assert_int_equal(config_parse(text, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
}

static void close_all(void)
{
	store_close(store);
	config_free(config);
	temp_remove(dir);
}

/* One address in a unit of its own. Its number. */
static uint64_t change_one(void)
{
	struct change_who who = {"tester", "test", (uint64_t)now};
	struct change_outcome outcome;
	struct change *c;

	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(
		change_add(c,
			   &(struct claim_add){
				   .prefix = prefix_of(4, (addr_t)(0x5000 + next_unit++) << 16, 32),
				   .sublist = change_sublist(c, "relay"),
				   .source = change_source(c, "feed")}),
		CLAIM_ADDED);
	assert_int_equal(change_commit(c, &outcome), ST_OK);
	return outcome.number;
}

/* The journal has the changes from `first` on, each of its rows, and counts their octets right. */
static void assert_journal(uint64_t first, uint64_t last)
{
	struct bytes key, value;
	struct state state;
	struct prefix unit;
	struct txn *txn;
	uint64_t change, bytes = 0, expected = first;

	assert_int_equal(txn_read(store, &txn), ST_OK);
	state_read(txn, &state);
	assert_int_equal(state.changes, last);
	assert_int_equal(state.journal_first, first);

	struct scan *scan = scan_open(txn, TABLE_JOURNAL);

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		assert_true(journal_key(key, &change, &unit));
		if (unit.family == 0) {
			assert_int_equal(change, expected++);
		}
		bytes += key.len + value.len;
	}
	scan_close(scan);
	assert_int_equal(expected, last + 1);
	assert_int_equal(bytes, state.journal_bytes);
	txn_abort(txn);
}

static void test_a_change_is_kept_for_so_long(void **state)
{
	uint64_t first;

	(void)state;
	open_all(CONFIG("keep = 1h"));
	first = change_one();
	now += 1800;
	change_one();
	now += 1800;
	assert_journal(first, change_one());
	now++;
	assert_journal(first + 1, change_one());
	now += 1800;
	assert_journal(first + 2, change_one());
	now += 7200;
	uint64_t last = change_one();
	assert_journal(last, last);
	close_all();
}

static void test_so_much_of_all_changes_is_kept(void **state)
{
	uint64_t last = 0, first;
	struct state now_has;
	struct txn *txn;

	(void)state;
	open_all(CONFIG("size = 2K"));
	for (unsigned i = 0; i < 200; i++) {
		last = change_one();
		assert_int_equal(txn_read(store, &txn), ST_OK);
		state_read(txn, &now_has);
		first = now_has.journal_first;
		txn_abort(txn);
		assert_journal(first, last);
		assert_true(now_has.journal_bytes <= 2048);
	}
	/* As much as that, too: another change would be too much. */
	assert_true(first > 1 && now_has.journal_bytes > 2048 - 200);
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_is_kept_for_so_long),
		cmocka_unit_test(test_so_much_of_all_changes_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
