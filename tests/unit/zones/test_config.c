/*
 * test_config.c: configs that are right, field by field; the files they come from; the sample and
 * the man page held against the option table. Configs that are wrong are in test_config_faults.c.
 *
 * The tests run in the top folder of the source.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "category.h"
#include "config_option.h"
#include "config_token.h"
#include "cpus.h"
#include "tsig.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SAMPLE   "dnsbld/dnsbld.conf"
#define MAN_PAGE "dnsbld/dnsbld.conf.5"
#define MINIMAL                                                             \
	"database = /db\n"                                                  \
	"listen = 127.0.0.1:53\n"                                           \
	"sublist relay { code = 2 }\n"                                      \
	"zone dnsbl.example.org {\n"                                        \
	"	ns = ns1.example.net\n"                                           \
	"	soa { mname = ns1.example.net rname = hostmaster.example.org }\n" \
	"}\n"

static struct config *parse(const char *text)
{
	struct config *config;

	if (config_parse(text, "/etc/test/x.conf", &config) != ST_OK) {
		fail_msg("refused: %s", fail_text());
	}
	return config;
}

static void assert_name(const struct name *name, const char *expected)
{
	char text[NAME_TEXT];

	assert_string_equal(name_format(name, text), expected);
}

static void assert_addr(unsigned family, addr_t addr, const char *expected)
{
	char text[ADDR_TEXT];

	addr_format(family, addr, text);
	assert_string_equal(text, expected);
}

/* The rules are those named, each once, and sorted. */
static void assert_rules(const struct clients_config *clients, const char *expected)
{
	static const char *const words[] = {
		[ACTION_ANSWER] = "answer", [ACTION_REFUSE] = "refuse", [ACTION_DROP] = "drop",
		[ACTION_EMPTY] = "empty",   [ACTION_ERROR] = "error",
	};
	size_t len = 0;

	for (size_t i = 0; i < clients->rule_count; i++) {
		const struct client_rule *rule = &clients->rules[i];
		char prefix[PREFIX_TEXT], text[PREFIX_TEXT + 16];

		prefix_format(&rule->prefix, prefix);
		snprintf(text, sizeof text, "%s %s", words[rule->action], prefix);
		if (!strstr(expected, text)) {
			fail_msg("there is a rule '%s'", text);
		}
		len += strlen(text) + (i > 0 ? 2 : 0);
		assert_true(i == 0 || prefix_compare(&rule[-1].prefix, &rule->prefix) < 0);
	}
	assert_int_equal(len, strlen(expected));
}

/* ------------------------------------------------------------------------------------- values */

static void test_every_option_reaches_its_field(void **state)
{
	struct config *config = parse(
		"database = \"/var/lib/blocklist\"\n"
		"listen = { \"192.0.2.53:53\", \"[2001:0db8::53]:5353\", 127.0.0.1:65535, }\n"
		"workers = 3\n"
		"affinity = {\n 2, 0\n, 8191 }\n"
		"receive_buffer = 64K\n"
		"user = 'nobody'\n"
		"map_size = 3M\n"
		"exclude_reserved = false\n"
		"state = \"counters\"\n"
		"log = syslog\n"
		"nsid = \"fra1\" version = \"dnsbld {ip}\"\n"
		"dnstap { socket = \"d.sock\" sample = 10 queries = no }\n"
		"tcp { clients = 5 per_client = 4 idle = 1m partial = 7s }\n"
		"clients { default = refuse answer = { 2001:db8::/32, 192.0.2.128/25 }\n"
		"	drop = 192.0.2.1 empty = ::/0 error = 192.0.2.0/24 error_code = 255\n"
		"	refuse = ::ffff:198.51.100.0/120 error_text = \"not {ip}\" }\n"
		"cookies { secret = \"00112233445566778899AAbbccddeeff\" require = yes\n"
		"	old_secret = ffeeddccbbaa99887766554433221100 }\n"
		"rrl { rate = 7 slip = 0 exempt = { 192.0.2.0/24, \"2001:db8::/32\" } }\n"
		"zone \"DNSBL.Example.org.\" {\n"
		"	sublists = { \"hijacked\", \"relay\" }\n"
		"	ns = { \"NS1.dnsbl.example.org\", \"ns2.example.net.\" }\n"
		"	ttl = 0\n"
		"	soa { mname = \"NS1.dnsbl.example.org\" rname = \"host\\\\.master.Example.org\"\n"
		"	      refresh = 2w retry = 3h expire = 4d minimum = 90 }\n"
		"	clients { drop = 192.0.2.1 error_code = 1 error_text = \"zone\" }\n"
		"	apex { a = { \"192.0.2.80\", \"192.0.2.81\" } aaaa = \"2001:db8::80\" }\n"
		"	host \"NS1\" { a = \"192.0.2.53\" aaaa = { \"2001:db8::53\", \"2001:db8::54\" } }\n"
		"	host \"www\" { aaaa = \"2001:db8::1\" }\n"
		"	access { required = yes unknown = error unknown_code = 1 unknown_text = \"No {ip}\"\n"
		"		overdrawn = empty overdrawn_code = 254 overdrawn_text = \"Enough\"\n"
		"		address_day = 1000000000 address_second = 100000 }\n"
		"}\n"
		"reports { keep = 2w body_size = 2K }\n"
		"reporter \"isp-fbl\" { trust = 0.25 trap = yes address = \"arf+isp@Example.org\"\n"
		"	domains = { \"ISP.example.net.\", 'mail.example.net' } }\n"
		"reporter other { trust = 10 }\n"
		"trusted_hops = { 192.0.2.25, \"198.51.100.0/24\", 2001:db8::/32 }\n"
		"authserv_id = \"mx.dnsbl.example.org\"\n"
		"sublist hijacked { code = 4 text = \"see {ip}\" expires = 7d\n"
		"	policy { reports = 3 reporters = 2 within = 24h categories = { attack, spam }\n"
		"		trap_weight = 1.125 negative_weight = 0 half_life = 12h max_age = 7d\n"
		"		relapse = 1.5 max_expires = 60d cool_off = 10d neighbours = 0\n"
		"		ipv6 = 64 } }\n"
		"sublist relay { code = 2 expires = never }\n"
		"key Mirror.example.NET. { algorithm = HMAC-SHA512\n"
		"	secret = \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw==\" }\n"
		"key second { secret = 'MDEyMzQ1Njc4OTAxMjM0NQ==' }\n");

	(void)state;
	assert_string_equal(config->file, "/etc/test/x.conf");
	assert_int_equal(config->key_count, 2);
	assert_name(&config->keys[0].name, "mirror.example.net.");
	assert_string_equal(config->keys[0].algorithm->name, "hmac-sha512");
	assert_int_equal(config->keys[0].secret_len, 34);
	assert_memory_equal(config->keys[0].secret, "0123456789012345678901234567890123", 34);
	assert_name(&config->keys[1].name, "second.");
	assert_string_equal(config->keys[1].algorithm->name, "hmac-sha256");
	assert_int_equal(config->keys[1].secret_len, 16);
	assert_string_equal(config->database, "/var/lib/blocklist");
	assert_int_equal(config->listen_count, 3);
	assert_string_equal(config->listen[0].text, "192.0.2.53:53");
	assert_int_equal(config->listen[0].family, 4);
	assert_addr(4, config->listen[0].addr, "192.0.2.53");
	assert_int_equal(config->listen[0].port, 53);
	assert_string_equal(config->listen[1].text, "[2001:db8::53]:5353");
	assert_int_equal(config->listen[1].family, 6);
	assert_addr(6, config->listen[1].addr, "2001:db8::53");
	assert_int_equal(config->listen[1].port, 5353);
	assert_int_equal(config->listen[2].port, 65535);
	assert_int_equal(config->workers, 3);
	assert_int_equal(config->affinity_count, 3);
	assert_int_equal(config->affinity[0].cpu, 2);
	assert_int_equal(config->affinity[0].line, 5);
	assert_int_equal(config->affinity[1].cpu, 0);
	assert_int_equal(config->affinity[2].cpu, 8191);
	assert_int_equal(config->affinity[2].line, 6);
	assert_int_equal(config->receive_buffer, 64 << 10);
	assert_string_equal(config->user, "nobody");
	assert_int_equal(config->map_size, 3 << 20);
	assert_false(config->exclude_reserved);
	assert_string_equal(config->state, "/etc/test/counters");
	assert_true(config->syslog);
	assert_string_equal(config->nsid, "fra1");
	assert_string_equal(config->dnstap.socket, "/etc/test/d.sock");
	assert_int_equal(config->dnstap.sample, 10);
	assert_false(config->dnstap.queries);
	assert_true(config->dnstap.responses);
	assert_string_equal(config->version, "dnsbld {ip}");
	assert_int_equal(config->tcp.clients, 5);
	assert_int_equal(config->tcp.per_client, 4);
	assert_int_equal(config->tcp.idle_ms, 60000);
	assert_int_equal(config->tcp.partial_ms, 7000);
	assert_int_equal(config->clients.fallback, ACTION_REFUSE);
	assert_rules(&config->clients, "drop 192.0.2.1, refuse 198.51.100.0/24, empty ::/0, "
				       "answer 2001:db8::/32, error 192.0.2.0/24, "
				       "answer 192.0.2.128/25");
	assert_int_equal(config->clients.error.code, 255);
	assert_string_equal(config->clients.error.text, "not {ip}");
	assert_true(config->cookies.require);
	assert_true(config->cookies.secret.given);
	assert_memory_equal(config->cookies.secret.octets,
			    "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
	assert_true(config->rrl.given);
	assert_int_equal(config->rrl.rate, 7);
	assert_int_equal(config->rrl.slip, 0);
	assert_int_equal(config->rrl.exempt_count, 2);
	assert_addr(4, config->rrl.exempt[0].addr, "192.0.2.0");
	assert_int_equal(config->rrl.exempt[0].len, 24);
	assert_int_equal(config->rrl.exempt[1].family, 6);
	assert_int_equal(config->rrl.exempt[1].len, 32);
	assert_true(config->cookies.old_secret.given);
	assert_memory_equal(config->cookies.old_secret.octets,
			    "\xff\xee\xdd\xcc\xbb\xaa\x99\x88\x77\x66\x55\x44\x33\x22\x11\x00", 16);

	assert_int_equal(config->reports.keep_s, 14 * 86400);
	assert_int_equal(config->reports.body_size, 2048);
	assert_int_equal(config->reporter_count, 2);
	assert_string_equal(config->reporters[0].name, "isp-fbl");
	assert_int_equal(config->reporters[0].trust, 250);
	assert_true(config->reporters[0].trap);
	assert_string_equal(config->reporters[0].address, "arf+isp@Example.org");
	assert_int_equal(config->reporters[0].domain_count, 2);
	assert_string_equal(config->reporters[0].domains[0], "isp.example.net");
	assert_string_equal(config->reporters[0].domains[1], "mail.example.net");
	assert_string_equal(config->reporters[1].name, "other");
	assert_int_equal(config->reporters[1].trust, 10000);
	assert_int_equal(config->trusted_hop_count, 3);
	assert_addr(4, config->trusted_hops[0].addr, "192.0.2.25");
	assert_int_equal(config->trusted_hops[0].len, 32);
	assert_int_equal(config->trusted_hops[1].len, 24);
	assert_int_equal(config->trusted_hops[2].family, 6);
	assert_int_equal(config->trusted_hops[2].len, 32);
	assert_string_equal(config->authserv_id, "mx.dnsbl.example.org");

	/* In the file's order, though zones may stand before sublists. */
	assert_int_equal(config->sublist_count, 2);
	const struct sublist_config *hijacked = &config->sublists[0], *relay = &config->sublists[1];
	assert_string_equal(hijacked->name, "hijacked");
	assert_int_equal(hijacked->code, 4);
	assert_string_equal(hijacked->text, "see {ip}");
	assert_int_equal(hijacked->expires_s, 7 * 86400);
	assert_true(hijacked->policy.given);
	assert_int_equal(hijacked->policy.reports, 3);
	assert_int_equal(hijacked->policy.reporters, 2);
	assert_int_equal(hijacked->policy.within_s, 86400);
	assert_int_equal(hijacked->policy.categories, 1 << CATEGORY_SPAM | 1 << CATEGORY_ATTACK);
	assert_int_equal(hijacked->policy.trap_weight, 1125);
	assert_int_equal(hijacked->policy.negative_weight, 0);
	assert_int_equal(hijacked->policy.half_life_s, 12 * 3600);
	assert_int_equal(hijacked->policy.max_age_s, 7 * 86400);
	assert_int_equal(hijacked->policy.relapse, 1500);
	assert_int_equal(hijacked->policy.max_expires_s, 60 * 86400);
	assert_int_equal(hijacked->policy.cool_off_s, 10 * 86400);
	assert_int_equal(hijacked->policy.neighbours, 0);
	assert_int_equal(hijacked->policy.ipv6, 64);
	assert_string_equal(relay->name, "relay");
	assert_int_equal(relay->expires_s, 0);
	assert_false(relay->policy.given);

	assert_int_equal(config->zone_count, 1);
	const struct zone_config *zone = &config->zones[0];
	assert_string_equal(zone->name, "dnsbl.example.org");
	assert_name(&zone->apex, "dnsbl.example.org.");
	assert_int_equal(zone->sublist_count, 2);
	assert_ptr_equal(zone->sublists[0], relay);
	assert_ptr_equal(zone->sublists[1], hijacked);
	assert_int_equal(zone->ns_count, 2);
	assert_name(&zone->ns[0], "ns1.dnsbl.example.org.");
	assert_name(&zone->ns[1], "ns2.example.net.");
	assert_int_equal(zone->ttl_s, 0);
	assert_name(&zone->soa.mname, "ns1.dnsbl.example.org.");
	assert_name(&zone->soa.rname, "host\\.master.example.org.");
	assert_int_equal(zone->soa.refresh_s, 14 * 86400);
	assert_int_equal(zone->soa.retry_s, 3 * 3600);
	assert_int_equal(zone->soa.expire_s, 4 * 86400);
	assert_int_equal(zone->soa.minimum_s, 90);
	assert_int_equal(zone->clients.fallback, ACTION_NONE);
	assert_rules(&zone->clients, "drop 192.0.2.1");
	assert_int_equal(zone->clients.error.code, 1);
	assert_string_equal(zone->clients.error.text, "zone");
	assert_true(name_equal(&zone->at_apex.name, &zone->apex));
	assert_int_equal(zone->at_apex.a_count, 2);
	assert_addr(4, zone->at_apex.a[1], "192.0.2.81");
	assert_int_equal(zone->at_apex.aaaa_count, 1);
	assert_addr(6, zone->at_apex.aaaa[0], "2001:db8::80");
	assert_int_equal(zone->host_count, 2);
	assert_name(&zone->hosts[0].name, "ns1.dnsbl.example.org.");
	assert_int_equal(zone->hosts[0].a_count, 1);
	assert_addr(4, zone->hosts[0].a[0], "192.0.2.53");
	assert_int_equal(zone->hosts[0].aaaa_count, 2);
	assert_addr(6, zone->hosts[0].aaaa[1], "2001:db8::54");
	assert_name(&zone->hosts[1].name, "www.dnsbl.example.org.");
	assert_int_equal(zone->hosts[1].a_count, 0);
	assert_true(zone->access.given);
	assert_true(zone->access.required);
	assert_int_equal(zone->access.unknown, ACTION_ERROR);
	assert_int_equal(zone->access.unknown_error.code, 1);
	assert_string_equal(zone->access.unknown_error.text, "No {ip}");
	assert_int_equal(zone->access.overdrawn, ACTION_EMPTY);
	assert_int_equal(zone->access.overdrawn_error.code, 254);
	assert_string_equal(zone->access.overdrawn_error.text, "Enough");
	assert_int_equal(zone->access.address_day, 1000000000);
	assert_int_equal(zone->access.address_second, 100000);
	config_free(config);
}

static void assert_policy_defaults(const struct policy_config *policy)
{
	assert_int_equal(policy->categories, 1 << CATEGORY_SPAM | 1 << CATEGORY_FRAUD |
						     1 << CATEGORY_VIRUS | 1 << CATEGORY_BOT);
	assert_int_equal(policy->trap_weight, 3000);
	assert_int_equal(policy->negative_weight, 1000);
	assert_int_equal(policy->half_life_s, 0);
	assert_int_equal(policy->max_age_s, 0);
	assert_int_equal(policy->relapse, 2000);
	assert_int_equal(policy->max_expires_s, 90 * 86400);
	assert_int_equal(policy->cool_off_s, 30 * 86400);
	assert_int_equal(policy->neighbours, 16);
	assert_int_equal(policy->ipv6, 128);
}

static void test_what_the_file_leaves_out_has_its_default(void **state)
{
	struct config *config = parse(MINIMAL);
	const struct zone_config *zone = &config->zones[0];

	(void)state;
	assert_int_equal(config->affinity_count, 0);
	assert_int_equal(config->receive_buffer, 4 << 20);
	assert_null(config->user);
	assert_int_equal(config->map_size, (uint64_t)64 << 30);
	assert_true(config->exclude_reserved);
	assert_false(config->syslog);
	assert_null(config->nsid);
	assert_null(config->dnstap.socket);
	assert_null(config->version);
	assert_int_equal(config->tcp.clients, 1000);
	assert_int_equal(config->tcp.per_client, 20);
	assert_int_equal(config->tcp.idle_ms, 10000);
	assert_int_equal(config->tcp.partial_ms, 2000);
	assert_int_equal(config->clients.fallback, ACTION_ANSWER);
	assert_int_equal(config->clients.rule_count, 0);
	assert_int_equal(config->clients.error.code, 254);
	assert_non_null(config->clients.error.text);
	assert_false(config->cookies.require);
	assert_false(config->cookies.secret.given);
	assert_false(config->cookies.old_secret.given);
	assert_false(config->rrl.given);
	assert_string_equal(config->sublists[0].text, "");
	assert_int_equal(config->sublists[0].expires_s, 0);
	assert_false(config->sublists[0].policy.given);
	assert_policy_defaults(&config->sublists[0].policy);
	assert_int_equal(config->reports.keep_s, 365 * 86400);
	assert_int_equal(config->reports.body_size, 1 << 20);
	assert_int_equal(config->reporter_count, 0);
	assert_int_equal(config->trusted_hop_count, 0);
	assert_null(config->authserv_id);
	assert_int_equal(zone->ttl_s, 300);
	assert_int_equal(zone->soa.refresh_s, 600);
	assert_int_equal(zone->soa.retry_s, 300);
	assert_int_equal(zone->soa.expire_s, 86400);
	assert_int_equal(zone->soa.minimum_s, 300);
	assert_int_equal(zone->clients.fallback, ACTION_NONE);
	assert_int_equal(zone->clients.rule_count, 0);
	assert_int_equal(zone->at_apex.a_count, 0);
	assert_int_equal(zone->at_apex.aaaa_count, 0);
	assert_int_equal(zone->host_count, 0);
	assert_null(config->state);
	assert_false(zone->access.given);
	config_free(config);
}

static void test_a_zone_with_keys_refuses_who_has_none_unless_it_says_otherwise(void **state)
{
	struct config *config = parse("state = /counters sublist x1 { code = 9 }\n"
				      "zone keys.example.org { ns = ns1.example.net access { }\n"
				      "soa { mname = a.example.net rname = b.example.net } }\n"
				      "zone drop.example.org { ns = ns1.example.net\n"
				      "access { unknown = drop overdrawn = refuse }\n"
				      "soa { mname = a.example.net rname = b.example.net } }\n");
	const struct access_config *access = &config->zones[0].access;

	(void)state;
	assert_true(access->given);
	assert_false(access->required);
	assert_int_equal(access->unknown, ACTION_REFUSE);
	assert_int_equal(access->overdrawn, ACTION_REFUSE);
	assert_int_equal(access->unknown_error.code, 252);
	assert_int_equal(access->overdrawn_error.code, 255);
	assert_int_equal(access->address_day, 0);
	assert_int_equal(access->address_second, 0);
	assert_int_equal(config->zones[1].access.unknown, ACTION_DROP);
	assert_int_equal(config->zones[1].access.overdrawn, ACTION_REFUSE);
	config_free(config);
}

/* taskset and cpusets say which those are, and the machine may have more. */
static void test_there_is_a_worker_for_each_cpu_that_we_may_run_on(void **state)
{
	struct cpus cpus;
	unsigned count = cpus_allowed(&cpus), left = 0;
	cpu_set_t all, some;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
	assert_int_equal(count, CPU_COUNT(&all));
	CPU_ZERO(&some);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		assert_int_equal(cpus_has(&cpus, cpu), CPU_ISSET(cpu, &all) != 0);
		if (CPU_ISSET(cpu, &all)) {
			struct config *config;

			CPU_SET(cpu, &some);
			assert_int_equal(sched_setaffinity(0, sizeof some, &some), 0);
			config = parse(MINIMAL);
			assert_int_equal(config->workers,
					 ++left > CONFIG_WORKERS ? CONFIG_WORKERS : left);
			config_free(config);
		}
	}
	assert_int_equal(left, count);
	assert_false(cpus_has(&cpus, CPUS_MAX));
}

static void test_a_section_that_is_there_keeps_the_other_defaults(void **state)
{
	struct config *config = parse("tcp { idle = 3s }\n" MINIMAL);

	(void)state;
	assert_int_equal(config->tcp.idle_ms, 3000);
	assert_int_equal(config->tcp.clients, 1000);
	config_free(config);
}

static void test_what_a_zone_says_to_errors_is_the_files_unless_it_is_given(void **state)
{
	struct config *config = parse(
		"zone a.example.org { ns = ns1.example.net clients { error_code = 1 }\n"
		"	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n"
		"zone b.example.org { ns = ns1.example.net clients { error_text = b }\n"
		"	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n" MINIMAL
		"clients { error_code = 2 error_text = file }\n");

	(void)state;
	assert_int_equal(config->zones[0].clients.error.code, 1);
	assert_string_equal(config->zones[0].clients.error.text, "file");
	assert_int_equal(config->zones[1].clients.error.code, 2);
	assert_string_equal(config->zones[1].clients.error.text, "b");
	assert_int_equal(config->zones[2].clients.error.code, 2);
	assert_string_equal(config->zones[2].clients.error.text, "file");
	config_free(config);
}

static void test_an_rrl_section_limits_with_its_defaults(void **state)
{
	struct config *config = parse("rrl { }\n" MINIMAL);

	(void)state;
	assert_true(config->rrl.given);
	assert_int_equal(config->rrl.rate, 200);
	assert_int_equal(config->rrl.slip, 1);
	assert_int_equal(config->rrl.exempt_count, 0);
	config_free(config);
}

static void test_a_policy_without_a_rule_for_complaints_keeps_the_defaults(void **state)
{
	struct config *config = parse("sublist a1 { code = 10 policy { } }\n"
				      "sublist b1 { code = 11 policy { ipv6 = 64 } }\n"
				      "sublist c1 { code = 12 policy { reports = 1 reporters = 1\n"
				      "	within = 1h } }\n"
				      "reporter r1 { }\n" MINIMAL);

	(void)state;
	assert_false(config->sublists[0].policy.given);
	assert_policy_defaults(&config->sublists[0].policy);
	assert_false(config->sublists[1].policy.given);
	assert_int_equal(config->sublists[1].policy.ipv6, 64);
	assert_int_equal(config->sublists[1].policy.relapse, 2000);
	assert_true(config->sublists[2].policy.given);
	assert_policy_defaults(&config->sublists[2].policy);
	assert_int_equal(config->reporters[0].trust, 1000);
	assert_false(config->reporters[0].trap);
	assert_null(config->reporters[0].address);
	assert_int_equal(config->reporters[0].domain_count, 0);
	config_free(config);
}

static void test_decimals_are_kept_in_thousandths(void **state)
{
	static const struct {
		const char *text;
		unsigned trust;
	} cases[] = {{"0", 0},       {"0.0", 0},      {"0.001", 1},  {"0.01", 10},
		     {"0.1", 100},   {"0.100", 100},  {"1", 1000},   {"1.5", 1500},
		     {"1.25", 1250}, {"1.125", 1125}, {"10", 10000}, {"10.000", 10000},
		     {"007", 7000}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1024];
		snprintf(text, sizeof text, "reporter r1 { trust = %s }\n" MINIMAL, cases[i].text);
		struct config *config = parse(text);
		assert_int_equal(config->reporters[0].trust, cases[i].trust);
		config_free(config);
	}
}

static void test_never_is_no_end(void **state)
{
	struct config *config = parse("reports { keep = never }\n"
				      "sublist a1 { code = 10 expires = never policy {\n"
				      "	half_life = never max_age = never } }\n" MINIMAL);

	(void)state;
	assert_int_equal(config->reports.keep_s, 0);
	assert_int_equal(config->sublists[0].policy.half_life_s, 0);
	assert_int_equal(config->sublists[0].policy.max_age_s, 0);
	config_free(config);
}

static void test_reporters_need_not_stand_in_any_order(void **state)
{
	/* The domain stands before the authserv_id that it leans on. */
	struct config *config = parse("reporter b1 { domains = b.example.net }\n"
				      "reporter a@b.example.org { address = c@b.example.org }\n"
				      "authserv_id = mx\n" MINIMAL);

	(void)state;
	assert_int_equal(config->reporter_count, 2);
	assert_string_equal(config->reporters[0].name, "b1");
	assert_string_equal(config->reporters[1].name, "a@b.example.org");
	config_free(config);
}

static void test_a_zone_serves_all_sublists_by_code_unless_it_names_some(void **state)
{
	struct config *config = parse("sublist later { code = 254 }\n"
				      "sublist sooner { code = 3 }\n" MINIMAL);
	const struct zone_config *zone = &config->zones[0];

	(void)state;
	assert_int_equal(zone->sublist_count, 3);
	assert_string_equal(zone->sublists[0]->name, "relay");
	assert_string_equal(zone->sublists[1]->name, "sooner");
	assert_string_equal(zone->sublists[2]->name, "later");
	config_free(config);
}

static void test_a_code_may_come_back_in_another_zone(void **state)
{
	struct config *config =
		parse("database = /db listen = 127.0.0.1:53\n"
		      "sublist relay { code = 2 } sublist open { code = 2 }\n"
		      "zone a.example.org { sublists = relay ns = ns1.example.net\n"
		      "	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n"
		      "zone b.example.org { sublists = open ns = ns1.example.net\n"
		      "	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n");

	(void)state;
	assert_string_equal(config->zones[0].sublists[0]->name, "relay");
	assert_string_equal(config->zones[1].sublists[0]->name, "open");
	config_free(config);
}

static void test_a_name_server_may_have_its_address_at_an_apex_or_in_another_zone(void **state)
{
	struct config *config = parse(
		"database = /db listen = 127.0.0.1:53 sublist relay { code = 2 }\n"
		"zone a.example.org { ns = { a.example.org, ns1.b.example.org, ns1.us.a.example.org }\n"
		"	soa { mname = a.example.org rname = hostmaster.example.org }\n"
		"	apex { aaaa = 2001:db8::53 } }\n"
		"zone b.example.org { ns = ns1.b.example.org host ns1 { a = 192.0.2.53 }\n"
		"	soa { mname = ns1.b.example.org rname = hostmaster.example.org } }\n"
		"zone us.a.example.org { ns = ns1.us.a.example.org host ns1 { a = 192.0.2.54 }\n"
		"	soa { mname = ns1.us.a.example.org rname = hostmaster.example.org } }\n");

	(void)state;
	assert_int_equal(config->zone_count, 3);
	config_free(config);
}

static void test_names_next_to_reversed_addresses_are_allowed(void **state)
{
	/* 256 is no octet, 00 none without leading zeros, "aa" no nibble. */
	static const char *labels[] = {"256", "00", "aa", "g", "ns1", "1a"};

	(void)state;
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		char text[1024];
		snprintf(text, sizeof text,
			 MINIMAL "zone %s.dnsbl.example.org { ns = a.example.net\n"
				 "soa { mname = a.example.net rname = b.example.net } }\n",
			 labels[i]);
		config_free(parse(text));
	}
}

static void test_the_longest_zone_leaves_room_for_nibbles(void **state)
{
	/* 63 + 63 + 61 octets, three lengths and the root make 191. */
	char name[256], text[1024];

	(void)state;
	memset(name, 'a', sizeof name);
	name[63] = name[127] = '.';
	for (size_t last = 61; last <= 62; last++) {
		struct config *config;
		snprintf(text, sizeof text,
			 MINIMAL "zone %.*s { ns = a.example.net\n"
				 "soa { mname = a.example.net rname = b.example.net } }\n",
			 (int)(128 + last), name);
		if (last == 61) {
			config = parse(text);
			assert_int_equal(config->zones[1].apex.len, 191);
			config_free(config);
		} else {
			assert_int_equal(config_parse(text, "x.conf", &config), ST_CONFIG);
		}
	}
}

static void test_strings_keep_what_is_in_them(void **state)
{
	struct config *config =
		parse("sublist a1 { code = 10 text = \"# // /* } \\\" \\\\ ' , $x\" }\n"
		      "sublist b1 { code = 11 text = '${HOME} \\' \\\\ \"' }\n"
		      "sublist c1 { code = 12 text = 'b\303\274cher' }\r\n" MINIMAL);

	(void)state;
	assert_string_equal(config->sublists[0].text, "# // /* } \" \\ ' , $x");
	assert_string_equal(config->sublists[1].text, "${HOME} ' \\ \"");
	assert_string_equal(config->sublists[2].text, "b\303\274cher");
	config_free(config);
}

static void test_look_ups_find_by_name(void **state)
{
	struct config *config = parse(MINIMAL);

	(void)state;
	assert_ptr_equal(config_sublist(config, "relay"), &config->sublists[0]);
	assert_null(config_sublist(config, "Relay"));
	assert_null(config_sublist(config, ""));
	assert_ptr_equal(config_zone(config, "dnsbl.example.org"), &config->zones[0]);
	assert_ptr_equal(config_zone(config, "DNSBL.example.org."), &config->zones[0]);
	assert_null(config_zone(config, "example.org"));
	assert_null(config_zone(config, "no..name"));
	config_free(config);
}

static void test_durations_have_one_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = {{"0", 0},
		    {"90", 90},
		    {"90s", 90},
		    {"5m", 300},
		    {"12h", 43200},
		    {"30d", 2592000},
		    {"2w", 1209600},
		    {"36525d", 3155760000},
		    {"3155760000", 3155760000}};
	static const char *bad[] = {"",
				    "s",
				    "-1",
				    "+1",
				    " 1",
				    "1 ",
				    "1.5h",
				    "1h30m",
				    "1D",
				    "never",
				    "0x10",
				    "3155760001",
				    "101y",
				    "36526d",
				    "18446744073709551616",
				    "30500568904944w"};
	uint64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(duration_parse(good[i].text, &seconds), ST_OK);
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (duration_parse(bad[i], &seconds) != ST_DATA) {
			fail_msg("'%s' is taken for a duration", bad[i]);
		}
	}
}

static void test_a_text_fits_into_one_string_when_ip_is_longest(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof text);
	text[255] = '\0';
	assert_int_equal(text_check(text), ST_OK);
	text[255] = 'x';
	text[256] = '\0';
	assert_int_equal(text_check(text), ST_DATA);

	/* 255 octets with one prefix of 43 are 212 and {ip}. */
	memcpy(text + 212, "{ip}", 5);
	assert_int_equal(text_check(text), ST_OK);
	memcpy(text + 213, "{ip}", 5);
	assert_int_equal(text_check(text), ST_DATA);

	assert_int_equal(text_check("x"), ST_OK);
	assert_int_equal(text_check("{ip"), ST_OK);
	assert_int_equal(text_check("b\303\274cher"), ST_OK);
	assert_int_equal(text_check(""), ST_DATA);
	assert_int_equal(text_check("b\374cher"), ST_DATA);
	assert_int_equal(text_check("cut \303"), ST_DATA);
	assert_int_equal(text_check("a\nb"), ST_DATA);
	assert_int_equal(text_check("a\177b"), ST_DATA);
}

/* -------------------------------------------------------------------------------------- files */

/* A fresh folder; its path ends in no slash. */
static int make_folder(void **state)
{
	const char *base = getenv("TMPDIR");
	char *path;

	if (asprintf(&path, "%s/config-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(path)) {
		return -1;
	}
	*state = path;
	return 0;
}

static int remove_folder(void **state)
{
	static const char *names[] = {"x.conf", "big.conf"};
	char file[512];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(file, sizeof file, "%s/%s", (char *)*state, names[i]);
		(void)unlink(file);
	}
	int rc = rmdir(*state);
	free(*state);
	return rc;
}

/* Writes a file there and returns its path. */
static const char *file_of(const char *folder, const char *name, const void *data, size_t len)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void test_the_file_is_the_one_given_or_the_environment_or_the_default(void **state)
{
	(void)state;
	setenv("DNSBLD_CONF", "from-env.conf", 1);
	assert_string_equal(config_file("given.conf"), "given.conf");
	assert_string_equal(config_file(NULL), "from-env.conf");
	setenv("DNSBLD_CONF", "", 1);
	assert_string_equal(config_file(NULL), "/etc/dnsbld/dnsbld.conf");
	unsetenv("DNSBLD_CONF");
	assert_string_equal(config_file(NULL), "/etc/dnsbld/dnsbld.conf");
}

static void test_relative_paths_are_relative_to_the_file(void **state)
{
	char expected[1024], cwd[512];
	struct config *config;
	char text[512] = MINIMAL;

	memcpy(text + 11, "a/b", 3); /* in the place of "/db" */
	assert_non_null(getcwd(cwd, sizeof cwd));
	assert_int_equal(config_parse(text, "sub/x.conf", &config), ST_OK);
	snprintf(expected, sizeof expected, "%s/sub/a/b", cwd);
	assert_string_equal(config->database, expected);
	snprintf(expected, sizeof expected, "%s/sub/x.conf", cwd);
	assert_string_equal(config->file, expected);
	config_free(config);

	const char *path = file_of(*state, "x.conf", text, strlen(text));
	assert_int_equal(config_read(path, &config), ST_OK);
	snprintf(expected, sizeof expected, "%s/a/b", (char *)*state);
	assert_string_equal(config->database, expected);
	config_free(config);
}

static void test_a_file_that_is_not_there_is_no_input(void **state)
{
	struct config *config = (struct config *)1;
	char path[512];

	snprintf(path, sizeof path, "%s/none.conf", (char *)*state);
	assert_int_equal(config_read(path, &config), ST_NOINPUT);
	assert_null(config);
	assert_non_null(strstr(fail_text(), path));
}

static void test_a_file_that_may_not_be_read_is_a_matter_of_modes(void **state)
{
	const char *path = file_of(*state, "x.conf", MINIMAL, strlen(MINIMAL));
	bool root = geteuid() == 0;
	struct config *config;

	assert_int_equal(chmod(path, 0), 0);
	assert_true(!root || seteuid(65534) == 0);
	enum status status = config_read(path, &config);
	assert_true(!root || seteuid(0) == 0);
	assert_int_equal(status, ST_PERM);
	assert_non_null(strstr(fail_text(), path));
}

#define SECRETS MINIMAL "key mirror { secret = \"MDEyMzQ1Njc4OTAxMjM0NQ==\" }\n"

static void check_mode(const char *path, unsigned mode, enum status wanted, const char *words)
{
	struct config *config = (struct config *)1;

	assert_int_equal(chmod(path, mode), 0);
	if (config_read(path, &config) != wanted || !config != !!wanted ||
	    (wanted && (!strstr(fail_text(), words) || !strstr(fail_text(), path)))) {
		fail_msg("%s, mode %o: %s", path, mode, fail_text());
	}
	config_free(config);
}

static void test_a_file_with_secrets_is_not_for_everybody(void **state)
{
	const char *path = file_of(*state, "x.conf", SECRETS, strlen(SECRETS));

	check_mode(path, 0644, ST_PERM, "it holds secrets, and everybody may read it: chmod o-r");
	check_mode(path, 0604, ST_PERM, "chmod o-r");
	check_mode(path, 0642, ST_PERM, "everybody may write it: chmod o-w");
	check_mode(path, 0640, ST_OK, "");
	check_mode(path, 0600, ST_OK, "");
	path = file_of(*state, "x.conf", MINIMAL, strlen(MINIMAL));
	check_mode(path, 0644, ST_OK, "");
	check_mode(path, 0646, ST_PERM, "everybody may write it: chmod o-w");
	check_mode(path, 0666, ST_PERM, "chmod o-w");
}

static void test_a_file_that_the_workers_could_write_is_refused(void **state)
{
	static const char text[] = "user = nobody\n" MINIMAL;
	const char *path = file_of(*state, "x.conf", text, strlen(text));

	if (geteuid() != 0) {
		skip();
	}
	assert_int_equal(chown(path, 65534, 0), 0);
	check_mode(path, 0600, ST_PERM, "it belongs to 'nobody', as whom the workers run: chown");
	assert_int_equal(chown(path, 0, 65534), 0);
	check_mode(path, 0660, ST_PERM, "may write it as its group: chmod g-w");
	check_mode(path, 0640, ST_OK, "");
	assert_int_equal(chown(path, 1, 1), 0);
	check_mode(path, 0660, ST_OK, "");
}

static void test_a_config_from_a_pipe_is_whose_it_is(void **state)
{
	struct config *config;
	char path[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], SECRETS, strlen(SECRETS)), strlen(SECRETS));
	close(ends[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	assert_int_equal(config_read(path, &config), ST_OK);
	assert_true(config_has_secrets(config));
	config_free(config);
	close(ends[0]);
}

static void test_what_makes_cookies_is_a_secret_as_well(void **state)
{
	struct config *config =
		parse(MINIMAL "cookies { secret = \"000102030405060708090a0b0c0d0e0f\" }\n");

	(void)state;
	assert_true(config_has_secrets(config));
	config_forget_secrets(config);
	assert_false(config_has_secrets(config));
	config_free(config);
}

static void test_secrets_can_be_forgotten(void **state)
{
	struct config *config = parse(SECRETS);

	(void)state;
	assert_true(config_has_secrets(config));
	uint8_t *secret = config->keys[0].secret;

	assert_memory_equal(secret, "0123456789012345", 16);
	config_forget_secrets(config);
	assert_false(config_has_secrets(config));
	assert_int_equal(config->key_count, 0);
	assert_null(config->keys[0].secret);
	config_free(config);
}

static void test_a_folder_is_no_config(void **state)
{
	struct config *config;

	assert_int_equal(config_read(*state, &config), ST_CONFIG);
	assert_non_null(strstr(fail_text(), "folder"));
}

static void test_a_nul_octet_is_refused_with_its_line(void **state)
{
	static const char text[] = "database = /db\nlisten = \0";
	const char *path = file_of(*state, "x.conf", text, sizeof text);
	char expected[640];
	struct config *config;

	assert_int_equal(config_read(path, &config), ST_CONFIG);
	snprintf(expected, sizeof expected, "%s:2: it holds a NUL octet", path);
	assert_int_equal(strncmp(fail_text(), expected, strlen(expected)), 0);
}

static void test_a_file_over_16_mib_is_refused(void **state)
{
	const size_t limit = 16 << 20, minimal = strlen(MINIMAL);
	char *text = malloc(limit + 1);
	struct config *config;

	/* A blank line is a config as well, up to the limit. */
	memset(text, '\n', limit + 1);
	memcpy(text, MINIMAL, minimal);
	const char *path = file_of(*state, "big.conf", text, limit);
	assert_int_equal(config_read(path, &config), ST_OK);
	config_free(config);
	path = file_of(*state, "big.conf", text, limit + 1);
	assert_int_equal(config_read(path, &config), ST_CONFIG);
	assert_non_null(strstr(fail_text(), "over 16 MiB"));
	free(text);
}

/* --------------------------------------------------------------------- the sample and the page */

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file) {
		fail_msg("unable to open %s: %s", path, strerror(errno));
	}
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

/* With the options that are only shown: they begin right behind their '#', words do not. */
static char *read_whole_sample(void)
{
	char *text = read_text(SAMPLE);

	for (char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] == '#' && line[1] != ' ' && line[1] != '\n') {
			line[0] = ' ';
		}
	}
	return text;
}

static void test_the_sample_is_a_good_config(void **state)
{
	static const struct {
		const char *name;
		unsigned code;
	} sublists[] = {{"relay", 2}, {"hijacked", 4}, {"multihop", 5}, {"netblock", 9}};
	struct config *config;

	(void)state;
	if (config_read(SAMPLE, &config) != ST_OK) {
		fail_msg("%s", fail_text());
	}
	assert_int_equal(config->sublist_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(config->sublists[i].name, sublists[i].name);
		assert_int_equal(config->sublists[i].code, sublists[i].code);
		assert_non_null(strstr(config->sublists[i].text, "{ip}"));
	}
	assert_int_equal(config->zones[0].sublist_count, 4);
	assert_true(config->sublists[1].policy.given);
	/* It is written there with the defaults. */
	assert_policy_defaults(&config->sublists[1].policy);
	/* Or it would have to be protected before it could be tried. */
	assert_false(config_has_secrets(config));
	config_free(config);

	char *whole = read_whole_sample();

	config = parse(whole);
	assert_int_equal(config->key_count, 1);
	config_free(config);
	free(whole);
}

/* Whether "NAME = VALUE", or with value NULL "NAME" before '=', '{' or a title, is in the text. */
static bool has_option(const char *text, const char *name, const char *value)
{
	char *copy = strdup(text);
	struct scanner scanner = {.file = "x", .at = copy, .line = 1};
	struct word word = {.text = NULL};
	bool found = false;

	for (enum token token = token_next(&scanner); token > TOKEN_END && !found;) {
		word = scanner.word;
		bool is_name = token == TOKEN_WORD && word.len == strlen(name) &&
			       memcmp(word.text, name, word.len) == 0;
		token = token_next(&scanner);
		if (is_name && !value) {
			found = token == TOKEN_EQUALS || token == TOKEN_OPEN ||
				token == TOKEN_STRING || token == TOKEN_WORD;
		} else if (is_name && token == TOKEN_EQUALS) {
			token = token_next(&scanner);
			found = scanner.word.len == strlen(value) &&
				memcmp(scanner.word.text, value, scanner.word.len) == 0;
		}
	}
	free(copy);
	return found;
}

static void check_sample(const char *text, const struct config_option *rows)
{
	for (const struct config_option *row = rows; row->name; row++) {
		if (!has_option(text, row->name, NULL)) {
			fail_msg("%s has no '%s'", SAMPLE, row->name);
		}
		if (row->fallback && !has_option(text, row->name, row->fallback)) {
			fail_msg("%s has no '%s = %s'", SAMPLE, row->name, row->fallback);
		}
		if (row->options) {
			check_sample(text, row->options);
		}
	}
}

static void test_the_sample_has_every_option_with_its_default(void **state)
{
	char *text = read_whole_sample();

	(void)state;
	check_sample(text, config_options);
	free(text);
}

/* One entry of that name, up to the next, says that the default is what the table says. */
static bool has_default(const char *at, const char *entry, const char *fallback)
{
	char expected[64];

	snprintf(expected, sizeof expected, "\nThe default is %s.\n", fallback);
	for (; at; at = strstr(at + 1, entry)) {
		const char *next = strstr(at + 1, "\n.It "), *found = strstr(at, expected);
		if (found && (!next || found < next)) {
			return true;
		}
	}
	return false;
}

static void check_page(const char *text, const struct config_option *rows)
{
	for (const struct config_option *row = rows; row->name; row++) {
		char entry[64];
		/* tcp has `clients = …`, the file has `clients { ... }`. */
		snprintf(entry, sizeof entry, "\n.It Cm %s %s", row->name,
			 row->options ? "" : "No = ");
		const char *at = strstr(text, entry);
		if (!at) {
			fail_msg("%s has no entry for '%s'", MAN_PAGE, row->name);
			return;
		}
		if (row->fallback && !has_default(at, entry, row->fallback)) {
			fail_msg("%s does not say of '%s' that the default is %s", MAN_PAGE,
				 row->name, row->fallback);
		}
		if (row->options) {
			check_page(text, row->options);
		}
	}
}

static void test_the_man_page_has_every_option_with_its_default(void **state)
{
	char *text = read_text(MAN_PAGE);

	(void)state;
	check_page(text, config_options);
	free(text);
}

/* config_syntax.c remembers 64 names of a section, and has room for sections seven deep. */
static void check_shape(const struct config_option *rows, unsigned depth)
{
	unsigned count = 0;

	assert_true(depth < 8);
	for (; rows[count].name; count++) {
		if (rows[count].options) {
			check_shape(rows[count].options, depth + 1);
		}
	}
	assert_true(count < 64);
}

static void test_the_option_table_is_within_what_the_syntax_remembers(void **state)
{
	(void)state;
	check_shape(config_options, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option_reaches_its_field),
		cmocka_unit_test(test_what_the_file_leaves_out_has_its_default),
		cmocka_unit_test(
			test_a_zone_with_keys_refuses_who_has_none_unless_it_says_otherwise),
		cmocka_unit_test(test_there_is_a_worker_for_each_cpu_that_we_may_run_on),
		cmocka_unit_test(test_a_section_that_is_there_keeps_the_other_defaults),
		cmocka_unit_test(test_what_a_zone_says_to_errors_is_the_files_unless_it_is_given),
		cmocka_unit_test(test_an_rrl_section_limits_with_its_defaults),
		cmocka_unit_test(test_a_policy_without_a_rule_for_complaints_keeps_the_defaults),
		cmocka_unit_test(test_decimals_are_kept_in_thousandths),
		cmocka_unit_test(test_never_is_no_end),
		cmocka_unit_test(test_reporters_need_not_stand_in_any_order),
		cmocka_unit_test(test_a_zone_serves_all_sublists_by_code_unless_it_names_some),
		cmocka_unit_test(test_a_code_may_come_back_in_another_zone),
		cmocka_unit_test(
			test_a_name_server_may_have_its_address_at_an_apex_or_in_another_zone),
		cmocka_unit_test(test_names_next_to_reversed_addresses_are_allowed),
		cmocka_unit_test(test_the_longest_zone_leaves_room_for_nibbles),
		cmocka_unit_test(test_strings_keep_what_is_in_them),
		cmocka_unit_test(test_look_ups_find_by_name),
		cmocka_unit_test(test_durations_have_one_unit),
		cmocka_unit_test(test_a_text_fits_into_one_string_when_ip_is_longest),
		cmocka_unit_test(test_the_file_is_the_one_given_or_the_environment_or_the_default),
		cmocka_unit_test_setup_teardown(test_relative_paths_are_relative_to_the_file,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_a_file_that_is_not_there_is_no_input,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			test_a_file_that_may_not_be_read_is_a_matter_of_modes, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(test_a_file_with_secrets_is_not_for_everybody,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_a_file_that_the_workers_could_write_is_refused,
						make_folder, remove_folder),
		cmocka_unit_test(test_a_config_from_a_pipe_is_whose_it_is),
		cmocka_unit_test(test_what_makes_cookies_is_a_secret_as_well),
		cmocka_unit_test(test_secrets_can_be_forgotten),
		cmocka_unit_test_setup_teardown(test_a_folder_is_no_config, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_a_nul_octet_is_refused_with_its_line,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_a_file_over_16_mib_is_refused, make_folder,
						remove_folder),
		cmocka_unit_test(test_the_sample_is_a_good_config),
		cmocka_unit_test(test_the_sample_has_every_option_with_its_default),
		cmocka_unit_test(test_the_man_page_has_every_option_with_its_default),
		cmocka_unit_test(test_the_option_table_is_within_what_the_syntax_remembers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
