/* Reports as octets: what goes in comes out, and what nobody may say is refused. */
#include "report_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t input_octets[1000];
static const struct bytes input = {input_octets, sizeof input_octets};

/* One of everything. */
static struct report full(void)
{
	struct report report = {
		.format = FORMAT_RELAYTEST,
		.category = CATEGORY_RELAY,
		.disposition = DISPOSITION_EVIDENCE,
		.via = VIA_FIELD,
		.observed = 1795255200,
		.incidents = UINT32_MAX,
		.confidence = 100,
		.proof = true,
		.output_count = 2,
		.reference = "<1@example.net>",
		.note = "na\xc3\xafve",
		.recipient = "trap@example.org",
		.domains = "example.net example.com",
	};

	assert_int_equal(prefix_parse("192.0.2.1", &report.source), ST_OK);
	assert_int_equal(prefix_parse("2001:db8::1", &report.outputs[0]), ST_OK);
	assert_int_equal(prefix_parse("198.51.100.1", &report.outputs[1]), ST_OK);
	return report;
}

static struct report unrecognised(void)
{
	return (struct report){.disposition = DISPOSITION_UNRECOGNISED, .incidents = 1};
}

/* The records of one report, in `room`. */
static struct bytes written(uint8_t room[WIRE_REPORT], const struct report *report,
			    struct bytes body, const char *fault)
{
	struct writer w = writer_of(room, WIRE_REPORT);

	wire_write(&w, input, report, body, fault);
	wire_write_end(&w);
	assert_false(w.bad);
	return writer_bytes(&w);
}

static bool accepted(const struct report *report, const char *fault)
{
	uint8_t room[WIRE_REPORT];

	return wire_check(written(room, report, input, fault), input);
}

static struct wire_report read_one(struct bytes records)
{
	struct reader r = reader_of(records);
	struct wire_report wire;

	assert_true(wire_check(records, input));
	assert_true(wire_read(&r, input, &wire));
	return wire;
}

static void assert_same(const struct report *a, const struct report *b)
{
	assert_int_equal(a->format, b->format);
	assert_int_equal(a->category, b->category);
	assert_int_equal(a->disposition, b->disposition);
	assert_int_equal(a->via, b->via);
	assert_int_equal(prefix_compare(&a->source, &b->source), 0);
	assert_int_equal(a->observed, b->observed);
	assert_int_equal(a->incidents, b->incidents);
	assert_int_equal(a->confidence, b->confidence);
	assert_int_equal(a->proof, b->proof);
	assert_int_equal(a->output_count, b->output_count);
	for (unsigned i = 0; i < a->output_count; i++) {
		assert_int_equal(prefix_compare(&a->outputs[i], &b->outputs[i]), 0);
	}
	assert_string_equal(a->reference, b->reference);
	assert_string_equal(a->note, b->note);
	assert_string_equal(a->recipient, b->recipient);
	assert_string_equal(a->domains, b->domains);
}

static void test_what_is_written_is_read(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	struct wire_report wire =
		read_one(written(room, &report, bytes_of(input.data + 10, 20), NULL));

	(void)state;
	assert_same(&report, &wire.report);
	assert_ptr_equal(wire.body.data, input.data + 10);
	assert_int_equal(wire.body.len, 20);
	assert_false(wire.bad);
}

static void test_several_are_read_in_their_order(void **state)
{
	uint8_t room[3 * WIRE_REPORT];
	struct writer w = writer_of(room, sizeof room);
	struct report report = full(), bad = unrecognised();
	struct wire_report wire;

	(void)state;
	wire_write(&w, input, &report, bytes_of(input.data, 0), NULL);
	wire_write(&w, input, &bad, input, "no report");
	wire_write_end(&w);
	assert_true(wire_check(writer_bytes(&w), input));
	struct reader r = reader_of(writer_bytes(&w));

	assert_true(wire_read(&r, input, &wire));
	assert_false(wire.bad);
	assert_true(wire_read(&r, input, &wire));
	assert_true(wire.bad);
	assert_string_equal(wire.fault, "no report");
	assert_int_equal(wire.body.len, input.len);
	assert_false(wire_read(&r, input, &wire));
	assert_false(r.bad);
}

static void test_a_body_from_elsewhere_is_all_of_the_input(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	struct bytes bodies[] = {
		bytes_str("elsewhere"),
		bytes_of(input.data + 990, 11),
		bytes_of(NULL, 0),
	};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct wire_report wire = read_one(written(room, &report, bodies[i], NULL));

		assert_ptr_equal(wire.body.data, input.data);
		assert_int_equal(wire.body.len, input.len);
	}
}

static void test_a_fault_is_made_fit_to_print(void **state)
{
	struct report bad = unrecognised();
	uint8_t room[WIRE_REPORT];
	char longest[FAULT_ROOM + 100];

	(void)state;
	assert_string_equal(read_one(written(room, &bad, input, "it is '\x1b[1m\xff\xc3'")).fault,
			    "it is '?[1m?\?'");
	/* Cut before the character that has no room. */
	for (size_t i = 0; i < sizeof longest - 1; i += 2) {
		memcpy(longest + i, "\xc3\xa4", 2);
	}
	longest[sizeof longest - 2] = '\0';
	assert_int_equal(strlen(read_one(written(room, &bad, input, longest)).fault), 510);
}

static void test_the_longest_record_has_room(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	char fault[FAULT_ROOM + 100];

	(void)state;
	memset(fault, 'f', sizeof fault - 1);
	fault[sizeof fault - 1] = '\0';
	memset(report.reference, 'x', REPORT_WORDS - 1);
	memset(report.note, 'x', REPORT_WORDS - 1);
	memset(report.recipient, 'x', REPORT_WORDS - 1);
	memset(report.domains, 'x', REPORT_WORDS - 1);
	report.output_count = REPORT_OUTPUTS;
	for (unsigned i = 0; i < REPORT_OUTPUTS; i++) {
		report.outputs[i] = report.outputs[0];
	}
	report.source = report.outputs[0];
	assert_true(written(room, &report, input, fault).len < WIRE_REPORT);
	assert_true(accepted(&report, NULL));
}

static void test_numbers_without_a_meaning_are_refused(void **state)
{
	(void)state;
#define REFUSED(change)                                \
	do {                                           \
		struct report report = full();         \
		assert_true(accepted(&report, NULL));  \
		report.change;                         \
		assert_false(accepted(&report, NULL)); \
	} while (0)
	REFUSED(format = FORMAT_NMAP + 1);
	REFUSED(category = CATEGORIES);
	REFUSED(disposition = DISPOSITION_EXCLUDED);
	REFUSED(disposition = DISPOSITION_DUPLICATE);
	REFUSED(disposition = 200);
	REFUSED(via = VIA_ARGUMENT);
	REFUSED(confidence = 101);
	REFUSED(incidents = 0);
	REFUSED(source.family = 5);
	REFUSED(source.family = 0); /* evidence about nobody */
	REFUSED(outputs[1].family = 0);
#undef REFUSED
}

static void test_ipv4_inside_ipv6_is_refused(void **state)
{
	struct report report = full();

	(void)state;
	report.source = (struct prefix){(addr_t)0xffff << 32 | 0x0a000001, 6, 128};
	assert_false(accepted(&report, NULL));
}

static void test_a_fault_goes_with_a_bad_report_only(void **state)
{
	struct report report = full(), bad = unrecognised();

	(void)state;
	assert_false(accepted(&report, "a fault"));
	assert_true(accepted(&bad, "a fault"));
	assert_false(accepted(&bad, NULL));
	bad.disposition = 0;
	assert_true(accepted(&bad, "a fault"));
	assert_false(accepted(&bad, NULL));
	bad.source = report.source;
	assert_false(accepted(&bad, "a fault"));
}

/* The records with each octet of the text "naïve" changed to another. */
static void test_texts_that_are_none_are_refused(void **state)
{
	static const char *const changes[] = {"\n", "\x7f", "\xff", "\0"};
	struct report report = full();
	uint8_t room[WIRE_REPORT];

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct bytes records = written(room, &report, input, NULL);
		uint8_t *text = memmem(room, records.len, "na\xc3\xafve", 6);

		assert_non_null(text);
		*text = (uint8_t)*changes[i];
		assert_false(wire_check(records, input));
	}
}

static void test_a_text_that_does_not_fit_is_refused(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	struct bytes records;
	uint8_t *text;

	(void)state;
	memset(report.note, 'n', REPORT_WORDS - 1);
	memset(report.recipient, 'r', REPORT_WORDS - 1);
	records = written(room, &report, input, NULL);
	assert_true(wire_check(records, input));
	text = memmem(room, records.len, "nnnn", 4);
	assert_non_null(text);
	text[-1]++; /* its length: the next text's length begins with a NUL, 'n' is no NUL */
	text[REPORT_WORDS - 1] = 'n';
	assert_false(wire_check(records, input));
}

static void test_a_body_past_the_input_is_refused(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	struct bytes records = written(room, &report, input, NULL);

	(void)state;
	assert_true(wire_check(records, input));
	assert_false(wire_check(records, bytes_of(input.data, input.len - 1)));
	assert_false(wire_check(records, bytes_of(NULL, 0)));
}

static void test_records_that_are_cut_or_go_on_are_refused(void **state)
{
	struct report report = full();
	uint8_t room[WIRE_REPORT];
	struct bytes records = written(room, &report, input, NULL);

	(void)state;
	for (size_t len = 0; len < records.len; len++) {
		assert_false(wire_check(bytes_of(room, len), input));
	}
	room[records.len] = 'e';
	assert_false(wire_check(bytes_of(room, records.len + 1), input));
}

static void test_more_reports_than_any_input_has_are_refused(void **state)
{
	struct report bad = unrecognised();
	size_t each = WIRE_REPORT / 16, all = (REPORTS_MAX + 3) * each;
	uint8_t *room = must_alloc(all);

	(void)state;
	for (size_t more = 1; more <= 2; more++) {
		struct writer w = writer_of(room, all);

		for (size_t i = 0; i < REPORTS_MAX + more; i++) {
			wire_write(&w, input, &bad, input, "bad");
		}
		wire_write_end(&w);
		assert_false(w.bad);
		assert_int_equal(wire_check(writer_bytes(&w), input), more == 1);
	}
	free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_several_are_read_in_their_order),
		cmocka_unit_test(test_a_body_from_elsewhere_is_all_of_the_input),
		cmocka_unit_test(test_a_fault_is_made_fit_to_print),
		cmocka_unit_test(test_the_longest_record_has_room),
		cmocka_unit_test(test_numbers_without_a_meaning_are_refused),
		cmocka_unit_test(test_ipv4_inside_ipv6_is_refused),
		cmocka_unit_test(test_a_fault_goes_with_a_bad_report_only),
		cmocka_unit_test(test_texts_that_are_none_are_refused),
		cmocka_unit_test(test_a_text_that_does_not_fit_is_refused),
		cmocka_unit_test(test_a_body_past_the_input_is_refused),
		cmocka_unit_test(test_records_that_are_cut_or_go_on_are_refused),
		cmocka_unit_test(test_more_reports_than_any_input_has_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
