/*
 * Results: kept until they are flushed, whole, in memory or past it; and JSON, with jansson as the
 * reader.
 */
#include "output.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <cmocka.h>

#include "json.h"

/* Flushes into memory; the caller frees it. */
static char *flushed(size_t *len)
{
	FILE *file = tmpfile();
	struct stat st;

	assert_non_null(file);
	assert_int_equal(output_flush_to(fileno(file)), ST_OK);
	assert_int_equal(fstat(fileno(file), &st), 0);
	*len = (size_t)st.st_size;
	char *text = malloc(*len + 1);

	assert_non_null(text);
	rewind(file);
	assert_int_equal(fread(text, 1, *len, file), *len);
	text[*len] = '\0';
	fclose(file);
	return text;
}

static void expect_flushed(const char *expected)
{
	size_t len;
	char *text = flushed(&len);

	assert_string_equal(text, expected);
	free(text);
}

static void test_results_come_out_once_and_in_order(void **state)
{
	(void)state;
	fputs("one\n", output());
	fprintf(output(), "%d\n", 2);
	expect_flushed("one\n2\n");
	expect_flushed("");
	fputs("three\n", output());
	expect_flushed("three\n");
}

static void test_nothing_is_written_before_the_flush(void **state)
{
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	fputs("text", output());
	fflush(output());
	assert_int_equal(read(ends[0], &byte, 1), -1);
	assert_int_equal(output_flush_to(ends[1]), ST_OK);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 't');
	close(ends[0]);
	close(ends[1]);
}

static void test_results_past_the_memory_that_is_kept_are_whole(void **state)
{
	const unsigned lines = 700000;
	size_t len, at = 0;

	(void)state;
	for (unsigned i = 0; i < lines; i++) {
		fprintf(output(), "%u\n", i);
	}
	char *text = flushed(&len);

	for (unsigned i = 0; i < lines; i++) {
		char line[16];
		size_t n = (size_t)snprintf(line, sizeof line, "%u\n", i);

		assert_true(at + n <= len);
		assert_memory_equal(text + at, line, n);
		at += n;
	}
	assert_int_equal(at, len);
	free(text);
}

static void test_a_full_disk_is_an_error_and_not_lost(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(full >= 0);
	fputs("text", output());
	assert_int_equal(output_flush_to(full), ST_IO);
	close(full);
	expect_flushed("");
}

static void test_what_is_discarded_never_comes(void **state)
{
	(void)state;
	fputs("half of it", output());
	output_discard();
	fputs("whole", output());
	expect_flushed("whole");
}

static void test_an_empty_column_is_a_dash(void **state)
{
	(void)state;
	output_column(bytes_str("a b"));
	output_column(bytes_str(""));
	expect_flushed("\ta b\t-");
}

/* What a member called "x" reads as. The caller gives it back with json_decref(). */
static json_t *read_member(struct bytes text)
{
	struct json json = json_begin(output());
	json_error_t error;
	size_t len;

	json_bytes(&json, "x", text);
	json_end(&json);
	char *line = flushed(&len);
	json_t *object = json_loadb(line, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);

	if (!object) {
		fail_msg("%s: %s", error.text, line);
	}
	assert_int_equal(line[len - 1], '\n');
	free(line);
	json_t *value = json_incref(json_object_get(object, "x"));

	json_decref(object);
	return value;
}

static void test_every_octet_is_read_back_from_json(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x80; c++) {
		uint8_t text[3] = {'a', (uint8_t)c, 'b'};
		json_t *value = read_member(bytes_of(text, sizeof text));

		assert_int_equal(json_string_length(value), 3);
		assert_memory_equal(json_string_value(value), text, 3);
		json_decref(value);
	}
}

static void test_utf8_is_kept_and_what_is_none_is_replaced(void **state)
{
	static const struct {
		const char *text, *read;
	} rows[] = {
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"a\xff"
		 "b",
		 "a\xef\xbf\xbd"
		 "b"},
		{"\xc3", "\xef\xbf\xbd"},                                 /* cut off */
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
		{"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
		{"\xf4\x90\x80\x80",
		 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* past the end */
		{"\xed\x9f\xbf\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xf4\x8f\xbf\xbf"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *value = read_member(bytes_str(rows[i].text));

		assert_string_equal(json_string_value(value), rows[i].read);
		json_decref(value);
	}
}

static void test_json_of_every_kind_nests(void **state)
{
	struct json json = json_begin(output());

	(void)state;
	json_text(&json, "text", "a\"b");
	json_text(&json, "none", NULL);
	json_optional(&json, "empty", bytes_str(""));
	json_open(&json, "list", '[');
	json_number(&json, NULL, 0);
	json_number(&json, NULL, UINT64_MAX);
	json_open(&json, NULL, '{');
	json_close(&json, '}');
	json_close(&json, ']');
	json_bool(&json, "yes", true);
	json_time(&json, "time", 1795255200);
	json_time(&json, "never", 0);
	json_end(&json);
	expect_flushed("{\"text\":\"a\\\"b\",\"none\":null,\"empty\":null,"
		       "\"list\":[0,18446744073709551615,{}],\"yes\":true,"
		       "\"time\":\"2026-11-21T10:00:00Z\",\"never\":null}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results_come_out_once_and_in_order),
		cmocka_unit_test(test_nothing_is_written_before_the_flush),
		cmocka_unit_test(test_results_past_the_memory_that_is_kept_are_whole),
		cmocka_unit_test(test_a_full_disk_is_an_error_and_not_lost),
		cmocka_unit_test(test_what_is_discarded_never_comes),
		cmocka_unit_test(test_an_empty_column_is_a_dash),
		cmocka_unit_test(test_every_octet_is_read_back_from_json),
		cmocka_unit_test(test_utf8_is_kept_and_what_is_none_is_replaced),
		cmocka_unit_test(test_json_of_every_kind_nests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
