/*
 * cmd_init.c: feeder init: makes the database, tells it the config's zones, excludes what is
 * reserved. One transaction: killed before its commit there is no database, and init can be run
 * again.
 */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "account.h"
#include "exclusion.h"
#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"

/*
 * As root the folder is feeder's, and dnsbld's group may read it. Anybody else owns everything
 * himself.
 */
static void find_owner(const struct config *config, int *owner, int *group)
{
	const struct passwd *user;
	struct account account;

	*owner = *group = -1;
	if (geteuid() != 0) {
		return;
	}
	user = getpwnam("feeder");
	*owner = user ? (int)user->pw_uid : 0;
	if (account_find(config, &account)) {
		log_warn("dnsbld will not be able to read this: %s", fail_text());
	} else {
		*group = (int)account.gid;
	}
}

static enum status exclude_reserved(struct change *change)
{
	for (size_t i = 0; reserved_space[i]; i++) {
		struct prefix prefix;
		enum status status = prefix_parse(reserved_space[i], &prefix);

		if (status) {
			return fail(ST_INTERNAL, "reserved space: %s", fail_text());
		}
		change_exclude(change, &prefix, "reserved: no mail comes from here", 0);
	}
	return change_status(change);
}

static enum status fill(const struct call *call, struct store *store, uint32_t serial)
{
	struct change *change;
	enum status status = call_begin(call, store, &change);

	if (status) {
		return status;
	}
	if (call->config->exclude_reserved) {
		status = exclude_reserved(change);
	}
	if (status) {
		change_abort(change);
		return status;
	}
	if (serial) {
		change_first_serial(change, serial);
	}
	change_audit(change, &(struct audit_entry){.event = "init"});
	return call_finish(call, change, NULL);
}

/* Looks whether there is a database, and makes none. */
static enum status rehearse(const struct call *call)
{
	struct store *store = NULL;
	enum status status = store_open_read(&store, call->config->database);

	if (status == ST_NOINPUT) {
		log_info("would make a database in '%s'", call->config->database);
		return ST_OK;
	}
	store_close(store);
	return status ? status
		      : fail(ST_DATA, "there is a database in '%s' already",
			     call->config->database);
}

static enum status read_serial(const struct call *call, uint32_t *serial)
{
	char *end;

	*serial = 0;
	if (!call->serial_text) {
		return ST_OK;
	}
	errno = 0;
	unsigned long long value = strtoull(call->serial_text, &end, 10);

	if (*end || errno || call->serial_text[0] < '0' || call->serial_text[0] > '9' ||
	    value == 0 || value > UINT32_MAX) {
		return fail(ST_USAGE, "--serial wants a number from 1 to 4294967295, not '%.60s'",
			    call->serial_text);
	}
	*serial = (uint32_t)value;
	return ST_OK;
}

static enum status run(struct call *call)
{
	const struct config *config = call->config;
	struct store *store;
	uint32_t serial;
	int owner, group;
	enum status status = read_serial(call, &serial);

	if (status || call->dry_run) {
		return status ? status : rehearse(call);
	}
	find_owner(config, &owner, &group);
	status = store_create(&store, config->database, config->map_size, owner, group);
	if (status) {
		return status;
	}
	status = fill(call, store, serial);
	store_close(store);
	if (status) {
		return status;
	}
	if (call->json) {
		struct json json = json_begin(output());

		json_text(&json, "database", config->database);
		json_number(&json, "zones", config->zone_count);
		json_end(&json);
	}
	log_info("made a database in '%s'; zones: %zu", config->database, config->zone_count);
	return ST_OK;
}

const struct command command_init = {
	.verb = "init",
	.options = TAKES_WRITER | TAKES(OPTION_SERIAL),
	.summary = "Makes the database that the config names",
	.details = "The folder is made too. As root, it is given to the user 'feeder' where there\n"
		   "is one, and to the group of the config's user. Unless the config says\n"
		   "exclude_reserved = false, reserved address space (RFC 6471 §3.5) is excluded:\n"
		   "see 'feeder exclude list'. Where there is a database already, nothing is\n"
		   "touched and the exit code is 65. --serial is for moving from another server:\n"
		   "secondaries take no older serial than they have.\n",
	.run = run,
};
