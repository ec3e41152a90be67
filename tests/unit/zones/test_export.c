/*
 * test_export.c: zones as files: what they look like. Other servers' view of the files is
 * tests/e2e/'s matter.
 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "export_frame.h"

/* --- what they look like ----------------------------------------------------------------- */

static void fill_few(struct change *c)
{
	claim(c, "192.0.2.0/24", "relay", NULL);
	claim(c, "192.0.2.9", "relay", "A \"text\"; of \\ its own\xe4");
	claim(c, "192.0.2.9", "other", NULL);
	claim(c, "198.51.100.0/31", "hijacked", NULL);
	claim(c, "198.51.100.2", "hijacked", "=$1 {ip}.");
	claim(c, "198.51.100.3", "plain", " {ip}=");
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

static void test_formats_have_names(void **state)
{
	(void)state;
	assert_int_equal(export_format_named("rbldnsd"), EXPORT_RBLDNSD);
	assert_int_equal(export_format_named("bind"), EXPORT_BIND);
	assert_int_equal(export_format_named("rpz"), EXPORT_RPZ);
	assert_int_equal(export_format_named("nft"), EXPORT_NFT);
	assert_int_equal(export_format_named("ipset"), EXPORT_IPSET);
	assert_int_equal(export_format_named("cidr"), EXPORT_CIDR);
	assert_int_equal(export_format_named("json"), EXPORT_JSON);
	assert_int_equal(export_format_named("hosts"), EXPORT_UNKNOWN);
}

static void test_cidr_covers_all_sublists(void **state)
{
	(void)state;
	/* 127.0.0.1, .2, .3, .4 and .6 are test entries, and no listings. */
	expect(EXPORT_CIDR,
	       "127.0.0.0\n127.0.0.5\n127.0.0.7\n192.0.2.0/24\n198.51.100.0/30\n"
	       "2001:db8::/33\n2001:db8:8000::/126\n",
	       7);
}

static void test_json_has_texts_of_claims_only(void **state)
{
	(void)state;
	expect(EXPORT_JSON,
	       "{\"prefix\":\"127.0.0.0\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"127.0.0.5\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"127.0.0.7\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.0/29\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.8\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.9\",\"sublist\":\"relay\",\"code\":3,"
	       "\"text\":\"A \\\"text\\\"; of \\\\ its own?\"}\n"
	       "{\"prefix\":\"192.0.2.10/31\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.12/30\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.16/28\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.32/27\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.64/26\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"192.0.2.128/25\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"2001:db8:8000::/126\",\"sublist\":\"relay\",\"code\":3}\n"
	       "{\"prefix\":\"198.51.100.0/31\",\"sublist\":\"hijacked\",\"code\":4}\n"
	       "{\"prefix\":\"198.51.100.2\",\"sublist\":\"hijacked\",\"code\":4,"
	       "\"text\":\"=$1 {ip}.\"}\n"
	       "{\"prefix\":\"198.51.100.3\",\"sublist\":\"plain\",\"code\":6,\"text\":\" {ip}=\"}\n"
	       "{\"prefix\":\"2001:db8::/33\",\"sublist\":\"plain\",\"code\":6}\n",
	       17);
}

static void test_rbldnsd_has_a_dataset_for_each_sublist_and_family(void **state)
{
	(void)state;
	expect(EXPORT_RBLDNSD,
	       "# dnsbl.example.org\n"
	       "$TIMESTAMP 2026-11-21:10:00:00\n"
	       "$SOA 120 ns1.example.net. hostmaster.example.org. 7 600 300 86400 60\n"
	       "$NS 120 ns1.dnsbl.example.org. ns2.example.net.\n"
	       "$TTL 120\n"
	       "$DATASET generic:hosts @\n"
	       "@ A 192.0.2.80\n"
	       "ns1 A 192.0.2.53\n"
	       "ns1 A 192.0.2.54\n"
	       "$DATASET ip4set:relay @\n"
	       ":3:Relay $\n"
	       "127.0.0.2\n"
	       "127.0.0.3\n"
	       "127.0.0.0\n"
	       "127.0.0.5\n"
	       "127.0.0.7\n"
	       "192.0.2.0/29\n"
	       "192.0.2.8\n"
	       "192.0.2.9 :3:A \"text\"; of \\ its own\xe4\n"
	       "192.0.2.10/31\n"
	       "192.0.2.12/30\n"
	       "192.0.2.16/28\n"
	       "192.0.2.32/27\n"
	       "192.0.2.64/26\n"
	       "192.0.2.128/25\n"
	       "$DATASET ip6trie:relay @\n"
	       ":3:Relay $\n"
	       "2001:db8:8000::/126\n"
	       "$DATASET ip4set:hijacked @\n"
	       ":4:Costs $$5, $ 7 = $ $$ $ $\n"
	       "127.0.0.4\n"
	       "198.51.100.0/31\n"
	       "198.51.100.2 :4:==$$1 $.\n"
	       "$DATASET ip6trie:hijacked @\n"
	       ":4:Costs $$5, $ 7 = $ $$ $ $\n"
	       "$DATASET ip4set:plain @\n"
	       ":6:\n"
	       "127.0.0.6\n"
	       "198.51.100.3 :6:= $ =\n"
	       "$DATASET ip6trie:plain @\n"
	       ":6:\n"
	       "2001:db8::/33\n"
	       "# 17 entries\n",
	       17);
}

static void test_bind_has_what_a_transfer_has_in_canonical_order(void **state)
{
	(void)state;
	/* 8 wildcards for the /33, 4 names for the /126. What the digest is, dnspython says too. */
	expect(EXPORT_BIND,
	       "$ORIGIN dnsbl.example.org.\n"
	       "$TTL 120\n"
	       "@\t60\tSOA\tns1.example.net. hostmaster.example.org. 7 600 300 86400 60\n"
	       "\t120\tA\t192.0.2.80\n"
	       "\tNS\tns1.dnsbl.example.org.\n"
	       "\tNS\tns2.example.net.\n"
	       "\tAAAA\t2001:db8::80\n"
	       "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay ::ffff:127.0.0.2\"\n"
	       "3.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay ::ffff:127.0.0.3\"\n"
	       "4.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.4\n"
	       "\tTXT\t\"Costs $5, ::ffff:127.0.0.47 = ::ffff:127.0.0.4$ ::ffff:127.0.0.4::ffff:127.0.0.4\"\n"
	       "6.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.6\n"
	       "0.0.0.127\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 127.0.0.0\"\n"
	       "2.0.0.127\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 127.0.0.2\"\n"
	       "3.0.0.127\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 127.0.0.3\"\n"
	       "4.0.0.127\tA\t127.0.0.4\n"
	       "\tTXT\t\"Costs $5, 127.0.0.47 = 127.0.0.4$ 127.0.0.4127.0.0.4\"\n"
	       "5.0.0.127\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 127.0.0.5\"\n"
	       "6.0.0.127\tA\t127.0.0.6\n"
	       "7.0.0.127\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 127.0.0.7\"\n"
	       "*.2.0.192\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 192.0.2.0/24\"\n"
	       "9.2.0.192\tA\t127.0.0.3\n"
	       "\tTXT\t\"A \\\"text\\\"; of \\\\ its own\\228\"\n"
	       "0.100.51.198\tA\t127.0.0.4\n"
	       "\tTXT\t\"Costs $5, 198.51.100.07 = 198.51.100.0$ 198.51.100.0198.51.100.0\"\n"
	       "1.100.51.198\tA\t127.0.0.4\n"
	       "\tTXT\t\"Costs $5, 198.51.100.17 = 198.51.100.1$ 198.51.100.1198.51.100.1\"\n"
	       "2.100.51.198\tA\t127.0.0.4\n"
	       "\tTXT\t\"=$1 198.51.100.2.\"\n"
	       "3.100.51.198\tA\t127.0.0.6\n"
	       "\tTXT\t\" 198.51.100.3=\"\n"
	       "*.0.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.1.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.2.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.3.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.4.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.5.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.6.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "*.7.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n"
	       "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.8.b.d.0.1.0.0.2\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 2001:db8:8000::\"\n"
	       "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.8.b.d.0.1.0.0.2\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 2001:db8:8000::1\"\n"
	       "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.8.b.d.0.1.0.0.2\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 2001:db8:8000::2\"\n"
	       "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.8.b.d.0.1.0.0.2\tA\t127.0.0.3\n"
	       "\tTXT\t\"Relay 2001:db8:8000::3\"\n"
	       "ns1\tA\t192.0.2.53\n"
	       "\tA\t192.0.2.54\n"
	       "\tAAAA\t2001:db8::53\n"
	       "relay\tNS\tns1.relay.dnsbl.example.org.\n"
	       "ns1.relay\tA\t192.0.2.55\n"
	       "@\tZONEMD\t7 1 1 97a9307ff6499b354e873d35f489e1b77c9cbd1751c8e3209b154b1c707c915bfac55b1035ba6d5d1695d82955987547\n"
	       "; 21 entries\n",
	       3 + 2 + 4 + 8 + 4);
}

static void expect_entries(const char *text, size_t len, bool says, uint64_t expected)
{
	FILE *file = tmpfile();
	uint64_t entries = 0;

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(export_entries(file, &entries), says);
	assert_int_equal(entries, expected);
	fclose(file);
}

#define EXPECT_ENTRIES(text, says, expected) expect_entries(text, sizeof(text) - 1, says, expected)

static void test_a_file_says_how_many_entries_it_has(void **state)
{
	char longer[5000];

	(void)state;
	EXPECT_ENTRIES("# 17 entries\n", true, 17);
	EXPECT_ENTRIES("192.0.2.1\n; 0 entries\n", true, 0);
	memset(longer, 'x', sizeof longer);
	memcpy(longer + sizeof longer - 22, "\n# 1234567890 entries\n", 22);
	expect_entries(longer, sizeof longer, true, 1234567890);

	EXPECT_ENTRIES("", false, 0);
	EXPECT_ENTRIES("\n", false, 0);
	EXPECT_ENTRIES("192.0.2.1\n", false, 0);
	EXPECT_ENTRIES("# 17 entries", false, 0);
	EXPECT_ENTRIES("# 17 entries\n192.0.2.1\n", false, 0);
	EXPECT_ENTRIES("17 entries\n", false, 0);
	expect_entries(longer + 4000, 990, false, 0);
}

static void test_a_full_disk_is_told(void **state)
{
	struct export_job job = job_of(config, DNSBL, EXPORT_CIDR);
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(export_zone(txn, &job, out, NULL), ST_AGAIN);
	fclose(out);
}

static void test_a_zone_without_a_serial_is_no_zone_file(void **state)
{
	struct config *larger;
	char text[4096], *json = NULL;
	size_t len;

	(void)state;
	snprintf(text, sizeof text, "%s%s", CONFIG,
		 ZONE("new.example.org", "ns = { \"ns1.example.net\" }"));
	assert_int_equal(config_parse(text, "/test.conf", &larger), ST_OK);

	static const enum export_format with_serial[] = {EXPORT_BIND, EXPORT_RBLDNSD, EXPORT_RPZ,
							 EXPORT_NFT, EXPORT_IPSET};
	struct export_job job = job_of(larger, "new.example.org", EXPORT_CIDR);
	FILE *out = open_memstream(&json, &len);

	assert_non_null(job.zone);
	assert_non_null(out);
	for (size_t i = 0; i < sizeof with_serial / sizeof with_serial[0]; i++) {
		job.format = with_serial[i];
		assert_int_equal(export_zone(txn, &job, out, NULL), ST_CONFIG);
	}
	assert_int_equal(ftell(out), 0);
	job.format = EXPORT_CIDR;
	assert_int_equal(export_zone(txn, &job, out, NULL), ST_OK);
	fclose(out);
	free(json);
	config_free(larger);
}

/* --- wide ranges ------------------------------------------------------------------------- */

static void fill_wide(struct change *c)
{
	claim(c, "10.0.0.0/8", "plain", NULL);
	claim(c, "11.0.0.0/8", "plain", NULL);
	claim(c, "3ffe::/16", "plain", NULL);
	claim(c, "3fff::/16", "plain", NULL);
	claim(c, "ffff::/16", "plain", NULL);
}

static int set_up_wide(void **state)
{
	(void)state;
	open_with(CONFIG, fill_wide);
	return 0;
}

static void test_nothing_is_wider_than_a_listing(void **state)
{
	(void)state;
	expect(EXPORT_CIDR, "10.0.0.0/8\n11.0.0.0/8\n3ffe::/16\n3fff::/16\nffff::/16\n", 5);
}

static void test_a_wide_range_is_a_wildcard_for_each_unit(void **state)
{
	uint64_t entries;
	char *text = exported(DNSBL, EXPORT_BIND, &entries);

	(void)state;
	assert_int_equal(entries, 2 * 256 + 3 * 65536);
	assert_non_null(strstr(text, "\n*.0.10\tA\t127.0.0.6\n*.1.10\tA\t127.0.0.6\n"));
	assert_non_null(strstr(text, "\n*.f.f.f.f.e.f.f.3\tA\t127.0.0.6\n*.0.0.0.0.f.f.f.3\tA"));
	assert_non_null(strstr(text, "\n*.f.f.f.f.f.f.f.f\tA\t127.0.0.6\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest few[] = {
		cmocka_unit_test(test_formats_have_names),
		cmocka_unit_test(test_cidr_covers_all_sublists),
		cmocka_unit_test(test_json_has_texts_of_claims_only),
		cmocka_unit_test(test_rbldnsd_has_a_dataset_for_each_sublist_and_family),
		cmocka_unit_test(test_bind_has_what_a_transfer_has_in_canonical_order),
		cmocka_unit_test(test_a_file_says_how_many_entries_it_has),
		cmocka_unit_test(test_a_full_disk_is_told),
		cmocka_unit_test(test_a_zone_without_a_serial_is_no_zone_file),
	};
	const struct CMUnitTest wide[] = {
		cmocka_unit_test(test_nothing_is_wider_than_a_listing),
		cmocka_unit_test(test_a_wide_range_is_a_wildcard_for_each_unit),
	};
	int failed = cmocka_run_group_tests(few, set_up_few, close_all);

	return failed + cmocka_run_group_tests(wide, set_up_wide, close_all);
}
