/*
 * What the verbs do to a database that people write to by hand: init, add, remove, show, list,
 * exclude.
 */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_frame.h"

static void expect_out(const char *out)
{
	assert_string_equal(cli.out, out);
}

static void expect_in_out(const char *part)
{
	if (!strstr(cli.out, part)) {
		fail_msg("'%s' is not in '%s'", part, cli.out);
	}
}

static void expect_list(const char *out)
{
	expect(ST_OK, "list" NOW);
	expect_out(out);
}

static void test_a_second_init_touches_nothing(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay" NOW);
	expect(ST_DATA, "init");
	expect(ST_DATA, "init --dry-run");
	expect_list("192.0.2.1\trelay\toperator\t2026-12-21T10:00:00Z\t-\t-\n");
}

static void test_init_excludes_what_is_reserved(void **state)
{
	static const char *const covered[] = {"0.1.2.3",   "10.0.0.0/8",      "100.127.255.255",
					      "127.0.0.1", "169.254.1.1",     "172.31.255.255",
					      "192.0.0.8", "192.168.0.0/16",  "198.19.0.1",
					      "224.0.0.1", "255.255.255.255", "fe80::1",
					      "::1",       "4001:db8::/32",   "2001:1ff::1"};
	static const char *const free_space[] = {"1.0.0.0/8",     "100.128.0.0", "192.0.1.0",
						 "172.32.0.0",    "198.20.0.0",  "192.0.2.0/24",
						 "2001:db8::/32", "2600::/12",   "2001:200::/23"};
	char line[80];

	(void)state;
	for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++) {
		snprintf(line, sizeof line, "exclude check %s", covered[i]);
		expect(ST_OK, line);
		expect_in_out(" covers ");
	}
	for (size_t i = 0; i < sizeof free_space / sizeof free_space[0]; i++) {
		snprintf(line, sizeof line, "exclude check %s", free_space[i]);
		expect(ST_NO, line);
		expect_out("");
	}
}

static void test_init_excludes_nothing_where_the_config_says_so(void **state)
{
	(void)state;
	cli_end(&cli);
	cli_begin(&cli, "exclude_reserved = false\n");
	expect(ST_OK, "exclude list");
	expect_out("");
}

static void test_init_gives_zones_their_first_serial(void **state)
{
	(void)state;
	cli_end(&cli);
	cli_begin_without(&cli, "");
	expect(ST_NOINPUT, "list");
	expect(ST_USAGE, "init --serial 4294967296");
	expect(ST_OK, "init --serial 7 --dry-run");
	expect(ST_NOINPUT, "list");
	expect(ST_OK, "init --serial 7");
	expect(ST_OK, "stats --json");
	expect_in_out("\"serials\":{\"dnsbl.example.org\":7}");
}

static void test_what_is_added_is_listed_and_shown(void **state)
{
	(void)state;
	expect(ST_NO, "show 192.0.2.1");
	expect(ST_OK,
	       "add 192.0.2.1 --sublist relay --reason trap --text see-{ip} --expires 7d" NOW);
	expect_list("192.0.2.1\trelay\toperator\t2026-11-28T10:00:00Z\ttrap\tsee-{ip}\n");
	expect(ST_OK, "show 192.0.2.1 --json" NOW);
	expect_in_out(
		"{\"prefix\":\"192.0.2.1\",\"zones\":{\"dnsbl.example.org\":{\"a\":[\"127.0.0.2\"],"
		"\"txt\":[\"see-192.0.2.1\"]}},\"listed\":true,\"claims\":[{");
	expect(ST_NO, "show 192.0.2.2");
	expect(ST_OK, "show 192.0.2.0/24");
	expect(ST_NO, "show 198.51.100.0/24");
}

static void test_the_texts_of_a_prefix_are_those_that_dns_serves(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 192.0.2.16/28 --sublist relay --text see-{ip}" NOW);
	expect(ST_OK, "show 192.0.2.0/24" NOW);
	expect_in_out("192.0.2.1:\n"
		      "dnsbl.example.org A 127.0.0.2\n"
		      "dnsbl.example.org TXT \"see-192.0.2.1\"\n"
		      "192.0.2.16 to 192.0.2.31:\n"
		      "dnsbl.example.org A 127.0.0.2\n"
		      "dnsbl.example.org TXT \"see-{ip}\"\n");
	expect(ST_OK, "show 192.0.2.0/24 --json" NOW);
	expect_in_out("{\"first\":\"192.0.2.1\",\"last\":\"192.0.2.1\",");
	expect_in_out("\"txt\":[\"see-192.0.2.1\"]");
	expect_in_out("\"txt\":[\"see-{ip}\"]");
}

static void test_what_the_public_may_know(void **state)
{
	(void)state;
	expect(ST_OK,
	       "add 192.0.2.1 --sublist relay --reason secret --source informer --actor alice" NOW);
	expect(ST_OK, "show 192.0.2.1");
	expect_in_out("secret");
	expect_in_out("informer");
	expect_in_out("alice");
	static const char *const lines[] = {"show 192.0.2.1 --public",
					    "show 192.0.2.1 --public --json",
					    "show 192.0.2.0/24 --public --json"};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		expect(ST_OK, lines[i]);
		expect_in_out("relay");
		assert_null(strstr(cli.out, "secret"));
		assert_null(strstr(cli.out, "informer"));
		assert_null(strstr(cli.out, "alice"));
	}
}

static void test_the_test_entries_are_shown_as_dns_has_them(void **state)
{
	(void)state;
	expect(ST_OK, "show 127.0.0.2");
	expect_in_out("dnsbl.example.org A 127.0.0.2\n");
	expect(ST_OK, "show 127.0.0.4");
	expect_in_out("dnsbl.example.org A 127.0.0.4\n");
	expect(ST_NO, "show 127.0.0.3");
	expect(ST_NO, "show 127.0.0.1");
	expect(ST_OK, "add 127.0.0.0/8 --force --sublist relay");
	expect(ST_OK, "exclude remove 127.0.0.0/8");
	expect(ST_NO, "show 127.0.0.1");
	expect(ST_OK, "show 127.0.0.9");
}

static void test_adding_again_renews_last_seen_and_expiry_alone(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay --reason first --text one" NOW);
	expect(ST_OK, "add 192.0.2.1 --sublist relay --reason second --text two --json" LATER);
	expect_in_out("{\"added\":0,\"renewed\":1,\"excluded\":0,\"bad\":0,\"change\":0}");
	expect(ST_OK, "list --json");
	expect_out(
		"{\"prefix\":\"192.0.2.1\",\"sublist\":\"relay\",\"source\":\"operator\",\"reason\":\"first\","
		"\"text\":\"one\",\"created\":\"2026-11-21T10:00:00Z\",\"last_seen\":\"2026-11-22T10:00:00Z\","
		"\"expires\":\"2026-12-22T10:00:00Z\"}\n");
}

static void test_expiry_of_the_sublist_of_the_line_or_never(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay" NOW);
	expect(ST_OK, "add 192.0.2.2 --sublist relay --expires 12h" NOW);
	expect(ST_OK, "add 192.0.2.3 --sublist relay --expires never" NOW);
	expect(ST_OK, "add 192.0.2.4 --sublist hijacked" NOW);
	expect(ST_USAGE, "add 192.0.2.5 --sublist relay --expires soon");
	expect(ST_USAGE, "add 192.0.2.5 --sublist relay --expires 0");
	expect_list("192.0.2.1\trelay\toperator\t2026-12-21T10:00:00Z\t-\t-\n"
		    "192.0.2.2\trelay\toperator\t2026-11-21T22:00:00Z\t-\t-\n"
		    "192.0.2.3\trelay\toperator\tnever\t-\t-\n"
		    "192.0.2.4\thijacked\toperator\tnever\t-\t-\n");
}

static void test_of_bad_operands_the_good_ones_are_stored(void **state)
{
	(void)state;
	expect(ST_DATA, "add 192.0.2.1 bad 192.0.2.3/24 10.0.0.1 --sublist hijacked --json");
	expect_out("{\"added\":1,\"renewed\":0,\"excluded\":1,\"bad\":2,\"change\":2}\n");
	expect_list("192.0.2.1\thijacked\toperator\tnever\t-\t-\n");
}

static void test_strict_stores_all_or_nothing(void **state)
{
	(void)state;
	expect(ST_DATA, "add 192.0.2.1 bad --sublist relay --strict");
	expect(ST_DATA, "add 192.0.2.1 10.0.0.1 --sublist relay --strict");
	expect(ST_DATA, "exclude add 192.0.2.1 bad --strict");
	expect_list("");
	expect(ST_NO, "exclude check 192.0.2.1");
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked");
	expect(ST_DATA, "remove 192.0.2.1 bad --reason x --strict");
	expect_list("192.0.2.1\thijacked\toperator\tnever\t-\t-\n");
}

static void test_what_is_excluded_is_stored_by_force_and_not_served(void **state)
{
	(void)state;
	expect(ST_DATA, "add 10.1.2.3 --sublist relay");
	expect_list("");
	expect(ST_OK, "add 10.1.2.3 --sublist relay --force");
	expect(ST_NO, "show 10.1.2.3");
	expect_in_out("10.0.0.0/8");
	expect(ST_OK, "exclude remove 10.0.0.0/8");
	expect(ST_OK, "show 10.1.2.3");
}

static void test_exclusions_side_by_side_exclude_what_they_cover(void **state)
{
	(void)state;
	expect(ST_OK, "exclude add 198.51.100.0/30 198.51.100.4/31 198.51.100.6 198.51.100.7");
	expect(ST_DATA, "add 198.51.100.0/29 --sublist relay --strict");
	expect(ST_DATA, "add 198.51.100.0/29 --sublist relay --json");
	expect_in_out("\"excluded\":1");
	expect_list("");
	/* One address is left out: the rest of the listing is served. */
	expect(ST_OK, "exclude remove 198.51.100.6");
	expect(ST_OK, "add 198.51.100.0/29 --sublist relay --strict");
	expect(ST_OK, "show 198.51.100.6");
	expect(ST_NO, "show 198.51.100.7");
}

static void test_a_dry_run_keeps_nothing(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked" NOW);
	expect(ST_OK, "audit --json");
	char *audit = strdup(cli.out);

	expect(ST_OK, "add 192.0.2.2 --sublist relay --source new --dry-run --json");
	expect_in_out("\"added\":1");
	expect(ST_OK, "remove 192.0.2.1 --reason x --dry-run --json");
	expect_in_out("\"removed\":1");
	expect(ST_OK, "exclude add 192.0.2.0/24 --dry-run");
	expect(ST_OK, "purge --source operator --dry-run --json");
	expect_in_out("\"withdrawn\":1");
	expect(ST_OK, "source disable operator --dry-run");
	expect_list("192.0.2.1\thijacked\toperator\tnever\t-\t-\n");
	expect(ST_NO, "exclude check 192.0.2.1");
	expect(ST_OK, "source list --json");
	expect_out(
		"{\"source\":\"operator\",\"claims\":1,\"disabled\":false,\"created\":\"2026-11-21T10:00:00Z\"}\n");
	expect(ST_OK, "audit --json");
	expect_out(audit);
	free(audit);
}

static void test_remove_takes_exactly_that_prefix_and_names_what_covers_it(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 192.0.2.0/24 --sublist relay");
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked --source feed");
	expect(ST_NO, "remove 192.0.2.0/25 --reason x");
	expect_out("192.0.2.0/25 is still covered by 192.0.2.0/24 on relay (source operator)\n");
	expect(ST_OK, "remove 192.0.2.1 --reason delisted");
	expect_out("192.0.2.1 is still covered by 192.0.2.0/24 on relay (source operator)\n");
	expect(ST_OK, "show 192.0.2.1");
	expect(ST_OK, "remove 192.0.2.0/24 --reason delisted");
	expect_out("");
	expect(ST_NO, "remove 192.0.2.0/24 --reason delisted");
	expect(ST_NO, "show 192.0.2.1");
}

static void test_remove_leaves_other_sources_and_sublists(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked");
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked --source feed");
	expect(ST_NO, "remove 192.0.2.1 --reason x --sublist relay");
	expect(ST_NO, "remove 192.0.2.1 --reason x --source nobody");
	expect(ST_OK, "remove 192.0.2.1 --reason x --source feed");
	expect_list("192.0.2.1\thijacked\toperator\tnever\t-\t-\n");
	expect(ST_USAGE, "remove 192.0.2.1");
}

static void test_operands_come_from_stdin(void **state)
{
	(void)state;
	cli_stdin("# list\n192.0.2.1\n\n192.0.2.2 remark\nbad\n");
	expect(ST_DATA, "add - --sublist hijacked");
	cli_stdin("192.0.2.1\t is what list prints\n");
	expect(ST_OK, "remove - --reason x");
	expect_list("192.0.2.2\thijacked\toperator\tnever\t-\t-\n");
	cli_stdin("");
	expect(ST_OK, "add - --sublist hijacked");
}

static void test_exclusions_come_and_go(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.130 --sublist relay" NOW);
	expect(ST_OK, "exclude add 192.0.2.128/25 --comment ours --expires 7d" NOW);
	expect(ST_NO, "show 192.0.2.130" NOW);
	expect(ST_OK, "exclude check 192.0.2.130");
	expect_out("192.0.2.128/25 covers 192.0.2.130\tours\n");
	expect(ST_OK, "exclude check 192.0.2.0/24");
	expect_out("192.0.2.128/25 is inside 192.0.2.0/24\tours\n");
	expect(ST_OK, "exclude check 192.0.2.128/25 --json");
	expect_out(
		"{\"prefix\":\"192.0.2.128/25\",\"covering\":[{\"prefix\":\"192.0.2.128/25\",\"comment\":\"ours\","
		"\"created\":\"2026-11-21T10:00:00Z\",\"expires\":\"2026-11-28T10:00:00Z\"}],\"inside\":[],"
		"\"excluded\":true}\n");
	expect(ST_NO, "exclude remove 192.0.2.130" NOW);
	expect(ST_OK, "exclude remove 192.0.2.128/25" NOW);
	expect(ST_OK, "show 192.0.2.130" NOW);
	expect(ST_DATA, "exclude check 192.0.2.1/24");
}

static void test_exclusions_are_imported_from_a_list(void **state)
{
	char line[256];

	(void)state;
	snprintf(line, sizeof line, "exclude import %s --comment list --json",
		 cli_file(&cli, "list",
			  "203.0.113.0/24 remark\n; comment\n198.51.100.1-198.51.100.2\nbad\n"));
	expect(ST_DATA, line);
	expect_in_out("{\"added\":3,\"renewed\":0,\"bad\":1,");
	expect(ST_OK, "exclude check 203.0.113.7");
	expect(ST_OK, "exclude check 198.51.100.2");
	expect(ST_NO, "exclude check 198.51.100.3");
	expect(ST_OK, "audit --limit 1");
	expect_in_out("\timport exclusions\t-\t-\t-\t+3-0\tlist\n");
	expect(ST_NOINPUT, "exclude import /nonexistent");
	expect(ST_IO, "exclude import /");
	assert_string_equal(fail_text(), "'/': unable to read the input: Is a directory");
}

static void test_the_audit_says_who_what_when_and_why(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay --reason trap --actor alice" NOW);
	expect(ST_OK, "remove 192.0.2.1 --reason fixed --actor bob" LATER);
	expect(ST_OK, "audit --limit 2");
	expect_out("2026-11-21T10:00:00Z\talice\tadd\t192.0.2.1\trelay\toperator\t+1-0\ttrap\n"
		   "2026-11-22T10:00:00Z\tbob\tremove\t192.0.2.1\trelay\toperator\t+0-1\tfixed\n");
	expect(ST_OK, "audit --limit 0");
	expect_out("");
	expect(ST_NO, "show 192.0.2.1");
	expect_in_out("2026-11-22T10:00:00Z\tbob\tremove");
	expect(ST_USAGE, "audit --since yesterday");
}

static void test_the_audit_since_a_time(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 --sublist relay --now 2100-01-01T00:00:00Z");
	expect(ST_OK, "audit --since 2100-01-01T00:00:00Z");
	expect_in_out("2100-01-01T00:00:00Z\t");
	expect(ST_OK, "audit --since 2100-01-01T00:00:01Z");
	expect_out("");
}

static void test_names_that_are_not_there(void **state)
{
	(void)state;
	expect(ST_DATA, "add 192.0.2.1 --sublist nosuch");
	expect(ST_DATA, "list --sublist nosuch");
	expect(ST_OK, "list --sublist relay");
	expect_out("");
	expect(ST_DATA, "list --source nosuch");
	expect(ST_NO, "source disable nosuch");
	expect(ST_DATA, "add 192.0.2.1 --sublist relay --text two\tlines\x01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_second_init_touches_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_init_excludes_what_is_reserved, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_init_excludes_nothing_where_the_config_says_so,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_init_gives_zones_their_first_serial, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_added_is_listed_and_shown, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_texts_of_a_prefix_are_those_that_dns_serves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_the_public_may_know, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_test_entries_are_shown_as_dns_has_them,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adding_again_renews_last_seen_and_expiry_alone,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expiry_of_the_sublist_of_the_line_or_never,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_of_bad_operands_the_good_ones_are_stored,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strict_stores_all_or_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_is_excluded_is_stored_by_force_and_not_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_exclusions_side_by_side_exclude_what_they_cover, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_dry_run_keeps_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_remove_takes_exactly_that_prefix_and_names_what_covers_it, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_remove_leaves_other_sources_and_sublists,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_operands_come_from_stdin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_exclusions_come_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_exclusions_are_imported_from_a_list, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_audit_says_who_what_when_and_why, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_audit_since_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_that_are_not_there, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
