/*
 * mirrors.c: what a config file says of other zones, of a mirrored one its primary says, and it may
 * say something else any time.
 *
 *	a commit -> is the fingerprint of `zones` the one that we serve by? -> mirror_zone_load()
 *	into our own config -> the zone is prepared anew from it
 *
 * 1. That costs each mirrored zone one look-up a commit, and others nothing. What is loaded changes
 *    with the primary's config, not with its listings.
 * 2. A zone is served by the static data that the snapshot has, or not at all.
 * 3. A secondary that cannot reach its primary any more stops when the SOA says so (RFC 1034
 *    §4.3.5): a list from which nobody is taken off any more does harm.
 */
#include "mirrors.h"

#include "log.h"
#include "mirrored.h"
#include "zone_records.h"

enum { AGAIN_S = 10 * 60 };

size_t mirrors_first(const struct config *config)
{
	size_t first = config->zone_count;

	while (first > 0 && config->zones[first - 1].mirror.given) {
		first--;
	}
	return first;
}

void mirrors_follow(struct worker *w)
{
	struct zone_state state;
	bool moved = false;

	for (size_t i = w->mirrored; i < w->zones.count; i++) {
		struct zone_config *config = &w->config->zones[i];

		if (zone_state_read(w->txn, config, &state) &&
		    memcmp(state.fingerprint, w->zones.zone[i].fingerprint, FINGERPRINT) != 0 &&
		    mirror_zone_load(w->txn, config)) {
			zones_change(&w->zones, w->config, i);
			moved = true;
		}
	}
	if (moved) {
		cache_forget(&w->cache);
	}
}

uint64_t mirror_expires_s(struct worker *w, const struct zone *zone)
{
	struct mirror_status status;

	if (!mirror_status_read(w->txn, zone->config, &status) || !status.whole) {
		return 0;
	}
	return status.refreshed_s + zone->config->soa.expire_s;
}

/* Half of the time is over, and not because its primary is asked so seldom. */
static bool is_old(const struct soa_config *soa, uint64_t age_s)
{
	return age_s >= soa->expire_s / 2 && age_s > (uint64_t)soa->refresh_s + soa->retry_s;
}

static void tell_age(struct zone *zone, uint64_t now_s)
{
	const struct soa_config *soa = &zone->config->soa;
	const char *name = zone->config->name;
	const uint64_t refreshed_s = zone->expires_s - soa->expire_s;
	const uint64_t age_s = now_s > refreshed_s ? now_s - refreshed_s : 0;
	const bool expired = now_s >= zone->expires_s;
	struct zone_told *told = &zone->told;

	if (!expired && !is_old(soa, age_s)) {
		if (told->old) {
			log_info("zone %s: its primary was reached again", name);
		}
		told->old = told->expired = false;
		return;
	}
	if (told->old && told->expired == expired && now_s < told->again_s) {
		return;
	}
	told->old = true;
	told->expired = expired;
	told->again_s = now_s + AGAIN_S;
	if (expired) {
		log_error("zone %s has expired: its primary was last reached %llu s ago and its "
			  "SOA allows %lu s; it is answered with SERVFAIL",
			  name, (unsigned long long)age_s, (unsigned long)soa->expire_s);
	} else {
		log_error("zone %s: its primary was last reached %llu s ago; after %lu s it is "
			  "answered with SERVFAIL: does 'feeder mirror' run, and what does it say?",
			  name, (unsigned long long)age_s, (unsigned long)soa->expire_s);
	}
}

void mirrors_tick(struct worker *w, uint64_t now_s)
{
	if (w->mirrored == w->zones.count) {
		return;
	}
	worker_begin(w);
	for (size_t i = w->mirrored; i < w->zones.count; i++) {
		struct zone *zone = &w->zones.zone[i];

		worker_has_zone(w, zone);
		if (w->reading && zone->known) {
			tell_age(zone, now_s);
		}
	}
	worker_end(w);
}
