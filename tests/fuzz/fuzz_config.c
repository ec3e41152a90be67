/*
 * fuzz_config: a config file of any octets.
 *
 *	input ─▶ config_parse() ─▶ a fault with its line, or a config that holds what config.h says
 *of one ─▶ config_parse() of a good file: nothing of the input may be left in libconfuse's scanner
 *	      ─▶ name_parse(), duration_parse(), text_check(): a name comes back from its own text
 *
 * The input ends at its first NUL, as no file with one gets further than config_read().
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "cpus.h"
#include "source.h"
#include "tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char good[] =
	"database = db listen = \"127.0.0.1:53\" sublist relay { code = 2 }\n"
	"zone dnsbl.example.org { ns = ns1.example.net\n"
	"	soa { mname = ns1.example.net rname = hostmaster.example.org } }\n";

/* What is kept of a name reads back as that name. */
static void check_name(const struct name *name)
{
	char text[NAME_TEXT];
	struct name back;

	assert(name->len > 0);
	assert(strlen(name_format(name, text)) < sizeof text);
	assert(name_parse(text, &back) == ST_OK);
	assert(name_equal(name, &back));
}

static void check_zone(const struct config *config, const struct zone_config *zone)
{
	size_t before;

	check_name(&zone->apex);
	check_name(&zone->soa.mname);
	check_name(&zone->soa.rname);
	assert(zone->apex.len <= NAME_MAX_WIRE - 64);
	assert(zone->ttl_s <= INT32_MAX && zone->soa.minimum_s <= INT32_MAX);
	assert(config_zone(config, zone->name) == zone);
	assert(zone->sublist_count > 0 && zone->ns_count > 0);
	for (size_t i = 0; i < zone->sublist_count; i++) {
		assert(i == 0 || zone->sublists[i - 1]->code < zone->sublists[i]->code);
		assert(config_sublist(config, zone->sublists[i]->name) == zone->sublists[i]);
	}
	for (size_t i = 0; i < zone->ns_count; i++) {
		check_name(&zone->ns[i]);
	}
	for (size_t i = 0; i < zone->host_count; i++) {
		check_name(&zone->hosts[i].name);
		assert(name_below(&zone->hosts[i].name, &zone->apex, &before) && before > 1);
		assert(zone->hosts[i].a_count + zone->hosts[i].aaaa_count > 0);
	}
}

static void check_policy(const struct policy_config *policy)
{
	assert(policy->given == (policy->reports > 0) && policy->given == (policy->within_s > 0));
	assert(policy->given ? policy->reporters >= 1 && policy->reporters <= policy->reports
			     : policy->reporters == 0);
	assert(policy->categories != 0);
	assert(policy->trap_weight <= 100000 && policy->negative_weight <= 100000);
	assert(policy->relapse >= 1000 && policy->relapse <= 100000);
	assert(policy->max_expires_s > 0 && policy->cool_off_s > 0);
	assert(policy->ipv6 >= 64 && policy->ipv6 <= 128);
}

static void check_reporter(const struct config *config, const struct reporter_config *reporter)
{
	struct name name;

	assert(source_check_name(reporter->name) == ST_OK && reporter->trust <= 10000);
	assert(!reporter->address || strchr(reporter->address, '@'));
	assert(reporter->domain_count == 0 || config->authserv_id);
	for (size_t i = 0; i < reporter->domain_count; i++) {
		assert(name_parse(reporter->domains[i], &name) == ST_OK);
	}
}

static void check_key(const struct config *config, const struct key_config *key)
{
	check_name(&key->name);
	assert(key->name.len <= TSIG_NAME_MAX && config_key(config, &key->name) == key);
	assert(key->secret_len >= key->algorithm->mac_len / 2 && key->secret_len <= SECRET_MAX);
}

static void check_config(const struct config *config)
{
	assert(config->file[0] == '/' && config->database[0] == '/');
	assert(config->sublist_count > 0 && config->zone_count > 0);
	assert(config->workers >= 1 && config->workers <= CONFIG_WORKERS);
	assert(config->receive_buffer >= 4096 && config->receive_buffer <= 512U << 20);
	for (size_t i = 0; i < config->affinity_count; i++) {
		assert(config->affinity[i].cpu < CPUS_MAX && config->affinity[i].line > 0);
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		const struct sublist_config *sublist = &config->sublists[i];
		assert(sublist->code >= 2 && sublist->code <= 254);
		assert(!*sublist->text || text_check(sublist->text) == ST_OK);
		check_policy(&sublist->policy);
	}
	for (size_t i = 0; i < config->reporter_count; i++) {
		check_reporter(config, &config->reporters[i]);
	}
	for (size_t i = 0; i < config->key_count; i++) {
		check_key(config, &config->keys[i]);
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		check_zone(config, &config->zones[i]);
	}
}

/* "fuzz.conf:LINE: words" */
static void check_fault(void)
{
	const char *colon = strchr(fail_text(), ':');
	char *end;

	assert(strncmp(fail_text(), "fuzz.conf:", 10) == 0);
	assert(strtoul(colon + 1, &end, 10) > 0);
	assert(end[0] == ':' && end[1] == ' ' && end[2] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct config *config;
	struct name name;
	uint64_t seconds;

	if (config_parse(text, "fuzz.conf", &config) == ST_OK) {
		check_config(config);
	} else {
		assert(!config);
		check_fault();
	}
	config_free(config);

	assert(config_parse(good, "good.conf", &config) == ST_OK);
	config_free(config);

	if (name_parse(text, &name) == ST_OK) {
		check_name(&name);
	}
	assert(duration_parse(text, &seconds) != ST_OK || seconds <= (uint64_t)36525 * 86400);
	assert(text_check(text) != ST_OK || strlen(text) <= TEXT_MAX);
	free(text);
	return 0;
}
