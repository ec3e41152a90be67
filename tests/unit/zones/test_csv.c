/* Rows of comma separated values (RFC 4180), good and bad. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#include <cmocka.h>

static struct csv csv;

/* Every row as "line:[field][field]" or "line:fault", by blanks. */
static const char *rows(struct bytes text, char delimiter)
{
	static char told[8192];
	size_t len = 0;

	told[0] = '\0';
	csv_begin(&csv, text, delimiter);
	while (csv_next(&csv)) {
		len += (size_t)snprintf(told + len, sizeof told - len, "%s%u:%s", len ? " " : "",
					(unsigned)csv.line, csv.fault ? csv.fault : "");
		assert_int_equal(csv.count == 0, csv.fault != NULL);
		for (size_t i = 0; i < csv.count; i++) {
			len += (size_t)snprintf(told + len, sizeof told - len, "[%.*s]",
						(int)csv.fields[i].len,
						(const char *)csv.fields[i].data);
		}
	}
	assert_false(csv_next(&csv));
	return told;
}

static void assert_rows(const char *text, const char *expected)
{
	assert_string_equal(rows(bytes_str(text), ','), expected);
}

static void test_rows_and_fields(void **state)
{
	(void)state;
	assert_rows("", "");
	assert_rows("a", "1:[a]");
	assert_rows("a,b\nc,d\n", "1:[a][b] 2:[c][d]");
	assert_rows(",\n", "1:[][]");
	assert_rows("a,,\n,,b", "1:[a][][] 2:[][][b]");
	assert_rows(" a , b ", "1:[ a ][ b ]");
	assert_rows("\xef\xbb\xbf"
		    "a,b",
		    "1:[a][b]");
}

static void test_lines_end_with_cr_lf_or_both(void **state)
{
	(void)state;
	assert_rows("a\r\nb\rc\nd", "1:[a] 2:[b] 3:[c] 4:[d]");
	assert_rows("a\n\n\r\n\rb", "1:[a] 5:[b]");
	assert_rows("\n\n", "");
	assert_rows("a,\r\n", "1:[a][]");
}

static void test_quotes(void **state)
{
	(void)state;
	assert_rows("\"a\",\"\",\"b,c\"\n", "1:[a][][b,c]");
	assert_rows("\"say \"\"no\"\"\",\"\"\"\"\n", "1:[say \"no\"][\"]");
	assert_rows("\"two\r\nlines\",x\nnext", "1:[two\r\nlines][x] 3:[next]");
	/* Inside a field that began without one, a quote is a quote. */
	assert_rows("a\"b\",\"c\"", "1:[a\"b\"][c]");
	assert_rows("\"a\"", "1:[a]");
}

static void test_fields_that_were_undoubled_stand_side_by_side(void **state)
{
	(void)state;
	assert_rows("\"a\"\"b\",\"c\"\"d\"\n\"e\"\"f\"", "1:[a\"b][c\"d] 2:[e\"f]");
}

static void test_other_delimiters(void **state)
{
	(void)state;
	assert_string_equal(rows(bytes_str("a,b;\"c;d\"\n"), ';'), "1:[a,b][c;d]");
	assert_string_equal(rows(bytes_str("a\tb\n"), '\t'), "1:[a][b]");
}

static void test_a_bad_row_takes_no_other_with_it(void **state)
{
	(void)state;
	assert_rows("a\n\"b\"x,c\nd\n", "1:[a] 2:something follows a closing quote 3:[d]");
	/* A stray quote ends with the next one, and with the line that this is on. */
	assert_rows("\"a,b\n\"c\",d\ne,f\n", "1:something follows a closing quote 3:[e][f]");
}

static void test_what_follows_an_open_quote_is_no_row(void **state)
{
	(void)state;
	assert_rows("a\nb,\"192.0.2.1\nc\nd",
		    "1:[a] 2:a quote is never closed: what follows is not "
		    "read");
	assert_rows("\"", "1:a quote is never closed: what follows is not read");
	csv_begin(&csv, bytes_str("\"a\"x\nb,\"c"), ',');
	assert_true(csv_next(&csv));
	assert_false(csv.open);
	assert_true(csv_next(&csv));
	assert_true(csv.open);
	csv_begin(&csv, bytes_str("a"), ',');
	assert_true(csv_next(&csv));
	assert_false(csv.open);
}

static void test_columns_are_limited(void **state)
{
	char text[2 * CSV_COLUMNS + 8];
	size_t len = CSV_COLUMNS - 1;

	(void)state;
	memset(text, ',', len);
	memcpy(text + len, "\nx", 3);
	csv_begin(&csv, bytes_str(text), ',');
	assert_true(csv_next(&csv));
	assert_null(csv.fault);
	assert_int_equal(csv.count, CSV_COLUMNS);
	memset(text, ',', ++len);
	memcpy(text + len, "\nx", 3);
	csv_begin(&csv, bytes_str(text), ',');
	assert_true(csv_next(&csv));
	assert_string_equal(csv.fault, "it has too many columns");
	assert_true(csv_next(&csv));
	assert_null(csv.fault);
	assert_int_equal(csv.count, 1);
}

/* Of 1 + `inside` + 1 octets, between two good rows. */
static void check_long_row(char fill, size_t inside, bool good)
{
	size_t len = 2 + inside + 2 + 2;
	char *text = must_alloc(len + 1);

	memcpy(text, "a\n\"", 3);
	memset(text + 3, fill, inside);
	memcpy(text + 3 + inside, "\"\nz", 3);
	csv_begin(&csv, bytes_of(text, len), ',');
	assert_true(csv_next(&csv) && csv_next(&csv));
	if (good) {
		assert_null(csv.fault);
		assert_int_equal(csv.fields[0].len, fill == '"' ? inside / 2 : inside);
	} else {
		assert_string_equal(csv.fault, "it is too long");
	}
	assert_true(csv_next(&csv));
	assert_int_equal(csv.count, 1);
	assert_int_equal(csv.fields[0].data[0], 'z');
	assert_false(csv_next(&csv));
	free(text);
}

static void test_length_is_limited(void **state)
{
	(void)state;
	check_long_row('x', CSV_ROW - 2, true);
	check_long_row('x', CSV_ROW - 1, false);
	check_long_row('"', CSV_ROW - 2, true);
	check_long_row('"', CSV_ROW, false);
	check_long_row('"', 8 * CSV_ROW, false);
	check_long_row('\n', 8 * CSV_ROW, false);
}

static void test_columns_by_name(void **state)
{
	(void)state;
	csv_begin(&csv, bytes_str("timestamp, IP ,tag,ip\n1,2,3,4\n5,6\n"), ',');
	assert_true(csv_next(&csv));
	assert_int_equal(csv_column(&csv, "timestamp"), 0);
	assert_int_equal(csv_column(&csv, "ip"), 1);
	assert_int_equal(csv_column(&csv, "tag"), 2);
	assert_true(csv_column(&csv, "ta") == CSV_NONE);
	assert_true(csv_column(&csv, "tags") == CSV_NONE);
	assert_true(csv_next(&csv));
	assert_memory_equal(csv_field(&csv, 2).data, "3", 1);
	assert_int_equal(csv_field(&csv, CSV_NONE).len, 0);
	assert_true(csv_next(&csv));
	assert_int_equal(csv_field(&csv, 2).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_and_fields),
		cmocka_unit_test(test_lines_end_with_cr_lf_or_both),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_fields_that_were_undoubled_stand_side_by_side),
		cmocka_unit_test(test_other_delimiters),
		cmocka_unit_test(test_a_bad_row_takes_no_other_with_it),
		cmocka_unit_test(test_what_follows_an_open_quote_is_no_row),
		cmocka_unit_test(test_columns_are_limited),
		cmocka_unit_test(test_length_is_limited),
		cmocka_unit_test(test_columns_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
