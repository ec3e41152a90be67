/*
 * test_log.c: what becomes of a line, and how often one cause may speak. The limit's time is ours;
 * the lines go to a sink of ours, or to a pipe in the place of stderr.
 */
#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "log_limit.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { START = 1000 };

static struct {
	unsigned count;
	int priority;
	char line[LOG_LINE];
	size_t len;
} heard;

static void hear(int priority, const char *line, size_t len)
{
	assert_true(len < LOG_LINE);
	heard.count++;
	heard.priority = priority;
	memcpy(heard.line, line, len);
	heard.line[len] = '\0';
	heard.len = len;
}

static int begin(void **state)
{
	(void)state;
	memset(&heard, 0, sizeof heard);
	log_to(hear);
	log_limited(false);
	return 0;
}

/* --- a line -------------------------------------------------------------------------------------
 */

static void test_a_line_has_its_priority_and_says_it(void **state)
{
	(void)state;
	log_info("%s %d", "one", 1);
	assert_string_equal(heard.line, "one 1");
	assert_int_equal(heard.priority, LOG_INFO);
	log_warn("two");
	assert_string_equal(heard.line, "warning: two");
	assert_int_equal(heard.priority, LOG_WARNING);
	log_error("three");
	assert_string_equal(heard.line, "error: three");
	assert_int_equal(heard.priority, LOG_ERR);
}

static void test_nothing_that_moves_a_terminal_passes(void **state)
{
	(void)state;
	for (unsigned octet = 1; octet < 256; octet++) {
		log_info("a%cb", (int)octet);
		if (octet >= ' ' && octet < 0x7f) {
			assert_int_equal(heard.line[1], octet);
		} else {
			assert_string_equal(heard.line, "a?b");
		}
	}
	log_info("%s", "a\r\nerror: b\33[2J\x7f");
	assert_string_equal(heard.line, "a??error: b?[2J?");
	log_info("%s", "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x93\xae");
	assert_string_equal(heard.line, "M\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x93\xae");
	/* CSI as UTF-8, alone, and what is cut. */
	log_info("%s", "\xc2\x9b[2J \x9b \xe2\x82");
	assert_string_equal(heard.line, "??[2J ? ??");
	log_info("%s", "\xc2\xa0");
	assert_string_equal(heard.line, "\xc2\xa0");
}

static void test_what_is_too_long_is_cut(void **state)
{
	char text[2 * LOG_LINE];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_error("%s", text);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.len, LOG_LINE - 1);
}

/* What log_stderr() writes for one warning, with $JOURNAL_STREAM as it is. */
static void assert_written(int fd, const char *expected)
{
	int kept = dup(STDERR_FILENO), ends[2];
	char text[256] = "";

	assert_int_equal(pipe(ends), 0);
	if (fd >= 0) {
		assert_int_equal(dup2(fd, ends[1]), ends[1]);
	}
	dup2(ends[1], STDERR_FILENO);
	log_init("test");
	log_to(log_stderr);
	log_warn("w");
	dup2(kept, STDERR_FILENO);
	assert_int_equal(fd >= 0 ? lseek(fd, 0, SEEK_SET) : 0, 0);
	assert_true(read(fd >= 0 ? fd : ends[0], text, sizeof text - 1) > 0);
	assert_string_equal(text, expected);
	close(kept);
	close(ends[0]);
	close(ends[1]);
}

static void test_the_journal_is_told_the_priority_and_nobody_else(void **state)
{
	char stream[64];
	FILE *journal = tmpfile();
	struct stat st;

	(void)state;
	assert_non_null(journal);
	assert_int_equal(fstat(fileno(journal), &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	unsetenv("JOURNAL_STREAM");
	assert_written(-1, "test: warning: w\n");
	setenv("JOURNAL_STREAM", stream, 1);
	assert_written(fileno(journal), "<4>test: warning: w\n");
	/* It was the journal, but stderr was redirected since. */
	assert_written(-1, "test: warning: w\n");
	setenv("JOURNAL_STREAM", "nonsense", 1);
	assert_written(-1, "test: warning: w\n");
	unsetenv("JOURNAL_STREAM");
	log_init("test");
	fclose(journal);
}

/* --- the limit ----------------------------------------------------------------------------------
 */

static void test_a_burst_and_then_one_now_and_then(void **state)
{
	struct log_cause cause = {0};
	unsigned spoken = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		spoken += log_cause_speaks(&cause, START);
	}
	assert_int_equal(spoken, LIMIT_BURST);
	/* A thousand a second for ten minutes. */
	spoken = 0;
	for (uint64_t s = 1; s <= 600; s++) {
		for (unsigned i = 0; i < 1000; i++) {
			spoken += log_cause_speaks(&cause, START + s);
		}
	}
	assert_int_equal(spoken, 600 / LIMIT_INTERVAL_S);
}

static void test_who_was_quiet_has_the_whole_burst_again(void **state)
{
	struct log_cause cause = {0};
	uint64_t now = START;

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < LIMIT_BURST; i++) {
			assert_true(log_cause_speaks(&cause, now));
		}
		assert_false(log_cause_speaks(&cause, now));
		now += LIMIT_BURST * LIMIT_INTERVAL_S;
	}
	/* Half the time, half the burst. */
	now -= LIMIT_BURST * LIMIT_INTERVAL_S / 2;
	for (unsigned i = 0; i < LIMIT_BURST / 2; i++) {
		assert_true(log_cause_speaks(&cause, now));
	}
	assert_false(log_cause_speaks(&cause, now));
}

/* Each cause its own bucket, unless the hash has it otherwise. */
static void test_a_cause_is_a_format_and_of_a_bare_text_its_words(void **state)
{
	static struct log_limit l;
	const struct log_cause *format = log_limit_cause(&l, "no zone '%s'", "no zone 'a'");

	(void)state;
	assert_ptr_equal(format, log_limit_cause(&l, "no zone '%s'", "no zone 'whatever'"));
	assert_ptr_not_equal(format, log_limit_cause(&l, "no key '%s'", "no zone 'a'"));
	assert_ptr_equal(log_limit_cause(&l, "%s", "worker 1 at 192.0.2.1:53 ended"),
			 log_limit_cause(&l, "%s", "worker 12 at 198.51.100.7:5353 ended"));
	assert_ptr_not_equal(log_limit_cause(&l, "%s", "disk full"),
			     log_limit_cause(&l, "%s", "no memory"));
}

static void test_a_flood_is_a_few_lines_and_others_are_heard(void **state)
{
	(void)state;
	log_limited(true);
	for (unsigned i = 0; i < 5000; i++) {
		log_warn("flood %u", i);
	}
	/* Ten, and one more where the clock has moved on meanwhile. */
	assert_in_range(heard.count, LIMIT_BURST, LIMIT_BURST + 1);
	log_error("something else");
	assert_string_equal(heard.line, "error: something else");
}

/* Whatever is quoted: the buckets are all there is. */
static void test_varied_texts_are_bounded(void **state)
{
	char text[] = "aaaaaa";

	(void)state;
	log_limited(true);
	srandom(1);
	for (unsigned i = 0; i < 100000; i++) {
		for (unsigned k = 0; k < 6; k++) {
			text[k] = (char)('a' + random() % 26);
		}
		log_error("%s", text);
	}
	assert_in_range(heard.count, LIMIT_BURST, 2 * LIMIT_CAUSES * LIMIT_BURST);
}

static void test_what_was_held_back_is_told_when_it_is_time(void **state)
{
	(void)state;
	log_limited(true);
	for (unsigned i = 0; i < LIMIT_BURST + 50; i++) {
		log_warn("flood %u", i);
	}
	heard.count = 0;
	/* In real time, by the interval at most. */
	for (unsigned i = 0; i < 2000 && heard.count == 0; i++) {
		log_tick();
		usleep(10000);
	}
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.priority, LOG_WARNING);
	assert_non_null(strstr(heard.line, " more lines like this were suppressed: flood 59"));
	log_tick();
	assert_int_equal(heard.count, 1);
	log_limited(false);
}

static void test_without_a_limit_every_line_is_said(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		log_warn("flood %u", i);
	}
	assert_int_equal(heard.count, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, begin)
		TEST(test_a_line_has_its_priority_and_says_it),
		TEST(test_nothing_that_moves_a_terminal_passes),
		TEST(test_what_is_too_long_is_cut),
		TEST(test_the_journal_is_told_the_priority_and_nobody_else),
		TEST(test_a_burst_and_then_one_now_and_then),
		TEST(test_who_was_quiet_has_the_whole_burst_again),
		TEST(test_a_cause_is_a_format_and_of_a_bare_text_its_words),
		TEST(test_a_flood_is_a_few_lines_and_others_are_heard),
		TEST(test_varied_texts_are_bounded),
		TEST(test_what_was_held_back_is_told_when_it_is_time),
		TEST(test_without_a_limit_every_line_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
