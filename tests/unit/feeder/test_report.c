/* Formats told apart by content, several reports in one input, and what is none of them. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795305600 /* 2026-11-22T00:00:00Z */

#define MAIL "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nSource-IP: 192.0.2.1\n"
#define JMRP "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.2\n\nx\n"
#define SPAMCOP                                                                 \
	"From: 1@reports.spamcop.net\nSubject: [SpamCop (192.0.2.3) id:1]x\n\n" \
	"Email from 192.0.2.3 / Sat, 21 Nov 2026 10:00:00 +0000\n"
#define XARF0                                                                                        \
	"X-ARF: yes\nContent-Type: text/plain; name=report.txt\n\n---\nReported-From: a@b.example\n" \
	"Category: abuse\nSource: 192.0.2.4\n"
#define TEST_OF(target)                                                                         \
	"{\"relaytest\": 1, \"target\": \"" target "\", \"port\": 25, "                         \
	"\"time\": \"2026-11-21T10:00:00Z\", \"tester\": \"t1\", \"auth\": false, \"probes\": " \
	"[{\"form\": \"plain\", \"mail_from\": \"f@d.example\", \"rcpt_to\": \"t@d.example\", " \
	"\"stage\": \"rcpt\", \"reply\": \"250 Ok\"}]}"

static const struct config config = {.exclude_reserved = true};
static const struct report_rules rules = {.now = NOW, .config = &config};

/* What the sink was told, a word a report: "arf:192.0.2.1", "relaytest:bad", "?:unrecognised". */
struct told {
	char text[1024];
	char bodies[4096]; /* each in brackets */
};

static void tell(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct told *told = context;
	const char *format = report_format_name(report->format);
	const char *what = "bad";
	char address[PREFIX_TEXT];
	size_t len = strlen(told->text);

	if (fault) {
		assert_true(report->disposition == 0 ||
			    report->disposition == DISPOSITION_UNRECOGNISED);
		assert_true(strlen(fault) > 0);
	}
	if (report->disposition) {
		what = report_disposition_name(report->disposition);
	}
	if (report->source.family) {
		prefix_format(&report->source, address);
		what = address;
	}
	snprintf(told->text + len, sizeof told->text - len, "%s%s:%s", len ? " " : "",
		 format ? format : "?", what);
	len = strlen(told->bodies);
	snprintf(told->bodies + len, sizeof told->bodies - len, "[%.*s]", (int)body.len,
		 (const char *)body.data);
}

static void count_faults(void *context, const struct report *report, struct bytes body,
			 const char *fault)
{
	(void)report;
	(void)body;
	assert_non_null(fault);
	++*(size_t *)context;
}

static struct told read_bytes_as(struct bytes text, enum report_format format)
{
	struct told told = {"", ""};

	reports_read(text, format, &rules, tell, &told);
	return told;
}

static void assert_told(const char *text, enum report_format format, const char *expected)
{
	struct told told = read_bytes_as(bytes_str(text), format);

	assert_string_equal(told.text, expected);
}

static void test_content_tells_the_format(void **state)
{
	(void)state;
	assert_told(MAIL, FORMAT_UNKNOWN, "arf:192.0.2.1");
	assert_told("\n\n" MAIL, FORMAT_UNKNOWN, "arf:192.0.2.1");
	assert_told("\xef\xbb\xbf" MAIL, FORMAT_UNKNOWN, "arf:192.0.2.1");
	assert_told(TEST_OF("192.0.2.7"), FORMAT_UNKNOWN, "relaytest:192.0.2.7");
	assert_told(" \r\n\t" TEST_OF("192.0.2.7") "\n", FORMAT_UNKNOWN, "relaytest:192.0.2.7");
	assert_told("\xef\xbb\xbf" TEST_OF("192.0.2.7"), FORMAT_UNKNOWN, "relaytest:192.0.2.7");
	assert_told(JMRP, FORMAT_UNKNOWN, "jmrp:192.0.2.2");
	assert_told(SPAMCOP, FORMAT_UNKNOWN, "spamcop:192.0.2.3");
	assert_told(XARF0, FORMAT_UNKNOWN, "xarf0:192.0.2.4");
	assert_told("hello", FORMAT_UNKNOWN, "?:unrecognised");
	assert_told("\x7f"
		    "ELF",
		    FORMAT_UNKNOWN, "?:unrecognised");
	assert_told("{}", FORMAT_UNKNOWN, "?:unrecognised");
	assert_told("{", FORMAT_UNKNOWN, "?:unrecognised");
	assert_told("[]", FORMAT_UNKNOWN, "?:unrecognised");
	assert_told("{\"relaytest\": 1}", FORMAT_UNKNOWN, "?:bad");
	assert_told("{\"relaytest\": 1", FORMAT_UNKNOWN, "?:bad");
}

static void test_a_format_that_is_given_is_tried_alone(void **state)
{
	(void)state;
	assert_told(MAIL, FORMAT_ARF, "arf:192.0.2.1");
	assert_told(TEST_OF("192.0.2.7"), FORMAT_RELAYTEST, "relaytest:192.0.2.7");
	assert_told(MAIL, FORMAT_RELAYTEST, "relaytest:bad");
	assert_told(TEST_OF("192.0.2.7"), FORMAT_ARF, "arf:bad");
	assert_told(JMRP, FORMAT_JMRP, "jmrp:192.0.2.2");
	assert_told(SPAMCOP, FORMAT_SPAMCOP, "spamcop:192.0.2.3");
	assert_told(XARF0, FORMAT_XARF0, "xarf0:192.0.2.4");
	assert_told(JMRP, FORMAT_ARF, "arf:bad");
	assert_told(SPAMCOP, FORMAT_XARF0, "xarf0:bad");
	assert_told(XARF0, FORMAT_SPAMCOP, "spamcop:bad");
	assert_told(MAIL, FORMAT_JMRP, "jmrp:bad");
	assert_told("{}", FORMAT_RELAYTEST, "relaytest:bad");
	assert_told("hello", FORMAT_ARF, "arf:bad");
}

static void test_several_tests_in_one_input(void **state)
{
	(void)state;
	assert_told(TEST_OF("192.0.2.1") "\n" TEST_OF("192.0.2.2") "\n", FORMAT_UNKNOWN,
		    "relaytest:192.0.2.1 relaytest:192.0.2.2");
	assert_told(TEST_OF("192.0.2.1") TEST_OF("192.0.2.2"), FORMAT_UNKNOWN,
		    "relaytest:192.0.2.1 relaytest:192.0.2.2");
	/* One that is bad takes no other with it. */
	assert_told(TEST_OF("192.0.2.1") "\n" TEST_OF("nowhere") "\n" TEST_OF("192.0.2.2"),
		    FORMAT_UNKNOWN, "relaytest:192.0.2.1 ?:bad relaytest:192.0.2.2");
	assert_told("{\"relaytest\": 1, \n" TEST_OF("192.0.2.2"), FORMAT_UNKNOWN,
		    "?:bad relaytest:192.0.2.2");
	assert_told(TEST_OF("192.0.2.1") "\nrubbish\n" TEST_OF("192.0.2.2") "\n{\"relaytest\"",
		    FORMAT_RELAYTEST,
		    "relaytest:192.0.2.1 relaytest:bad relaytest:192.0.2.2 relaytest:bad");
}

static void test_each_report_has_its_own_bytes(void **state)
{
	(void)state;
	const char *two = " " TEST_OF("192.0.2.1") " \n" TEST_OF("192.0.2.2") "\n";
	struct told told = read_bytes_as(bytes_str(two), FORMAT_UNKNOWN);

	assert_string_equal(told.bodies, "[" TEST_OF("192.0.2.1") "][" TEST_OF("192.0.2.2") "]");
	told = read_bytes_as(bytes_str("\n" MAIL), FORMAT_UNKNOWN);
	assert_string_equal(told.bodies, "[\n" MAIL "]");
}

/* Each of these is a fault at every line, or a report at every other octet. */
static void test_hostile_streams_end(void **state)
{
	static const char *const parts[] = {"{\"relaytest\":\n", "{}", "{\"relaytest\":1}\n"};
	size_t size = 8 << 20;

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		size_t len = strlen(parts[i]), count = 0;
		uint8_t *text = must_alloc(size);

		for (size_t at = 0; at + len <= size; at += len) {
			memcpy(text + at, parts[i], len);
		}
		reports_read(bytes_of(text, size / len * len), FORMAT_RELAYTEST, &rules,
			     count_faults, &count);
		print_message("%zu faults\n", count);
		assert_in_range(count, 1, REPORTS_MAX + 1);
		free(text);
	}
}

static void test_nothing_is_one_bad_report(void **state)
{
	(void)state;
	assert_told("", FORMAT_UNKNOWN, "?:bad");
	assert_told(" \n\r\n\t", FORMAT_UNKNOWN, "?:bad");
	assert_told("\xef\xbb\xbf", FORMAT_RELAYTEST, "relaytest:bad");
}

static void test_size_is_capped(void **state)
{
	uint8_t *text = must_alloc(REPORT_MAX + 1);

	(void)state;
	memset(text, 'x', REPORT_MAX + 1);
	memcpy(text, MAIL "\n", strlen(MAIL) + 1);
	assert_string_equal(read_bytes_as(bytes_of(text, REPORT_MAX), FORMAT_UNKNOWN).text,
			    "arf:192.0.2.1");
	assert_string_equal(read_bytes_as(bytes_of(text, REPORT_MAX + 1), FORMAT_UNKNOWN).text,
			    "?:bad");
	free(text);
}

static void test_formats_by_name(void **state)
{
	(void)state;
	assert_int_equal(report_format_named("arf"), FORMAT_ARF);
	assert_int_equal(report_format_named("relaytest"), FORMAT_RELAYTEST);
	assert_int_equal(report_format_named("ARF"), FORMAT_UNKNOWN);
	assert_int_equal(report_format_named(""), FORMAT_UNKNOWN);
	assert_null(report_format_name(FORMAT_UNKNOWN));
	assert_null(category_name(CATEGORY_NONE));
	assert_null(report_via_name(VIA_NONE));
	assert_null(report_disposition_name(0));
	assert_null(report_disposition_name(DISPOSITION_DUPLICATE + 1));
	assert_string_equal(report_disposition_name(DISPOSITION_DUPLICATE), "duplicate");
}

/* FIPS 180-2, appendix B.1. */
static void test_hash_is_sha256(void **state)
{
	static const uint8_t abc[REPORT_HASH] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
						 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
						 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
						 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	uint8_t hash[REPORT_HASH];

	(void)state;
	report_hash(bytes_str("abc"), hash);
	assert_memory_equal(hash, abc, sizeof abc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_tells_the_format),
		cmocka_unit_test(test_a_format_that_is_given_is_tried_alone),
		cmocka_unit_test(test_several_tests_in_one_input),
		cmocka_unit_test(test_each_report_has_its_own_bytes),
		cmocka_unit_test(test_hostile_streams_end),
		cmocka_unit_test(test_nothing_is_one_bad_report),
		cmocka_unit_test(test_size_is_capped),
		cmocka_unit_test(test_formats_by_name),
		cmocka_unit_test(test_hash_is_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
