/*
 * The command line: where options may stand, and what to type when it is wrong.
 */
#include "feeder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static enum status no_run(struct call *call)
{
	(void)call;
	return ST_INTERNAL;
}

static const struct command add = {
	.verb = "add",
	.operands = "PREFIX…|-",
	.least = 1,
	.most = UNBOUNDED,
	.options = TAKES_WRITER | TAKES(OPTION_STRICT),
	.required = TAKES(OPTION_SUBLIST),
	.summary = "Adds",
	.run = no_run,
};
static const struct command list = {.verb = "list", .summary = "Lists", .run = no_run};
static const struct command source_list = {.verb = "source",
					   .sub = "list",
					   .summary = "Lists",
					   .run = no_run};
static const struct command source_disable = {.verb = "source",
					      .sub = "disable",
					      .operands = "NAME",
					      .least = 1,
					      .most = 1,
					      .options = TAKES_WRITER,
					      .summary = "Disables",
					      .run = no_run};
static const struct command *const commands[] = {&add, &list, &source_list, &source_disable, NULL};

/* A line as a shell would cut it, at blanks. */
static enum status parse(struct call *call, const char *line)
{
	static char text[256];
	static char *argv[32];
	int argc = 0;

	snprintf(text, sizeof text, "%s", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return options_parse(call, argc, argv, commands);
}

static void test_options_stand_before_the_verb_and_after(void **state)
{
	static const char *const lines[] = {
		"feeder -c FILE --strict add --sublist s 192.0.2.1 192.0.2.2",
		"feeder add -c FILE 192.0.2.1 192.0.2.2 --sublist s --strict",
		"feeder add 192.0.2.1 -cFILE --sublist=s --strict 192.0.2.2",
		"feeder --sublist s --strict -c FILE add -- 192.0.2.1 192.0.2.2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct call call;

		assert_int_equal(parse(&call, lines[i]), ST_OK);
		assert_ptr_equal(call.command, &add);
		assert_string_equal(call.config_file, "FILE");
		assert_string_equal(call.sublist, "s");
		assert_true(call.strict);
		assert_false(call.json);
		assert_int_equal(call.operand_count, 2);
		assert_string_equal(call.operands[0], "192.0.2.1");
		assert_string_equal(call.operands[1], "192.0.2.2");
		free(call.words);
	}
}

static void test_order_does_not_depend_on_the_environment(void **state)
{
	struct call call;

	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	assert_int_equal(parse(&call, "feeder add 192.0.2.1 --sublist s"), ST_OK);
	unsetenv("POSIXLY_CORRECT");
	assert_string_equal(call.sublist, "s");
	assert_int_equal(call.operand_count, 1);
	free(call.words);
}

static void test_a_dash_is_an_operand(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, "feeder add - --sublist s"), ST_OK);
	assert_int_equal(call.operand_count, 1);
	assert_string_equal(call.operands[0], "-");
	free(call.words);
}

static void test_a_verb_of_two_words(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, "feeder source --json disable feed"), ST_OK);
	assert_ptr_equal(call.command, &source_disable);
	assert_string_equal(call.operands[0], "feed");
	assert_true(call.json);
	free(call.words);
}

static void test_a_wrong_line_says_what_to_type(void **state)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{"feeder", "which verb? Type 'feeder --help'"},
		{"feeder bogus", "there is no verb 'bogus': type 'feeder --help'"},
		{"feeder bogus --help", "there is no verb 'bogus': type 'feeder --help'"},
		{"feeder source", "source what? Type 'feeder source --help'"},
		{"feeder source bogus", "there is no 'source bogus': type 'feeder source --help'"},
		{"feeder source disable", "NAME is missing: type 'feeder source disable --help'"},
		{"feeder source disable a b",
		 "'b' is one word too many: type 'feeder source disable --help'"},
		{"feeder add --sublist s", "PREFIX…|- is missing: type 'feeder add --help'"},
		{"feeder add x", "--sublist NAME is missing: type 'feeder add --help'"},
		{"feeder add x --sublist",
		 "--sublist wants NAME after it: type 'feeder add --help'"},
		{"feeder add x -c", "-c wants FILE after it: type 'feeder add --help'"},
		{"feeder add x --bogus", "there is no option '--bogus': type 'feeder add --help'"},
		{"feeder --bogus", "there is no option '--bogus': type 'feeder --help'"},
		{"feeder -x add y", "there is no option '-x': type 'feeder add --help'"},
		{"feeder add x --strict=1",
		 "--strict takes nothing after a '=': type 'feeder add --help'"},
		{"feeder add x --sublist a --sublist b",
		 "--sublist is given twice: type 'feeder add --help'"},
		{"feeder list --sublist a",
		 "list does not take --sublist: type 'feeder list --help'"},
		{"feeder source list --dry-run",
		 "source list does not take --dry-run: type 'feeder source list --help'"},
		{"feeder list --now today", "--now: 'today' is no time like 2026-11-21T10:00:00Z: "
					    "type 'feeder list --help'"},
		{"feeder list --wait soon",
		 "--wait wants seconds, not 'soon': type 'feeder list --help'"},
		{"feeder list --wait -1",
		 "--wait wants seconds, not '-1': type 'feeder list --help'"},
		{"feeder list --wait nan",
		 "--wait wants seconds, not 'nan': type 'feeder list --help'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct call call;

		assert_int_equal(parse(&call, rows[i].line), ST_USAGE);
		assert_string_equal(fail_text(), rows[i].text);
		free(call.words);
	}
}

static void test_help_asks_for_nothing_else(void **state)
{
	static const char *const lines[] = {"feeder --help", "feeder add --help",
					    "feeder source --help", "feeder -h",
					    "feeder --version"};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct call call;

		assert_int_equal(parse(&call, lines[i]), ST_OK);
		assert_true(call.help || call.version);
		free(call.words);
	}
}

static void test_defaults(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(parse(&call, "feeder list"), ST_OK);
	assert_int_equal(call.wait_ms, 30000);
	assert_true(call.now > 1700000000);
	assert_non_null(call.actor);
	assert_true(strlen(call.actor) > 0);
	assert_null(call.config_file);
	free(call.words);
}

static void test_values_are_read(void **state)
{
	struct call call;

	(void)state;
	assert_int_equal(
		parse(&call, "feeder list --wait 0.25 --now 2026-11-21T10:00:00Z --actor alice"),
		ST_OK);
	assert_int_equal(call.wait_ms, 250);
	assert_int_equal(call.now, 1795255200);
	assert_string_equal(call.actor, "alice");
	free(call.words);
}

static void test_under_sudo_the_actor_is_who_typed_it(void **state)
{
	struct call call;

	(void)state;
	if (geteuid() != 0) {
		skip();
	}
	setenv("SUDO_USER", "alice", 1);
	assert_int_equal(parse(&call, "feeder list"), ST_OK);
	assert_string_equal(call.actor, "alice");
	unsetenv("SUDO_USER");
	free(call.words);
}

static void expect_words(const char *reason, const char *source, enum status expected)
{
	struct call call = {.reason = reason, .source = source, .actor = "alice"};

	assert_int_equal(call_check_words(&call), expected);
}

static void test_words_that_are_kept_are_one_line_of_utf8(void **state)
{
	char long_reason[1026];

	(void)state;
	memset(long_reason, 'a', sizeof long_reason);
	long_reason[1025] = '\0';
	expect_words(long_reason, NULL, ST_DATA);
	long_reason[1024] = '\0';
	expect_words(long_reason, NULL, ST_OK);
	expect_words("Gr\xc3\xbc\xc3\x9f"
		     "e",
		     "feed-1.example", ST_OK);
	expect_words("two\nlines", NULL, ST_DATA);
	expect_words("a\tb", NULL, ST_DATA);
	expect_words("\x1b[2J", NULL, ST_DATA);
	expect_words("\xff", NULL, ST_DATA);
	expect_words(NULL, "two words", ST_DATA);
	expect_words(NULL, "", ST_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_before_the_verb_and_after),
		cmocka_unit_test(test_order_does_not_depend_on_the_environment),
		cmocka_unit_test(test_a_dash_is_an_operand),
		cmocka_unit_test(test_a_verb_of_two_words),
		cmocka_unit_test(test_a_wrong_line_says_what_to_type),
		cmocka_unit_test(test_help_asks_for_nothing_else),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values_are_read),
		cmocka_unit_test(test_under_sudo_the_actor_is_who_typed_it),
		cmocka_unit_test(test_words_that_are_kept_are_one_line_of_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
