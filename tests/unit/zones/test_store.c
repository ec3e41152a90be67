/*
 * test_store.c: databases that are new, unfinished, locked, full, cut short, or from the future.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blob.h"
#include "store.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

enum { MAP = 4 << 20 };

static const char *dir;

static void put(struct store *store, const char *key, const char *value)
{
	struct txn *txn;

	assert_int_equal(txn_write(store, &txn), ST_OK);
	txn_put(txn, TABLE_META, bytes_str(key), bytes_str(value));
	assert_int_equal(txn_commit(txn), ST_OK);
}

static bool has(struct store *store, const char *key)
{
	struct bytes value;
	struct txn *txn;

	assert_int_equal(txn_read(store, &txn), ST_OK);
	bool there = txn_get(txn, TABLE_META, bytes_str(key), &value);
	assert_int_equal(txn_status(txn), ST_OK);
	txn_abort(txn);
	return there;
}

static struct store *create(void)
{
	struct store *store;

	if (store_create(&store, dir, MAP, -1, -1)) {
		fail_msg("%s", fail_text());
	}
	return store;
}

static int setup(void **state)
{
	(void)state;
	dir = temp_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_remove(dir);
	return 0;
}

static const char *file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(file(name), &st), 0);
	return st.st_mode & 07777;
}

static void test_a_folder_without_a_database_is_no_input(void **state)
{
	struct store *store;

	(void)state;
	assert_int_equal(store_open_read(&store, dir), ST_NOINPUT);
	assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_NOINPUT);
	assert_int_equal(store_open_write(&store, "/nonexistent/dnsbld", MAP, 0), ST_NOINPUT);
	/* Looking made nothing. */
	assert_int_not_equal(access(file("data.mdb"), F_OK), 0);
}

static void test_a_database_is_there_with_its_first_commit(void **state)
{
	struct store *store = create(), *reader;

	(void)state;
	store_close(store);
	assert_int_equal(store_open_read(&reader, dir), ST_NOINPUT);
	assert_non_null(strstr(fail_text(), "never finished"));
	store = create();
	put(store, "key", "value");
	store_close(store);
	assert_int_equal(store_open_read(&reader, dir), ST_OK);
	assert_true(has(reader, "key"));
	store_close(reader);
	assert_int_equal(store_create(&store, dir, MAP, -1, -1), ST_DATA);
}

static void test_dnsbld_may_read_data_and_take_a_slot_and_not_see_evidence(void **state)
{
	struct store *store = create();

	(void)state;
	put(store, "key", "value");
	assert_int_equal(mode_of("data.mdb"), 0640);
	assert_int_equal(mode_of("lock.mdb"), 0660);
	assert_int_equal(mode_of("evidence"), 0700);
	store_close(store);
}

static void test_a_second_writer_is_told_to_come_again(void **state)
{
	struct store *store = create(), *second;

	(void)state;
	put(store, "key", "value");
	assert_int_equal(store_open_write(&second, dir, MAP, 0), ST_AGAIN);
	assert_int_equal(store_open_write(&second, dir, MAP, 100), ST_AGAIN);
	assert_non_null(strstr(fail_text(), "another feeder"));
	store_close(store);
	assert_int_equal(store_open_write(&second, dir, MAP, 0), ST_OK);
	store_close(second);
}

static void test_a_writer_that_was_killed_leaves_no_lock(void **state)
{
	struct store *store = create();

	(void)state;
	put(store, "key", "value");
	store_close(store);
	pid_t child = fork();
	if (child == 0) {
		struct txn *txn;

		if (store_open_write(&store, dir, MAP, 0) || txn_write(store, &txn)) {
			_exit(1);
		}
		txn_put(txn, TABLE_META, bytes_str("lost"), bytes_str("value"));
		_exit(0);
	}
	int wait_status;
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	assert_int_equal(wait_status, 0);
	assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_OK);
	assert_false(has(store, "lost"));
	put(store, "more", "value");
	store_close(store);
}

static void test_a_full_map_is_an_error_and_loses_nothing(void **state)
{
	struct store *store = create();
	struct txn *txn;
	uint8_t page[4000] = {0};

	(void)state;
	put(store, "key", "value");
	assert_int_equal(txn_write(store, &txn), ST_OK);
	for (unsigned i = 0; i < 2000; i++) {
		memcpy(page, &i, sizeof i);
		txn_put(txn, TABLE_META, bytes_of(page, 8), bytes_of(page, sizeof page));
	}
	assert_int_equal(txn_status(txn), ST_AGAIN);
	assert_non_null(strstr(fail_text(), "map_size"));
	assert_int_equal(txn_commit(txn), ST_AGAIN);
	assert_true(has(store, "key"));
	store_close(store);

	/* With a larger map it goes on. */
	assert_int_equal(store_open_write(&store, dir, 8 * MAP, 0), ST_OK);
	put(store, "after", "value");
	store_close(store);
}

static void test_readers_are_counted_and_the_oldest_is_known(void **state)
{
	struct store *writer = create();
	struct store_readers readers;
	struct txn *old, *new;

	(void)state;
	put(writer, "a", "1");
	assert_true(store_readers(writer, &readers));
	assert_int_equal(readers.oldest, 0);
	unsigned none = readers.count;

	assert_int_equal(txn_read(writer, &old), ST_OK);
	put(writer, "b", "2");
	assert_int_equal(txn_read(writer, &new), ST_OK);
	assert_true(store_readers(writer, &readers));
	assert_int_equal(readers.count, none + 2);
	assert_int_equal(readers.oldest, txn_id(old));
	assert_int_equal(readers.newest, txn_id(new));
	assert_int_equal(readers.newest, readers.oldest + 1);
	assert_in_range(readers.most, 1024, 1 << 20);
	/* One that was given up has its slot and keeps nothing. */
	txn_reset(old);
	assert_true(store_readers(writer, &readers));
	assert_int_equal(readers.count, none + 2);
	assert_int_equal(readers.oldest, txn_id(new));
	txn_abort(old);
	txn_abort(new);
	store_close(writer);
}

static void test_a_reader_follows_a_map_that_grew(void **state)
{
	struct store *store = create(), *reader;
	uint8_t page[4000] = {0};
	struct bytes value;
	struct txn *txn, *view;

	(void)state;
	put(store, "key", "value");
	store_close(store);
	/* The reader is another process: LMDB knows one environment a process. */
	int to_reader[2], from_reader[2];
	assert_int_equal(pipe(to_reader), 0);
	assert_int_equal(pipe(from_reader), 0);
	pid_t child = fork();
	if (child == 0) {
		char byte = 'r';

		if (store_open_read(&reader, dir) || txn_read(reader, &view)) {
			_exit(1);
		}
		txn_reset(view);
		if (write(from_reader[1], &byte, 1) != 1 || read(to_reader[0], &byte, 1) != 1) {
			_exit(2);
		}
		_exit(txn_renew(view) || !txn_get(view, TABLE_META, bytes_str("last"), &value) ? 3
											       : 0);
	}
	char byte;
	assert_int_equal(read(from_reader[0], &byte, 1), 1);
	assert_int_equal(store_open_write(&store, dir, 16 * MAP, 0), ST_OK);
	assert_int_equal(txn_write(store, &txn), ST_OK);
	for (unsigned i = 0; i < 4000; i++) {
		memcpy(page, &i, sizeof i);
		txn_put(txn, TABLE_META, bytes_of(page, 8), bytes_of(page, sizeof page));
	}
	txn_put(txn, TABLE_META, bytes_str("last"), bytes_str("value"));
	assert_int_equal(txn_commit(txn), ST_OK);
	assert_true(store_used_bytes(store) > MAP);
	assert_int_equal(write(to_reader[1], "g", 1), 1);
	int wait_status;
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	assert_int_equal(wait_status, 0);
	store_close(store);
}

static void test_a_newer_schema_is_refused_by_name(void **state)
{
	struct store *store = create();
	struct txn *txn;

	(void)state;
	put(store, "key", "value");
	assert_int_equal(txn_write(store, &txn), ST_OK);
	txn_put(txn, TABLE_META, bytes_str("schema"),
		bytes_of((const uint8_t[]){0, 0, 0, STORE_SCHEMA + 1}, 4));
	assert_int_equal(txn_commit(txn), ST_OK);
	store_close(store);
	assert_int_equal(store_open_read(&store, dir), ST_CONFIG);
	assert_non_null(strstr(fail_text(), "newer"));
	assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_CONFIG);
}

static void test_a_file_that_was_cut_or_is_none_is_damage(void **state)
{
	struct store *store = create();
	char key[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof key, "key %d", i);
		put(store, key, key);
	}
	store_close(store);
	assert_int_equal(truncate(file("data.mdb"), 8192), 0);
	assert_int_equal(store_open_read(&store, dir), ST_IO);
	assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_IO);

	FILE *f = fopen(file("data.mdb"), "w");
	assert_non_null(f);
	for (int i = 0; i < 5000; i++) {
		fputs("this is no database ", f);
	}
	assert_int_equal(fclose(f), 0);
	assert_int_equal(store_open_read(&store, dir), ST_IO);
	assert_non_null(strstr(fail_text(), "data.mdb"));
}

static void test_a_replaced_or_cut_file_is_noticed(void **state)
{
	struct store *store = create();

	(void)state;
	put(store, "key", "value");
	assert_true(store_is_current(store));
	char old[300];
	snprintf(old, sizeof old, "%s.old", file("data.mdb"));
	assert_int_equal(rename(file("data.mdb"), old), 0);
	assert_false(store_is_current(store));
	assert_int_equal(rename(old, file("data.mdb")), 0);
	assert_true(store_is_current(store));
	assert_int_equal(truncate(file("data.mdb"), 4096), 0);
	assert_false(store_is_current(store));
	store_close(store);
}

static size_t read_data(uint8_t *at, size_t room)
{
	FILE *f = fopen(file("data.mdb"), "r");
	size_t len = fread(at, 1, room, f);

	fclose(f);
	return len;
}

static void write_data(const uint8_t *at, size_t len)
{
	FILE *f = fopen(file("data.mdb"), "w");

	assert_int_equal(fwrite(at, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/*
 * A power cut in the middle of LMDB's last write: its front is new and the rest old. The number of
 * the transaction, by which LMDB knows the newer of its two meta pages, comes last.
 */
static void test_a_meta_page_that_was_half_written_is_the_state_before(void **state)
{
	static uint8_t before[MAP], after[MAP], cut[MAP];
	struct store *store = create();
	size_t first = 0, last = 0;

	(void)state;
	put(store, "key1", "");
	put(store, "key2", "");
	assert_true(read_data(before, MAP) > 0);
	put(store, "key3", "");
	size_t len = read_data(after, MAP);

	store_close(store);
	for (size_t at = 0; at < (size_t)2 * 4096; at++) {
		if (before[at] != after[at]) {
			first = first ? first : at;
			last = at;
		}
	}
	/* One sector. */
	assert_true(first > 0 && first / 512 == last / 512);
	for (size_t end = first; end <= last + 1; end++) {
		memcpy(cut, after, len);
		memcpy(cut + end, before + end, last + 1 - end);
		write_data(cut, len);
		/* As after every start of a machine, nobody had it open. */
		assert_int_equal(unlink(file("lock.mdb")), 0);
		assert_int_equal(store_open_read(&store, dir), ST_OK);
		assert_true(has(store, "key2"));
		assert_int_equal(has(store, "key3"), end == last + 1);
		store_close(store);
		assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_OK);
		put(store, "key4", "");
		assert_true(has(store, "key1") && has(store, "key2") && has(store, "key4"));
		store_close(store);
	}
}

static void test_a_lock_file_that_is_made_again_has_the_modes_that_init_gives(void **state)
{
	struct store *store = create();

	(void)state;
	put(store, "key", "value");
	store_close(store);
	assert_int_equal(unlink(file("lock.mdb")), 0);
	assert_int_equal(store_open_read(&store, dir), ST_OK);
	store_close(store);
	assert_int_equal(mode_of("lock.mdb"), 0660);
	assert_int_equal(mode_of("data.mdb"), 0640);
	assert_int_equal(unlink(file("lock.mdb")), 0);
	assert_int_equal(store_open_write(&store, dir, MAP, 0), ST_OK);
	store_close(store);
	assert_int_equal(mode_of("lock.mdb"), 0660);
}

static void test_an_empty_data_file_is_an_unfinished_database(void **state)
{
	struct store *store;

	(void)state;
	assert_int_equal(fclose(fopen(file("data.mdb"), "w")), 0);
	assert_int_equal(store_open_read(&store, dir), ST_NOINPUT);
	assert_non_null(strstr(fail_text(), "never finished"));
	put(store = create(), "key", "value");
	store_close(store);
}

static void test_scans_insert_replace_and_delete(void **state)
{
	struct store *store = create();
	struct bytes key, value, existing;
	struct txn *txn;

	(void)state;
	assert_int_equal(txn_write(store, &txn), ST_OK);
	struct scan *scan = scan_open(txn, TABLE_CLAIMS);
	assert_true(scan_insert(scan, bytes_str("b"), bytes_str("1"), &existing));
	assert_true(scan_insert(scan, bytes_str("a"), bytes_str("2"), &existing));
	assert_true(scan_insert(scan, bytes_str("c"), bytes_str("3"), &existing));
	assert_false(scan_insert(scan, bytes_str("b"), bytes_str("9"), &existing));
	assert_true(bytes_equal(existing, bytes_str("1")));
	assert_true(scan_seek(scan, bytes_str("b"), &key, &value) &&
		    bytes_equal(value, bytes_str("1")));
	scan_delete(scan);
	assert_true(scan_next(scan, &key, &value) && bytes_equal(key, bytes_str("c")));
	assert_true(scan_prev(scan, &key, &value) && bytes_equal(key, bytes_str("a")));
	assert_false(scan_prev(scan, &key, &value));
	assert_false(scan_seek(scan, bytes_str("d"), &key, &value));
	assert_int_equal(txn_status(txn), ST_OK);
	scan_close(scan);
	txn_abort(txn);
	store_close(store);
}

/* One transaction's rows come in runs, out of order and over each other, and go in between. */
static void test_rows_are_as_they_were_last_put(void **state)
{
	enum { ROWS = 5000, ROUNDS = 40, RUN = 400 };
	static uint32_t model[ROWS]; /* 0: there is no such row */
	struct store *store = create();
	struct bytes value;
	struct txn *txn;
	uint32_t content = 0;
	uint8_t key[4];

	(void)state;
	memset(model, 0, sizeof model);
	assert_int_equal(txn_write(store, &txn), ST_OK);
	srand(1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool all = round == ROUNDS / 2; /* go: the next put finds an empty table */
		bool deletes = all || round % 3 == 2;
		unsigned first = (unsigned)rand() % ROWS, step = all || round % 2 ? 1 : 7;

		for (unsigned i = 0; i < (all ? ROWS : RUN); i++) {
			unsigned row = (first + i * step) % ROWS;
			struct writer w = writer_of(key, sizeof key);

			write_u32(&w, row);
			if (deletes) {
				assert_int_equal(txn_del(txn, TABLE_CLAIMS, writer_bytes(&w)),
						 model[row] != 0);
				model[row] = 0;
			} else {
				model[row] = ++content;
				txn_put(txn, TABLE_CLAIMS, writer_bytes(&w),
					bytes_of((const uint8_t *)&model[row], sizeof *model));
			}
		}
	}
	assert_int_equal(txn_commit(txn), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	for (unsigned row = 0; row < ROWS; row++) {
		struct writer w = writer_of(key, sizeof key);

		write_u32(&w, row);
		assert_int_equal(txn_get(txn, TABLE_CLAIMS, writer_bytes(&w), &value),
				 model[row] != 0);
		if (model[row]) {
			assert_true(bytes_equal(
				value, bytes_of((const uint8_t *)&model[row], sizeof *model)));
		}
	}
	txn_abort(txn);
	store_close(store);
}

static void test_large_rows_in_order_fill_their_pages(void **state)
{
	enum { ROWS = 300, ROW = 1300 }; /* three a page of 4,096 */
	static const uint8_t row[ROW] = {1}, other[ROW] = {2};
	struct store *store = create();
	struct bytes value;
	struct txn *txn;
	uint8_t key[4];

	(void)state;
	assert_int_equal(txn_write(store, &txn), ST_OK);
	for (unsigned i = 0; i < ROWS; i++) {
		struct writer w = writer_of(key, sizeof key);

		write_u32(&w, i);
		txn_append(txn, TABLE_INDEX4, writer_bytes(&w), bytes_of(row, ROW));
	}
	struct store_usage usage = store_table_usage(txn, TABLE_INDEX4);
	assert_int_equal(usage.entries, ROWS);
	assert_true(usage.bytes < ROWS * ROW * 110 / 100);

	/* A row that is there, and one in between. */
	txn_append(txn, TABLE_INDEX4, bytes_of((const uint8_t[]){0, 0, 0, 7}, 4),
		   bytes_of(other, ROW));
	txn_append(txn, TABLE_INDEX4, bytes_of((const uint8_t[]){0, 0, 0, 7, 7}, 5),
		   bytes_of(other, ROW));
	assert_int_equal(txn_status(txn), ST_OK);
	assert_int_equal(store_table_usage(txn, TABLE_INDEX4).entries, ROWS + 1);
	for (uint8_t i = 6; i < 9; i++) {
		assert_true(txn_get(txn, TABLE_INDEX4, bytes_of((const uint8_t[]){0, 0, 0, i}, 4),
				    &value));
		assert_true(bytes_equal(value, bytes_of(i == 7 ? other : row, ROW)));
	}
	txn_abort(txn);
	store_close(store);
}

static void test_blobs_are_there_after_a_sync_and_not_before(void **state)
{
	struct store *store = create();
	struct blobs *blobs;
	struct bytes content;
	uint8_t one[BLOB_KEY] = {1}, two[BLOB_KEY] = {2};

	(void)state;
	assert_int_equal(blobs_open(&blobs, dir, MAP), ST_OK);
	blobs_put(blobs, one, bytes_str("a report"));
	assert_int_equal(blobs_sync(blobs), ST_OK);
	blobs_put(blobs, two, bytes_str("another"));
	blobs_close(blobs);
	assert_int_equal(blobs_open(&blobs, dir, MAP), ST_OK);
	assert_true(blobs_get(blobs, one, &content));
	assert_true(bytes_equal(content, bytes_str("a report")));
	free((void *)(uintptr_t)content.data);
	assert_false(blobs_get(blobs, two, &content));
	blobs_close(blobs);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_folder_without_a_database_is_no_input, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_database_is_there_with_its_first_commit,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_dnsbld_may_read_data_and_take_a_slot_and_not_see_evidence, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_a_second_writer_is_told_to_come_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_writer_that_was_killed_leaves_no_lock, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_full_map_is_an_error_and_loses_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_readers_are_counted_and_the_oldest_is_known,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_reader_follows_a_map_that_grew, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_newer_schema_is_refused_by_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_file_that_was_cut_or_is_none_is_damage,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_replaced_or_cut_file_is_noticed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_a_lock_file_that_is_made_again_has_the_modes_that_init_gives, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_a_meta_page_that_was_half_written_is_the_state_before, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_an_empty_data_file_is_an_unfinished_database,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_scans_insert_replace_and_delete, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_rows_are_as_they_were_last_put, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_large_rows_in_order_fill_their_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_blobs_are_there_after_a_sync_and_not_before,
						setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
