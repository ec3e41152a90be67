/*
 * test_cli_export.c: feeder export: the file it replaces or leaves, what it refuses to replace, and
 * all exports of the config at once.
 */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_frame.h"
#include "cli_mirror.h"

/* What is in a file; the caller frees it. NULL where there is none. */
static char *content(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0) {
		return NULL;
	}
	assert_int_equal(fstat(fd, &st), 0);
	char *text = calloc(1, (size_t)st.st_size + 1);

	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	return text;
}

static void expect_content(const char *path, const char *expected)
{
	char *text = content(path);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_an_export_replaces_its_file_as_a_whole(void **state)
{
	char folder[128], path[160], line[320];
	struct stat st;

	(void)state;
	expect(ST_OK, "add 192.0.2.0/24 198.51.100.1 2001:db8::/32 --sublist relay");
	expect(ST_OK, "export --zone dnsbl.example.org --format cidr");
	char *zone = strdup(cli.out);

	assert_non_null(strstr(zone, "198.51.100.1\n"));
	snprintf(folder, sizeof folder, "%s/out", cli.dir);
	assert_int_equal(mkdir(folder, 0755), 0);
	snprintf(path, sizeof path, "%s/zone", folder);
	snprintf(line, sizeof line, "export --zone DNSBL.example.org. --format cidr -o %s", path);
	expect(ST_OK, line);
	expect_content(path, zone);
	assert_int_equal(chmod(path, 0604), 0);
	expect(ST_OK, line);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);

	/* Under half of the old one: refused, and the old one stays. */
	cli_file(&cli, "out/zone",
		 "this is much longer than the zone, and it is here to stay for a while; "
		 "nobody knows what it is good for, but it is long, and so it is kept: "
		 "the exported file has three lines in it and perhaps a line more\n");
	char *old = content(path);

	expect(ST_DATA, line);
	expect_content(path, old);
	free(old);
	/* Over ten times. */
	cli_file(&cli, "out/zone", "x\n");
	expect(ST_DATA, line);
	expect_content(path, "x\n");
	char forced[sizeof line + 16];

	snprintf(forced, sizeof forced, "%s --force", line);
	expect(ST_OK, forced);
	expect_content(path, zone);
	free(zone);

	/* Whatever happened, nothing else is left in the folder. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_an_export_goes_to_regular_files_alone(void **state)
{
	char line[256];

	(void)state;
	expect(ST_USAGE, "export --zone dnsbl.example.org --format cidr -o /dev/null");
	snprintf(line, sizeof line, "export --zone dnsbl.example.org --format cidr -o %s", cli.dir);
	expect(ST_USAGE, line);
	expect(ST_IO, "export --zone dnsbl.example.org --format cidr -o /nonexistent/zone");
	expect(ST_USAGE, "export --zone dnsbl.example.org --format nosuch");
	expect(ST_DATA, "export --zone nosuch.example.org --format cidr");
	expect(ST_USAGE, "export --format cidr");
}

/* --- the guard -------------------------------------------------------------------------------- */

static const char *const formats[] = {"rbldnsd", "bind", "rpz", "cidr", "json", "nft", "ipset"};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* No two of them join, and their texts are equally long. */
static void list_addresses(unsigned from, unsigned count)
{
	char line[512] = "add --sublist relay";

	for (unsigned i = from; i < from + count; i++) {
		snprintf(line + strlen(line), sizeof line - strlen(line), " 198.51.100.%u",
			 101 + 2 * i);
	}
	expect(ST_OK, line);
}

static void expect_export(enum status status, const char *format, const char *options)
{
	char line[256];

	snprintf(line, sizeof line, "export --zone dnsbl.example.org --format %s -o %s/%s.out%s",
		 format, cli.dir, format, options);
	expect(status, line);
}

static void expect_exports(enum status status, const char *options)
{
	for (size_t i = 0; i < FORMATS; i++) {
		expect_export(status, formats[i], options);
	}
}

static void test_an_implausible_export_is_refused_in_each_format(void **state)
{
	(void)state;
	/* From nothing to anything: a list begins. */
	expect_exports(ST_OK, "");
	list_addresses(0, 1);
	expect_exports(ST_OK, "");
	list_addresses(1, 10);
	expect_exports(ST_DATA, "");
	assert_non_null(strstr(fail_text(), "11 entries are over ten times the 1 of '"));
	expect_exports(ST_OK, " --force");
	/* Nothing, of a list that was full, whatever a header adds to both. */
	expect(ST_OK, "purge --source operator");
	expect_exports(ST_DATA, "");
	assert_non_null(strstr(fail_text(), "0 entries are under half the 11 of '"));
	expect(ST_OK, "source enable operator");
	list_addresses(0, 5);
	expect_exports(ST_DATA, "");
	list_addresses(5, 1);
	expect_exports(ST_OK, "");
}

/* --- mirrored zones ----------------------------------------------------------------------------
 */

static void test_a_mirrored_zone_is_exported_as_its_primary_has_it(void **state)
{
	(void)state;
	expect(ST_AGAIN, "export --zone " COPY " --format bind");
	transfer();
	expect(ST_OK, "export --zone " COPY " --format bind");
	assert_non_null(strstr(cli.out,
			       "@\t13\tSOA\tns.example.net. mail.example.net. 9 10 11 12 13\n"
			       "\t60\tNS\tns.example.net.\n"));
	assert_non_null(strstr(cli.out, "*.2.0.192\tA\t127.0.0.7\n\tTXT\t\"Seven\"\n"));
	assert_non_null(strstr(cli.out, "2.0.0.127\tA\t127.0.0.2\n"));
	expect(ST_OK, "export --zone " COPY " --format cidr");
	assert_string_equal(cli.out, "192.0.2.0/24\n");
}

/* --- --all ------------------------------------------------------------------------------------ */

#define EXPORT(name, format, file)                                               \
	"export \"" name "\" { zone = \"dnsbl.example.org\"  format = \"" format \
	"\"  file = \"" file "\" }\n"

static int set_up_all(void **state)
{
	(void)state;
	cli_begin(&cli, EXPORT("one", "cidr", "one") EXPORT("lost", "json", "nosuch/lost")
				EXPORT("guarded", "rpz", "guarded") EXPORT("four", "cidr", "four"));
	return 0;
}

static void test_all_exports_are_done_whatever_becomes_of_one(void **state)
{
	char one[160], four[160];

	(void)state;
	snprintf(one, sizeof one, "%s/one", cli.dir);
	snprintf(four, sizeof four, "%s/four", cli.dir);
	list_addresses(0, 2);
	cli_file(&cli, "guarded", "; 5 entries\n");
	expect(ST_IO, "export --all --json"); /* 74 is more than 65 */
	assert_string_equal(fail_text(), "2 of 4 exports failed");
	expect_content(one, "198.51.100.101\n198.51.100.103\n");
	expect_content(four, "198.51.100.101\n198.51.100.103\n");
	assert_non_null(strstr(cli.out, "{\"export\":\"one\",\"file\":\""));
	assert_non_null(strstr(cli.out, "{\"export\":\"four\",\"file\":\""));
	assert_null(strstr(cli.out, "guarded"));

	char folder[160];

	snprintf(folder, sizeof folder, "%s/nosuch", cli.dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	expect(ST_DATA, "export --all");
	expect(ST_OK, "export --all --force");
	expect(ST_OK, "export --all");
}

static void test_all_is_instead_of_one(void **state)
{
	(void)state;
	expect(ST_USAGE, "export --all --zone dnsbl.example.org");
	expect(ST_USAGE, "export --all --format cidr");
	expect(ST_USAGE, "export --all -o zone");
	expect(ST_USAGE, "export");
	expect(ST_USAGE, "export --zone dnsbl.example.org");
}

static void test_all_of_none_is_a_fault_of_the_config(void **state)
{
	(void)state;
	expect(ST_CONFIG, "export --all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_export_replaces_its_file_as_a_whole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_export_goes_to_regular_files_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_implausible_export_is_refused_in_each_format, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_mirrored_zone_is_exported_as_its_primary_has_it, set_up_mirrored,
			tear_down),
		cmocka_unit_test_setup_teardown(test_all_exports_are_done_whatever_becomes_of_one,
						set_up_all, tear_down),
		cmocka_unit_test_setup_teardown(test_all_is_instead_of_one, set_up_all, tear_down),
		cmocka_unit_test_setup_teardown(test_all_of_none_is_a_fault_of_the_config, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
