/* From where did a mail come? Received fields as servers write them, and as spammers would. */
#include "mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct config plain = {.exclude_reserved = true};

/* "none": the field is no hop; "?": it cannot be understood. */
static const char *host_of(const char *value)
{
	static char text[PREFIX_TEXT];
	struct prefix host = {0};
	enum status status = received_host(value, &host);

	if (status) {
		return status == ST_NO ? "none" : "?";
	}
	prefix_format(&host, text);
	return text;
}

struct case_of {
	const char *value, *host;
};

static void assert_hosts(const struct case_of *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("%s\n", cases[i].value);
		assert_string_equal(host_of(cases[i].value), cases[i].host);
	}
}

#define ASSERT_HOSTS(cases) assert_hosts(cases, sizeof(cases) / sizeof *(cases))

static void test_what_servers_write(void **state)
{
	static const struct case_of cases[] = {
		/* Postfix, sendmail, Courier */
		{"from helo.example (name.example [192.0.2.1]) by mx.example.org (Postfix) with ESMTP id A",
		 "192.0.2.1"},
		{"from helo.example (unknown [192.0.2.1]) (using TLSv1.2 with cipher X (256/256 bits)) "
		 "(No client certificate requested) by mx.example.org (Postfix) with ESMTPS id A; x",
		 "192.0.2.1"},
		{"from helo.example (unknown [IPv6:2001:db8::1]) by mx", "2001:db8::1"},
		{"from helo.example ([192.0.2.1]) by mx.example.org (8.17.1/8.17.1) with ESMTP id A",
		 "192.0.2.1"},
		{"from helo.example (ident@name.example [192.0.2.1] (may be forged)) by mx",
		 "192.0.2.1"},
		{"from helo.example (name.example [::ffff:192.0.2.1]) by mx", "192.0.2.1"},
		{"from helo.example ([192.0.2.1]) (authenticated bits=0) by mx", "192.0.2.1"},
		{"from helo.example (name.example\t[192.0.2.1])by mx", "192.0.2.1"},
		/* Exim */
		{"from name.example ([192.0.2.1] helo=helo.example) by mx with esmtp (Exim 4.96) id A",
		 "192.0.2.1"},
		{"from name.example ([192.0.2.1]:4711 helo=helo.example) by mx", "192.0.2.1"},
		{"from [192.0.2.1] (helo=helo.example) by mx with smtp (Exim 4.96)", "192.0.2.1"},
		{"from [192.0.2.1] (port=4711 helo=helo.example) by mx", "192.0.2.1"},
		{"from [192.0.2.1]:4711 (helo=[203.0.113.9]) by mx", "192.0.2.1"},
		{"from [192.0.2.1] by mx with esmtp (Exim 4.96)", "192.0.2.1"},
		{"from [2001:db8::1] (helo=helo.example) by mx", "2001:db8::1"},
		/* qmail, Yahoo, Zimbra, CommuniGate */
		{"from unknown (HELO helo.example) (192.0.2.1) by mx with SMTP; x", "192.0.2.1"},
		{"from name.example (HELO ?203.0.113.9?) (ident@192.0.2.1) by mx", "192.0.2.1"},
		{"from name.example (192.0.2.1) by mx with SMTP", "192.0.2.1"},
		{"from 127.0.0.1 (EHLO helo.example) (192.0.2.1) by mx with SMTPS", "192.0.2.1"},
		{"from 203.0.113.9 (LHLO helo.example) (192.0.2.1) by mx with SMTP", "192.0.2.1"},
		{"from [192.0.2.1] (HELO helo.example) by mx (CommuniGate Pro SMTP 6)",
		 "192.0.2.1"},
		{"from [192.0.2.1] (account a@example.org HELO x) by mx", "192.0.2.1"},
		{"from [192.0.2.1] (ident=a) by mx with esmtp (Exim 4.96) id A", "192.0.2.1"},
		{"from [192.0.2.1] by t9.example.com with NNFMP; x", "192.0.2.1"},
		/* Microsoft, PowerMTA, Momentum */
		{"from host.example (192.0.2.1) by host.example.org (198.51.100.1) with Microsoft SMTP "
		 "Server",
		 "192.0.2.1"},
		{"from HOST.example (2001:db8::1) by HOST2.example (2001:db8::2) with Microsoft SMTP",
		 "2001:db8::1"},
		{"from host ([fe80::1%12]) by host ([fe80::2%12]) with mapi id 15", "fe80::1"},
		{"from [192.0.2.1] ([192.0.2.1:57238] helo=helo.example) by mx", "192.0.2.1"},
		/* What passes a mail on within a host, or fetches it. */
		{"by 203.0.113.9 with SMTP id a; x", "none"},
		{"by mx.example.org (Postfix, from userid 1000) id A; x", "none"},
		{"(qmail 24962 invoked from network); 19 Jan 2016 20:32:36 +0100", "none"},
		{"(qmail 1 invoked by uid 910); x", "none"},
		{"(from root@localhost) by mx.example.org (8.17.1/8.17.1/Submit) id A; x", "none"},
		{"from root by mx.example.org with local (Exim 4.96) id A; x", "none"},
		{"from mx (LHLO mx) (203.0.113.9) by mx.example.org with LMTP; x", "none"},
		{"from mail.example.org [203.0.113.9] by localhost with IMAP (fetchmail-6.4) ; x",
		 "none"},
		{"by mail.example.org with HTTP; x", "none"},
		{"from root by mx.example.org with local-generated (Exim 4.85) id A; x", "none"},
		{"from [127.0.0.1] ([local]) by mx.example.org (ecelerity 4.2) with ESMTP; x",
		 "none"},
		{"from localhost (mx.example.org [local]) by mx.example.org (OpenSMTPD); x",
		 "none"},
		{"from name.example [192.0.2.1] by mx.example.org via smtad; x", "192.0.2.1"},
		{"(a remark) from helo (name [192.0.2.1]) by mx", "192.0.2.1"},
	};

	(void)state;
	ASSERT_HOSTS(cases);
}

/* The client's own words are no source: what it says after HELO, and over ident. */
static void test_what_clients_say_does_not_count(void **state)
{
	static const struct case_of cases[] = {
		{"from [203.0.113.9] (name.example [192.0.2.1]) by mx", "192.0.2.1"},
		{"from 203.0.113.9 (unknown [192.0.2.1]) by mx", "192.0.2.1"},
		{"from name.example ([192.0.2.1] helo=[203.0.113.9]) by mx", "192.0.2.1"},
		{"from name.example ([192.0.2.1] ident=[203.0.113.9]) by mx", "192.0.2.1"},
		{"from name.example ([192.0.2.1] helo=x [203.0.113.9]) by mx", "192.0.2.1"},
		{"from name.example (HELO [203.0.113.9]) (192.0.2.1) by mx", "192.0.2.1"},
		{"from name.example (HELO 203.0.113.9) (192.0.2.1) by mx", "192.0.2.1"},
		{"from name.example ([203.0.113.9]@x [192.0.2.1]) by mx", "192.0.2.1"},
		{"from x ([local] [192.0.2.1]) by mx", "192.0.2.1"},
		{"from [local] by mx", "?"},
		{"from x (HELO [local]) by mx", "?"},
		{"from by (unknown [192.0.2.1]) by mx (Postfix) with ESMTP id A; x", "192.0.2.1"},
		{"from by (HELO by) (192.0.2.1) by mx with SMTP; x", "192.0.2.1"},
		{"from by by mx with SMTP; x", "?"},
		/* Nor in what the envelope says. */
		{"from [192.0.2.1] (helo=x) by mx with esmtp (Exim 4.96) (envelope-from <\"a) with "
		 "local (b\"@example.net>) id A for u@example.org; x",
		 "192.0.2.1"},
		{"from x (x [192.0.2.1]) by mx (Postfix) with ESMTP id A for <\"a with local "
		 "b\"@example.org>; x",
		 "192.0.2.1"},
		{"from x (x [192.0.2.1]) by mx id A for <\"a with local b\"@example.org>; x",
		 "192.0.2.1"},
		{"from x (x [192.0.2.1]) by mx id A <\"a with local b\"@example.net>; x",
		 "192.0.2.1"},
		{"from x (x [192.0.2.1]) by mx for <\"a with lmtp b\"@example.org>; x",
		 "192.0.2.1"},
		/* And without what the server saw, nothing is left. */
		{"from 203.0.113.9 by mx with SMTP", "?"},
		{"from name.example (HELO 203.0.113.9) by mx", "?"},
		{"from [203.0.113.9] (unknown) by mx", "?"},
		{"from [203.0.113.9] (using TLSv1.2 with cipher X) by mx", "?"},
		{"from name.example by mx (192.0.2.1)", "?"},
		{"from name.example by mx ([192.0.2.1])", "?"},
		{"from a@example.com by mx; x", "?"},
		{"from name.example (seen at 192.0.2.1 today) by mx", "?"},
	};

	(void)state;
	ASSERT_HOSTS(cases);
}

static void test_what_cannot_be_understood(void **state)
{
	static const struct case_of cases[] = {
		{"", "?"},
		{"apparently", "?"},
		{"or is it", "?"},
		{"from", "?"},
		{"fromage (x [192.0.2.1]) by mx", "?"},
		{"through x (x [192.0.2.1])", "?"},
		{"from x (x [192.0.2.1] by mx", "?"},
		{"from x (x [192.0.2.1) by mx", "?"},
		{"(from x (x [192.0.2.1]) by mx", "?"},
		{"from x (x [192.0.2]) by mx", "?"},
		{"from x (x [192.0.2.256]) by mx", "?"},
		{"from x (x [192.0.2.0/24]) by mx", "?"},
		{"from x (x [192.0.2.1]x) by mx", "?"},
		{"from x (XX.YY.ZZ.6) by mx", "?"},
		{"from x (x [UNIX: localhost]) by mx", "?"},
		{"from x ([]) by mx", "?"},
		{"from x ([%]) by mx", "?"},
		{"from x ([:]) by mx", "?"},
		{"from [ by mx", "?"},
		{"from x ()) by mx", "?"},
		/* Two that differ: one of them is invented. */
		{"from x (x [192.0.2.1]) (y [192.0.2.2]) by mx", "?"},
		{"from x (x [192.0.2.1] [192.0.2.2]) by mx", "?"},
		{"from x (192.0.2.1) (192.0.2.2) by mx", "?"},
		{"from x (x [192.0.2.1]) (y [192.0.2.1]) by mx", "192.0.2.1"},
	};

	(void)state;
	ASSERT_HOSTS(cases);
}

#define HOP(address)  "Received: from h (n [" address "]) by mx; Sat, 21 Nov 2026 10:00:00 +0000\n"
#define LATE(address) "Received: from h (n [" address "]) by mx; Sat, 21 Nov 2026 11:00:00 +0000\n"
#define TEN           1795255200
#define ELEVEN        (TEN + 3600)
#define UNCLEAR       "Received: from somewhere by mx; Sat, 21 Nov 2026 11:00:00 +0000\n"
#define INNER         "Received: (qmail 1 invoked by uid 2); Sat, 21 Nov 2026 11:00:00 -0000\n"

static void assert_source(const char *header, const struct config *config, const char *address,
			  uint64_t date)
{
	struct mail_hop hop = mail_source(bytes_str(header), config);
	char text[PREFIX_TEXT] = "none";

	if (hop.host.family) {
		prefix_format(&hop.host, text);
	}
	assert_string_equal(text, address);
	assert_int_equal(hop.date, date);
}

static void test_first_hop_in_public_space_is_the_source(void **state)
{
	(void)state;
	assert_source("", &plain, "none", 0);
	assert_source("From: a\nSubject: b\n", &plain, "none", 0);
	assert_source(HOP("192.0.2.1"), &plain, "192.0.2.1", TEN);
	assert_source("From: a\n" HOP("192.0.2.1") "To: b\n" LATE("192.0.2.2"), &plain, "192.0.2.1",
		      TEN);
	/* Reserved space, of all kinds. */
	assert_source(LATE("127.0.0.1") LATE("10.1.2.3") LATE("172.16.0.1") LATE("192.168.1.1")
			      LATE("100.64.0.1") LATE("169.254.1.1") LATE("IPv6:::1")
				      LATE("IPv6:fe80::1%eth0") LATE("IPv6:fd00::1")
					      HOP("192.0.2.1"),
		      &plain, "192.0.2.1", TEN);
	assert_source(LATE("10.1.2.3") HOP("IPv6:2001:db8::1"), &plain, "2001:db8::1", TEN);
	/* What is no hop is passed over. */
	assert_source(INNER HOP("192.0.2.1"), &plain, "192.0.2.1", TEN);
	/* Nothing below the body's start. */
	assert_source("From: a\n\n" HOP("192.0.2.1"), &plain, "none", 0);
}

static void test_below_what_is_unclear_nothing_is_believed(void **state)
{
	(void)state;
	assert_source(UNCLEAR HOP("192.0.2.1"), &plain, "none", ELEVEN);
	assert_source(HOP("10.0.0.1") UNCLEAR HOP("192.0.2.1"), &plain, "none", ELEVEN);
	assert_source("Received: apparently\n" HOP("192.0.2.1"), &plain, "none", 0);
	/* Below the source anything may stand. */
	assert_source(HOP("192.0.2.1") UNCLEAR HOP("203.0.113.9"), &plain, "192.0.2.1", TEN);
}

static void test_trusted_hops(void **state)
{
	struct prefix trusted[2];
	struct config config = {.trusted_hops = trusted,
				.trusted_hop_count = 2,
				.exclude_reserved = true};

	(void)state;
	assert_int_equal(prefix_parse("192.0.2.0/28", &trusted[0]), ST_OK);
	assert_int_equal(prefix_parse("2001:db8::1", &trusted[1]), ST_OK);
	assert_source(LATE("192.0.2.1") LATE("IPv6:2001:db8::1") HOP("203.0.113.9")
			      LATE("192.0.2.1"),
		      &config, "203.0.113.9", TEN);
	assert_source(LATE("192.0.2.1") HOP("192.0.2.16"), &config, "192.0.2.16", TEN);
	assert_source(HOP("192.0.2.1"), &config, "none", TEN);
}

static void test_private_source_where_reserved_space_is_listed(void **state)
{
	static const struct config config = {.exclude_reserved = false};

	(void)state;
	assert_source(HOP("10.0.0.1"), &plain, "none", TEN);
	assert_source(HOP("10.0.0.1"), &config, "10.0.0.1", TEN);
	assert_source(HOP("10.0.0.1") HOP("10.0.0.2"), &config, "10.0.0.2", TEN);
	assert_source(HOP("10.0.0.1") HOP("127.0.0.1"), &config, "10.0.0.1", TEN);
	assert_source(HOP("127.0.0.1"), &config, "none", TEN);
	assert_source(LATE("10.0.0.1") HOP("192.0.2.1"), &config, "192.0.2.1", TEN);
	assert_source(HOP("10.0.0.1") UNCLEAR, &config, "none", ELEVEN);
}

/* A hundred thousand hops, and fields of nothing but parentheses: only so many are read. */
static void test_hostile_headers_end(void **state)
{
	static const char *const lines[] = {
		(HOP("10.0.0.1")), "Received: from ((((((((((((((((((\n", "Received: (((((((((((\n",
		"Received:\n", "Received: by x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		size_t len = strlen(lines[i]);
		char *text = must_alloc(100000 * len + 200);
		char *at = text;

		for (int n = 0; n < 100000; n++) {
			at = stpcpy(at, lines[i]);
		}
		strcpy(at, HOP("192.0.2.1"));
		struct mail_hop hop = mail_source(bytes_str(text), &plain);

		assert_int_equal(hop.host.family, 0);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_servers_write),
		cmocka_unit_test(test_what_clients_say_does_not_count),
		cmocka_unit_test(test_what_cannot_be_understood),
		cmocka_unit_test(test_first_hop_in_public_space_is_the_source),
		cmocka_unit_test(test_below_what_is_unclear_nothing_is_believed),
		cmocka_unit_test(test_trusted_hops),
		cmocka_unit_test(test_private_source_where_reserved_space_is_listed),
		cmocka_unit_test(test_hostile_headers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
