/*
 * test_mirror_transfers.c: transfers into a mirrored zone, case by case: what is refused, what a
 * break leaves, what becomes of serials and the journal, and what is loaded of the zone itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "change.h"
#include "change_mirror.h"
#include "check.h"
#include "dns.h"
#include "journal.h"
#include "mirrored.h"
#include "records.h"
#include "state.h"
#include "temp.h"
#include "zonestate.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"relay {ip}\" }\n"
	"zone \"own.test\" { ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n"
	"mirror { zone \"example\" { primaries = { \"192.0.2.1:53\" } } }\n";

struct fixture {
	const char *dir;
	struct config *config;
	struct store *store;
	struct zone_config *zone;
	struct change *c;
	bool full;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char file[256], db[256];

	f->dir = temp_make();
	snprintf(file, sizeof file, "%s/conf", f->dir);
	snprintf(db, sizeof db, "%s/db", f->dir);
	assert_int_equal(config_parse(CONFIG, file, &f->config), ST_OK);
	assert_int_equal(store_create(&f->store, db, 1ULL << 30, -1, -1), ST_OK);
	f->zone = (struct zone_config *)(uintptr_t)config_zone(f->config, "example");
	mirror_slice = UINT64_C(320) << 20;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	change_abort(f->c);
	store_close(f->store);
	config_free(f->config);
	temp_remove(f->dir);
	free(f);
	return 0;
}

static void good(enum status status)
{
	if (status) {
		print_error("%s\n", fail_text());
	}
	assert_int_equal(status, ST_OK);
}

static void begin_change(struct fixture *f)
{
	const struct change_who who = {"test", "mirror", 1000};

	good(change_begin(&f->c, f->store, f->config, &who));
}

static void begin(struct fixture *f, bool full)
{
	begin_change(f);
	f->full = full;
	good(change_mirror_begin(f->c, f->zone, full));
}

static struct record record_of(const char *owner, uint16_t type, uint32_t ttl_s, const void *rdata,
			       size_t len)
{
	struct record r = {.type = type, .ttl_s = ttl_s, .rdata = bytes_of(rdata, len)};
	char name[NAME_TEXT];

	snprintf(name, sizeof name, "%s%sexample", owner, *owner ? "." : "");
	good(name_parse(name, &r.owner));
	return r;
}

static void add(struct fixture *f, const char *owner, uint16_t type, uint32_t ttl_s,
		const void *rdata, size_t len)
{
	struct record r = record_of(owner, type, ttl_s, rdata, len);

	change_mirror_add(f->c, &r);
}

static void del(struct fixture *f, const char *owner, uint16_t type, const void *rdata, size_t len)
{
	struct record r = record_of(owner, type, 1, rdata, len);

	change_mirror_delete(f->c, &r);
}

static void add_soa(struct fixture *f, uint32_t serial, uint32_t ttl_s)
{
	static const uint32_t numbers[] = {1800, 900, 604800, 86400};
	uint8_t rdata[64];
	struct writer w = writer_of(rdata, sizeof rdata);

	write_bytes(&w, "\3ns1\7example\0\5admin\7example", 28);
	write_u32(&w, serial);
	for (unsigned i = 0; i < 4; i++) {
		write_u32(&w, numbers[i]);
	}
	add(f, "", TYPE_SOA, ttl_s, rdata, writer_len(&w));
}

static const uint8_t LISTED[] = {127, 0, 0, 2};
static const uint8_t OTHER[] = {127, 0, 0, 4};

static void listed(struct fixture *f, const char *owner)
{
	add(f, owner, TYPE_A, 300, LISTED, 4);
}

static void apex(struct fixture *f, uint32_t serial)
{
	add_soa(f, serial, 300);
	add(f, "", TYPE_NS, 300, "\3ns1\7example", 13);
}

static enum status end(struct fixture *f, uint32_t serial)
{
	bool more;
	enum status status = change_mirror_end(f->c, serial, 77, NULL, &more);

	assert_false(!status && more);
	return status;
}

static void commit(struct fixture *f, uint32_t serial)
{
	good(end(f, serial));
	good(change_commit(f->c, NULL));
	f->c = NULL;
}

static void refused(struct fixture *f, enum status status)
{
	assert_int_equal(status, ST_DATA);
	change_abort(f->c);
	f->c = NULL;
}

/* A zone with one listing, 192.0.2.1. */
static void first_transfer(struct fixture *f, uint32_t serial)
{
	begin(f, true);
	apex(f, serial);
	listed(f, "1.2.0.192");
	commit(f, serial);
}

static struct txn *reading(struct fixture *f)
{
	struct txn *txn;

	good(txn_read(f->store, &txn));
	return txn;
}

static void print_fault(void *context, const char *fault)
{
	(void)context;
	print_error("check: %s\n", fault);
}

static void must_be_consistent(struct fixture *f)
{
	struct txn *txn = reading(f);

	assert_int_equal(check_run(txn, print_fault, NULL), ST_OK);
	txn_abort(txn);
}

static bool is_listed(struct fixture *f, const char *address)
{
	struct txn *txn = reading(f);
	struct prefix p;

	good(prefix_parse(address, &p));
	bool is = index_find(txn, p.family, p.addr) != 0;
	txn_abort(txn);
	return is;
}

static struct mirror_status status_of(struct fixture *f)
{
	struct txn *txn = reading(f);
	struct mirror_status status = {0};

	mirror_status_read(txn, f->zone, &status);
	txn_abort(txn);
	return status;
}

/* What the last change says of the zone; serial 0 where it did not move. */
static struct journal_zone last_move(struct fixture *f, bool *barrier)
{
	struct txn *txn = reading(f);
	struct journal_zone zone = {0};
	struct bytes value;
	struct state state;
	uint8_t key[9];
	struct writer w = writer_of(key, sizeof key);

	state_read(txn, &state);
	write_u64(&w, state.changes);
	write_u8(&w, 0);
	assert_true(txn_get(txn, TABLE_JOURNAL, writer_bytes(&w), &value));
	if (!journal_head_zone(value, "example", &zone)) {
		zone.serial = 0;
	}
	*barrier = zone.barred || journal_barrier(value);
	txn_abort(txn);
	return zone;
}

static uint32_t serial_of(struct fixture *f)
{
	struct txn *txn = reading(f);
	struct zone_state state = {0};

	zone_state_read(txn, f->zone, &state);
	txn_abort(txn);
	return state.serial;
}

/* --- ZONEMD ----------------------------------------------------------------------------------- */

/* RFC 8976, appendix A.1. */
static void add_simple_zone(struct fixture *f, const char *digest)
{
	static const uint8_t aaaa[16] = {0x20, 1, 0x0d, 0xb8, [15] = 0x63};
	static const uint8_t a[] = {203, 0, 113, 63};
	uint8_t rdata[54];
	struct writer w = writer_of(rdata, sizeof rdata);

	add_soa(f, 2018031900, 86400);
	add(f, "", TYPE_NS, 86400, "\3ns1\7example", 13);
	add(f, "", TYPE_NS, 86400, "\3ns2\7example", 13);
	add(f, "ns1", TYPE_A, 3600, a, sizeof a);
	add(f, "ns2", TYPE_AAAA, 3600, aaaa, sizeof aaaa);
	write_u32(&w, 2018031900);
	write_u8(&w, 1);
	write_u8(&w, 1);
	for (unsigned octet; sscanf(digest, "%2x", &octet) == 1; digest += 2) {
		write_u8(&w, (uint8_t)octet);
	}
	add(f, "", TYPE_ZONEMD, 86400, rdata, writer_len(&w));
}

static const char DIGEST[] = "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
			     "a9713b3c9ae5cc27777f98b8e730044c";

static void test_zonemd_of_the_rfc_is_verified(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	add_simple_zone(f, DIGEST);
	commit(f, 2018031900);
	assert_true(status_of(f).whole);
}

static void test_zonemd_of_other_records_is_refused(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	add_simple_zone(f, DIGEST);
	listed(f, "1.2.0.192");
	refused(f, end(f, 2018031900));
	assert_non_null(strstr(fail_text(), "ZONEMD"));
	assert_false(status_of(f).whole);
}

/* Names below and beside each other, names in rdata, octets that a key escapes; dnspython made it.
 */
static void test_zonemd_needs_canonical_order_and_names(void **state)
{
	struct fixture *f = *state;
	uint8_t rdata[54] = {0, 0, 0, 5, 1, 1};
	struct writer w = writer_of(rdata + 6, 48);
	const char *digest = "19edfd2020206c76067b76ff73254f55f45074e9dd10cd969f4520203cef851e"
			     "f371249ecae5dfa2610b90710b73364a";

	for (unsigned octet; sscanf(digest, "%2x", &octet) == 1; digest += 2) {
		write_u8(&w, (uint8_t)octet);
	}
	begin(f, true);
	add_soa(f, 5, 3600);
	add(f, "", TYPE_NS, 3600, "\3ns1\7example", 13);
	add(f, "", TYPE_ZONEMD, 3600, rdata, sizeof rdata);
	add(f, "2.2.0.192", TYPE_A, 60, OTHER, 4);
	add(f, "10.2.0.192", TYPE_A, 300, OTHER, 4);
	add(f, "1.2.0.192", TYPE_A, 300, OTHER, 4);
	add(f, "ns1", TYPE_A, 3600, (const uint8_t[]){203, 0, 113, 63}, 4);
	add(f, "*.2.0.192", TYPE_A, 300, (const uint8_t[]){127, 0, 0, 10}, 4);
	add(f, "\\000.2.0.192", 33, 60, "\0\1\0\2\0\3\4Mail\7EXAMPLE\3net", 24);
	add(f, "*.2.0.192", TYPE_TXT, 300, "\1b\1c", 4);
	add(f, "a\\001b.2.0.192", 15, 60, "\0\12\4Mail\7EXAMPLE\3net", 20);
	listed(f, "*.2.0.192");
	commit(f, 5);
}

static void test_zonemd_of_another_serial_or_kind_says_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t rdata[54] = {0, 0, 0, 6, 1, 1};

	begin(f, true);
	apex(f, 5);
	add(f, "", TYPE_ZONEMD, 300, rdata, sizeof rdata);
	rdata[3] = 5;
	rdata[5] = 77;
	add(f, "", TYPE_ZONEMD, 300, rdata, sizeof rdata);
	commit(f, 5);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void test_a_zone_without_soa_or_ns_is_refused(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	add_soa(f, 5, 300);
	refused(f, end(f, 5));
	begin(f, true);
	add(f, "", TYPE_NS, 300, "\3ns1\7example", 13);
	refused(f, end(f, 5));
	begin(f, true);
	apex(f, 5);
	refused(f, end(f, 6));
	assert_int_equal(serial_of(f), 0);
	must_be_consistent(f);
}

static void test_a_difference_to_nothing_is_refused(void **state)
{
	struct fixture *f = *state;

	begin_change(f);
	refused(f, change_mirror_begin(f->c, f->zone, false));
}

static void test_a_difference_that_does_not_fit_changes_nothing(void **state)
{
	struct fixture *f = *state;

	first_transfer(f, 5);
	begin(f, false);
	listed(f, "7.2.0.192");
	del(f, "9.2.0.192", TYPE_A, LISTED, 4);
	add_soa(f, 6, 300);
	refused(f, end(f, 6));
	begin(f, false);
	del(f, "1.2.0.192", TYPE_A, LISTED, 4);
	del(f, "1.2.0.192", TYPE_A, LISTED, 4);
	refused(f, change_status(f->c));
	assert_true(is_listed(f, "192.0.2.1"));
	assert_false(is_listed(f, "192.0.2.7"));
	assert_int_equal(serial_of(f), 5);
	must_be_consistent(f);
}

static void test_what_is_added_and_is_there_is_there_once(void **state)
{
	struct fixture *f = *state;

	first_transfer(f, 5);
	begin(f, false);
	listed(f, "1.2.0.192");
	apex(f, 6);
	commit(f, 6);
	assert_true(is_listed(f, "192.0.2.1"));
	assert_int_equal(status_of(f).records, 3);
	must_be_consistent(f);
}

static void test_what_is_not_in_the_zone_is_refused(void **state)
{
	struct fixture *f = *state;
	struct record r = {.type = TYPE_A, .rdata = bytes_of(LISTED, 4)};

	begin(f, true);
	good(name_parse("1.2.0.192.example.org", &r.owner));
	change_mirror_add(f->c, &r);
	refused(f, change_status(f->c));
}

static void test_rdata_too_short_for_its_type_is_refused(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint16_t type;
		const char *rdata;
		size_t len;
	} bad[] = {{TYPE_A, "\177\0\0", 3}, {TYPE_AAAA, "\0", 1},  {TYPE_TXT, "", 0},
		   {TYPE_TXT, "\5four", 5}, {TYPE_NS, "\3ns1", 4}, {TYPE_SOA, "\0\0\0", 3}};

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin(f, true);
		add(f, "x", bad[i].type, 300, bad[i].rdata, bad[i].len);
		refused(f, change_status(f->c));
	}
}

static void test_an_operator_cannot_claim_on_a_private_sublist(void **state)
{
	struct fixture *f = *state;

	first_transfer(f, 5);
	begin_change(f);
	assert_int_equal(change_sublist(f->c, "example/2"), 0);
}

/* --- serials ---------------------------------------------------------------------------------- */

static void test_the_serial_is_the_primarys(void **state)
{
	struct fixture *f = *state;
	bool barrier;

	first_transfer(f, 5);
	assert_int_equal(last_move(f, &barrier).serial, 5);
	assert_true(barrier);
	begin(f, false);
	listed(f, "2.2.0.192");
	add_soa(f, 7, 300);
	commit(f, 7);
	assert_int_equal(last_move(f, &barrier).serial, 7);
	assert_false(barrier);
	/* Nothing that is listed differs, and the serial moves all the same. */
	begin(f, false);
	add(f, "foo", TYPE_TXT, 300, "\1x", 2);
	add_soa(f, 8, 300);
	commit(f, 8);
	assert_int_equal(last_move(f, &barrier).serial, 8);
	assert_false(barrier);
	assert_int_equal(serial_of(f), 8);
	assert_int_equal(status_of(f).serial, 8);
}

static void test_a_serial_that_goes_back_bars_ixfr(void **state)
{
	struct fixture *f = *state;
	bool barrier;

	first_transfer(f, 5);
	first_transfer(f, 6);
	assert_int_equal(last_move(f, &barrier).serial, 6);
	assert_false(barrier);
	first_transfer(f, 3);
	assert_int_equal(last_move(f, &barrier).serial, 3);
	assert_true(barrier);
	assert_int_equal(serial_of(f), 3);
}

static void test_other_data_of_the_same_serial_bars_ixfr(void **state)
{
	struct fixture *f = *state;
	bool barrier;

	first_transfer(f, 5);
	begin(f, true);
	apex(f, 5);
	listed(f, "9.2.0.192");
	commit(f, 5);
	assert_int_equal(last_move(f, &barrier).serial, 5);
	assert_true(barrier);
	assert_false(is_listed(f, "192.0.2.1"));
}

static void test_what_the_zone_says_of_itself_bars_ixfr_and_nothing_else_moves_it(void **state)
{
	struct fixture *f = *state;
	bool barrier;

	first_transfer(f, 5);
	begin(f, false);
	add(f, "", TYPE_NS, 300, "\3ns2\7example", 13);
	add_soa(f, 6, 300);
	commit(f, 6);
	last_move(f, &barrier);
	assert_true(barrier);
	/* An operator's change, and a write with a config that knows nothing of the zone. */
	begin_change(f);
	struct claim_add claim = {.sublist = change_sublist(f->c, "relay"),
				  .source = change_source(f->c, "operator")};
	good(prefix_parse("192.0.2.1", &claim.prefix));
	assert_int_equal(change_add(f->c, &claim), CLAIM_ADDED);
	good(change_commit(f->c, NULL));
	f->c = NULL;
	assert_int_equal(last_move(f, &barrier).serial, 0);
	assert_int_equal(serial_of(f), 6);
}

static void test_refreshed_moves_nothing_but_its_time(void **state)
{
	struct fixture *f = *state;

	first_transfer(f, 5);
	assert_int_equal(status_of(f).refreshed_s, 77);
	begin_change(f);
	change_mirror_refreshed(f->c, f->zone, 99);
	good(change_commit(f->c, NULL));
	f->c = NULL;
	assert_int_equal(status_of(f).refreshed_s, 99);
	assert_int_equal(serial_of(f), 5);
	must_be_consistent(f);
}

/* --- what is loaded --------------------------------------------------------------------------- */

static void test_the_zones_config_is_what_the_primary_says(void **state)
{
	struct fixture *f = *state;
	static const uint8_t aaaa[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	struct name ns1;

	begin(f, true);
	add_soa(f, 5, 3600);
	add(f, "", TYPE_NS, 3600, "\3ns1\7example", 13);
	add(f, "", TYPE_NS, 3600, "\1a\3far\3net", 11);
	add(f, "", TYPE_A, 3600, (const uint8_t[]){192, 0, 2, 80}, 4);
	add(f, "ns1", TYPE_A, 3600, (const uint8_t[]){192, 0, 2, 53}, 4);
	add(f, "ns1", TYPE_AAAA, 3600, aaaa, 16);
	add(f, "www", TYPE_A, 3600, (const uint8_t[]){192, 0, 2, 81}, 4);
	add(f, "deep.name", TYPE_A, 3600, (const uint8_t[]){192, 0, 2, 82}, 4);
	add(f, "5", TYPE_A, 3600, (const uint8_t[]){192, 0, 2, 83}, 4);
	for (unsigned i = 1; i < 9; i++) {
		char owner[32];

		snprintf(owner, sizeof owner, "%u.2.0.192", i);
		add(f, owner, TYPE_A, i < 3 ? 7200 : 120, i % 2 ? LISTED : OTHER, 4);
	}
	commit(f, 5);

	struct txn *txn = reading(f);
	assert_true(mirror_zone_load(txn, f->zone));
	const struct zone_config *zone = f->zone;
	assert_int_equal(zone->ttl_s, 120);
	assert_int_equal(zone->soa.refresh_s, 1800);
	assert_int_equal(zone->soa.minimum_s, 86400);
	good(name_parse("ns1.example", &ns1));
	assert_true(name_equal(&zone->soa.mname, &ns1));
	assert_int_equal(zone->ns_count, 2);
	assert_int_equal(zone->at_apex.a_count, 1);
	assert_int_equal(zone->host_count, 2);
	assert_true(name_equal(&zone->hosts[0].name, &ns1));
	assert_int_equal(zone->hosts[0].a_count, 1);
	assert_true(zone->hosts[0].aaaa[0] == ((addr_t)0x20010db8 << 96 | 1));
	assert_int_equal(zone->sublist_count, 2);
	assert_string_equal(zone->sublists[0]->name, "example/2");
	assert_int_equal(zone->sublists[1]->code, 4);
	txn_abort(txn);
}

static void test_nothing_is_loaded_before_a_transfer_is_whole(void **state)
{
	struct fixture *f = *state;
	struct txn *txn = reading(f);
	struct mirror_status status;

	assert_false(mirror_zone_load(txn, f->zone));
	assert_false(mirror_status_read(txn, f->zone, &status));
	txn_abort(txn);
}

static void test_only_127_0_0_1_is_no_listing_of_the_primary(void **state)
{
	struct fixture *f = *state;
	struct zone_view view;
	uint8_t low;

	begin(f, true);
	apex(f, 5);
	listed(f, "2.0.0.127");
	listed(f, "1.0.0.127");
	commit(f, 5);
	struct txn *txn = reading(f);
	zone_view_init(&view, f->zone, txn);
	assert_false(test_entry(&view, 4, 0x7f000002, &low));
	assert_true(test_entry(&view, 4, 0x7f000001, &low));
	assert_false(test_entry(&view, 6, (addr_t)0xffff << 32 | 0x7f000002, &low));
	assert_true(test_entry(&view, 6, (addr_t)0xffff << 32 | 0x7f000001, &low));
	struct rrs rrs;
	test_entry_rrs(1, &view, &rrs);
	assert_int_equal(rrs.a_count, 0);
	txn_abort(txn);
}

static void test_what_is_outside_is_counted_by_why(void **state)
{
	struct fixture *f = *state;
	static const uint8_t aaaa[16] = {0};

	begin(f, true);
	apex(f, 5);
	listed(f, "1.2.0.192");
	add(f, "1.2.0.192", TYPE_A, 300, (const uint8_t[]){127, 0, 0, 1}, 4);
	add(f, "1.2.0.192", TYPE_TXT, 300, "\1a\1b", 4);
	add(f, "1.2.0.192", TYPE_TXT, 300, "\1b", 2);
	add(f, "1.2.0.192", TYPE_AAAA, 300, aaaa, 16);
	add(f, "foo.1.2.0.192", TYPE_A, 300, LISTED, 4);
	add(f, "2.0.192", TYPE_A, 300, LISTED, 4);
	add(f, "*", TYPE_A, 300, LISTED, 4);
	add(f, "sub", TYPE_NS, 300, "\2ns\0", 4);
	add(f, "sub", TYPE_DS, 300, "x", 1);
	add(f, "www", TYPE_AAAA, 300, aaaa, 16);
	add(f, "www", TYPE_TXT, 300, "\1x", 2);
	commit(f, 5);
	struct mirror_status s = status_of(f);
	assert_int_equal(s.records, 14);
	assert_int_equal(s.of_kind[MIRROR_CODE], 1);
	assert_int_equal(s.of_kind[MIRROR_TEXTS], 1);
	assert_int_equal(s.of_kind[MIRROR_STRINGS], 1);
	assert_int_equal(s.of_kind[MIRROR_NAME], 2);
	assert_int_equal(s.of_kind[MIRROR_WILDCARD], 1);
	assert_int_equal(s.of_kind[MIRROR_DELEGATION], 1);
	assert_int_equal(s.of_kind[MIRROR_DNSSEC], 1);
	assert_int_equal(s.of_kind[MIRROR_TYPE], 2);
	assert_int_equal(s.outside, 9);
	must_be_consistent(f);
}

/* --- slices, and breaks ----------------------------------------------------------------------- */

/* 400 listings in 10.0.0.0/8, of which `code` says the code. False where it was broken off. */
static bool many(struct fixture *f, uint32_t serial, const uint8_t *code, unsigned slices)
{
	bool more = true, sliced;
	unsigned done = 0;

	begin(f, true);
	apex(f, serial);
	for (unsigned i = 0; i < 400; i++) {
		char owner[32];

		snprintf(owner, sizeof owner, "%u.%u.0.10", i % 200, i / 200);
		add(f, owner, TYPE_A, 300, code, 4);
		good(change_mirror_slice(&f->c, &sliced));
		if (sliced && ++done == slices) {
			goto broken;
		}
	}
	while (more) {
		good(change_mirror_end(f->c, serial, 77, NULL, &more));
		if (more) {
			good(change_mirror_slice(&f->c, &sliced));
			assert_true(sliced);
			if (++done == slices) {
				goto broken;
			}
		}
	}
	good(change_commit(f->c, NULL));
	f->c = NULL;
	return true;
broken:
	change_abort(f->c);
	f->c = NULL;
	return false;
}

static unsigned count_listed(struct fixture *f, const uint8_t *code)
{
	struct txn *txn = reading(f);
	struct zone_view view;
	static struct answer a;
	static struct rrs rrs;
	unsigned count = 0;

	assert_true(mirror_zone_load(txn, f->zone));
	zone_view_init(&view, f->zone, txn);
	for (unsigned i = 0; i < 400; i++) {
		addr_t addr = 0x0a000000 + (i / 200) * 256 + i % 200;
		uint32_t id = index_find(txn, 4, addr);

		if (id) {
			assert_true(answer_read(txn, id, &a));
			answer_rrs(&a, &view, txn, &rrs);
			count += rrs.a_count == 1 && rrs.code[0] == code[3];
		}
	}
	txn_abort(txn);
	return count;
}

/* Broken off after any number of slices: the old zone, or a mix that says so; then all is new. */
static void test_a_long_transfer_can_break_anywhere(void **state)
{
	struct fixture *f = *state;
	unsigned mixed = 0, before = 0, slices = 0;
	bool whole = false, barrier;

	mirror_slice = 8000;
	assert_true(many(f, 5, LISTED, 0));
	for (uint32_t serial = 10; !whole; serial += 10) {
		whole = many(f, serial, OTHER, ++slices);
		must_be_consistent(f);
		unsigned old = count_listed(f, LISTED), new = count_listed(f, OTHER);
		assert_int_equal(old + new, 400);
		if (!whole && old == 400) {
			assert_int_equal(serial_of(f), 5);
			before++;
		}
		if (old > 0 && new > 0) {
			mixed++;
			assert_true(status_of(f).mixed);
			begin_change(f);
			refused(f, change_mirror_begin(f->c, f->zone, false));
		}
		/* What was broken off is no matter to the next. */
		assert_true(many(f, serial + 1, OTHER, 0));
		assert_int_equal(count_listed(f, OTHER), 400);
		assert_false(status_of(f).mixed);
		assert_int_equal(serial_of(f), serial + 1);
		assert_true(many(f, 5, LISTED, 0));
		last_move(f, &barrier);
		assert_true(barrier);
		must_be_consistent(f);
	}
	assert_true(before > 2 && mixed > 2);
	struct txn *txn = reading(f);
	/* 400 owners, the apex, the status: nothing was left over. */
	assert_int_equal(store_table_usage(txn, TABLE_MIRRORED).entries, 402);
	txn_abort(txn);
}

static void test_a_difference_too_large_for_one_transaction_is_refused(void **state)
{
	struct fixture *f = *state;

	first_transfer(f, 5);
	mirror_slice = 8000;
	begin(f, false);
	for (unsigned i = 0; i < 400; i++) {
		char owner[32];

		snprintf(owner, sizeof owner, "%u.%u.0.10", i % 200, i / 200);
		listed(f, owner);
	}
	refused(f, change_status(f->c));
	must_be_consistent(f);
}

/* One record, a delegation, takes 400 listings away. */
static void test_a_difference_of_too_many_listings_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_true(many(f, 5, LISTED, 0));
	mirror_slice = 8000;
	begin(f, false);
	add(f, "0.10", TYPE_NS, 300, "\3ns1\7example", 13);
	add_soa(f, 6, 300);
	refused(f, end(f, 6));
	must_be_consistent(f);
	assert_int_equal(count_listed(f, LISTED), 400);
	mirror_slice = UINT64_C(320) << 20;
	begin(f, false);
	add(f, "0.10", TYPE_NS, 300, "\3ns1\7example", 13);
	add_soa(f, 6, 300);
	commit(f, 6);
	assert_int_equal(count_listed(f, LISTED), 0);
}

/* Of whatever slice it was broken off: no record stays, and the next one is as if it had not been.
 */
static void test_a_long_transfer_that_is_given_up_leaves_no_records(void **state)
{
	struct fixture *f = *state;
	unsigned slices = 0;
	bool more;

	mirror_slice = 8000;
	assert_true(many(f, 5, LISTED, 0));
	begin_change(f);
	assert_false(change_mirror_give_up(f->c, f->zone, &more));
	assert_false(more);
	change_abort(f->c);
	f->c = NULL;
	while (!many(f, 10, OTHER, ++slices)) {
		unsigned old = count_listed(f, LISTED);

		for (more = true; more; f->c = NULL) {
			begin_change(f);
			assert_true(change_mirror_give_up(f->c, f->zone, &more));
			good(change_commit(f->c, NULL));
		}
		must_be_consistent(f);
		assert_int_equal(count_listed(f, LISTED), old);
		struct txn *txn = reading(f);

		assert_int_equal(store_table_usage(txn, TABLE_MIRRORED).entries, 402);
		txn_abort(txn);
		assert_true(many(f, 10, OTHER, 0));
		assert_true(many(f, 5, LISTED, 0));
	}
	assert_true(slices > 5);
	assert_int_equal(count_listed(f, OTHER), 400);
}

/* A primary may have any number of names that are no address below one that is. */
static void test_addresses_are_found_among_many_names_that_are_none(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	apex(f, 5);
	listed(f, "*.2.0.192");
	add(f, "9.2.0.192", TYPE_A, 300, OTHER, 4);
	add(f, "200.2.0.192", TYPE_A, 300, OTHER, 4);
	for (unsigned i = 0; i < 3000; i++) {
		char owner[32];

		snprintf(owner, sizeof owner, "0%u.2.0.192", i);
		listed(f, owner);
	}
	commit(f, 5);
	must_be_consistent(f);
	begin(f, false);
	add(f, "11.2.0.192", TYPE_TXT, 300, "\1x", 2);
	add_soa(f, 6, 300);
	commit(f, 6);
	must_be_consistent(f);
	assert_true(is_listed(f, "192.0.2.12"));
	assert_false(is_listed(f, "192.0.2.11"));
}

static void test_a_zone_that_is_dropped_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	bool more = true;
	unsigned slices = 0;

	assert_true(many(f, 5, LISTED, 0));
	mirror_slice = 8000;
	for (; more; slices++) {
		begin_change(f);
		assert_true(change_mirror_drop(f->c, "example", &more));
		good(change_commit(f->c, NULL));
		f->c = NULL;
		must_be_consistent(f);
	}
	assert_true(slices > 3);
	struct txn *txn = reading(f);
	assert_int_equal(store_table_usage(txn, TABLE_MIRRORED).entries, 0);
	assert_int_equal(store_table_usage(txn, TABLE_CLAIMS).entries, 0);
	assert_int_equal(store_table_usage(txn, TABLE_INDEX4).entries, 0);
	txn_abort(txn);
	begin_change(f);
	assert_false(change_mirror_drop(f->c, "example", &more));
}

/* --- check ------------------------------------------------------------------------------------ */

static void count_fault(void *context, const char *fault)
{
	if (strncmp(fault, "mirrored:", 9) == 0) {
		++*(unsigned *)context;
	}
}

static unsigned faults(struct fixture *f)
{
	struct txn *txn = reading(f);
	unsigned count = 0;

	check_run(txn, count_fault, &count);
	txn_abort(txn);
	return count;
}

static void test_check_finds_rows_and_claims_that_disagree(void **state)
{
	struct fixture *f = *state;
	struct mirror_row row = {0};
	struct mirror_key key;
	struct prefix p;

	first_transfer(f, 5);
	assert_int_equal(faults(f), 0);
	/* A claim that no record lists. */
	begin_change(f);
	good(prefix_parse("192.0.2.77", &p));
	struct claim_add claim = {.prefix = p,
				  .sublist = sublist_number(change_txn(f->c), "example/2"),
				  .source = change_source(f->c, "mirror example")};
	assert_int_equal(change_add(f->c, &claim), CLAIM_ADDED);
	good(change_commit(f->c, NULL));
	assert_int_equal(faults(f), 1);
	begin_change(f);
	assert_true(change_remove(f->c, &p, claim.sublist, claim.source));
	good(change_commit(f->c, NULL));
	assert_int_equal(faults(f), 0);
	/* A record that is not counted, and makes no claim. */
	begin_change(f);
	mirror_row_clear(&row);
	mirror_row_add(&row, TYPE_A, 300, bytes_of(LISTED, 4));
	good(prefix_parse("192.0.2.78", &p));
	mirror_key_apex(&key, 1, 1);
	mirror_key_push_prefix(&key, &p);
	txn_put(change_txn(f->c), TABLE_MIRRORED, mirror_key_bytes(&key), mirror_row_bytes(&row));
	/* And one of no zone. */
	mirror_key_apex(&key, 7, 1);
	txn_put(change_txn(f->c), TABLE_MIRRORED, mirror_key_bytes(&key), mirror_row_bytes(&row));
	good(change_commit(f->c, NULL));
	f->c = NULL;
	assert_int_equal(faults(f), 3);
	mirror_row_release(&row);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_zonemd_of_the_rfc_is_verified),
		TEST(test_zonemd_of_other_records_is_refused),
		TEST(test_zonemd_needs_canonical_order_and_names),
		TEST(test_zonemd_of_another_serial_or_kind_says_nothing),
		TEST(test_a_zone_without_soa_or_ns_is_refused),
		TEST(test_a_difference_to_nothing_is_refused),
		TEST(test_a_difference_that_does_not_fit_changes_nothing),
		TEST(test_what_is_added_and_is_there_is_there_once),
		TEST(test_what_is_not_in_the_zone_is_refused),
		TEST(test_rdata_too_short_for_its_type_is_refused),
		TEST(test_an_operator_cannot_claim_on_a_private_sublist),
		TEST(test_the_serial_is_the_primarys),
		TEST(test_a_serial_that_goes_back_bars_ixfr),
		TEST(test_other_data_of_the_same_serial_bars_ixfr),
		TEST(test_what_the_zone_says_of_itself_bars_ixfr_and_nothing_else_moves_it),
		TEST(test_refreshed_moves_nothing_but_its_time),
		TEST(test_the_zones_config_is_what_the_primary_says),
		TEST(test_nothing_is_loaded_before_a_transfer_is_whole),
		TEST(test_only_127_0_0_1_is_no_listing_of_the_primary),
		TEST(test_what_is_outside_is_counted_by_why),
		TEST(test_a_long_transfer_can_break_anywhere),
		TEST(test_a_difference_too_large_for_one_transaction_is_refused),
		TEST(test_a_difference_of_too_many_listings_is_refused),
		TEST(test_a_long_transfer_that_is_given_up_leaves_no_records),
		TEST(test_addresses_are_found_among_many_names_that_are_none),
		TEST(test_a_zone_that_is_dropped_leaves_nothing),
		TEST(test_check_finds_rows_and_claims_that_disagree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
