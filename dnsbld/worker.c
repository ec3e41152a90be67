/*
 * worker.c: a process' view of the database.
 *
 *	worker_begin -> txn_renew; another snapshot than before: the epoch moves
 *		mirrors    reread, where the primary says something else of its zone: mirrors.h
 *		zones      reread when the next query asks for one: known? serial? numbers?
 *		directory  what the journal says was altered is forgotten, and read when needed
 *		cache      stays: ids mean the same for ever
 *	worker_end -> txn_reset, so that feeder can reuse pages while we wait for packets
 *
 * So a commit costs each worker a few lookups, spread over the queries after it, whatever the
 * number of zones and listings (of mirrored zones it is one each); and every answer is of one
 * snapshot, the newest as its batch began.
 *
 * 1. No snapshot is held while anything blocks.
 * 2. A failing database makes SERVFAIL, never an answer that something is not listed.
 */
#include "worker.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "changed.h"
#include "index.h"
#include "log.h"
#include "mirrors.h"
#include "transfer_out.h"
#include "zone_records.h"

/*
 * A page of a map that is not in the file any more, or that the disk cannot give. It is a signal
 * and cannot be mended here: the process ends by it, and its successor looks at the whole file.
 */
static void on_page_lost(int number)
{
	static const char text[] =
		"dnsbld: error: a page of the database, or of the counters in `state`, cannot be "
		"had: the file was cut short, or the disk is broken or full\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
		return; /* nobody reads it */
	}
}

static void release_database(struct worker *w)
{
	scan_close(w->scan6);
	scan_close(w->journal);
	txn_abort(w->txn);
	store_close(w->store);
}

enum status worker_open(struct worker *w, struct config *config, bool speaks)
{
	/* Reset: the access comes again, and the second signal ends the process. */
	const struct sigaction lost = {.sa_handler = on_page_lost, .sa_flags = SA_RESETHAND};

	sigaction(SIGBUS, &lost, NULL);
	*w = (struct worker){.config = config, .speaks = speaks};
	enum status status = store_open_read(&w->store, config->database);

	if (status) {
		return status;
	}
	status = txn_read_apart(w->store, &w->txn);
	if (status) {
		store_close(w->store);
		return status;
	}
	w->scan6 = scan_open(w->txn, TABLE_INDEX6);
	w->journal = scan_open(w->txn, TABLE_JOURNAL);
	status = txn_status(w->txn);
	if (status) {
		release_database(w);
		return status;
	}
	status = tsig_keys_open(&w->keys, config);
	if (status) {
		release_database(w);
		return status;
	}
	directory_init(&w->directory, w->txn);
	txn_reset(w->txn);
	clients_init(&w->clients, config);
	zones_init(&w->zones, config);
	w->mirrored = mirrors_first(config);
	cache_init(&w->cache);
	worker_tick(w);
	return ST_OK;
}

void worker_close(struct worker *w)
{
	release_database(w);
	tsig_keys_close(w->keys);
	clients_release(&w->clients);
	zones_release(&w->zones);
	directory_release(&w->directory);
	cache_release(&w->cache);
}

void worker_count(struct worker *w, const struct counters_view *view)
{
	w->counters = &view->counters->process[view->own];
	for (size_t i = 0; i < w->zones.count; i++) {
		const struct zone_slot *slot = &view->zone[i];

		w->zones.zone[i].counters = &slot->first[view->own * slot->stride];
	}
}

/* At most one line a second, whatever the number of queries. */
static void complain(struct worker *w)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((uint64_t)now.tv_sec != w->complained_s) {
		w->complained_s = (uint64_t)now.tv_sec;
		log_error("%s", fail_text());
	}
}

static void forget_block(void *context, uint16_t high)
{
	directory_forget(context, high);
}

/* Of the directory stays what is the same in the new snapshot. */
static void follow_changes(struct worker *w)
{
	scan_renew(w->journal);
	if (!changed_blocks(w->txn, w->journal, w->change, &w->change, forget_block,
			    &w->directory)) {
		directory_forget_all(&w->directory);
	}
	if (txn_status(w->txn)) {
		w->snapshot = 0; /* of no transaction: this one is followed again */
	}
}

/* A snapshot, and with it the newest of what is kept of the last one. */
static void renew(struct worker *w)
{
	clock_gettime(CLOCK_REALTIME_COARSE, &w->now);
	if (w->rrl.table) {
		rrl_begin(&w->rrl);
	}
	if (txn_renew(w->txn)) {
		complain(w);
		return;
	}
	w->reading = true;
	if (txn_id(w->txn) == w->snapshot && w->epoch != 0) {
		return;
	}
	w->snapshot = txn_id(w->txn);
	if (++w->epoch == 0) {
		/* After 2^32 commits old tags would seem current. */
		for (size_t i = 0; i < w->zones.count; i++) {
			w->zones.zone[i].epoch = 0;
		}
		w->epoch = 1;
	}
	follow_changes(w);
}

void worker_end(struct worker *w)
{
	w->scanning6 = false;
	if (w->reading) {
		txn_reset(w->txn);
	}
	w->reading = false;
}

/* An error lasts as long as its transaction: the rest of the batch gets another one. */
static bool has_failed(struct worker *w)
{
	if (!txn_status(w->txn)) {
		return false;
	}
	complain(w);
	worker_end(w);
	renew(w); /* and no worker_begin(): who has a zone in hand keeps it until the batch ends */
	return true;
}

void worker_begin(struct worker *w)
{
	renew(w);
	if (w->mirrored < w->zones.count && w->reading && w->followed != w->snapshot) {
		w->followed = w->snapshot;
		mirrors_follow(w);
		has_failed(w);
	}
}

/* Says it once: that the database does not know a zone, or has it with another fingerprint. */
static void warn_zone(struct zone *zone, const struct zone_state *state)
{
	const char *name = zone->config->name;
	struct zone_told *told = &zone->told;

	if (!zone->known) {
		if (!told->absent && zone->config->mirror.given) {
			log_warn("zone %s is a mirror that has nothing of its primary yet, so it "
				 "is answered with SERVFAIL: does 'feeder mirror' run?",
				 name);
		} else if (!told->absent) {
			log_warn("zone %s is not in the database, so it is answered with SERVFAIL: "
				 "run 'feeder sync'",
				 name);
		}
		told->absent = true;
		return;
	}
	told->absent = false;
	if (zone->agrees) {
		memset(told->fingerprint, 0, FINGERPRINT);
	} else if (memcmp(state->fingerprint, told->fingerprint, FINGERPRINT) != 0) {
		log_warn("zone %s: feeder's last write had another config than this server: run "
			 "'feeder sync', then send SIGHUP",
			 name);
		memcpy(told->fingerprint, state->fingerprint, FINGERPRINT);
	}
}

static void zone_refresh(struct worker *w, struct zone *zone)
{
	struct zone_state state;
	bool known = zone_state_read(w->txn, zone->config, &state);

	zone->agrees = known && memcmp(state.fingerprint, zone->fingerprint, FINGERPRINT) == 0;
	if (!zone->numbered) {
		zone_view_init(&zone->view, zone->config, w->txn);
	}
	if (known && zone->config->mirror.given) {
		zone->expires_s = mirror_expires_s(w, zone);
		known = zone->agrees && zone->expires_s > 0;
	}
	if (txn_status(w->txn)) {
		zone->epoch = 0;
		zone->known = false;
		return;
	}
	zone->known = known;
	zone->agrees = known && memcmp(state.fingerprint, zone->fingerprint, FINGERPRINT) == 0;
	zone->epoch = w->epoch;
	/* A number once given stays, so zones whose sublists have theirs are never read again. */
	zone->numbered = true;
	for (size_t i = 0; i < zone->view.count; i++) {
		zone->numbered = zone->numbered && zone->view.sublist[i].number != 0;
	}
	if (known) {
		zone_set_serial(zone, state.serial);
	}
	if (w->speaks) {
		warn_zone(zone, &state);
	}
}

bool worker_has_zone(struct worker *w, struct zone *zone)
{
	if (!w->reading) {
		return false;
	}
	if (zone->epoch != w->epoch) {
		zone_refresh(w, zone);
		if (has_failed(w)) {
			return false;
		}
	}
	return zone->known && (uint64_t)w->now.tv_sec < zone->expires_s;
}

bool worker_find(struct worker *w, unsigned family, addr_t addr, uint32_t *id)
{
	if (family == 4) {
		*id = directory_find(&w->directory, w->txn, (uint32_t)addr);
	} else {
		if (!w->scanning6) {
			scan_renew(w->scan6);
			w->scanning6 = true;
		}
		*id = index6_find(w->scan6, addr);
	}
	return !has_failed(w);
}

const struct prepared *worker_answer(struct worker *w, const struct zone *zone,
				     const struct zone_view *view, uint32_t id)
{
	const struct prepared *prepared = view ? cache_view(&w->cache, zone, view, id, w->txn)
					       : cache_answer(&w->cache, zone, id, w->txn);

	return has_failed(w) ? NULL : prepared;
}

bool worker_find_key(struct worker *w, struct bytes label, struct access *key)
{
	if (!access_find(w->txn, label, key)) {
		key->number = 0;
	}
	return !has_failed(w);
}

enum status worker_open_transfer(struct worker *w, const struct zone *zone, const uint32_t *since,
				 struct transfer **transfer)
{
	enum status status = transfer_open(transfer, w->txn, w->config, zone->config, since,
					   &w->transfers->watch);

	if (status && status != ST_CONFIG && status != ST_DATA) {
		complain(w);
	}
	has_failed(w);
	return status;
}

bool worker_tick(struct worker *w)
{
	if (!txn_is_current(w->txn)) {
		log_error("data.mdb was replaced, written over or cut short: opening it anew");
		return false;
	}
	if (w->speaks) {
		worker_begin(w);
		if (w->reading && w->surveyed != w->snapshot) {
			for (size_t i = 0; i < w->zones.count; i++) {
				worker_has_zone(w, &w->zones.zone[i]);
			}
			w->surveyed = w->snapshot;
		}
		worker_end(w);
	}
	return true;
}
