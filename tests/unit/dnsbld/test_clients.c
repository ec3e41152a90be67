/*
 * test_clients.c: what a client gets, by the config's `clients` sections; and random ones, held
 * against a look through all prefixes.
 */
#include "clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sockaddr.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static const char *const words[] = {
	[ACTION_NONE] = "none", [ACTION_ANSWER] = "answer", [ACTION_REFUSE] = "refuse",
	[ACTION_DROP] = "drop", [ACTION_EMPTY] = "empty",   [ACTION_ERROR] = "error",
};

static struct clients clients;
static struct config *config;

/* The file's section, and that of its one zone. */
static void prepare(const char *file, const char *zone)
{
	char text[2048];

	snprintf(text, sizeof text,
		 "database = \"db\"\nlisten = { \"127.0.0.1:53\" }\nclients { %s }\n"
		 "sublist relay { code = 2 }\n"
		 "zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" } clients { %s }\n"
		 "  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" } }\n",
		 file, zone);
	if (config_parse(text, "/x.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	clients_init(&clients, config);
}

static void release(void)
{
	clients_release(&clients);
	config_free(config);
}

static const char *action_of(const char *address, const struct acl *zone)
{
	struct client client = {.tcp = false};
	struct prefix p;

	assert_int_equal(prefix_parse(address, &p), ST_OK);
	client.family = p.family;
	client.addr = p.addr;
	return words[clients_action(&clients, zone, &client)];
}

static const char *in_zone(const char *address)
{
	return action_of(address, clients.zone[0]);
}

static const char *elsewhere(const char *address)
{
	return action_of(address, NULL);
}

static void test_without_sections_all_are_answered_and_nobody_is_looked_up(void **state)
{
	(void)state;
	prepare("", "");
	assert_false(clients.given);
	assert_string_equal(in_zone("192.0.2.1"), "answer");
	assert_string_equal(elsewhere("2001:db8::1"), "answer");
	release();
	prepare("answer = { 192.0.2.0/24 }", "default = answer answer = { 2001:db8::/32 }");
	assert_false(clients.given);
	release();
	prepare("", "default = drop");
	assert_true(clients.given);
	release();
	prepare("empty = { 192.0.2.1 }", "");
	assert_true(clients.given);
	release();
}

static void test_the_most_specific_prefix_counts(void **state)
{
	(void)state;
	prepare("default = empty refuse = { 192.0.2.0/24, 192.0.2.200 }\n"
		"answer = { 192.0.2.128/25, 2001:db8:5::/48 } drop = { 0.0.0.0/1, 2001:db8::/32 }\n"
		"error = { 2001:db8:5::1, 255.255.255.255, "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff }",
		"");
	assert_string_equal(elsewhere("192.0.1.255"), "empty");
	assert_string_equal(elsewhere("192.0.2.0"), "refuse");
	assert_string_equal(elsewhere("192.0.2.127"), "refuse");
	assert_string_equal(elsewhere("192.0.2.128"), "answer");
	assert_string_equal(elsewhere("192.0.2.199"), "answer");
	assert_string_equal(elsewhere("192.0.2.200"), "refuse");
	assert_string_equal(elsewhere("192.0.2.201"), "answer");
	assert_string_equal(elsewhere("192.0.2.255"), "answer");
	assert_string_equal(elsewhere("192.0.3.0"), "empty");
	assert_string_equal(elsewhere("0.0.0.0"), "drop");
	assert_string_equal(elsewhere("127.255.255.255"), "drop");
	assert_string_equal(elsewhere("128.0.0.0"), "empty");
	assert_string_equal(elsewhere("255.255.255.254"), "empty");
	assert_string_equal(elsewhere("255.255.255.255"), "error");

	assert_string_equal(elsewhere("::"), "empty");
	assert_string_equal(elsewhere("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"), "empty");
	assert_string_equal(elsewhere("2001:db8::"), "drop");
	assert_string_equal(elsewhere("2001:db8:5::"), "answer");
	assert_string_equal(elsewhere("2001:db8:5::1"), "error");
	assert_string_equal(elsewhere("2001:db8:5::2"), "answer");
	assert_string_equal(elsewhere("2001:db8:6::"), "drop");
	assert_string_equal(elsewhere("2001:db9::"), "empty");
	assert_string_equal(elsewhere("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "error");
	release();
}

static void test_families_stand_apart(void **state)
{
	(void)state;
	prepare("drop = { ::/0 } refuse = { ::ffff:192.0.2.0/120 }", "");
	assert_string_equal(elsewhere("198.51.100.1"), "answer");
	assert_string_equal(elsewhere("192.0.2.1"), "refuse");
	assert_string_equal(elsewhere("2001:db8::1"), "drop");
	release();
	prepare("drop = { 0.0.0.0/0 }", "");
	assert_string_equal(elsewhere("198.51.100.1"), "drop");
	assert_string_equal(elsewhere("2001:db8::1"), "answer");
	release();
}

static void test_a_zone_comes_before_the_file(void **state)
{
	(void)state;
	/* What the file says more specifically does not matter where the zone says something. */
	prepare("default = refuse drop = { 192.0.2.1 }", "answer = { 192.0.2.0/24 }");
	assert_string_equal(in_zone("192.0.2.1"), "answer");
	assert_string_equal(elsewhere("192.0.2.1"), "drop");
	assert_string_equal(in_zone("198.51.100.1"), "refuse");
	release();
	prepare("drop = { 192.0.2.1, 2001:db8::1 }", "default = empty answer = { 192.0.2.2 }");
	assert_string_equal(in_zone("192.0.2.1"), "empty");
	assert_string_equal(in_zone("2001:db8::1"), "empty");
	assert_string_equal(in_zone("192.0.2.2"), "answer");
	assert_string_equal(elsewhere("192.0.2.1"), "drop");
	assert_string_equal(elsewhere("192.0.2.2"), "answer");
	release();
}

static void test_a_client_inside_ipv6_is_of_ipv4(void **state)
{
	struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
	uint8_t *octets = peer.sin6_addr.s6_addr;
	struct client client = {.tcp = false};

	(void)state;
	memcpy(octets, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	sockaddr_read(&peer, &client.family, &client.addr);
	assert_int_equal(client.family, 4);
	assert_true(client.addr == 0xc0000201);
	octets[0] = 1;
	sockaddr_read(&peer, &client.family, &client.addr);
	assert_int_equal(client.family, 6);
	assert_true(client.addr >> 64 == (addr_t)1 << 56);
}

/* ------------------------------------------------------------------------------------- at random
 */

static uint64_t random_next(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d >> 16;
}

enum { RULES = 64 };

/* Addresses that differ in few places, so that prefixes are nested and stand side by side. */
static addr_t random_address(unsigned family)
{
	addr_t addr = 0;

	if (random_next() % 8 == 0) {
		addr = prefix_mask(family, prefix_bits(family));
	}
	for (unsigned i = 0; i < 4; i++) {
		addr ^= (addr_t)(random_next() & 1) << random_next() % prefix_bits(family);
	}
	return addr;
}

static int compare(const void *a, const void *b)
{
	const struct client_rule *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

static void random_section(struct clients_config *section, bool zone)
{
	size_t count = random_next() % RULES, kept = 0;
	struct client_rule *rules = section->rules;

	section->fallback = (enum action)(random_next() % 5 + (zone ? 0 : 1));
	for (size_t i = 0; i < count; i++) {
		unsigned family = random_next() & 1 ? 4 : 6;
		unsigned len = (unsigned)(random_next() % (prefix_bits(family) + 1));

		rules[i] = (struct client_rule){
			.prefix = prefix_of(family, random_address(family), len),
			.action = (enum action)(1 + random_next() % 5),
		};
	}
	qsort(rules, count, sizeof *rules, compare);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || compare(&rules[kept - 1], &rules[i]) != 0) {
			rules[kept++] = rules[i];
		}
	}
	section->rule_count = kept;
}

static enum action naive_section(const struct clients_config *section, const struct client *client)
{
	struct prefix host = {.addr = client->addr, .family = client->family};
	enum action action = section->fallback;
	int longest = -1;

	host.len = (uint8_t)prefix_bits(client->family);
	for (size_t i = 0; i < section->rule_count; i++) {
		const struct client_rule *rule = &section->rules[i];

		if (prefix_covers(&rule->prefix, &host) && rule->prefix.len > longest) {
			longest = rule->prefix.len;
			action = rule->action;
		}
	}
	return action;
}

static void check_random(const struct config *made, unsigned family, addr_t addr)
{
	struct client client = {.family = (uint8_t)family,
				.addr = addr & prefix_mask(family, prefix_bits(family))};
	enum action file = naive_section(&made->clients, &client);
	enum action zone = naive_section(&made->zones[0].clients, &client);

	assert_int_equal(clients_action(&clients, NULL, &client), file);
	assert_int_equal(clients_action(&clients, clients.zone[0], &client),
			 zone == ACTION_NONE ? file : zone);
}

static void test_random_sections_are_as_a_look_through_all_prefixes_has_it(void **state)
{
	static struct client_rule file_rules[RULES], zone_rules[RULES];
	static struct zone_config zone;
	static struct config made;
	size_t checked = 0;

	(void)state;
	made.zones = &zone;
	made.zone_count = 1;
	made.clients.rules = file_rules;
	zone.clients.rules = zone_rules;
	for (unsigned round = 0; round < 2000; round++) {
		const struct clients_config *sections[] = {&made.clients, &zone.clients};

		random_section(&made.clients, false);
		random_section(&zone.clients, true);
		clients_init(&clients, &made);
		/* Around both ends of each prefix, and anywhere. */
		for (size_t i = 0; i < 2; i++) {
			for (size_t k = 0; k < sections[i]->rule_count; k++) {
				const struct prefix *p = &sections[i]->rules[k].prefix;

				check_random(&made, p->family, p->addr - 1);
				check_random(&made, p->family, p->addr);
				check_random(&made, p->family, prefix_last(p));
				check_random(&made, p->family, prefix_last(p) + 1);
				checked += 4;
			}
		}
		for (size_t i = 0; i < 20; i++) {
			check_random(&made, 4, random_address(4));
			check_random(&made, 6, random_address(6));
		}
		clients_release(&clients);
	}
	assert_true(checked > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_sections_all_are_answered_and_nobody_is_looked_up),
		cmocka_unit_test(test_the_most_specific_prefix_counts),
		cmocka_unit_test(test_families_stand_apart),
		cmocka_unit_test(test_a_zone_comes_before_the_file),
		cmocka_unit_test(test_a_client_inside_ipv6_is_of_ipv4),
		cmocka_unit_test(test_random_sections_are_as_a_look_through_all_prefixes_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
