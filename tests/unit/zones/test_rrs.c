/*
 * test_rrs.c: which records an answer means in a zone, and the test entries of RFC 5782 §5.
 */
#include "answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "change.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist netblock { code = 9 text = \"Netblock\" }\n"
	"sublist relay { code = 2 text = \"Relay {ip}\" }\n"
	"sublist hijacked { code = 4 }\n"
	"sublist second { code = 4 text = \"Relay {ip}\" }\n"
	"zone \"all.example.org\" { sublists = { \"netblock\", \"relay\", \"hijacked\" }\n"
	"  ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n"
	"zone \"late.example.org\" { sublists = { \"netblock\", \"second\" }\n"
	"  ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n"
	"zone \"doubled.example.org\" { sublists = { \"relay\", \"second\" }\n"
	"  ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n";

static const char *dir;
static struct config *config;
static struct store *store;
static struct txn *txn;

static struct prefix parsed(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), ST_OK);
	return p;
}

static int set_up(void **state)
{
	static const struct {
		const char *prefix, *sublist, *text;
	} claims[] = {
		{"192.0.2.1", "relay", NULL},         {"192.0.2.2", "relay", "Text of its own"},
		{"192.0.2.3", "hijacked", NULL},      {"192.0.2.4", "netblock", NULL},
		{"192.0.2.4", "relay", NULL},         {"192.0.2.4", "hijacked", NULL},
		{"192.0.2.5", "relay", "Netblock"},   {"192.0.2.5", "netblock", NULL},
		{"192.0.2.6", "relay", "Relay {ip}"}, {"192.0.2.7", "relay", NULL},
		{"192.0.2.7", "second", NULL},
	};
	struct change_who who = {"tester", "test", 1};
	struct change *c;

	(void)state;
	dir = temp_make();
	assert_int_equal(config_parse(CONFIG, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
		struct claim_add add = {.prefix = parsed(claims[i].prefix),
					.sublist = change_sublist(c, claims[i].sublist),
					.source = change_source(c, "operator"),
					.text = claims[i].text};

		assert_int_equal(change_add(c, &add), CLAIM_ADDED);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	txn_abort(txn);
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

static struct zone_view view_of(const char *zone)
{
	struct zone_view view;

	zone_view_init(&view, config_zone(config, zone), txn);
	return view;
}

/* "2 4 | text | text" */
static const char *spelled(const struct rrs *rrs)
{
	static char out[4096];
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < rrs->a_count; i++) {
		used += (size_t)snprintf(out + used, sizeof out - used, "%s%u", i ? " " : "",
					 rrs->code[i]);
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		used += (size_t)snprintf(out + used, sizeof out - used, " | %.*s",
					 (int)rrs->txt[i].len, (const char *)rrs->txt[i].data);
	}
	return out;
}

static uint32_t id_at(const char *address)
{
	return index_find(txn, 4, parsed(address).addr);
}

static const char *records(const char *zone, const char *address)
{
	static struct rrs rrs;
	struct zone_view view = view_of(zone);
	struct answer answer;

	assert_true(answer_read(txn, id_at(address), &answer));
	answer_rrs(&answer, &view, txn, &rrs);
	return spelled(&rrs);
}

static void test_each_sublist_has_an_a_and_its_text_by_code(void **state)
{
	(void)state;
	assert_string_equal(records("all.example.org", "192.0.2.1"), "2 | Relay {ip}");
	assert_string_equal(records("all.example.org", "192.0.2.4"),
			    "2 4 9 | Relay {ip} | Netblock");
}

static void test_a_claims_text_replaces_the_template(void **state)
{
	(void)state;
	assert_string_equal(records("all.example.org", "192.0.2.2"), "2 | Text of its own");
}

static void test_no_text_is_no_txt(void **state)
{
	(void)state;
	assert_string_equal(records("all.example.org", "192.0.2.3"), "4");
}

static void test_the_same_text_is_there_once(void **state)
{
	(void)state;
	assert_string_equal(records("all.example.org", "192.0.2.5"), "2 9 | Netblock");
	assert_string_equal(records("doubled.example.org", "192.0.2.7"), "2 4 | Relay {ip}");
}

static void test_sublists_of_other_zones_are_not_there(void **state)
{
	(void)state;
	assert_string_equal(records("late.example.org", "192.0.2.4"), "9 | Netblock");
	assert_string_equal(records("late.example.org", "192.0.2.1"), "");
	assert_string_equal(records("all.example.org", "192.0.2.7"), "2 | Relay {ip}");
}

static void test_answers_are_the_same_where_their_records_are(void **state)
{
	struct zone_view all = view_of("all.example.org"), late = view_of("late.example.org");

	(void)state;
	/* The text is the template's. */
	assert_int_not_equal(id_at("192.0.2.1"), id_at("192.0.2.6"));
	assert_true(answer_same(id_at("192.0.2.1"), id_at("192.0.2.6"), &all, txn));
	/* A sublist that the zone has not. */
	assert_true(answer_same(id_at("192.0.2.1"), id_at("192.0.2.7"), &all, txn));
	assert_false(answer_same(id_at("192.0.2.1"), id_at("192.0.2.7"), &late, txn));
	assert_true(answer_same(id_at("192.0.2.1"), 0, &late, txn));
	assert_true(answer_same(0, 0, &all, txn));
	assert_false(answer_same(id_at("192.0.2.1"), 0, &all, txn));
	assert_false(answer_same(id_at("192.0.2.1"), id_at("192.0.2.2"), &all, txn));
	assert_false(answer_same(id_at("192.0.2.1"), id_at("192.0.2.3"), &all, txn));
	assert_int_equal(txn_status(txn), ST_OK);
}

static const char *test_records(const char *zone, const char *address)
{
	static struct rrs rrs;
	struct zone_view view = view_of(zone);
	struct prefix p;
	uint8_t low;

	/* prefix_parse() makes ::ffff:7f00:N IPv4; a name of 32 nibbles comes as IPv6. */
	p = parsed(address);
	if (!test_entry(&view, 4, p.addr, &low)) {
		assert_false(test_entry(&view, 6, (addr_t)0xffff << 32 | p.addr, &low));
		return "-";
	}

	uint8_t low6 = (uint8_t)~low;
	assert_true(test_entry(&view, 6, (addr_t)0xffff << 32 | p.addr, &low6));
	assert_int_equal(low6, low);
	assert_false(test_entry(&view, 6, p.addr, &low6)); /* ::127.0.0.N is no test entry */
	test_entry_rrs(low, &view, &rrs);
	return spelled(&rrs);
}

static void test_there_is_an_entry_for_each_code(void **state)
{
	(void)state;
	assert_string_equal(test_records("all.example.org", "127.0.0.2"), "2 | Relay {ip}");
	assert_string_equal(test_records("all.example.org", "127.0.0.4"), "4");
	assert_string_equal(test_records("all.example.org", "127.0.0.9"), "9 | Netblock");
	assert_string_equal(test_records("all.example.org", "127.0.0.3"), "-");
	assert_string_equal(test_records("all.example.org", "127.0.1.2"), "-");
	assert_string_equal(test_records("all.example.org", "128.0.0.2"), "-");
}

static void test_the_lowest_code_stands_in_for_two(void **state)
{
	(void)state;
	assert_string_equal(test_records("late.example.org", "127.0.0.2"), "4 | Relay {ip}");
	assert_string_equal(test_records("late.example.org", "127.0.0.4"), "4 | Relay {ip}");
}

static void test_127_0_0_1_is_never_listed(void **state)
{
	(void)state;
	assert_string_equal(test_records("all.example.org", "127.0.0.1"), "");
	assert_string_equal(test_records("late.example.org", "127.0.0.1"), "");
}

static void test_texts_name_the_address(void **state)
{
	static const struct {
		const char *text, *expanded;
	} cases[] = {
		{"", ""},
		{"{ip}", "192.0.2.1"},
		{"a {ip} b {ip}", "a 192.0.2.1 b 192.0.2.1"},
		{"{ip", "{ip"},
		{"{{ip}}", "{192.0.2.1}"},
		{"{IP}", "{IP}"},
	};
	uint8_t out[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = text_expand(bytes_str(cases[i].text), bytes_str("192.0.2.1"), out);

		assert_int_equal(len, strlen(cases[i].expanded));
		assert_memory_equal(out, cases[i].expanded, len);
	}
}

static void test_no_text_is_longer_than_a_string(void **state)
{
	uint8_t out[TEXT_MAX], text[300];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(text_expand(bytes_of(text, sizeof text), bytes_str(""), out), TEXT_MAX);
	memcpy(text + 250, "{ip}", 4);
	assert_int_equal(text_expand(bytes_of(text, 254), bytes_str("192.0.2.1"), out), TEXT_MAX);
	assert_memory_equal(out + 250, "192.0", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_sublist_has_an_a_and_its_text_by_code),
		cmocka_unit_test(test_a_claims_text_replaces_the_template),
		cmocka_unit_test(test_no_text_is_no_txt),
		cmocka_unit_test(test_the_same_text_is_there_once),
		cmocka_unit_test(test_sublists_of_other_zones_are_not_there),
		cmocka_unit_test(test_answers_are_the_same_where_their_records_are),
		cmocka_unit_test(test_there_is_an_entry_for_each_code),
		cmocka_unit_test(test_the_lowest_code_stands_in_for_two),
		cmocka_unit_test(test_127_0_0_1_is_never_listed),
		cmocka_unit_test(test_texts_name_the_address),
		cmocka_unit_test(test_no_text_is_longer_than_a_string),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
