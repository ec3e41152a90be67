/*
 * Input line by line, from a pipe: what is there, what is not there yet, and what no line should
 * be; and the prefixes that are read from it.
 */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "operands.h"

struct pipe {
	int in, out;
};

static struct pipe pipe_make(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	return (struct pipe){ends[0], ends[1]};
}

static void put(const struct pipe *p, const char *text, size_t len)
{
	assert_int_equal(write(p->out, text, len), len);
}

static void test_lines_come_one_by_one(void **state)
{
	struct pipe p = pipe_make();
	struct lines lines = lines_of(p.in);

	(void)state;
	put(&p, "one\n\nthree", 10);
	close(p.out);
	assert_string_equal(lines_next(&lines), "one");
	assert_int_equal(lines.number, 1);
	assert_string_equal(lines_next(&lines), "");
	assert_string_equal(lines_next(&lines), "three");
	assert_int_equal(lines.number, 3);
	assert_null(lines_next(&lines));
	assert_int_equal(lines.status, ST_OK);
	lines_release(&lines);
	close(p.in);
}

static void test_a_line_waits_only_when_it_is_whole(void **state)
{
	struct pipe p = pipe_make();
	struct lines lines = lines_of(p.in);

	(void)state;
	assert_false(lines_waiting(&lines));
	put(&p, "ha", 2);
	assert_false(lines_waiting(&lines));
	put(&p, "lf\n", 3);
	assert_true(lines_waiting(&lines));
	assert_string_equal(lines_next(&lines), "half");
	assert_false(lines_waiting(&lines));
	put(&p, "rest", 4);
	close(p.out);
	assert_true(lines_waiting(&lines));
	assert_string_equal(lines_next(&lines), "rest");
	assert_true(lines_waiting(&lines));
	assert_null(lines_next(&lines));
	lines_release(&lines);
	close(p.in);
}

static void test_a_line_without_end_is_cut_and_its_rest_is_no_line(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0; i < 3 * LINE_ROOM; i++) {
		fputc('a', file);
	}
	fputs("\nnext\n", file);
	rewind(file);
	struct lines lines = lines_of(fileno(file));

	assert_int_equal(strlen(lines_next(&lines)), LINE_ROOM);
	assert_string_equal(lines_next(&lines), "next");
	assert_int_equal(lines.number, 2);
	assert_null(lines_next(&lines));
	lines_release(&lines);
	fclose(file);
}

static void test_an_octet_nul_does_not_end_a_line(void **state)
{
	struct pipe p = pipe_make();
	struct lines lines = lines_of(p.in);

	(void)state;
	put(&p, "192.0.2.1\0evil\n", 15);
	close(p.out);
	assert_string_equal(lines_next(&lines), "192.0.2.1?evil");
	lines_release(&lines);
	close(p.in);
}

static void test_reading_that_fails_is_an_error(void **state)
{
	struct lines lines = lines_of(-1);

	(void)state;
	assert_null(lines_next(&lines));
	assert_int_equal(lines.status, ST_IO);
	lines_release(&lines);
}

static void test_the_first_word_counts(void **state)
{
	char plain[] = "192.0.2.1", blanks[] = " \t192.0.2.1  and a remark\r",
	     comment[] = "  # 192.0.2.1", semicolon[] = ";", empty[] = "\r";

	(void)state;
	assert_string_equal(line_word(plain), "192.0.2.1");
	assert_string_equal(line_word(blanks), "192.0.2.1");
	assert_null(line_word(comment));
	assert_null(line_word(semicolon));
	assert_null(line_word(empty));
}

static void expect_prefixes(const struct operands *operands, const char *expected)
{
	char all[1024] = "", text[PREFIX_TEXT];
	size_t len = 0;

	for (size_t i = 0; i < operands->count; i++) {
		prefix_format(&operands->at[i].prefix, text);
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i > 0 ? " " : "",
					text);
	}
	assert_string_equal(all, expected);
}

static void test_a_range_is_the_fewest_prefixes(void **state)
{
	struct operands operands = {0};

	(void)state;
	operands_take(&operands, "192.0.2.1-192.0.2.6", 1, OPERAND_RANGE);
	operands_take(&operands, "2001:db8::-2001:db8::1:ffff", 2, OPERAND_RANGE);
	operands_take(&operands, "198.51.100.7-198.51.100.7", 3, OPERAND_RANGE);
	operands_take(&operands, "0.0.0.0-255.255.255.255", 4, OPERAND_RANGE);
	expect_prefixes(&operands, "192.0.2.1 192.0.2.2/31 192.0.2.4/31 192.0.2.6 2001:db8::/111 "
				   "198.51.100.7 0.0.0.0/0");
	assert_int_equal(operands.bad.count, 0);
	assert_int_equal(operands.words, 4);
	operands_release(&operands);
}

static void test_what_is_no_range_is_bad(void **state)
{
	static const char *const words[] = {"192.0.2.6-192.0.2.1",
					    "192.0.2.0/24-192.0.2.9",
					    "192.0.2.1-2001:db8::1",
					    "-192.0.2.1",
					    "192.0.2.1-",
					    "-"};
	struct operands operands = {0};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		operands_take(&operands, words[i], i + 1, OPERAND_RANGE);
		assert_int_equal(operands.bad.count, i + 1);
	}
	assert_int_equal(operands.count, 0);
	operands_release(&operands);
}

static void test_only_what_may_be_listed_is_a_listing(void **state)
{
	struct operands operands = {0};

	(void)state;
	operands_take(&operands, "10.0.0.0/7", 0, OPERAND_LISTING);
	operands_take(&operands, "2000::/15", 0, OPERAND_LISTING);
	operands_take(&operands, "192.0.2.1-192.0.2.2", 0, OPERAND_LISTING);
	assert_int_equal(operands.bad.count, 3);
	operands_take(&operands, "192.0.2.0/24", 0, OPERAND_LISTING);
	operands_take(&operands, "2000::/3", 0, OPERAND_ANY);
	expect_prefixes(&operands, "192.0.2.0/24 2000::/3");
	operands_release(&operands);
}

static void test_operands_know_their_lines(void **state)
{
	struct pipe p = pipe_make();
	struct operands operands = {0};

	(void)state;
	put(&p, "# list\n192.0.2.1\n\nbad\n192.0.2.2 remark\n", 39);
	close(p.out);
	assert_int_equal(operands_read_fd(&operands, p.in, OPERAND_LISTING), ST_OK);
	expect_prefixes(&operands, "192.0.2.1 192.0.2.2");
	assert_int_equal(operands.at[0].line, 2);
	assert_int_equal(operands.at[1].line, 5);
	assert_int_equal(operands.bad.count, 1);
	assert_int_equal(operands.words, 3);
	assert_int_equal(operands_verdict(&operands), ST_DATA);
	assert_string_equal(fail_text(), "1 of 3 bad: the others are done");
	operands_release(&operands);
	close(p.in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_one_by_one),
		cmocka_unit_test(test_a_line_waits_only_when_it_is_whole),
		cmocka_unit_test(test_a_line_without_end_is_cut_and_its_rest_is_no_line),
		cmocka_unit_test(test_an_octet_nul_does_not_end_a_line),
		cmocka_unit_test(test_reading_that_fails_is_an_error),
		cmocka_unit_test(test_the_first_word_counts),
		cmocka_unit_test(test_a_range_is_the_fewest_prefixes),
		cmocka_unit_test(test_what_is_no_range_is_bad),
		cmocka_unit_test(test_only_what_may_be_listed_is_a_listing),
		cmocka_unit_test(test_operands_know_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
