/*
 * test_export.c: zones as files. What they look like, and that lists which can be read back mean
 * what they meant: the answers of random claims are compared with those of the file's items. Other
 * servers' view of the files is tests/e2e/'s matter.
 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "change.h"
#include "listfile.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

#define ZONE(name, body)                                                           \
	"zone \"" name "\" { " body " soa { mname = \"ns1.example.net\""           \
	" rname = \"hostmaster.example.org\" refresh = 10m retry = 5m expire = 1d" \
	" minimum = 1m } }\n"

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 3 text = \"Relay {ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Costs $5, {ip}7 = {ip}$ {ip}{ip}\" }\n"
	"sublist other { code = 5 }\n"
	"sublist plain { code = 6 }\n" ZONE(
		"dnsbl.example.org",
		"sublists = { \"relay\", \"hijacked\", \"plain\" } ttl = 2m"
		" ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" }"
		" apex { a = { \"192.0.2.80\" } aaaa = { \"2001:db8::80\" } }"
		" host \"ns1\" { a = { \"192.0.2.53\", \"192.0.2.54\" } aaaa = { \"2001:db8::53\" } }")
		ZONE("relay.dnsbl.example.org",
		     "sublists = { \"relay\" } ns = { \"ns1.relay.dnsbl.example.org\" }"
		     " host \"ns1\" { a = { \"192.0.2.55\" } } host \"www\" { a = { \"192.0.2.56\" } }")
			ZONE("deep.relay.dnsbl.example.org",
			     "sublists = { \"relay\" } ns = { \"ns9.example.net\" }");

static const char *dir;
static struct config *config;
static struct store *store;
static struct txn *txn;

static struct prefix parsed(const char *text)
{
	struct prefix p;

	if (prefix_parse(text, &p)) {
		fail_msg("%s", fail_text());
	}
	return p;
}

/* Opens a database with the first zone's serial 7, claims by `fill`. */
static void open_with(void (*fill)(struct change *c))
{
	struct change_who who = {"tester", "test", 1};
	struct change *c;

	dir = temp_make();
	assert_int_equal(config_parse(CONFIG, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	change_first_serial(c, 7);
	fill(c);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
}

static int close_all(void **state)
{
	(void)state;
	txn_abort(txn);
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

static void claim(struct change *c, const char *prefix, const char *sublist, const char *text)
{
	struct claim_add add = {.prefix = parsed(prefix),
				.sublist = change_sublist(c, sublist),
				.source = change_source(c, "operator"),
				.text = text};

	assert_int_equal(change_add(c, &add), CLAIM_ADDED);
}

static char *exported(enum export_format format, uint64_t *entries)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (export_zone(txn, config, config_zone(config, "dnsbl.example.org"), format, out,
			entries)) {
		fail_msg("%s", fail_text());
	}
	fclose(out);
	return text;
}

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
	open_with(fill_few);
	return 0;
}

static void test_formats_have_names(void **state)
{
	(void)state;
	assert_int_equal(export_format_named("rbldnsd"), EXPORT_RBLDNSD);
	assert_int_equal(export_format_named("bind"), EXPORT_BIND);
	assert_int_equal(export_format_named("cidr"), EXPORT_CIDR);
	assert_int_equal(export_format_named("json"), EXPORT_JSON);
	assert_int_equal(export_format_named("hosts"), EXPORT_UNKNOWN);
}

static void expect(enum export_format format, const char *expected, uint64_t expected_entries)
{
	uint64_t entries;
	char *text = exported(format, &entries);

	assert_string_equal(text, expected);
	assert_int_equal(entries, expected_entries);
	free(text);
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
	       "2001:db8::/33\n",
	       17);
}

static void test_bind_has_what_a_transfer_has(void **state)
{
	uint64_t entries;
	char *text = exported(EXPORT_BIND, &entries);
	static const char head[] =
		"$ORIGIN dnsbl.example.org.\n"
		"$TTL 120\n"
		"@\t60\tSOA\tns1.example.net. hostmaster.example.org. 7 600 300 86400 60\n"
		"\tNS\tns1.dnsbl.example.org.\n"
		"\tNS\tns2.example.net.\n"
		"\tA\t192.0.2.80\n"
		"\tAAAA\t2001:db8::80\n"
		"ns1\tA\t192.0.2.53\n"
		"\tA\t192.0.2.54\n"
		"\tAAAA\t2001:db8::53\n"
		"relay\tNS\tns1.relay.dnsbl.example.org.\n"
		"ns1.relay\tA\t192.0.2.55\n"
		"2.0.0.127\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay 127.0.0.2\"\n"
		"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay ::ffff:127.0.0.2\"\n"
		"3.0.0.127\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay 127.0.0.3\"\n"
		"3.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay ::ffff:127.0.0.3\"\n"
		"4.0.0.127\tA\t127.0.0.4\n";
	static const char tail[] =
		"0.0.0.127\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay 127.0.0.0\"\n"
		"5.0.0.127\tA\t127.0.0.3\n"
		"\tTXT\t\"Relay 127.0.0.5\"\n"
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
		"*.1.8.b.d.0.1.0.0.2\tA\t127.0.0.6\n";

	(void)state;
	assert_memory_equal(text, head, sizeof head - 1);
	const char *at = strstr(text, "0.0.0.127\tA");
	assert_non_null(at);
	assert_memory_equal(at, tail, sizeof tail - 1);
	/* 8 wildcards for the /33, 4 names for the /126 */
	assert_int_equal(entries, 3 + 2 + 4 + 8 + 4);
	free(text);
}

static void test_a_full_disk_is_told(void **state)
{
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(export_zone(txn, config, &config->zones[0], EXPORT_CIDR, out, NULL),
			 ST_AGAIN);
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

	const struct zone_config *zone = config_zone(larger, "new.example.org");
	FILE *out = open_memstream(&json, &len);

	assert_non_null(zone);
	assert_non_null(out);
	assert_int_equal(export_zone(txn, larger, zone, EXPORT_BIND, out, NULL), ST_CONFIG);
	assert_int_equal(export_zone(txn, larger, zone, EXPORT_RBLDNSD, out, NULL), ST_CONFIG);
	assert_int_equal(ftell(out), 0);
	assert_int_equal(export_zone(txn, larger, zone, EXPORT_CIDR, out, NULL), ST_OK);
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
	open_with(fill_wide);
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
	char *text = exported(EXPORT_BIND, &entries);

	(void)state;
	assert_int_equal(entries, 2 * 256 + 3 * 65536);
	assert_non_null(strstr(text, "\n*.0.10\tA\t127.0.0.6\n*.1.10\tA\t127.0.0.6\n"));
	assert_non_null(strstr(text, "\n*.f.f.f.f.e.f.f.3\tA\t127.0.0.6\n*.0.0.0.0.f.f.f.3\tA"));
	assert_non_null(strstr(text, "\n*.f.f.f.f.f.f.f.f\tA\t127.0.0.6\n"));
	free(text);
}

/* --- read back --------------------------------------------------------------------------- */

static uint64_t random_state = 20261121;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % limit;
}

static struct prefix random_prefix(void)
{
	static const unsigned octets[] = {0, 0, 1, 127, 128, 255};
	bool v6 = random_below(3) == 0;
	addr_t addr = v6 ? 0x20010db8 : 192;

	for (unsigned i = v6 ? 12 : 3; i > 0; i--) {
		addr = addr << 8 | octets[random_below(6)];
	}
	return v6 ? prefix_of(6, addr, 32 + random_below(97))
		  : prefix_of(4, addr, 12 + random_below(21));
}

static const char *const texts[] = {NULL, NULL, "One", "Two {ip}", "Relay {ip}", "$$ {ip} $ 5 ="};
static const char *const sublists[] = {"relay", "hijacked", "other", "plain"};

enum { CLAIMS = 300 };
static struct prefix claimed[CLAIMS];

static void fill_random(struct change *c)
{
	for (unsigned i = 0; i < CLAIMS; i++) {
		struct claim_add add = {.prefix = claimed[i] = random_prefix(),
					.sublist = change_sublist(c, sublists[random_below(4)]),
					.source = change_source(c, "operator"),
					.text = texts[random_below(6)]};

		change_add(c, &add);
		if (i % 10 == 0) {
			struct prefix hole = random_prefix();

			hole.len = (uint8_t)(hole.len + (prefix_bits(hole.family) - hole.len) / 2);
			hole.addr &= prefix_mask(hole.family, hole.len);
			change_exclude(c, &hole, NULL, 0);
		}
	}
	assert_int_equal(change_status(c), ST_OK);
}

static int set_up_random(void **state)
{
	(void)state;
	open_with(fill_random);
	return 0;
}

static struct list read_back(enum export_format as, enum list_format format)
{
	char *text = exported(as, NULL);
	FILE *in = fmemopen(text, strlen(text), "r");
	struct list_input input = {in, format, config, &config->sublists[0], 0, NULL, NULL, false};
	struct list list;

	assert_non_null(in);
	assert_int_equal(list_read(&input, &list), ST_OK);
	assert_int_equal(list.bad_lines, 0);
	fclose(in);
	free(text);
	return list;
}

/* What the list says of an address on a sublist: *text is the most specific one, "" for none. */
static bool item_text(const struct list *list, unsigned family, addr_t addr, size_t sublist,
		      const char **text)
{
	bool found = false;
	int best = -1;

	*text = "";
	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->at[i];
		struct prefix p = {item->addr, item->family, item->len};
		struct prefix host = {addr, (uint8_t)family, (uint8_t)prefix_bits(family)};

		if (item->sublist == sublist && prefix_covers(&p, &host)) {
			found = true;
			if (item->text && p.len > best) {
				*text = list_string(list, item->text);
				best = p.len;
			}
		}
	}
	return found;
}

/* The same as the zone has it; a template is spelled out where `templates` are in the list too. */
static void compare_at(const struct list *list, unsigned family, addr_t addr, bool templates)
{
	struct answer answer = {0};
	uint32_t id = index_find(txn, family, addr);

	assert_true(id == 0 || answer_read(txn, id, &answer));
	for (size_t s = 0; s < config->sublist_count; s++) {
		uint16_t number = sublist_number(txn, config->sublists[s].name);
		const char *text, *expected = "";
		bool listed = false;
		char own[TEXT_MAX + 1];

		for (unsigned i = 0; i < answer.count; i++) {
			if (answer.item[i].sublist == number &&
			    strcmp(config->sublists[s].name, "other") != 0) {
				struct bytes b = text_read(txn, answer.item[i].text);

				listed = true;
				snprintf(own, sizeof own, "%.*s", (int)b.len, (const char *)b.data);
				expected = answer.item[i].text ? own
					   : templates         ? config->sublists[s].text
							       : "";
			}
		}
		assert_int_equal(item_text(list, family, addr, s, &text), listed);
		if (strcmp(text, expected) != 0) {
			char address[ADDR_TEXT];

			addr_format(family, addr, address);
			fail_msg("%s has '%s', not '%s'", address, text, expected);
		}
	}
}

static void compare(const struct list *list, bool templates)
{
	for (unsigned i = 0; i < CLAIMS; i++) {
		const struct prefix *p = &claimed[i];
		struct prefix other = random_prefix();

		compare_at(list, p->family, p->addr, templates);
		compare_at(list, p->family, p->addr - 1, templates);
		compare_at(list, p->family, prefix_last(p), templates);
		compare_at(list, p->family, prefix_last(p) + 1, templates);
		compare_at(list, other.family, other.addr, templates);
	}
}

static void test_json_is_read_back_to_the_same_answers(void **state)
{
	struct list list = read_back(EXPORT_JSON, LIST_JSON);

	(void)state;
	compare(&list, false);
	list_release(&list);
}

static void test_rbldnsd_is_read_back_to_the_same_answers(void **state)
{
	struct list list = read_back(EXPORT_RBLDNSD, LIST_COMBINED);

	(void)state;
	/* What rbldnsd cannot be told exactly is in test_rbldnsd_has_…; this one is made whole
	 * again. */
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(config->sublists[list.at[i].sublist].name, "hijacked") == 0 &&
		    list.at[i].text &&
		    strncmp(list_string(&list, list.at[i].text), "Costs", 5) == 0) {
			assert_string_equal(list_string(&list, list.at[i].text),
					    "Costs $5, {ip} 7 = {ip} $ {ip} {ip}");
			list.at[i].text = 0;
		}
	}
	free(config->sublists[1].text);
	config->sublists[1].text = strdup("");
	compare(&list, true);
	list_release(&list);
}

static void test_cidr_is_read_back_to_what_is_listed(void **state)
{
	struct list list = read_back(EXPORT_CIDR, LIST_CIDR);
	struct zone_view view;

	(void)state;
	zone_view_init(&view, config_zone(config, "dnsbl.example.org"), txn);
	for (size_t i = 1; i < list.count; i++) {
		struct prefix before = {list.at[i - 1].addr, list.at[i - 1].family,
					list.at[i - 1].len};

		assert_true(list.at[i].family != before.family ||
			    prefix_last(&before) < list.at[i].addr);
	}
	for (unsigned i = 0; i < 5 * CLAIMS; i++) {
		struct prefix p = random_prefix();
		addr_t addr = random_below(2) ? p.addr : prefix_last(&p) + random_below(2);
		uint32_t id = index_find(txn, p.family, addr);
		struct answer answer;
		struct rrs rrs = {.a_count = 0};
		const char *text;

		if (id != 0) {
			assert_true(answer_read(txn, id, &answer));
			answer_rrs(&answer, &view, txn, &rrs);
		}
		assert_int_equal(item_text(&list, p.family, addr, 0, &text), rrs.a_count > 0);
	}
	list_release(&list);
}

int main(void)
{
	const struct CMUnitTest few[] = {
		cmocka_unit_test(test_formats_have_names),
		cmocka_unit_test(test_cidr_covers_all_sublists),
		cmocka_unit_test(test_json_has_texts_of_claims_only),
		cmocka_unit_test(test_rbldnsd_has_a_dataset_for_each_sublist_and_family),
		cmocka_unit_test(test_bind_has_what_a_transfer_has),
		cmocka_unit_test(test_a_full_disk_is_told),
		cmocka_unit_test(test_a_zone_without_a_serial_is_no_zone_file),
	};
	const struct CMUnitTest wide[] = {
		cmocka_unit_test(test_nothing_is_wider_than_a_listing),
		cmocka_unit_test(test_a_wide_range_is_a_wildcard_for_each_unit),
	};
	const struct CMUnitTest random[] = {
		cmocka_unit_test(test_json_is_read_back_to_the_same_answers),
		cmocka_unit_test(test_cidr_is_read_back_to_what_is_listed),
		cmocka_unit_test(test_rbldnsd_is_read_back_to_the_same_answers),
	};
	int failed = cmocka_run_group_tests(few, set_up_few, close_all);

	failed += cmocka_run_group_tests(wide, set_up_wide, close_all);
	return failed + cmocka_run_group_tests(random, set_up_random, close_all);
}
