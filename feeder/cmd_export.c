/*
 * cmd_export.c: feeder export: zones as files.
 *
 *     to a file     export_zone() ─▶ target.c, which replaces it as a whole
 *     to stdout     export_zone() ─▶ output(), so that no reader of stdout holds the transaction up
 *
 * With --all each export of the config is done, from a snapshot of its own, whatever became of the
 * others.
 */
#include "export.h"

#include <inttypes.h>

#include "feeder.h"
#include "json.h"
#include "log.h"
#include "mirrored.h"
#include "output.h"
#include "progress.h"
#include "target.h"

/* What the config does not say of a mirrored zone is in the database. */
static enum status load_mirrored(const struct call *call, struct txn *txn,
				 const struct zone_config *zone)
{
	if (!zone->mirror.given ||
	    mirror_zone_load(txn, &call->config->zones[zone - call->config->zones])) {
		return ST_OK;
	}
	return txn_status(txn)
		       ? txn_status(txn)
		       : fail(ST_AGAIN, "zone '%s' has not come from its primary yet", zone->name);
}

static enum status write_zone(const struct call *call, struct store *store,
			      const struct export_job *job, FILE *out, uint64_t *entries)
{
	struct txn *txn;
	enum status status = txn_read(store, &txn);

	if (status) {
		return status;
	}
	status = load_mirrored(call, txn, job->zone);
	if (!status) {
		progress_begin("exporting", 0);
		status = export_zone(txn, job, out, entries);
		progress_end();
	}
	txn_abort(txn);
	return status;
}

/* `name`: of the config's export; NULL: it has none. */
static void told(const struct call *call, const char *name, const struct target *t,
		 uint64_t entries)
{
	if (call->json) {
		struct json json = json_begin(output());

		if (name) {
			json_text(&json, "export", name);
		}
		json_text(&json, "file", t->file);
		json_number(&json, "entries", entries);
		json_number(&json, "octets", (uint64_t)t->size);
		json_end(&json);
	}
	log_info("%" PRIu64 " entries, %lld octets in '%s'", entries, (long long)t->size, t->file);
}

static enum status write_file(const struct call *call, struct store *store,
			      const struct export_job *job, const char *name, const char *file)
{
	struct target target;
	uint64_t entries;
	enum status status = target_open(&target, file);

	if (!status) {
		status = write_zone(call, store, job, target.out, &entries);
	}
	if (!status) {
		status = target_finish(&target, entries, call->force);
	}
	if (!status) {
		told(call, name, &target, entries);
	}
	target_close(&target);
	return status;
}

static struct export_job job_of(const struct call *call, const struct zone_config *zone,
				const char *format)
{
	return (struct export_job){.config = call->config,
				   .zone = zone,
				   .format = export_format_named(format),
				   .now = call->now,
				   .progress = progress_at};
}

static enum status export_all(const struct call *call, struct store *store)
{
	const struct config *config = call->config;
	enum status worst = ST_OK;
	size_t failed = 0;

	for (size_t i = 0; i < config->export_count; i++) {
		const struct export_config *export = &config->exports[i];
		struct export_job job = job_of(call, export->zone, export->format);
		enum status status = write_file(call, store, &job, export->name, export->file);

		if (status) {
			log_error("export '%s': %s", export->name, fail_text());
			worst = status > worst ? status : worst;
			failed++;
		}
	}
	return worst ? fail(worst, "%zu of %zu exports failed", failed, config->export_count)
		     : ST_OK;
}

static enum status export_one(const struct call *call, struct store *store)
{
	const struct zone_config *zone;
	enum status status = call_zone(call, &zone);

	if (status) {
		return status;
	}
	struct export_job job = job_of(call, zone, call->format);

	if (call->output) {
		return write_file(call, store, &job, NULL, call->output);
	}
	status = write_zone(call, store, &job, output(), NULL);
	if (status) {
		output_discard();
	}
	return status;
}

static enum status check_words(const struct call *call)
{
	const char *wrong = NULL;

	if (call->all) {
		if (call->zone || call->format || call->output) {
			wrong = "--all does what the config says: it takes no --zone, --format, -o";
		} else if (call->config->export_count == 0) {
			return fail(ST_CONFIG, "%s has no section 'export'", call->config->file);
		}
	} else if (!call->zone || !call->format) {
		wrong = "--zone NAME and --format NAME are missing, or --all";
	} else if (export_format_named(call->format) == EXPORT_UNKNOWN) {
		return fail(ST_USAGE, "there is no format '%s': type 'feeder export --help'",
			    call->format);
	}
	return wrong ? fail(ST_USAGE, "%s: type 'feeder export --help'", wrong) : ST_OK;
}

static enum status run(struct call *call)
{
	struct store *store = NULL;
	enum status status = check_words(call);

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		status = (call->all ? export_all : export_one)(call, store);
	}
	store_close(store);
	return status;
}

const struct command command_export = {
	.verb = "export",
	.options = TAKES(OPTION_ZONE) | TAKES(OPTION_FORMAT) | TAKES(OPTION_OUTPUT) |
		   TAKES(OPTION_FORCE) | TAKES(OPTION_ALL),
	.summary = "Writes what a zone serves as a file",
	.details = "--zone and --format say what, or --all: every export of the config.\n"
		   "\n"
		   "formats:\n"
		   "  rbldnsd    one 'combined' dataset\n"
		   "  bind       a master file, for any name server\n"
		   "  rpz        a response policy zone, for resolvers\n"
		   "  cidr       the fewest prefixes that cover what is listed\n"
		   "  json       an object a line, as 'feeder import --format json' reads\n"
		   "  nft        those prefixes as sets of nftables: nft -f FILE\n"
		   "  ipset      the same for ipset restore\n"
		   "\n"
		   "To stdout, or with -o to a file, which is replaced as a whole when all has\n"
		   "been written and is on disk. A new file of under half or over ten times the\n"
		   "old one's size is refused (65) without --force.\n"
		   "\n"
		   "With --all one export that fails does not stop the others; the exit code is\n"
		   "then the highest of theirs.\n",
	.run = run,
};
