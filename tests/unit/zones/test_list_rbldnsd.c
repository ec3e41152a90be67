/*
 * test_list_rbldnsd.c: rbldnsd's dataset files: their syntax, and that what comes out answers as
 * rbldnsd does. For the latter random files are read, and for every address near the end of an
 * entry what the items mean when each is claimed is compared with a model made of rbldnsd's rules.
 */
#include "listfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

static const char CONFIG[] =
	"database = \"db\"\n"
	"listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 }\n"
	"sublist hijacked { code = 4 }\n"
	"sublist multihop { code = 5 text = \"Multihop {ip}\" }\n"
	"sublist again { code = 4 }\n"
	"zone \"dnsbl.example.org\" {\n"
	"  sublists = { \"relay\", \"hijacked\", \"multihop\" }\n"
	"  ns = { \"ns1.example.net\" }\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" }\n"
	"}\n";

enum { RELAY, HIJACKED, MULTIHOP, SUBLISTS };

static struct config *config;
static char complaints[65536];

static int set_up(void **state)
{
	(void)state;
	if (config_parse(CONFIG, "test.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static void note(void *context, uint64_t line, const char *why)
{
	size_t used = strlen(complaints);

	(void)context;
	snprintf(complaints + used, sizeof complaints - used, "%llu: %s\n",
		 (unsigned long long)line, why);
}

enum { NOW = 1795255200 }; /* 2026-11-21T10:00:00Z */

static enum status try_reading(enum list_format format, const char *text, struct list *list)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	struct list_input input = {in,  format, config, &config->sublists[RELAY],
				   NOW, note,   NULL,   false};

	assert_non_null(in);
	complaints[0] = '\0';
	enum status status = list_read(&input, list);
	fclose(in);
	return status;
}

static void expect(enum list_format format, const char *text, const char *items,
		   const char *bad_lines)
{
	char out[65536] = "";
	size_t used = 0;
	struct list list;

	assert_int_equal(try_reading(format, text, &list), ST_OK);
	for (size_t i = 0; i < list.count; i++) {
		const struct list_item *item = &list.at[i];
		struct prefix p = {item->addr, item->family, item->len};
		char prefix[PREFIX_TEXT];

		prefix_format(&p, prefix);
		used += (size_t)snprintf(out + used, sizeof out - used, "%s %s%s%s\n", prefix,
					 config->sublists[item->sublist].name,
					 item->text ? " " : "",
					 item->text ? list_string(&list, item->text) : "");
	}
	list_release(&list);
	assert_string_equal(out, items);
	assert_string_equal(complaints, bad_lines);
}

/* --- syntax ------------------------------------------------------------------------------ */

static void test_ip4set_spells_prefixes_by_octets(void **state)
{
	(void)state;
	expect(LIST_IP4SET,
	       "192.0.2.1\n"
	       "198.51.100\n"
	       "203.0\n"
	       "10/8\n"
	       "172.16/12\n"
	       "192.0.002.8/30\n"
	       "192.0.2.16-192.0.2.19\n"
	       "192.0.2.32-35\n"
	       "192.0.4-7\n"
	       "11.0.0-11.0.1\n"
	       "12-13\n"
	       "192.0.2.64#comment\n"
	       "192.0.2.65;comment\n"
	       "192.0.2.66 # comment\n",
	       "10.0.0.0/8 relay\n11.0.0.0/23 relay\n172.16.0.0/12 relay\n192.0.2.1 relay\n"
	       "192.0.2.8/30 relay\n192.0.2.16/30 relay\n192.0.2.32/30 relay\n192.0.2.64 relay\n"
	       "192.0.2.65 relay\n192.0.2.66 relay\n192.0.4.0/22 relay\n198.51.100.0/24 relay\n"
	       "203.0.0.0/16 relay\n",
	       "11: 12.0.0.0/7 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n");
}

static void test_ip4set_names_each_bad_line(void **state)
{
	(void)state;
	expect(LIST_IP4SET,
	       "192\n"
	       "192.0.2.1/24\n"
	       "192.0.2.256\n"
	       "192.0.2.\n"
	       "192.0.2.9-8\n"
	       "192.0-192.0.2.1\n"
	       "127-127.0.0\n"
	       "192.0.2.1,relay\n"
	       "192.0.2.1/33\n"
	       "2001:db8::1\n",
	       "",
	       "1: a single number is no address: write 10/8 for 10.0.0.0/8\n"
	       "2: it has bits set past the length of its prefix\n"
	       "3: it begins with no IPv4 address\n"
	       "4: it begins with no IPv4 address\n"
	       "5: the range ends before it begins\n"
	       "6: both ends of a range have as many octets, or the last has one\n"
	       "7: both ends of a range have as many octets, or the last has one\n"
	       "8: something is attached to the address\n"
	       "9: the length of an IPv4 prefix is a number from 0 to 32\n"
	       "10: it begins with no IPv4 address\n");
}

static void test_tries_have_no_ranges(void **state)
{
	(void)state;
	expect(LIST_IP4TRIE, "192.0.2.16-192.0.2.19\n192.0.2/25\n", "192.0.2.0/25 relay\n",
	       "1: something is attached to the address\n");
}

static void test_ip6trie_spells_prefixes_by_groups(void **state)
{
	(void)state;
	expect(LIST_IP6TRIE,
	       "2001:db8::1\n"
	       "2001:21ab:c000/36\n"
	       "2001:db8:42\n"
	       "2001:db8:0:1::/64\n"
	       "2001:db8:1:2:3:4:5:6 Text\n"
	       "2002/16\n"
	       "::ffff:c000:201\n"
	       "3fff::\n"
	       "!2001:db8:42:4000::/50\n"
	       ":5:Five\n"
	       "::1\n"
	       "2001:db8::2:3\n",
	       "192.0.2.1 relay\n"
	       "::1 multihop Five\n"
	       "2001:db8::1 relay\n"
	       "2001:db8::2:3 multihop Five\n"
	       "2001:db8:0:1::/64 relay\n"
	       "2001:db8:1:2:3:4:5:6 relay Text\n"
	       "2001:db8:42::/50 relay\n"
	       "2001:db8:42:8000::/49 relay\n"
	       "2001:21ab:c000::/36 relay\n"
	       "2002::/16 relay\n"
	       "3fff:: relay\n",
	       "");
}

static void test_ip6trie_names_each_bad_line(void **state)
{
	(void)state;
	expect(LIST_IP6TRIE,
	       "2001\n"
	       "2001:db8::1/32\n"
	       "2001:db8:12345::\n"
	       "1:2:3:4:5:6:7:8::\n"
	       "2001:db8::1/129\n"
	       "192.0.2.1\n"
	       "2000::/12\n"
	       "::ffff:0:0/100\n"
	       "2001:db8:\n"
	       "1::2::3\n",
	       "",
	       "1: a single group is no address: write 2001/16 for 2001::/16\n"
	       "2: it has bits set past the length of its prefix\n"
	       "3: it begins with no IPv6 address\n"
	       "4: an A value is a number or an IPv4 address\n"
	       "5: the length of an IPv6 prefix is a number from 0 to 128\n"
	       "6: a single group is no address: write 2001/16 for 2001::/16\n"
	       "7: 2000::/12 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "8: 0.0.0.0/4 is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128\n"
	       "9: an A value is a number or an IPv4 address\n"
	       "10: an A value is a number or an IPv4 address\n");
}

static void test_values_are_codes_and_texts(void **state)
{
	(void)state;
	expect(LIST_IP4SET,
	       "192.0.2.1 Text of its own\n"
	       ":127.0.0.5:Multihop, see http://dnsbl.example.org/?$\n"
	       "192.0.2.2\n"
	       "192.0.2.3 Other text\n"
	       "192.0.2.4 :2\n"
	       "192.0.2.5 :2:\n"
	       "192.0.2.6:127.0.0.2: Attached\n"
	       "192.0.2.7 :127.2 : Spaced\n"
	       ":5\n"
	       "192.0.2.8\n"
	       "192.0.2.9 costs $$$$, {$}\n"
	       "192.0.2.10 Text # and no comment\n"
	       "192.0.2.11 =Text\n",
	       "192.0.2.1 relay Text of its own\n"
	       "192.0.2.2 multihop Multihop, see http://dnsbl.example.org/?{ip}\n"
	       "192.0.2.3 multihop Other text\n"
	       "192.0.2.4 relay Multihop, see http://dnsbl.example.org/?{ip}\n"
	       "192.0.2.5 relay\n"
	       "192.0.2.6 relay Attached\n"
	       "192.0.2.7 relay Spaced\n"
	       "192.0.2.8 multihop\n"
	       "192.0.2.9 multihop costs $$, {{ip}}\n"
	       "192.0.2.10 multihop Text # and no comment\n"
	       "192.0.2.11 multihop Text\n",
	       "");
}

static void test_bad_values_are_named(void **state)
{
	char text[1024], bad_lines[1024], many[256];

	(void)state;
	memset(many, 'x', sizeof many);
	memcpy(many + 250, "{ip}", 5);
	assert_int_equal(text_check(many), ST_DATA);
	snprintf(bad_lines, sizeof bad_lines,
		 "1: its A value is none of 127.0.0.2 to 127.0.0.254\n"
		 "4: an A value is a number or an IPv4 address\n"
		 "5: after an A value comes a colon, then a text\n"
		 "6: an A value is a number or an IPv4 address\n"
		 "11: its A value is none of 127.0.0.2 to 127.0.0.254\n"
		 "2: no sublist of the config has code 9\n"
		 "3: more than one sublist has code 4\n"
		 "7: its text has {ip} in it, which here would become the address\n"
		 "8: %s\n"
		 "10: no sublist of the config has code 9\n",
		 fail_text());
	memcpy(many + 250, "$", 2);
	snprintf(text, sizeof text,
		 "192.0.2.1 :127.0.1.2:x\n"
		 "192.0.2.2 :9:no such code\n"
		 "192.0.2.3 :4:two have it\n"
		 "192.0.2.4 :text\n"
		 "192.0.2.5 :2 text\n"
		 "192.0.2.6 :0:zero\n"
		 "192.0.2.7 look at {ip}\n"
		 "192.0.2.8 %s\n"
		 "192.0.2.9\n"
		 "192.0.2.16-192.0.2.30 :9:once\n"
		 "192.0.2.10 :1.2.3.4:x\n",
		 many);
	expect(LIST_IP4SET, text, "192.0.2.9 relay\n", bad_lines);
}

static void test_entries_do_not_fall_back_to_an_older_default(void **state)
{
	(void)state;
	expect(LIST_IP4SET,
	       ":5:Five\n"
	       "192.0.2.1\n"
	       ":bad\n"
	       "192.0.2.2\n"
	       "192.0.2.3 text\n"
	       "192.0.2.4 :2\n"
	       "192.0.2.5 :2:Two\n"
	       ":2:\n"
	       "192.0.2.6\n",
	       "192.0.2.1 multihop Five\n192.0.2.5 relay Two\n192.0.2.6 relay\n",
	       "3: an A value is a number or an IPv4 address\n"
	       "4: the default before it is bad\n"
	       "5: the default before it is bad\n"
	       "6: the default before it is bad\n");
}

static void test_variables_are_replaced(void **state)
{
	(void)state;
	expect(LIST_IP4SET,
	       "$1 See http://dnsbl.example.org\n"
	       "$2 for details\n"
	       "192.0.2.1 $1/spammer/$ $2\n"
	       "192.0.2.2 $1?$3 $4\n"
	       "$3 set later\n"
	       "$1 ignored, the first counts\n"
	       "192.0.2.3 a $= b\n",
	       "192.0.2.1 relay See http://dnsbl.example.org/spammer/{ip} for details\n"
	       "192.0.2.2 relay See http://dnsbl.example.org?set later $4\n"
	       "192.0.2.3 relay a a $= b b\n",
	       "");
	expect(LIST_IP4SET,
	       "$= See http://dnsbl.example.org/?$= ($) for details\n"
	       "192.0.2.1 r123\n"
	       "192.0.2.2\n"
	       "192.0.2.3 =Other $\n",
	       "192.0.2.1 relay See http://dnsbl.example.org/?r123 ({ip}) for details\n"
	       "192.0.2.2 relay See http://dnsbl.example.org/?{ip} ({ip}) for details\n"
	       "192.0.2.3 relay Other {ip}\n",
	       "");
}

static void test_special_lines_are_read_over_or_named(void **state)
{
	(void)state;
	expect(LIST_IP4TRIE,
	       "$SOA 1w ns1.example.net hostmaster.example.org 0 2h 2h 1w 1h\n"
	       "#$NS 1w ns1.example.net ns2.example.net\n"
	       ":$TTL 35m\n"
	       ";$ttl 1h\n"
	       "#$Id: a comment after all $\n"
	       "$UNKNOWN 1\n"
	       "$TTL\n"
	       "$MAXRANGE4 /24\n"
	       "192.0.2/24\n"
	       "198.51.100/23\n"
	       "!198.51.100/23\n"
	       "$MAXRANGE4 512\n"
	       "$MAXRANGE4 many\n"
	       "$1\n"
	       "$DATASET ip4set x\n",
	       "192.0.2.0/24 relay\n",
	       "6: no such special line is known, or not in this format\n"
	       "7: no such special line is known, or not in this format\n"
	       "10: the range is wider than $MAXRANGE4\n"
	       "11: the range is wider than $MAXRANGE4\n"
	       "12: $MAXRANGE4 cannot be made larger again\n"
	       "13: a $MAXRANGE4 is as in 256 or /24\n"
	       "14: no such special line is known, or not in this format\n"
	       "15: no such special line is known, or not in this format\n");
}

static void test_a_list_out_of_its_time_is_refused(void **state)
{
	static const struct {
		const char *stamp;
		enum status status;
		const char *text;
	} cases[] = {
		{"2026:11:21:10:00:00", ST_OK, ""},
		{"20261121", ST_OK, ""},
		{"0", ST_OK, ""},
		{"- 2026:11:21:10:00:00", ST_OK, ""},
		{"2026-11-20 +1d", ST_DATA, "line 1: the list says that it has expired"},
		{"2026-11-20-10:00 +1d", ST_OK, ""},
		{"2026:11:20:09:59:59 +1D", ST_DATA, "line 1: the list says that it has expired"},
		{"2026:11:20 2026:11:21", ST_DATA, "line 1: the list says that it has expired"},
		{"2026:11:21:10:00:01", ST_DATA,
		 "line 1: the list says that it was made in the future"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[128];
		struct list list;

		snprintf(text, sizeof text, "$TIMESTAMP %s\n192.0.2.1\n", cases[i].stamp);
		enum status status = try_reading(LIST_IP4SET, text, &list);
		if (status != cases[i].status) {
			fail_msg("'%s' is %d, not %d", cases[i].stamp, status, cases[i].status);
		}
		assert_string_equal(complaints, "");
		assert_int_equal(list.count, status ? 0 : 1);
		if (status) {
			assert_string_equal(fail_text(), cases[i].text);
		}
		list_release(&list);
	}
	expect(LIST_IP4SET,
	       "$TIMESTAMP 2026:02:30\n$TIMESTAMP yesterday\n$TIMESTAMP 0 +1d\n"
	       "$TIMESTAMP 2026:13:01\n$TIMESTAMP 2026:11:20 +1y\n",
	       "",
	       "1: a $TIMESTAMP is as in 2026:11:21:10:00 +7d\n"
	       "2: a $TIMESTAMP is as in 2026:11:21:10:00 +7d\n"
	       "3: a $TIMESTAMP is as in 2026:11:21:10:00 +7d\n"
	       "4: a $TIMESTAMP is as in 2026:11:21:10:00 +7d\n"
	       "5: a $TIMESTAMP is as in 2026:11:21:10:00 +7d\n");
}

static void test_combined_files_have_datasets(void **state)
{
	(void)state;
	expect(LIST_COMBINED,
	       "$NS 1w ns1.example.net\n"
	       "$1 global\n"
	       "192.0.2.99\n"
	       "$DATASET ip4set:relay relays @ # both\n"
	       ":2:Relay $1 $2\n"
	       "$2 local\n"
	       "192.0.2.1\n"
	       "192.0.2/24\n"
	       "!192.0.2.128/25\n"
	       "$DATASET ip6trie:six @\n"
	       "2001:db8::1 $1 $2\n"
	       "$DATASET ip4trie multihop\n"
	       ":5:Hop\n"
	       "192.0.2.128/25\n"
	       "$DATASET generic:common relays multihop @\n"
	       "@ A 192.0.2.80\n"
	       "www A 192.0.2.80\n"
	       "$DATASET dnset @\n"
	       "spam.example.org\n"
	       "$DATASET ip4set:nowhere\n"
	       "192.0.2.98\n",
	       "192.0.2.0/25 relay Relay global local\n"
	       "192.0.2.1 relay Relay global local\n"
	       "192.0.2.128/25 multihop Hop\n"
	       "2001:db8::1 relay global $2\n",
	       "3: it comes before the first $DATASET line\n"
	       "18: a dataset of type 'dnset' cannot be read: ip4set, ip4trie and ip6trie can\n"
	       "20: the dataset has no subzone, so rbldnsd would ignore it\n");
}

static void test_redundant_entries_keep_their_spelling(void **state)
{
	(void)state;
	expect(LIST_IP4TRIE, ":2:Relay\n192.0.2/24\n192.0.2.64/26\n192.0.2.65\n192.0.2.66 Other\n",
	       "192.0.2.0/24 relay Relay\n192.0.2.64/26 relay Relay\n192.0.2.65 relay Relay\n"
	       "192.0.2.66 relay Other\n",
	       "");
}

/* --- the model --------------------------------------------------------------------------- */

enum { ENTRIES = 40, TEXTS = 4 };

struct entry {
	addr_t first, last;
	unsigned sublist;
	unsigned text; /* 0: none */
	bool hole;
};

struct file {
	enum list_format format;
	unsigned family;
	char text[ENTRIES * 128];
	struct entry entry[ENTRIES];
	unsigned count;
};

/* Addresses near each other, so that entries nest, meet and begin together. */
static addr_t random_address(unsigned family)
{
	static const unsigned octets[] = {0, 0, 1, 2, 127, 128, 254, 255, 255};
	addr_t addr = family == 4 ? 10 + draw(2) : 0x20010db8;
	unsigned more = family == 4 ? 3 : 12;

	for (unsigned i = 0; i < more; i++) {
		addr = addr << 8 | octets[draw(sizeof octets / sizeof octets[0])];
	}
	return addr;
}

/* Writes an entry in one of its spellings. */
static size_t spell(const struct file *file, const struct prefix *p, const struct entry *e,
		    char *out, size_t room)
{
	static const char *const names[] = {"", "One", "Two", "Three $$"};
	char first[PREFIX_TEXT], last[ADDR_TEXT], range[2 * PREFIX_TEXT];

	addr_format(p->family, e->last, last);
	if (file->format == LIST_IP4SET && (p->len == 0 || draw(4) == 0)) {
		addr_format(4, e->first, first);
		snprintf(range, sizeof range, "%s-%s", first, last);
	} else {
		size_t len = prefix_format(p, range);
		unsigned octets = p->len / 8;

		/* 10.1.2.0/24 as 10.1.2 or 10.1.2/24 */
		if (p->family == 4 && p->len % 8 == 0 && p->len < 32 && draw(2)) {
			char *end = range;

			for (unsigned i = 0; i < octets; i++) {
				end = strchr(end + (i > 0), '.');
			}
			if (octets == 1 || draw(2)) {
				memmove(end, strchr(range, '/'),
					len + 1 - (size_t)(strchr(range, '/') - range));
			} else {
				*end = '\0';
			}
		}
	}
	if (e->hole) {
		return (size_t)snprintf(out, room, "!%s\n", range);
	}
	return (size_t)snprintf(out, room, "%s :%u:%s\n", range, config->sublists[e->sublist].code,
				names[e->text]);
}

static void make_file(struct file *file, enum list_format format)
{
	size_t len = 0;

	file->format = format;
	file->family = format == LIST_IP6TRIE ? 6 : 4;
	file->count = 1 + draw(ENTRIES);
	for (unsigned i = 0; i < file->count; i++) {
		struct entry *e = &file->entry[i];
		unsigned least = file->family == 4 ? 8 : 32;
		unsigned bits = prefix_bits(file->family) - least + 1;
		struct prefix p =
			prefix_of(file->family, random_address(file->family), least + draw(bits));

		*e = (struct entry){.first = p.addr,
				    .last = prefix_last(&p),
				    .sublist = draw(2) ? RELAY : MULTIHOP,
				    .text = draw(TEXTS),
				    .hole = draw(5) == 0};
		if (format == LIST_IP4SET && draw(4) == 0) {
			addr_t other = random_address(4);

			/* Inside one /8, or the range might be wider than a listing. */
			other = (e->first & 0xff000000) | (other & 0xffffff);
			e->last = other > e->first ? other : e->first;
			p.len = 0; /* no prefix: spelled as a range */
		}
		len += spell(file, &p, e, file->text + len, sizeof file->text - len);
	}
}

/* Which texts an address has on each sublist; bit 0: it is listed without one. */
struct verdict {
	unsigned texts[SUBLISTS];
};

/* The octets that it takes to spell the widest /8, /16, /24 or /32 around `addr` inside the entry.
 */
static unsigned class_at(const struct entry *e, addr_t addr)
{
	for (unsigned octets = 1; octets < 4; octets++) {
		addr_t host = ((addr_t)1 << (32 - 8 * octets)) - 1;

		if ((addr & ~host) >= e->first && (addr | host) <= e->last) {
			return octets;
		}
	}
	return 4;
}

static struct verdict rbldnsd_says(const struct file *file, addr_t addr)
{
	struct verdict v = {{0}};
	const struct entry *longest = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < file->count; i++) {
		const struct entry *e = &file->entry[i];

		if (addr < e->first || addr > e->last) {
			continue;
		}
		if (file->format == LIST_IP4SET) {
			unsigned class = class_at(e, addr);

			best = class > best ? class : best;
		} else if (!longest || e->last - e->first < longest->last - longest->first) {
			longest = e; /* of two the same, the first */
		}
	}
	for (unsigned i = 0; i < file->count; i++) {
		const struct entry *e = &file->entry[i];

		if (addr < e->first || addr > e->last) {
			continue;
		}
		if (file->format == LIST_IP4SET ? class_at(e, addr) != best : e != longest) {
			continue;
		}
		if (e->hole) {
			return (struct verdict){{0}};
		}
		v.texts[e->sublist] |= 1U << e->text;
	}
	return v;
}

/* What is served once each item is claimed: every covering claim lists, the narrowest text wins. */
static struct verdict we_say(const struct list *list, unsigned family, addr_t addr)
{
	static const char *const names[] = {"", "One", "Two", "Three $"};
	struct verdict v = {{0}};
	int narrowest[SUBLISTS] = {-1, -1, -1};

	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->at[i];
		struct prefix p = {item->addr, item->family, item->len};

		if (item->family != family || addr < item->addr || addr > prefix_last(&p)) {
			continue;
		}
		if (v.texts[item->sublist] == 0) {
			v.texts[item->sublist] = 1;
		}
		if (item->text != 0 && item->len > narrowest[item->sublist]) {
			const char *own = list_string(list, item->text);
			unsigned text = 1;

			while (text < TEXTS && strcmp(names[text], own) != 0) {
				text++;
			}
			assert_true(text < TEXTS);
			narrowest[item->sublist] = item->len;
			v.texts[item->sublist] = 1U << text;
		}
	}
	return v;
}

static void compare_at(const struct file *file, const struct list *list, addr_t addr)
{
	struct verdict theirs = rbldnsd_says(file, addr), ours = we_say(list, file->family, addr);

	for (unsigned s = 0; s < SUBLISTS; s++) {
		/* Where some have a text, those without add nothing. */
		unsigned want = theirs.texts[s] & ~1U ? theirs.texts[s] & ~1U : theirs.texts[s];

		if (want == ours.texts[s] || (want & ours.texts[s]) != 0) {
			continue;
		}

		char text[ADDR_TEXT];

		addr_format(file->family, addr, text);
		fail_msg("%s on %s: texts %x, not %x, in\n%s", text, config->sublists[s].name,
			 ours.texts[s], want, file->text);
	}
}

static void compare_files(enum list_format format, unsigned files)
{
	struct file file;

	draw_seed((uint64_t)format);
	for (unsigned n = 0; n < files; n++) {
		struct list list;

		make_file(&file, format);
		assert_int_equal(try_reading(format, file.text, &list), ST_OK);
		if (list.bad_lines > 0) {
			fail_msg("%s in\n%s", complaints, file.text);
		}
		for (unsigned i = 0; i < file.count; i++) {
			const struct entry *e = &file.entry[i];

			compare_at(&file, &list, e->first);
			compare_at(&file, &list, e->first - 1);
			compare_at(&file, &list, e->last);
			compare_at(&file, &list, e->last + 1);
			compare_at(&file, &list, random_address(file.family));
		}
		list_release(&list);
	}
}

static void test_ip4set_answers_with_the_most_specific_class(void **state)
{
	(void)state;
	compare_files(LIST_IP4SET, 3000);
}

static void test_ip4trie_answers_with_one_value(void **state)
{
	(void)state;
	compare_files(LIST_IP4TRIE, 3000);
}

static void test_ip6trie_answers_with_one_value(void **state)
{
	(void)state;
	compare_files(LIST_IP6TRIE, 1000);
}

static void test_the_last_addresses_can_be_listed(void **state)
{
	(void)state;
	expect(LIST_IP4SET, "255/8\n!255.255.255.254/31\n255.255.255.255 :5:\n",
	       "255.0.0.0/9 relay\n255.128.0.0/10 relay\n255.192.0.0/11 relay\n"
	       "255.224.0.0/12 relay\n255.240.0.0/13 relay\n255.248.0.0/14 relay\n"
	       "255.252.0.0/15 relay\n255.254.0.0/16 relay\n255.255.0.0/17 relay\n"
	       "255.255.128.0/18 relay\n255.255.192.0/19 relay\n255.255.224.0/20 relay\n"
	       "255.255.240.0/21 relay\n255.255.248.0/22 relay\n255.255.252.0/23 relay\n"
	       "255.255.254.0/24 relay\n255.255.255.0/25 relay\n255.255.255.128/26 relay\n"
	       "255.255.255.192/27 relay\n255.255.255.224/28 relay\n255.255.255.240/29 relay\n"
	       "255.255.255.248/30 relay\n255.255.255.252/31 relay\n",
	       "");
	expect(LIST_IP6TRIE,
	       "ffff/16\n!ffff:8000/17\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n!0::/1\n",
	       "ffff::/17 relay\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff relay\n", "");
}

static void test_ipv6_wider_than_ipv4_does_not_list_it(void **state)
{
	(void)state;
	expect(LIST_IP6TRIE, "::fffe:0:0/95\n!::ffff:8000:0/97\n", "::fffe:0:0/96 relay\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4set_spells_prefixes_by_octets),
		cmocka_unit_test(test_ip4set_names_each_bad_line),
		cmocka_unit_test(test_tries_have_no_ranges),
		cmocka_unit_test(test_ip6trie_spells_prefixes_by_groups),
		cmocka_unit_test(test_ip6trie_names_each_bad_line),
		cmocka_unit_test(test_values_are_codes_and_texts),
		cmocka_unit_test(test_bad_values_are_named),
		cmocka_unit_test(test_entries_do_not_fall_back_to_an_older_default),
		cmocka_unit_test(test_variables_are_replaced),
		cmocka_unit_test(test_special_lines_are_read_over_or_named),
		cmocka_unit_test(test_a_list_out_of_its_time_is_refused),
		cmocka_unit_test(test_combined_files_have_datasets),
		cmocka_unit_test(test_redundant_entries_keep_their_spelling),
		cmocka_unit_test(test_ip4set_answers_with_the_most_specific_class),
		cmocka_unit_test(test_ip4trie_answers_with_one_value),
		cmocka_unit_test(test_ip6trie_answers_with_one_value),
		cmocka_unit_test(test_the_last_addresses_can_be_listed),
		cmocka_unit_test(test_ipv6_wider_than_ipv4_does_not_list_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
