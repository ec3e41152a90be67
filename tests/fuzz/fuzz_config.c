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
#include "export.h"
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

/* Keys are the file's own, and addresses read back as they are told. */
static void check_remotes(const struct config *config, const struct remote_config *remotes,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct remote_config *remote = &remotes[i];

		assert(remote->at.port != 0 && strchr(remote->at.text, ':'));
		assert(!remote->key || config_key(config, &remote->key->name) == remote->key);
	}
}

/* What both kinds of zones have. */
static void check_any_zone(const struct config *config, const struct zone_config *zone)
{
	const struct transfer_config *transfer = &zone->transfer;

	check_name(&zone->apex);
	assert(zone->apex.len <= NAME_MAX_WIRE - 64);
	assert(config_zone(config, zone->name) == zone);
	assert(zone->clients.error.text && zone->clients.error.code > 0);
	check_remotes(config, zone->notify, zone->notify_count);
	for (size_t i = 0; i < transfer->key_count; i++) {
		assert(config_key(config, &transfer->keys[i]->name) == transfer->keys[i]);
	}
}

/* It stands alone, and the file says nothing of what its primary does. */
static void check_mirrored(const struct config *config, const struct zone_config *zone)
{
	size_t before;

	assert(zone->mirror.primary_count > 0);
	check_remotes(config, zone->mirror.primaries, zone->mirror.primary_count);
	assert(zone->sublist_count + zone->ns_count + zone->host_count == 0);
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *other = &config->zones[i];

		assert(other == zone || (!name_below(&other->apex, &zone->apex, &before) &&
					 !name_below(&zone->apex, &other->apex, &before)));
	}
}

static void check_zone(const struct config *config, const struct zone_config *zone)
{
	size_t before;

	check_any_zone(config, zone);
	if (zone->mirror.given) {
		check_mirrored(config, zone);
		return;
	}
	check_name(&zone->soa.mname);
	check_name(&zone->soa.rname);
	assert(zone->ttl_s <= INT32_MAX && zone->soa.minimum_s <= INT32_MAX);
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

static void check_export(const struct config *config, const struct export_config *export)
{
	assert(*export->name && export->file[0] == '/');
	assert(config_zone(config, export->zone->name) == export->zone);
	assert(export_format_named(export->format) != EXPORT_UNKNOWN);
	for (const struct export_config *other = config->exports; other < export; other++) {
		assert(strcmp(other->file, export->file) != 0);
	}
}

static void check_config(const struct config *config)
{
	assert(config->file[0] == '/' && config->database[0] == '/');
	assert(config->zone_count > 0);
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
		assert(i == 0 || config->zones[i].mirror.given ||
		       !config->zones[i - 1].mirror.given);
	}
	for (size_t i = 0; i < config->export_count; i++) {
		check_export(config, &config->exports[i]);
	}
	assert(config->notify_delay_ms <= 86400000 && config->tcp.transfers > 0);
	assert(config->journal.keep_s > 0 && config->journal.size >= 1024);
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
