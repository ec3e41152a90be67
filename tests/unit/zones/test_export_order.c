/*
 * test_export_order.c: a BIND export's records are in canonical order, or its digest is of another
 * zone. That the digest is right tests/e2e/ asks other programs.
 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "export_frame.h"

static void fill_mixed(struct change *c)
{
	/* Octets as text; IPv4 among IPv6 that begins with the same digits; wildcards. */
	static const char *const prefixes[] = {"2.0.0.9",     "2.0.1.10", "2.0.10.2",  "2.0.2.100",
					       "2.0.100.1",   "20.0.1.1", "100.0.1.1", "3.0.0.0/16",
					       "30.0.0.0/16", "10.2.3.4", "10.10.3.4", "9.9.9.0/24",
					       "200.1.1.1"};
	static const char *const wide[] = {"2001:db8::/30", "2000::1", "200a::/18", "2600::/33",
					   "3000::/31",     "2001::",  "f000::1"};

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		claim(c, prefixes[i], "relay", NULL);
	}
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
		claim(c, wide[i], "plain", NULL);
	}
	claim(c, "3.0.7.0/24", "hijacked", "{ip}");
	claim(c, "9.9.9.77", "plain", NULL);
	/* Three texts of one address, two of them alike when they are its own. */
	claim(c, "10.2.3.4", "hijacked", "Relay 10.2.3.4");
	claim(c, "10.2.3.4", "plain", "A longer text than the others");
}

static int set_up_mixed(void **state)
{
	(void)state;
	open_with(CONFIG, fill_mixed);
	return 0;
}

static void test_bind_names_are_in_canonical_order(void **state)
{
	char *text = exported(DNSBL, EXPORT_BIND, NULL), *save;
	struct name last = {0};
	unsigned names = 0;

	(void)state;
	strtok_r(text, "\n", &save);
	for (char *line = strtok_r(NULL, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char owner[256];
		struct name name;

		if (!strchr("\t@$;", *line)) {
			snprintf(owner, sizeof owner, "%.*s." DNSBL, (int)strcspn(line, "\t"),
				 line);
			assert_int_equal(name_parse(owner, &name), ST_OK);
			if (name_compare(&last, &name) >= 0) {
				fail_msg("%s comes too late", owner);
			}
			last = name;
			names++;
		}
	}
	/* Of 3.0/16 alone ten /24s are single names and the others wildcards: see block_rrs.c. */
	assert_true(names > 10 * 256 + 246);
	free(text);
}

static void test_bind_records_are_in_canonical_order_each_once(void **state)
{
	char *text = exported(DNSBL, EXPORT_BIND, NULL);

	(void)state;
	assert_non_null(strstr(text, "\n4.3.2.10\tA\t127.0.0.3\n\tA\t127.0.0.4\n\tA\t127.0.0.6\n"
				     "\tTXT\t\"Relay 10.2.3.4\"\n"
				     "\tTXT\t\"A longer text than the others\"\n1.1.0.100\t"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_names_are_in_canonical_order),
		cmocka_unit_test(test_bind_records_are_in_canonical_order_each_once),
	};

	return cmocka_run_group_tests(tests, set_up_mixed, close_all);
}
