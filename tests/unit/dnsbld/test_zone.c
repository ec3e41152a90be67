/*
 * test_zone.c: from names to zones and nodes, without a database.
 */
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>

#include "packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA                                                                                   \
	"soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600 " \
	"retry = 300 expire = 86400 minimum = 60 }"
#define ZONE_NS(name, ns, body) \
	"zone \"" name "\" { ns = { \"" ns "\" } ttl = 300 " SOA " " body " }\n"
#define ZONE(name) ZONE_NS(name, "ns1.example.net", "")
#define HEAD                                                   \
	"database = \"db\"\nlisten = { \"127.0.0.1:5353\" }\n" \
	"sublist relay { code = 2 text = \"listed\" }\n"

static struct config *config_of(const char *text)
{
	struct config *config;

	if (config_parse(text, "/tmp/dnsbld.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	return config;
}

static const struct node *match(const struct zones *zones, const char *name, size_t *before)
{
	static uint8_t packet[512];
	struct query q;
	struct query_name n;

	assert_int_equal(query_parse(&q, &n, packet, packet_ask(packet, name, TYPE_A)), QUERY_FINE);
	return zones_match(zones, &n, before);
}

static const struct node *node(const struct zones *zones, const char *name)
{
	static uint8_t packet[512];
	struct query q;
	struct query_name n;

	assert_int_equal(query_parse(&q, &n, packet, packet_ask(packet, name, TYPE_A)), QUERY_FINE);
	return zones_node(zones, &n);
}

static void assert_zone(const struct zones *zones, const char *name, const char *zone,
			size_t before)
{
	size_t found = 999;
	const struct node *apex = match(zones, name, &found);

	if (!zone) {
		assert_null(apex);
		return;
	}
	assert_non_null(apex);
	assert_string_equal(apex->zone->config->name, zone);
	assert_int_equal(found, before);
}

static void test_longest_apex_at_a_label_boundary_wins(void **state)
{
	struct config *config = config_of(HEAD ZONE("dnsbl.example.org") ZONE(
		"relays.dnsbl.example.org") ZONE("ex.mid.low.dnsbl.example.org") ZONE("bl.test"));
	struct zones zones;

	(void)state;
	zones_init(&zones, config);
	assert_zone(&zones, "dnsbl.example.org", "dnsbl.example.org", 0);
	assert_zone(&zones, "1.2.0.192.DNSBL.example.ORG", "dnsbl.example.org", 10);
	assert_zone(&zones, "relays.dnsbl.example.org", "relays.dnsbl.example.org", 0);
	assert_zone(&zones, "1.relays.dnsbl.example.org", "relays.dnsbl.example.org", 2);
	assert_zone(&zones, "xrelays.dnsbl.example.org", "dnsbl.example.org", 8);
	assert_zone(&zones, "low.dnsbl.example.org", "dnsbl.example.org", 4);
	assert_zone(&zones, "x.ex.mid.low.dnsbl.example.org", "ex.mid.low.dnsbl.example.org", 2);
	assert_zone(&zones, "2.0.0.127.bl.test", "bl.test", 10);
	assert_zone(&zones, "xdnsbl.example.org", NULL, 0);
	assert_zone(&zones, "example.org", NULL, 0);
	assert_zone(&zones, "org", NULL, 0);
	assert_zone(&zones, "test", NULL, 0);
	assert_zone(&zones, ".", NULL, 0);
	zones_release(&zones);
	config_free(config);
}

static void test_parents_are_found_whatever_the_order_of_the_file(void **state)
{
	struct config *config = config_of(HEAD ZONE("up.mid.dnsbl.example.org") ZONE(
		"dnsbl.example.org") ZONE("mid.dnsbl.example.org") ZONE("dnsbl.example.net"));
	struct zones zones;

	(void)state;
	zones_init(&zones, config);
	assert_ptr_equal(zones.zone[0].parent, &zones.zone[2]);
	assert_null(zones.zone[1].parent);
	assert_ptr_equal(zones.zone[2].parent, &zones.zone[1]);
	assert_null(zones.zone[3].parent);
	zones_release(&zones);
	config_free(config);
}

static void test_hosts_and_the_empty_names_above_zones_exist(void **state)
{
	struct config *config = config_of(
		HEAD ZONE_NS("dnsbl.example.org", "ns1.dnsbl.example.org",
			     "host \"ns1\" { a = { \"192.0.2.53\", \"192.0.2.54\" } "
			     "aaaa = { \"2001:db8::1\" } }") ZONE("low.mid.top.dnsbl.example.org"));
	struct zones zones;

	(void)state;
	zones_init(&zones, config);
	assert_int_equal(node(&zones, "ns1.dnsbl.example.org")->a.count, 2);
	assert_int_equal(node(&zones, "ns1.dnsbl.example.org")->aaaa.count, 1);
	assert_int_equal(zones.zone[0].glue.count, 3);
	assert_int_equal(zones.zone[1].glue.count, 0);
	assert_int_equal(node(&zones, "top.dnsbl.example.org")->a.count, 0);
	assert_int_equal(node(&zones, "mid.top.dnsbl.example.org")->a.count, 0);
	assert_ptr_equal(node(&zones, "mid.top.dnsbl.example.org")->zone, &zones.zone[0]);
	assert_false(node(&zones, "mid.top.dnsbl.example.org")->apex);
	assert_true(node(&zones, "low.mid.top.dnsbl.example.org")->apex);
	assert_null(node(&zones, "low.dnsbl.example.org"));
	assert_null(node(&zones, "x.ns1.dnsbl.example.org"));
	assert_null(node(&zones, "example.org"));
	zones_release(&zones);
	config_free(config);
}

/* Every one of two thousand is found, and nothing beside them. */
static void test_thousands_of_zones(void **state)
{
	enum { ZONES = 2000 };
	char *text = malloc(ZONES * 300 + 1000), *at = text, name[64];
	struct zones zones;

	(void)state;
	at += sprintf(at, "%s", HEAD);
	for (int i = 0; i < ZONES; i++) {
		at += sprintf(
			at, "zone \"z%d.%s\" { ns = { \"ns1.example.net\" } ttl = 300 " SOA " }\n",
			i, i % 2 ? "example.org" : "dnsbl.example.net");
	}
	struct config *config = config_of(text);

	zones_init(&zones, config);
	for (int i = 0; i < ZONES; i++) {
		snprintf(name, sizeof name, "z%d.%s", i,
			 i % 2 ? "example.org" : "dnsbl.example.net");
		assert_zone(&zones, name, name, 0);
		snprintf(name, sizeof name, "z%d.%s", i,
			 i % 2 ? "dnsbl.example.net" : "example.org");
		assert_zone(&zones, name, NULL, 0);
	}
	zones_release(&zones);
	config_free(config);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_apex_at_a_label_boundary_wins),
		cmocka_unit_test(test_parents_are_found_whatever_the_order_of_the_file),
		cmocka_unit_test(test_hosts_and_the_empty_names_above_zones_exist),
		cmocka_unit_test(test_thousands_of_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
