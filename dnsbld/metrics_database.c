/*
 * metrics_database.c: the database, from one snapshot.
 *
 * Nothing is counted that the database has not counted itself, but for what has expired: that is
 * looked through up to EXPIRED_MOST rows.
 */
#include "metrics_inside.h"

#include <time.h>

#include "expiry.h"
#include "state.h"
#include "zonestate.h"

enum { EXPIRED_MOST = 10000 }; /* as many as one write of feeder's takes away; 0.3 ms */

static void put_zones(const struct metrics *m, struct evbuffer *to)
{
	const struct config *config = m->worker->config;
	struct txn *txn = m->worker->txn;
	struct zone_state state;
	char zone[LABEL_TEXT];

	metric_begin(to, "zone_ready", METRIC_GAUGE,
		     "1: the zone is served; 0: it is SERVFAIL until feeder sync, or, where it is "
		     "mirrored, until its primary is reached.");
	for (size_t i = 0; i < config->zone_count; i++) {
		metric_put(to, "zone_ready", worker_has_zone(m->worker, &m->worker->zones.zone[i]),
			   "zone=\"%s\"", metric_label(config->zones[i].name, zone));
	}
	metric_begin(to, "zone_serial", METRIC_GAUGE, "The serial of the zone's SOA.");
	for (size_t i = 0; i < config->zone_count; i++) {
		if (zone_state_read(txn, &config->zones[i], &state)) {
			metric_put(to, "zone_serial", state.serial, "zone=\"%s\"",
				   metric_label(config->zones[i].name, zone));
		}
	}
}

/* A time of the zones that have something of their primaries: so long before they expire. */
static void put_mirror_time(const struct worker *w, const char *name, const char *help,
			    bool refreshed, struct evbuffer *to)
{
	char label[LABEL_TEXT];

	metric_begin(to, name, METRIC_GAUGE, help);
	for (size_t i = w->mirrored; i < w->zones.count; i++) {
		const struct zone *zone = &w->zones.zone[i];
		uint32_t before_s = refreshed ? zone->config->soa.expire_s : 0;

		if (zone->known) {
			metric_put(to, name, zone->expires_s - before_s, "zone=\"%s\"",
				   metric_label(zone->config->name, label));
		}
	}
}

static void put_mirrors(const struct worker *w, struct evbuffer *to)
{
	if (w->mirrored == w->zones.count) {
		return;
	}
	put_mirror_time(w, "mirror_refreshed_timestamp_seconds",
			"When the primary of a mirrored zone last said what its serial is.", true,
			to);
	put_mirror_time(w, "mirror_expires_timestamp_seconds",
			"When it is not served any more, unless its primary is reached.", false,
			to);
}

static void put_sublist(const struct metrics *m, const char *name, struct evbuffer *to)
{
	struct txn *txn = m->worker->txn;
	uint16_t number = sublist_number(txn, name);
	char label[LABEL_TEXT];

	metric_put(to, "listings", number ? state_listings(txn, number) : 0, "sublist=\"%s\"",
		   metric_label(name, label));
}

static void put_listings(const struct metrics *m, struct evbuffer *to)
{
	const struct worker *w = m->worker;
	const struct config *config = w->config;

	metric_begin(to, "listings", METRIC_GAUGE, "Prefixes on the sublist.");
	for (size_t i = 0; i < config->sublist_count; i++) {
		put_sublist(m, config->sublists[i].name, to);
	}
	for (size_t i = w->mirrored; i < config->zone_count; i++) {
		for (size_t k = 0; k < config->zones[i].sublist_count; k++) {
			put_sublist(m, config->zones[i].sublists[k]->name, to);
		}
	}
}

static void put_expired(const struct metrics *m, uint64_t now, struct evbuffer *to)
{
	uint64_t since, rows = expiry_rows(m->worker->txn, now, EXPIRED_MOST, &since);

	metric_one(to, "expired_rows", METRIC_GAUGE,
		   "Claims, exclusions and feeds that have expired and are still served, up to "
		   "10000.",
		   rows);
	metric_one(to, "expired_seconds", METRIC_GAUGE,
		   "How long ago the first of them expired; over 120 feeder expire does not run.",
		   since ? now - since : 0);
}

static void put_changes(const struct metrics *m, struct evbuffer *to)
{
	struct txn *txn = m->worker->txn;
	struct state state;

	state_read(txn, &state);
	metric_one(to, "changes_total", METRIC_COUNTER, "Changes of what is served.",
		   state.changes);
	metric_one(to, "last_change_timestamp_seconds", METRIC_GAUGE,
		   "When the last of them was; 0: there was none.", state.last_change);
	metric_one(to, "journal_rows", METRIC_GAUGE, "Rows of the journal of changes.",
		   store_table_usage(txn, TABLE_JOURNAL).entries);
	metric_one(to, "journal_bytes", METRIC_GAUGE, "What they hold.", state.journal_bytes);
	metric_one(to, "journal_first_change", METRIC_GAUGE,
		   "Number of the oldest change in the journal.", state.journal_first);
}

static void put_files(const struct metrics *m, struct evbuffer *to)
{
	const struct store *store = m->worker->store;

	metric_one(to, "database_bytes", METRIC_GAUGE, "The size of the database.",
		   store_used_bytes(store));
	metric_one(to, "database_map_bytes", METRIC_GAUGE, "What it may grow to: map_size.",
		   store_map_bytes(store));
}

static void put_readers(const struct readers *r, struct evbuffer *to)
{
	struct timespec now;

	if (!r->known) {
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	metric_one(to, "database_readers", METRIC_GAUGE,
		   "Processes that have the database open for reading.", r->now.count);
	metric_one(to, "database_readers_limit", METRIC_GAUGE, "How many there may be.",
		   r->now.most);
	metric_one(to, "database_oldest_reader_seconds", METRIC_GAUGE,
		   "How long somebody has been reading what was replaced since, which keeps its "
		   "pages from being used again.",
		   readers_age(r, (uint64_t)now.tv_sec));
}

void metrics_of_database(const struct metrics *m, struct evbuffer *to)
{
	struct worker *w = m->worker;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	worker_begin(w);
	metric_one(to, "database_readable", METRIC_GAUGE,
		   "1: the database can be read; 0: all zones are SERVFAIL.", w->reading);
	if (w->reading) {
		put_zones(m, to);
		put_mirrors(w, to);
		put_listings(m, to);
		put_expired(m, (uint64_t)now.tv_sec, to);
		put_changes(m, to);
		put_files(m, to);
		put_readers(m->readers, to);
	}
	worker_end(w);
}
