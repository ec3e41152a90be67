/*
 * test_access.c: what a key may look like; keys given, found and taken back; their numbers; what
 * `feeder check` says of rows that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "change.h"
#include "check.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char *dir;
static struct store *store;
static struct config *config;

static struct change *begin(void)
{
	const struct change_who who = {.actor = "test", .verb = "access", .now = 1700000000};
	struct change *change;

	assert_int_equal(change_begin(&change, store, config, &who), ST_OK);
	return change;
}

static struct access named(const char *key)
{
	static uint8_t zones[64];
	struct writer w = writer_of(zones, sizeof zones);

	write_run(&w, bytes_str("a.example.org"));
	write_run(&w, bytes_str("b.example.org"));
	return (struct access){
		.key = bytes_str(key),
		.name = bytes_str("acme"),
		.quota_day = 1000000000,
		.quota_second = 7,
		.zones = writer_bytes(&w),
		.sublists = bytes_of("\0\1\0\2", 4),
	};
}

static unsigned give(const char *key)
{
	struct access access = named(key);
	struct change *change = begin();

	change_sublist(change, "relay");
	change_sublist(change, "hijacked");
	enum status status = change_give_key(change, &access);

	if (status) {
		change_abort(change);
		return 0;
	}
	assert_int_equal(change_commit(change, NULL), ST_OK);
	return access.number;
}

static bool revoke(const char *key)
{
	struct change *change = begin();
	bool there = change_revoke_key(change, bytes_str(key));

	assert_int_equal(change_commit(change, NULL), ST_OK);
	return there;
}

static void test_what_may_be_a_key(void **state)
{
	static const struct {
		const char *label;
		bool may;
	} cases[] = {
		{"", false},
		{"1", false},
		{"255", false},
		{"f", false},
		{"ns1", false},
		{"abcdefghijklmnopqrs", false}, /* 19 */
		{"abcdefghijklmnopqrst", true},
		{"01234567890123456789", true},
		{"azazazazaz0909090909", true},
		{"abcdefghij-klmnopqrst", false},
		{"abcdefghij_klmnopqrst", false},
		{"abcdefghijKlmnopqrstu", false}, /* callers give it in lower case */
		{"abcdefghij.klmnopqrst", false},
		{"abcdefghij\xe4klmnopqrst", false},
		{"`bcdefghijklmnopqrst{", false},
		{"/bcdefghijklmnopqrst:", false},
		{"012345678901234567890123456789012345678901234567890123456789abc", true},
		{"012345678901234567890123456789012345678901234567890123456789abcd", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *label = cases[i].label;

		assert_int_equal(access_is_key((const uint8_t *)label, strlen(label)),
				 cases[i].may);
	}
}

static void test_tags_differ_and_are_never_zero(void **state)
{
	uint32_t before = 0;
	char key[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof key, "abcdefghijklmnopqrst%d", i);
		uint32_t tag = access_tag(bytes_str(key));

		assert_in_range(tag, 1, (1 << 20) - 1);
		assert_int_not_equal(tag, before);
		before = tag;
	}
}

static void test_a_key_is_found_as_it_was_given_until_it_is_revoked(void **state)
{
	static const char key[] = "abcdefghijklmnopqrst";
	struct access a;
	struct txn *txn;

	(void)state;
	assert_int_equal(give(key), 1);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_true(access_find(txn, bytes_str(key), &a));
	assert_int_equal(a.number, 1);
	assert_int_equal(a.created, 1700000000);
	assert_int_equal(a.quota_day, 1000000000);
	assert_int_equal(a.quota_second, 7);
	assert_true(bytes_equal(a.key, bytes_str(key)));
	assert_true(bytes_equal(a.name, bytes_str("acme")));
	assert_true(access_has_zone(&a, "a.example.org"));
	assert_true(access_has_zone(&a, "b.example.org"));
	assert_false(access_has_zone(&a, "c.example.org"));
	assert_false(access_has_zone(&a, "a.example.or"));
	assert_true(access_has_sublist(&a, 1));
	assert_true(access_has_sublist(&a, 2));
	assert_false(access_has_sublist(&a, 3));
	a.sublists.len = 0;
	assert_true(access_has_sublist(&a, 3));
	assert_false(access_find(txn, bytes_str("abcdefghijklmnopqrsu"), &a));
	assert_false(access_find(txn, bytes_str("l"), &a));
	assert_int_equal(txn_status(txn), ST_OK);
	txn_abort(txn);

	assert_int_equal(give(key), 0);
	assert_true(revoke(key));
	assert_false(revoke(key));
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_false(access_find(txn, bytes_str(key), &a));
	txn_abort(txn);
}

/* Counters are by number: whoever got one that was just revoked would find his quota used. */
static void test_a_number_comes_back_when_all_others_had_their_turn(void **state)
{
	struct change *change;

	(void)state;
	assert_int_equal(give("abcdefghijklmnopqrs1"), 1);
	assert_int_equal(give("abcdefghijklmnopqrs2"), 2);
	assert_true(revoke("abcdefghijklmnopqrs2"));
	assert_int_equal(give("abcdefghijklmnopqrs3"), 3);
	change = begin();
	access_set_last_number(change_txn(change), ACCESS_KEYS - 1);
	assert_int_equal(change_commit(change, NULL), ST_OK);
	assert_int_equal(give("abcdefghijklmnopqrs4"), ACCESS_KEYS);
	assert_int_equal(give("abcdefghijklmnopqrs5"), 2);
	assert_int_equal(give("abcdefghijklmnopqrs6"), 4);
}

static void test_a_key_moves_no_serial(void **state)
{
	struct access access = named("abcdefghijklmnopqrst");
	struct change_outcome outcome;
	struct change *change = begin();

	(void)state;
	assert_int_equal(change_give_key(change, &access), ST_OK);
	assert_int_equal(change_commit(change, &outcome), ST_OK);
	assert_int_equal(outcome.number, 0);
	assert_int_equal(outcome.zones, 0);
}

static void count_fault(void *context, const char *fault)
{
	char *said = context;

	snprintf(said, 128, "%s", fault);
}

static const char *checked(void)
{
	static char said[128];
	struct txn *txn;

	said[0] = '\0';
	assert_int_equal(txn_read(store, &txn), ST_OK);
	enum status status = check_run(txn, count_fault, said);

	txn_abort(txn);
	return status == ST_OK ? "" : status == ST_NO ? said : fail_text();
}

static void put(const char *key, const void *value, size_t len)
{
	struct change *change = begin();

	txn_put(change_txn(change), TABLE_ACCESS, bytes_str(key), bytes_of(value, len));
	assert_int_equal(change_commit(change, NULL), ST_OK);
}

static void test_check_sees_rows_that_are_wrong(void **state)
{
	static const char key[] = "kabcdefghijklmnopqrsu";
	uint8_t record[256], row[ACCESS_ROW_KEY];
	struct access twin = named("abcdefghijklmnopqrsu"), found;
	struct txn *txn;

	(void)state;
	give("abcdefghijklmnopqrst");
	assert_string_equal(checked(), "");

	struct writer w = writer_of(record, sizeof record);
	twin.number = 1;
	access_write(&w, &twin);
	put(key, record, writer_len(&w));
	assert_string_equal(checked(), "access: two keys have the number 1");

	w = writer_of(record, sizeof record);
	twin.number = 2;
	twin.sublists = bytes_of("\0\7", 2);
	access_write(&w, &twin);
	put(key, record, writer_len(&w));
	assert_string_equal(checked(), "access: key 2 names sublist 7, which never was");

	/* Cut anywhere it is damaged, and nothing that dnsbld would go by. */
	for (size_t len = 0; len < writer_len(&w); len++) {
		put(key, record, len);
		assert_int_equal(txn_read(store, &txn), ST_OK);
		assert_false(access_find(txn, twin.key, &found));
		assert_int_equal(txn_status(txn), ST_INTERNAL);
		txn_abort(txn);
	}
	assert_string_not_equal(checked(), "");
	record[writer_len(&w)] = 0;
	assert_true(access_read(access_row_key(row, twin.key), bytes_of(record, writer_len(&w)),
				&found));
	assert_false(access_read(access_row_key(row, twin.key),
				 bytes_of(record, writer_len(&w) + 1), &found));
	memset(record + 1, 0, 2); /* its number */
	assert_false(access_read(access_row_key(row, twin.key), bytes_of(record, writer_len(&w)),
				 &found));
	assert_false(access_read(access_row_key(row, bytes_str("short")),
				 bytes_of(record, writer_len(&w)), &found));

	revoke("abcdefghijklmnopqrsu");
	assert_string_equal(checked(), "");
	put("stray", "", 0);
	assert_string_equal(checked(), "access: 3 rows, where 2 belong");
}

static int setup(void **state)
{
	(void)state;
	dir = temp_make();
	assert_int_equal(config_parse("listen = 127.0.0.1:53 state = counters\n"
				      "sublist relay { code = 2 } sublist hijacked { code = 4 }\n"
				      "zone a.example.org { ns = ns1.example.net access { }\n"
				      "soa { mname = a.example.net rname = b.example.net } }\n",
				      "/etc/x.conf", &config),
			 ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 24, -1, -1), ST_OK);
	assert_int_equal(change_commit(begin(), NULL), ST_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_be_a_key),
		cmocka_unit_test(test_tags_differ_and_are_never_zero),
		WITH_STORE(test_a_key_is_found_as_it_was_given_until_it_is_revoked),
		WITH_STORE(test_a_number_comes_back_when_all_others_had_their_turn),
		WITH_STORE(test_a_key_moves_no_serial),
		WITH_STORE(test_check_sees_rows_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
