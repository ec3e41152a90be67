/*
 * test_transfer.c: a zone as secondaries get it. ldns reads the messages; a secondary that has a
 * zone of some serial and takes the differences has to hold what one that takes it whole does.
 */
#include "transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <ldns/ldns.h>

#include "change.h"
#include "dns.h"
#include "draw.h"
#include "temp.h"
#include "zonestate.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"Relay {ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Hijacked\" }\n"
	"sublist netblock { code = 9 }\n"
	"sublist other { code = 5 text = \"Other\" }\n"
	"zone \"dnsbl.example.org\" { sublists = { \"relay\", \"hijacked\", \"netblock\" }\n"
	"  apex { a = { \"192.0.2.80\" } } host \"ns1\" { a = { \"192.0.2.53\" } }\n"
	"  ns = { \"ns1.dnsbl.example.org\" } ttl = 10m\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"h.example.org\" } }\n"
	"zone \"other.example.org\" { ns = { \"ns.example.net\" }\n"
	"  soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n";

static const char *const sublists[] = {"relay", "hijacked", "netblock", "other"};

static const char *dir;
static struct config *config;
static struct store *store;
static uint8_t head[DNS_HEADER + NAME_MAX_WIRE + 4];
static size_t head_len;

static int set_up(void **state)
{
	const struct name *apex;

	(void)state;
	dir = temp_make();
	assert_int_equal(config_parse(CONFIG, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
	apex = &config->zones[0].apex;

	struct writer w = writer_of(head, sizeof head);

	write_u16(&w, 0x1234);
	write_u16(&w, 0x8400);
	write_u16(&w, 1);
	write_be(&w, 0, 6);
	write_bytes(&w, apex->wire, apex->len);
	write_u16(&w, TYPE_AXFR);
	write_u16(&w, CLASS_IN);
	head_len = writer_len(&w);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

/* --- records, as text ----------------------------------------------------------------------- */

struct texts {
	char **at;
	size_t count, room;
};

static void texts_add(struct texts *t, char *text)
{
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 1024;
		t->at = realloc(t->at, t->room * sizeof *t->at);
		assert_non_null(t->at);
	}
	t->at[t->count++] = text;
}

static void texts_release(struct texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->at[i]);
	}
	free(t->at);
	*t = (struct texts){0};
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void texts_sort(struct texts *t)
{
	if (t->count > 0) {
		qsort(t->at, t->count, sizeof *t->at, by_text);
	}
}

static unsigned rests; /* of the last transfer */

/* All records of a transfer in their order; how many messages they took. */
static size_t transferred(const uint32_t *since, enum transfer_kind kind, uint32_t *serial,
			  size_t room, struct texts *out)
{
	static uint8_t message[65536];
	struct transfer *t;
	struct txn *txn;
	size_t len, messages = 0, before = out->count;

	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], since, NULL), ST_OK);
	txn_abort(txn);
	assert_int_equal(transfer_kind(t), kind);
	*serial = transfer_serial(t);
	rests = 0;
	while ((len = transfer_next(t, bytes_of(head, head_len), message, room)) > 0 ||
	       transfer_rests(t)) {
		ldns_pkt *pkt;

		rests += transfer_rests(t);
		if (len == 0) {
			continue;
		}
		assert_true(len <= room);
		assert_int_equal(ldns_wire2pkt(&pkt, message, len), LDNS_STATUS_OK);
		ldns_rr_list *answer = ldns_pkt_answer(pkt);

		assert_true(ldns_rr_list_rr_count(answer) > 0);
		for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
			texts_add(out, ldns_rr2str(ldns_rr_list_rr(answer, i)));
		}
		ldns_pkt_free(pkt);
		messages++;
	}
	assert_int_equal(transfer_records(t), out->count - before);
	transfer_close(t);
	return messages;
}

static uint32_t serial_of(const char *soa)
{
	unsigned serial;

	assert_int_equal(sscanf(soa, "%*s %*s IN SOA %*s %*s %u", &serial), 1);
	return serial;
}

/* The zone, sorted, without the SOA at its end. */
static uint32_t whole(struct texts *zone)
{
	uint32_t serial;

	transferred(NULL, TRANSFER_FULL, &serial, TRANSFER_MESSAGE, zone);
	assert_int_equal(serial_of(zone->at[0]), serial);
	assert_string_equal(zone->at[0], zone->at[zone->count - 1]);
	free(zone->at[--zone->count]);
	texts_sort(zone);
	for (size_t i = 1; i < zone->count; i++) {
		assert_string_not_equal(zone->at[i - 1], zone->at[i]);
	}
	return serial;
}

/* Each has to be there, and once. `gone` becomes sorted; its texts stay its own. */
static void take_out(struct texts *zone, struct texts *gone)
{
	size_t kept = 0, next = 0;

	texts_sort(gone);
	for (size_t i = 0; i < zone->count; i++) {
		if (next < gone->count && strcmp(zone->at[i], gone->at[next]) == 0) {
			free(zone->at[i]);
			next++;
		} else {
			zone->at[kept++] = zone->at[i];
		}
	}
	zone->count = kept;
	if (next < gone->count) {
		fail_msg("not there: %s", gone->at[next]);
	}
}

/* What a secondary makes of differences (RFC 1995 §4); each may be there once. */
static void apply(struct texts *zone, const struct texts *ixfr, uint32_t since, uint32_t now)
{
	size_t i = 2;

	assert_true(ixfr->count >= 4);
	assert_int_equal(serial_of(ixfr->at[0]), now);
	assert_int_equal(serial_of(ixfr->at[1]), since);
	while (!strstr(ixfr->at[i], "\tSOA\t")) {
		i++;
	}
	struct texts gone = {.at = ixfr->at + 1, .count = i - 1};

	take_out(zone, &gone);
	assert_string_equal(ixfr->at[i], ixfr->at[0]);
	for (; i + 1 < ixfr->count; i++) {
		texts_add(zone, strdup(ixfr->at[i]));
	}
	assert_string_equal(ixfr->at[i], ixfr->at[0]);
	texts_sort(zone);
}

static void assert_same(const struct texts *a, const struct texts *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		assert_string_equal(a->at[i], b->at[i]);
	}
	assert_int_equal(a->count, b->count);
}

/* --- changes -------------------------------------------------------------------------------- */

static struct change *begin(void)
{
	static const struct change_who who = {"tester", "test", 1};
	struct change *c;

	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	return c;
}

static void claim(struct change *c, const char *prefix, unsigned sublist, const char *text)
{
	struct claim_add add = {.sublist = change_sublist(c, sublists[sublist]),
				.source = change_source(c, "operator"),
				.text = text};

	assert_int_equal(prefix_parse(prefix, &add.prefix), ST_OK);
	change_add(c, &add);
	assert_int_equal(change_status(c), ST_OK);
}

static void unclaim(struct change *c, const char *prefix, unsigned sublist)
{
	struct prefix p;

	assert_int_equal(prefix_parse(prefix, &p), ST_OK);
	change_remove(c, &p, change_sublist(c, sublists[sublist]), change_source(c, "operator"));
}

/* From a small space, so that prefixes nest, meet, and are claimed again. */
static void random_prefix(char text[PREFIX_TEXT])
{
	static const unsigned high[] = {0x02000000, 0xc0000000, 0xc0a80000, 0x05000000};
	struct prefix p;

	if (draw(4) == 0) {
		addr_t addr =
			(addr_t)(0x20010db8 + draw(2)) << 96 | (addr_t)draw(4) << 92 | draw(64);

		p = prefix_of(6, addr, draw(3) ? 128 : 30 + draw(98));
	} else {
		addr_t addr = high[draw(4)] | draw(3) << 16 | draw(4) << 8 | draw(256);

		p = prefix_of(4, addr, draw(3) ? 32 : draw(8) ? 20 + draw(12) : 15 + draw(6));
	}
	prefix_format(&p, text);
}

static void random_change(void)
{
	static const char *const texts[] = {NULL,       NULL,           "Relay {ip}",
					    "Own text", "At 192.0.0.1", "At {ip}"};
	struct change *c = begin();
	char text[PREFIX_TEXT];

	for (unsigned n = 1 + draw(6); n > 0; n--) {
		random_prefix(text);
		if (draw(3) == 0) {
			unclaim(c, text, draw(4));
		} else {
			claim(c, text, draw(4), texts[draw(6)]);
		}
	}
	/* Serials follow the clock, or go on by one: each change of the zone has its own. */
	assert_int_equal(change_commit(c, NULL), ST_OK);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void sync_zones(void)
{
	assert_int_equal(change_commit(begin(), NULL), ST_OK);
}

static void test_an_empty_zone_is_its_config_and_test_entries(void **state)
{
	struct texts zone = {0};
	size_t listed = 0;

	(void)state;
	sync_zones();
	whole(&zone);
	for (size_t i = 0; i < zone.count; i++) {
		listed += strstr(zone.at[i], "\t127.0.0.") != NULL;
	}
	/* 127.0.0.2, .4 and .9 in both families. */
	assert_int_equal(listed, 6);
	assert_int_equal(zone.count, 1 + 1 + 1 + 1 + 6 + 4);
	texts_release(&zone);
}

static void test_a_zone_that_the_database_does_not_have_is_not_sent(void **state)
{
	struct transfer *t;
	struct txn *txn;

	(void)state;
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], NULL, NULL), ST_CONFIG);
	txn_abort(txn);

	sync_zones();
	config->zones[0].ttl_s++;
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], NULL, NULL), ST_CONFIG);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[1], NULL, NULL), ST_OK);
	transfer_close(t);
	txn_abort(txn);
}

static void test_messages_are_as_full_as_they_can_be(void **state)
{
	struct texts small = {0}, large = {0};
	struct change *c = begin();
	char text[PREFIX_TEXT];
	uint32_t serial;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(text, sizeof text, "192.0.%u.%u", 2 + i / 250, i % 250);
		claim(c, text, 0, NULL);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
	size_t many = transferred(NULL, TRANSFER_FULL, &serial, TRANSFER_ROOM, &small);
	size_t few = transferred(NULL, TRANSFER_FULL, &serial, 65536, &large);

	assert_same(&small, &large);
	/* An A is 16 octets and its owner, a TXT some 30: 2,000 of both. */
	assert_in_range(few, 6, 8);
	assert_in_range(many, 4 * few - 4, 4 * few + 4);
	texts_release(&small);
	texts_release(&large);
}

static void test_whoever_has_it_all_gets_one_soa(void **state)
{
	struct texts got = {0};
	uint32_t serial, since;

	(void)state;
	sync_zones();
	since = whole(&got);
	texts_release(&got);
	transferred(&since, TRANSFER_CURRENT, &serial, TRANSFER_ROOM, &got);
	assert_int_equal(got.count, 1);
	since += 1000; /* from a future that was lost: nothing of ours is newer (RFC 1995 §2) */
	transferred(&since, TRANSFER_CURRENT, &serial, TRANSFER_ROOM, &got);
	assert_int_equal(got.count, 2);
	since -= 2000; /* from before the journal */
	transferred(&since, TRANSFER_FULL, &serial, TRANSFER_ROOM, &got);
	texts_release(&got);
}

static void test_a_listing_that_came_and_went_is_no_difference(void **state)
{
	struct texts zone = {0}, ixfr = {0};
	uint32_t since, now;

	(void)state;
	sync_zones();
	since = whole(&zone);

	struct change *c = begin();
	claim(c, "192.0.2.1", 0, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	c = begin();
	unclaim(c, "192.0.2.1", 0);
	claim(c, "198.51.100.1", 2, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);

	transferred(&since, TRANSFER_INCREMENTAL, &now, TRANSFER_ROOM, &ixfr);
	assert_int_equal(ixfr.count, 5); /* four SOAs and an A */
	assert_non_null(strstr(ixfr.at[3], "1.100.51.198.dnsbl"));
	texts_release(&zone);
	texts_release(&ixfr);
}

static void test_nothing_crosses_a_barrier(void **state)
{
	struct texts got = {0};
	uint32_t since, after, now;

	(void)state;
	sync_zones();
	since = whole(&got);
	texts_release(&got);
	config->zones[0].soa.refresh_s++;
	sync_zones();
	after = whole(&got);
	texts_release(&got);
	struct change *c = begin();
	claim(c, "192.0.2.1", 0, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	transferred(&since, TRANSFER_FULL, &now, TRANSFER_ROOM, &got);
	texts_release(&got);
	transferred(&after, TRANSFER_INCREMENTAL, &now, TRANSFER_ROOM, &got);
	texts_release(&got);
}

static void test_two_templates_of_one_text_are_one_record(void **state)
{
	struct texts zone = {0}, ixfr = {0}, now = {0};
	uint32_t since, serial;
	struct change *c = begin();

	(void)state;
	claim(c, "192.0.0.1", 0, "At {ip}");
	claim(c, "192.0.0.1", 1, "At 192.0.0.1");
	assert_int_equal(change_commit(c, NULL), ST_OK);
	since = whole(&zone);
	c = begin();
	unclaim(c, "192.0.0.1", 0);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	transferred(&since, TRANSFER_INCREMENTAL, &serial, TRANSFER_ROOM, &ixfr);
	apply(&zone, &ixfr, since, serial);
	whole(&now);
	assert_same(&zone, &now);
	assert_int_equal(ixfr.count, 5);
	texts_release(&zone);
	texts_release(&ixfr);
	texts_release(&now);
}

/* 256 /16s are sent; one more is not, of whatever sublist it is. */
static void test_what_nobody_can_keep_is_not_sent(void **state)
{
	struct change *c = begin();
	struct transfer *t;
	struct txn *txn;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		char text[PREFIX_TEXT];

		snprintf(text, sizeof text, "%x::/16", 0x2000 + i);
		claim(c, text, 0, NULL);
	}
	claim(c, "2200::/16", 3, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], NULL, NULL), ST_OK);
	transfer_close(t);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[1], NULL, NULL), ST_DATA);
	assert_non_null(strstr(fail_text(), "more than 16777216 wildcards"));
	txn_abort(txn);

	c = begin();
	claim(c, "2100::/16", 0, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], NULL, NULL), ST_DATA);
	txn_abort(txn);
}

static void count_step(void *context)
{
	++*(unsigned *)context;
}

static unsigned steps_of(const uint32_t *since)
{
	unsigned steps = 0;
	const struct transfer_watch watch = {count_step, &steps};
	struct transfer *t;
	struct txn *txn;

	assert_int_equal(txn_read(store, &txn), ST_OK);
	assert_int_equal(transfer_open(&t, txn, config, &config->zones[0], since, &watch), ST_OK);
	txn_abort(txn);
	transfer_close(t);
	return steps;
}

/* What one step takes is bounded by the size of a unit, and not by that of the list. */
static void test_whoever_watches_sees_it_go_on(void **state)
{
	struct texts zone = {0};
	struct change *c;
	uint32_t since;

	(void)state;
	sync_zones();
	since = whole(&zone);
	texts_release(&zone);
	c = begin();
	claim(c, "10.0.0.0/8", 0, NULL);
	claim(c, "2001:db8::1", 0, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(steps_of(NULL), 257);
	assert_int_equal(steps_of(&since), 257);
}

/* A hole in each /24, so that their 65,280 names are spelled out. */
static void exclude_holes(const char *block)
{
	struct change *c = begin();
	char text[PREFIX_TEXT];
	struct prefix hole;

	for (unsigned i = 0; i < 256; i++) {
		snprintf(text, sizeof text, "%s.%u.77", block, i);
		assert_int_equal(prefix_parse(text, &hole), ST_OK);
		change_exclude(c, &hole, NULL, 0);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
}

/* What few octets of index stand for is not all worked out in one turn. */
static void test_units_of_many_names_are_compared_one_by_one(void **state)
{
	static const char *const blocks[] = {"64.10", "64.11", "64.12", "64.13"};
	struct texts zone = {0}, ixfr = {0}, now = {0};
	uint32_t since, serial;
	struct change *c;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		exclude_holes(blocks[i]);
	}
	c = begin();
	claim(c, "64.10.0.0/15", 0, NULL);
	claim(c, "64.12.0.0/15", 1, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	since = whole(&zone);
	c = begin();
	claim(c, "64.8.0.0/13", 3, NULL); /* which the zone does not serve */
	claim(c, "64.11.255.0/24", 1, NULL);
	unclaim(c, "64.12.0.0/15", 1);
	claim(c, "64.12.0.0/16", 1, NULL);
	assert_int_equal(change_commit(c, NULL), ST_OK);

	transferred(&since, TRANSFER_INCREMENTAL, &serial, TRANSFER_MESSAGE, &ixfr);
	assert_in_range(rests, 6, 8); /* four units, twice */
	assert_int_equal(ixfr.count, 4 + 65280 * 2 + 255 * 2);
	apply(&zone, &ixfr, since, serial);
	whole(&now);
	assert_same(&zone, &now);
	texts_release(&zone);
	texts_release(&ixfr);
	texts_release(&now);
}

/* Secondaries that stopped at each serial follow to the last one. */
static void test_differences_lead_from_any_serial_to_the_whole(void **state)
{
	enum { CHANGES = 24 };
	struct texts zone[CHANGES] = {{0}};
	uint32_t serial[CHANGES];

	(void)state;
	for (unsigned i = 0; i < CHANGES; i++) {
		random_change();
		serial[i] = whole(&zone[i]);
	}
	for (unsigned i = 0; i + 1 < CHANGES; i++) {
		struct texts ixfr = {0};
		uint32_t now;

		if (serial[i] == serial[CHANGES - 1]) {
			continue;
		}
		transferred(&serial[i], TRANSFER_INCREMENTAL, &now, TRANSFER_ROOM, &ixfr);
		apply(&zone[i], &ixfr, serial[i], now);
		assert_same(&zone[i], &zone[CHANGES - 1]);
		texts_release(&ixfr);
	}
	for (unsigned i = 0; i < CHANGES; i++) {
		texts_release(&zone[i]);
	}
}

static void test_many_histories(void **state)
{
	for (unsigned seed = 2; seed < 8; seed++) {
		tear_down(state);
		set_up(state);
		draw_seed(seed);
		test_differences_lead_from_any_serial_to_the_whole(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_empty_zone_is_its_config_and_test_entries),
		TEST(test_a_zone_that_the_database_does_not_have_is_not_sent),
		TEST(test_messages_are_as_full_as_they_can_be),
		TEST(test_whoever_has_it_all_gets_one_soa),
		TEST(test_a_listing_that_came_and_went_is_no_difference),
		TEST(test_nothing_crosses_a_barrier),
		TEST(test_two_templates_of_one_text_are_one_record),
		TEST(test_units_of_many_names_are_compared_one_by_one),
		TEST(test_whoever_watches_sees_it_go_on),
		TEST(test_what_nobody_can_keep_is_not_sent),
		TEST(test_many_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
