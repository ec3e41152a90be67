/*
 * cmd_sync.c: feeder sync and feeder expire: writes that change nothing themselves. Beginning a
 * change sweeps what has expired and brings the zones in line with the config; that is all they
 * are for, and to drop what there is of zones that are mirrored no longer.
 */
#include <inttypes.h>
#include <string.h>

#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"
#include "retention.h"

struct swept {
	uint64_t rows;
	uint64_t reports;
	size_t bodies;  /* without a report */
	unsigned zones; /* whose serial moved */
	uint64_t change;
};

/* One change that is empty but for what it sweeps. *more: there may be more to sweep. */
static enum status sweep_once(const struct call *call, struct store *store, struct swept *swept,
			      struct dropped *dropped, bool *more)
{
	struct change_outcome outcome = {0};
	struct change *change;
	enum status status = call_begin(call, store, &change);

	if (status) {
		return status;
	}
	unsigned rows = change_swept(change);
	unsigned reports = dropped ? retention_drop(call, change_txn(change), dropped) : 0;

	status = call_finish(call, change, &outcome);
	swept->rows += rows;
	swept->reports += reports;
	swept->zones = outcome.zones > swept->zones ? outcome.zones : swept->zones;
	swept->change = outcome.number ? outcome.number : swept->change;
	*more = rows == SWEEP_ROWS || reports == RETENTION_ROWS;
	return status;
}

static enum status forget(const struct call *call, const struct dropped *dropped)
{
	struct blobs *blobs;
	enum status status = blobs_open(&blobs, call->config->database, call->config->map_size);

	if (!status) {
		status = retention_forget(blobs, dropped);
		blobs_close(blobs);
	}
	return status;
}

/* Changes, as many as it takes until nothing expired is left. */
static enum status sweep(const struct call *call, struct swept *swept)
{
	struct store *store;
	enum status status = call_open_write(call, &store);
	bool more = true;

	while (!status && more) {
		struct dropped dropped = {0};

		status = sweep_once(call, store, swept, &dropped, &more);
		if (!status && dropped.count > 0 && !call->dry_run) {
			status = forget(call, &dropped);
		}
		dropped_release(&dropped);
		/* A dry run leaves the rows where they were and would find them again. */
		more = more && !call->dry_run;
	}
	if (!status && !call->dry_run) {
		status = retention_sweep(call, store, &swept->bodies);
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
	json_number(&json, "reports", swept->reports);
	json_number(&json, "zones", swept->zones);
	json_number(&json, "change", swept->change);
	json_end(&json);
}

static enum status run_expire(struct call *call)
{
	struct swept swept = {0};
	enum status status = sweep(call, &swept);

	if (!status) {
		print(call, &swept);
		log_info("%s%" PRIu64 " expired%s", call->dry_run ? "would be: " : "", swept.rows,
			 call->dry_run && swept.rows == SWEEP_ROWS ? " at least" : "");
		if (swept.reports > 0) {
			log_info("%s%" PRIu64 " old reports dropped",
				 call->dry_run ? "would be: " : "", swept.reports);
		}
		if (swept.bodies > 0) {
			log_info("%zu bodies dropped that no report has", swept.bodies);
		}
	}
	return status;
}

/* --- zones that are mirrored no longer -------------------------------------------------------- */

struct gone {
	const struct config *config;
	char name[MIRROR_NAME_TEXT]; /* "": there is none */
	char after[MIRROR_NAME_TEXT];
};

static bool find_gone(void *context, const char *name)
{
	struct gone *gone = context;
	const struct zone_config *zone = config_zone(gone->config, name);

	if ((zone && zone->mirror.given) || strcmp(name, gone->after) <= 0) {
		return true;
	}
	strcpy(gone->name, name);
	return false;
}

/* One change's worth of the first zone after gone->after. */
static enum status drop_once(const struct call *call, struct store *store, struct gone *gone,
			     bool *more)
{
	struct change *change;
	enum status status = call_begin(call, store, &change);

	if (status) {
		return status;
	}
	gone->name[0] = '\0';
	mirror_zones(change_txn(change), find_gone, gone);
	if (!gone->name[0]) {
		status = change_status(change);
		change_abort(change);
		*more = false;
		return status;
	}
	change_mirror_drop(change, gone->name, more);
	status = call_finish(call, change, NULL);
	/* A dry run leaves the rows where they are and would find them again. */
	if (!status && (!*more || call->dry_run)) {
		log_info("%szone '%s' is mirrored no longer: its data is dropped",
			 call->dry_run ? "would be: " : "", gone->name);
		strcpy(gone->after, gone->name);
	}
	*more = true;
	return status;
}

static enum status drop_gone(const struct call *call, struct store *store)
{
	struct gone gone = {.config = call->config};
	enum status status = ST_OK;
	bool more = true;

	while (!status && more) {
		status = drop_once(call, store, &gone, &more);
	}
	return status;
}

static enum status run_sync(struct call *call)
{
	struct swept swept = {0};
	struct store *store;
	bool more;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = sweep_once(call, store, &swept, NULL, &more);
	}
	if (!status) {
		status = drop_gone(call, store);
	}
	store_close(store);
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
		   "this each minute. What has expired is served until then. Reports go too when\n"
		   "they have been kept for as long as the config says.\n",
	.run = run_expire,
};

const struct command command_sync = {
	.verb = "sync",
	.options = TAKES_WRITER,
	.summary = "Brings the database in line with a config that has changed",
	.details = "A zone that the config describes differently gets a new serial. What there is\n"
		   "of a zone that the config mirrors no longer is dropped. To reload:\n"
		   "'feeder sync', then SIGHUP for dnsbld.\n",
	.run = run_sync,
};
