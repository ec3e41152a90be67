/*
 * Reports that others sent and wrote down what they mean: every mail of a corpus that lies beside
 * the repository, against its row. Skipped where it does not.
 *
 * The operator of these rows lists reserved space (exclude_reserved = false), so a private address
 * in a Received field may be a source. With the default it is none, and such a report waits for a
 * human: asserted too.
 */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mail.h"
#include "rfc3339.h"

#include <cmocka.h>

#define CORPUS "../shared/corpus/"

enum { SPLIT, REPO, PATH, LICENCE, KIND, SOURCE, CATEGORY, TIME, VERDICT, NOTE, COLUMNS = 12 };

struct row {
	const char *column[COLUMNS];
	enum report_format format;
	enum report_via via;
	unsigned seen;
};

static const struct config open_config = {.exclude_reserved = false};
static const struct config default_config = {.exclude_reserved = true};

static const struct {
	const char *type;
	enum category category;
	enum report_disposition disposition;
} types[] = {
	{"abuse", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
	{"abuse (Hotmail JMRP, not ARF)", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
	{"abuse/regbot", CATEGORY_ATTACK, DISPOSITION_EVIDENCE},
	{"abuse/malware-attack", CATEGORY_VIRUS, DISPOSITION_EVIDENCE},
	{"auth-failure", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
	{"opt-out", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
};

static void assert_type(const struct row *row, const struct report *report)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i].type, row->column[CATEGORY]) == 0) {
			bool review = types[i].disposition == DISPOSITION_EVIDENCE &&
				      row->via == VIA_NONE;

			assert_int_equal(report->category, types[i].category);
			assert_int_equal(report->disposition,
					 review ? DISPOSITION_REVIEW : types[i].disposition);
			return;
		}
	}
	fail_msg("a type of no kind: %s", row->column[CATEGORY]);
}

static void check(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct row *row = context;
	char text[PREFIX_TEXT] = "none", time[TIME_TEXT];

	(void)body;
	row->seen++;
	assert_null(fault);
	assert_int_equal(report->format, row->format);
	if (report->source.family) {
		prefix_format(&report->source, text);
	}
	assert_string_equal(text, row->via == VIA_NONE ? "none" : row->column[SOURCE]);
	assert_int_equal(report->via, row->via);
	assert_int_equal(report->confidence, row->via == VIA_FIELD      ? CONFIDENCE_FIELD
					     : row->via == VIA_SUBJECT  ? CONFIDENCE_SUBJECT
					     : row->via == VIA_RECEIVED ? CONFIDENCE_RECEIVED
									: 0);
	assert_type(row, report);
	time_format(report->observed, time);
	assert_memory_equal(time, row->column[TIME], 20);
	assert_null(strchr(report->note, '@'));
}

static struct bytes read_sample(const struct row *row)
{
	static uint8_t text[1 << 20];
	char path[1024];

	snprintf(path, sizeof path, CORPUS "%s/%s", row->column[REPO], row->column[PATH]);
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	size_t len = fread(text, 1, sizeof text, file);

	fclose(file);
	print_message("%s\n", path);
	return bytes_of(text, len);
}

static void read_with(struct row *row, enum report_format format, const struct config *config)
{
	struct report_rules rules = {.now = 1800000000, .config = config};

	row->seen = 0;
	reports_read(read_sample(row), format, &rules, check, row);
	assert_int_equal(row->seen, 1);
}

static void check_report(struct row *row, enum report_format format)
{
	bool received = strstr(row->column[VERDICT], "from Received") ||
			strstr(row->column[TIME], "(Received");

	row->format = format;
	row->via = format == FORMAT_JMRP ? VIA_SUBJECT : received ? VIA_RECEIVED : VIA_FIELD;
	read_with(row, FORMAT_UNKNOWN, &open_config);
	read_with(row, format, &open_config);
	if (received && strncmp(row->column[SOURCE], "10.", 3) == 0) {
		row->via = VIA_NONE;
	}
	read_with(row, FORMAT_UNKNOWN, &default_config);
}

/* Mails as they came, whose own source is asked for. */
static void check_chain(const struct row *row)
{
	bool fixed = strncmp(row->column[SOURCE], "parser-level", 12) != 0;
	struct mail_hop hop = mail_source(read_sample(row), &default_config);
	char text[PREFIX_TEXT];

	assert_true(hop.host.family);
	prefix_format(&hop.host, text);
	/* received5: 127.0.0.1 took it from 4.31.198.44, after that it was in amavisd. */
	assert_string_equal(text, fixed ? row->column[SOURCE] : "4.31.198.44");
}

static void test_every_mail_means_what_its_row_says(void **state)
{
	(void)state;
	FILE *file = fopen(CORPUS "expected.tsv", "r");
	char line[4096];
	unsigned rows = 0, by_via[VIA_ARGUMENT + 1] = {0}, chains = 0;

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
			check_report(&row, FORMAT_ARF);
		} else if (strcmp(row.column[KIND], "jmrp") == 0) {
			check_report(&row, FORMAT_JMRP);
		} else if (strcmp(row.column[KIND], "xarf0-mail") == 0) {
			check_report(&row, FORMAT_XARF0);
		} else if (strcmp(row.column[KIND], "received-chain") == 0) {
			check_chain(&row);
			chains++;
		}
		rows += row.seen;
		by_via[row.via] += row.seen;
	}
	fclose(file);
	assert_in_range(rows, 40, 1000);
	assert_in_range(by_via[VIA_RECEIVED], 5, rows / 4);
	assert_in_range(by_via[VIA_SUBJECT], 1, rows / 10);
	assert_int_equal(by_via[VIA_NONE], 2); /* 10.67.41.167, twice */
	assert_int_equal(chains, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mail_means_what_its_row_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
