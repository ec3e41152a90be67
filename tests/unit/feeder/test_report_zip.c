/* Archives of reports: what is read of them, and what they cannot do to the reader. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "report_reader.h"

#include <cmocka.h>

#define NOW     1795305600 /* 2026-11-22T00:00:00Z */
#define NAME    "2026-11-20-scan_afp-example-ip.csv"
#define ROWS(n) "timestamp,ip\n2026-11-20 10:00:00,192.0.2." #n "\n"

/* "address" of each report, or "bad: fault". */
static char told[8192];

static void tell(void *context, const struct report *report, struct bytes body, const char *fault)
{
	const struct bytes *whole = context;
	size_t len = strlen(told);
	char source[PREFIX_TEXT] = "-";

	/* What is kept is what came in. */
	assert_true(body.data == whole->data && body.len == whole->len);
	assert_true(!fault || report->disposition == DISPOSITION_UNRECOGNISED);
	if (report->source.family) {
		prefix_format(&report->source, source);
	}
	snprintf(told + len, sizeof told - len, "%s%s%s", len ? " " : "", fault ? "bad: " : "",
		 fault ? fault : source);
}

static enum status read_zip(struct bytes zip)
{
	static const struct config config;
	static const struct report_rules rules = {.now = NOW, .config = &config};
	struct report_reader reader = {.rules = &rules, .sink = tell, .context = &zip, .body = zip};

	told[0] = '\0';
	return zip_reports_read(&reader, zip);
}

/* An archive in memory, as it grows. */
struct made {
	zip_t *zip;
	zip_source_t *source;
	struct bytes bytes;
};

static struct made make(void)
{
	struct made made = {.source = zip_source_buffer_create(NULL, 0, 0, NULL)};

	zip_source_keep(made.source);
	made.zip = zip_open_from_source(made.source, ZIP_TRUNCATE, NULL);
	assert_non_null(made.zip);
	return made;
}

static zip_uint64_t put(struct made *made, const char *name, const void *data, size_t len)
{
	zip_source_t *source = zip_source_buffer(made->zip, data, len, 0);
	zip_int64_t index = zip_file_add(made->zip, name, source, 0);

	assert_true(index >= 0);
	return (zip_uint64_t)index;
}

static void put_text(struct made *made, const char *name, const char *text)
{
	put(made, name, text, strlen(text));
}

static void close_made(struct made *made)
{
	zip_stat_t stat;

	assert_int_equal(zip_close(made->zip), 0);
	assert_int_equal(zip_source_stat(made->source, &stat), 0);
	uint8_t *data = must_alloc(stat.size + 1);

	assert_int_equal(zip_source_open(made->source), 0);
	assert_int_equal(zip_source_read(made->source, data, stat.size), stat.size);
	zip_source_close(made->source);
	zip_source_free(made->source);
	made->bytes = bytes_of(data, stat.size);
}

static void release(struct made *made)
{
	free((void *)(uintptr_t)made->bytes.data);
}

static void assert_read(struct made *made, enum status status, const char *expected)
{
	close_made(made);
	assert_int_equal(read_zip(made->bytes), status);
	assert_string_equal(told, expected);
	release(made);
}

static void test_each_file_of_rows_is_read(void **state)
{
	struct made made = make();

	(void)state;
	put_text(&made, NAME, ROWS(1));
	put_text(&made, "a/b/../2026-11-20-scan_smb-example.CSV", ROWS(2));
	put_text(&made, "readme.txt", ROWS(3));
	zip_dir_add(made.zip, "folder.csv/", 0);
	assert_read(&made, ST_OK, "192.0.2.1 192.0.2.2");
}

static void test_an_archive_without_rows_is_no_report(void **state)
{
	struct made made = make();

	(void)state;
	put_text(&made, "readme.txt", ROWS(1));
	assert_read(&made, ST_NO, "");
}

static void test_an_archive_in_an_archive_is_not_opened(void **state)
{
	struct made inner = make(), outer = make();

	(void)state;
	put_text(&inner, NAME, ROWS(1));
	close_made(&inner);
	put(&outer, "inner.zip", inner.bytes.data, inner.bytes.len);
	put(&outer, "2026-11-20-scan_afp.csv", inner.bytes.data, inner.bytes.len);
	assert_read(&outer, ST_OK,
		    "bad: '2026-11-20-scan_afp.csv': no known header of comma separated values");
	release(&inner);
}

static void test_a_bad_file_takes_no_other_with_it(void **state)
{
	struct made made = make();

	(void)state;
	/* In the archive's code page 437 this octet is an arrow, on a terminal it would be none. */
	put_text(&made, "notes\x1b[31m.csv", "hello, world\n");
	put_text(&made, NAME, ROWS(2));
	assert_read(
		&made, ST_OK,
		"bad: 'notes\u2190[31m.csv': no known header of comma separated values 192.0.2.2");
}

static void test_encrypted_files_are_bad(void **state)
{
	struct made made = make();
	zip_uint64_t index;

	(void)state;
	index = put(&made, NAME, ROWS(1), strlen(ROWS(1)));
	assert_int_equal(zip_file_set_encryption(made.zip, index, ZIP_EM_AES_256, "secret"), 0);
	put_text(&made, "2026-11-20-scan_smb.csv", ROWS(2));
	assert_read(&made, ST_OK, "bad: '" NAME "': it is encrypted 192.0.2.2");
}

static void test_other_methods_than_deflate_are_bad(void **state)
{
	struct made made = make();
	zip_uint64_t index;
	char text[4096];

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, ROWS(1), strlen(ROWS(1)));
	index = put(&made, NAME, text, sizeof text);
	assert_int_equal(zip_set_file_compression(made.zip, index, ZIP_CM_BZIP2, 9), 0);
	assert_read(&made, ST_OK, "bad: '" NAME "': it is compressed by method 12");
}

/* Every octet of a small archive, one at a time: whatever it does, the reader comes back. */
static void test_a_damaged_archive_is_bad_or_read(void **state)
{
	struct made made = make();
	unsigned bad = 0;

	(void)state;
	put_text(&made, NAME, ROWS(1) "2026-11-20 10:00:00,192.0.2.9\n");
	close_made(&made);
	uint8_t *data = (uint8_t *)(uintptr_t)made.bytes.data;

	for (size_t i = 0; i < made.bytes.len; i++) {
		data[i] ^= 0xff;
		bad += read_zip(made.bytes) != ST_OK || strstr(told, "bad: ");
		data[i] ^= 0xff;
	}
	assert_true(bad > made.bytes.len / 4);
	assert_int_equal(read_zip(made.bytes), ST_OK);
	assert_string_equal(told, "192.0.2.1 192.0.2.9");
	/* Torn. */
	for (size_t len = 0; len < made.bytes.len; len++) {
		assert_int_equal(read_zip(bytes_of(data, len)), ST_NO);
		assert_string_equal(told, "");
	}
	release(&made);
}

static void test_what_expands_to_too_much_is_bad(void **state)
{
	size_t size = 32 << 20;
	char *text = must_alloc(size);
	struct made made = make();

	(void)state;
	/* Deflated to a thousandth: past the ratio. */
	memcpy(text, ROWS(1), strlen(ROWS(1)));
	memset(text + strlen(ROWS(1)), '\n', size - strlen(ROWS(1)));
	put(&made, NAME, text, size);
	assert_read(&made, ST_OK, "bad: '" NAME "': it expands to too much");
	free(text);
}

/* All together, not each for itself. */
static void test_the_limit_is_for_all_files_together(void **state)
{
	size_t size = 700 << 10;
	char *text = must_alloc(size);
	struct made made = make();

	(void)state;
	memcpy(text, ROWS(1), strlen(ROWS(1)));
	memset(text + strlen(ROWS(1)), '\n', size - strlen(ROWS(1)));
	put(&made, "2026-11-20-scan_afp.csv", text, size);
	put(&made, "2026-11-20-scan_smb.csv", text, size);
	put(&made, "2026-11-20-scan_rdp.csv", text, size);
	assert_read(&made, ST_OK,
		    "192.0.2.1 bad: '2026-11-20-scan_smb.csv': it expands to too much "
		    "bad: '2026-11-20-scan_rdp.csv': it expands to too much");
	free(text);
}

static void test_entries_are_limited(void **state)
{
	for (unsigned count = 100; count <= 101; count++) {
		struct made made = make();

		for (unsigned i = 0; i < count; i++) {
			char name[64];

			snprintf(name, sizeof name, "%u.txt", i);
			put_text(&made, name, "x");
		}
		assert_read(&made, ST_NO, "");
		assert_string_equal(fail_text(),
				    count > 100 ? "an archive of 101 entries; 100 are read at most"
						: "an archive without a file of comma separated "
						  "values");
	}
	(void)state;
}

static void test_many_ends_are_refused_before_libzip_tries_them(void **state)
{
	struct made made = make();

	(void)state;
	put_text(&made, NAME, ROWS(1));
	close_made(&made);
	size_t len = made.bytes.len + 22 * 1000;
	uint8_t *data = must_alloc(len);

	memcpy(data, made.bytes.data, made.bytes.len);
	for (size_t at = made.bytes.len; at < len; at += 22) {
		memcpy(data + at, made.bytes.data + made.bytes.len - 22, 22);
	}
	assert_int_equal(read_zip(bytes_of(data, len)), ST_NO);
	assert_string_equal(fail_text(), "an archive with more than one end");
	free(data);
	release(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_file_of_rows_is_read),
		cmocka_unit_test(test_an_archive_without_rows_is_no_report),
		cmocka_unit_test(test_an_archive_in_an_archive_is_not_opened),
		cmocka_unit_test(test_a_bad_file_takes_no_other_with_it),
		cmocka_unit_test(test_encrypted_files_are_bad),
		cmocka_unit_test(test_other_methods_than_deflate_are_bad),
		cmocka_unit_test(test_a_damaged_archive_is_bad_or_read),
		cmocka_unit_test(test_what_expands_to_too_much_is_bad),
		cmocka_unit_test(test_the_limit_is_for_all_files_together),
		cmocka_unit_test(test_entries_are_limited),
		cmocka_unit_test(test_many_ends_are_refused_before_libzip_tries_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
