/* Dates of mails, in every spelling, and what is none. */
#include "mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rfc3339.h"

#include <cmocka.h>

static const struct {
	const char *text, *time;
} dates[] = {
	/* RFC 5322 §3.3 */
	{"Sat, 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	{"21 Nov 2026 10:00 +0100", "2026-11-21T09:00:00Z"},
	{"Sat, 21 Nov 2026 23:59:60 +0000", "2026-11-21T23:59:59Z"},
	{"Sat, 21 Nov 2026 10:00:00 -0930 (here)", "2026-11-21T19:30:00Z"},
	{"Tue,  1 Dec 2026 00:30:00 +0100", "2026-11-30T23:30:00Z"},
	{"Thu, 29 Feb 2024 12:00:00 +0000", "2024-02-29T12:00:00Z"},
	{"(x) Sat (y), 21 (z (zz)) Nov 2026 10 : 00 : 00 (a \\) b) -0500", "2026-11-21T15:00:00Z"},
	/* A wrong day of the week, or one spelt out, or another language's. */
	{"Mon, 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	{"Saturday, 21 November 2026 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	{"Sam., 21 Nov 2026 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	/* What the zone says counts, not what a comment says of it. */
	{"Wed, 29 Apr 2009 00:00:00 -0000 (EST)", "2009-04-29T00:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 -0800 (GMT)", "2026-11-21T18:00:00Z"},
	/* Names of zones. */
	{"Sat, 21 Nov 2026 10:00:00 UT", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 Z", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 EST", "2026-11-21T15:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 EDT", "2026-11-21T14:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 cst", "2026-11-21T16:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 PST", "2026-11-21T18:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 PDT", "2026-11-21T17:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 MST", "2026-11-21T17:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 AKST", "2026-11-21T19:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 BST", "2026-11-21T09:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 CET", "2026-11-21T09:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 CEST", "2026-11-21T08:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 EET", "2026-11-21T08:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 MSK", "2026-11-21T07:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 JST", "2026-11-21T01:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 KST", "2026-11-21T01:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 HKT", "2026-11-21T02:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 AEDT", "2026-11-20T23:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 NZDT", "2026-11-20T21:00:00Z"},
	/* As good as -0000 (RFC 5322 §4.3): letters, and names that are several zones' or nobody's.
	 */
	{"Sat, 21 Nov 2026 10:00:00 A", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 IST", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 XYZT", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 ESTX", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00", "2026-11-21T10:00:00Z"},
	/* RFC 5322 §4.3 and before. */
	{"Sat, 21 Nov 26 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	{"Sun, 21 Nov 93 10:00:00 +0000", "1993-11-21T10:00:00Z"},
	{"Sat, 21 Nov 126 10:00:00 +0000", "2026-11-21T10:00:00Z"},
	{"Saturday, 21-Nov-26 10:00:00 GMT", "2026-11-21T10:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 +01:00", "2026-11-21T09:00:00Z"},
	{"Sat, 21 Nov 2026 10:00:00 +01", "2026-11-21T09:00:00Z"},
	{"Sat Nov 21 2026 10:00:00 GMT+0100 (CET)", "2026-11-21T09:00:00Z"},
	{"Nov 21 2026 10:00:00 +0100", "2026-11-21T09:00:00Z"},
	{"Nov 21, 2026 10:00:00 +0100", "2026-11-21T09:00:00Z"},
	/* asctime(), date(1) */
	{"Sat Nov 21 10:00:00 2026", "2026-11-21T10:00:00Z"},
	{"Sat Nov  1 10:00:00 CET 2026", "2026-11-01T09:00:00Z"},
	/* RFC 3339 and its like */
	{"2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00Z"},
	{"2026-11-21T10:00:00.123Z", "2026-11-21T10:00:00Z"},
	{"2026-11-21T10:00:00+0100", "2026-11-21T09:00:00Z"},
	{"2026-11-21 10:00:00 +0100", "2026-11-21T09:00:00Z"},
	{"2026-11-21 10:00:00 UTC", "2026-11-21T10:00:00Z"},
	{"2026-11-21 10:00", "2026-11-21T10:00:00Z"},
	{"'2026-11-21 10:00:00'", "2026-11-21T10:00:00Z"},
};

static void test_dates(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		print_message("%s\n", dates[i].text);
		assert_string_equal(time_format(mail_date(dates[i].text), text), dates[i].time);
	}
}

static void test_what_is_no_date(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"soon",
		"Sat",
		"Sat, 21 Nov",
		"Sat, 21 Nov 2026",
		"1447000000",
		"Sat, 31 Nov 2026 10:00:00 +0000",
		"Mon, 29 Feb 2026 10:00:00 +0000",
		"Sat, 0 Nov 2026 10:00:00 +0000",
		"Sat, 21 Nox 2026 10:00:00 +0000",
		"Sat, 21 Nov 2026 24:00:00 +0000",
		"Sat, 21 Nov 2026 10:60:00 +0000",
		"Sat, 21 Nov 2026 10:00:61 +0000",
		"Sat, 21 Nov 2026 10:00:00 +9999",
		"Sat, 21 Nov 20266 10:00:00 +0000",
		"Sat, 121 Nov 2026 10:00:00 +0000",
		"(Sat, 21 Nov 2026 10:00:00 +0000",
		"Thu, 1 Jan 1970 00:00:00 +0000",
		"Wed, 31 Dec 1969 23:59:59 +0000",
		"Thu, 1 Jan 1970 00:30:00 +0100",
		"2026-13-21T10:00:00Z",
		"2026-11-21",
		"2026-11-21T10",
		"99999999999999999999-11-21T10:00:00Z",
		"((((((((((((((((((",
		"\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		print_message("%s\n", texts[i]);
		assert_int_equal(mail_date(texts[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_what_is_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
