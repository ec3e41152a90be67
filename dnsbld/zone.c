/*
 * zone.c: from a name to its zone, in a time that does not grow with the number of zones.
 *
 *	nodes:  apexes, hosts, and the empty names above hosts and above zones below zones
 *	table:  open addressing, at most half full, by a hash of the wire name
 *
 * A question's name is tried from its longest suffix that could be an apex to the shortest; with
 * zones of two depths that is two probes, be there one zone or ten thousand. Hosts and empty names
 * are probed only for names that are no addresses.
 *
 * 1. Names come from the config in lower case and uncompressed, as struct query has its own.
 * 2. Nothing here changes after zones_init(), but where a mirrored zone's primary says something
 *    else of itself: then that zone is prepared anew, and all nodes, for they borrow its names.
 */
#include "zone.h"

#include <stdlib.h>

#include "zone_records.h"

/* Mixes eight octets at a time; the last eight overlap those before, so that no tail is left. */
static inline uint64_t name_hash(const uint8_t *name, size_t len)
{
	const uint64_t factor = 0x9e3779b97f4a7c15;
	uint64_t hash = len, octets;

	if (len < 8) {
		octets = 0;
		memcpy(&octets, name, len);
		hash = (hash ^ octets) * factor;
		return hash ^ hash >> 32;
	}
	for (size_t i = 0; i + 8 < len; i += 8) {
		memcpy(&octets, name + i, 8);
		hash = (hash ^ octets) * factor;
		hash ^= hash >> 29;
	}
	memcpy(&octets, name + len - 8, 8);
	hash = (hash ^ octets) * factor;
	return hash ^ hash >> 32;
}

static inline struct node **slot_of(const struct zones *zones, const uint8_t *name, size_t len)
{
	uint64_t i = name_hash(name, len);

	for (;; i++) {
		struct node **slot = &zones->table[i & zones->mask];

		if (!*slot || ((*slot)->len == len && memcmp((*slot)->name, name, len) == 0)) {
			return slot;
		}
	}
}

const struct node *zones_match(const struct zones *zones, const struct query_name *name,
			       size_t *before)
{
	unsigned depth = name->labels < zones->most_labels ? name->labels : zones->most_labels;

	for (; depth >= zones->least_labels; depth--) {
		/* Depth 0 is the root's own label, the name's last octet. */
		size_t at = depth > 0 ? name->label[name->labels - depth] : name->len - 1U;
		const struct node *node = *slot_of(zones, name->wire + at, name->len - at);

		if (node && node->apex) {
			*before = at;
			return node;
		}
		if (depth == 0) {
			break;
		}
	}
	return NULL;
}

const struct node *zones_node(const struct zones *zones, const struct query_name *name)
{
	return *slot_of(zones, name->wire, name->len);
}

/* --- at start ------------------------------------------------------------------------------- */

static struct node *node_add(struct zones *zones, struct zone *zone, const uint8_t *name,
			     size_t len)
{
	struct node **slot = slot_of(zones, name, len);

	if (!*slot) {
		*slot = &zones->node[zones->node_count++];
		**slot = (struct node){.zone = zone, .name = name, .len = (uint8_t)len};
	}
	return *slot;
}

/* The names strictly between `name` and the apex: they exist, and have no records (RFC 8020). */
static void add_between(struct zones *zones, struct zone *zone, const struct name *name)
{
	size_t at = name->wire[0] + 1U;

	for (; name->len - at > zone->config->apex.len; at += name->wire[at] + 1U) {
		node_add(zones, zone, name->wire + at, name->len - at);
	}
}

static unsigned label_count(const struct name *name)
{
	unsigned count = 0;

	for (size_t at = 0; name->wire[at] != 0; at += name->wire[at] + 1U) {
		count++;
	}
	return count;
}

static struct zone *parent_of(const struct zones *zones, const struct name *apex)
{
	for (size_t at = 0; apex->wire[at] != 0;) {
		at += apex->wire[at] + 1U;
		const struct node *node = *slot_of(zones, apex->wire + at, apex->len - at);

		if (node) {
			return node->zone;
		}
	}
	return NULL;
}

/* Room for every name and all that could be between it and the root. */
static size_t most_nodes(const struct config *config)
{
	size_t nodes = 0;

	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *zone = &config->zones[i];

		nodes += label_count(&zone->apex) + 1;
		for (size_t k = 0; k < zone->host_count; k++) {
			nodes += label_count(&zone->hosts[k].name);
		}
	}
	return nodes;
}

/* What only the zone's config decides. The config may be another than before. */
static void prepare(struct zone *zone, const struct config *config)
{
	zone_fingerprint(config, zone->config, zone->fingerprint);
	zone_prepare(zone);
	zone->numbered = false;
	zone->epoch = 0;
}

static void add_apex(struct zones *zones, struct zone *zone)
{
	const struct name *apex = &zone->config->apex;
	struct node *node = node_add(zones, zone, apex->wire, apex->len);
	unsigned labels = label_count(apex);

	node->apex = true;
	node_set_addresses(node, &zone->config->at_apex);
	zones->most_labels = labels > zones->most_labels ? labels : zones->most_labels;
	zones->least_labels = labels < zones->least_labels ? labels : zones->least_labels;
}

static void add_nodes(struct zones *zones, const struct config *config)
{
	size_t most = most_nodes(config), size = 2;

	while (size < 2 * most) {
		size *= 2;
	}
	zones->node = must_alloc(most * sizeof *zones->node + 1);
	zones->node_count = 0;
	zones->table = must_alloc(size * sizeof(struct node *));
	zones->mask = size - 1;

	/* All apexes first, so that parents are found whatever the order in the file. */
	for (size_t i = 0; i < zones->count; i++) {
		add_apex(zones, &zones->zone[i]);
	}
	for (size_t i = 0; i < zones->count; i++) {
		zones->zone[i].parent = parent_of(zones, &zones->zone[i].config->apex);
	}
	for (size_t i = 0; i < zones->count; i++) {
		struct zone *zone = &zones->zone[i];

		if (zone->parent) {
			add_between(zones, zone->parent, &zone->config->apex);
		}
		for (size_t k = 0; k < zone->config->host_count; k++) {
			const struct host_config *host = &zone->config->hosts[k];

			node_set_addresses(node_add(zones, zone, host->name.wire, host->name.len),
					   host);
			add_between(zones, zone, &host->name);
		}
	}
}

static void release_nodes(struct zones *zones)
{
	for (size_t i = 0; i < zones->node_count; i++) {
		node_release(&zones->node[i]);
	}
	free(zones->node);
	free(zones->table);
}

void zones_init(struct zones *zones, const struct config *config)
{
	*zones = (struct zones){
		.zone = must_alloc(config->zone_count * sizeof *zones->zone + 1),
		.count = config->zone_count,
		.least_labels = LABELS_MAX + 1,
	};
	for (size_t i = 0; i < zones->count; i++) {
		struct zone *zone = &zones->zone[i];
		const struct name *apex = &config->zones[i].apex;

		zone->config = &config->zones[i];
		zone->number = (uint32_t)i;
		zone->expires_s = ZONE_FOREVER;
		zone->access = zone->config->access.given ? &zone->config->access : NULL;
		zone->salt = name_hash(apex->wire, apex->len);
		prepare(zone, config);
	}
	add_nodes(zones, config);
}

void zones_change(struct zones *zones, const struct config *config, size_t number)
{
	zone_release(&zones->zone[number]);
	prepare(&zones->zone[number], config);
	release_nodes(zones);
	add_nodes(zones, config);
}

void zones_release(struct zones *zones)
{
	release_nodes(zones);
	for (size_t i = 0; i < zones->count; i++) {
		zone_release(&zones->zone[i]);
	}
	free(zones->zone);
}
