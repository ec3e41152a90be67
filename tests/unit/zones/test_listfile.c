/*
 * test_listfile.c: plain, CIDR and JSON lists, and what all formats share: lines, order, doubles.
 */
#include "listfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "list_frame.h"

static struct list read_bytes_as(enum list_format format, const void *data, size_t len,
				 const struct sublist_config *sublist)
{
	struct list list;

	assert_int_equal(try_reading(format, data, len, sublist, &list), ST_OK);
	return list;
}

static void test_formats_have_names(void **state)
{
	(void)state;
	assert_int_equal(list_format_named("plain"), LIST_PLAIN);
	assert_int_equal(list_format_named("cidr"), LIST_CIDR);
	assert_int_equal(list_format_named("ip4set"), LIST_IP4SET);
	assert_int_equal(list_format_named("ip4trie"), LIST_IP4TRIE);
	assert_int_equal(list_format_named("ip6trie"), LIST_IP6TRIE);
	assert_int_equal(list_format_named("combined"), LIST_COMBINED);
	assert_int_equal(list_format_named("json"), LIST_JSON);
	assert_int_equal(list_format_named("netset"), LIST_CIDR);
	assert_int_equal(list_format_named("spamhaus-drop"), LIST_DROP);
	assert_int_equal(list_format_named("spamhaus-drop-json"), LIST_DROP_JSON);
	assert_int_equal(list_format_named("spamhaus-cert"), LIST_CERT);
	assert_int_equal(list_format_named("dshield"), LIST_DSHIELD);
	assert_int_equal(list_format_named("ipset"), LIST_IPSET);
	assert_int_equal(list_format_named("csv"), LIST_CSV);
	assert_int_equal(list_format_named("dnset"), LIST_UNKNOWN);
}

static void test_plain_lists_are_one_address_a_line(void **state)
{
	(void)state;
	expect(LIST_PLAIN,
	       "\xef\xbb\xbf# a comment\r\n"
	       "192.0.2.1\r\n"
	       "\n"
	       "  ; another\n"
	       "\t192.0.2.3 seen today\n"
	       "192.0.2.2# here\n"
	       "2001:db8::1;there\n"
	       "::ffff:192.0.2.4\n"
	       "203.0.113.255",
	       "192.0.2.1 relay\n192.0.2.2 relay\n192.0.2.3 relay\n192.0.2.4 relay\n"
	       "203.0.113.255 relay\n2001:db8::1 relay\n",
	       "");
}

static void test_plain_lists_name_each_bad_line(void **state)
{
	(void)state;
	expect(LIST_PLAIN,
	       "192.0.2.1\n"
	       "192.0.2.256\n"
	       "192.0.2.01\n"
	       "192.0.2\n"
	       "192.0.2.0/24\n"
	       "192.0.2.2,relay\n"
	       "mail.example.org\n"
	       "192.0.2.9\n",
	       "192.0.2.1 relay\n192.0.2.9 relay\n",
	       "2: '192.0.2.256' is no address or prefix\n"
	       "3: '192.0.2.01' is no address or prefix\n"
	       "4: '192.0.2' is no address or prefix\n"
	       "5: '192.0.2.0/24' is a prefix: a plain list has addresses, --format cidr has both\n"
	       "6: '192.0.2.2,relay' is no address or prefix\n"
	       "7: 'mail.example.org' is no address or prefix\n");
}

static void test_cidr_lists_have_prefixes_and_ranges(void **state)
{
	(void)state;
	expect(LIST_CIDR,
	       "198.51.100.0/24 ; why\n"
	       "192.0.2.5-192.0.2.10\n"
	       "192.0.2.32 - 192.0.2.33 # blanks around it\n"
	       "203.0.113.7 - as seen yesterday\n"
	       "2001:db8::/48\n"
	       "2001:db8:1::ffff-2001:db8:1::1:0\n"
	       "::ffff:203.0.113.8/127\n",
	       "192.0.2.5 relay\n192.0.2.6/31 relay\n192.0.2.8/31 relay\n192.0.2.10 relay\n"
	       "192.0.2.32/31 relay\n198.51.100.0/24 relay\n203.0.113.7 relay\n"
	       "203.0.113.8/31 relay\n2001:db8::/48 relay\n2001:db8:1::ffff relay\n"
	       "2001:db8:1::1:0 relay\n",
	       "");
}

static void test_cidr_lists_name_each_bad_line(void **state)
{
	(void)state;
	expect(LIST_CIDR,
	       "192.0.2.1/24\n"
	       "64.0.0.0/7\n"
	       "64.0.0.0-65.255.255.255\n"
	       "192.0.2.9-192.0.2.1\n"
	       "192.0.2.1-2001:db8::1\n"
	       "192.0.2.0/24-192.0.3.0/24\n"
	       "192.0.2.1-\n"
	       "2001::/15\n"
	       "192.0.2.1/33\n",
	       "",
	       "1: '192.0.2.1/24' has bits set past its length; the prefix is 192.0.2.0/24\n"
	       "2: 64.0.0.0/7 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "3: 64.0.0.0/7 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "4: the range ends before it begins\n"
	       "5: a range goes from an address to an address of the same family\n"
	       "6: a range goes from an address to an address of the same family\n"
	       "7: '' is no address or prefix\n"
	       "8: '2001::/15' has bits set past its length; the prefix is 2000::/15\n"
	       "9: '192.0.2.1/33': the length of a prefix is a number from 0 to 32\n");
}

static void test_lines_need_a_sublist(void **state)
{
	(void)state;
	struct list list = read_bytes_as(LIST_PLAIN, "192.0.2.1\n# none\n", 17, NULL);

	assert_int_equal(list.count, 0);
	assert_string_equal(complaints, "1: no sublist is given for it\n");
	list_release(&list);
}

static void test_doubles_are_dropped(void **state)
{
	(void)state;
	expect(LIST_CIDR, "192.0.2.2\n192.0.2.1\n192.0.2.2\n192.0.2.0/24\n192.0.2.1/32\n",
	       "192.0.2.0/24 relay\n192.0.2.1 relay\n192.0.2.2 relay\n", "");
}

static void test_lines_end_at_64_kib(void **state)
{
	enum { SIZE = 4 * LIST_LINE };
	char *text = malloc(SIZE);
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	/* One as long as can be, one longer by one, one that the buffer cannot hold. */
	for (int i = 0; i < 3; i++) {
		size_t begin = len, length = i == 0   ? LIST_LINE
					     : i == 1 ? LIST_LINE + 1
						      : LIST_LINE * 3 / 2;

		len += (size_t)sprintf(text + len, "192.0.2.%d ", i + 1);
		memset(text + len, 'x', begin + length - len);
		len = begin + length;
		text[len++] = i == 0 ? '\r' : '\n';
		if (i == 0) {
			text[len++] = '\n';
		}
	}
	len += (size_t)sprintf(text + len, "192.0.2.9\n");

	struct list list = read_bytes_as(LIST_PLAIN, text, len, &config->sublists[0]);

	assert_string_equal(spelled(&list), "192.0.2.1 relay\n192.0.2.9 relay\n");
	assert_string_equal(complaints, "2: the line is longer than 65536 octets\n"
					"3: the line is longer than 65536 octets\n");
	assert_int_equal(list.lines, 4);
	assert_int_equal(list.bad_lines, 2);
	list_release(&list);
	free(text);
}

static void test_a_nul_makes_a_line_bad(void **state)
{
	static const char text[] = "192.0.2.1\n192.0.2.2\0 x\n192.0.2.3\n";
	struct list list = read_bytes_as(LIST_PLAIN, text, sizeof text - 1, &config->sublists[0]);

	(void)state;
	assert_string_equal(spelled(&list), "192.0.2.1 relay\n192.0.2.3 relay\n");
	assert_string_equal(complaints, "2: the line has a NUL in it\n");
	list_release(&list);
}

static void test_complaints_have_no_control_characters(void **state)
{
	(void)state;
	expect(LIST_PLAIN, "\x1b[2J\n", "", "1: '?[2J' is no address or prefix\n");
}

static void test_json_lines_are_read_back(void **state)
{
	(void)state;
	expect(LIST_JSON,
	       "{\"prefix\": \"192.0.2.0/24\", \"sublist\": \"hijacked\", \"code\": 4, "
	       "\"text\": \"Hij\\u00e4cked {ip}\", \"reason\": \"seen\", \"source\": \"operator\", "
	       "\"created\": \"2026-11-21T10:00:00Z\", \"last_seen\": \"2026-11-21T10:00:00Z\", "
	       "\"expires\": \"2026-11-21T10:00:00Z\"}\n"
	       "\n"
	       "{\"prefix\": \"192.0.2.1\"}\n"
	       "{\"prefix\": \"192.0.2.2\", \"expires\": \"2026-11-21T11:00:00+01:00\"}\n"
	       "{\"prefix\": \"192.0.2.3\", \"expires\": null, \"text\": null}\n",
	       "192.0.2.0/24 hijacked text=Hij\xc3\xa4"
	       "cked {ip} reason=seen expires=1795255200\n"
	       "192.0.2.1 relay\n"
	       "192.0.2.2 relay expires=1795255200\n"
	       "192.0.2.3 relay expires=4294967295\n",
	       "");
}

static void test_json_doubles_keep_the_first_and_its_reason(void **state)
{
	(void)state;
	expect(LIST_JSON,
	       "{\"prefix\": \"192.0.2.2\", \"reason\": \"zero\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"reason\": \"one\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"text\": \"Two\", \"reason\": \"two\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"text\": \"Three\", \"reason\": \"three\"}\n",
	       "192.0.2.1 relay text=Two reason=one\n192.0.2.2 relay reason=zero\n", "");
}

static void test_json_names_each_bad_line(void **state)
{
	(void)state;
	expect(LIST_JSON,
	       "[]\n"
	       "{\"sublist\": \"relay\"}\n"
	       "{\"prefix\": 4}\n"
	       "{\"prefix\": \"192.0.2.1\", \"sublist\": \"spam\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"reson\": \"seen\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"text\": \"\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"expires\": \"tomorrow\"}\n"
	       "{\"prefix\": \"64.0.0.0/7\"}\n"
	       "{\"prefix\": \"192.0.2.1\", \"prefix\": \"192.0.2.2\"}\n",
	       "",
	       "1: no JSON object: it is another kind of value\n"
	       "2: there is no \"prefix\"\n"
	       "3: \"prefix\" is no string\n"
	       "4: there is no sublist 'spam'\n"
	       "5: nothing is called \"reson\" here\n"
	       "6: the text is empty\n"
	       "7: \"expires\": 'tomorrow' is no time between 1970 and 2106, as in "
	       "2027-01-01T00:00:00Z\n"
	       "8: 64.0.0.0/7 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "9: no JSON object: duplicate object key near '\"prefix\"'\n");
}

static int by_prefix(const void *a, const void *b)
{
	const struct list_item *x = a, *y = b;
	struct prefix p = {x->addr, x->family, x->len}, q = {y->addr, y->family, y->len};

	return prefix_compare(&p, &q);
}

static void test_a_large_list_in_any_order_comes_out_ascending(void **state)
{
	enum { COUNT = 50000 };
	char *text = malloc(COUNT * (size_t)64);
	struct list_item *want = calloc(COUNT, sizeof *want);
	uint32_t random = 1;
	size_t len = 0, kept = 0;

	(void)state;
	assert_non_null(text);
	assert_non_null(want);
	for (size_t i = 0; i < COUNT; i++) {
		char prefix[PREFIX_TEXT];
		struct prefix p;

		random = random * 1664525 + 1013904223;
		if (i % 7 == 0) {
			p = prefix_of(6, (addr_t)0x20010db8 << 96 | (addr_t)random << 40,
				      64 + random % 65);
		} else {
			p = prefix_of(4, random % 5 ? random : random & 0xffff00ff,
				      8 + random % 25);
		}
		prefix_format(&p, prefix);
		len += (size_t)sprintf(text + len, "%s\n", prefix);
		want[i] = (struct list_item){.addr = p.addr, .family = p.family, .len = p.len};
	}
	qsort(want, COUNT, sizeof *want, by_prefix);
	for (size_t i = 0; i < COUNT; i++) {
		if (kept == 0 || by_prefix(&want[kept - 1], &want[i]) != 0) {
			want[kept++] = want[i];
		}
	}

	struct list list = read_bytes_as(LIST_CIDR, text, len, &config->sublists[0]);

	assert_int_equal(list.count, kept);
	for (size_t i = 0; i < kept; i++) {
		assert_int_equal(by_prefix(&list.at[i], &want[i]), 0);
	}
	list_release(&list);
	free(text);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats_have_names),
		cmocka_unit_test(test_plain_lists_are_one_address_a_line),
		cmocka_unit_test(test_plain_lists_name_each_bad_line),
		cmocka_unit_test(test_cidr_lists_have_prefixes_and_ranges),
		cmocka_unit_test(test_cidr_lists_name_each_bad_line),
		cmocka_unit_test(test_lines_need_a_sublist),
		cmocka_unit_test(test_doubles_are_dropped),
		cmocka_unit_test(test_lines_end_at_64_kib),
		cmocka_unit_test(test_a_nul_makes_a_line_bad),
		cmocka_unit_test(test_complaints_have_no_control_characters),
		cmocka_unit_test(test_json_lines_are_read_back),
		cmocka_unit_test(test_json_doubles_keep_the_first_and_its_reason),
		cmocka_unit_test(test_json_names_each_bad_line),
		cmocka_unit_test(test_a_large_list_in_any_order_comes_out_ascending),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
