/*
 * test_name.c: domain names between presentation form and wire.
 */
#include "name.h"

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static struct name parsed(const char *text)
{
	struct name name;

	if (name_parse(text, &name) != ST_OK) {
		fail_msg("'%s' is refused: %s", text, fail_text());
	}
	return name;
}

/* Labels of these lengths, as many as are not 0, with a dot between them. */
static const char *labels(size_t a, size_t b, size_t c, size_t d)
{
	static char text[512];
	const size_t len[] = {a, b, c, d};
	char *end = text;

	for (size_t i = 0; i < 4 && len[i] > 0; i++) {
		if (i > 0) {
			*end++ = '.';
		}
		memset(end, 'a', len[i]);
		end += len[i];
	}
	*end = '\0';
	return text;
}

static void test_names_become_lower_case_wire(void **state)
{
	static const struct {
		const char *text;
		const char *wire;
		size_t len;
	} rows[] = {
		{".", "", 1},
		{"org", "\003org", 5},
		{"org.", "\003org", 5},
		{"Example.ORG", "\007example\003org", 13},
		{"ns1.example.org.", "\003ns1\007example\003org", 17},
		{"a\\.b.org", "\003a.b\003org", 9},
		{"a\\046b.org", "\003a.b\003org", 9},
		{"\\065.org", "\001a\003org", 7},
		{"\\000\\255.org", "\002\000\377\003org", 8},
		{"\\\\.org", "\001\\\003org", 7},
		{"_dmarc.1.org", "\006_dmarc\0011\003org", 14},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct name name = parsed(rows[i].text);
		assert_int_equal(name.len, rows[i].len);
		/* The terminating NUL of the literal is the root label. */
		assert_memory_equal(name.wire, rows[i].wire, rows[i].len);
	}
}

static void test_what_is_no_name_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "empty"},
		{"..", "a label is empty"},
		{".org", "a label is empty"},
		{"a..org", "a label is empty"},
		{"org..", "a label is empty"},
		{"a b.org", "a space"},
		{"a\tb", "a control character"},
		{"b\303\274cher.org", "not ASCII"},
		{"a\\", "ends in a backslash"},
		{"a\\1", "two more"},
		{"a\\12x", "two more"},
		{"a\\256", "\\255"},
		{"a\\ b", "a space"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct name name;
		assert_int_equal(name_parse(rows[i].text, &name), ST_DATA);
		assert_int_equal(name.len, 0);
		if (!strstr(fail_text(), rows[i].why)) {
			fail_msg("'%s': '%s' does not say '%s'", rows[i].text, fail_text(),
				 rows[i].why);
		}
	}
}

static void test_a_label_has_at_most_63_octets(void **state)
{
	struct name name;

	(void)state;
	assert_int_equal(parsed(labels(63, 3, 0, 0)).len, 69);
	assert_int_equal(name_parse(labels(64, 3, 0, 0), &name), ST_DATA);
	assert_non_null(strstr(fail_text(), "63"));
	assert_int_equal(name_parse(labels(3, 64, 0, 0), &name), ST_DATA);
}

static void test_a_name_has_at_most_255_octets(void **state)
{
	struct name name;

	(void)state;
	/* Three full labels are 192 octets; 61 more, their length and the root make 255. */
	name = parsed(labels(63, 63, 63, 61));
	assert_int_equal(name.len, 255);
	assert_int_equal(name.wire[254], 0);
	assert_int_equal(name_parse(labels(63, 63, 63, 62), &name), ST_DATA);
	assert_non_null(strstr(fail_text(), "255"));
}

static void test_a_name_has_at_most_127_labels(void **state)
{
	char text[512] = "";
	struct name name;

	(void)state;
	for (size_t i = 0; i < 127; i++) {
		memcpy(text + 2 * i, "a.", 2);
	}
	assert_int_equal(parsed(text).len, 255);
	/* One more would begin where the root label stood. */
	text[254] = 'b';
	assert_int_equal(name_parse(text, &name), ST_DATA);
	text[255] = '.';
	assert_int_equal(name_parse(text, &name), ST_DATA);
}

static void test_formatting_escapes_what_a_zone_file_reads_as_its_own(void **state)
{
	char text[NAME_TEXT];

	(void)state;
	struct name name = parsed("a\\.b.\\032\\000.\\;\\@\\\"\\(\\)\\$.\\\\.org");
	assert_string_equal(name_format(&name, text),
			    "a\\.b.\\032\\000.\\;\\@\\\"\\(\\)\\$.\\\\.org.");
	name = parsed(".");
	assert_string_equal(name_format(&name, text), ".");
}

static void test_every_octet_survives_the_way_there_and_back(void **state)
{
	char text[NAME_TEXT];

	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		struct name name = {.len = 4, .wire = {2, (uint8_t)octet, 'x'}};
		struct name back = parsed(name_format(&name, text));
		if (octet >= 'A' && octet <= 'Z') {
			name.wire[1] = (uint8_t)(octet - 'A' + 'a');
		}
		assert_true(name_equal(&name, &back));
	}
}

static void test_the_longest_presentation_fits(void **state)
{
	struct name name = {.len = 255};
	char text[NAME_TEXT];

	(void)state;
	/* Octets of 255 cost four characters each. */
	memset(name.wire, 0xff, 254);
	name.wire[0] = name.wire[64] = name.wire[128] = 63;
	name.wire[192] = 61;
	name.wire[254] = 0;
	assert_int_equal(strlen(name_format(&name, text)), 250 * 4 + 4);
	struct name back = parsed(text);
	assert_true(name_equal(&name, &back));
}

static void test_ldns_reads_the_same_wire(void **state)
{
	static const char *texts[] = {"dnsbl.example.org", "a\\.b.example.org", "\\255\\000.org",
				      "x\\;\\@\\$.example.net", "."};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char text[NAME_TEXT];
		struct name name = parsed(texts[i]);
		ldns_rdf *rdf = ldns_dname_new_frm_str(name_format(&name, text));
		assert_non_null(rdf);
		assert_int_equal(ldns_rdf_size(rdf), name.len);
		assert_memory_equal(ldns_rdf_data(rdf), name.wire, name.len);
		ldns_rdf_deep_free(rdf);
	}
}

static void test_below_counts_the_octets_before_the_zone(void **state)
{
	struct name zone = parsed("dnsbl.example.org"), root = parsed(".");
	struct name name = parsed("2.0.0.127.DNSBL.example.org");
	size_t before = 99;

	(void)state;
	assert_true(name_below(&name, &zone, &before));
	assert_int_equal(before, 2 + 2 + 2 + 4);
	assert_true(name_below(&zone, &zone, &before));
	assert_int_equal(before, 0);
	assert_true(name_below(&zone, &root, &before));
	assert_int_equal(before, zone.len - 1);
	assert_false(name_below(&zone, &name, &before));
	name = parsed("dnsbl.example.net");
	assert_false(name_below(&name, &zone, &before));
}

static void test_below_goes_by_labels_not_by_octets(void **state)
{
	/* One label, whose last octets and the root are exactly the zone's wire. */
	struct name zone = parsed("b.org");
	struct name name = parsed("x\\001b\\003org");
	size_t before;

	(void)state;
	assert_int_equal(name.len, zone.len + 2);
	assert_memory_equal(name.wire + 2, zone.wire, zone.len);
	assert_false(name_below(&name, &zone, &before));
}

static void test_no_name_is_below_nothing(void **state)
{
	struct name zone = parsed("example.org"), none = {0};
	size_t before;

	(void)state;
	assert_false(name_below(&none, &zone, &before));
	assert_false(name_below(&zone, &none, &before));
}

/* RFC 4034 §6.1 has this example; a name with a NUL and the root are added. */
static void test_names_compare_by_labels_from_the_root_down(void **state)
{
	static const char *const ascending[] = {
		".",
		"example",
		"a.example",
		"yljkjljk.a.example",
		"Z.a.example",
		"zABC.a.EXAMPLE",
		"z.example",
		"\\000.z.example",
		"\\001.z.example",
		"*.z.example",
		"\\200.z.example",
	};
	enum { NAMES = sizeof ascending / sizeof ascending[0] };

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		for (int j = 0; j < NAMES; j++) {
			struct name a = parsed(ascending[i]), b = parsed(ascending[j]);
			int order = name_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_become_lower_case_wire),
		cmocka_unit_test(test_what_is_no_name_is_refused_with_a_reason),
		cmocka_unit_test(test_a_label_has_at_most_63_octets),
		cmocka_unit_test(test_a_name_has_at_most_255_octets),
		cmocka_unit_test(test_a_name_has_at_most_127_labels),
		cmocka_unit_test(test_formatting_escapes_what_a_zone_file_reads_as_its_own),
		cmocka_unit_test(test_every_octet_survives_the_way_there_and_back),
		cmocka_unit_test(test_the_longest_presentation_fits),
		cmocka_unit_test(test_ldns_reads_the_same_wire),
		cmocka_unit_test(test_below_counts_the_octets_before_the_zone),
		cmocka_unit_test(test_below_goes_by_labels_not_by_octets),
		cmocka_unit_test(test_no_name_is_below_nothing),
		cmocka_unit_test(test_names_compare_by_labels_from_the_root_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
