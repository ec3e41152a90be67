/*
 * Where envelope addresses lead, seen by one server: 192.0.2.1, also 2001:db8::1, that is called
 * mail.example.org and takes mail for example.org.
 */
#include "mail_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"mail.example.org", "Example.Org."};

static struct mail_server server_at(const char *address)
{
	struct mail_server server = {.names = names, .name_count = 2};

	assert_int_equal(prefix_parse(address, &server.host), ST_OK);
	return server;
}

static void test_recipients_of_strangers(void **state)
{
	static const char *const foreign[] = {
		"t@tester.example",
		"<t@tester.example>",
		"t%tester.example@[192.0.2.1]",
		"t%tester.example@192.0.2.1",
		"t%tester.example@mail.example.org",
		"t%tester.example@MAIL.EXAMPLE.ORG",
		"t%tester.example@mail.example.org.",
		"t%tester.example@example.org",
		"t%tester.example",
		"\"t@tester.example\"",
		"\"t%tester.example\"",
		"\"t@tester.example\"@[192.0.2.1]",
		"\"t@tester.example\"@mail.example.org",
		"t\\@tester.example@mail.example.org",
		"t@tester.example@[192.0.2.1]",
		"t@tester.example@mail.example.org",
		"@[192.0.2.1]:t@tester.example",
		"@mail.example.org:t@tester.example",
		"@[IPv6:2001:db8::1]:t@tester.example",
		"@mail.example.org,@example.net:t@tester.example",
		"<@mail.example.org:t@tester.example>",
		"tester.example!t",
		"tester.example!t@[192.0.2.1]",
		"tester.example!t@mail.example.org",
		"mail.example.org!tester.example!t",
		"\"tester.example!t\"@mail.example.org",
		"t%tester.example%mail.example.org@[192.0.2.1]",
		"\"t%tester.example\"@\"mail.example.org\"",
		"\"t\\\"@tester.example\"@example.org",
		/* Of the server's names in part or in the wrong place. */
		"t@xmail.example.org",
		"t@mail.example.org.example.net",
		"t@sub.example.org",
		"mail.example.org@tester.example",
		"t%mail.example.org@tester.example",
		"t@[192.0.2.2]",
		"t@[192.0.2.10]",
		/* Nonsense, but of no domain of the server's. */
		"t@[",
		"t@]",
		"@[",
		"@[:",
		"%!%!@",
	};
	struct mail_server server = server_at("192.0.2.1");

	(void)state;
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		print_message("%s\n", foreign[i]);
		assert_false(address_ends_at(&server, foreign[i]));
	}
}

static void test_recipients_of_its_own(void **state)
{
	static const char *const own[] = {
		"t@[192.0.2.1]",
		"t@192.0.2.1",
		"t@mail.example.org",
		"t@EXAMPLE.org.",
		"t@localhost",
		"t",
		"<postmaster>",
		"<t@example.org>",
		"\"t@example.org\"@[192.0.2.1]",
		"\"t@example.org\"",
		"\"t\"@example.org",
		"\"t\"",
		"t%mail.example.org@[192.0.2.1]",
		"t%example.org",
		"example.org!t",
		"mail.example.org!example.org!t@[192.0.2.1]",
		"@tester.example:t@example.org",
		"@example.org:t",
		"",
		"<>",
		"@",
		"%",
		"!",
		"\"",
		"\\",
		"\"\\",
		"@@@",
		"@[]:",
		"@[::]:t",
	};
	struct mail_server server = server_at("192.0.2.1");

	(void)state;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		print_message("%s\n", own[i]);
		assert_true(address_ends_at(&server, own[i]));
	}
}

static void test_ipv6_literals(void **state)
{
	struct mail_server server = server_at("2001:db8::1");

	(void)state;
	assert_true(address_ends_at(&server, "t@[IPv6:2001:db8::1]"));
	assert_true(address_ends_at(&server, "t@[ipv6:2001:DB8:0:0::1]"));
	assert_true(address_ends_at(&server, "t@[2001:db8::1]"));
	assert_false(address_ends_at(&server, "t@[IPv6:2001:db8::2]"));
	assert_false(address_ends_at(&server, "t%tester.example@[IPv6:2001:db8::1]"));
	assert_false(address_ends_at(&server, "@[IPv6:2001:db8::1]:t@tester.example"));
}

static void test_senders(void **state)
{
	static const struct {
		const char *sender;
		bool own;
	} cases[] = {
		{"f@tester.example", false},
		{"", false},
		{"<>", false},
		{"<f@tester.example>", false},
		{"<f@example.org>", true},
		{"f@mail.example.org", true},
		{"f@[192.0.2.1]", true},
		{"f@example.org", true},
		{"f@localhost", true},
		{"f", true},
		{"@example.net:f@example.org", true},
		/* A sender is what it says: nobody undoes it. */
		{"f%example.org@tester.example", false},
		{"\"f@tester.example\"@example.org", true},
		{"f%tester.example@example.org", true},
	};
	struct mail_server server = server_at("192.0.2.1");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("%s\n", cases[i].sender);
		assert_int_equal(address_begins_at(&server, cases[i].sender), cases[i].own);
	}
}

static void test_overlong_addresses_say_nothing(void **state)
{
	char text[ADDRESS_MAX + 32];
	struct mail_server server = server_at("192.0.2.1");

	(void)state;
	memset(text, 'a', sizeof text);
	strcpy(text + ADDRESS_MAX - 15, "@tester.example");
	assert_false(address_ends_at(&server, text));
	assert_false(address_begins_at(&server, text));
	strcpy(text + ADDRESS_MAX - 14, "");
	memset(text, 'a', ADDRESS_MAX);
	strcpy(text + ADDRESS_MAX - 14, "@tester.example");
	assert_true(address_ends_at(&server, text));
	assert_true(address_begins_at(&server, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recipients_of_strangers),
		cmocka_unit_test(test_recipients_of_its_own),
		cmocka_unit_test(test_ipv6_literals),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_overlong_addresses_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
