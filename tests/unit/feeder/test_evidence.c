/* Reports in the database: by address and time, each once, with their bodies beside them. */
#include "reporters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "temp.h"

#include <cmocka.h>

#define NOW      UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */
#define MAP_SIZE (64 << 20)

static const char *folder;
static char database[128];
static struct store *store;
static struct txn *txn;

static int set_up(void **state)
{
	(void)state;
	folder = temp_make();
	snprintf(database, sizeof database, "%s/db", folder);
	return store_create(&store, database, MAP_SIZE, -1, -1) || txn_write(store, &txn);
}

static int tear_down(void **state)
{
	(void)state;
	txn_abort(txn);
	store_close(store);
	temp_remove(folder);
	return 0;
}

/* A report about an address, with a body of one octet. */
static struct evidence report_about(const char *address, uint64_t observed, uint8_t body,
				    uint32_t reporter)
{
	struct evidence e = {
		.report = {.format = FORMAT_ARF,
			   .category = CATEGORY_SPAM,
			   .disposition = DISPOSITION_EVIDENCE,
			   .via = VIA_FIELD,
			   .observed = observed,
			   .incidents = 1,
			   .confidence = 100},
		.received = NOW,
		.reporter = reporter,
	};

	if (address) {
		assert_int_equal(prefix_parse(address, &e.report.source), ST_OK);
	}
	report_hash(bytes_of(&body, 1), e.hash);
	evidence_identify(&e);
	return e;
}

/* What evidence_of() gave: the first octet of each hash is enough to tell them apart. */
struct seen {
	size_t count, most;
	struct evidence at[16];
};

static bool see(void *context, const struct evidence *e)
{
	struct seen *seen = context;

	assert_in_range(seen->count, 0, 15);
	seen->at[seen->count++] = *e;
	return seen->count < seen->most;
}

static struct seen look(const char *address, size_t most)
{
	struct seen seen = {.most = most};
	struct prefix host = {0};

	if (address) {
		assert_int_equal(prefix_parse(address, &host), ST_OK);
	}
	evidence_of(txn, host.family, host.addr, see, &seen);
	assert_int_equal(txn_status(txn), ST_OK);
	return seen;
}

static void test_all_of_a_report_comes_back(void **state)
{
	struct evidence e = report_about("2001:db8::1", NOW - 5, 'x', 7);

	(void)state;
	e.report.format = FORMAT_RELAYTEST;
	e.report.category = CATEGORY_RELAY;
	e.report.confidence = 30;
	e.report.incidents = 12345678;
	e.report.proof = true;
	e.output = true;
	strcpy(e.report.reference, "<1@example.net>");
	strcpy(e.report.note, "percent: delivered");
	memset(e.report.recipient, 'r', REPORT_WORDS - 1);
	evidence_identify(&e);
	evidence_add(txn, &e);
	struct seen seen = look("2001:db8::1", 9);

	assert_int_equal(seen.count, 1);
	struct evidence *back = &seen.at[0];

	assert_int_equal(back->report.format, FORMAT_RELAYTEST);
	assert_int_equal(back->report.category, CATEGORY_RELAY);
	assert_int_equal(back->report.disposition, DISPOSITION_EVIDENCE);
	assert_int_equal(back->report.via, VIA_FIELD);
	assert_int_equal(back->report.confidence, 30);
	assert_int_equal(back->report.incidents, 12345678);
	assert_true(back->report.proof);
	assert_int_equal(back->report.observed, NOW - 5);
	assert_int_equal(back->received, NOW);
	assert_int_equal(back->reporter, 7);
	assert_memory_equal(back->hash, e.hash, REPORT_HASH);
	assert_memory_equal(back->id, e.id, REPORT_HASH);
	assert_true(back->output);
	assert_string_equal(back->report.reference, e.report.reference);
	assert_string_equal(back->report.note, e.report.note);
	assert_string_equal(back->report.recipient, e.report.recipient);
	assert_int_equal(prefix_compare(&back->report.source, &e.report.source), 0);
}

static void test_reports_of_an_address_stand_by_time(void **state)
{
	static const struct {
		const char *address;
		uint64_t observed;
	} reports[] = {
		{"192.0.2.1", NOW - 10},  {"192.0.2.2", NOW - 50},   {"192.0.2.1", NOW - 30},
		{"192.0.2.1", 0},         {"192.0.2.0", NOW - 20},   {"192.0.2.1", NOW + 999999},
		{"192.0.2.1", NOW - 20},  {"2001:db8::1", NOW - 20}, {NULL, NOW - 20},
		{"::c000:201", NOW - 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		struct evidence e =
			report_about(reports[i].address, reports[i].observed, (uint8_t)i, 1);

		evidence_add(txn, &e);
	}
	struct seen seen = look("192.0.2.1", 16);

	assert_int_equal(seen.count, 5);
	assert_int_equal(evidence_time(&seen.at[0]), NOW - 30);
	assert_int_equal(evidence_time(&seen.at[1]), NOW - 20);
	assert_int_equal(evidence_time(&seen.at[2]), NOW - 10);
	/* Received now, whatever they say. */
	assert_int_equal(evidence_time(&seen.at[3]), NOW);
	assert_int_equal(evidence_time(&seen.at[4]), NOW);
	assert_int_equal(look("192.0.2.2", 16).count, 1);
	assert_int_equal(look("2001:db8::1", 16).count, 1);
	assert_int_equal(look("192.0.2.3", 16).count, 0);
	struct seen nobody = look(NULL, 16);

	assert_int_equal(nobody.count, 1);
	assert_int_equal(nobody.at[0].report.source.family, 0);
	/* As many as are wanted. */
	assert_int_equal(look("192.0.2.1", 2).count, 2);
}

static bool is_known(struct evidence *e)
{
	evidence_identify(e);
	return evidence_known(txn, e->id);
}

static void test_a_report_is_known_by_its_bytes_and_its_reporter(void **state)
{
	struct evidence e = report_about("192.0.2.1", NOW, 'a', 1);
	struct evidence other = report_about("192.0.2.1", NOW, 'b', 1);

	(void)state;
	assert_false(is_known(&e));
	evidence_add(txn, &e);
	assert_true(is_known(&e));
	assert_false(is_known(&other));
	/* Another reporter's is another report. */
	e.reporter = 2;
	assert_false(is_known(&e));
	evidence_add(txn, &e);
	assert_int_equal(look("192.0.2.1", 16).count, 2);
}

static void test_a_report_with_a_number_is_known_by_it(void **state)
{
	struct evidence e = report_about("192.0.2.1", NOW - 5, 'a', 1);

	(void)state;
	strcpy(e.report.reference, "<1@example.net>");
	assert_false(is_known(&e));
	evidence_add(txn, &e);
	/* Delivered once more, by another way: other bytes. */
	struct evidence again = report_about("192.0.2.1", NOW - 5, 'b', 1);

	strcpy(again.report.reference, "<1@example.net>");
	assert_true(is_known(&again));
	/* Whoever gives two reports one number still has two, as they say different things. */
	assert_int_equal(prefix_parse("192.0.2.2", &again.report.source), ST_OK);
	assert_false(is_known(&again));
	again = e;
	again.report.observed--;
	assert_false(is_known(&again));
	again = e;
	again.report.category = CATEGORY_FRAUD;
	assert_false(is_known(&again));
	/* Of what nobody could read, the number is no more than octets. */
	again = report_about(NULL, 0, 'c', 1);
	again.report.disposition = DISPOSITION_UNRECOGNISED;
	strcpy(again.report.reference, "<2@example.net>");
	assert_false(is_known(&again));
	evidence_add(txn, &again);
	again.hash[0]++;
	assert_false(is_known(&again));
}

static void test_what_is_deleted_leaves_nothing(void **state)
{
	struct evidence a = report_about("192.0.2.1", NOW - 5, 'a', 1);
	struct evidence b = report_about("192.0.2.2", NOW - 5, 'a', 1);
	struct evidence found;
	char id[EVIDENCE_ID_TEXT + 1];

	(void)state;
	a.received = NOW - 2;
	b.received = NOW - 1;
	evidence_add(txn, &a);
	evidence_add(txn, &b);
	assert_true(evidence_get(txn, b.id, &found));
	assert_int_equal(prefix_compare(&found.report.source, &b.report.source), 0);
	evidence_id_format(&a, id);
	assert_int_equal(evidence_find(txn, id, &found), ST_OK);
	assert_memory_equal(found.id, a.id, REPORT_HASH);
	id[8] = '\0';
	assert_int_equal(evidence_find(txn, id, &found), ST_OK);
	assert_memory_equal(found.id, a.id, REPORT_HASH);
	assert_int_equal(evidence_find(txn, "", &found), ST_DATA); /* which of them? */
	assert_false(evidence_oldest(txn, NOW - 2, &found));
	assert_true(evidence_oldest(txn, NOW, &found));
	assert_memory_equal(found.id, a.id, REPORT_HASH);
	/* Both have one body. */
	assert_false(evidence_del(txn, &a));
	assert_true(evidence_has_body(txn, a.hash));
	assert_false(evidence_known(txn, a.id));
	assert_int_equal(look("192.0.2.1", 16).count, 0);
	assert_true(evidence_oldest(txn, NOW, &found));
	assert_memory_equal(found.id, b.id, REPORT_HASH);
	assert_true(evidence_del(txn, &b));
	assert_false(evidence_has_body(txn, b.hash));
	assert_false(evidence_oldest(txn, NOW + 1, &found));
	assert_int_equal(store_table_usage(txn, TABLE_REPORTS).entries, 0);
	assert_int_equal(store_table_usage(txn, TABLE_EVIDENCE).entries, 0);
}

static void count_fault(void *context, const char *fault)
{
	print_message("%s\n", fault);
	++*(unsigned *)context;
}

static unsigned faults(void)
{
	unsigned count = 0;

	evidence_check(txn, count_fault, &count);
	assert_int_equal(txn_status(txn), ST_OK);
	return count;
}

static void test_a_check_finds_what_is_lost(void **state)
{
	struct evidence e = report_about("192.0.2.1", NOW, 'a', 1);
	struct bytes key, value;
	uint8_t copy[128];

	(void)state;
	assert_int_equal(faults(), 0);
	e.reporter = reporter_number(txn, "isp");
	evidence_add(txn, &e);
	e.report.source.addr++;
	evidence_identify(&e);
	evidence_add(txn, &e);
	assert_int_equal(faults(), 0);
	/* Each row of both tables in turn is taken away, and put back. */
	static const enum table tables[] = {TABLE_REPORTS, TABLE_EVIDENCE, TABLE_REPORTERS};

	for (size_t t = 0; t < 3; t++) {
		for (size_t row = 0; row < store_table_usage(txn, tables[t]).entries; row++) {
			struct scan *scan = scan_open(txn, tables[t]);
			uint8_t record[256];

			assert_true(scan_seek(scan, bytes_of("", 0), &key, &value));
			for (size_t i = 0; i < row; i++) {
				assert_true(scan_next(scan, &key, &value));
			}
			bool by_name = key.data[0] == 'n' && tables[t] == TABLE_REPORTERS;

			assert_in_range(key.len, 1, sizeof copy);
			assert_in_range(value.len, 0, sizeof record);
			memcpy(copy, key.data, key.len);
			memcpy(record, value.data, value.len);
			key = bytes_of(copy, key.len);
			value = bytes_of(record, value.len);
			scan_delete(scan);
			scan_close(scan);
			/* By number a reporter is looked up. */
			assert_true(by_name || faults() > 0);
			txn_put(txn, tables[t], key, value);
			assert_int_equal(faults(), 0);
		}
	}
}

static void test_reports_within_a_prefix_come_backwards(void **state)
{
	static const char *const hosts[] = {"192.0.1.255", "192.0.2.0", "192.0.2.7",
					    "192.0.2.255", "192.0.3.0", "255.255.255.255",
					    "2001:db8::1"};
	struct prefix net, host = {.family = 4, .len = 32};
	struct seen seen = {.most = 16};
	char text[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		for (uint8_t k = 0; k < 2; k++) {
			struct evidence e = report_about(hosts[i], NOW - 9 + k, (uint8_t)i, 1);

			evidence_add(txn, &e);
		}
	}
	assert_int_equal(prefix_parse("192.0.2.0/24", &net), ST_OK);
	evidence_within(txn, &net, see, &seen);
	assert_int_equal(seen.count, 6);
	for (size_t i = 0; i < 6; i++) {
		prefix_format(&seen.at[i].report.source, text);
		assert_string_equal(text, hosts[3 - i / 2]);
		assert_int_equal(seen.at[i].report.observed, NOW - 9 + (i % 2 == 0));
	}
	seen = (struct seen){.most = 16};
	assert_int_equal(prefix_parse("255.255.255.255", &net), ST_OK);
	evidence_within(txn, &net, see, &seen);
	assert_int_equal(seen.count, 2);
	seen = (struct seen){.most = 3};
	assert_int_equal(prefix_parse("::/0", &net), ST_OK);
	evidence_within(txn, &net, see, &seen);
	assert_int_equal(seen.count, 2);
	/* Each host in turn, of both families. */
	size_t count = 0;
	bool more = true;

	while (more && evidence_next_host(txn, &host)) {
		prefix_format(&host, text);
		assert_string_equal(text, hosts[count++]);
		more = evidence_after_host(&host);
	}
	assert_int_equal(count, sizeof hosts / sizeof *hosts);
}

static void test_reporters_keep_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(reporter_number(txn, "isp-fbl"), 1);
	assert_int_equal(reporter_number(txn, REPORTER_ANONYMOUS), 2);
	assert_int_equal(reporter_number(txn, "zz"), 3);
	assert_int_equal(reporter_number(txn, "isp-fbl"), 1);
	assert_int_equal(reporter_number(txn, "isp"), 4);
	assert_true(bytes_equal(reporter_name(txn, 1), bytes_str("isp-fbl")));
	assert_true(bytes_equal(reporter_name(txn, 3), bytes_str("zz")));
	assert_int_equal(reporter_name(txn, 5).len, 0);
	for (unsigned i = 5; i < 300; i++) {
		char name[16];

		snprintf(name, sizeof name, "r%u", i);
		assert_int_equal(reporter_number(txn, name), i);
	}
}

/* A row with a version that is not known, or cut short, is the transaction's error. */
static void test_damaged_rows_are_found(void **state)
{
	(void)state;
	struct evidence e = report_about("192.0.2.1", NOW, 'a', 1);
	struct bytes key, value;
	uint8_t copy[256];
	struct seen seen = {.most = 16};

	evidence_add(txn, &e);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);

	assert_true(scan_seek(scan, bytes_of("", 0), &key, &value));
	assert_in_range(value.len, 1, sizeof copy);
	memcpy(copy, value.data, value.len);
	copy[0]++;
	scan_replace(scan, key, bytes_of(copy, value.len));
	scan_close(scan);
	evidence_of(txn, 4, e.report.source.addr, see, &seen);
	assert_int_equal(seen.count, 0);
	assert_int_equal(txn_status(txn), ST_INTERNAL);
}

static void test_bodies_come_back_whole(void **state)
{
	uint8_t hash[REPORT_HASH], body[20000];
	struct blobs *blobs = NULL;
	struct bytes back, packed;

	(void)state;
	for (size_t i = 0; i < sizeof body; i++) {
		body[i] = (uint8_t)(i * i >> 3);
	}
	report_hash(bytes_of(body, sizeof body), hash);
	assert_int_equal(blobs_open(&blobs, database, MAP_SIZE), ST_OK);
	evidence_put_body(blobs, hash, bytes_of(body, sizeof body), sizeof body);
	evidence_put_body(blobs, hash, bytes_of(body, sizeof body), sizeof body);
	assert_int_equal(blobs_sync(blobs), ST_OK);
	assert_true(blobs_get(blobs, hash, &packed));
	assert_in_range(packed.len, 1, sizeof body - 1);
	free((void *)packed.data);
	assert_true(evidence_get_body(blobs, hash, &back));
	assert_int_equal(back.len, sizeof body);
	assert_memory_equal(back.data, body, sizeof body);
	free((void *)back.data);
	/* No more than is wanted of one. */
	hash[0]++;
	assert_false(blobs_get(blobs, hash, &packed));
	evidence_put_body(blobs, hash, bytes_of(body, sizeof body), 1000);
	assert_true(evidence_get_body(blobs, hash, &back));
	assert_int_equal(back.len, 1000);
	free((void *)back.data);
	/* What is no body of ours is none. */
	hash[0]++;
	blobs_put(blobs, hash, bytes_str("not compressed"));
	assert_false(evidence_get_body(blobs, hash, &back));
	blobs_del(blobs, hash);
	assert_int_equal(blobs_sync(blobs), ST_OK);
	assert_false(blobs_get(blobs, hash, &packed));
	blobs_close(blobs);
}

#define WITH_DATABASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DATABASE(test_all_of_a_report_comes_back),
		WITH_DATABASE(test_reports_of_an_address_stand_by_time),
		WITH_DATABASE(test_a_report_is_known_by_its_bytes_and_its_reporter),
		WITH_DATABASE(test_a_report_with_a_number_is_known_by_it),
		WITH_DATABASE(test_what_is_deleted_leaves_nothing),
		WITH_DATABASE(test_a_check_finds_what_is_lost),
		WITH_DATABASE(test_reports_within_a_prefix_come_backwards),
		WITH_DATABASE(test_reporters_keep_their_numbers),
		WITH_DATABASE(test_damaged_rows_are_found),
		WITH_DATABASE(test_bodies_come_back_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
