/* What needs no primary of feeder mirror: the spool, when to ask again, what is said how often. */
#include "mirror_say.h"
#include "mirror_schedule.h"
#include "mirror_spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "temp.h"

#include <cmocka.h>

static const char *folder;

static int set_up(void **state)
{
	(void)state;
	folder = temp_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_remove(folder);
	return 0;
}

/* --- the spool ----------------------------------------------------------------------------------
 */

static uint8_t long_rdata[UINT16_MAX];

static struct record record_of(const char *owner, uint16_t type, struct bytes rdata)
{
	struct record r = {.type = type, .ttl_s = 300, .rdata = rdata};

	assert_int_equal(name_parse(owner, &r.owner), ST_OK);
	return r;
}

/* What is replayed is compared with what was put. */
struct expected {
	const struct record *records;
	const bool *added;
	size_t count, at;
	size_t stop; /* fails at this one */
};

static enum status compare(struct expected *e, bool added, const struct record *r)
{
	assert_true(e->at < e->count);
	const struct record *wanted = &e->records[e->at];

	assert_int_equal(e->added[e->at], added);
	assert_true(name_equal(&wanted->owner, &r->owner));
	assert_int_equal(wanted->type, r->type);
	assert_int_equal(wanted->ttl_s, r->ttl_s);
	assert_true(bytes_equal(wanted->rdata, r->rdata));
	return e->at++ == e->stop ? ST_DATA : ST_OK;
}

static enum status deleted(void *context, const struct record *r)
{
	return compare(context, false, r);
}

static enum status added(void *context, const struct record *r)
{
	return compare(context, true, r);
}

static void test_a_spool_gives_back_what_was_put_in_its_order(void **state)
{
	const struct spool_bounds bounds = {100, 1 << 20};
	const struct record records[] = {
		record_of("dnsbl.example.org", 6, bytes_str("soa")),
		record_of("1.2.0.192.dnsbl.example.org", 1, bytes_str("\x7f\0\0\2")),
		record_of(".", 16, bytes_of(NULL, 0)),
		record_of("2.dnsbl.example.org", 65280, bytes_of(long_rdata, sizeof long_rdata)),
	};
	const bool adds[] = {false, true, true, false};
	struct expected all = {records, adds, 4, 0, 99}, half = {records, adds, 4, 0, 1};
	struct spool spool;

	(void)state;
	memset(long_rdata, 0xa5, sizeof long_rdata);
	assert_int_equal(spool_open(&spool, folder, &bounds), ST_OK);
	assert_int_equal(spool_begin(&spool, true, 77), ST_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal((adds[i] ? spool_add : spool_delete)(&spool, &records[i]), ST_OK);
	}
	assert_int_equal(spool_finish(&spool), ST_OK);
	assert_true(spool.full && spool.serial == 77 && spool.records == 4);

	const struct spool_rows rows = {&all, deleted, added}, some = {&half, deleted, added};

	assert_int_equal(spool_replay(dup(fileno(spool.file)), 4, &rows), ST_OK);
	assert_int_equal(all.at, 4);
	assert_int_equal(spool_replay(dup(fileno(spool.file)), 4, &some), ST_DATA);
	assert_int_equal(half.at, 2);
	spool_close(&spool);
	assert_int_equal(rmdir(folder), 0); /* no file in it has a name */
	assert_int_equal(mkdir(folder, 0755), 0);
}

static void test_a_spool_has_bounds(void **state)
{
	const struct record r = record_of("a.example", 1, bytes_str("\x7f\0\0\2"));
	struct spool_bounds bounds = {2, 1 << 20};
	struct spool spool;
	struct statvfs fs;

	(void)state;
	assert_int_equal(spool_open(&spool, folder, &bounds), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_OK);
	assert_int_equal(spool_delete(&spool, &r), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_DATA);
	assert_non_null(strstr(fail_text(), "more than 2 records"));
	const uint64_t two = spool.octets;

	spool_close(&spool);
	bounds = (struct spool_bounds){100, two};
	assert_int_equal(spool_open(&spool, folder, &bounds), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_DATA);
	assert_non_null(strstr(fail_text(), "half of map_size"));
	spool_close(&spool);

	bounds.octets = 1 << 20;
	assert_int_equal(spool_open(&spool, folder, &bounds), ST_OK);
	assert_int_equal(statvfs(folder, &fs), 0);
	assert_in_range(spool.room, 1, (uint64_t)fs.f_blocks * fs.f_frsize / 2);
	spool.room = two;
	assert_int_equal(spool_add(&spool, &r), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_OK);
	assert_int_equal(spool_add(&spool, &r), ST_AGAIN);
	assert_non_null(strstr(fail_text(), "free on the disk"));
	spool_close(&spool);

	bounds = spool_bounds_of(1000000, UINT64_C(64) << 30);
	assert_true(bounds.records == 20000000 && bounds.octets == UINT64_C(32) << 30);
}

static void test_a_damaged_spool_is_not_replayed(void **state)
{
	const struct spool_bounds bounds = {100, 1 << 20};
	const struct record records[] = {record_of("a.example", 1, bytes_str("\x7f\0\0\2"))};
	const bool adds[] = {true};
	struct spool spool;

	(void)state;
	assert_int_equal(spool_open(&spool, folder, &bounds), ST_OK);
	assert_int_equal(spool_add(&spool, &records[0]), ST_OK);
	assert_int_equal(spool_finish(&spool), ST_OK);
	const size_t len = spool.octets;

	/* Cut anywhere, and with a kind that there is not. */
	for (size_t cut = 0; cut <= len; cut++) {
		struct expected e = {records, adds, 1, 0, 99};
		const struct spool_rows rows = {&e, deleted, added};
		int fd = fileno(spool.file);

		if (cut < len) {
			assert_int_equal(ftruncate(fd, (off_t)cut), 0);
		} else {
			assert_int_equal(ftruncate(fd, (off_t)len), 0);
			assert_int_equal(pwrite(fd, "\x09", 1, 4), 1);
		}
		assert_int_equal(spool_replay(dup(fd), 1, &rows), ST_INTERNAL);
		assert_int_equal(e.at, 0);
		rewind(spool.file);
		spool.octets = 0;
		assert_int_equal(spool_add(&spool, &records[0]), ST_OK);
		assert_int_equal(spool_finish(&spool), ST_OK);
	}
	spool_close(&spool);
}

/* --- when ---------------------------------------------------------------------------------------
 */

static void test_when_a_primary_is_asked_again(void **state)
{
	static const struct {
		uint32_t refresh_s, retry_s, expire_s;
		unsigned failures;
		uint64_t ms;
	} table[] = {
		{600, 300, 86400, 0, 600000},
		{600, 300, 86400, 1, 300000},
		{600, 300, 86400, 50, 300000},
		{0, 0, 0, 0, 1000},
		{0, 0, 0, 1, 1000},
		{600, 300, 0, 0, 600000},
		{600, 300, 400, 0, 200000},
		{600, 300, 400, 1, 200000},
		{600, 300, 1, 1, 1000},
		{UINT32_MAX, 1, UINT32_MAX, 0, UINT64_C(28) * 86400000},
		{1, UINT32_MAX, UINT32_MAX, 3, UINT64_C(28) * 86400000},
	};
	static const uint64_t without[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct soa_config soa = {.refresh_s = table[i].refresh_s,
					       .retry_s = table[i].retry_s,
					       .expire_s = table[i].expire_s};

		assert_int_equal(schedule_ms(&soa, table[i].failures, 0), table[i].ms);
	}
	for (unsigned i = 0; i < sizeof without / sizeof *without; i++) {
		assert_int_equal(schedule_ms(NULL, i + 1, 0), without[i]);
	}
	assert_int_equal(schedule_ms(NULL, UINT32_MAX, 0), 60000);
}

static void test_up_to_a_tenth_is_taken_off(void **state)
{
	const struct soa_config soa = {.refresh_s = 600, .retry_s = 300};
	uint64_t least = UINT64_MAX;

	(void)state;
	for (uint32_t random = 0; random < 1000000; random += 997) {
		uint64_t ms = schedule_ms(&soa, 0, random);

		assert_in_range(ms, 540001, 600000);
		least = ms < least ? ms : least;
	}
	assert_in_range(least, 540001, 541000);
	assert_in_range(schedule_ms(&soa, 0, UINT32_MAX), 540001, 600000);
}

/* --- what is said -------------------------------------------------------------------------------
 */

static void test_a_fault_is_said_once_and_then_each_hour(void **state)
{
	struct mirror_said said = {0};

	(void)state;
	assert_false(mirror_said_end(&said));
	assert_true(mirror_say(&said, "REFUSED", 1000));
	assert_false(mirror_say(&said, "REFUSED", 1001));
	assert_false(mirror_say(&said, "REFUSED", 4599));
	assert_true(mirror_say(&said, "REFUSED", 4600));
	assert_false(mirror_say(&said, "REFUSED", 4601));
	assert_true(mirror_say(&said, "SERVFAIL", 4602));
	assert_true(mirror_said_end(&said));
	assert_false(mirror_said_end(&said));
	assert_true(mirror_say(&said, "SERVFAIL", 4603));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_spool_gives_back_what_was_put_in_its_order),
		cmocka_unit_test(test_a_spool_has_bounds),
		cmocka_unit_test(test_a_damaged_spool_is_not_replayed),
		cmocka_unit_test(test_when_a_primary_is_asked_again),
		cmocka_unit_test(test_up_to_a_tenth_is_taken_off),
		cmocka_unit_test(test_a_fault_is_said_once_and_then_each_hour),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
