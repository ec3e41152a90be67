/*
 * cmd_check.c: feeder check: is the database what its claims say?
 *
 * The work is check_run()'s; here its faults become lines, and the answer an exit code. What has
 * expired and was not swept yet counts as being there, and is no fault: that is said beside it.
 */
#include <inttypes.h>

#include "check.h"
#include "evidence.h"
#include "expiry.h"
#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"

struct checking {
	const struct call *call;
	uint64_t faults;
};

static void print(void *context, const char *fault)
{
	struct checking *c = context;

	c->faults++;
	if (c->call->json) {
		struct json json = json_begin(output());

		json_text(&json, "fault", fault);
		json_end(&json);
	} else {
		fprintf(output(), "%s\n", fault);
	}
}

static enum status run(struct call *call)
{
	struct checking c = {.call = call};
	struct store *store;
	struct txn *txn;
	uint64_t due = 0;
	enum status status = call_open_read(call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		status = check_run(txn, print, &c);
		evidence_check(txn, print, &c);
		status = txn_status(txn) ? txn_status(txn) : c.faults > 0 ? ST_NO : status;
		due = expiry_due(txn, call->now);
		txn_abort(txn);
	}
	store_close(store);
	if (status == ST_OK) {
		log_info("consistent");
	} else if (status == ST_NO) {
		log_info("%" PRIu64 " faults", c.faults);
	}
	if (due > 0 && (status == ST_OK || status == ST_NO)) {
		log_info("%" PRIu64 " expired and still there: 'feeder expire' removes them", due);
	}
	return status;
}

const struct command command_check = {
	.verb = "check",
	.summary = "Makes the index anew from the claims, and compares",
	.details =
		"And so with all else that is derived, and with reports and what leads to them.\n"
		"Names what differs, one a line. Exit\n"
		"code 0: all agrees. 1: something does not; restore a backup and tell us. Reads\n"
		"one snapshot while the server and other verbs go on.\n",
	.run = run,
};
