/*
 * cmd_source.c: feeder source list, disable, enable: who claims, and who may.
 *
 * A source comes into being with its first claim. Disabled, it keeps what it has claimed; to
 * withdraw that too is `feeder purge`.
 */
#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"
#include "rfc3339.h"
#include "source.h"

static bool print(void *context, const struct source *source)
{
	const struct call *call = context;
	char created[TIME_TEXT];

	if (call->json) {
		struct json json = json_begin(output());

		json_text(&json, "source", source->name);
		json_number(&json, "claims", source->claims);
		json_bool(&json, "disabled", source->disabled);
		json_time(&json, "created", source->created);
		json_end(&json);
	} else {
		fprintf(output(), "%s\t%llu\t%s\t%s\n", source->name,
			(unsigned long long)source->claims,
			source->disabled ? "disabled" : "enabled",
			time_format(source->created, created));
	}
	return true;
}

static enum status run_list(struct call *call)
{
	struct store *store;
	struct txn *txn;
	enum status status = call_open_read(call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		sources(txn, print, call);
		status = txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

static enum status enable(struct call *call, bool enabled)
{
	const char *name = call->operands[0];
	struct store *store;
	struct change *change = NULL;
	bool found = false;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = call_begin(call, store, &change);
	}
	if (!status) {
		found = change_enable_source(change, name, enabled);
		if (found) {
			change_audit(change, &(struct audit_entry){.event = call->command->sub,
								   .source = name});
		}
		status = call_finish(call, change, NULL);
	}
	store_close(store);
	if (!status && !found) {
		log_info("there is no source '%s': see 'feeder source list'", name);
		return ST_NO;
	}
	if (!status) {
		log_info("%s%s is %s", call->dry_run ? "would be: " : "", name,
			 enabled ? "enabled" : "disabled");
	}
	return status;
}

static enum status run_disable(struct call *call)
{
	return enable(call, false);
}

static enum status run_enable(struct call *call)
{
	return enable(call, true);
}

const struct command command_source_list = {
	.verb = "source",
	.sub = "list",
	.summary = "Lists sources",
	.details = "One a line, columns apart by tabs: name, claims, enabled or disabled, when it\n"
		   "first claimed.\n",
	.run = run_list,
};

const struct command command_source_disable = {
	.verb = "source",
	.sub = "disable",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER,
	.summary = "Takes no new claims from a source",
	.details = "Those that it has made stay; 'feeder purge' withdraws them too. Exit code 1:\n"
		   "there is no such source.\n",
	.run = run_disable,
};

const struct command command_source_enable = {
	.verb = "source",
	.sub = "enable",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER,
	.summary = "Takes claims from a source again",
	.details = "Exit code 1: there is no such source.\n",
	.run = run_enable,
};
