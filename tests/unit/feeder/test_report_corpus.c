/*
 * Reports that others sent and wrote down what they mean: every ARF row of a corpus that lies
 * beside the repository. Skipped where it does not.
 *
 * A row whose address or time comes from a Received field has an address in no field: such a report
 * must name none here.
 */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "rfc3339.h"

#include <cmocka.h>

#define CORPUS "../shared/corpus/"

enum { SPLIT, REPO, PATH, LICENCE, KIND, SOURCE, CATEGORY, TIME, VERDICT, NOTE, COLUMNS = 12 };

struct row {
	const char *column[COLUMNS];
	bool from_received;
	unsigned seen;
};

static void check(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct row *row = context;
	const char *type = row->column[CATEGORY];
	char text[PREFIX_TEXT] = "none", time[TIME_TEXT];

	(void)body;
	row->seen++;
	assert_null(fault);
	assert_int_equal(report->format, FORMAT_ARF);
	if (report->source.family) {
		prefix_format(&report->source, text);
	}
	assert_string_equal(text, row->from_received ? "none" : row->column[SOURCE]);
	assert_int_equal(report->via, row->from_received ? VIA_NONE : VIA_FIELD);
	if (strcmp(type, "auth-failure") == 0) {
		assert_int_equal(report->category, CATEGORY_AUTH_FAILURE);
		assert_int_equal(report->disposition, DISPOSITION_IGNORED);
	} else if (strcmp(type, "abuse") == 0) {
		assert_int_equal(report->category, CATEGORY_SPAM);
		assert_int_equal(report->disposition,
				 row->from_received ? DISPOSITION_REVIEW : DISPOSITION_EVIDENCE);
	} else {
		assert_string_equal(type, "opt-out");
		assert_int_equal(report->category, CATEGORY_OTHER);
		assert_int_equal(report->disposition, DISPOSITION_REVIEW);
	}
	if (!row->from_received) {
		assert_memory_equal(time_format(report->observed, time), row->column[TIME], 20);
	}
}

static void read_sample(struct row *row)
{
	static uint8_t text[1 << 20];
	char path[1024];

	snprintf(path, sizeof path, CORPUS "%s/%s", row->column[REPO], row->column[PATH]);
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	size_t len = fread(text, 1, sizeof text, file);

	fclose(file);
	print_message("%s\n", path);
	reports_read(bytes_of(text, len), FORMAT_UNKNOWN, 1800000000, check, row);
	assert_int_equal(row->seen, 1);
}

static void test_every_arf_sample_means_what_its_row_says(void **state)
{
	(void)state;
	FILE *file = fopen(CORPUS "expected.tsv", "r");
	char line[4096];
	unsigned rows = 0, without_address = 0;

	if (!file) {
		print_message("no " CORPUS "expected.tsv\n");
		skip();
	}
	while (fgets(line, sizeof line, file)) {
		struct row row = {.seen = 0};
		char *rest = line;

		for (int i = 0; i < COLUMNS; i++) {
			row.column[i] = rest ? strsep(&rest, "\t") : "";
		}
		if (strcmp(row.column[KIND], "arf") == 0) {
			row.from_received = strstr(row.column[VERDICT], "from Received") ||
					    strstr(row.column[TIME], "(Received");
			read_sample(&row);
			rows++;
			without_address += row.from_received;
		}
	}
	fclose(file);
	assert_in_range(rows, 40, 1000);
	assert_in_range(without_address, 1, rows / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_arf_sample_means_what_its_row_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
