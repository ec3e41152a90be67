/* What a relay test's report proves, and the reports that are bad. */
#include "report_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795305600 /* 2026-11-22T00:00:00Z */

/* A test of 192.0.2.1 with one probe. */
static json_t *test_of(const char *from, const char *to, const char *stage)
{
	json_t *probe = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "form", "any", "mail_from",
				  from, "rcpt_to", to, "stage", stage, "reply", "250 2.1.5 Ok",
				  "output", "192.0.2.9");

	assert_non_null(probe);
	return json_pack("{s:i, s:s, s:i, s:s, s:s, s:b, s:[s,s], s:[o]}", "relaytest", 1, "target",
			 "192.0.2.1", "port", 25, "time", "2026-11-21T10:00:00Z", "tester", "t1",
			 "auth", 0, "names", "mail.example.org", "example.org", "probes", probe);
}

/* Reads, and lets go of the test. */
static enum status read_json(json_t *test, struct report *report)
{
	const struct report_rules rules = {.now = NOW};
	enum status status = relaytest_read(test, &rules, report);

	json_decref(test);
	return status;
}

static void assert_meaning(const struct report *report, enum report_disposition disposition,
			   unsigned confidence, bool proof)
{
	char text[PREFIX_TEXT];

	prefix_format(&report->source, text);
	assert_string_equal(text, "192.0.2.1");
	assert_int_equal(report->format, FORMAT_RELAYTEST);
	assert_int_equal(report->category, CATEGORY_RELAY);
	assert_int_equal(report->via, VIA_FIELD);
	assert_int_equal(report->observed, 1795255200);
	assert_int_equal(report->disposition, disposition);
	assert_int_equal(report->confidence, confidence);
	assert_int_equal(report->proof, proof);
}

static void test_how_far_a_probe_came(void **state)
{
	struct report report;

	(void)state;
	assert_int_equal(read_json(test_of("f@d.example", "t@d.example", "delivered"), &report),
			 ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 100, true);
	assert_int_equal(read_json(test_of("f@d.example", "t@d.example", "data"), &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 50, false);
	assert_int_equal(read_json(test_of("f@d.example", "t@d.example", "rcpt"), &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 30, false);
	assert_int_equal(read_json(test_of("f@d.example", "t@d.example", "rejected"), &report),
			 ST_OK);
	assert_meaning(&report, DISPOSITION_NEGATIVE, 100, false);
}

/*
 * Every envelope that testers of relays use: F = f@d.example, T = t@d.example, the target I =
 * [192.0.2.1] with the name H = mail.example.org. Delivered, is it a stranger's message?
 */
static void test_envelopes_that_prove(void **state)
{
	static const struct {
		const char *from, *to;
		bool proof;
	} forms[] = {
		{"", "t@d.example", true},
		{"<>", "t@d.example", true},
		{"f@d.example", "t@d.example", true},
		{"f@mail.example.org", "t@d.example", false},
		{"f@[192.0.2.1]", "t@d.example", false},
		{"f@[192.0.2.1]", "t%d.example@[192.0.2.1]", false},
		{"f@[192.0.2.1]", "t%d.example@mail.example.org", false},
		{"f@[192.0.2.1]", "\"t@d.example\"", false},
		{"f@[192.0.2.1]", "\"t%d.example\"", false},
		{"f@[192.0.2.1]", "t@d.example@[192.0.2.1]", false},
		{"f@[192.0.2.1]", "\"t@d.example\"@[192.0.2.1]", false},
		{"f@[192.0.2.1]", "t@d.example@mail.example.org", false},
		{"f@[192.0.2.1]", "@[192.0.2.1]:t@d.example", false},
		{"f@[192.0.2.1]", "@mail.example.org:t@d.example", false},
		{"f@[192.0.2.1]", "d.example!t", false},
		{"f@[192.0.2.1]", "d.example!t@[192.0.2.1]", false},
		{"f@[192.0.2.1]", "d.example!t@mail.example.org", false},
		/* The same recipients from a stranger. */
		{"f@d.example", "t%d.example@[192.0.2.1]", true},
		{"f@d.example", "t%d.example@mail.example.org", true},
		{"f@d.example", "\"t@d.example\"", true},
		{"f@d.example", "\"t%d.example\"", true},
		{"f@d.example", "t@d.example@[192.0.2.1]", true},
		{"f@d.example", "\"t@d.example\"@[192.0.2.1]", true},
		{"f@d.example", "t@d.example@mail.example.org", true},
		{"f@d.example", "@[192.0.2.1]:t@d.example", true},
		{"f@d.example", "@mail.example.org:t@d.example", true},
		{"f@d.example", "d.example!t", true},
		{"f@d.example", "d.example!t@[192.0.2.1]", true},
		{"f@d.example", "d.example!t@mail.example.org", true},
		/* Forms of other testers. */
		{"t@d.example", "t@d.example", true},
		{"f@localhost", "t@d.example", false},
		{"f", "t@d.example", false},
		{"f", "t%d.example", false},
		{"f", "\"t@d.example\"", false},
		{"f@example.org", "t@d.example", false},
		/* Mail for the target itself. */
		{"f@d.example", "postmaster@[192.0.2.1]", false},
		{"f@d.example", "postmaster@example.org", false},
		{"f@d.example", "postmaster", false},
		{"", "postmaster@mail.example.org", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct report report;

		print_message("<%s> to <%s>\n", forms[i].from, forms[i].to);
		json_t *test = test_of(forms[i].from, forms[i].to, "delivered");

		assert_int_equal(read_json(test, &report), ST_OK);
		assert_meaning(&report, forms[i].proof ? DISPOSITION_EVIDENCE : DISPOSITION_IGNORED,
			       forms[i].proof ? 100 : 0, forms[i].proof);
	}
}

static void test_names_make_local(void **state)
{
	struct report report;

	(void)state;
	json_t *test = test_of("f@example.org", "t@d.example", "delivered");

	json_object_del(test, "names");
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 100, true);
}

static void test_auth_proves_nothing(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");

	(void)state;
	json_object_set_new(test, "auth", json_true());
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_meaning(&report, DISPOSITION_IGNORED, 0, false);
}

static void add_probe(json_t *test, const char *from, const char *to, const char *stage)
{
	json_t *other = test_of(from, to, stage);

	json_array_append(json_object_get(test, "probes"),
			  json_array_get(json_object_get(other, "probes"), 0));
	json_decref(other);
}

static void test_the_furthest_probe_that_could_prove_decides(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "rejected");

	(void)state;
	add_probe(test, "f@d.example", "t%d.example@[192.0.2.1]", "rcpt");
	add_probe(test, "f@d.example", "t@d.example", "rejected");
	add_probe(test, "f@[192.0.2.1]", "t@d.example", "delivered");
	assert_int_equal(read_json(json_incref(test), &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 30, false);
	add_probe(test, "", "t@d.example", "delivered");
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 100, true);
}

/* How a member of the test, or of its probe, is spoilt; NULL: it is taken out. */
struct fault {
	const char *member, *value;
};

static void assert_bad(const struct fault *fault, bool in_probe)
{
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");
	json_t *object = in_probe ? json_array_get(json_object_get(test, "probes"), 0) : test;
	struct report report;

	print_message("%s: %s\n", fault->member, fault->value ? fault->value : "missing");
	if (fault->value) {
		json_t *value = json_loads(fault->value, JSON_DECODE_ANY, NULL);

		assert_non_null(value);
		json_object_set_new(object, fault->member, value);
	} else {
		json_object_del(object, fault->member);
	}
	assert_int_equal(read_json(test, &report), ST_DATA);
	print_message("\t%s\n", fail_text());
	assert_non_null(strstr(fail_text(), fault->member));
}

static void test_members_that_are_bad(void **state)
{
	static const struct fault faults[] = {
		{"relaytest", "2"},
		{"relaytest", "0"},
		{"relaytest", "true"},
		{"relaytest", "\"1\""},
		{"relaytest", "1.0"},
		{"relaytest", "null"},
		{"target", NULL},
		{"target", "1"},
		{"target", "\"\""},
		{"target", "\"mail.example.org\""},
		{"target", "\"192.0.2.0/24\""},
		{"target", "\"192.0.2.1/32\""},
		{"target", "\"192.0.2.1 \""},
		{"target", "\"192.0.2.256\""},
		{"target", "\"[192.0.2.1]\""},
		{"port", NULL},
		{"port", "\"25\""},
		{"port", "0"},
		{"port", "-25"},
		{"port", "65536"},
		{"port", "25.0"},
		{"time", NULL},
		{"time", "1795255200"},
		{"time", "\"yesterday\""},
		{"time", "\"2026-11-21\""},
		{"time", "\"2026-13-21T10:00:00Z\""},
		{"time", "\"2026-11-23T00:00:01Z\""}, /* more than a day ahead */
		{"time", "\"2099-01-01T00:00:00Z\""},
		{"tester", NULL},
		{"tester", "null"},
		{"auth", NULL},
		{"auth", "0"},
		{"auth", "\"false\""},
		{"names", "\"mail.example.org\""},
		{"names", "[1]"},
		{"names", "[\"mail.example.org\", null]"},
		{"names", "null"},
		{"probes", NULL},
		{"probes", "{}"},
		{"probes", "[]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_bad(&faults[i], false);
	}
}

static void test_probes_that_are_bad(void **state)
{
	static const struct fault faults[] = {
		{"form", NULL},
		{"form", "7"},
		{"mail_from", NULL},
		{"mail_from", "null"},
		{"rcpt_to", NULL},
		{"rcpt_to", "[]"},
		{"stage", NULL},
		{"stage", "\"\""},
		{"stage", "\"Delivered\""},
		{"stage", "\"accepted\""},
		{"stage", "4"},
		{"reply", NULL},
		{"reply", "250"},
		{"output", NULL}, /* of a probe that was delivered */
		{"output", "null"},
		{"output", "\"mail.example.org\""},
		{"output", "9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_bad(&faults[i], true);
	}
}

static void test_time_a_day_ahead_is_a_clock_gone_wrong(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");

	(void)state;
	json_object_set_new(test, "time", json_string("2026-11-23T00:00:00Z"));
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_int_equal(report.observed, NOW + 86400);
}

static void test_output_goes_with_delivered(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "rejected");
	json_t *probe = json_array_get(json_object_get(test, "probes"), 0);

	(void)state;
	json_object_set_new(probe, "output", json_loads("null", JSON_DECODE_ANY, NULL));
	assert_int_equal(read_json(json_incref(test), &report), ST_OK);
	json_object_del(probe, "output");
	assert_int_equal(read_json(test, &report), ST_OK);
}

static void test_unknown_members_are_for_others(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");

	(void)state;
	json_object_set_new(test, "banner", json_string("220 ready"));
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 100, true);
}

/* --- outputs and words ---------------------------------------------------------- */

static void set_output(json_t *test, size_t probe, const char *host)
{
	json_object_set_new(json_array_get(json_object_get(test, "probes"), probe), "output",
			    json_string(host));
}

/* The outputs by blanks. */
static void assert_outputs(const struct report *report, const char *expected)
{
	char text[REPORT_OUTPUTS * PREFIX_TEXT] = "", address[PREFIX_TEXT];

	for (unsigned i = 0; i < report->output_count; i++) {
		prefix_format(&report->outputs[i], address);
		strcat(strcat(text, i ? " " : ""), address);
	}
	assert_string_equal(text, expected);
}

static void test_outputs_are_the_other_hosts_that_delivered(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");

	(void)state;
	add_probe(test, "", "t@d.example", "delivered");
	set_output(test, 1, "192.0.2.1"); /* the target itself */
	add_probe(test, "", "t@d.example", "delivered");
	set_output(test, 2, "2001:db8::9");
	add_probe(test, "", "t@d.example", "delivered"); /* 192.0.2.9 again */
	add_probe(test, "f@[192.0.2.1]", "t@d.example", "delivered");
	set_output(test, 4, "192.0.2.10"); /* of a message that began at the target */
	add_probe(test, "f@d.example", "t@d.example", "rejected");
	set_output(test, 5, "192.0.2.11"); /* delivered nothing */
	assert_int_equal(read_json(json_incref(test), &report), ST_OK);
	assert_outputs(&report, "192.0.2.9 2001:db8::9");
	json_object_set_new(test, "auth", json_true());
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_outputs(&report, "");
}

static void test_outputs_are_bounded(void **state)
{
	struct report report;
	json_t *test = test_of("f@d.example", "t@d.example", "delivered");

	(void)state;
	for (unsigned i = 1; i <= REPORT_OUTPUTS; i++) {
		char host[32];

		snprintf(host, sizeof host, "198.51.100.%u", i);
		add_probe(test, "f@d.example", "t@d.example", "delivered");
		set_output(test, i, host);
	}
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_int_equal(report.output_count, REPORT_OUTPUTS);
	assert_meaning(&report, DISPOSITION_EVIDENCE, 100, true);
}

static void assert_note(const char *form, const char *from, const char *stage, const char *output,
			const char *note)
{
	struct report report;
	json_t *test = test_of(from, "t@d.example", stage);

	json_object_set_new(json_array_get(json_object_get(test, "probes"), 0), "form",
			    json_string(form));
	set_output(test, 0, output);
	assert_int_equal(read_json(test, &report), ST_OK);
	assert_string_equal(report.note, note);
	assert_string_equal(report.reference, "");
	assert_string_equal(report.recipient, "");
}

static void test_note_says_which_form_came_how_far(void **state)
{
	(void)state;
	assert_note("percent", "f@d.example", "delivered", "192.0.2.9",
		    "percent: delivered by 192.0.2.9");
	assert_note("percent", "f@d.example", "delivered", "192.0.2.1",
		    "percent: delivered by the target");
	assert_note("plain", "f@d.example", "data", "192.0.2.9", "plain: accepted after DATA");
	assert_note("plain", "f@d.example", "rcpt", "192.0.2.9", "plain: accepted at RCPT");
	assert_note("plain", "f@d.example", "rejected", "192.0.2.9",
		    "all strangers' mail was rejected");
	assert_note("plain", "f", "delivered", "192.0.2.9",
		    "no probe was by a stranger for a stranger");
	/* Nobody's address, and no control characters. */
	assert_note("f@d.example", "f@d.example", "rcpt", "192.0.2.9", "accepted at RCPT");
	assert_note("a\tb", "f@d.example", "rcpt", "192.0.2.9", "a?b: accepted at RCPT");
	assert_note("", "f@d.example", "rcpt", "192.0.2.9", "accepted at RCPT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_far_a_probe_came),
		cmocka_unit_test(test_envelopes_that_prove),
		cmocka_unit_test(test_names_make_local),
		cmocka_unit_test(test_auth_proves_nothing),
		cmocka_unit_test(test_the_furthest_probe_that_could_prove_decides),
		cmocka_unit_test(test_members_that_are_bad),
		cmocka_unit_test(test_probes_that_are_bad),
		cmocka_unit_test(test_time_a_day_ahead_is_a_clock_gone_wrong),
		cmocka_unit_test(test_output_goes_with_delivered),
		cmocka_unit_test(test_unknown_members_are_for_others),
		cmocka_unit_test(test_outputs_are_the_other_hosts_that_delivered),
		cmocka_unit_test(test_outputs_are_bounded),
		cmocka_unit_test(test_note_says_which_form_came_how_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
