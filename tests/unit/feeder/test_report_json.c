/* JSON in streams and arrays: which format, whose octets, and what one fault takes with it. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_reader.h"

#include <cmocka.h>

#define NOW 1795305600 /* 2026-11-22T00:00:00Z */

#define TEST                                                                                    \
	"{\"relaytest\": 1, \"target\": \"192.0.2.1\", \"port\": 25, "                          \
	"\"time\": \"2026-11-21T10:00:00Z\", \"tester\": \"t1\", \"auth\": false, \"probes\": " \
	"[{\"form\": \"plain\", \"mail_from\": \"f@d.example\", \"rcpt_to\": \"t@d.example\", " \
	"\"stage\": \"rcpt\", \"reply\": \"250 Ok\"}]}"
#define XARF3                                                                                    \
	"{\"Version\": \"3\", \"ReporterInfo\": {\"ReporterOrg\": \"A\", \"ReporterOrgEmail\": " \
	"\"a@example.net\"}, \"Report\": {\"ReportClass\": \"Activity\", \"ReportType\": "       \
	"\"Spam\", \"Date\": \"2026-11-21T10:00:00Z\", \"SourceIp\": \"192.0.2.3\"}}"
#define ORG "{\"org\": \"A\", \"contact\": \"a@example.net\", \"domain\": \"example.net\"}"
#define XARF4                                                                                     \
	"{\"xarf_version\": \"4.2.0\", \"report_id\": \"0d1f2c3b-4a59-4687-8a7b-6c5d4e3f2a1b\", " \
	"\"timestamp\": \"2026-11-21T10:00:00Z\", \"reporter\": " ORG ", \"sender\": " ORG ", "   \
	"\"source_identifier\": \"192.0.2.4\", \"category\": \"messaging\", \"type\": \"spam\"}"

/* A word a report: "xarf3:192.0.2.3", "?:bad", "?:unrecognised". */
struct told {
	char text[1024];
	char bodies[8192]; /* each in angle brackets */
};

static void tell(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct told *told = context;
	const char *format = report_format_name(report->format);
	const char *what = report->disposition == DISPOSITION_UNRECOGNISED ? "unrecognised" : "bad";
	char address[PREFIX_TEXT];
	size_t len = strlen(told->text);

	if (!fault) {
		prefix_format(&report->source, address);
		what = address;
	}
	snprintf(told->text + len, sizeof told->text - len, "%s%s:%s", len ? " " : "",
		 format ? format : "?", what);
	len = strlen(told->bodies);
	snprintf(told->bodies + len, sizeof told->bodies - len, "<%.*s>", (int)body.len,
		 (const char *)body.data);
}

static struct told read_as(const char *text, enum report_format format)
{
	const struct report_rules rules = {.now = NOW};
	struct told told = {"", ""};

	reports_read(bytes_str(text), format, &rules, tell, &told);
	return told;
}

static void assert_told(const char *text, const char *expected)
{
	assert_string_equal(read_as(text, FORMAT_UNKNOWN).text, expected);
}

static void test_members_tell_the_format(void **state)
{
	(void)state;
	assert_told(TEST, "relaytest:192.0.2.1");
	assert_told(XARF3, "xarf3:192.0.2.3");
	assert_told(XARF4, "xarf4:192.0.2.4");
	assert_told("{}", "?:unrecognised");
	assert_told("{\"a\": {\"relaytest\": 1}}", "?:unrecognised");
	assert_told("{\"Version\": \"2012-10-17\"}", "?:unrecognised");
	assert_told("{\"version\": \"3\"}", "?:unrecognised");
	/* Meant, and bad. */
	assert_told("{\"relaytest\": 2}", "?:bad");
	assert_told("{\"xarf_version\": 4}", "?:bad");
	assert_told("{\"Version\": \"3\"}", "?:bad");
	assert_told("{\"ReporterInfo\": {}, \"Report\": {}}", "?:bad");
}

static void test_a_format_that_is_given_is_tried_alone(void **state)
{
	(void)state;
	assert_string_equal(read_as(XARF4 TEST XARF3, FORMAT_XARF3).text,
			    "xarf3:bad xarf3:bad xarf3:192.0.2.3");
	assert_string_equal(read_as(XARF4 TEST XARF3, FORMAT_XARF4).text,
			    "xarf4:192.0.2.4 xarf4:bad xarf4:bad");
	assert_string_equal(read_as("[" TEST "]", FORMAT_ARF).text, "arf:bad");
}

static void test_a_stream_has_a_body_for_each(void **state)
{
	(void)state;
	struct told told = read_as(" " TEST "\n\n" XARF3 XARF4 "\r\n", FORMAT_UNKNOWN);

	assert_string_equal(told.text, "relaytest:192.0.2.1 xarf3:192.0.2.3 xarf4:192.0.2.4");
	assert_string_equal(told.bodies, "<" TEST "><" XARF3 "><" XARF4 ">");
}

static void test_an_array_has_a_body_for_each(void **state)
{
	(void)state;
	struct told told =
		read_as("\xef\xbb\xbf [ " XARF3 " ,\n\t" XARF4 "," TEST " ]\n ", FORMAT_UNKNOWN);

	assert_string_equal(told.text, "xarf3:192.0.2.3 xarf4:192.0.2.4 relaytest:192.0.2.1");
	assert_string_equal(told.bodies, "<" XARF3 "><" XARF4 "><" TEST ">");
	/* It is one body as that element alone is. */
	told = read_as(XARF4, FORMAT_UNKNOWN);
	assert_string_equal(told.bodies, "<" XARF4 ">");
}

static void test_octets_are_counted_not_characters(void **state)
{
	(void)state;
	struct told told =
		read_as("[{\"a\": \"\xc3\xa9\xe2\x82\xac\"}, " XARF4 "]", FORMAT_UNKNOWN);

	assert_string_equal(told.bodies, "<{\"a\": \"\xc3\xa9\xe2\x82\xac\"}><" XARF4 ">");
}

/* XARF4 with a member of so many empty objects, then XARF3. */
static struct told read_with_objects(size_t count)
{
	static const char head[] = "{\"x\": [";
	char *text = must_alloc(sizeof head + 3 * count + sizeof XARF4 + sizeof XARF3 + 10);
	char *at = stpcpy(text, head);

	for (size_t i = 0; i < count; i++) {
		at = stpcpy(at, "{},");
	}
	at = stpcpy(at, "0], ");
	at = stpcpy(at, &XARF4[1]);
	strcpy(at, "\n" XARF3);
	struct told told = read_as(text, FORMAT_UNKNOWN);

	free(text);
	return told;
}

/* Each takes a hundred times its octets: they are two values, one begun by '{', one by ','. */
static void test_values_of_one_object_are_bounded(void **state)
{
	(void)state;
	assert_string_equal(read_with_objects(49000).text, "xarf4:192.0.2.4 xarf3:192.0.2.3");
	assert_string_equal(read_with_objects(51000).text, "?:bad xarf3:192.0.2.3");
}

static void test_arrays_of_other_things(void **state)
{
	(void)state;
	assert_told("[]", "?:unrecognised");
	assert_told("[", "?:unrecognised");
	assert_told("[1]", "?:unrecognised");
	assert_told("[{}, {}]", "?:unrecognised ?:unrecognised");
	assert_told("[[" XARF4 "]]", "?:unrecognised");
	assert_told("[{}, " XARF4 "]", "?:unrecognised xarf4:192.0.2.4");
}

static void test_an_array_that_is_cut_off_is_bad_at_its_end(void **state)
{
	(void)state;
	assert_told("[" XARF4, "xarf4:192.0.2.4 ?:bad");
	assert_told("[" XARF4 ",", "xarf4:192.0.2.4 ?:bad");
	assert_told("[" XARF4 ",\n{\"xarf_version\"", "xarf4:192.0.2.4 ?:bad");
}

static void test_a_fault_takes_no_other_with_it(void **state)
{
	(void)state;
	assert_told(TEST "\n{\"xarf_version\": \"4.0.0\",\n" XARF3,
		    "relaytest:192.0.2.1 ?:bad xarf3:192.0.2.3");
	assert_told("[{\"xarf_version\": \"4.0.0\"},\n" XARF4 "]", "?:bad xarf4:192.0.2.4");
	assert_told("[" XARF3 ",\n{\"ReporterInfo\": },\n" XARF4 "]",
		    "xarf3:192.0.2.3 ?:bad xarf4:192.0.2.4");
}

static void test_broken_json_that_was_meant_is_bad(void **state)
{
	(void)state;
	assert_told("{\"relaytest\": 1", "?:bad");
	assert_told("{\"xarf_version\": \"4.2.0\"", "?:bad");
	assert_told("{\"Version\": \"3\", \"ReporterInfo\": {", "?:bad");
	assert_told("{\"relaytest\": 1, \"target\": \"\xff\"}", "?:bad");
	assert_told("{\"relaytest\": 1, \"target\": \"a\\u0000\"}", "?:bad");
	assert_told("{", "?:unrecognised");
	assert_told("{\"a\": 1, \"a\": 2}", "?:unrecognised");
	/* Which of the two would be meant? */
	assert_told("{\"relaytest\": 1, \"relaytest\": 1}", "?:bad");
	assert_told("{\"source_identifier\": \"192.0.2.9\", " /* … */
		    "\"source_identifier\": \"192.0.2.4\", \"xarf_version\": \"4.2.0\"}",
		    "?:bad");
}

/* What a mail reader does: the text is a part of its own, the body is the mail. */
static struct told read_in_mail(const char *text, enum status expected)
{
	static const char mail[] = "Subject: report\n\nas attached";
	const struct report_rules rules = {.now = NOW};
	struct told told = {"", ""};
	struct report_reader reader = {
		.rules = &rules,
		.sink = tell,
		.context = &told,
		.body = bytes_str(mail),
	};

	assert_int_equal(json_reports_read(&reader, bytes_str(text)), expected);
	assert_ptr_equal(reader.body.data, mail);
	return told;
}

static void test_in_a_mail_the_body_is_the_mail(void **state)
{
	(void)state;
	struct told told = read_in_mail("[" XARF4 ", " XARF3 "]", ST_OK);

	assert_string_equal(told.text, "xarf4:192.0.2.4 xarf3:192.0.2.3");
	assert_string_equal(told.bodies, "<Subject: report\n\nas attached>"
					 "<Subject: report\n\nas attached>");
}

/* A part that is the end of the mail's own octets. */
static void test_a_part_within_the_mail_is_no_body_of_its_own(void **state)
{
	static const char mail[] = "Subject: report\n\n" XARF4;
	const struct report_rules rules = {.now = NOW};
	struct told told = {"", ""};
	struct report_reader reader = {
		.rules = &rules,
		.sink = tell,
		.context = &told,
		.body = bytes_str(mail),
	};

	(void)state;
	assert_int_equal(json_reports_read(&reader, bytes_str(strchr(mail, '{'))), ST_OK);
	assert_string_equal(told.bodies, "<Subject: report\n\n" XARF4 ">");
}

static void test_in_a_mail_other_json_is_no_report(void **state)
{
	(void)state;
	assert_string_equal(read_in_mail("{}", ST_NO).text, "");
	assert_string_equal(read_in_mail("[]", ST_NO).text, "");
	assert_string_equal(read_in_mail("{\"a\": ", ST_NO).text, "");
	/* Broken: it may be words, and what follows quoted. */
	assert_string_equal(read_in_mail("{\"relaytest\": \n" XARF4, ST_NO).text, "");
	assert_string_equal(read_in_mail("[ words \"relaytest\" ]\n" XARF4, ST_NO).text, "");
	assert_string_equal(read_in_mail("[" XARF4 ",\n{\"relaytest\": \n", ST_OK).text,
			    "xarf4:192.0.2.4 ?:bad");
	assert_string_equal(read_in_mail(XARF4 "{}", ST_OK).text, "xarf4:192.0.2.4 ?:unrecognised");
	assert_string_equal(read_in_mail("{\"xarf_version\": \"9\"}", ST_OK).text, "?:bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_tell_the_format),
		cmocka_unit_test(test_a_format_that_is_given_is_tried_alone),
		cmocka_unit_test(test_a_stream_has_a_body_for_each),
		cmocka_unit_test(test_an_array_has_a_body_for_each),
		cmocka_unit_test(test_octets_are_counted_not_characters),
		cmocka_unit_test(test_values_of_one_object_are_bounded),
		cmocka_unit_test(test_arrays_of_other_things),
		cmocka_unit_test(test_an_array_that_is_cut_off_is_bad_at_its_end),
		cmocka_unit_test(test_a_fault_takes_no_other_with_it),
		cmocka_unit_test(test_broken_json_that_was_meant_is_bad),
		cmocka_unit_test(test_in_a_mail_the_body_is_the_mail),
		cmocka_unit_test(test_a_part_within_the_mail_is_no_body_of_its_own),
		cmocka_unit_test(test_in_a_mail_other_json_is_no_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
