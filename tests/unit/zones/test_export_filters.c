/*
 * test_export_filters.c: exports for filters, which know no codes: rpz, nft, ipset. What the
 * programs make of them is tests/e2e/'s matter.
 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "export_frame.h"

#define SHORT(name)    ZONE(name, "ns = { \"ns1.example.net\" }")
#define LONG_NAME      "a-rather-long-name.of-a-zone.example.org"
#define LIKE_LONG_NAME "a-rather-long-name.of-a-zone.example.net"

static const char ODD_ZONES[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" } sublist relay { code = 2 }\n" SHORT(
		"10.example.org") SHORT("table") SHORT("a-b_c.example.org") SHORT(LONG_NAME)
		SHORT(LIKE_LONG_NAME);

static void fill_few(struct change *c)
{
	/* Two lists whose parts join, one that the zone has not, and test entries. */
	claim(c, "192.0.2.0/24", "relay", NULL);
	claim(c, "198.51.100.0/31", "hijacked", NULL);
	claim(c, "198.51.100.2/31", "plain", NULL);
	claim(c, "203.0.113.0/24", "other", NULL);
	claim(c, "127.0.0.0/29", "relay", NULL);
	claim(c, "2001:db8::/33", "plain", NULL);
	claim(c, "2001:db8:8000::/126", "relay", NULL);
}

static int set_up_few(void **state)
{
	(void)state;
	open_with(CONFIG, fill_few);
	return 0;
}

static void fill_v6(struct change *c)
{
	claim(c, "3fff::/16", "relay", NULL);
	claim(c, "2001:db8::1", "relay", NULL);
	claim(c, "2001:db8::1:0:0:1", "relay", NULL);
	claim(c, "2001:db8:0:1:1:1:1:1", "relay", NULL);
	claim(c, "2001:db8:2:0:0:1::", "relay", NULL);
	claim(c, "2001:db8:3:1:0:0:1::/112", "relay", NULL);
}

static int set_up_v6(void **state)
{
	(void)state;
	open_with(CONFIG, fill_v6);
	return 0;
}

static void fill_nothing(struct change *c)
{
	change_sublist(c, "relay");
}

static int set_up_odd(void **state)
{
	(void)state;
	open_with(ODD_ZONES, fill_nothing);
	return 0;
}

static void test_rpz_has_triggers_for_what_is_listed(void **state)
{
	(void)state;
	/* What is listed in 127/8 is none: blocklists answer with such addresses. */
	expect(EXPORT_RPZ,
	       "; dnsbl.example.org as a response policy zone\n"
	       "$TTL 120\n"
	       "@\tSOA\tns1.example.net. hostmaster.example.org. 7 600 300 86400 60\n"
	       "\tNS\tlocalhost.\n"
	       "testentry.dnsbl.example.org\tA\t127.0.0.2\n"
	       "24.0.2.0.192.rpz-ip\tCNAME\t.\n"
	       "30.0.100.51.198.rpz-ip\tCNAME\t.\n"
	       "33.zz.db8.2001.rpz-ip\tCNAME\t.\n"
	       "126.zz.8000.db8.2001.rpz-ip\tCNAME\t.\n"
	       "; 4 entries\n",
	       4);
}

static void test_nft_flushes_and_fills_its_sets(void **state)
{
	(void)state;
	expect(EXPORT_NFT,
	       "# dnsbl.example.org, serial 7: nft -f\n"
	       "table inet dnsbl.example.org {\n"
	       "\tset v4 {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t}\n"
	       "\tset v6 {\n\t\ttype ipv6_addr\n\t\tflags interval\n\t}\n"
	       "}\n"
	       "flush set inet dnsbl.example.org v4\n"
	       "add element inet dnsbl.example.org v4 {\n"
	       "127.0.0.0,\n127.0.0.5,\n127.0.0.7,\n192.0.2.0/24,\n198.51.100.0/30,\n"
	       "}\n"
	       "flush set inet dnsbl.example.org v6\n"
	       "add element inet dnsbl.example.org v6 {\n"
	       "2001:db8::/33,\n2001:db8:8000::/126,\n"
	       "}\n"
	       "# 7 entries\n",
	       7);
}

static void test_ipset_fills_sets_beside_and_swaps_them(void **state)
{
	(void)state;
	expect(EXPORT_IPSET,
	       "# dnsbl.example.org, serial 7: ipset restore\n"
	       "create dnsbl.example.org-v4 hash:net family inet maxelem 4294967295 -exist\n"
	       "create dnsbl.example.org-v4.new hash:net family inet maxelem 4294967295 -exist\n"
	       "flush dnsbl.example.org-v4.new\n"
	       "add dnsbl.example.org-v4.new 127.0.0.0\n"
	       "add dnsbl.example.org-v4.new 127.0.0.5\n"
	       "add dnsbl.example.org-v4.new 127.0.0.7\n"
	       "add dnsbl.example.org-v4.new 192.0.2.0/24\n"
	       "add dnsbl.example.org-v4.new 198.51.100.0/30\n"
	       "swap dnsbl.example.org-v4.new dnsbl.example.org-v4\n"
	       "destroy dnsbl.example.org-v4.new\n"
	       "create dnsbl.example.org-v6 hash:net family inet6 maxelem 4294967295 -exist\n"
	       "create dnsbl.example.org-v6.new hash:net family inet6 maxelem 4294967295 -exist\n"
	       "flush dnsbl.example.org-v6.new\n"
	       "add dnsbl.example.org-v6.new 2001:db8::/33\n"
	       "add dnsbl.example.org-v6.new 2001:db8:8000::/126\n"
	       "swap dnsbl.example.org-v6.new dnsbl.example.org-v6\n"
	       "destroy dnsbl.example.org-v6.new\n"
	       "# 7 entries\n",
	       7);
}

static void test_rpz_shortens_the_longest_run_of_zeros(void **state)
{
	char *text = exported(DNSBL, EXPORT_RPZ, NULL);
	static const char triggers[] = "\tA\t127.0.0.2\n"
				       "128.1.zz.db8.2001.rpz-ip\tCNAME\t.\n"
				       "128.1.0.0.1.zz.db8.2001.rpz-ip\tCNAME\t.\n"
				       "128.1.1.1.1.1.0.db8.2001.rpz-ip\tCNAME\t.\n"
				       "128.0.0.1.zz.2.db8.2001.rpz-ip\tCNAME\t.\n"
				       "112.0.1.zz.1.3.db8.2001.rpz-ip\tCNAME\t.\n"
				       "16.zz.3fff.rpz-ip\tCNAME\t.\n"
				       "; 6 entries\n";

	(void)state;
	assert_non_null(strstr(text, "\tA\t127.0.0.2\n"));
	assert_string_equal(strstr(text, "\tA\t127.0.0.2\n"), triggers);
	free(text);
}

static void expect_line(const char *zone, enum export_format format, const char *line)
{
	char *text = exported(zone, format, NULL);

	if (!strstr(text, line)) {
		fail_msg("no %s in %s", line, text);
	}
	free(text);
}

static void test_sets_have_names_that_their_programs_take(void **state)
{
	(void)state;
	expect_line("10.example.org", EXPORT_NFT, "\ntable inet zone.10.example.org {\n");
	expect_line("table", EXPORT_NFT, "\ntable inet zone.table {\n");
	expect_line("a-b_c.example.org", EXPORT_NFT, "\ntable inet a_b_c.example.org {\n");
	expect_line(LONG_NAME, EXPORT_NFT,
		    "\ntable inet a_rather_long_name.of_a_zone.example.org {\n");
	expect_line("a-b_c.example.org", EXPORT_IPSET, "\nflush a_b_c.example.org-v6.new\n");
	/* 31 octets are the most, and what differs at its end only is another name. */
	expect_line(LONG_NAME, EXPORT_IPSET, "\nflush a_rather_long_n.08e025e8-v4.new\n");
	expect_line(LIKE_LONG_NAME, EXPORT_IPSET, "\nflush a_rather_long_n.7f1dcd65-v4.new\n");
}

static void test_sets_are_emptied_where_nothing_is_listed(void **state)
{
	(void)state;
	expect_line("table", EXPORT_NFT,
		    "\nflush set inet zone.table v4\nflush set inet zone.table v6\n# 0 entries\n");
	expect_line("table", EXPORT_IPSET,
		    "\nflush zone.table-v4.new\nswap zone.table-v4.new zone.table-v4\n");
	expect_line("table", EXPORT_RPZ, "\ntestentry.table\tA\t127.0.0.2\n; 0 entries\n");
}

int main(void)
{
	const struct CMUnitTest few[] = {
		cmocka_unit_test(test_rpz_has_triggers_for_what_is_listed),
		cmocka_unit_test(test_nft_flushes_and_fills_its_sets),
		cmocka_unit_test(test_ipset_fills_sets_beside_and_swaps_them),
	};
	const struct CMUnitTest v6[] = {
		cmocka_unit_test(test_rpz_shortens_the_longest_run_of_zeros),
	};
	const struct CMUnitTest odd[] = {
		cmocka_unit_test(test_sets_have_names_that_their_programs_take),
		cmocka_unit_test(test_sets_are_emptied_where_nothing_is_listed),
	};
	int failed = cmocka_run_group_tests(few, set_up_few, close_all);

	failed += cmocka_run_group_tests(v6, set_up_v6, close_all);
	return failed + cmocka_run_group_tests(odd, set_up_odd, close_all);
}
