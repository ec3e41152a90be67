/* Authentication-Results: whose is it, and which domains it proves; forgeries prove none. */
#include "mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OURS     "Authentication-Results: mx.example.org"
#define RECEIVED "Received: from a (a [192.0.2.1]) by mx; Sat, 21 Nov 2026 10:00:00 +0000\n"

static char our_id[] = "mx.example.org";
static struct config config = {.authserv_id = our_id};

struct case_of {
	const char *header, *domains;
};

static void assert_domains(const struct case_of *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char domains[160];

		print_message("%s\n", cases[i].header);
		mail_domains(bytes_str(cases[i].header), &config, domains, sizeof domains);
		assert_string_equal(domains, cases[i].domains);
	}
}

#define ASSERT_DOMAINS(cases) assert_domains(cases, sizeof(cases) / sizeof *(cases))

static void test_proved_domains(void **state)
{
	static const struct case_of cases[] = {
		{OURS "; dkim=pass header.d=example.net\n", "example.net"},
		{OURS "; spf=pass smtp.mailfrom=fbl@bounces.example.net\n", "bounces.example.net"},
		{OURS "; spf=pass smtp.mailfrom=example.net\n", "example.net"},
		{OURS "; dmarc=pass header.from=example.net\n", "example.net"},
		{OURS "; dkim=pass header.d=a.example header.s=s1 header.b=Ab/+9=;\n"
		      "\tspf=pass smtp.mailfrom=x@b.example;\n dmarc=pass header.from=c.example\n",
		 "a.example b.example c.example"},
		{OURS "; dkim=pass header.d=example.net; dmarc=pass header.from=example.net\n",
		 "example.net"},
		{OURS "; dkim=fail header.d=a.example; dkim=pass header.d=b.example\n",
		 "b.example"},
		{OURS "; DKIM=Pass Header.D=Example.NET.\n", "example.net"},
		{"authentication-results: MX.Example.ORG; dkim=pass header.d=example.net\n",
		 "example.net"},
		{OURS " 1; dkim=pass header.d=example.net\n", "example.net"},
		{OURS " (amavisd-new); dkim=pass (1024-bit key) header.d=example.net\n",
		 "example.net"},
		{"Authentication-Results: \"mx.example.org\"; dkim=pass header.d=example.net\n",
		 "example.net"},
		/* Comments, blanks and quotes wherever the grammar has them. */
		{"Authentication-Results: (a (b)) mx.example.org (c) 1 (d) ; (e) dkim (f) / (g) 1 (h) = "
		 "(i) pass (j) reason = \"good; dkim=pass header.d=x.example\" (k) header (l) . (m) d "
		 "(n) = (o) example.net (p)\n",
		 "example.net"},
		{OURS "; spf=pass smtp.mailfrom=\"a b; c=d\"@example.net\n", "example.net"},
		{OURS "; spf=pass smtp.mailfrom=\"a@b.example\"@example.net\n", "example.net"},
		{OURS "; dmarc=pass (p=none) action=none header.from=example.net;\n",
		 "example.net"},
		/* Nothing proved. */
		{OURS "; none\n", ""},
		{OURS " 1; none\n", ""},
		{OURS "\n", ""},
		{OURS "; dkim=pass\n", ""},
		{OURS "; dkim=none header.d=example.net\n", ""},
		{OURS "; dkim=neutral header.d=example.net\n", ""},
		{OURS "; dkim=pass header.i=@example.net\n", ""},
		{OURS "; spf=pass smtp.helo=example.net\n", ""},
		{OURS "; spf=softfail smtp.mailfrom=example.net\n", ""},
		{OURS "; auth=pass smtp.auth=a@example.net smtp.mailfrom=a@example.net\n", ""},
		{OURS "; iprev=pass policy.iprev=192.0.2.1\n", ""},
	};

	(void)state;
	ASSERT_DOMAINS(cases);
}

static void test_only_our_own_server_is_believed(void **state)
{
	static const struct case_of cases[] = {
		{"Authentication-Results: mx.example.com; dkim=pass header.d=example.net\n", ""},
		{"Authentication-Results: mx.example.org.evil.example; dkim=pass header.d=a.example\n",
		 ""},
		{"Authentication-Results: x.mx.example.org; dkim=pass header.d=a.example\n", ""},
		{"Authentication-Results: (mx.example.org) x; dkim=pass header.d=a.example\n", ""},
		{"Authentication-Results: x (; mx.example.org); dkim=pass header.d=a.example\n",
		 ""},
		{"X-Authentication-Results: mx.example.org; dkim=pass header.d=a.example\n", ""},
		{"ARC-Authentication-Results: i=1; mx.example.org; dkim=pass header.d=a.example\n",
		 ""},
		{"From: a\n\n" OURS "; dkim=pass header.d=a.example\n", ""},
		/* The first of ours; what stands below may have come in with the mail. */
		{OURS "; dkim=fail header.d=a.example\n" OURS "; dkim=pass header.d=a.example\n",
		 ""},
		{RECEIVED OURS "; none\n" OURS "; dkim=pass header.d=a.example\n", ""},
		{"Authentication-Results: x; none\n" OURS "; dkim=pass header.d=a.example\n",
		 "a.example"},
		{OURS "; dkim=pass header.d=a.example\n" RECEIVED RECEIVED, "a.example"},
		{RECEIVED OURS "; dkim=pass header.d=a.example\n" RECEIVED, "a.example"},
		{RECEIVED "From: a\n" RECEIVED OURS "; dkim=pass header.d=a.example\n", ""},
		/* Below our Received: only among what servers put on top. */
		{RECEIVED "Return-Path: <a@example.net>\nDelivered-To: b@example.org\n"
			  "Received-SPF: pass\nX-Spam: no\nARC-Seal: i=1\nDKIM-Filter: x\n"
			  "Authentication-Results: x; none\n" OURS
			  "; dkim=pass header.d=a.example\nFrom: a\n",
		 "a.example"},
		{RECEIVED "From: a\n" OURS "; dkim=pass header.d=a.example\n", ""},
		{RECEIVED "X-Spam: no\nSubject: a\n" OURS "; dkim=pass header.d=a.example\n", ""},
		{RECEIVED "X: no\n" OURS "; dkim=pass header.d=a.example\n", ""},
		{"From: a\n" OURS "; dkim=pass header.d=a.example\n" RECEIVED, "a.example"},
		{RECEIVED RECEIVED RECEIVED OURS "; dkim=pass header.d=a.example\n", ""},
	};

	(void)state;
	ASSERT_DOMAINS(cases);
	config.authserv_id = NULL;
	static const struct case_of none[] = {{OURS "; dkim=pass header.d=a.example\n", ""}};

	ASSERT_DOMAINS(none);
	config.authserv_id = our_id;
}

/* Text of the sender's that our server copied must not end up as a result of its own. */
static void test_tricks_prove_nothing(void **state)
{
	static const struct case_of cases[] = {
		{OURS "; dkim=fail reason=\"x; dkim=pass header.d=bank.example\"\n", ""},
		{OURS "; dkim=fail (x; dkim=pass header.d=bank.example)\n", ""},
		{OURS "; spf=fail smtp.mailfrom=\"; dkim=pass header.d=bank.example\"@x.example\n",
		 ""},
		/* Not of the grammar: none of it. */
		{OURS "; dkim=pass header.d=a.example; spf=fail reason=\"x\n", ""},
		{OURS "; dkim=pass header.d=a.example (x\n", ""},
		{OURS "; dkim=pass header.d=a.example; spf\n", ""},
		{OURS "; dkim=pass header.d=a.example; =pass\n", ""},
		{OURS "; dkim=pass header.d=a.example junk\n", ""},
		{OURS "; dkim=pass header.d=\n", ""},
		{OURS " 2; dkim=pass header.d=a.example\n", ""},
		{OURS " x; dkim=pass header.d=a.example\n", ""},
		{OURS " dkim=pass header.d=a.example\n", ""},
		/* No names of hosts. */
		{OURS "; dkim=pass header.d=a..b/c\n", ""},
		{OURS "; dkim=pass header.d=\"a b\"\n", ""},
		{OURS "; dkim=pass header.d=b\xc3\xbc.example\n", ""},
		{OURS "; spf=pass smtp.mailfrom=<>\n", ""},
		{OURS "; spf=pass smtp.mailfrom=a@\n", ""},
	};

	(void)state;
	ASSERT_DOMAINS(cases);
}

/* A result that was cut off is none, not a shorter domain. */
static void test_long_fields_are_read_to_the_last_whole_result(void **state)
{
	char header[4096], domains[160];

	(void)state;
	for (int pad = 900; pad < 990; pad++) {
		snprintf(header, sizeof header,
			 OURS "; dkim=pass header.d=a.example; x=pass (%0*d); dkim=pass "
			      "header.d=b.example.community\n",
			 pad, 0);
		mail_domains(bytes_str(header), &config, domains, sizeof domains);
		if (strchr(domains, ' ')) {
			assert_string_equal(domains, "a.example b.example.community");
		} else {
			assert_true(!domains[0] || strcmp(domains, "a.example") == 0);
		}
	}
	char many[4096] = OURS;

	for (int i = 10; i < 40; i++) {
		sprintf(many + strlen(many), "; dkim=pass header.d=d%d.example", i);
	}
	strcat(many, "\n");
	mail_domains(bytes_str(many), &config, domains, sizeof domains);
	assert_int_equal(strlen(domains) % 12, 11); /* whole ones */
	assert_in_range(strlen(domains), 140, 159);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proved_domains),
		cmocka_unit_test(test_only_our_own_server_is_believed),
		cmocka_unit_test(test_tricks_prove_nothing),
		cmocka_unit_test(test_long_fields_are_read_to_the_last_whole_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
