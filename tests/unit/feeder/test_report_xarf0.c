/* X-ARF 0.1 and 0.2: which part is the report, and what its keys mean. */
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

#define HEAD                                                                                        \
	"From: Reports <reports@example.net>\nTo: abuse@example.org\nMessage-ID: <1@example.net>\n" \
	"Date: Sat, 21 Nov 2026 12:00:00 +0100\nSubject: report\nMIME-Version: 1.0\n"
#define XARF  "X-XARF: PLAIN\n"
#define MIXED "Content-Type: multipart/mixed; boundary=\"b\"\n\n"
#define WORDS "--b\nContent-Type: text/plain\n\nYour 203.0.113.9 has attacked us.\n\n"
#define PART  "--b\nContent-Type: text/plain; charset=utf-8; name=\"report.txt\"\n\n"
#define BARE  "--b\nContent-Type: text/plain; charset=utf-8\n\n"
#define LOG   "\n--b\nContent-Type: text/plain; name=\"logfile.log\"\n\nSource: 203.0.113.9\n"
#define END   "\n--b--\n"
#define WHO   "Reported-From: reports@example.net\n"
#define WHAT  "Category: abuse\nReport-Type: login-attack\n"
#define WHEN  "Date: Sat, 21 Nov 2026 11:00:00 +0100\n"
#define WHERE "Source-Type: ipv4\nSource: 192.0.2.1\n"
#define KEYS  "---\n" WHO WHAT WHEN WHERE "Report-ID: 17@example.net\nVersion: 0.2\n"

static void assert_usual(const char *text)
{
	struct told told = read_mail(text);

	assert_int_equal(told.count, 1);
	assert_int_equal(told.faults, 0);
	assert_int_equal(told.report.format, FORMAT_XARF0);
	assert_string_equal(source_text(&told.report), "192.0.2.1");
	assert_int_equal(told.report.via, VIA_FIELD);
	assert_int_equal(told.report.confidence, 100);
	assert_int_equal(told.report.category, CATEGORY_ATTACK);
	assert_int_equal(told.report.disposition, DISPOSITION_EVIDENCE);
	assert_int_equal(told.report.observed, ACTED);
	assert_int_equal(told.report.incidents, 1);
	assert_string_equal(told.report.reference, "17@example.net");
	assert_string_equal(told.report.note, "login-attack; from example.net");
}

static void test_shapes(void **state)
{
	static const char *const shapes[] = {
		HEAD XARF MIXED WORDS PART KEYS LOG END,
		HEAD "X-ARF: Yes\n" MIXED WORDS PART KEYS LOG END,
		HEAD "x-arf: yes\n" MIXED WORDS BARE KEYS LOG END,
		HEAD MIXED WORDS PART KEYS END, /* the name alone tells */
		HEAD MIXED PART KEYS,
		/* YAML's ways: comments, quotes, blank lines, no marker at the start. */
		HEAD XARF MIXED WORDS BARE
		"# a comment: of words\n\n" WHO "\n" WHAT WHEN
		"\nSource-Type: 'ipv4' # not v6\nSource: \"192.0.2.1\" # that one\n\n"
		"Report-ID: '17@example.net'\n..." END,
		HEAD XARF MIXED WORDS BARE "--- # X-ARF\n" WHO WHAT WHEN WHERE
					   "Report-ID:\n  17@example.net\n" END,
		/* Other encodings and line ends. */
		HEAD XARF MIXED WORDS
		"--b\nContent-Type: text/plain; name=report.txt\n"
		"Content-Transfer-Encoding: quoted-printable\n\n---\n" WHO WHAT
		"Date: Sat, 21 Nov 2026 11:00:00 =\n+0100\n" WHERE
		"Report-ID: 17=40example.net\n" END,
		/* A key twice, the same. */
		HEAD XARF MIXED WORDS PART KEYS "Source: 192.0.2.1\nReport-ID: 18\n" END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		print_message("shape %zu\n", i);
		assert_usual(shapes[i]);
	}
}

static struct told read_keys(const char *keys)
{
	char *text = NULL;

	assert_true(asprintf(&text, HEAD XARF MIXED WORDS PART "---\n" WHO "%s" LOG END, keys) > 0);
	struct told told = read_mail(text);

	free(text);
	return told;
}

static void test_types(void **state)
{
	static const struct {
		const char *category, *type;
		enum category expected;
	} cases[] = {
		{"abuse", "spam", CATEGORY_SPAM},
		{"abuse", "spamvertized", CATEGORY_SPAM},
		{"abuse", "login-attack", CATEGORY_ATTACK},
		{"abuse", "malware-attack", CATEGORY_VIRUS},
		{"abuse", "regbot", CATEGORY_ATTACK},
		{"abuse", "badbot", CATEGORY_ATTACK},
		{"abuse", "bots", CATEGORY_BOT},
		{"info", "bot-infection", CATEGORY_BOT},
		{"info", "botnet", CATEGORY_BOT},
		{"abuse", "trojan", CATEGORY_VIRUS},
		{"abuse", "port-scan", CATEGORY_ATTACK},
		{"abuse", "SSH", CATEGORY_ATTACK},
		{"abuse", "DDoS", CATEGORY_ATTACK},
		{"fraud", "phishing-website", CATEGORY_FRAUD},
		{"fraud", "x", CATEGORY_FRAUD},
		{"auth", "x", CATEGORY_ATTACK},
		{"info", "openresolver", CATEGORY_VULNERABLE},
		{"abuse", "copyright", CATEGORY_CONTENT},
		{"info", "x", CATEGORY_OTHER},
		{"abuse", "x", CATEGORY_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char keys[256];

		snprintf(keys, sizeof keys, "Category: %s\nReport-Type: %s\n" WHERE,
			 cases[i].category, cases[i].type);
		print_message("%s/%s\n", cases[i].category, cases[i].type);
		struct told told = read_keys(keys);

		assert_int_equal(told.report.category, cases[i].expected);
		assert_int_equal(told.report.disposition, DISPOSITION_EVIDENCE);
		assert_int_equal(told.report.observed, DATED); /* the mail's, without its own */
	}
}

static void test_sources(void **state)
{
	static const struct {
		const char *keys, *source;
		enum report_disposition disposition;
	} cases[] = {
		{"Source-Type: ip-address\nSource: 192.0.2.1\n", "192.0.2.1", DISPOSITION_EVIDENCE},
		{"Source-Type: IPv6\nSource: 2001:DB8:0:0:0:0:0:1\n", "2001:db8::1",
		 DISPOSITION_EVIDENCE},
		{"Source: 192.0.2.1\n", "192.0.2.1", DISPOSITION_EVIDENCE},
		{"Source-Type: uri\nSource: http://192.0.2.1/\n", "none", DISPOSITION_IGNORED},
		{"Source-Type: domain\nSource: example.com\n", "none", DISPOSITION_IGNORED},
		{"Source-Type: url\nSource: 192.0.2.1\n", "none", DISPOSITION_IGNORED},
		{"Source-Type: ipv4\nSource: example.com\n", "none", DISPOSITION_REVIEW},
		{"Source-Type: ipv4\nSource: 192.0.2.0/24\n", "none", DISPOSITION_REVIEW},
		{"Source: 192.0.2.1\nSource: 192.0.2.2\n", "none", DISPOSITION_REVIEW},
		{"Source: http://example.com/\n", "none", DISPOSITION_REVIEW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char keys[256];

		snprintf(keys, sizeof keys, WHAT "%s", cases[i].keys);
		print_message("%s\n", cases[i].keys);
		struct told told = read_keys(keys);

		assert_int_equal(told.count, 1);
		assert_string_equal(source_text(&told.report), cases[i].source);
		assert_int_equal(told.report.disposition, cases[i].disposition);
	}
}

static void test_other_keys(void **state)
{
	(void)state;
	struct told told =
		read_keys(WHAT WHERE "Occurrences: 7\nUser-Agent: watcher of a@example.net\n");

	assert_int_equal(told.report.incidents, 7);
	assert_string_equal(told.report.note,
			    "login-attack, watcher of example.net; from example.net");
	assert_string_equal(told.report.reference, "<1@example.net>"); /* the mail's */
	assert_int_equal(read_keys(WHAT WHERE "Occurrences: -1\n").report.incidents, 1);
	assert_int_equal(read_keys(WHAT WHERE "Occurrences: many\n").report.incidents, 1);
	assert_int_equal(read_keys(WHAT WHERE "Date: 2026-11-21T10:00:00Z\n").report.observed,
			 ACTED);
	assert_int_equal(read_keys(WHAT WHERE "Date: 2027-11-21T10:00:00Z\n").report.observed,
			 DATED);
}

static void assert_unrecognised(const char *text)
{
	struct told told = read_mail(text);

	assert_int_equal(told.count, 1);
	assert_int_equal(told.faults, 1);
	assert_int_equal(told.report.format, FORMAT_UNKNOWN);
	assert_int_equal(told.report.disposition, DISPOSITION_UNRECOGNISED);
	assert_string_equal(source_text(&told.report), "none");
}

static void test_what_is_none(void **state)
{
	(void)state;
	/* Keys that are missing, or in a part that is not the report. */
	assert_unrecognised(HEAD XARF MIXED WORDS PART WHO WHAT END);
	assert_unrecognised(HEAD XARF MIXED WORDS PART WHO WHERE END);
	assert_unrecognised(HEAD XARF MIXED WORDS PART WHAT WHERE END);
	assert_unrecognised(HEAD XARF MIXED BARE KEYS END);
	assert_unrecognised(HEAD MIXED WORDS BARE KEYS END);
	assert_unrecognised(HEAD XARF "Content-Type: text/plain\n\n" KEYS);
	assert_unrecognised(HEAD XARF MIXED WORDS "--b\nContent-Type: message/rfc822\n\n" KEYS END);
	/* Kinds that are not read say so. */
	assert_unrecognised(HEAD "X-XARF: BULK\n" MIXED WORDS END);
	assert_non_null(strstr(read_mail(HEAD "X-XARF: BULK\n" MIXED WORDS END).fault, "BULK"));
	assert_non_null(strstr(read_mail(HEAD "X-XARF: SECURE\nContent-Type: multipart/encrypted; "
					      "boundary=b\n\n--b\nContent-Type: "
					      "application/pgp-encrypted\n\nVersion: 1\n" END)
				       .fault,
			       "encrypted"));
	/* Signed ones are read. */
	assert_usual(
		HEAD
		"X-XARF: SECURE\nContent-Type: multipart/signed; boundary=a\n\n--a\n" MIXED WORDS
			PART KEYS END
		"\n--a\nContent-Type: application/pgp-signature\n\nx\n--a--\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),       cmocka_unit_test(test_types),
		cmocka_unit_test(test_sources),      cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
