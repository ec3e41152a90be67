/*
 * cmd_purge.c: feeder purge: withdraws everything that a source claims and keeps it from coming
 * back (RFC 6471 §3.9).
 *
 * The first slice disables the source, so that nothing new comes between two slices; a purge that
 * was killed is finished by running it again.
 */
#include <inttypes.h>

#include "json.h"
#include "log.h"
#include "output.h"
#include "progress.h"
#include "slices.h"
#include "source.h"
#include "withdraw.h"

/* Disabled with the first slice: nothing new comes between two of them. */
static enum status purge(const struct call *call, struct slices *slices, uint64_t *withdrawn)
{
	struct source source;

	if (!source_read(change_txn(slices->change), call->source, &source)) {
		log_info("there is no source '%s': see 'feeder source list'", call->source);
		return change_status(slices->change) ? change_status(slices->change) : ST_NO;
	}
	slices->row = (struct audit_entry){.event = "purge", .source = call->source};
	change_enable_source(slices->change, call->source, false);
	progress_begin("withdrawing", source.claims);
	enum status status = withdraw(slices, source.number, NULL, NULL, withdrawn);

	status = status ? status : slices_finish(slices);
	progress_end();
	return status;
}

static enum status run(struct call *call)
{
	struct slices slices = {0};
	struct store *store;
	uint64_t withdrawn = 0;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = slices_begin(&slices, call, store);
	}
	if (!status) {
		status = purge(call, &slices, &withdrawn);
		slices_abort(&slices);
	}
	store_close(store);
	if (status) {
		return status;
	}
	if (call->json) {
		struct json json = json_begin(output());

		json_number(&json, "withdrawn", withdrawn);
		json_number(&json, "change", slices.outcome.number);
		json_end(&json);
	}
	log_info("%s%" PRIu64 " withdrawn; %s is disabled", call->dry_run ? "would be: " : "",
		 withdrawn, call->source);
	return ST_OK;
}

const struct command command_purge = {
	.verb = "purge",
	.options = TAKES_WRITER,
	.required = TAKES(OPTION_SOURCE),
	.summary = "Withdraws all that a source claims, and disables the source",
	.details = "'feeder source enable' lets it claim again. Exit code 1: there is no such\n"
		   "source.\n",
	.run = run,
};
