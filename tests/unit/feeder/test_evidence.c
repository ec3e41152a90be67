/* Reports in the database: by address and time, each once, with their bodies beside them. */
#include "evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

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

static struct seen look(const char *address, uint64_t since, size_t most)
{
	struct seen seen = {.most = most};
	struct prefix host = {0};

	if (address) {
		assert_int_equal(prefix_parse(address, &host), ST_OK);
	}
	evidence_of(txn, host.family, host.addr, since, see, &seen);
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
	evidence_add(txn, &e);
	struct seen seen = look("2001:db8::1", 0, 9);

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
	struct seen seen = look("192.0.2.1", 0, 16);

	assert_int_equal(seen.count, 5);
	assert_int_equal(evidence_time(&seen.at[0]), NOW - 30);
	assert_int_equal(evidence_time(&seen.at[1]), NOW - 20);
	assert_int_equal(evidence_time(&seen.at[2]), NOW - 10);
	/* Received now, whatever they say. */
	assert_int_equal(evidence_time(&seen.at[3]), NOW);
	assert_int_equal(evidence_time(&seen.at[4]), NOW);
	assert_int_equal(look("192.0.2.2", 0, 16).count, 1);
	assert_int_equal(look("2001:db8::1", 0, 16).count, 1);
	assert_int_equal(look("192.0.2.3", 0, 16).count, 0);
	struct seen nobody = look(NULL, 0, 16);

	assert_int_equal(nobody.count, 1);
	assert_int_equal(nobody.at[0].report.source.family, 0);
	/* From a time on, that time among them; and as many as are wanted. */
	assert_int_equal(look("192.0.2.1", NOW - 20, 16).count, 4);
	assert_int_equal(look("192.0.2.1", NOW - 19, 16).count, 3);
	assert_int_equal(look("192.0.2.1", NOW + 1, 16).count, 0);
	assert_int_equal(look("192.0.2.1", UINT64_MAX, 16).count, 0);
	assert_int_equal(look("192.0.2.1", 0, 2).count, 2);
}

static void test_a_report_is_known_by_its_bytes_and_its_reporter(void **state)
{
	struct evidence e = report_about("192.0.2.1", NOW, 'a', 1);
	struct evidence other = report_about("192.0.2.1", NOW, 'b', 1);

	(void)state;
	assert_false(evidence_known(txn, e.hash, 1));
	evidence_add(txn, &e);
	assert_true(evidence_known(txn, e.hash, 1));
	assert_false(evidence_known(txn, e.hash, 2));
	assert_false(evidence_known(txn, other.hash, 1));
	/* Another reporter's is another report. */
	e.reporter = 2;
	evidence_add(txn, &e);
	assert_int_equal(look("192.0.2.1", 0, 16).count, 2);
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
	uint8_t copy[64];
	struct seen seen = {.most = 16};

	evidence_add(txn, &e);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);

	assert_true(scan_seek(scan, bytes_of("", 0), &key, &value));
	assert_in_range(value.len, 1, sizeof copy);
	memcpy(copy, value.data, value.len);
	copy[0]++;
	scan_replace(scan, key, bytes_of(copy, value.len));
	scan_close(scan);
	evidence_of(txn, 4, e.report.source.addr, 0, see, &seen);
	assert_int_equal(seen.count, 0);
	assert_int_equal(txn_status(txn), ST_INTERNAL);
}

static void test_bodies_come_back_whole(void **state)
{
	uint8_t hash[REPORT_HASH], body[20000], back[sizeof body];
	struct blobs *blobs = NULL;
	struct bytes packed;

	(void)state;
	for (size_t i = 0; i < sizeof body; i++) {
		body[i] = (uint8_t)(i * i >> 3);
	}
	report_hash(bytes_of(body, sizeof body), hash);
	assert_int_equal(blobs_open(&blobs, database, MAP_SIZE), ST_OK);
	evidence_put_body(blobs, hash, bytes_of(body, sizeof body));
	evidence_put_body(blobs, hash, bytes_of(body, sizeof body));
	assert_int_equal(blobs_sync(blobs), ST_OK);
	assert_true(blobs_get(blobs, hash, &packed));
	assert_in_range(packed.len, 1, sizeof body - 1);
	assert_int_equal(ZSTD_decompress(back, sizeof back, packed.data, packed.len), sizeof body);
	assert_memory_equal(back, body, sizeof body);
	free((void *)packed.data);
	hash[0]++;
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
		WITH_DATABASE(test_reporters_keep_their_numbers),
		WITH_DATABASE(test_damaged_rows_are_found),
		WITH_DATABASE(test_bodies_come_back_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
