/*
 * test_cli_mirrored.c: verbs and what a mirrored zone lists: it is shown and listed like all else,
 * and is the primary's alone to change.
 */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_frame.h"
#include "cli_mirror.h"

#define SOURCE "mirror~" COPY

static int set_up_transferred(void **state)
{
	set_up_mirrored(state);
	transfer();
	return 0;
}

static void test_what_a_mirror_lists_is_shown_and_listed(void **state)
{
	(void)state;
	expect(ST_OK, "show 192.0.2.1");
	assert_non_null(strstr(cli.out, COPY " A 127.0.0.7\n" COPY " TXT \"Seven\"\n"));
	assert_non_null(strstr(cli.out, "192.0.2.0/24 on " COPY "/7 by mirror " COPY "\n"));
	expect(ST_OK, "show 127.0.0.2");
	assert_non_null(strstr(cli.out, COPY " A 127.0.0.2\n"));
	expect(ST_OK, "list --source " SOURCE);
	assert_non_null(
		strstr(cli.out, "192.0.2.0/24\t" COPY "/7\tmirror " COPY "\tnever\t-\tSeven\n"));
	char *all = strdup(cli.out);
	expect(ST_OK, "list");
	assert_string_equal(cli.out, all);
	free(all);
	expect(ST_OK, "list --sublist " COPY "/7");
	assert_non_null(strstr(cli.out, "192.0.2.0/24\t"));
	expect(ST_OK, "source list");
	assert_non_null(strstr(cli.out, "mirror " COPY "\t3\tenabled\t"));
	expect(ST_OK, "stats");
	assert_non_null(strstr(cli.out, "sublist\t" COPY "/7\t1\n"));
	assert_non_null(strstr(cli.out, "serial\t" COPY "\t9\n"));
}

static void test_exclusions_and_test_entries_are_the_primarys(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay");
	expect(ST_OK, "exclude add 192.0.2.0/25");
	expect(ST_OK, "show 192.0.2.1");
	assert_non_null(strstr(cli.out, COPY " A 127.0.0.7\n"));
	assert_null(strstr(cli.out, "dnsbl.example.org A"));
	expect(ST_OK, "show 127.0.0.4");
	assert_null(strstr(cli.out, COPY " A"));
}

static void test_nobody_but_the_primary_changes_it(void **state)
{
	(void)state;
	expect(ST_DATA, "add 192.0.2.7 --sublist " COPY "/7");
	expect(ST_DATA, "add 192.0.2.7 --sublist relay --source " SOURCE);
	expect(ST_DATA, "remove 192.0.2.0/24 --reason no --source " SOURCE);
	expect(ST_DATA, "purge --source " SOURCE);
	assert_non_null(strstr(fail_text(), "feeder sync"));
	expect(ST_NO, "remove 192.0.2.0/24 --reason no --sublist " COPY "/7");
	expect(ST_NO, "remove 192.0.2.0/24 --reason no");
	assert_non_null(strstr(cli.out, "192.0.2.0/24 is still covered by 192.0.2.0/24 on " COPY
					"/7 (source mirror " COPY ")\n"));
	cli_stdin("{\"prefix\":\"192.0.2.7\",\"sublist\":\"" COPY "/7\"}\n");
	expect(ST_DATA, "import --source feed --sublist relay --format json -");
	expect(ST_NO, "show 198.51.100.1");
}

static void test_sync_drops_a_zone_that_is_mirrored_no_longer(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay");
	expect(ST_OK, "sync");
	expect(ST_OK, "show 192.0.2.2");
	cli.extra = "";
	/* Any other write leaves it. */
	expect(ST_OK, "add 192.0.2.3 --sublist relay");
	expect(ST_OK, "show 192.0.2.2");
	expect(ST_OK, "sync --dry-run");
	expect(ST_OK, "show 192.0.2.2");
	expect(ST_OK, "sync");
	expect(ST_NO, "show 192.0.2.2");
	expect(ST_OK, "source list");
	assert_non_null(strstr(cli.out, "mirror " COPY "\t0\t"));
	expect(ST_OK, "show 192.0.2.1");
	expect(ST_OK, "sync");
}

static void test_a_text_of_strangers_moves_no_cursor(void **state)
{
	(void)state;
	output_text(bytes_of("a\33[2J\nb\177", 8));
	cli_keep_output(&cli);
	assert_string_equal(cli.out, "a?[2J?b?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_transferred, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_mirror_lists_is_shown_and_listed),
		TEST(test_exclusions_and_test_entries_are_the_primarys),
		TEST(test_nobody_but_the_primary_changes_it),
		TEST(test_sync_drops_a_zone_that_is_mirrored_no_longer),
		cmocka_unit_test_setup_teardown(test_a_text_of_strangers_moves_no_cursor, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
