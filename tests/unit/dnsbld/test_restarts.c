/*
 * test_restarts.c: when a process that ends is an alarm, and when a reader of the database is old.
 * Time is an argument.
 */
#include "restarts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "readers.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { START = 1000000, SECOND = 1000 };

static void note(struct restarts *r, unsigned times, uint64_t from_ms, uint64_t step_ms)
{
	for (unsigned i = 0; i < times; i++) {
		restarts_note(r, from_ms + i * step_ms);
	}
}

static void test_a_few_ends_are_no_alarm(void **state)
{
	struct restarts r = {0};

	(void)state;
	assert_int_equal(restarts_tell(&r, START), 0);
	note(&r, RESTARTS_MANY - 1, START, SECOND);
	assert_int_equal(restarts_tell(&r, START + 3 * SECOND), 0);
}

static void test_many_within_minutes_are_one_and_it_says_how_close(void **state)
{
	struct restarts r = {0};

	(void)state;
	note(&r, RESTARTS_MANY, START, SECOND);
	assert_int_equal(restarts_tell(&r, START + 3 * SECOND), 3 * SECOND);
}

static void test_ends_that_are_far_apart_are_none_however_many(void **state)
{
	struct restarts r = {0};
	uint64_t step = RESTARTS_WITHIN_MS / (RESTARTS_MANY - 1) + 1;

	(void)state;
	note(&r, 100, START, step);
	assert_int_equal(restarts_tell(&r, START + 99 * step), 0);
}

static void test_it_is_told_once_a_minute(void **state)
{
	struct restarts r = {0};
	unsigned told = 0;

	(void)state;
	/* Twice a second, for an hour. */
	for (uint64_t ms = 0; ms < 3600 * SECOND; ms += 500) {
		restarts_note(&r, START + ms);
		told += restarts_tell(&r, START + ms) > 0;
	}
	assert_int_equal(told, 60);
}

static void test_it_is_over_when_the_process_has_stayed(void **state)
{
	struct restarts r = {0};

	(void)state;
	note(&r, 50, START, SECOND);
	assert_true(restarts_span(&r, START + 50 * SECOND) > 0);
	assert_true(restarts_span(&r, START + 46 * SECOND + RESTARTS_WITHIN_MS) > 0);
	assert_int_equal(restarts_span(&r, START + 47 * SECOND + RESTARTS_WITHIN_MS), 0);
}

static void look(struct readers *r, uint64_t oldest, uint64_t newest, uint64_t now_s)
{
	const struct store_readers now = {.count = 3,
					  .most = 9,
					  .newest = newest,
					  .oldest = oldest};

	readers_look(r, &now, true, now_s);
}

static void test_a_reader_of_the_newest_is_not_old(void **state)
{
	struct readers r = {0};

	(void)state;
	look(&r, 7, 7, 100);
	look(&r, 7, 7, 5000);
	assert_int_equal(readers_age(&r, 5000), 0);
	look(&r, 0, 8, 5001);
	assert_int_equal(readers_age(&r, 9000), 0);
}

static void test_a_reader_grows_old_from_when_it_was_behind(void **state)
{
	struct readers r = {0};

	(void)state;
	look(&r, 7, 7, 100);
	look(&r, 7, 8, 110);
	look(&r, 7, 12, 111);
	assert_int_equal(readers_age(&r, 140), 30);
	/* The next one is young. */
	look(&r, 11, 12, 150);
	assert_int_equal(readers_age(&r, 155), 5);
	look(&r, 12, 12, 156);
	assert_int_equal(readers_age(&r, 160), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_few_ends_are_no_alarm),
		cmocka_unit_test(test_many_within_minutes_are_one_and_it_says_how_close),
		cmocka_unit_test(test_ends_that_are_far_apart_are_none_however_many),
		cmocka_unit_test(test_it_is_told_once_a_minute),
		cmocka_unit_test(test_it_is_over_when_the_process_has_stayed),
		cmocka_unit_test(test_a_reader_of_the_newest_is_not_old),
		cmocka_unit_test(test_a_reader_grows_old_from_when_it_was_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
