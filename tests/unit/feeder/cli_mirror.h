/*
 * cli_mirror.h: a database that mirrors a zone, with what its primary would have sent. Include it
 * behind cli_frame.h.
 */
#ifndef DNSBLD_TEST_CLI_MIRROR_H
#define DNSBLD_TEST_CLI_MIRROR_H

#include "cli_frame.h"
#include "dns.h"
#include "records.h"

#define COPY "copy.example.org"

static int set_up_mirrored(void **state)
{
	(void)state;
	cli_begin(&cli, "mirror { zone \"" COPY "\" { primaries = { \"192.0.2.1:53\" } } }\n");
	return 0;
}

static void add_record(struct change *c, const char *owner, uint16_t type, const void *rdata,
		       size_t len)
{
	struct record record = {.type = type, .ttl_s = 60, .rdata = bytes_of(rdata, len)};

	assert_int_equal(name_parse(owner, &record.owner), ST_OK);
	change_mirror_add(c, &record);
}

/* What a primary would have sent. */
static void transfer(void)
{
	static const char soa[] = "\2ns\7example\3net\0\4mail\7example\3net\0"
				  "\0\0\0\11\0\0\0\12\0\0\0\13\0\0\0\14\0\0\0\15";
	struct change_who who = {"tester", "mirror", 1};
	struct config *config = cli_config(&cli);
	struct store *store;
	struct change *c;
	bool more;

	assert_int_equal(store_open_write(&store, cli.dir, config->map_size, 0), ST_OK);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(
		change_mirror_begin(c, &config->zones[config_zone(config, COPY) - config->zones],
				    true),
		ST_OK);
	add_record(c, COPY, TYPE_SOA, soa, sizeof soa - 1);
	add_record(c, COPY, TYPE_NS, "\2ns\7example\3net", 16);
	add_record(c, "2.0.0.127." COPY, TYPE_A, "\177\0\0\2", 4);
	add_record(c, "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." COPY,
		   TYPE_A, "\177\0\0\2", 4);
	add_record(c, "*.2.0.192." COPY, TYPE_A, "\177\0\0\7", 4);
	add_record(c, "*.2.0.192." COPY, TYPE_TXT, "\5Seven", 6);
	assert_int_equal(change_mirror_end(c, 9, 1, NULL, &more), ST_OK);
	assert_false(more);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	store_close(store);
	config_free(config);
}

#endif
