/*
 * mirror.c: all zones that are copies.
 */
#include "mirror.h"

#include <stdlib.h>

#include "dns.h"

enum status mirror_open(struct mirror *m, struct call *call, struct event_base *base, bool once)
{
	struct config *config = call->config;

	*m = (struct mirror){.call = call, .base = base, .once = once};
	enum status status = tsig_keys_open(&m->keys, config);

	m->zones = must_alloc((config->zone_count + 1) * sizeof *m->zones);
	for (size_t i = 0; i < config->zone_count && !status; i++) {
		if (config->zones[i].mirror.given) {
			status = mirror_copy_open(&m->zones[m->zone_count++], m, &config->zones[i]);
		}
	}
	if (status) {
		mirror_close(m);
	}
	return status;
}

enum status mirror_load(struct mirror *m, struct mirror_copy *z)
{
	struct store *store;
	struct txn *txn;
	enum status status = call_open_read(m->call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		z->status = (struct mirror_status){0};
		if (mirror_status_read(txn, z->config, &z->status) && z->status.whole) {
			mirror_zone_load(txn, z->config);
		}
		status = txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

void mirror_start(struct mirror *m)
{
	m->unfinished = m->zone_count;
	for (size_t i = 0; i < m->zone_count; i++) {
		mirror_copy_start(&m->zones[i]);
	}
}

void mirror_ask_all(struct mirror *m)
{
	for (size_t i = 0; i < m->zone_count; i++) {
		mirror_copy_notified(&m->zones[i], 0);
	}
}

/* Two primaries may be at one address, with other ports and other keys. */
static bool may_notify(const struct remote_config *primary, const struct mirror_notifier *from)
{
	return primary->at.family == from->family && primary->at.addr == from->addr &&
	       (!primary->key || (from->key && name_equal(&primary->key->name, &from->key->name)));
}

enum rcode mirror_notified(struct mirror *m, const struct name *zone,
			   const struct mirror_notifier *from)
{
	for (size_t i = 0; i < m->zone_count; i++) {
		struct mirror_copy *z = &m->zones[i];
		const struct mirror_zone_config *config = &z->config->mirror;

		if (!name_equal(&z->config->apex, zone)) {
			continue;
		}
		for (size_t k = 0; k < config->primary_count; k++) {
			if (may_notify(&config->primaries[k], from)) {
				mirror_copy_notified(z, k);
				return RCODE_NOERROR;
			}
		}
		return RCODE_REFUSED;
	}
	return RCODE_NOTAUTH;
}

void mirror_close(struct mirror *m)
{
	for (size_t i = 0; i < m->zone_count; i++) {
		mirror_copy_close(&m->zones[i]);
	}
	free(m->zones);
	tsig_keys_close(m->keys);
	*m = (struct mirror){0};
}
