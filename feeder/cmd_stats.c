/*
 * cmd_stats.c: feeder stats: how much there is, from one snapshot.
 *
 * Nothing is counted here: the tables and the database's own counters know. The names of the
 * object's members are what monitoring relies on; the text has the same.
 */
#include <inttypes.h>

#include "answer.h"
#include "expiry.h"
#include "feeder.h"
#include "json.h"
#include "mirrored.h"
#include "names.h"
#include "output.h"
#include "rfc3339.h"
#include "state.h"
#include "zonestate.h"

static void number(struct json *json, const char *name, uint64_t value)
{
	if (json) {
		json_number(json, name, value);
	} else {
		fprintf(output(), "%s\t%" PRIu64 "\n", name, value);
	}
}

static void sublist(struct json *json, const char *name, uint64_t count)
{
	if (json) {
		json_number(json, name, count);
	} else {
		fprintf(output(), "sublist\t%s\t%" PRIu64 "\n", name, count);
	}
}

/* Of each sublist, one that the config no longer has too. Returns the sum. */
static uint64_t listings(struct txn *txn, const struct config *config, unsigned numbers,
			 struct json *json)
{
	struct names names = names_of(txn);
	uint64_t all = 0;

	if (json) {
		json_open(json, "sublists", '{');
	}
	for (unsigned n = 1; n <= numbers; n++) {
		uint64_t count = state_listings(txn, (uint16_t)n);

		all += count;
		sublist(json, names_sublist(&names, (uint16_t)n), count);
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		if (sublist_number(txn, config->sublists[i].name) == 0) {
			sublist(json, config->sublists[i].name, 0);
		}
	}
	if (json) {
		json_close(json, '}');
	}
	names_release(&names);
	return all;
}

static void serials(struct txn *txn, const struct config *config, struct json *json)
{
	if (json) {
		json_open(json, "serials", '{');
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *zone = &config->zones[i];
		struct zone_state state;

		if (!zone_state_read(txn, zone, &state)) {
			continue;
		}
		if (json) {
			json_number(json, zone->name, state.serial);
		} else {
			fprintf(output(), "serial\t%s\t%" PRIu32 "\n", zone->name, state.serial);
		}
	}
	if (json) {
		json_close(json, '}');
	}
}

static void mirror(struct json *json, const struct zone_config *zone,
		   const struct mirror_status *status)
{
	const uint64_t expires = status->refreshed_s + zone->soa.expire_s;
	char refreshed_text[TIME_TEXT], expires_text[TIME_TEXT];

	if (json) {
		json_open(json, zone->name, '{');
		json_number(json, "serial", status->serial);
		json_time(json, "refreshed", status->refreshed_s);
		json_number(json, "records", status->records);
		json_number(json, "outside", status->outside);
		json_time(json, "expires", expires);
		json_close(json, '}');
		return;
	}
	fprintf(output(), "mirror\t%s\t%" PRIu32 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\n", zone->name,
		status->serial, time_format(status->refreshed_s, refreshed_text), status->records,
		status->outside, time_format(expires, expires_text));
}

/* Of the zones that are copies and have been transferred. */
static void mirrors(struct txn *txn, struct config *config, struct json *json)
{
	if (json) {
		json_open(json, "mirrors", '{');
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		struct zone_config *zone = &config->zones[i];
		struct mirror_status status;

		if (zone->mirror.given && mirror_status_read(txn, zone, &status) &&
		    mirror_zone_load(txn, zone)) {
			mirror(json, zone, &status);
		}
	}
	if (json) {
		json_close(json, '}');
	}
}

static void print(const struct call *call, struct store *store, struct txn *txn, struct json *json)
{
	struct store_usage index4 = store_table_usage(txn, TABLE_INDEX4);
	struct store_usage index6 = store_table_usage(txn, TABLE_INDEX6);
	char text[TIME_TEXT];
	struct state state;

	state_read(txn, &state);
	number(json, "listings", listings(txn, call->config, state.sublists, json));
	number(json, "claims", store_table_usage(txn, TABLE_CLAIMS).entries);
	number(json, "index_bytes", index4.bytes + index6.bytes);
	number(json, "blocks", index4.entries);
	number(json, "ranges6", index6.entries);
	number(json, "db_bytes", store_used_bytes(store));
	number(json, "map_bytes", store_map_bytes(store));
	serials(txn, call->config, json);
	mirrors(txn, call->config, json);
	number(json, "changes", state.changes);
	number(json, "expired_unswept", expiry_due(txn, call->now));
	if (json) {
		json_time(json, "last_change", state.last_change);
	} else if (state.last_change) {
		fprintf(output(), "last_change\t%s\n", time_format(state.last_change, text));
	}
}

static enum status run(struct call *call)
{
	struct store *store;
	struct txn *txn;
	enum status status = call_open_read(call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		struct json json;

		if (call->json) {
			json = json_begin(output());
		}
		print(call, store, txn, call->json ? &json : NULL);
		if (call->json) {
			json_end(&json);
		}
		status = txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

const struct command command_stats = {
	.verb = "stats",
	.summary = "Counts what there is",
	.details = "listings (prefixes on a sublist, whoever claims them), claims, sublists\n"
		   "(listings of each), index_bytes, blocks (/16s) and ranges6 of the index,\n"
		   "db_bytes and map_bytes (the file, and what it may grow to), serials of the\n"
		   "zones, mirrors (of each zone that is a copy: serial, when its primary last\n"
		   "said so, records, those outside the model, and when it expires), changes\n"
		   "(number of the last), expired_unswept (claims and exclusions that 'feeder\n"
		   "expire' will remove), last_change.\n",
	.run = run,
};
