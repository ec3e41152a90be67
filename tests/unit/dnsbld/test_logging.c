/*
 * test_logging.c: a child's lines through the pipe, and whatever else somebody writes into it. Both
 * ends are in this process, and so is the syslog daemon.
 */
#include "logging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "log_daemon.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { HEARD = 4096, FORGERIES = 3000 };

static struct config config = {.syslog = true};
static int ends[2];
static unsigned count;
static int priorities[HEARD];
static char *lines[HEARD];

void log_daemon_send(int priority, const char *line, size_t len)
{
	assert_true(count < HEARD);
	priorities[count] = priority;
	lines[count] = strndup(line, len);
	assert_non_null(lines[count]);
	count++;
}

void log_daemon_close(void)
{
}

static void forget(void)
{
	while (count > 0) {
		free(lines[--count]);
	}
}

static int begin(void **state)
{
	(void)state;
	assert_int_equal(logging_open(ends), ST_OK);
	logging_parent(&config, true);
	logging_child(&config, ends[1]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_to(log_stderr);
	forget();
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void send_octets(const void *octets, size_t len)
{
	assert_int_equal(write(ends[1], octets, len), len);
}

#define SEND(literal) send_octets(literal, sizeof(literal) - 1)

static void test_lines_come_with_their_priorities_in_order(void **state)
{
	(void)state;
	log_info("one");
	log_warn("two");
	log_error("three");
	assert_int_equal(count, 0);
	logging_read(ends[0]);
	assert_int_equal(count, 3);
	assert_string_equal(lines[0], "one");
	assert_int_equal(priorities[0], LOG_INFO);
	assert_string_equal(lines[1], "warning: two");
	assert_int_equal(priorities[1], LOG_WARNING);
	assert_string_equal(lines[2], "error: three");
	assert_int_equal(priorities[2], LOG_ERR);
	logging_read(ends[0]);
	assert_int_equal(count, 3);
}

/* Longer than the pipe is: nobody waits, and what is missing is told. */
static void test_a_full_pipe_costs_lines_and_says_how_many(void **state)
{
	unsigned sent = 0, lost = 0, read = 0;

	(void)state;
	for (; sent < 3000; sent++) {
		log_info("line %04u, which is no shorter than lines usually are", sent);
	}
	for (unsigned before = 1; before != count;) {
		before = count;
		logging_read(ends[0]);
	}
	read = count;
	assert_in_range(read, 1000, sent - 1);
	for (unsigned i = 0; i < read; i++) {
		unsigned number;

		assert_int_equal(sscanf(lines[i], "line %u,", &number), 1);
		assert_int_equal(number, i);
	}
	log_info("the next");
	logging_read(ends[0]);
	assert_int_equal(count, read + 2);
	assert_int_equal(sscanf(lines[read], "%u lines of the log were lost", &lost), 1);
	assert_int_equal(lost, sent - read);
	assert_int_equal(priorities[read], LOG_WARNING);
	assert_string_equal(lines[read + 1], "the next");
}

static void test_a_line_may_come_in_pieces(void **state)
{
	static const char whole[] = "4warning: of two halves\n6and one\n";

	(void)state;
	for (size_t i = 0; i < sizeof whole - 1; i++) {
		send_octets(whole + i, 1);
		logging_read(ends[0]);
	}
	assert_int_equal(count, 2);
	assert_string_equal(lines[0], "warning: of two halves");
	assert_string_equal(lines[1], "and one");
}

static void test_what_no_child_of_ours_would_write_is_cleaned_or_left_out(void **state)
{
	char *longest = malloc(LOG_LINE + 100);

	(void)state;
	assert_non_null(longest);
	SEND("0emergency\n1\n2critical\n7debug\nx\n\n\0\n");
	SEND("4\33[2J %s%n \xc2\x9b\n");
	memset(longest, '6', LOG_LINE + 100);
	longest[LOG_LINE + 99] = '\n';
	send_octets(longest, LOG_LINE + 100);
	SEND("6fine\n");
	logging_read(ends[0]);
	assert_int_equal(count, 2);
	assert_string_equal(lines[0], "?[2J %s%n ??");
	assert_string_equal(lines[1], "fine");
	free(longest);
}

static void test_octets_without_an_end_are_forgotten(void **state)
{
	static char octets[60000];

	(void)state;
	memset(octets, '5', sizeof octets);
	for (unsigned i = 0; i < 10; i++) {
		send_octets(octets, sizeof octets);
		logging_read(ends[0]);
	}
	SEND("\n6fine\n");
	logging_read(ends[0]);
	assert_int_equal(count, 1);
	assert_string_equal(lines[0], "fine");
}

static void test_random_octets_are_lines_without_controls_or_none(void **state)
{
	char octets[5000];

	(void)state;
	srandom(3);
	for (unsigned i = 0; i < FORGERIES; i++) {
		size_t len = 1 + (size_t)random() % sizeof octets;

		for (size_t k = 0; k < len; k++) {
			octets[k] = (char)(random() % 20 ? random() : "\n3456"[random() % 5]);
		}
		send_octets(octets, len);
		logging_read(ends[0]);
		for (unsigned k = 0; k < count; k++) {
			assert_in_range(priorities[k], LOG_ERR, LOG_INFO);
			assert_true(strlen(lines[k]) < LOG_LINE);
			for (const char *at = lines[k]; *at; at++) {
				assert_false((*at >= 0 && *at < ' ') || *at == 0x7f);
			}
		}
		forget();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(test_lines_come_with_their_priorities_in_order),
		TEST(test_a_full_pipe_costs_lines_and_says_how_many),
		TEST(test_a_line_may_come_in_pieces),
		TEST(test_what_no_child_of_ours_would_write_is_cleaned_or_left_out),
		TEST(test_octets_without_an_end_are_forgotten),
		TEST(test_random_octets_are_lines_without_controls_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
