/*
 * respond_access.c: who may ask a zone that sells access, and how often.
 *
 *	7.100.51.198.KEY.ZONE   a key of this zone?   no: `unknown`
 *	                        within its quotas?    no: `overdrawn`; else what it may see
 *	100.51.198.KEY.ZONE, KEY.ZONE                 NODATA, NXDOMAIN where there is no such key
 *	7.100.51.198.ZONE       `required`? `unknown`; else within the quotas of addresses?
 *
 * 1. Counted is a full address that is answered. What resolvers ask on their way to it (RFC 9156)
 *    and the test entries, by which clients see that the list lives, cost nothing. Nor do IPv4
 *    addresses of four single digits: 1.0.0.2.KEY.ZONE is on the way to 2001::/16 as well.
 * 2. A label that is no key of ours does not exist: monitors ask for a random one, and that has to
 *    be NXDOMAIN. Only what is asked below it as an address shows that somebody means a key.
 * 3. A key comes before what `clients` says of an address, empty or error; whom it refuses or drops
 *    never gets here.
 */
#include "respond_inside.h"

static void treat_unknown(struct turn *t)
{
	t->action = t->zone->access->unknown;
	t->error = &t->zone->access->unknown_error;
	worker_event(t->worker, COUNTER_ACCESS_UNKNOWN);
}

static void treat_overdrawn(struct turn *t, enum counter who)
{
	t->action = t->zone->access->overdrawn;
	t->error = &t->zone->access->overdrawn_error;
	worker_event(t->worker, who);
}

static bool is_free(const struct turn *t)
{
	const struct revname *name = &t->task->name;
	uint8_t low;

	return name->v6_parent || test_entry(&t->zone->view, name->family, name->addr, &low);
}

static bool take_by_address(struct turn *t)
{
	const struct access_config *config = t->zone->access;
	const struct quota_limits limits = {config->address_day, config->address_second};
	struct worker *w = t->worker;
	uint32_t tag;

	if ((limits.day == 0 && limits.second == 0) || !w->quotas) {
		return true;
	}
	const struct quota_time now = quota_time_of(&w->now);
	struct quota_counter *counter = quota_address(w->quotas, t->zone->salt, t->client->family,
						      t->client->addr, &now, &tag);

	return quota_take(counter, tag, &limits, &now);
}

static bool take_by_key(struct turn *t, const struct access *key)
{
	const struct quota_limits limits = {key->quota_day, key->quota_second};
	struct worker *w = t->worker;

	if (!w->quotas) {
		return true;
	}
	struct quota_key *used = &w->quotas->keys[key->number];
	const struct quota_time now = quota_time_of(&w->now);
	uint32_t tag = access_tag(key->key);

	if (!quota_take(&used->counter, tag, &limits, &now)) {
		return false;
	}
	quota_add_total(used, tag);
	return true;
}

/* Of the zone's sublists those that the key has, in their order. */
static void show_part(struct turn *t, const struct access *key)
{
	const struct zone_view *all = &t->zone->view;
	struct zone_view *seen = &t->worker->seen;

	seen->config = all->config;
	seen->count = 0;
	for (size_t i = 0; i < all->count; i++) {
		if (access_has_sublist(key, all->sublist[i].number)) {
			seen->sublist[seen->count++] = all->sublist[i];
		}
	}
	t->view = seen;
}

static void judge_without_key(struct turn *t)
{
	if (t->task->name.kind != REVNAME_ADDRESS || t->action != ACTION_ANSWER) {
		return;
	}
	if (t->zone->access->required) {
		treat_unknown(t);
	} else if (!is_free(t) && !take_by_address(t)) {
		treat_overdrawn(t, COUNTER_ACCESS_ADDRESS);
	}
}

enum access_verdict access_judge(struct turn *t)
{
	const struct task *task = t->task;
	bool address = task->name.kind == REVNAME_ADDRESS;
	uint8_t label[ACCESS_KEY_MOST];
	struct access key;

	if (task->key_len == 0) {
		judge_without_key(t);
		return ACCESS_GOES_ON;
	}
	/* As it came, and so in any case; that it is letters and digits is known. */
	for (unsigned i = 0; i < task->key_len; i++) {
		label[i] = task->query.packet[DNS_HEADER + task->key_at + 1 + i];
		label[i] |= label[i] >= 'A' ? 0x20 : 0;
	}
	if (!worker_find_key(t->worker, bytes_of(label, task->key_len), &key)) {
		return ACCESS_FAILED;
	}
	if (key.number == 0 || !access_has_zone(&key, t->zone->config->name)) {
		if (!address) {
			return ACCESS_NO_NAME;
		}
		treat_unknown(t);
		return ACCESS_GOES_ON;
	}
	t->action = ACTION_ANSWER;
	if (key.sublists.len > 0) {
		show_part(t, &key);
	}
	if (address && !is_free(t)) {
		if (take_by_key(t, &key)) {
			worker_event(t->worker, COUNTER_ACCESS_SERVED);
		} else {
			treat_overdrawn(t, COUNTER_ACCESS_OVERDRAWN);
		}
	}
	return ACCESS_GOES_ON;
}
