/* Mails that say in words what they mean, of a fixed form: Microsoft's JMRP and Spamcop's. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read_mail.h"

#include <cmocka.h>

#define ACTED 1795255200 /* Sat, 21 Nov 2026 10:00:00 +0000 */
#define DATED 1795258800 /* an hour later */
#define DATE  "Date: Sat, 21 Nov 2026 12:00:00 +0100\nMessage-ID: <1@example.net>\n"

static struct told read_parts(const char *from, const char *subject, const char *rest)
{
	char *text = NULL;

	assert_true(asprintf(&text, "From: %s\nSubject: %s\n" DATE "%s", from, subject, rest) > 0);
	struct told told = read_mail(text);

	free(text);
	assert_int_equal(told.count, 1);
	return told;
}

/* --- JMRP -------------------------------------------------------------------- */

#define MICROSOFT "staff@hotmail.com"
#define COMPLAINT "complaint about message from 192.0.2.1"
#define MIXED     "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
#define MARK      "X-HmXmrOriginalRecipient: user@hotmail.example\n"
#define SPAM                                                                         \
	"Received: from x (x [203.0.113.8]) by y; Sat, 21 Nov 2026 10:00:00 +0000\n" \
	"From: a@example.com\n\nspam\n--b--\n"

static void assert_jmrp(struct told told, const char *address, enum report_via via)
{
	assert_int_equal(told.faults, 0);
	assert_int_equal(told.report.format, FORMAT_JMRP);
	assert_int_equal(told.report.category, CATEGORY_SPAM);
	assert_string_equal(source_text(&told.report), address);
	assert_int_equal(told.report.via, via);
	assert_int_equal(told.report.observed, DATED);
	assert_string_equal(told.report.reference, "<1@example.net>");
}

static void test_jmrp(void **state)
{
	(void)state;
	struct told told = read_parts(MICROSOFT, COMPLAINT, MIXED MARK SPAM);

	assert_jmrp(told, "192.0.2.1", VIA_SUBJECT);
	assert_int_equal(told.report.disposition, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.confidence, 80);
	assert_string_equal(told.report.recipient, "user@hotmail.example");
	assert_string_equal(told.report.note, "JMRP; from hotmail.com");
	assert_jmrp(read_parts("\"Staff\" <staff@hotmail.com>", COMPLAINT, MIXED SPAM), "192.0.2.1",
		    VIA_SUBJECT);
	assert_jmrp(read_parts("Staff@Hotmail.com", "  Complaint About Message From 2001:db8::1 ",
			       MIXED SPAM),
		    "2001:db8::1", VIA_SUBJECT);
}

static void test_jmrp_without_an_address_in_the_subject(void **state)
{
	(void)state;
	assert_jmrp(read_parts(MICROSOFT, "complaint about message from 192.0.2.0/24", MIXED SPAM),
		    "203.0.113.8", VIA_RECEIVED);
	assert_jmrp(read_parts(MICROSOFT, "complaint about message from x 192.0.2.1", MIXED SPAM),
		    "203.0.113.8", VIA_RECEIVED);
	struct told told = read_parts(MICROSOFT, "complaint about message from nowhere",
				      "Content-Type: text/plain\n\nfrom 192.0.2.1\n");

	assert_jmrp(told, "none", VIA_NONE);
	assert_int_equal(told.report.disposition, DISPOSITION_REVIEW);
}

/* The Subject and the enclosed mail are a spammer's to write where somebody else reports. */
static void test_jmrps_words_of_another_sender(void **state)
{
	static const char *const senders[] = {"a@example.net", MICROSOFT};

	(void)state;
	assert_int_equal(read_parts("a@example.net", COMPLAINT, MIXED MARK SPAM).report.disposition,
			 DISPOSITION_UNRECOGNISED);
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct told told = read_parts(
			senders[i], COMPLAINT,
			"Content-Type: multipart/report; boundary=b\n\n--b\n"
			"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
			"User-Agent: A/1\n--b\nContent-Type: message/rfc822\n\n" MARK SPAM);

		assert_int_equal(told.report.format, FORMAT_ARF);
		assert_string_equal(source_text(&told.report), "203.0.113.8");
		assert_int_equal(told.report.via, VIA_RECEIVED);
	}
}

static void test_what_is_no_jmrp(void **state)
{
	static const struct {
		const char *from, *subject;
	} cases[] = {
		{"a@example.net", COMPLAINT},
		{"notstaff@hotmail.com", COMPLAINT},
		{"staff@hotmail.com.example.net", COMPLAINT},
		{"\"staff@hotmail.com\" <a@example.net>", COMPLAINT},
		{"<staff@hotmail.com.example>", COMPLAINT},
		{MICROSOFT, "Re: " COMPLAINT},
		{MICROSOFT, "complaint about a message from 192.0.2.1"},
		{MICROSOFT, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told told = read_parts(cases[i].from, cases[i].subject, MIXED SPAM);

		print_message("%s: %s\n", cases[i].from, cases[i].subject);
		assert_int_equal(told.report.disposition, DISPOSITION_UNRECOGNISED);
	}
}

/* --- Spamcop ----------------------------------------------------------------- */

#define SPAMCOP "4711@reports.spamcop.net"
#define SUBJECT "[SpamCop (192.0.2.1) id:4711]Buy now"
#define BRIEF                                                                        \
	"Content-Type: text/plain\n\n[ SpamCop V5.4.0 ]\nThis message is brief for " \
	"your comfort.  Please use links below for details.\n\n"
#define LINE "Email from 192.0.2.1 / Sat, 21 Nov 2026 11:00:00 +0100\n"
#define OFFENDING                                                     \
	"https://www.spamcop.net/w3m?i=z1\n\n[ Offending message ]\n" \
	"Received: from x (x [203.0.113.8]) by y\nEmail from 203.0.113.9 / now\n"

static void assert_spamcop(struct told told, const char *address, enum report_via via,
			   enum report_disposition disposition)
{
	assert_int_equal(told.faults, 0);
	assert_int_equal(told.report.format, FORMAT_SPAMCOP);
	assert_string_equal(source_text(&told.report), address);
	assert_int_equal(told.report.via, via);
	assert_int_equal(told.report.disposition, disposition);
}

static void test_spamcop(void **state)
{
	(void)state;
	struct told told = read_parts(SPAMCOP, SUBJECT, BRIEF LINE OFFENDING);

	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.category, CATEGORY_SPAM);
	assert_int_equal(told.report.confidence, 100);
	assert_int_equal(told.report.observed, ACTED);
	assert_string_equal(told.report.reference, "SpamCop id:4711");
	assert_string_equal(told.report.note, "Spamcop; from reports.spamcop.net");

	/* The older form; a date whose comment is cut off; CRLF; a tracker's word in front. */
	told = read_parts(SPAMCOP, "[Ticket 1] " SUBJECT,
			  "\n- SpamCop V1.3.3 -\nThis message is brief for your comfort.\n\n"
			  "http://spamcop.net/w3m?i=z1\n"
			  "Email from 192.0.2.1 / Sat, 21 Nov 2026 11:00:00 +0100 (West\r\n\r\n"
			  "Offending message:\nx\n");
	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.observed, ACTED);
	/* Sent on by somebody, with Spamcop's own fields. */
	told = read_parts("abuse@example.net\nX-SpamCop-sourceip: 192.0.2.1", SUBJECT, BRIEF LINE);
	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	told = read_parts("abuse@example.net\nX-Mailer: http://www.spamcop.net/ v5.4.0", SUBJECT,
			  BRIEF LINE);
	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	told = read_parts(SPAMCOP, "[SpamCop (2001:db8::1) id:4711]x",
			  BRIEF "Email from 2001:db8::1 / soon\n");
	assert_spamcop(told, "2001:db8::1", VIA_FIELD, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.observed, DATED);
}

static void test_spamcops_other_kinds(void **state)
{
	(void)state;
	struct told told = read_parts(SPAMCOP, SUBJECT,
				      BRIEF "Unsolicited bounce from: 192.0.2.1 / Sat, 21 Nov 2026 "
					    "10:00:00 +0000\n");

	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.category, CATEGORY_OTHER);
	assert_int_equal(told.report.observed, ACTED);
	told = read_parts(SPAMCOP, SUBJECT,
			  BRIEF
			  "Spamvertised web site: http://example.com/\n"
			  "http://example.com/ is 192.0.2.1; Sat, 21 Nov 2026 10:00:00 GMT\n");
	assert_spamcop(told, "none", VIA_NONE, DISPOSITION_IGNORED);
	assert_int_equal(told.report.category, CATEGORY_CONTENT);
	/* A kind that is not known is a human's to read. */
	told = read_parts(SPAMCOP, SUBJECT, BRIEF "Something else about 192.0.2.1\n" OFFENDING);
	assert_spamcop(told, "none", VIA_NONE, DISPOSITION_REVIEW);
	told = read_parts(SPAMCOP, SUBJECT, "Content-Type: text/html\n\n<p>" LINE);
	assert_spamcop(told, "none", VIA_NONE, DISPOSITION_REVIEW);
}

static void test_spamcops_line_and_subject(void **state)
{
	(void)state;
	struct told told = read_parts(SPAMCOP, "[SpamCop (192.0.2.2) id:4711]x", BRIEF LINE);

	assert_spamcop(told, "none", VIA_NONE, DISPOSITION_REVIEW);
	told = read_parts(SPAMCOP, "[SpamCop (nobody) id:4711]x", BRIEF LINE);
	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
	told = read_parts(SPAMCOP, SUBJECT, BRIEF "Email from nobody / now\n");
	assert_spamcop(told, "192.0.2.1", VIA_SUBJECT, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.confidence, 80);
	told = read_parts(SPAMCOP, "[SpamCop (x", BRIEF "Email from nobody / now\n");
	assert_spamcop(told, "none", VIA_NONE, DISPOSITION_REVIEW);
	assert_string_equal(told.report.reference, "<1@example.net>");
}

/* Spam with reports in it, written for whoever reads the complaint. */
static void test_spamcops_quotations_are_not_read(void **state)
{
	(void)state;
	struct told told = read_parts(
		SPAMCOP, SUBJECT,
		BRIEF LINE OFFENDING
		"\n\"relaytest\"\n{\"xarf_version\": \"4.2.0\", \"report_id\": "
		"\"0d1f2c3b-4a59-4687-8a7b-6c5d4e3f2a1b\", \"timestamp\": "
		"\"2026-11-21T10:00:00Z\", \"reporter\": {\"org\": \"a\", \"contact\": \"b\", "
		"\"domain\": \"c\"}, \"sender\": {\"org\": \"a\", \"contact\": \"b\", "
		"\"domain\": \"c\"}, \"source_identifier\": \"203.0.113.66\", \"category\": "
		"\"messaging\", \"type\": \"spam\"}\n");

	assert_spamcop(told, "192.0.2.1", VIA_FIELD, DISPOSITION_EVIDENCE);
}

static void test_what_is_not_by_spamcop(void **state)
{
	static const struct {
		const char *from, *subject;
	} cases[] = {
		{"a@example.net", SUBJECT},
		{"a@spamcop.net.example", SUBJECT},
		{"a@notspamcop.net", SUBJECT},
		{SPAMCOP, "Buy now"},
		{SPAMCOP, "[SpamCop] summary report"},
		{SPAMCOP, "[SpamCop] Alert"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told told = read_parts(cases[i].from, cases[i].subject, BRIEF LINE);

		print_message("%s: %s\n", cases[i].from, cases[i].subject);
		assert_int_equal(told.report.disposition, DISPOSITION_UNRECOGNISED);
		assert_int_equal(strstr(told.fault, "summary") != NULL, i >= 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jmrp),
		cmocka_unit_test(test_jmrp_without_an_address_in_the_subject),
		cmocka_unit_test(test_jmrps_words_of_another_sender),
		cmocka_unit_test(test_what_is_no_jmrp),
		cmocka_unit_test(test_spamcop),
		cmocka_unit_test(test_spamcops_other_kinds),
		cmocka_unit_test(test_spamcops_line_and_subject),
		cmocka_unit_test(test_spamcops_quotations_are_not_read),
		cmocka_unit_test(test_what_is_not_by_spamcop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
