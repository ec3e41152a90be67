/*
 * test_list_feeds.c: feeds in their makers' formats: what is taken from them, what is named as bad,
 * what is refused as a whole; and by what they are told apart.
 */
#include "listfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "list_frame.h"

/* The whole file is no good, and this is why. */
static void expect_refused(enum list_format format, const char *text, const char *why)
{
	struct list list;

	assert_int_equal(try_reading(format, text, strlen(text), &config->sublists[0], &list),
			 ST_DATA);
	assert_string_equal(fail_text(), why);
	assert_int_equal(list.count, 0);
	list_release(&list);
}

static void test_netsets_have_comments_addresses_and_prefixes(void **state)
{
	(void)state;
	expect(LIST_CIDR,
	       "#\n"
	       "# example_level1\n"
	       "#\n"
	       "# ipv4 hash:net ipset\n"
	       "#\n"
	       "# Entries         : 2 subnets, 257 unique IPs\n"
	       "#\n"
	       "192.0.2.0/24\n"
	       "198.51.100.7\n",
	       "192.0.2.0/24 relay\n198.51.100.7 relay\n", "");
}

static void test_the_sbl_number_is_the_reason_of_a_drop_line(void **state)
{
	(void)state;
	expect(LIST_DROP,
	       "; Spamhaus DROP List 2026/11/20 - (c) 2026 Example\n"
	       "; Expires: Fri, 20 Nov 2026 10:13:00 GMT\n"
	       "192.0.2.0/24 ; SBL1\r\n"
	       "2001:db8::/29 ; SBL2\n"
	       "\n"
	       "198.51.100.0/24\n"
	       "nonsense ; SBL3\n"
	       "203.0.113.1/24 ; SBL4\n",
	       "192.0.2.0/24 relay reason=SBL1\n198.51.100.0/24 relay\n"
	       "2001:db8::/29 relay reason=SBL2\n",
	       "7: 'nonsense' is no address or prefix\n"
	       "8: '203.0.113.1/24' has bits set past its length; the prefix is 203.0.113.0/24\n");
}

#define METADATA(records)                                                                  \
	"{\"type\":\"metadata\",\"timestamp\":1795200000,\"size\":99,\"records\":" records \
	",\"copyright\":\"x\",\"terms\":\"y\"}\n"

static void test_drop_as_json_has_as_many_records_as_it_says(void **state)
{
	(void)state;
	expect(LIST_DROP_JSON,
	       "{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\",\"rir\":\"arin\"}\n"
	       "{\"cidr\":\"198.51.100.0/24\",\"sblid\":\"SBL2\",\"new\":[1]}\n" METADATA("2"),
	       "192.0.2.0/24 relay reason=SBL1\n198.51.100.0/24 relay reason=SBL2\n", "");
	/* Both families, one file after the other. */
	expect(LIST_DROP_JSON,
	       "{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\"}\n" METADATA(
		       "1") "\n{\"cidr\":\"2001:db8::/32\",\"sblid\":\"SBL2\"}\n" METADATA("1"),
	       "192.0.2.0/24 relay reason=SBL1\n2001:db8::/32 relay reason=SBL2\n", "");
	expect_refused(LIST_DROP_JSON, "{\"cidr\":\"192.0.2.0/24\"}\n" METADATA("2"),
		       "it has 1 records and its metadata says 2, so it may be cut off");
	expect_refused(LIST_DROP_JSON, METADATA("0") "{\"cidr\":\"192.0.2.0/24\"}\n",
		       "it has 1 records and its metadata says 0, so it may be cut off");
	expect_refused(LIST_DROP_JSON, "{\"cidr\":\"192.0.2.0/24\"}\n",
		       "it has no metadata record, so it may be cut off");
	expect_refused(LIST_DROP_JSON, "", "it has no metadata record, so it may be cut off");
}

static void test_bad_lines_of_drop_json_are_named_and_count_as_records(void **state)
{
	(void)state;
	expect(LIST_DROP_JSON,
	       "{\"cidr\":\"192.0.2.0/24\"}\n"
	       "{\"asn\":64496,\"domain\":\"example.org\"}\n"
	       "{\"cidr\":7}\n"
	       "{\"cidr\":\"example.org\"}\n"
	       "[]\n" METADATA("\"many\"") METADATA("5"),
	       "192.0.2.0/24 relay\n",
	       "2: there is no \"cidr\"\n"
	       "3: there is no \"cidr\"\n"
	       "4: 'example.org' is no address or prefix\n"
	       "5: no JSON object: it is another kind of value\n"
	       "6: the metadata has no number of records\n");
}

static void test_drop_as_json_says_when_it_was_made(void **state)
{
	static const char text[] = "{\"cidr\":\"192.0.2.0/24\"}\n" METADATA("1");
	struct list list;

	(void)state;
	assert_int_equal(try_reading(LIST_UNKNOWN, text, strlen(text), &config->sublists[0], &list),
			 ST_OK);
	assert_int_equal(list.format, LIST_DROP_JSON);
	assert_int_equal(list.made, 1795200000);
	list_release(&list);
}

#define CERT_HEAD \
	"; ip, asn, country, lastseen, botname, domain, remote_ip, remote_port, local_port, protocol\n"

static void test_of_cert_the_open_relays_are_taken(void **state)
{
	static const char text[] =
		CERT_HEAD "192.0.2.1,AS64496,AT,1471111139,mirai,-,?,?,?,?\n"
			  "192.0.2.2,AS64496,AT,1520084496,openrelay,198.51.100.6,,25,,tcp\n"
			  "2001:db8::2,AS64496,AT,?,OpenRelay,-,?,?,?,?\n"
			  "192.0.2.3,AS64496,AT,1520084496,sshauth,,198.51.100.5,22,,tcp\n"
			  "; EOF\n";
	struct list list;

	(void)state;
	assert_int_equal(try_reading(LIST_CERT, text, strlen(text), &config->sublists[0], &list),
			 ST_OK);
	assert_string_equal(
		spelled(&list),
		"192.0.2.2 relay reason=open relay, port 25, seen 2018-03-03T13:41:36Z\n"
		"2001:db8::2 relay reason=open relay\n");
	assert_string_equal(complaints, "");
	assert_int_equal(list.left_out, 2);
	list_release(&list);
}

static void test_cert_is_refused_without_its_columns_or_its_end(void **state)
{
	(void)state;
	expect_refused(LIST_CERT, CERT_HEAD "192.0.2.2,AS64496,AT,1,openrelay,,,25,,tcp\n",
		       "it does not end with \"; EOF\", so it may be cut off");
	expect_refused(LIST_CERT, CERT_HEAD "; EOF\n192.0.2.2,AS64496,AT,1,openrelay,,,25,,tcp\n",
		       "it does not end with \"; EOF\", so it may be cut off");
	expect_refused(LIST_CERT, "192.0.2.2,AS64496,AT,1,openrelay,,,25,,tcp\n; EOF\n",
		       "line 1: no comment before it names the columns");
	expect(LIST_CERT,
	       CERT_HEAD "192.0.2.2,AS64496\n"
			 "?,AS64496,AT,1,openrelay,,,25,,tcp\n"
			 ",AS64496,AT,1,openrelay,,,25,,tcp\n"
			 "\"192.0.2.2,AS64496,AT,1,openrelay\n"
			 ";EOF\n",
	       "",
	       "2: it has too few columns\n"
	       "3: '?' is no address or prefix\n"
	       "4: there is no address in it\n"
	       "5: a quote is never closed: what follows is not read\n");
}

static void test_of_dshield_start_end_and_length_agree(void **state)
{
	(void)state;
	expect(LIST_DSHIELD,
	       "\n#   DShield.org Recommended Block List \n"
	       "Start\tEnd\tNetblock\tAttacks\tName\tCountry\temail\n"
	       "192.0.2.0\t192.0.2.255\t24\t788\tExample Inet\tAT\tabuse@example.net\n"
	       "198.51.100.0\t198.51.100.255\t24\t585\t\t\t\n"
	       "203.0.113.0\t203.0.113.127\t25\n"
	       "192.0.2.0\t192.0.2.255\t25\t1\t\t\t\n"
	       "192.0.2.1\t192.0.2.255\t24\t1\t\t\t\n"
	       "192.0.2.0\t192.0.2.255\n"
	       "192.0.2.0-192.0.2.255\n"
	       "192.0.2.0\t2001:db8::\t24\t1\n"
	       "# END\n",
	       "192.0.2.0/24 relay reason=788 targets, Example Inet\n"
	       "198.51.100.0/24 relay reason=585 targets\n"
	       "203.0.113.0/25 relay\n",
	       "7: it does not begin with START END LENGTH that agree\n"
	       "8: it does not begin with START END LENGTH that agree\n"
	       "9: it does not begin with START END LENGTH that agree\n"
	       "10: it does not begin with START END LENGTH that agree\n"
	       "11: it does not begin with START END LENGTH that agree\n");
}

static void test_a_set_has_addresses_timeouts_and_comments(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "create bad hash:ip family inet hashsize 1024 maxelem 65536 timeout 3600 comment\n"
	       "add bad 192.0.2.1 timeout 300 comment \"seen in the trap\"\n"
	       "add bad 192.0.2.2 timeout 0 packets 7 bytes 900 comment \"\"\n"
	       "add bad 192.0.2.3\n"
	       "add bad 192.0.2.8-192.0.2.11 timeout 60 -exist\n"
	       "COMMIT\n",
	       "192.0.2.1 relay reason=seen in the trap expires=1795255500\n"
	       "192.0.2.2 relay\n"
	       "192.0.2.3 relay expires=1795258800\n"
	       "192.0.2.8/30 relay expires=1795255260\n",
	       "");
	expect(LIST_IPSET,
	       "create six hash:net family inet6 hashsize 1024 maxelem 65536\n"
	       "add six 2001:db8::/32\n",
	       "2001:db8::/32 relay\n", "");
}

static void test_of_several_sets_a_person_must_say_which(void **state)
{
	(void)state;
	expect_refused(LIST_IPSET,
		       "create allow hash:ip\nadd allow 192.0.2.1\n"
		       "create deny hash:ip\nadd deny 192.0.2.2\n",
		       "line 3: it has several sets, 'allow' and 'deny': which one is meant? "
		       "'ipset save allow' prints that one alone");
	expect_refused(LIST_IPSET, "add allow 192.0.2.1\nadd deny 192.0.2.2\n",
		       "line 2: it has several sets, 'allow' and 'deny': which one is meant? "
		       "'ipset save allow' prints that one alone");
	expect_refused(LIST_IPSET,
		       "Name: allow\nType: hash:ip\nMembers:\n192.0.2.1\n\n"
		       "Name: deny\nType: hash:ip\nMembers:\n192.0.2.2\n",
		       "line 6: it has several sets, 'allow' and 'deny': which one is meant? "
		       "'ipset save allow' prints that one alone");
}

/* What ipset restore does with them leaves other entries than the lines have. */
static void test_commands_that_change_sets_are_bad_lines(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "create new hash:ip\nflush new\nadd new 192.0.2.1\nswap new old\nrename new old\n"
	       "destroy new\n",
	       "192.0.2.1 relay\n",
	       "2: ipset save does not print 'flush'\n4: ipset save does not print 'swap'\n"
	       "5: ipset save does not print 'rename'\n6: ipset save does not print 'destroy'\n");
}

static void test_nomatch_is_a_hole_in_what_is_wider(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "create nets hash:net family inet\n"
	       "add nets 192.0.2.0/24 comment \"all of it\"\n"
	       "add nets 192.0.2.128/26 nomatch\n"
	       "add nets 192.0.2.130 timeout 60 comment \"but this one\"\n"
	       "add nets 192.0.2.1\n",
	       "192.0.2.0/25 relay reason=all of it\n"
	       "192.0.2.1 relay\n"
	       "192.0.2.130 relay reason=but this one expires=1795255260\n"
	       "192.0.2.192/26 relay reason=all of it\n",
	       "");
	expect(LIST_IPSET,
	       "add six 2001:db8::/32\n"
	       "add six 2001:db8:8000::/33 nomatch\n"
	       "add six 0::/16\n",
	       "::/16 relay\n"
	       "2001:db8::/33 relay\n",
	       "");
}

static void test_a_netmask_widens_the_addresses_of_its_set(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "create nets hash:ip family inet netmask 24\n"
	       "add nets 192.0.2.0\n"
	       "add nets 198.51.100.0-198.51.101.255\n",
	       "192.0.2.0/24 relay\n198.51.100.0/23 relay\n", "");
	expect(LIST_IPSET, "create wide hash:ip family inet netmask 4\nadd wide 64.0.0.0\n", "",
	       "2: 64.0.0.0/4 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to "
	       "/128\n");
	expect(LIST_IPSET,
	       "create mask hash:ip family inet bitmask 255.0.255.0\nadd mask 64.0.0.0\n", "",
	       "1: addresses are not prefixes in a set with a 'bitmask'\n");
}

static void test_sets_of_more_than_addresses_are_left_out(void **state)
{
	static const char *const texts[] = {
		"create x hash:ip,port family inet\nadd x 192.0.2.1,tcp:25\nadd x 192.0.2.2\n",
		"create x list:set size 8\nadd x ports\nadd x 192.0.2.2\n",
	};
	struct list list;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(try_reading(LIST_IPSET, texts[i], strlen(texts[i]),
					     &config->sublists[0], &list),
				 ST_OK);
		assert_string_equal(spelled(&list), "");
		assert_non_null(strstr(complaints, "1: more than addresses is in a set of type '"));
		assert_int_equal(list.left_out, 2);
		list_release(&list);
	}
}

static void test_what_ipset_list_prints_is_read_too(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "Name: bad\n"
	       "Type: hash:ip\n"
	       "Revision: 5\n"
	       "Header: family inet hashsize 1024 maxelem 65536 timeout 3600 comment\n"
	       "Size in memory: 600\n"
	       "References: 0\n"
	       "Number of entries: 2\n"
	       "Members:\n"
	       "192.0.2.1 timeout 299 comment \"x\"\n"
	       "192.0.2.2 timeout 0\n",
	       "192.0.2.1 relay reason=x expires=1795255499\n192.0.2.2 relay\n", "");
	expect(LIST_IPSET, "Name: ports\nType: bitmap:port\nMembers:\n25\n", "",
	       "2: more than addresses is in a set of type 'bitmap:port'\n");
}

static void test_bad_lines_of_sets_are_named(void **state)
{
	(void)state;
	expect(LIST_IPSET,
	       "add bad 192.0.2.1,tcp:25\n"
	       "add bad\n"
	       "add bad 192.0.2.1 timeout soon\n"
	       "add bad 192.0.2.1 timeout\n"
	       "add bad 192.0.2.1 forceadd\n"
	       "add bad 0.0.0.0/0\n"
	       "del bad 192.0.2.1\n"
	       "add bad 192.0.2.1 comment \"not closed\n"
	       "create bad hash:ip netmask 0\n",
	       "192.0.2.1 relay reason=not closed\n",
	       "1: '192.0.2.1,tcp:25' is no address or prefix\n"
	       "2: ipset save does not print 'add'\n"
	       "3: no timeout is 'soon'\n"
	       "4: no timeout is ''\n"
	       "5: no entry has a 'forceadd'\n"
	       "6: 0.0.0.0/0 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "7: ipset save does not print 'del'\n"
	       "9: no netmask is '0'\n");
}

static void test_a_table_names_its_columns(void **state)
{
	(void)state;
	expect(LIST_CSV,
	       "\xef\xbb\xbf"
	       "first_seen,IP Address , Comment,expires,text\r\n"
	       "2026-01-01,192.0.2.1,\"a \"\"quoted\"\", word\",2026-12-01T00:00:00Z,Seen {ip}\r\n"
	       "2026-01-01,192.0.2.0/25,,1796083200,\r\n"
	       "2026-01-01,192.0.2.200-192.0.2.201,,2026-12-01 00:00:00,\r\n"
	       "2026-01-01,2001:db8::1\r\n",
	       "192.0.2.0/25 relay expires=1796083200\n"
	       "192.0.2.1 relay text=Seen {ip} reason=a \"quoted\", word expires=1796083200\n"
	       "192.0.2.200/31 relay expires=1796083200\n"
	       "2001:db8::1 relay\n",
	       "");
	expect(LIST_CSV, "reason;cidr\nwhy;192.0.2.0/24\n", "192.0.2.0/24 relay reason=why\n", "");
	expect(LIST_CSV, "port\tsrc_ip\n25\t192.0.2.1\n", "192.0.2.1 relay\n", "");
	expect(LIST_CSV, "address\n192.0.2.1\n# the end\n", "192.0.2.1 relay\n", "");
}

static void test_a_tables_header_may_be_a_comment(void **state)
{
	(void)state;
	expect(LIST_CSV, "# An example\n# first_seen,ip\n2026-01-01,192.0.2.1\n",
	       "192.0.2.1 relay\n", "");
	/* The row that names the columns beats the comment that did. */
	expect(LIST_CSV, "# ip, and more\nreason,ip\nwhy,192.0.2.1\n",
	       "192.0.2.1 relay reason=why\n", "");
	expect_refused(LIST_CSV, "# An example\nhost,reason\nmail.example.org,why\n",
		       "no column of its header is called ip, address, cidr, network or prefix");
	expect(LIST_CSV, "", "", "");
}

static void test_bad_rows_of_tables_are_named_by_their_lines(void **state)
{
	(void)state;
	expect(LIST_CSV,
	       "# two lines before the rows\n"
	       "ip,reason,expires,text\n"
	       ",why\n"
	       "192.0.2.1,\"two\nlines\"\n"
	       "192.0.2.2,why,tomorrow\n"
	       "192.0.2.3,why,1900-01-01T00:00:00Z\n"
	       "192.0.2.4,why,,\x01\n"
	       "\"192.0.2.5\"x\n"
	       "192.0.2.6 and more\n",
	       "192.0.2.1 relay reason=two?lines\n192.0.2.6 relay\n",
	       "3: there is no address in it\n"
	       "6: 'tomorrow' is no time between 1970 and 2106, as in 2027-01-01T00:00:00Z\n"
	       "7: '1900-01-01T00:00:00Z' is no time between 1970 and 2106, as in "
	       "2027-01-01T00:00:00Z\n"
	       "8: the text holds the control character 0x01\n"
	       "9: something follows a closing quote\n");
}

static void test_a_row_with_more_fields_than_the_header_is_bad(void **state)
{
	(void)state;
	expect(LIST_CSV,
	       "comment,ip\n"
	       "from 198.51.100.7, 198.51.100.9,192.0.2.1\n"
	       "why,192.0.2.2,, \n"
	       "192.0.2.3\n",
	       "192.0.2.2 relay reason=why\n",
	       "2: it has more fields than the header has names\n"
	       "4: there is no address in it\n");
	expect(LIST_CSV, "# ip,comment\n192.0.2.1,a, b\n192.0.2.2,a\n",
	       "192.0.2.2 relay reason=a\n", "2: it has more fields than the header has names\n");
}

/* It may stand where the rest of the file was. */
static void test_a_table_that_ends_in_quotes_is_refused(void **state)
{
	(void)state;
	expect_refused(LIST_CSV,
		       "ip,reason\n192.0.2.6,why\n192.0.2.7,\"never closed\n192.0.2.8,why\n",
		       "line 3: a quote is never closed, so it may be cut off");
}

static void expect_of_a_snapshot(enum list_format format, const char *text, const char *items,
				 const char *bad_lines)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct list_input input = {in, format, config, &config->sublists[0], NOW, note, NULL, true};
	struct list list;

	assert_non_null(in);
	complaints[0] = '\0';
	assert_int_equal(list_read(&input, &list), ST_OK);
	fclose(in);
	assert_string_equal(spelled(&list), items);
	assert_string_equal(complaints, bad_lines);
	list_release(&list);
}

static void test_of_a_snapshot_a_last_line_without_its_end_is_bad(void **state)
{
#define CUT "the last line has no end, so it may be cut off\n"
	static const struct {
		enum list_format format;
		const char *text, *bad_lines;
	} cases[] = {
		{LIST_PLAIN, "192.0.2.1\n198.51.100.12", "2: " CUT},
		{LIST_CIDR, "192.0.2.1\n198.51.100.0/2", "2: " CUT},
		{LIST_DROP, "192.0.2.1 ;\n198.51.100.12 ; SBL1", "2: " CUT},
		{LIST_DSHIELD, "192.0.2.1\t192.0.2.1\t32\n198.51.100.1\t198.51.100.1\t32",
		 "2: " CUT},
		{LIST_IPSET, "add x 192.0.2.1\nadd x 198.51.100.12", "2: " CUT},
		{LIST_IP4SET, "192.0.2.1\n198.51.100.12", "2: " CUT},
		{LIST_CSV, "ip\r\n192.0.2.1\r\n198.51.100.12", "3: " CUT},
		/* Nothing is lost of these. */
		{LIST_CIDR, "192.0.2.1", ""},
		{LIST_CIDR, "192.0.2.1\n# END", ""},
		{LIST_CIDR, "192.0.2.1\n  ", ""},
		{LIST_CSV, "ip\n192.0.2.1\n# END\n", ""},
		{LIST_JSON, "\n{\"prefix\":\"192.0.2.1\"}", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		expect_of_a_snapshot(cases[i].format, cases[i].text, "192.0.2.1 relay\n",
				     cases[i].bad_lines);
	}
	expect(LIST_CIDR, "192.0.2.1\n198.51.100.12", "192.0.2.1 relay\n198.51.100.12 relay\n", "");
}

static void test_reasons_are_cut_and_cleaned(void **state)
{
	char text[4096], want[4096];
	size_t len = (size_t)sprintf(text, "ip,reason\n192.0.2.1,");

	(void)state;
	/* 1,024 octets have room for 512 of these and no half one. */
	strcpy(text + len, " \x1b\xff");
	len += 3;
	for (int i = 0; i < 600; i++) {
		strcpy(text + len, "\xc3\xa4");
		len += 2;
	}
	size_t used = (size_t)sprintf(want, "192.0.2.1 relay reason=??");

	for (int i = 0; i < 511; i++) {
		strcpy(want + used, "\xc3\xa4");
		used += 2;
	}
	strcpy(want + used, "\n");
	expect(LIST_CSV, text, want, "");
}

static void test_what_a_list_looks_like(void **state)
{
	static const struct {
		const char *text;
		enum list_format format;
	} cases[] = {
		{"", LIST_CIDR},
		{"192.0.2.1\n", LIST_CIDR},
		{"# ip list\n; more\n192.0.2.1\n", LIST_CIDR},
		{"192.0.2.0/24 ; why\n", LIST_CIDR},
		{"192.0.2.1;why,when\n", LIST_CIDR},
		{"2001:db8::1\n", LIST_CIDR},
		{"::1\n", LIST_CIDR},
		{"::ffff:192.0.2.1\n", LIST_CIDR},
		{"; comment only", LIST_CIDR},
		{"{\"prefix\":\"192.0.2.1\",\"reason\":\"\\\"cidr\\\"\"}\n", LIST_JSON},
		{"{}\n", LIST_JSON},
		{"{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL1\"}\n" METADATA("1"), LIST_DROP_JSON},
		{METADATA("0"), LIST_DROP_JSON},
		{"; A list\n; Expires: never\n192.0.2.0/24 ; SBL1\n", LIST_DROP},
		{CERT_HEAD "; EOF\n", LIST_CERT},
		{"\n#\n\nStart\tEnd\tNetblock\tAttacks\n", LIST_DSHIELD},
		{"# saved\ncreate x hash:ip\n", LIST_IPSET},
		{"add x 192.0.2.1\n", LIST_IPSET},
		{"Name: x\nType: hash:ip\n", LIST_IPSET},
		{"\xef\xbb\xbfip,reason\n192.0.2.1,why\n", LIST_CSV},
		{"when;network;why\n", LIST_CSV},
		{"address\n192.0.2.1\n", LIST_CSV},
		{"# first_seen,src_ip\n2026-01-01,192.0.2.1\n", LIST_CSV},
		{"$TIMESTAMP 2026:11:20 +7d\n192.0.2.1\n", LIST_IP4SET},
		{"# c\n:127.0.0.2:Relay $\n!192.0.2.1\n192.0.2/24\n", LIST_IP4SET},
		{":2:Relay $\n2001:db8/32\n", LIST_IP6TRIE},
		{"$SOA 1w a b 0 1 1 1 1\n$DATASET ip4set:x @\n192.0.2.1\n", LIST_COMBINED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct list list;

		/* Some of them are cut off; what they look like is known all the same. */
		try_reading(LIST_UNKNOWN, cases[i].text, strlen(cases[i].text),
			    &config->sublists[0], &list);
		if (list.format != cases[i].format) {
			fail_msg("'%s' looks like %d, not %d", cases[i].text, list.format,
				 cases[i].format);
		}
		list_release(&list);
	}
}

static void test_what_is_no_list_is_refused(void **state)
{
	static const enum list_format formats[] = {LIST_UNKNOWN, LIST_PLAIN, LIST_CIDR, LIST_CSV,
						   LIST_DROP_JSON};

	(void)state;
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		expect_refused(formats[i], "\xef\xbb\xbf\r\n <!DOCTYPE html>\n192.0.2.1\n",
			       "it is a web page (or XML) and no list");
		expect_refused(formats[i], "\x1f\x8b\x08rest",
			       "it is compressed with gzip and no list");
		expect_refused(formats[i], "PK\x03\x04rest", "it is a zip file and no list");
		expect_refused(formats[i],
			       "\xff\xfe"
			       "1",
			       "it is UTF-16 text and no list");
	}
}

/* Every format is read in time that its size bounds, whatever is in it. */
static void test_hostile_lists_are_read_in_bounded_time(void **state)
{
	static const struct {
		const char *before, *after; /* a number */
	} lines[] = {
		{"{\"cidr\":\"192.0.2.0/24\",\"n\":", "}"},
		{"add s", " 192.0.2.0/24 nomatch"},
		{"create s", " hash:ip netmask 24"},
		{"\"\",\"\",\"\",\"", "\",\"\"\"\"\""},
		{"\"", ""},
		{"0.0.0.", "-255.255.255.255"},
		{"add s 1.0.0.1-254.255.255.254 timeout ", ""},
		{",,,,,,,,,,,,,,,", ",,,"},
		{"\t\t\t\t\t\t\t\t\t\t\t", "\t"},
		{"{{{{{{{{{{[[[[[[[[[[[[", "[[[[[[[[[[["},
		{"; ", ""},
	};
	enum { SIZE = 1 << 18 };
	char *text = malloc(SIZE + 256);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		for (enum list_format format = LIST_UNKNOWN; format <= LIST_CSV; format++) {
			size_t len = (size_t)sprintf(text, "%s", format == LIST_CSV ? "ip\n" : "");
			struct timespec before, after;
			struct list list;

			for (unsigned n = 0; len < SIZE; n++) {
				len += (size_t)snprintf(text + len, 256, "%s%u%s\n",
							lines[i].before, n, lines[i].after);
			}
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
			try_reading(format, text, len, &config->sublists[0], &list);
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
			list_release(&list);
			if (after.tv_sec - before.tv_sec > 5) {
				fail_msg("format %d, '%s': %ld s", format, lines[i].before,
					 (long)(after.tv_sec - before.tv_sec));
			}
		}
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netsets_have_comments_addresses_and_prefixes),
		cmocka_unit_test(test_the_sbl_number_is_the_reason_of_a_drop_line),
		cmocka_unit_test(test_drop_as_json_has_as_many_records_as_it_says),
		cmocka_unit_test(test_bad_lines_of_drop_json_are_named_and_count_as_records),
		cmocka_unit_test(test_drop_as_json_says_when_it_was_made),
		cmocka_unit_test(test_of_cert_the_open_relays_are_taken),
		cmocka_unit_test(test_cert_is_refused_without_its_columns_or_its_end),
		cmocka_unit_test(test_of_dshield_start_end_and_length_agree),
		cmocka_unit_test(test_a_set_has_addresses_timeouts_and_comments),
		cmocka_unit_test(test_of_several_sets_a_person_must_say_which),
		cmocka_unit_test(test_commands_that_change_sets_are_bad_lines),
		cmocka_unit_test(test_nomatch_is_a_hole_in_what_is_wider),
		cmocka_unit_test(test_a_netmask_widens_the_addresses_of_its_set),
		cmocka_unit_test(test_sets_of_more_than_addresses_are_left_out),
		cmocka_unit_test(test_what_ipset_list_prints_is_read_too),
		cmocka_unit_test(test_bad_lines_of_sets_are_named),
		cmocka_unit_test(test_a_table_names_its_columns),
		cmocka_unit_test(test_a_tables_header_may_be_a_comment),
		cmocka_unit_test(test_bad_rows_of_tables_are_named_by_their_lines),
		cmocka_unit_test(test_a_row_with_more_fields_than_the_header_is_bad),
		cmocka_unit_test(test_a_table_that_ends_in_quotes_is_refused),
		cmocka_unit_test(test_of_a_snapshot_a_last_line_without_its_end_is_bad),
		cmocka_unit_test(test_reasons_are_cut_and_cleaned),
		cmocka_unit_test(test_what_a_list_looks_like),
		cmocka_unit_test(test_what_is_no_list_is_refused),
		cmocka_unit_test(test_hostile_lists_are_read_in_bounded_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
