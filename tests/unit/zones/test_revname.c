/*
 * test_revname.c: reversed names, both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "revname.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

/* "1.2.0.192" to its labels in wire form, without the root. */
static size_t wire(const char *text, uint8_t *labels)
{
	size_t len = 0;

	while (*text) {
		size_t size = strcspn(text, ".");

		labels[len++] = (uint8_t)size;
		memcpy(labels + len, text, size);
		len += size;
		text += size + (text[size] == '.');
	}
	return len;
}

static struct revname parse(const char *text)
{
	uint8_t labels[512];

	return revname_parse(labels, wire(text, labels));
}

static void assert_address(const char *text, const char *wanted, bool v6_parent)
{
	struct revname name = parse(text);
	char address[ADDR_TEXT];

	assert_int_equal(name.kind, REVNAME_ADDRESS);
	addr_format(name.family, name.addr, address);
	assert_string_equal(address, wanted);
	assert_int_equal(name.v6_parent, v6_parent);
}

static void test_four_octets_are_an_ipv4_address(void **state)
{
	(void)state;
	assert_address("1.2.0.192", "192.0.2.1", false);
	assert_address("255.255.255.255", "255.255.255.255", false);
	assert_address("10.0.0.127", "127.0.0.10", false);
}

static void test_four_single_digits_are_also_the_parent_of_an_ipv6_slash_16(void **state)
{
	(void)state;
	assert_address("1.0.0.2", "2.0.0.1", true);
	assert_address("0.0.0.0", "0.0.0.0", true);
	assert_address("1.0.0.12", "12.0.0.1", false);
}

static void test_thirty_two_nibbles_are_an_ipv6_address_in_any_case(void **state)
{
	(void)state;
	assert_address("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2",
		       "2001:db8::1", false);
	assert_address("F.E.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2",
		       "2001:db8::ef", false);
	assert_address("2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
		       "::ffff:127.0.0.2", false);
}

static void test_fewer_labels_are_the_parents_of_addresses(void **state)
{
	static const char *const partial[] = {
		"127",       "0.127",
		"0.0.127",   "2",
		"f",         "0.2",
		"a.b.c",     "1.2.3",
		"f.0.0.2",   "1.2.3.4.5",
		"0.1.0.0.2", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"};

	(void)state;
	for (size_t i = 0; i < sizeof partial / sizeof partial[0]; i++) {
		if (parse(partial[i]).kind != REVNAME_PARTIAL) {
			fail_msg("%s is not partial", partial[i]);
		}
	}
}

static void test_anything_else_is_no_address(void **state)
{
	static const char *const other[] = {
		"256",
		"01",
		"1.2.3.256",
		"001.2.3.4",
		"www",
		"g",
		"1.2.3.4.10",
		"10.1.2.3.4",
		"f.10.0.1",
		"10.f",
		"ff.1",
		"*.1.2.3",
		"-1",
		"1a",
		"x.2.0.0.127",
		"_1.2.3.4",
		"1.2.3.f.10",
		"00.1.2.3",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		if (parse(other[i]).kind != REVNAME_OTHER) {
			fail_msg("%s was taken for an address", other[i]);
		}
	}
	assert_int_equal(revname_parse((const uint8_t *)"", 0).kind, REVNAME_OTHER);
}

static void test_odd_octets_inside_labels_are_no_address(void **state)
{
	static const uint8_t dot[] = {3, '2', '.', '0', 1, '0', 3, '1', '2', '7'};
	static const uint8_t nul[] = {2, '2', 0, 1, '0', 1, '0', 3, '1', '2', '7'};
	static const uint8_t cut[] = {1, '2', 9, '0'};

	(void)state;
	assert_int_equal(revname_parse(dot, sizeof dot).kind, REVNAME_OTHER);
	assert_int_equal(revname_parse(nul, sizeof nul).kind, REVNAME_OTHER);
	assert_int_equal(revname_parse(cut, sizeof cut).kind, REVNAME_OTHER);
}

static void test_owners_are_what_the_parser_reads(void **state)
{
	static const struct {
		const char *prefix, *owner;
	} rows[] = {
		{"192.0.2.1", "1.2.0.192"},
		{"192.0.2.0/24", "*.2.0.192"},
		{"192.0.0.0/16", "*.0.192"},
		{"10.0.0.0/8", "*.10"},
		{"2001:db8::/32", "*.8.b.d.0.1.0.0.2"},
		{"2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"},
		{"2001:db8::/124",
		 "*.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct name apex, owner, expected;
		char text[NAME_TEXT];
		struct prefix p;

		snprintf(text, sizeof text, "%s.dnsbl.example.org", rows[i].owner);
		assert_int_equal(name_parse(text, &expected), ST_OK);
		assert_int_equal(name_parse("dnsbl.example.org", &apex), ST_OK);
		assert_int_equal(prefix_parse(rows[i].prefix, &p), ST_OK);
		revname_name(&p, &apex, &owner);
		assert_true(name_equal(&owner, &expected));
		if (p.len == prefix_bits(p.family)) {
			assert_address(rows[i].owner, rows[i].prefix, false);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_octets_are_an_ipv4_address),
		cmocka_unit_test(test_four_single_digits_are_also_the_parent_of_an_ipv6_slash_16),
		cmocka_unit_test(test_thirty_two_nibbles_are_an_ipv6_address_in_any_case),
		cmocka_unit_test(test_fewer_labels_are_the_parents_of_addresses),
		cmocka_unit_test(test_anything_else_is_no_address),
		cmocka_unit_test(test_odd_octets_inside_labels_are_no_address),
		cmocka_unit_test(test_owners_are_what_the_parser_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
