/*
 * cmd_sync.c: feeder sync and feeder expire: writes that change nothing themselves. Beginning a
 * change sweeps what has expired and brings the zones in line with the config; that is all they
 * are for.
 */
#include <inttypes.h>

#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"

struct swept {
	uint64_t rows;
	unsigned zones; /* whose serial moved */
	uint64_t change;
};

/* One empty change, or as many as it takes until nothing expired is left. */
static enum status sweep(const struct call *call, bool to_the_end, struct swept *swept)
{
	struct store *store;
	enum status status = call_open_write(call, &store);
	bool more = true;

	while (!status && more) {
		struct change_outcome outcome = {0};
		struct change *change;

		status = call_begin(call, store, &change);
		if (status) {
			break;
		}
		unsigned rows = change_swept(change);

		status = call_finish(call, change, &outcome);
		swept->rows += rows;
		swept->zones = outcome.zones > swept->zones ? outcome.zones : swept->zones;
		swept->change = outcome.number ? outcome.number : swept->change;
		/* A dry run leaves the rows where they were and would find them again. */
		more = to_the_end && rows == SWEEP_ROWS && !call->dry_run;
	}
	store_close(store);
	return status;
}

static void print(const struct call *call, const struct swept *swept)
{
	struct json json;

	if (!call->json) {
		return;
	}
	json = json_begin(output());
	json_number(&json, "expired", swept->rows);
	json_number(&json, "zones", swept->zones);
	json_number(&json, "change", swept->change);
	json_end(&json);
}

static enum status run_expire(struct call *call)
{
	struct swept swept = {0};
	enum status status = sweep(call, true, &swept);

	if (!status) {
		print(call, &swept);
		log_info("%s%" PRIu64 " expired%s", call->dry_run ? "would be: " : "", swept.rows,
			 call->dry_run && swept.rows == SWEEP_ROWS ? " at least" : "");
	}
	return status;
}

static enum status run_sync(struct call *call)
{
	struct swept swept = {0};
	enum status status = sweep(call, false, &swept);

	if (!status) {
		print(call, &swept);
		log_info("%s%u zones have a new serial", call->dry_run ? "would be: " : "",
			 swept.zones);
	}
	return status;
}

const struct command command_expire = {
	.verb = "expire",
	.options = TAKES_WRITER,
	.summary = "Removes what has expired",
	.details = "Every verb that writes does this for up to 10,000 rows; a timer should run\n"
		   "this each minute. What has expired is served until then.\n",
	.run = run_expire,
};

const struct command command_sync = {
	.verb = "sync",
	.options = TAKES_WRITER,
	.summary = "Brings the database in line with a config that has changed",
	.details = "A zone that the config describes differently gets a new serial. To reload:\n"
		   "'feeder sync', then SIGHUP for dnsbld.\n",
	.run = run_sync,
};
