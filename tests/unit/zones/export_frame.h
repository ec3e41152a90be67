/*
 * export_frame.h: what tests of exports share: a database of zones, two of them below the first,
 * and an export as a text. Include it last, after cmocka.h.
 */
#ifndef DNSBLD_TEST_EXPORT_FRAME_H
#define DNSBLD_TEST_EXPORT_FRAME_H

#include "export.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "change.h"
#include "temp.h"

#define ZONE(name, body)                                                           \
	"zone \"" name "\" { " body " soa { mname = \"ns1.example.net\""           \
	" rname = \"hostmaster.example.org\" refresh = 10m retry = 5m expire = 1d" \
	" minimum = 1m } }\n"

#define DNSBL "dnsbl.example.org"

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 3 text = \"Relay {ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Costs $5, {ip}7 = {ip}$ {ip}{ip}\" }\n"
	"sublist other { code = 5 }\n"
	"sublist plain { code = 6 }\n" ZONE(
		"dnsbl.example.org",
		"sublists = { \"relay\", \"hijacked\", \"plain\" } ttl = 2m"
		" ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" }"
		" apex { a = { \"192.0.2.80\" } aaaa = { \"2001:db8::80\" } }"
		" host \"ns1\" { a = { \"192.0.2.53\", \"192.0.2.54\" } aaaa = { \"2001:db8::53\" } }")
		ZONE("relay.dnsbl.example.org",
		     "sublists = { \"relay\" } ns = { \"ns1.relay.dnsbl.example.org\" }"
		     " host \"ns1\" { a = { \"192.0.2.55\" } } host \"www\" { a = { \"192.0.2.56\" } }")
			ZONE("deep.relay.dnsbl.example.org",
			     "sublists = { \"relay\" } ns = { \"ns9.example.net\" }");

static const char *dir;
static struct config *config;
static struct store *store;
static struct txn *txn;

/* Opens a database of zones with the serial 7, and claims by `fill`. */
static void open_with(const char *text, void (*fill)(struct change *c))
{
	struct change_who who = {"tester", "test", 1};
	struct change *c;

	dir = temp_make();
	assert_int_equal(config_parse(text, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	change_first_serial(c, 7);
	fill(c);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
}

static int close_all(void **state)
{
	(void)state;
	txn_abort(txn);
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

static inline void claim(struct change *c, const char *prefix, const char *sublist,
			 const char *text)
{
	struct claim_add add = {.sublist = change_sublist(c, sublist),
				.source = change_source(c, "operator"),
				.text = text};

	assert_int_equal(prefix_parse(prefix, &add.prefix), ST_OK);
	assert_int_equal(change_add(c, &add), CLAIM_ADDED);
}

/* 2026-11-21T10:00:00Z */
enum { NOW = 1795255200 };

static struct export_job job_of(const struct config *of, const char *zone,
				enum export_format format)
{
	return (struct export_job){of, config_zone(of, zone), format, NOW, NULL};
}

static char *exported(const char *zone, enum export_format format, uint64_t *entries)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	struct export_job job = job_of(config, zone, format);

	if (export_zone(txn, &job, out, entries)) {
		fail_msg("%s", fail_text());
	}
	fclose(out);
	return text;
}

static inline void expect(enum export_format format, const char *expected,
			  uint64_t expected_entries)
{
	uint64_t entries;
	char *text = exported(DNSBL, format, &entries);

	assert_string_equal(text, expected);
	assert_int_equal(entries, expected_entries);
	free(text);
}

#endif
