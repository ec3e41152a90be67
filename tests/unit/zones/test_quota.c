/*
 * test_quota.c: counting with a given clock; from several processes; from files that are damaged.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quota.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

enum { TAG = 0x12345, OTHER = 0x12346, NOON = 43200 };

static const struct quota_limits unbounded = {0, 0};
static const char *dir;
static char file[128];

/* Nanoseconds after noon of a day. */
static struct quota_time at(uint64_t day, uint64_t ns)
{
	const struct timespec t = {(time_t)(day * 86400 + NOON + ns / 1000000000),
				   (long)(ns % 1000000000)};

	return quota_time_of(&t);
}

static uint32_t today_of(const struct quota_counter *counter, uint32_t tag, uint64_t day)
{
	const struct quota_time now = at(day, 0);

	return quota_today(counter, tag, &now);
}

static struct quota_counter *address_at(struct quotas *quotas, uint64_t zone, unsigned family,
					addr_t addr, uint64_t day, uint32_t *tag)
{
	const struct quota_time now = at(day, 0);

	return quota_address(quotas, zone, family, addr, &now, tag);
}

/* How many of `tries` are taken at once. */
static unsigned take_many(struct quota_counter *c, const struct quota_limits *limits,
			  struct quota_time now, unsigned tries)
{
	unsigned taken = 0;

	while (tries-- > 0) {
		taken += quota_take(c, TAG, limits, &now);
	}
	return taken;
}

static void test_a_quota_a_day_is_so_many_and_new_each_day(void **state)
{
	const struct quota_limits limits = {.day = 1000};
	struct quota_counter c = {0};

	(void)state;
	for (uint64_t day = 20000; day < 20003; day++) {
		assert_int_equal(take_many(&c, &limits, at(day, 0), 1500), 1000);
		assert_int_equal(today_of(&c, TAG, day), 1000);
	}
	assert_int_equal(today_of(&c, TAG, 20004), 0);
	assert_int_equal(today_of(&c, OTHER, 20002), 0);
}

static void test_a_day_ends_at_midnight_utc(void **state)
{
	const struct timespec last = {20001 * 86400 - 1, 999999999}, first = {20001 * 86400, 0};

	(void)state;
	assert_int_equal(quota_time_of(&last).day, 20000);
	assert_int_equal(quota_time_of(&first).day, 20001);
	/* 64 ns apart at most. */
	assert_in_range(quota_time_of(&first).ticks - quota_time_of(&last).ticks, 0, 1);
}

/* A batch that began before midnight, and another that began after. */
static void test_nothing_is_lost_between_two_processes_at_midnight(void **state)
{
	const struct quota_limits limits = {.day = 100};
	const uint64_t late = UINT64_C(43199999999999); /* of the time since noon */
	struct quota_counter c = {0};

	(void)state;
	take_many(&c, &limits, at(20000, late), 50);
	assert_int_equal(take_many(&c, &limits, at(20000, late + 1), 60), 60);
	assert_int_equal(take_many(&c, &limits, at(20000, late), 10), 10);
	assert_int_equal(take_many(&c, &limits, at(20000, late + 1), 60), 30);
	assert_int_equal(today_of(&c, TAG, 20001), 100);
}

static void test_a_clock_that_was_a_day_ahead_costs_nobody_today(void **state)
{
	const struct quota_limits limits = {.day = 100};
	struct quota_counter c = {0};

	(void)state;
	assert_int_equal(take_many(&c, &limits, at(20001, 0), 200), 100);
	assert_int_equal(take_many(&c, &limits, at(20000, 0), 200), 100);
	assert_int_equal(take_many(&c, &limits, at(20001, 0), 200), 100);
}

/* A process that is still in a batch must not empty the bucket that another has filled since. */
static void test_a_full_bucket_is_full_for_those_who_are_a_little_behind(void **state)
{
	static const uint32_t rates[] = {1, 10, 1000, QUOTA_SECOND_MOST};

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		const struct quota_limits limits = {.second = rates[i]};
		struct quota_counter c = {0};

		take_many(&c, &limits, at(20000, 2000000000), 2 * rates[i]);
		for (uint64_t behind = 4000000; behind < 2000000000; behind *= 2) {
			assert_int_equal(take_many(&c, &limits, at(20000, 2000000000 - behind), 1),
					 0);
		}
	}
}

static void test_a_quota_a_second_is_a_bucket_that_fills_evenly(void **state)
{
	static const uint32_t rates[] = {1, 2, 3, 7, 10, 250, 9999, QUOTA_SECOND_MOST};

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		const struct quota_limits limits = {.second = rates[i]};
		struct quota_counter c = {0};
		uint64_t step = 1000000000 / rates[i];

		/* A second's worth at once; a step later one more, and then no other. */
		assert_in_range(take_many(&c, &limits, at(20000, 0), 3 * rates[i]), rates[i],
				rates[i] + rates[i] / 500);
		assert_int_equal(take_many(&c, &limits, at(20000, step + 64), 1), 1);
		assert_int_equal(take_many(&c, &limits, at(20000, step + 64), 1), 0);
		/* Over ten seconds of asking all the time: the rate, and the bucket once. */
		unsigned taken = 0, tries = 20 * rates[i];

		for (unsigned k = 0; k < tries; k++) {
			taken += take_many(&c, &limits,
					   at(20001, (uint64_t)k * 10000000000 / tries), 1);
		}
		assert_in_range(taken, 11 * rates[i] - 2 - rates[i] / 50,
				11 * rates[i] + 1 + rates[i] / 50);
	}
}

static void test_one_too_many_a_second_costs_nothing_of_the_day(void **state)
{
	const struct quota_limits limits = {.day = 5, .second = 2};
	struct quota_counter c = {0};

	(void)state;
	assert_int_equal(take_many(&c, &limits, at(20000, 0), 100), 2);
	assert_int_equal(today_of(&c, TAG, 20000), 2);
	assert_int_equal(take_many(&c, &limits, at(20000, 2000000000), 100), 2);
	assert_int_equal(take_many(&c, &limits, at(20000, 4000000000), 100), 1);
}

static void test_without_bounds_all_is_counted(void **state)
{
	struct quota_counter c = {0};

	(void)state;
	assert_int_equal(take_many(&c, &unbounded, at(20000, 0), 70000), 70000);
	assert_int_equal(today_of(&c, TAG, 20000), 70000);
}

/* Its number was given to another key. */
static void test_what_was_somebody_elses_counts_as_nothing(void **state)
{
	const struct quota_limits limits = {.day = 10, .second = 10};
	struct quota_key k = {0};
	struct quota_time now = at(20000, 0);

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_true(quota_take(&k.counter, OTHER, &limits, &now));
		quota_add_total(&k, OTHER);
	}
	assert_false(quota_take(&k.counter, OTHER, &limits, &now));
	assert_int_equal(take_many(&k.counter, &limits, now, 20), 10);
	quota_add_total(&k, TAG);
	assert_int_equal(quota_total(&k, TAG), 1);
	assert_int_equal(quota_total(&k, OTHER), 0);
}

static void test_a_clock_that_is_set_back_stops_nobody_for_long(void **state)
{
	const struct quota_limits limits = {.day = 10, .second = 10};
	struct quota_counter c = {0};

	(void)state;
	take_many(&c, &limits, at(20500, 0), 10);
	assert_int_equal(take_many(&c, &limits, at(20000, 0), 10), 10);
}

static void test_any_octets_are_counters(void **state)
{
	const struct quota_limits limits = {.day = 1000, .second = 1000};
	struct quota_time now = at(20000, 0);
	uint64_t x = 88172645463325252;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t words[4];

		for (int k = 0; k < 4; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			words[k] = i & 1 << k ? x : UINT64_MAX;
		}
		struct quota_key k;

		memcpy(&k, words, sizeof k);
		bool taken = quota_take(&k.counter, TAG, &limits, &now);

		quota_add_total(&k, TAG);
		assert_in_range(quota_total(&k, TAG), 0, UINT64_C(1) << 44);
		assert_in_range(quota_today(&k.counter, TAG, &now), 0, (1 << 30) - 1);
		/* At most a day and a second later all is well. */
		now = at(20000 + (uint64_t)i % 1000 + 2, 0);
		assert_true(quota_take(&k.counter, TAG, &limits, &now) || taken);
		now = at(20000, 0);
	}
}

/* --- the file --------------------------------------------------------------------------------- */

static struct quotas open_file(bool aside)
{
	struct quotas quotas;
	bool was;

	if (quotas_open(&quotas, dir, -1, &was)) {
		fail_msg("%s", fail_text());
	}
	assert_int_equal(was, aside);
	return quotas;
}

static void test_counts_outlast_the_mapping(void **state)
{
	const struct quota_limits limits = {.day = 10};
	struct quotas q = open_file(false);
	struct quota_key *copy;

	(void)state;
	assert_int_equal(take_many(&q.keys[65535].counter, &limits, at(20000, 0), 7), 7);
	quota_add_total(&q.keys[65535], TAG);
	uint64_t secret = q.secret[0];

	quotas_close(&q);
	q = open_file(false);
	assert_int_equal(q.secret[0], secret);
	assert_int_equal(take_many(&q.keys[65535].counter, &limits, at(20000, 0), 7), 3);
	assert_int_equal(quotas_read(dir, &copy), ST_OK);
	assert_int_equal(today_of(&copy[65535].counter, TAG, 20000), 10);
	assert_int_equal(quota_total(&copy[65535], TAG), 1);
	free(copy);
	quotas_close(&q);
}

static void test_processes_count_to_the_exact_total(void **state)
{
	enum { PROCESSES = 8, EACH = 100000, DAY = 500000 };
	const struct quota_limits limits = {.day = DAY};
	struct quotas q = open_file(false);
	struct quota_key *key = &q.keys[1];
	unsigned taken = 0;
	int results[2];

	(void)state;
	assert_int_equal(pipe(results), 0);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			const struct quota_time now = at(20000, 0);
			unsigned mine = 0;

			for (int n = 0; n < EACH; n++) {
				if (quota_take(&key->counter, TAG, &limits, &now)) {
					quota_add_total(key, TAG);
					mine++;
				}
			}
			_exit(write(results[1], &mine, sizeof mine) != sizeof mine);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		unsigned mine;
		int how;

		assert_int_equal(read(results[0], &mine, sizeof mine), sizeof mine);
		assert_true(wait(&how) > 0 && how == 0);
		taken += mine;
	}
	assert_int_equal(taken, DAY);
	assert_int_equal(today_of(&key->counter, TAG, 20000), DAY);
	assert_int_equal(quota_total(key, TAG), DAY);
	close(results[0]);
	close(results[1]);
	quotas_close(&q);
}

static void test_an_address_keeps_its_counter_and_a_64_is_one(void **state)
{
	struct quotas q = open_file(false);
	const addr_t v6 = (addr_t)0x20010db800050007 << 64;
	const struct quota_limits limits = {.day = 3};
	const struct quota_time now = at(20000, 0);
	uint32_t tag;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct quota_counter *c = address_at(&q, 1, 6, v6 | i, 20000, &tag);

		assert_int_equal(quota_take(c, tag, &limits, &now), i < 3);
		c = address_at(&q, 1, 4, 0xc0000201, 20000, &tag);
		assert_int_equal(quota_take(c, tag, &limits, &now), i < 3);
	}
	/* Others, and the same in another zone, have all of theirs. */
	struct quota_counter *c = address_at(&q, 1, 6, v6 + ((addr_t)1 << 64), 20000, &tag);
	assert_true(quota_take(c, tag, &limits, &now));
	c = address_at(&q, 2, 4, 0xc0000201, 20000, &tag);
	assert_true(quota_take(c, tag, &limits, &now));
	c = address_at(&q, 1, 4, 0xc0000202, 20000, &tag);
	assert_true(quota_take(c, tag, &limits, &now));
	quotas_close(&q);
}

/* However many ask once, who asks often stays counted. */
static void test_a_crowd_does_not_push_out_who_asks_often(void **state)
{
	struct quotas q = open_file(false);
	const struct quota_limits limits = {.day = 100};
	const struct quota_time now = at(20000, 0);
	unsigned taken = 0, kept = 0;
	uint32_t tag;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 100; i++) {
			for (unsigned k = 0; k < 10; k++) {
				struct quota_counter *c =
					address_at(&q, 1, 4, 0x0a000000 | i, 20000, &tag);

				taken += quota_take(c, tag, &limits, &now);
			}
		}
		for (uint32_t i = 0; i < 100000; i++) {
			uint32_t stranger = 0xc0000000 | (round * 100000 + i);
			struct quota_counter *c = address_at(&q, 1, 4, stranger, 20000, &tag);

			quota_take(c, tag, &limits, &now);
		}
	}
	assert_int_equal(taken, 100 * 100);
	/* Of another day they are all gone, and make room at once. */
	for (unsigned i = 0; i < 100; i++) {
		kept += today_of(address_at(&q, 1, 4, 0x0a000000 | i, 20001, &tag), tag, 20001) > 0;
	}
	assert_int_equal(kept, 0);
	quotas_close(&q);
}

static void test_the_file_is_for_its_owner_and_group(void **state)
{
	struct quotas q = open_file(false);
	struct stat st;

	(void)state;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, geteuid());
	/* All of its blocks are there: a full disk later takes none of them. */
	assert_true(st.st_blocks * 512 >= st.st_size);
	quotas_close(&q);
}

static void write_at(off_t where, const void *octets, size_t len)
{
	int fd = open(file, O_WRONLY);

	assert_int_equal(pwrite(fd, octets, len, where), len);
	close(fd);
}

static void test_what_is_not_our_file_is_set_aside(void **state)
{
	static const struct {
		off_t where, size;
		const char *octets;
	} damages[] = {
		{0, 0, ""},         {0, 10, "dnsbld"}, {0, 5000, ""}, {0, 0, "another file"},
		{16, 0, "\x02"},    {17, 0, "\xff"},   {24, 0, "x"},  {28, 0, "\x09"},
		{45, 0, "abcdefg"}, {0, 6295553, ""},
	};
	char aside[160];
	struct stat before, after;

	(void)state;
	snprintf(aside, sizeof aside, "%s.damaged", file);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		struct quotas q = open_file(false);

		q.keys[1].counter.day = UINT64_MAX;
		quotas_close(&q);
		if (damages[i].size > 0 || i == 0) {
			assert_int_equal(truncate(file, damages[i].size), 0);
		}
		write_at(damages[i].where, damages[i].octets, strlen(damages[i].octets));
		assert_int_equal(stat(file, &before), 0);
		q = open_file(true);
		assert_int_equal(q.keys[1].counter.day, 0);
		quotas_close(&q);
		assert_int_equal(stat(aside, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
	}
}

static void test_a_file_that_others_may_alter_is_refused(void **state)
{
	struct quotas q = open_file(false);
	bool aside;
	char real[160];

	(void)state;
	quotas_close(&q);
	assert_int_equal(chmod(file, 0660), 0);
	assert_int_equal(quotas_open(&q, dir, -1, &aside), ST_PERM);
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(quotas_open(&q, dir, -1, &aside), ST_PERM);
	assert_int_equal(chmod(file, 0640), 0);
	snprintf(real, sizeof real, "%s.real", file);
	assert_int_equal(rename(file, real), 0);
	assert_int_equal(symlink(real, file), 0);
	assert_int_equal(quotas_open(&q, dir, -1, &aside), ST_PERM);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_not_equal(quotas_open(&q, dir, -1, &aside), ST_OK);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(mkfifo(file, 0640), 0);
	assert_int_equal(quotas_open(&q, dir, -1, &aside), ST_PERM);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rename(real, file), 0);
	q = open_file(false);
	quotas_close(&q);
	if (geteuid() == 0) {
		assert_int_equal(chown(file, 65534, -1), 0);
		assert_int_equal(quotas_open(&q, dir, -1, &aside), ST_PERM);
	}
}

static void test_reading_what_is_not_there_or_not_ours_says_so(void **state)
{
	struct quota_key *keys;

	(void)state;
	assert_int_equal(quotas_read(dir, &keys), ST_NOINPUT);
	struct quotas q = open_file(false);

	quotas_close(&q);
	assert_int_equal(truncate(file, 10000), 0);
	assert_int_equal(quotas_read(dir, &keys), ST_DATA);
}

static int setup(void **state)
{
	(void)state;
	dir = temp_make();
	snprintf(file, sizeof file, "%s/" QUOTA_FILE, dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_remove(dir);
	return 0;
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quota_a_day_is_so_many_and_new_each_day),
		cmocka_unit_test(test_a_day_ends_at_midnight_utc),
		cmocka_unit_test(test_nothing_is_lost_between_two_processes_at_midnight),
		cmocka_unit_test(test_a_quota_a_second_is_a_bucket_that_fills_evenly),
		cmocka_unit_test(test_one_too_many_a_second_costs_nothing_of_the_day),
		cmocka_unit_test(test_without_bounds_all_is_counted),
		cmocka_unit_test(test_what_was_somebody_elses_counts_as_nothing),
		cmocka_unit_test(test_a_clock_that_is_set_back_stops_nobody_for_long),
		cmocka_unit_test(test_a_clock_that_was_a_day_ahead_costs_nobody_today),
		cmocka_unit_test(test_a_full_bucket_is_full_for_those_who_are_a_little_behind),
		cmocka_unit_test(test_any_octets_are_counters),
		WITH_FILE(test_counts_outlast_the_mapping),
		WITH_FILE(test_processes_count_to_the_exact_total),
		WITH_FILE(test_an_address_keeps_its_counter_and_a_64_is_one),
		WITH_FILE(test_a_crowd_does_not_push_out_who_asks_often),
		WITH_FILE(test_the_file_is_for_its_owner_and_group),
		WITH_FILE(test_what_is_not_our_file_is_set_aside),
		WITH_FILE(test_a_file_that_others_may_alter_is_refused),
		WITH_FILE(test_reading_what_is_not_there_or_not_ours_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
