/* Bodies of reports that no row has: each goes in its turn, and no other body does. */
#include "retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "temp.h"

#include <cmocka.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE };
#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

static const char *folder;
static char database[128];
static struct store *store;
static struct config config = {.database = database, .map_size = 64 << 20};

static int set_up(void **state)
{
	(void)state;
	folder = temp_make();
	snprintf(database, sizeof database, "%s/db", folder);
	return store_create(&store, database, config.map_size, -1, -1);
}

static int tear_down(void **state)
{
	(void)state;
	store_close(store);
	temp_remove(folder);
	return 0;
}

static struct evidence report_with(uint8_t octet, uint8_t rest)
{
	struct evidence e = {.received = NOW, .reporter = 1};

	memset(e.hash, rest, sizeof e.hash);
	e.hash[0] = octet;
	evidence_identify(&e);
	return e;
}

/* In each part a body that a row has, and one that was left. */
static void fill(void)
{
	struct blobs *blobs;
	struct txn *txn;

	assert_int_equal(blobs_open(&blobs, database, config.map_size), ST_OK);
	assert_int_equal(txn_write(store, &txn), ST_OK);
	for (unsigned part = 0; part < RETENTION_PARTS; part++) {
		struct evidence kept = report_with((uint8_t)part, 7);
		struct evidence left = report_with((uint8_t)part, part % 2 ? 0 : 0xff);

		evidence_add(txn, &kept);
		blobs_put(blobs, kept.hash, bytes_str("kept"));
		blobs_put(blobs, left.hash, bytes_str("left"));
	}
	assert_int_equal(txn_commit(txn), ST_OK);
	assert_int_equal(blobs_sync(blobs), ST_OK);
	blobs_close(blobs);
}

static unsigned bodies(const char *content, uint8_t even, uint8_t odd)
{
	struct blobs *blobs;
	unsigned count = 0;

	assert_int_equal(blobs_open(&blobs, database, config.map_size), ST_OK);
	for (unsigned part = 0; part < RETENTION_PARTS; part++) {
		struct evidence e = report_with((uint8_t)part, part % 2 ? odd : even);
		struct bytes found;

		if (blobs_get(blobs, e.hash, &found)) {
			assert_true(bytes_equal(found, bytes_str(content)));
			free((void *)found.data);
			count++;
		}
	}
	blobs_close(blobs);
	return count;
}

/* By a timer that runs each `step` seconds, within `most` runs. */
static void assert_all_go(uint64_t step, unsigned most)
{
	size_t gone = 0, count;

	fill();
	assert_int_equal(bodies("left", 0xff, 0), RETENTION_PARTS);
	for (unsigned run = 0; run < most; run++) {
		const struct call call = {.config = &config, .now = NOW + run * step};

		assert_int_equal(retention_sweep(&call, store, &count), ST_OK);
		assert_in_range(count, 0, 1);
		gone += count;
	}
	assert_int_equal(gone, RETENTION_PARTS);
	assert_int_equal(bodies("left", 0xff, 0), 0);
	assert_int_equal(bodies("kept", 7, 7), RETENTION_PARTS);
}

static void test_each_minute_a_part_is_swept(void **state)
{
	(void)state;
	assert_all_go(MINUTE, 400);
}

static void test_each_hour_is_enough(void **state)
{
	(void)state;
	assert_all_go(HOUR, 430);
}

static void test_without_any_report_nothing_is_made(void **state)
{
	const struct call call = {.config = &config, .now = NOW};
	size_t count = 1;

	(void)state;
	assert_int_equal(retention_sweep(&call, store, &count), ST_OK);
	assert_int_equal(count, 0);
	assert_false(blobs_exist(database));
	fill();
	assert_true(blobs_exist(database));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_minute_a_part_is_swept, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_each_hour_is_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_any_report_nothing_is_made, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
