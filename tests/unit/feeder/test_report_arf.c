/* Feedback reports, and mails that are none. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"
#include "read_mail.h"

#include <cmocka.h>

#define ARRIVED 1795255200 /* Sat, 21 Nov 2026 10:00:00 +0000 */
#define DATED   1795258800 /* an hour later */

#define HEAD                                                 \
	"From: reports@example.net\nTo: abuse@example.org\n" \
	"Date: Sat, 21 Nov 2026 12:00:00 +0100\nSubject: report\nMIME-Version: 1.0\n"
#define REPORT   "Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n"
#define WORDS    "--b\nContent-Type: text/plain\n\nA report about 203.0.113.9.\n\n"
#define FEEDBACK "--b\nContent-Type: message/feedback-report\n\n"
#define ABOUT                                                                              \
	"\n--b\nContent-Type: message/rfc822\n\nReceived: from x (x [203.0.113.8]) by y; " \
	"Sat, 21 Nov 2026 09:00:00 +0000\nFrom: a@example.com\n\nspam\n"
#define BARE "\n--b\nContent-Type: message/rfc822\n\nFrom: a@example.com\n\nspam\n"
#define END  "\n--b--\n"
#define FIELDS                                                   \
	"Feedback-Type: abuse\nUser-Agent: Test/1\nVersion: 1\n" \
	"Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\nSource-IP: 192.0.2.1\n"

static enum status read_octets(struct bytes text, struct report *report)
{
	struct told told = read_mail_as(text, FORMAT_ARF, NULL);

	assert_int_equal(told.count, 1);
	*report = told.report;
	return told.faults ? ST_NO : ST_OK;
}

static enum status read_text(const char *text, struct report *report)
{
	return read_octets(bytes_str(text), report);
}

/* The report in a mail of the usual shape with these fields, about a mail that says nothing. */
static struct report read_fields(const char *fields)
{
	struct report report;
	char *text = NULL;

	assert_true(asprintf(&text, HEAD REPORT WORDS FEEDBACK "%s" BARE END, fields) > 0);
	assert_int_equal(read_text(text, &report), ST_OK);
	free(text);
	return report;
}

static void assert_source(const struct report *report, const char *address)
{
	char text[PREFIX_TEXT] = "none";

	if (report->source.family) {
		prefix_format(&report->source, text);
	}
	assert_string_equal(text, address);
	assert_int_equal(report->via, report->source.family ? VIA_FIELD : VIA_NONE);
	assert_int_equal(report->confidence, report->source.family ? 100 : 0);
}

static void assert_usual(const struct report *report)
{
	assert_source(report, "192.0.2.1");
	assert_int_equal(report->format, FORMAT_ARF);
	assert_int_equal(report->category, CATEGORY_SPAM);
	assert_int_equal(report->disposition, DISPOSITION_EVIDENCE);
	assert_int_equal(report->observed, ARRIVED);
	assert_false(report->proof);
}

static void test_usual_report(void **state)
{
	(void)state;
	struct report report = read_fields(FIELDS);

	assert_usual(&report);
	assert_int_equal(report.incidents, 1);
}

static void test_feedback_types(void **state)
{
	static const struct {
		const char *type;
		enum category category;
		enum report_disposition disposition;
	} cases[] = {
		{"Feedback-Type: abuse\n", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"feedback-type:ABUSE\n", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"Feedback-Type: abuse (a comment)\n", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"Feedback-Type:\n abuse\n", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"Feedback-Type: fraud\n", CATEGORY_FRAUD, DISPOSITION_EVIDENCE},
		{"Feedback-Type: virus\n", CATEGORY_VIRUS, DISPOSITION_EVIDENCE},
		{"Feedback-Type: other\n", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
		{"Feedback-Type: opt-out\n", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
		{"Feedback-Type: opt-out-list\n", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
		{"Feedback-Type: unsubscribe\n", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
		{"Feedback-Type: dkim\n", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
		{"Feedback-Type: 'abuse'\n", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"Feedback-Type: abusive\n", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
		{"Feedback-Type:\n", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
		{"", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
		{"Feedback-Type: not-spam\n", CATEGORY_NOT_SPAM, DISPOSITION_NEGATIVE},
		{"Feedback-Type: auth-failure\n", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
		/* Given twice: the first one. */
		{"Feedback-Type: auth-failure\nFeedback-Type: abuse\n", CATEGORY_AUTH_FAILURE,
		 DISPOSITION_IGNORED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char fields[256];

		snprintf(fields, sizeof fields, "%sSource-IP: 192.0.2.1\n", cases[i].type);
		struct report report = read_fields(fields);

		print_message("%s\n", cases[i].type);
		assert_int_equal(report.category, cases[i].category);
		assert_int_equal(report.disposition, cases[i].disposition);
		assert_source(&report, "192.0.2.1");
	}
}

static void test_source_addresses(void **state)
{
	static const struct {
		const char *fields, *address;
	} cases[] = {
		{"Source-IP: 192.0.2.1", "192.0.2.1"},
		{"source-ip:192.0.2.1", "192.0.2.1"},
		{"Source-IP:   \t192.0.2.1  \t", "192.0.2.1"},
		{"Source-IP: [192.0.2.1]", "192.0.2.1"},
		{"Source-IP: 192.0.2.1 (mail.example.org)", "192.0.2.1"},
		{"Source-IP: [192.0.2.1] (mail.example.org)", "192.0.2.1"},
		{"Source-IP: 192.0.2.1; mail.example.org", "192.0.2.1"},
		{"Source-IP: \"192.0.2.1\"", "192.0.2.1"},
		{"Source-IP: '192.0.2.1'", "192.0.2.1"},
		{"Source-IP: 192.0.2.1 # seen by mx1", "192.0.2.1"},
		{"Source-IP: 192.0.2.1:4711", "192.0.2.1"},
		{"Source-IP: [192.0.2.1]:4711 (mail.example.org)", "192.0.2.1"},
		{"Source-IP: [2001:db8::1]:25", "2001:db8::1"},
		{"Source-IP: 2001:db8::192.0.2.1", "2001:db8::c000:201"},
		{"Source-IP: <192.0.2.1>", "192.0.2.1"},
		{"Source-IP: \"<192.0.2.1>\"", "192.0.2.1"},
		{"Source-IP: '\"192.0.2.1\"'", "192.0.2.1"},
		{"Source-IP: [192.0.2.1].", "192.0.2.1"},
		{"Source-IP: 192.0.2.1,", "192.0.2.1"},
		{"Source-IP: 192.0.2.1/32", "192.0.2.1"},
		{"Source-IP: 2001:db8::1/128", "2001:db8::1"},
		{"Source-IP: mail.example.com [192.0.2.1]", "192.0.2.1"},
		{"Source-IP: mail.example.com (192.0.2.1)", "192.0.2.1"},
		{"Source-IP: mail.example.com (192.0.2.1, 192.0.2.2)", "none"},
		{"---\nSource-IP: 192.0.2.1", "192.0.2.1"},
		{"Source-IP:\n\t192.0.2.1", "192.0.2.1"},
		{"Source-IP : 192.0.2.1", "192.0.2.1"},
		{"Source-IP: ::ffff:192.0.2.1", "192.0.2.1"},
		{"Source-IP: [::FFFF:192.0.2.1]", "192.0.2.1"},
		{"Source-IP: 2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"Source-IP: [IPv6:2001:db8::1]", "2001:db8::1"},
		{"Source-IP: IPv6:2001:db8::1", "2001:db8::1"},
		/* The same twice is one; an empty one is none. */
		{"Source-IP: 192.0.2.1\nSource-IP: [192.0.2.1]", "192.0.2.1"},
		{"Source-IP:\nSource-IP: 192.0.2.1", "192.0.2.1"},
		{"Source-IP: 192.0.2.1\nSource-IP: unknown", "192.0.2.1"},
		/* A line of blanks is a blank line. */
		{"Source-IP: 192.0.2.1\n \t\nSource-IP: 192.0.2.2", "192.0.2.1"},
		{"Source-IP: 192.0.2.1\n \n 192.0.2.2", "192.0.2.1"},
		/* It cannot be known which one is meant. */
		{"Source-IP: 192.0.2.1\nSource-IP: 192.0.2.2", "none"},
		{"Source-IP: 192.0.2.1\nSource-IP: 192.0.2.2\nSource-IP: 192.0.2.1", "none"},
		{"Source-IP: 192.0.2.1 192.0.2.2", "none"},
		{"Source-IP: 192.0.2.1, 192.0.2.2", "none"},
		{"Source-IP: 192.0.2.0/24", "none"},
		{"Source-IP: 192.0.2", "none"},
		{"Source-IP: 192.0.2.256", "none"},
		{"Source-IP: 192.000.002.001", "none"},
		{"Source-IP: 192.0.2.1x", "none"},
		{"Source-IP: [192.0.2.1", "none"},
		{"Source-IP: 192.0.2.1:25:25", "none"},
		{"Source-IP: 192.0.2.1:x", "none"},
		{"Source-IP: fe80::1%eth0", "none"},
		{"Source-IP: unknown", "none"},
		{"Source-IP:", "none"},
		{"Source-IP: ()", "none"},
		{"Source-IPs: 192.0.2.1", "none"},
		{"Source: 192.0.2.1", "none"},
		{"X: y", "none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char fields[512];

		print_message("%s\n", cases[i].fields);
		snprintf(fields, sizeof fields, "Feedback-Type: abuse\n%s\n", cases[i].fields);
		struct report report = read_fields(fields);

		assert_source(&report, cases[i].address);
		assert_int_equal(report.disposition,
				 report.source.family ? DISPOSITION_EVIDENCE : DISPOSITION_REVIEW);
	}
}

static void test_only_evidence_without_an_address_needs_review(void **state)
{
	(void)state;
	struct report failure = read_fields("Feedback-Type: auth-failure\n");
	struct report negative = read_fields("Feedback-Type: not-spam\n");

	assert_int_equal(failure.disposition, DISPOSITION_IGNORED);
	assert_int_equal(negative.disposition, DISPOSITION_NEGATIVE);
	assert_source(&failure, "none");
}

static void test_times(void **state)
{
	static const struct {
		const char *fields;
		uint64_t observed;
	} cases[] = {
		{"Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\n", ARRIVED},
		{"Received-Date: Sat, 21 Nov 2026 05:00:00 -0500 (EST)\n", ARRIVED},
		{"Arrival-Date: Sat, 21 Nov 2026 06:00:00 EDT\n", ARRIVED},
		{"Arrival-Date: 21 Nov 2026 10:00:00 UTC\n", ARRIVED},
		{"Arrival-Date: Mon, 21 Nov 2026 10:00:00 +0000 (UTC)\n", ARRIVED}, /* a Saturday */
		{"Arrival-Date: Sat, 21 Nov 2026 19:00:00 JST\n", ARRIVED},
		{"Arrival-Date: Sat, 21 Nov 2026 10:00:00 -0000 (EST)\n", ARRIVED},
		{"Arrival-Date: Sat, 21 Nov\n\t2026 10:00:00 +0000\n", ARRIVED},
		{"Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\n"
		 "Received-Date: Sat, 14 Nov 2026 10:00:00 +0000\n",
		 ARRIVED},
		{"Arrival-Date: soon\nReceived-Date: Sat, 21 Nov 2026 10:00:00 +0000\n", ARRIVED},
		/* Else the mail's own. */
		{"", DATED},
		{"Arrival-Date:\n", DATED},
		{"Arrival-Date: soon\n", DATED},
		{"Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0000\n", DATED}, /* in the future */
		{"Arrival-Date: Sat, 99 Nov 2026 10:00:00 +0000\n", DATED},
		{"Arrival-Date: Thu, 1 Jan 1970 00:00:00 +0000\n", DATED},
		{"Arrival-Date: Wed, 1 Jan 1969 00:00:00 +0000\n", DATED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char fields[512];

		print_message("%s\n", cases[i].fields);
		snprintf(fields, sizeof fields, "Source-IP: 192.0.2.1\n%s", cases[i].fields);
		struct report report = read_fields(fields);

		assert_int_equal(report.observed, cases[i].observed);
	}
}

static void assert_via(const char *text, const char *address, enum report_via via, uint64_t time)
{
	struct told told = read_mail(text);

	assert_int_equal(told.count, 1);
	assert_int_equal(told.faults, 0);
	assert_int_equal(told.report.format, FORMAT_ARF);
	assert_string_equal(source_text(&told.report), address);
	assert_int_equal(told.report.via, via);
	assert_int_equal(told.report.observed, time);
	assert_int_equal(told.report.disposition,
			 via == VIA_NONE ? DISPOSITION_REVIEW : DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.confidence, via == VIA_FIELD      ? 100
						 : via == VIA_SUBJECT  ? 80
						 : via == VIA_RECEIVED ? 60
								       : 0);
}

#define HOP(address, date) "Received: from x (x [" address "]) by y; " date "\n"
#define NINE               "Sat, 21 Nov 2026 09:00:00 +0000"
#define SEVEN              "Sat, 21 Nov 2026 07:00:00 +0000"
#define SENT(type)         "\n--b\nContent-Type: " type "\n\n"
#define ABUSE              "Feedback-Type: abuse\nUser-Agent: Test/1\nVersion: 1\n"

/* Without an address in a field: of the mail that it is about, the first hop that counts. */
static void test_source_from_received_fields(void **state)
{
	static const char *const types[] = {"message/rfc822",        "text/rfc822-headers",
					    "text/rfc822-header",    "message/rfc822-headers",
					    "message/rfc822-header", "message/global"};
	const uint64_t nine = ARRIVED - 3600;

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char *text = NULL;

		assert_true(asprintf(&text,
				     HEAD REPORT WORDS FEEDBACK ABUSE
				     "\n--b\nContent-Type: %s\n\n" HOP("192.168.0.1", NINE) HOP(
					     "203.0.113.8", NINE)
					     HOP("203.0.113.9", SEVEN) "From: a@example.com\n" END,
				     types[i]) > 0);
		assert_via(text, "203.0.113.8", VIA_RECEIVED, nine);
		free(text);
	}
	/* The field, where there is one, and its time. */
	assert_via(HEAD REPORT FEEDBACK FIELDS ABOUT END, "192.0.2.1", VIA_FIELD, ARRIVED);
	assert_via(HEAD REPORT FEEDBACK ABUSE "Source-IP: 203.0.113.8\n" ABOUT END, "203.0.113.8",
		   VIA_FIELD, nine);
	assert_via(HEAD REPORT FEEDBACK ABUSE "Source-IP: 203.0.113.7\n" ABOUT END, "203.0.113.7",
		   VIA_FIELD, DATED);
	assert_via(HEAD REPORT FEEDBACK ABUSE
		   "Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000\n" ABOUT END,
		   "203.0.113.8", VIA_RECEIVED, ARRIVED);
	/* One that is none is as good as none; two that differ are not. */
	assert_via(HEAD REPORT FEEDBACK ABUSE "Source-IP: unknown\n" ABOUT END, "203.0.113.8",
		   VIA_RECEIVED, nine);
	assert_via(HEAD REPORT FEEDBACK ABUSE
		   "Source-IP: 192.0.2.1\nSource-IP: 192.0.2.2\n" ABOUT END,
		   "none", VIA_NONE, DATED);
	/* Nobody to be sure of. */
	assert_via(HEAD REPORT FEEDBACK ABUSE SENT("message/rfc822") HOP("10.0.0.1", NINE) END,
		   "none", VIA_NONE, nine);
	assert_via(HEAD REPORT FEEDBACK ABUSE SENT(
			   "message/rfc822") "Received: from somewhere by y; " NINE
					     "\n" HOP("203.0.113.8", SEVEN) END,
		   "none", VIA_NONE, nine);
	assert_via(HEAD REPORT FEEDBACK ABUSE SENT("message/rfc822") "From: a@example.com\n" END,
		   "none", VIA_NONE, DATED);
	/* Mangled by an mbox, or after a blank line. */
	assert_via(
		HEAD REPORT FEEDBACK ABUSE
			SENT("message/rfc822") ">From a@example.com Sat Nov 21 09:00:00 2026\n" HOP(
				"203.0.113.8", NINE) END,
		"203.0.113.8", VIA_RECEIVED, nine);
	assert_via(HEAD REPORT FEEDBACK ABUSE SENT("message/rfc822") "\n" HOP("203.0.113.8", NINE)
			   END,
		   "203.0.113.8", VIA_RECEIVED, nine);
	/* The report's own way is not what it is about. */
	assert_via(HOP("203.0.113.8", NINE) HEAD REPORT FEEDBACK ABUSE END, "none", VIA_NONE,
		   DATED);
}

/* Not even Microsoft's: whoever wrote the spam may have written its Subject. */
static void test_subject_is_no_source(void **state)
{
	(void)state;
	assert_via("From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.9\n"
		   "Date: " SEVEN "\n" REPORT FEEDBACK ABUSE ABOUT END,
		   "203.0.113.8", VIA_RECEIVED, ARRIVED - 3600);
	assert_via("From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.9\n"
		   "Date: " SEVEN "\n" REPORT FEEDBACK FIELDS ABOUT END,
		   "192.0.2.1", VIA_FIELD, ARRIVED);
	assert_via("From: a@example.net\nSubject: complaint about message from 192.0.2.9\n"
		   "Date: " SEVEN "\n" REPORT FEEDBACK ABUSE ABOUT END,
		   "203.0.113.8", VIA_RECEIVED, ARRIVED - 3600);
}

static void test_trusted_hops_are_passed_over(void **state)
{
	const char *text = HEAD REPORT FEEDBACK ABUSE SENT("message/rfc822")
		HOP("203.0.113.8", NINE) HOP("203.0.113.9", SEVEN) END;
	struct prefix trusted;
	struct config config = {.trusted_hops = &trusted, .trusted_hop_count = 1};

	(void)state;
	assert_int_equal(prefix_parse("203.0.113.8", &trusted), ST_OK);
	struct told told = read_mail_as(bytes_str(text), FORMAT_UNKNOWN, &config);

	assert_string_equal(source_text(&told.report), "203.0.113.9");
	assert_int_equal(told.report.observed, ARRIVED - 3 * 3600);
}

static void test_recipient_and_note(void **state)
{
	static const struct {
		const char *fields, *recipient, *note;
	} cases[] = {
		{"Original-Rcpt-To: <user@example.org>\nUser-Agent: SomeFBL/1.0\n",
		 "user@example.org", "SomeFBL/1.0; from example.net"},
		{"Original-Rcpt-To: user@example.org\nOriginal-Rcpt-To: b@example.org\n",
		 "user@example.org", "from example.net"},
		{"Original-Rcpt-To: rfc822; <user@example.org>\n", "user@example.org",
		 "from example.net"},
		{"Redacted-Address: redacted\nRedacted-Address: redacted@\n", "redacted",
		 "from example.net"},
		{"User-Agent: Agent of <someone@mail.example.com> and more\n", "",
		 "Agent of mail.example.com> and more; from example.net"},
		{"Removal-Recipient: user@example.org\n", "", "from example.net"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report report = read_fields(cases[i].fields);

		assert_string_equal(report.recipient, cases[i].recipient);
		assert_string_equal(report.note, cases[i].note);
	}
}

static void test_no_date_at_all_is_no_time(void **state)
{
	(void)state;
	struct report report;

	assert_int_equal(read_text(REPORT FEEDBACK "Source-IP: 192.0.2.1\n" END, &report), ST_OK);
	assert_int_equal(report.observed, 0);
}

static void test_incidents(void **state)
{
	static const struct {
		const char *value;
		uint32_t incidents;
	} cases[] = {
		{"12", 12},
		{"0", 1},
		{"-3", 1},
		{"many", 1},
		{"", 1},
		{"+7", 1},
		{"3 (or 4)", 3},
		{"4294967296", UINT32_MAX},
		{"99999999999999999999", UINT32_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char fields[128];

		snprintf(fields, sizeof fields, "Incidents: %s\n", cases[i].value);
		assert_int_equal(read_fields(fields).incidents, cases[i].incidents);
	}
}

/* The same report in other clothes. */
static void test_shapes_of_mail(void **state)
{
	static const char *const shapes[] = {
		HEAD REPORT WORDS FEEDBACK FIELDS ABOUT END,
		HEAD REPORT WORDS FEEDBACK FIELDS ABOUT, /* no final boundary */
		HEAD REPORT WORDS FEEDBACK FIELDS,
		HEAD REPORT FEEDBACK FIELDS END,
		"\xef\xbb\xbf" HEAD REPORT WORDS FEEDBACK FIELDS ABOUT END,
		"From reports@example.net Sat Nov 21 10:00:00 2026\n" HEAD REPORT FEEDBACK FIELDS
			END,
		">From reports@example.net Sat Nov 21 10:00:00 2026\n" HEAD REPORT FEEDBACK FIELDS
			END,
		"\n\n" HEAD REPORT FEEDBACK FIELDS END,
		HEAD
		"Content-Type: multipart/mixed; boundary=b\n\n" WORDS FEEDBACK FIELDS ABOUT END,
		HEAD "Content-Type: multipart/mixed; boundary=\"b\";\n\n" FEEDBACK FIELDS END,
		HEAD "Content-Type: multipart/mixed; boundary=a\n\n--a\n" REPORT FEEDBACK FIELDS END
		     "\n--a--\n",
		HEAD "Content-Type: message/feedback-report\n\n" FIELDS,
		/* Lines before the first field, and fields with no order. */
		HEAD REPORT FEEDBACK "\n\n" FIELDS END,
		HEAD REPORT FEEDBACK "a line that is no field\n" FIELDS END,
		HEAD REPORT
		"--b\nContent-Type: message/feedback-report; name=report\n"
		"Content-Disposition: inline\nContent-Transfer-Encoding: 7bit\n\n" FIELDS END,
		HEAD REPORT
		"--b\nContent-Type: MESSAGE/Feedback-Report\n"
		"Content-Transfer-Encoding: quoted-printable\n\n"
		"Feedback-Type: =61buse\nArrival-Date: Sat, 21 Nov =\n2026 10:00:00 +0000\n"
		"Source-IP: 192=2E0.2.1\n" END,
		HEAD REPORT
		"--b\nContent-Type: message/feedback-report\n"
		"Content-Transfer-Encoding: base64\n\n"
		"RmVlZGJhY2stVHlwZTogYWJ1c2UNCkFycml2YWwtRGF0ZTogU2F0LCAyMSBOb3YgMjAyNiAx\n"
		"MDowMDowMCArMDAwMA0KU291cmNlLUlQOiAxOTIuMC4yLjENCg==\n" END,
		HEAD
		"Content-Type: multipart/report; boundary=c\n\n" WORDS FEEDBACK FIELDS ABOUT END,
		HEAD "Content-Type: multipart/report\n\nwords\n\n" WORDS FEEDBACK FIELDS ABOUT END,
		HEAD "Content-Type: multipart/report; boundary=\n\n" FEEDBACK FIELDS,
		HEAD "\n" WORDS FEEDBACK FIELDS ABOUT END,
		HEAD REPORT FEEDBACK "\xef\xbb\xbf\n" FIELDS END,
		/* An encoding that is declared and not there, and the other way round. */
		HEAD REPORT "--b\nContent-Type: message/feedback-report\n"
			    "Content-Transfer-Encoding: base64\n\n" FIELDS END,
		HEAD REPORT FEEDBACK
		"RmVlZGJhY2stVHlwZTogYWJ1c2UNCkFycml2YWwtRGF0ZTogU2F0LCAyMSBOb3YgMjAyNiAx\n"
		"MDowMDowMCArMDAwMA0KU291cmNlLUlQOiAxOTIuMC4yLjENCg==\n" END,
		/* Called something else on its way. */
		HEAD REPORT WORDS "--b\nContent-Type: text/plain\n\n" FIELDS ABOUT END,
		HEAD REPORT WORDS
		"--b\nContent-Type: application/octet-stream\n"
		"Content-Transfer-Encoding: base64\n\n"
		"RmVlZGJhY2stVHlwZTogYWJ1c2UNVXNlci1BZ2VudDogVGVzdC8xDUFycml2YWwtRGF0ZTog\n"
		"U2F0LCAyMSBOb3YgMjAyNiAxMDowMDowMCArMDAwMA1Tb3VyY2UtSVA6IDE5Mi4wLjIuMQ0=\n" ABOUT
			END,
		/* What follows the fields' blank line is none of them. */
		HEAD REPORT FEEDBACK FIELDS "\nSource-IP: 192.0.2.2\nFeedback-Type: other\n" END,
		/* Two reports: the first. */
		HEAD REPORT FEEDBACK FIELDS "\n" FEEDBACK "Source-IP: 192.0.2.2\n" END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct report report;

		print_message("shape %zu\n", i);
		assert_int_equal(read_text(shapes[i], &report), ST_OK);
		assert_usual(&report);
	}
}

/* A copy with every LF replaced. */
static char *with_line_ends(const char *text, const char *end)
{
	char *copy = must_alloc(strlen(text) * 2 + 1);
	char *at = copy;

	for (; *text; text++) {
		if (*text == '\n') {
			at = stpcpy(at, end);
		} else {
			*at++ = *text;
		}
	}
	return copy;
}

static void test_line_ends(void **state)
{
	static const char *const ends[] = {"\r\n", "\r"};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char *text = with_line_ends(HEAD REPORT WORDS FEEDBACK FIELDS ABOUT END, ends[i]);
		struct report report;

		assert_int_equal(read_text(text, &report), ST_OK);
		assert_usual(&report);
		free(text);
	}
}

static void test_mails_that_are_no_report(void **state)
{
	static const char *const mails[] = {
		"",
		"x",
		"\n\n\n",
		"From ",
		"no mail at all",
		HEAD "\nFeedback-Type: abuse\nSource-IP: 192.0.2.1\n",
		HEAD REPORT WORDS END,
		HEAD "Content-Type: text/plain\n\n" FEEDBACK FIELDS END,
		/* A boundary that nothing stands after. */
		HEAD "Content-Type: multipart/report; boundary=c\n\n--b\n\n" FIELDS END,
		HEAD "Content-Type: multipart/report\n\n--\nContent-Type: "
		     "message/feedback-report\n\n" FIELDS END,
		HEAD "Content-Type: multipart/report; boundary=c\n\n--b",
		/* A bounce that quotes somebody's. */
		HEAD "\nThis is what you sent:\n" FEEDBACK FIELDS END,
		HEAD "\n-- \nThis is what you sent:\n" FEEDBACK FIELDS END,
		/* Fields in a mail that does not say it is a report. */
		HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" FIELDS END,
		HEAD REPORT "--b\nContent-Type: message/rfc822\n\n" FIELDS END,
		/* What the report is about may be a report itself: of somebody else's making. */
		HEAD REPORT WORDS "--b\nContent-Type: message/rfc822\n\n"
				  "Content-Type: message/feedback-report\n\n" FIELDS END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof mails / sizeof *mails; i++) {
		struct report report;

		print_message("mail %zu\n", i);
		assert_int_equal(read_text(mails[i], &report), ST_NO);
	}
}

static void test_octets_that_are_no_text(void **state)
{
	static const char nul[] = HEAD REPORT FEEDBACK "X: a\0b\nSource-IP: 192.0.2.1\0.9\n" END;
	struct report report;

	(void)state;
	assert_int_equal(read_octets(bytes_of(nul, sizeof nul - 1), &report), ST_OK);
	assert_source(&report, "none");
}

/* As deep as the cap allows is read; what nests deeper is not seen. */
static void test_nesting_is_capped(void **state)
{
	(void)state;
	for (int depth = MAIL_PARTS - 1; depth <= MAIL_PARTS; depth++) {
		char *text = must_alloc((size_t)depth * 64 + 1024);
		char *at = stpcpy(text, HEAD);
		struct report report;

		for (int i = 0; i < depth; i++) {
			at += sprintf(at, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n",
				      i, i);
		}
		stpcpy(at, "content-type: message/feedback-report\n\n" FIELDS);
		enum status status = read_text(text, &report);

		assert_int_equal(status, depth < MAIL_PARTS ? ST_OK : ST_NO);
		if (!status) {
			assert_usual(&report);
		}
		free(text);
	}
}

/* What a report comes after is read as far as the caps allow. */
static void test_what_comes_after_too_much_is_not_seen(void **state)
{
	static const struct {
		const char *line;
		size_t count;
		enum status status;
	} cases[] = {
		{"--x\n", 9990, ST_OK},
		{"--x\n", 10000, ST_NO},
		{"1234567890123456789012345678901\n", 32000, ST_OK},
		{"1234567890123456789012345678901\n", 32768, ST_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].line);
		char *text = must_alloc(len * cases[i].count + 1024);
		char *at = stpcpy(text, HEAD REPORT WORDS);
		struct report report;

		for (size_t n = 0; n < cases[i].count; n++) {
			at = stpcpy(at, cases[i].line);
		}
		stpcpy(at, "\n" FEEDBACK FIELDS END);
		assert_int_equal(read_text(text, &report), cases[i].status);
		free(text);
	}
}

/* `count` times the same, somewhere in a mail that is a report before it. */
static void assert_survives(const char *before, const char *again, size_t count, const char *after)
{
	size_t len = strlen(again);
	char *text = must_alloc(strlen(before) + len * count + strlen(after) + 1);
	char *at = stpcpy(text, before);
	struct report report;

	for (size_t i = 0; i < count; i++) {
		at = stpcpy(at, again);
	}
	stpcpy(at, after);
	assert_int_equal(read_text(text, &report), ST_OK);
	assert_usual(&report);
	free(text);
}

/* Each of these took GMime's stack, or gigabytes, or minutes. */
static void test_too_much_of_anything_is_cut_off(void **state)
{
	const char *const whole = HEAD REPORT FEEDBACK FIELDS;
	size_t most = REPORT_MAX - 4096;

	(void)state;
	assert_survives("To: ", "a:", most / 4, "\n" HEAD REPORT FEEDBACK FIELDS END);
	assert_survives("To: a\n", " ,<a@b>\n", 20000, HEAD REPORT FEEDBACK FIELDS END);
	assert_survives("Subject: a\n", "\t(((((((((((\n", 20000, HEAD REPORT FEEDBACK FIELDS END);
	assert_survives(HEAD "Content-Type: multipart/report; boundary=b", "; a=b", 100000,
			"\n\n" FEEDBACK FIELDS END);
	assert_survives(whole, "--b\n\n", most / 5, "");
	assert_survives(whole, "\n--b\nContent-Type: text/plain\n\na\n", 100000, "");
	assert_survives(whole, "a: b\n", most / 5, "");
	assert_survives(HEAD REPORT FEEDBACK FIELDS "\n--b\n", "a: b\n", most / 5, "");
	assert_survives(whole, "\n--b\nContent-Type: message/rfc822\n\nTo: a:a:a:a:\n", 100000, "");
}

static void test_long_fields_are_cut(void **state)
{
	(void)state;
	char *fields = must_alloc(100000);
	char *at = stpcpy(fields, "Source-IP: 192.0.2.1 (");

	for (int i = 0; i < 1000; i++) {
		at = stpcpy(at, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n ");
	}
	strcpy(at, "\nFeedback-Type: virus\n");
	struct report report = read_fields(fields);

	assert_source(&report, "192.0.2.1");
	free(fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual_report),
		cmocka_unit_test(test_feedback_types),
		cmocka_unit_test(test_source_addresses),
		cmocka_unit_test(test_only_evidence_without_an_address_needs_review),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_source_from_received_fields),
		cmocka_unit_test(test_subject_is_no_source),
		cmocka_unit_test(test_trusted_hops_are_passed_over),
		cmocka_unit_test(test_recipient_and_note),
		cmocka_unit_test(test_no_date_at_all_is_no_time),
		cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_shapes_of_mail),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_mails_that_are_no_report),
		cmocka_unit_test(test_octets_that_are_no_text),
		cmocka_unit_test(test_nesting_is_capped),
		cmocka_unit_test(test_what_comes_after_too_much_is_not_seen),
		cmocka_unit_test(test_too_much_of_anything_is_cut_off),
		cmocka_unit_test(test_long_fields_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
