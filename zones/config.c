/*
 * config.c: the config file, from its octets to struct config.
 *
 *     read_file() ─▶ text ─▶ syntax_read() ─▶ tree_open() ─▶ tree_read() ─▶ config_check() ─▶
 * struct config well formed?     libconfuse     each option    zones together by its row
 *
 * Every step fails with "FILE:LINE: …", and the first fault ends it: nothing of a file that has one
 * is used.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_check.h"
#include "config_syntax.h"
#include "config_tree.h"
#include "cpus.h"

enum {
	FILE_MAX = 16 << 20, /* a thousand zones are a tenth of it; more is another file given by
				mistake */
	READ_STEP = 64 << 10,
};

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

/* All of an open file, NUL-terminated. NULL, having failed, on what cannot be a config. */
static char *read_all(int fd, const char *file, enum status *status)
{
	char *text = NULL;
	size_t len = 0;
	ssize_t got;

	do {
		text = must_realloc(text, len + READ_STEP + 1);
		got = read(fd, text + len, READ_STEP);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 && len <= FILE_MAX);

	text[len] = '\0';
	if (got < 0) {
		*status = fail(ST_IO, "unable to read '%s': %s", file, strerror(errno));
	} else if (len > FILE_MAX) {
		*status = fail(ST_CONFIG, "%s: it is over %d MiB, which no config file is", file,
			       FILE_MAX >> 20);
	} else if (strlen(text) != len) {
		unsigned line = 1;
		for (const char *p = text; *p; p++) {
			line += *p == '\n';
		}
		*status = fail(ST_CONFIG, "%s:%u: it holds a NUL octet, which no text does", file,
			       line);
	} else {
		return text;
	}
	free(text);
	return NULL;
}

enum status config_read(const char *file, struct config **config)
{
	enum status status = ST_OK;
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	*config = NULL;
	if (fd < 0) {
		status = errno == ENOENT || errno == ENOTDIR ? ST_NOINPUT
			 : errno == EACCES                   ? ST_PERM
							     : ST_IO;
		return fail(status, "unable to open '%s': %s", file, strerror(errno));
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return fail(ST_CONFIG, "%s: it is a folder, not a config file", file);
	}
	char *text = read_all(fd, file, &status);
	close(fd);
	if (text) {
		status = config_parse(text, file, config);
		free(text);
	}
	return status;
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

static void zone_release(struct zone_config *zone)
{
	for (size_t i = 0; i < zone->host_count; i++) {
		host_release(&zone->hosts[i]);
	}
	host_release(&zone->at_apex);
	clients_release(&zone->clients);
	free(zone->hosts);
	free(zone->ns);
	free(zone->sublists);
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
	clients_release(&config->clients);
	free(config->zones);
	free(config->sublists);
	free(config->reporters);
	free(config->trusted_hops);
	free(config->nsid);
	free(config->version);
	free(config->authserv_id);
	free(config->listen);
	free(config->affinity);
	free(config->user);
	free(config->database);
	free(config->file);
	free(config);
}

/* ---------------------------------------------------------------------------------- look-ups */

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
