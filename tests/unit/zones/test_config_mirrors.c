/*
 * test_config_mirrors.c: to whom zones are transferred and who is told of changes, zones that are
 * mirrored, exports and the journal's bounds: what is right, field by field, and each fault with
 * its line.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zonestate.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA       "soa { mname = ns1.example.net rname = hostmaster.example.org }\n"
#define SUB       "sublist relay { code = 2 }\n"
#define B64       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY(name) "key " name " { secret = \"" B64 "\" }\n"
/* Lines 1, 2 and 3 to 6, the zone's extra ones from 6 on; and a good file of 6 lines. */
#define ZONE(in) SUB KEY("k1") "zone dnsbl.example.org {\nns = ns1.example.net\n" SOA in "}\n"
#define GOOD     ZONE("")
/* Its extra lines from 4 on. */
#define MIRROR(in) KEY("k1") "mirror {\nzone m.example.net {\n" in "}\n}\n"
#define FROM       "primaries = 192.0.2.1:53\n"

static struct config *parse(const char *text)
{
	struct config *config;

	if (config_parse(text, "/etc/test/x.conf", &config) != ST_OK) {
		fail_msg("refused: %s\n%s", fail_text(), text);
	}
	return config;
}

/* ------------------------------------------------------------------------------------- fields */

static void assert_remote(const struct remote_config *remote, const char *at,
			  const struct key_config *key)
{
	assert_string_equal(remote->at.text, at);
	assert_ptr_equal(remote->key, key);
}

static void test_every_option_reaches_its_field(void **state)
{
	struct config *config = parse(
		"mirror { listen = \"[::1]:5360\"\n"
		"	zone M.Example.NET. { key = k2 primaries = { \"192.0.2.1:53\",\n"
		"			\"[2001:0db8::1]:5353 key K1.\" }\n"
		"		transfer { keys = k1 } notify = { 127.0.0.1:1 }\n"
		"		clients { default = refuse answer = 192.0.2.0/24 error_code = 7 } }\n"
		"	zone n.example.net { primaries = \"192.0.2.1:53   key   k1\" } }\n"
		"export all { zone = M.example.net format = rbldnsd file = m.zone }\n"
		"export \"a b\" { zone = dnsbl.example.org format = bind file = /srv/dnsbl }\n"
		"journal { keep = 90 size = 64K }\n"
		"notify_delay = 0\n"
		"tcp { transfers = 3 }\n" KEY("k2")
			ZONE("transfer { allow = { 192.0.2.1, 2001:db8::/32 } keys = { k2, K1 } }\n"
			     "notify = { \"127.0.0.1:5304\", \"[::1]:5305 key k1\" }\n"));
	const struct key_config *k2 = &config->keys[0], *k1 = &config->keys[1];

	(void)state;
	assert_int_equal(config->journal.keep_s, 90);
	assert_int_equal(config->journal.size, 64 << 10);
	assert_int_equal(config->notify_delay_ms, 0);
	assert_int_equal(config->tcp.transfers, 3);
	assert_string_equal(config->mirror_listen.text, "[::1]:5360");
	assert_int_equal(config->mirror_listen.port, 5360);

	/* The mirrored ones come last. */
	assert_int_equal(config->zone_count, 3);
	const struct zone_config *zone = &config->zones[0], *m = &config->zones[1];
	assert_string_equal(zone->name, "dnsbl.example.org");
	assert_false(zone->mirror.given);
	assert_int_equal(zone->transfer.allow_count, 2);
	assert_int_equal(zone->transfer.allow[0].len, 32);
	assert_int_equal(zone->transfer.allow[1].family, 6);
	assert_int_equal(zone->transfer.allow[1].len, 32);
	assert_int_equal(zone->transfer.key_count, 2);
	assert_ptr_equal(zone->transfer.keys[0], k2);
	assert_ptr_equal(zone->transfer.keys[1], k1);
	assert_int_equal(zone->notify_count, 2);
	assert_remote(&zone->notify[0], "127.0.0.1:5304", NULL);
	assert_remote(&zone->notify[1], "[::1]:5305", k1);

	assert_string_equal(m->name, "m.example.net");
	assert_ptr_equal(config_zone(config, "m.EXAMPLE.net"), m);
	assert_true(m->mirror.given);
	assert_ptr_equal(m->mirror.key, k2);
	assert_int_equal(m->mirror.primary_count, 2);
	assert_remote(&m->mirror.primaries[0], "192.0.2.1:53", k2);
	assert_remote(&m->mirror.primaries[1], "[2001:db8::1]:5353", k1);
	assert_int_equal(m->transfer.allow_count, 0);
	assert_int_equal(m->transfer.key_count, 1);
	assert_int_equal(m->notify_count, 1);
	assert_remote(&m->notify[0], "127.0.0.1:1", NULL);
	assert_int_equal(m->clients.fallback, ACTION_REFUSE);
	assert_int_equal(m->clients.rule_count, 1);
	assert_int_equal(m->clients.error.code, 7);
	assert_string_equal(m->clients.error.text, config->clients.error.text);
	/* What its primary says. */
	assert_int_equal(m->ns_count + m->sublist_count + m->host_count, 0);
	assert_int_equal(m->ttl_s, 0);
	assert_int_equal(m->soa.mname.len, 0);
	assert_true(name_equal(&m->at_apex.name, &m->apex));
	assert_false(m->access.given);
	assert_remote(&config->zones[2].mirror.primaries[0], "192.0.2.1:53", k1);
	assert_null(config->zones[2].mirror.key);

	assert_int_equal(config->export_count, 2);
	assert_string_equal(config->exports[0].name, "all");
	assert_ptr_equal(config->exports[0].zone, m);
	assert_string_equal(config->exports[0].format, "rbldnsd");
	assert_string_equal(config->exports[0].file, "/etc/test/m.zone");
	assert_string_equal(config->exports[1].name, "a b");
	assert_ptr_equal(config->exports[1].zone, zone);
	assert_string_equal(config->exports[1].file, "/srv/dnsbl");
	config_free(config);
}

static void test_what_the_file_leaves_out_has_its_default(void **state)
{
	struct config *config = parse(GOOD);
	const struct zone_config *zone = &config->zones[0];

	(void)state;
	assert_int_equal(config->journal.keep_s, 7 * 86400);
	assert_int_equal(config->journal.size, 1 << 30);
	assert_int_equal(config->notify_delay_ms, 1000);
	assert_int_equal(config->tcp.transfers, 10);
	assert_int_equal(config->mirror_listen.port, 0);
	assert_int_equal(config->export_count, 0);
	assert_int_equal(zone->transfer.allow_count + zone->transfer.key_count, 0);
	assert_int_equal(zone->notify_count, 0);
	config_free(config);
}

static void test_a_file_of_mirrored_zones_needs_no_zone_and_no_sublist(void **state)
{
	struct config *config = parse(MIRROR(FROM));

	(void)state;
	assert_int_equal(config->sublist_count, 0);
	assert_int_equal(config->zone_count, 1);
	assert_true(config->zones[0].mirror.given);
	config_free(config);
}

static void test_a_name_server_in_a_mirrored_zone_is_its_primarys_matter(void **state)
{
	struct config *config = parse(MIRROR(FROM) SUB "zone dnsbl.example.org {\n"
						       "ns = ns1.m.example.net\n" SOA "}\n");

	(void)state;
	assert_int_equal(config->zones[0].ns_count, 1);
	config_free(config);
}

/* Workers keep pointers to keys for longer than the secrets are there. */
static void test_keys_without_their_secrets_keep_their_names(void **state)
{
	struct config *config = parse(MIRROR(FROM "key = k1\ntransfer { keys = k1 }\n"));
	const struct zone_config *zone = &config->zones[0];

	(void)state;
	assert_true(config_has_secrets(config));
	config_forget_secrets(config);
	assert_false(config_has_secrets(config));
	assert_null(config_key(config, &zone->mirror.key->name));
	assert_memory_equal(zone->mirror.key->name.wire, "\2k1", 4);
	assert_memory_equal(zone->transfer.keys[0]->name.wire, "\2k1", 4);
	assert_null(zone->transfer.keys[0]->secret);
	assert_int_equal(zone->transfer.keys[0]->secret_len, 0);
	config_free(config);
}

/* -------------------------------------------------------------------------- what is not served */

static void fingerprint_of(const char *text, uint8_t fingerprint[FINGERPRINT])
{
	struct config *config = parse(text);

	zone_fingerprint(config, &config->zones[0], fingerprint);
	config_free(config);
}

static void test_who_gets_a_zone_is_not_what_it_serves(void **state)
{
	static const char *const others[] = {
		ZONE("transfer { allow = 192.0.2.1 }\n"),
		ZONE("transfer { keys = k1 }\n"),
		ZONE("notify = \"192.0.2.1:53 key k1\"\n"),
		GOOD "notify_delay = 2s",
		GOOD "journal { keep = 1d }",
		GOOD "tcp { transfers = 1 }",
		GOOD "export x { zone = dnsbl.example.org format = bind file = x }",
		GOOD "mirror { zone m.example.net { primaries = 192.0.2.1:53 } }",
	};
	uint8_t wanted[FINGERPRINT], got[FINGERPRINT];

	(void)state;
	fingerprint_of(GOOD, wanted);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		fingerprint_of(others[i], got);
		if (memcmp(wanted, got, FINGERPRINT) != 0) {
			fail_msg("the fingerprint is another with:\n%s", others[i]);
		}
	}
	fingerprint_of(ZONE("ttl = 7\n"), got);
	assert_memory_not_equal(wanted, got, FINGERPRINT);
}

static void *copy_of(const void *data, size_t len)
{
	void *copy = malloc(len);

	assert_non_null(copy);
	return memcpy(copy, data, len);
}

/* As mirror_zone_load() does. */
static void fill(struct zone_config *zone, unsigned code)
{
	struct sublist_config sublist = {.code = (uint8_t)code};
	struct host_config host = {.a_count = 1};
	const struct sublist_config *made;

	sublist.name = strdup("m.example.net/2");
	sublist.text = strdup("");
	made = copy_of(&sublist, sizeof sublist);
	zone->sublists = copy_of(&made, sizeof(void *));
	zone->sublist_count = 1;
	host.name = zone->apex;
	host.a = copy_of(&(addr_t){1}, sizeof(addr_t));
	zone->hosts = copy_of(&host, sizeof host);
	zone->host_count = 1;
	zone->at_apex.a = copy_of(&(addr_t){2}, sizeof(addr_t));
	zone->at_apex.a_count = 1;
	zone->ns = copy_of(&zone->apex, sizeof zone->apex);
	zone->ns_count = 1;
	zone->soa.mname = zone->apex;
	zone->ttl_s = 60;
}

static void test_a_mirrored_zone_has_the_fingerprint_of_what_was_filled_in(void **state)
{
	struct config *config = parse(MIRROR(FROM));
	struct zone_config *zone = &config->zones[0];
	uint8_t empty[FINGERPRINT], two[FINGERPRINT], three[FINGERPRINT], again[FINGERPRINT];

	(void)state;
	zone_fingerprint(config, zone, empty);
	fill(zone, 2);
	zone_fingerprint(config, zone, two);
	assert_memory_not_equal(empty, two, FINGERPRINT);
	mirror_zone_clear(zone);
	zone_fingerprint(config, zone, again);
	assert_memory_equal(empty, again, FINGERPRINT);
	mirror_zone_clear(zone);
	fill(zone, 3);
	zone_fingerprint(config, zone, three);
	assert_memory_not_equal(two, three, FINGERPRINT);
	config_free(config); /* and what is filled in */
}

/* ------------------------------------------------------------------------------------- faults */

struct row {
	const char *text;
	unsigned line;
	const char *words;
};

static const struct row faults[] = {
	/* transfer */
	{ZONE("transfer { }\n"), 6, "transfer allows nobody: give allow or keys"},
	{ZONE("transfer {\nallow = { } }\n"), 6, "the list allow is empty"},
	{ZONE("transfer { allow = 192.0.2.1\nkeys = { } }\n"), 6, "the list keys is empty"},
	{ZONE("transfer { allow = {\nlocalhost } }\n"), 7, "allow: 'localhost'"},
	{ZONE("transfer { allow = 192.0.2.1/24 }\n"), 6, "allow: '192.0.2.1/24'"},
	{ZONE("transfer { allow = { 192.0.2.1,\n192.0.2.1/32 } }\n"), 7, "is given twice"},
	{ZONE("transfer { keys = { k1,\nk2 } }\n"), 7, "keys: there is no key 'k2' in this file"},
	{ZONE("transfer { keys = { k1,\nK1. } }\n"), 7, "keys: 'K1.' is named twice"},
	{ZONE("transfer { keys = \"\" }\n"), 6, "keys: there is no key of this name"},
	{ZONE("transfer { keys = \"a..b\" }\n"), 6, "keys: there is no key of this name"},
	{ZONE("transfer {\nsecret = x }\n"), 7, "unknown option 'secret' in transfer"},
	{ZONE("transfer { keys = k1 }\ntransfer { keys = k1 }\n"), 7, "'transfer' is given twice"},
	/* notify */
	{ZONE("notify = {\n192.0.2.1 }\n"), 7, "notify '192.0.2.1' must be an address and a port"},
	{ZONE("notify = \"\"\n"), 6, "notify '' must be an address and a port"},
	{ZONE("notify = \" 192.0.2.1:53\"\n"), 6, "must be an address and a port"},
	{ZONE("notify = localhost:53\n"), 6, "must be an address and a port"},
	{ZONE("notify = [2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:1]:53\n"),
	 6, "must be an address and a port"},
	{ZONE("notify = \"192.0.2.1:53 k1\"\n"), 6, "as in \"192.0.2.1:53 key mirror\""},
	{ZONE("notify = \"192.0.2.1:53 key\"\n"), 6, "as in \"192.0.2.1:53 key mirror\""},
	{ZONE("notify = \"192.0.2.1:53 key \"\n"), 6, "as in \"192.0.2.1:53 key mirror\""},
	{ZONE("notify = \"192.0.2.1:53 keys k1\"\n"), 6, "as in \"192.0.2.1:53 key mirror\""},
	{ZONE("notify = \"192.0.2.1:53 key k1 k1\"\n"), 6, "as in \"192.0.2.1:53 key mirror\""},
	{ZONE("notify = \"192.0.2.1:53 key k2\"\n"), 6, "notify: there is no key 'k2'"},
	{ZONE("notify = { \"[::1]:53\",\n\"[0::1]:53 key k1\" }\n"), 7,
	 "notify '[::1]:53' is given twice"},
	{"notify_delay = 2d\n" GOOD, 1, "notify_delay = 2d: it must be 0s to 1d"},
	/* mirror */
	{"mirror { }\n" GOOD, 1, "mirror has no zone; it needs: zone \"dnsbl.example.org\""},
	{"mirror {\nlisten = \"\" }\n", 2, "listen '' must be an address and a port"},
	{"listen = 127.0.0.1:53\nmirror {\nlisten = 127.0.0.1:53 }\n", 3,
	 "mirror: listen '127.0.0.1:53' is dnsbld's: give it a port of its own"},
	{"mirror {\nlisten = { } }\n", 2, "unexpected token '{'"},
	{MIRROR(""), 3, "zone 'm.example.net' has no primaries; it needs: primaries = "},
	{MIRROR("primaries = { }\n"), 3, "has no primaries"},
	{MIRROR("primaries = {\n192.0.2.1 }\n"), 5, "primaries '192.0.2.1' must be an address"},
	{MIRROR("primaries = { 192.0.2.1:53,\n192.0.2.1:53 }\n"), 5,
	 "primaries '192.0.2.1:53' is given twice"},
	{MIRROR("primaries = \"192.0.2.1:53 key k2\"\n"), 4, "primaries: there is no key 'k2'"},
	{MIRROR(FROM "key = k2\n"), 5, "key: there is no key 'k2' in this file"},
	{MIRROR(FROM "transfer { }\n"), 5, "transfer allows nobody"},
	{MIRROR(FROM "notify = \"192.0.2.1:53 key k2\"\n"), 5, "notify: there is no key 'k2'"},
	{MIRROR(FROM "clients { drop = { 192.0.2.1,\n192.0.2.1 } }\n"), 6, "is given twice"},
	{MIRROR(FROM "ttl = 5m\n"), 5, "unknown option 'ttl' in zone 'm.example.net'"},
	{MIRROR(FROM "sublists = { relay }\n"), 5, "unknown option 'sublists' in zone"},
	{MIRROR(FROM "access { }\n"), 5, "unknown option 'access' in zone"},
	{MIRROR(FROM "}\nzone M.EXAMPLE.net {\n" FROM), 6, "is given twice"},
	{MIRROR(FROM "}\nzone m.example.net {\n" FROM), 6, "'m.example.net' is given twice"},
	{GOOD "mirror {\nzone DNSBL.example.org {\n" FROM "} }\n", 8,
	 "zone 'DNSBL.example.org' is given twice"},
	{GOOD "mirror { zone \".\" { " FROM "} }\n", 7, "zone '.': a name of 2 to 191 octets"},
	{GOOD "mirror { zone { " FROM "} }\n", 7, "missing title for section 'zone'"},
	{GOOD "mirror {\nzone a.example.net { " FROM "}\nzone eu.dnsbl.example.org {\n" FROM
	      "} }\n",
	 10, "zone 'eu.dnsbl.example.org' is mirrored, and zone 'dnsbl.example.org' lies above it"},
	{"mirror { zone a.example.net { " FROM "}\nzone example.org {\n" FROM "} }\n" GOOD, 3,
	 "zone 'example.org' is mirrored, and zone 'dnsbl.example.org' lies below it"},
	{MIRROR(FROM "}\nzone m.m.example.net {\n" FROM), 3,
	 "zone 'm.example.net' is mirrored, and zone 'm.m.example.net' lies below it"},
	/* A zone of ours has something to serve all the same. */
	{MIRROR(FROM) "zone dnsbl.example.org {\nns = ns1.example.net\n" SOA "}\n", 1,
	 "the file has no sublist"},
	{SUB, 1, "the file has no zone"},
	{"journal { keep = 0 }\n" GOOD, 1, "keep = 0: it must be 1s to 36525d"},
	{"journal { keep = never }\n" GOOD, 1, "keep: 'never' is no duration"},
	{"journal {\nsize = 1023 }\n" GOOD, 2, "size = 1023: it must be 1K to 64T"},
	{"tcp { transfers = 0 }\n" GOOD, 1, "transfers = 0: it must be 1 to 100000"},
	/* exports */
	{GOOD "export x {\n}\n", 7, "export 'x' has no zone; it needs: zone = "},
	{GOOD "export x { zone = dnsbl.example.org }\n", 7, "export 'x' has no format"},
	{GOOD "export x { zone = dnsbl.example.org format = bind }\n", 7, "export 'x' has no file"},
	{GOOD "export x {\nzone = other.example.org }\n", 8,
	 "export 'x': there is no zone 'other.example.org' in this file"},
	{GOOD "export x {\nformat = tinydns }\n", 8,
	 "export 'x': there is no format 'tinydns': there are rbldnsd, bind,"},
	{GOOD "export x {\nformat = \"\" }\n", 8, "there is no format ''"},
	{GOOD "export x {\nfile = \"\" }\n", 8, "file is empty: it must be a path"},
	{GOOD "export \"\" { }\n", 7, "export '': give it a name"},
	{GOOD "export x { zone = dnsbl.example.org format = bind file = a }\n"
	      "export y { zone = dnsbl.example.org format = rbldnsd\nfile = /etc/test/a }\n",
	 9, "export 'y': '/etc/test/a' is export 'x' already"},
	{GOOD "export x { zone = dnsbl.example.org format = bind file = a }\n"
	      "export x { zone = dnsbl.example.org format = bind file = b }\n",
	 8, "'x' is given twice"},
};

static void test_what_is_wrong_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const struct row *row = &faults[i];
		struct config *config = (struct config *)1;
		char where[64];

		if (config_parse(row->text, "/etc/test/x.conf", &config) != ST_CONFIG) {
			fail_msg("this is not refused with ST_CONFIG:\n%s", row->text);
		}
		assert_null(config);
		snprintf(where, sizeof where, "/etc/test/x.conf:%u: ", row->line);
		if (strncmp(fail_text(), where, strlen(where)) != 0 ||
		    !strstr(fail_text(), row->words)) {
			fail_msg("'%s' is not on line %u or does not say '%s':\n%s", fail_text(),
				 row->line, row->words, row->text);
		}
	}
}

/* Messages go to logs. */
static void test_a_secret_in_the_place_of_a_keys_name_is_not_repeated(void **state)
{
	static const char *const secrets[] = {
		/* of 32, 48 and 64 octets */
		B64,
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v",
		("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
		 "MDEyMzQ1Njc4OTo7PD0+Pw=="),
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		struct config *config;

		snprintf(text, sizeof text,
			 "mirror { zone m.example.net { " FROM "key = \"%s\" } }\n", secrets[i]);
		assert_int_equal(config_parse(text, "x.conf", &config), ST_CONFIG);
		assert_string_equal(fail_text(),
				    "x.conf:2: key: there is no key of this name in this file");
	}
}

/* ------------------------------------------------------------------------------------- memory */

static const char *no_memory_for;

/* In the place of the C library's, for libconfuse as well. */
char *strdup(const char *text)
{
	size_t room = strlen(text) + 1;
	char *copy = no_memory_for && strcmp(text, no_memory_for) == 0 ? NULL : malloc(room);

	return copy ? memcpy(copy, text, room) : NULL;
}

/* libconfuse says that it failed and not why, which must not pass for a fault of the file. */
static void test_a_file_that_there_is_no_memory_for_is_not_a_bad_file(void **state)
{
	char said[64] = "";
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct config *config;

		dup2(ends[1], STDERR_FILENO);
		no_memory_for = "relay";
		(void)config_parse(GOOD, "good.conf", &config);
		_exit(ST_OK);
	}
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(read(ends[0], said, sizeof said - 1) >= 0);
	close(ends[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ST_AGAIN);
	assert_string_equal(said, "out of memory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option_reaches_its_field),
		cmocka_unit_test(test_what_the_file_leaves_out_has_its_default),
		cmocka_unit_test(test_a_file_of_mirrored_zones_needs_no_zone_and_no_sublist),
		cmocka_unit_test(test_a_name_server_in_a_mirrored_zone_is_its_primarys_matter),
		cmocka_unit_test(test_keys_without_their_secrets_keep_their_names),
		cmocka_unit_test(test_who_gets_a_zone_is_not_what_it_serves),
		cmocka_unit_test(test_a_mirrored_zone_has_the_fingerprint_of_what_was_filled_in),
		cmocka_unit_test(test_what_is_wrong_is_refused_with_its_line),
		cmocka_unit_test(test_a_secret_in_the_place_of_a_keys_name_is_not_repeated),
		cmocka_unit_test(test_a_file_that_there_is_no_memory_for_is_not_a_bad_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
