/*
 * config.c: the config file, from its octets to struct config.
 *
 *     config_read() ─▶ config_parse(): syntax_read() ─▶ tree_open() ─▶ tree_read() ─▶
 * config_check() its octets                       well formed?     libconfuse     each option zones
 * together
 *
 * Every step fails with "FILE:LINE: …", and the first fault ends it: nothing of a file that has one
 * is used.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_check.h"
#include "config_syntax.h"
#include "config_tree.h"
#include "cpus.h"

const char *config_file(const char *given)
{
	const char *from_env = getenv("DNSBLD_CONF");

	if (given) {
		return given;
	}
	return from_env && *from_env ? from_env : CONFIG_DEFAULT;
}

/* ------------------------------------------------------------------------------------ reading */

static char *absolute(const char *file)
{
	char *cwd, *path = NULL;

	if (file[0] == '/') {
		return must_strdup(file);
	}
	cwd = get_current_dir_name();
	if (!cwd) {
		fail(ST_IO, "unable to find the current folder: %s", strerror(errno));
		return NULL;
	}
	size_t room = strlen(cwd) + 1 + strlen(file) + 1;
	path = must_alloc(room);
	snprintf(path, room, "%s/%s", cwd, file);
	free(cwd);
	return path;
}

/* Each worker wants a CPU of its own, and more workers than CPUs would only take turns. */
static unsigned default_workers(void)
{
	struct cpus cpus;
	unsigned count = cpus_allowed(&cpus);

	return count > CONFIG_WORKERS ? CONFIG_WORKERS : count;
}

enum status config_parse(const char *text, const char *file, struct config **config)
{
	struct config *made = must_alloc(sizeof *made);
	struct config_tree *tree = NULL;
	struct syntax syntax = {0};
	enum status status;

	*config = NULL;
	made->file = absolute(file);
	made->workers = default_workers();
	status = made->file ? syntax_read(&syntax, text, file) : ST_IO;
	if (status == ST_OK) {
		status = tree_open(&tree, &syntax, file);
	}
	if (status == ST_OK) {
		status = tree_read(tree, made);
	}
	if (status == ST_OK) {
		status = config_check(made, tree, file);
	}
	tree_close(tree);
	syntax_release(&syntax);
	if (status != ST_OK) {
		config_free(made);
		return status;
	}
	*config = made;
	return ST_OK;
}

/* ------------------------------------------------------------------------------------ freeing */

static void host_release(struct host_config *host)
{
	free(host->a);
	free(host->aaaa);
}

static void clients_release(struct clients_config *clients)
{
	free(clients->rules);
	free(clients->error.text);
}

/* What a mirrored zone has from its primary, and all others from the file. */
static void records_release(struct zone_config *zone)
{
	for (size_t i = 0; i < zone->host_count; i++) {
		host_release(&zone->hosts[i]);
	}
	host_release(&zone->at_apex);
	free(zone->hosts);
	free(zone->ns);
	free(zone->sublists);
}

void mirror_zone_clear(struct zone_config *zone)
{
	for (size_t i = 0; i < zone->sublist_count; i++) {
		struct sublist_config *sublist = (void *)(uintptr_t)zone->sublists[i];

		free(sublist->name);
		free(sublist->text);
		free(sublist);
	}
	records_release(zone);
	zone->hosts = NULL;
	zone->ns = NULL;
	zone->sublists = NULL;
	zone->host_count = zone->ns_count = zone->sublist_count = 0;
	zone->at_apex = (struct host_config){.name = zone->apex};
	zone->soa = (struct soa_config){0};
	zone->ttl_s = 0;
}

static void zone_release(struct zone_config *zone)
{
	if (zone->mirror.given) {
		mirror_zone_clear(zone);
	} else {
		records_release(zone);
	}
	clients_release(&zone->clients);
	free(zone->access.unknown_error.text);
	free(zone->access.overdrawn_error.text);
	free(zone->transfer.allow);
	free(zone->transfer.keys);
	free(zone->notify);
	free(zone->mirror.primaries);
	free(zone->name);
}

static void reporter_release(struct reporter_config *reporter)
{
	for (size_t i = 0; i < reporter->domain_count; i++) {
		free(reporter->domains[i]);
	}
	free(reporter->domains);
	free(reporter->address);
	free(reporter->name);
}

static void export_release(struct export_config *export)
{
	free(export->file);
	free(export->format);
	free(export->name);
}

void config_forget_secrets(struct config *config)
{
	for (size_t i = 0; i < config->key_count; i++) {
		struct key_config *key = &config->keys[i];

		if (key->secret) {
			explicit_bzero(key->secret, key->secret_len);
		}
		free(key->secret);
		key->secret = NULL;
		key->secret_len = 0;
	}
	config->key_count = 0;
	explicit_bzero(&config->cookies, sizeof config->cookies);
}

void config_free(struct config *config)
{
	if (!config) {
		return;
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		zone_release(&config->zones[i]);
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		free(config->sublists[i].name);
		free(config->sublists[i].text);
	}
	for (size_t i = 0; i < config->reporter_count; i++) {
		reporter_release(&config->reporters[i]);
	}
	for (size_t i = 0; i < config->export_count; i++) {
		export_release(&config->exports[i]);
	}
	clients_release(&config->clients);
	config_forget_secrets(config);
	free(config->keys);
	free(config->exports);
	free(config->zones);
	free(config->sublists);
	free(config->reporters);
	free(config->trusted_hops);
	free(config->rrl.exempt);
	free(config->nsid);
	free(config->version);
	free(config->dnstap.socket);
	free(config->authserv_id);
	free(config->listen);
	free(config->affinity);
	free(config->user);
	free(config->state);
	free(config->database);
	free(config->file);
	free(config);
}

/* ---------------------------------------------------------------------------------- look-ups */

bool config_has_secrets(const struct config *config)
{
	return config->key_count > 0 || config->cookies.secret.given;
}

const struct sublist_config *config_sublist(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->sublist_count; i++) {
		if (strcmp(config->sublists[i].name, name) == 0) {
			return &config->sublists[i];
		}
	}
	return NULL;
}

const struct reporter_config *config_reporter(const struct config *config, struct bytes name)
{
	for (size_t i = 0; i < config->reporter_count; i++) {
		if (bytes_equal(bytes_str(config->reporters[i].name), name)) {
			return &config->reporters[i];
		}
	}
	return NULL;
}

const struct key_config *config_key(const struct config *config, const struct name *name)
{
	for (size_t i = 0; i < config->key_count; i++) {
		if (name_equal(&config->keys[i].name, name)) {
			return &config->keys[i];
		}
	}
	return NULL;
}

const struct zone_config *config_zone(const struct config *config, const char *name)
{
	struct name apex;

	if (name_parse(name, &apex) != ST_OK) {
		return NULL;
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		if (name_equal(&config->zones[i].apex, &apex)) {
			return &config->zones[i];
		}
	}
	return NULL;
}
