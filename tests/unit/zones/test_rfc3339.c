/*
 * Times in text, both ways, with the C library's calendar as the oracle.
 */
#include "rfc3339.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void test_times_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t time;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-21T10:00:00Z", 1795255200},
		{"2026-11-21t10:00:00z", 1795255200},
		{"2026-11-21T11:00:00+01:00", 1795255200},
		{"2026-11-20T22:30:00-11:30", 1795255200},
		{"2026-11-21T10:00:00-00:00", 1795255200},
		{"2026-11-21T10:00:00.999999Z", 1795255200},
		{"2024-02-29T23:59:59Z", 1709251199},
		{"2000-02-29T00:00:00Z", 951782400},
		{"2016-12-31T23:59:60Z", 1483228799}, /* a leap second */
		{"9999-12-31T23:59:59Z", UINT64_C(253402300799)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t time = 1;

		assert_int_equal(time_parse(rows[i].text, &time), ST_OK);
		assert_int_equal(time, rows[i].time);
	}
}

static void test_what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"now",
		"2026-11-21",
		"2026-11-21T10:00:00",
		"2026-11-21 10:00:00Z",
		"2026-11-21T10:00Z",
		"2026-11-21T10:00:00Zx",
		"2026-11-21T10:00:00 Z",
		"2026-11-21T10:00:00.Z",
		"2026-11-21T10:00:00+0100",
		"2026-11-21T10:00:00+24:00",
		"2026-11-21T10:00:00+01:60",
		"+026-11-21T10:00:00Z",
		"26-11-21T10:00:00Z",
		"2026-00-21T10:00:00Z",
		"2026-13-21T10:00:00Z",
		"2026-11-00T10:00:00Z",
		"2026-11-31T10:00:00Z",
		"2026-02-29T10:00:00Z",
		"2100-02-29T10:00:00Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T10:60:00Z",
		"2026-11-21T10:00:61Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint64_t time = 7;

		if (time_parse(texts[i], &time) != ST_DATA) {
			fail_msg("'%s' was read", texts[i]);
		}
		assert_int_equal(time, 7);
	}
}

static void test_times_are_written_as_the_library_writes_them(void **state)
{
	char ours[TIME_TEXT], theirs[64];

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		time_t time = (time_t)(((uint64_t)rand() << 20 ^ (uint64_t)rand()) %
				       UINT64_C(253402300800));
		struct tm tm;

		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm));
		assert_string_equal(time_format((uint64_t)time, ours), theirs);
	}
}

static void test_every_time_written_is_read_back(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	for (uint64_t time = 0; time < UINT64_C(253402300799); time += 86400 * 13 + 12345) {
		uint64_t back = 0;

		assert_int_equal(time_parse(time_format(time, text), &back), ST_OK);
		assert_int_equal(back, time);
	}
}

static void test_a_time_past_9999_is_its_last_second(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	assert_string_equal(time_format(UINT64_MAX, text), "9999-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_are_read),
		cmocka_unit_test(test_what_is_no_time_is_refused),
		cmocka_unit_test(test_times_are_written_as_the_library_writes_them),
		cmocka_unit_test(test_every_time_written_is_read_back),
		cmocka_unit_test(test_a_time_past_9999_is_its_last_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
