/*
 * test_prefix.c: prefixes in text, in bytes, and as ranges.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "prefix.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static void assert_text(const char *given, const char *wanted)
{
	char text[PREFIX_TEXT];
	struct prefix p;

	if (prefix_parse(given, &p)) {
		fail_msg("'%s': %s", given, fail_text());
	}
	assert_int_equal(prefix_format(&p, text), strlen(wanted));
	assert_string_equal(text, wanted);
}

static void test_text_comes_back_in_the_form_of_rfc_5952(void **state)
{
	(void)state;
	assert_text("192.0.2.1", "192.0.2.1");
	assert_text("192.0.2.0/24", "192.0.2.0/24");
	assert_text("192.0.2.1/32", "192.0.2.1");
	assert_text("0.0.0.0/0", "0.0.0.0/0");
	assert_text("255.255.255.255", "255.255.255.255");
	assert_text("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
	assert_text("2001:db8::/32", "2001:db8::/32");
	assert_text("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_text("2001:db8::1:0:0:1", "2001:db8::1:0:0:1");
	assert_text("::", "::");
	assert_text("::/0", "::/0");
	assert_text("::1", "::1");
	assert_text("::7f00:1", "::7f00:1");
	assert_text("::ffff", "::ffff");
	assert_text("::1:ffff", "::1:ffff");
	assert_text("ffff::", "ffff::");
}

static void test_v4_mapped_becomes_ipv4(void **state)
{
	(void)state;
	assert_text("::ffff:192.0.2.1", "192.0.2.1");
	assert_text("::ffff:c000:200/120", "192.0.2.0/24");
	assert_text("::ffff:0:0/96", "0.0.0.0/0");
	/* Half of it is more than IPv4. */
	assert_text("::fffe:0:0/95", "::fffe:0:0/95");
}

static void test_what_is_no_prefix_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"192.0.2",
		"192.0.2.256",
		"192.0.02.1",
		"192.0.2.1/",
		"1.2.3.4/33",
		"1.2.3.4/08",
		"1.2.3.4/-1",
		"1.2.3.4/24/24",
		" 1.2.3.4",
		"1.2.3.4 ",
		"2001:db8::/129",
		"fe80::1%eth0",
		"example.org",
		"2001:db8:::1",
		"1.2.3.4/2x",
		"/24",
		"::ffff:1.2.3",
		"1.2.3.4.5",
		"0x7f.1.1.1",
	};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (prefix_parse(bad[i], &p) != ST_DATA) {
			fail_msg("'%s' was taken for a prefix", bad[i]);
		}
	}
}

static void test_bits_past_the_length_are_refused_with_the_prefix_that_was_meant(void **state)
{
	struct prefix p;

	(void)state;
	assert_int_equal(prefix_parse("192.0.2.7/24", &p), ST_DATA);
	assert_non_null(strstr(fail_text(), "192.0.2.0/24"));
	assert_int_equal(prefix_parse("2001:db8::1/64", &p), ST_DATA);
	assert_non_null(strstr(fail_text(), "2001:db8::/64"));
}

static void test_a_listing_is_no_wider_than_a_slash_8_or_16(void **state)
{
	static const struct {
		const char *text;
		bool may;
	} rows[] = {{"10.0.0.0/8", true}, {"10.0.0.0/7", false}, {"2001::/16", true},
		    {"2000::/15", false}, {"192.0.2.1", true},   {"0.0.0.0/0", false},
		    {"::/0", false}};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(prefix_parse(rows[i].text, &p), ST_OK);
		assert_int_equal(prefix_check_listing(&p) == ST_OK, rows[i].may);
	}
}

static void test_bytes_sort_as_prefixes_do(void **state)
{
	static const char *const ascending[] = {"1.0.0.0/8",     "1.0.0.0/16", "1.0.0.0",
						"1.0.0.1",       "2.0.0.0/8",  "255.0.0.0/8",
						"::/0",          "::1",        "2001:db8::/32",
						"2001:db8::/48", "2001:db8::1"};
	uint8_t a[PREFIX_KEY], b[PREFIX_KEY];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof ascending / sizeof ascending[0]; i++) {
		struct prefix p, q;
		struct writer w = writer_of(a, sizeof a), v = writer_of(b, sizeof b);

		assert_int_equal(prefix_parse(ascending[i], &p), ST_OK);
		assert_int_equal(prefix_parse(ascending[i + 1], &q), ST_OK);
		assert_true(prefix_compare(&p, &q) < 0 && prefix_compare(&q, &p) > 0);
		prefix_write(&w, &p);
		prefix_write(&v, &q);
		size_t shorter = writer_len(&w) < writer_len(&v) ? writer_len(&w) : writer_len(&v);
		assert_true(memcmp(a, b, shorter) < 0);

		struct reader r = reader_of(writer_bytes(&w));
		struct prefix back = prefix_read(&r);
		assert_int_equal(prefix_compare(&p, &back), 0);
		assert_false(r.bad);
	}
}

static void test_bytes_that_are_no_prefix_are_bad(void **state)
{
	static const uint8_t rows[][6] = {{5, 1, 2, 3, 4, 32},
					  {4, 1, 2, 3, 4, 33},
					  {4, 1, 2, 3, 4, 24}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct reader r = reader_of(bytes_of(rows[i], sizeof rows[i]));

		prefix_read(&r);
		assert_true(r.bad);
	}
	struct reader cut = reader_of(bytes_of(rows[2], 5));
	prefix_read(&cut);
	assert_true(cut.bad);
}

static void assert_range(unsigned family, addr_t first, addr_t last, const char *wanted)
{
	char all[1024] = "", text[PREFIX_TEXT];
	struct prefix p;
	bool done = false;

	while (range_next(family, &first, last, &done, &p)) {
		prefix_format(&p, text);
		strcat(all, text);
		strcat(all, " ");
	}
	assert_string_equal(all, wanted);
}

static void test_a_range_is_its_fewest_prefixes(void **state)
{
	(void)state;
	assert_range(4, 0xc0000201, 0xc0000206, "192.0.2.1 192.0.2.2/31 192.0.2.4/31 192.0.2.6 ");
	assert_range(4, 0xc0000200, 0xc00002ff, "192.0.2.0/24 ");
	assert_range(4, 0xffffffff, 0xffffffff, "255.255.255.255 ");
	assert_range(4, 0, 0xffffffff, "0.0.0.0/0 ");
	assert_range(6, 0, ~(addr_t)0, "::/0 ");
	assert_range(6, ~(addr_t)0 - 1, ~(addr_t)0, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127 ");
	assert_range(4, 5, 4, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_comes_back_in_the_form_of_rfc_5952),
		cmocka_unit_test(test_v4_mapped_becomes_ipv4),
		cmocka_unit_test(test_what_is_no_prefix_is_refused),
		cmocka_unit_test(
			test_bits_past_the_length_are_refused_with_the_prefix_that_was_meant),
		cmocka_unit_test(test_a_listing_is_no_wider_than_a_slash_8_or_16),
		cmocka_unit_test(test_bytes_sort_as_prefixes_do),
		cmocka_unit_test(test_bytes_that_are_no_prefix_are_bad),
		cmocka_unit_test(test_a_range_is_its_fewest_prefixes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
