/*
 * What feeder keygen prints is what the config reads.
 */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tsig.h"

#include <cmocka.h>

#include "cli_frame.h"

/* 80 octets as they are sent. */
#define NAME_78 "0123456789012345678901234567890123456789.0123456789012345678901234567890123456"
#define NAME_79 NAME_78 "a"

static struct config *config_with(const char *keys)
{
	struct config *config;
	char text[4096];

	snprintf(text, sizeof text, "%s" CLI_ZONE, keys);
	if (config_parse(text, "/x", &config)) {
		fail_msg("%s", fail_text());
	}
	return config;
}

static void test_each_algorithm_has_a_secret_as_long_as_its_mac(void **state)
{
	(void)state;
	for (size_t i = 0; i < TSIG_ALGORITHMS; i++) {
		const struct tsig_algorithm *algorithm = &tsig_algorithms[i];
		char line[80];

		snprintf(line, sizeof line, "keygen Mirror-1.example.NET. --algorithm %s",
			 algorithm->name);
		expect(ST_OK, line);
		struct config *config = config_with(cli.out);

		assert_int_equal(config->key_count, 1);
		assert_memory_equal(config->keys[0].name.wire, "\10mirror-1\7example\3net", 22);
		assert_ptr_equal(config->keys[0].algorithm, algorithm);
		assert_int_equal(config->keys[0].secret_len, algorithm->mac_len);
		config_free(config);
	}
}

static void test_each_run_makes_another_secret(void **state)
{
	char both[1024];

	(void)state;
	expect(ST_OK, "keygen one");
	strcpy(both, cli.out);
	expect(ST_OK, "keygen two");
	strcat(both, cli.out);
	struct config *config = config_with(both);

	assert_int_equal(config->key_count, 2);
	assert_string_equal(config->keys[0].algorithm->name, "hmac-sha256");
	assert_memory_not_equal(config->keys[0].secret, config->keys[1].secret, 32);
	config_free(config);
}

static void test_json_has_the_same(void **state)
{
	static const char start[] =
		"{\"name\":\"mirror\",\"algorithm\":\"hmac-sha256\",\"secret\":\"";
	const size_t len = sizeof start - 1;

	(void)state;
	expect(ST_OK, "keygen mirror --json");
	assert_int_equal(strncmp(cli.out, start, len), 0);
	assert_string_equal(cli.out + len + 44, "\"}\n");
}

static void test_what_no_server_could_read_is_refused(void **state)
{
	static const char *const bad[] = {
		"keygen a..b",  "keygen .",  "keygen a;b",
		"keygen a\\.b", "keygen $a", "keygen \"a\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		expect(ST_DATA, bad[i]);
		assert_string_equal(cli.out, "");
	}
	expect(ST_DATA, "keygen " NAME_79);
	expect(ST_USAGE, "keygen mirror --algorithm hmac-sha1");
	expect(ST_USAGE, "keygen mirror --algorithm hmac-md5");
	expect(ST_USAGE, "keygen");
	expect(ST_USAGE, "keygen one two");
	/* One octet less is a name. */
	expect(ST_OK, "keygen " NAME_78);
	config_free(config_with(cli.out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_algorithm_has_a_secret_as_long_as_its_mac,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_run_makes_another_secret, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_json_has_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_no_server_could_read_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
