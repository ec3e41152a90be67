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
 * 2. Records are prepared once. All that changes later is the SOA's serial.
 * 3. Owner names are the pointer 0xc00c to the question's name: an apex' records go into answers
 *    about the apex alone, a host's into those about the host. Glue spells the labels before it.
 */
#include "zone.h"

#include <stdlib.h>

enum {
	POINTER_QUESTION = 0xc000 | DNS_HEADER, /* RFC 1035 §4.1.4 */
	SOA_FIXED = 10,                         /* type(2) class(2) ttl(4) rdlen(2) */
	SOA_NUMBERS = 20,                       /* serial refresh retry expire minimum */
	SOA_MAX = SOA_FIXED + 2 * NAME_MAX_WIRE + SOA_NUMBERS,
	RR_MAX = 2 * NAME_MAX_WIRE + 10,
};

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

void zone_set_serial(struct zone *zone, uint32_t serial)
{
	struct writer w = writer_of(zone->soa + zone->soa_len - SOA_NUMBERS, 4);

	write_u32(&w, serial);
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

static struct records keep(const struct writer *w, unsigned count)
{
	struct bytes made = writer_bytes(w);
	uint8_t *copy = must_alloc(made.len + 1);

	if (made.len > 0) {
		memcpy(copy, made.data, made.len);
	}
	return (struct records){bytes_of(copy, made.len), (uint16_t)count};
}

static void write_rr(struct writer *w, struct bytes owner, unsigned type, uint32_t ttl_s,
		     size_t rdlen)
{
	write_bytes(w, owner.data, owner.len);
	write_u16(w, POINTER_QUESTION);
	write_u16(w, (uint16_t)type);
	write_u16(w, CLASS_IN);
	write_u32(w, ttl_s);
	write_u16(w, (uint16_t)rdlen);
}

static void write_addresses(struct writer *w, struct bytes owner, uint32_t ttl_s, unsigned family,
			    const addr_t *addr, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		write_rr(w, owner, family == 4 ? TYPE_A : TYPE_AAAA, ttl_s, family == 4 ? 4 : 16);
		addr_write(w, family, addr[i]);
	}
}

static struct records address_records(uint32_t ttl_s, unsigned family, const addr_t *addr,
				      size_t count)
{
	size_t room = count * RR_MAX;
	uint8_t *buffer = must_alloc(room + 1);
	struct writer w = writer_of(buffer, room);

	write_addresses(&w, bytes_of(NULL, 0), ttl_s, family, addr, count);
	struct records records = keep(&w, (unsigned)count);
	free(buffer);
	return records;
}

static void node_set_addresses(struct node *node, const struct host_config *host)
{
	uint32_t ttl_s = node->zone->config->ttl_s;

	node->a = address_records(ttl_s, 4, host->a, host->a_count);
	node->aaaa = address_records(ttl_s, 6, host->aaaa, host->aaaa_count);
}

static void prepare_soa(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	const struct soa_config *soa = &config->soa;
	uint8_t buffer[SOA_MAX];
	struct writer w = writer_of(buffer, sizeof buffer);

	write_u16(&w, TYPE_SOA);
	write_u16(&w, CLASS_IN);
	write_u32(&w, config->ttl_s < soa->minimum_s ? config->ttl_s : soa->minimum_s);
	write_u16(&w, (uint16_t)(soa->mname.len + soa->rname.len + SOA_NUMBERS));
	write_bytes(&w, soa->mname.wire, soa->mname.len);
	write_bytes(&w, soa->rname.wire, soa->rname.len);
	write_u32(&w, 0);
	write_u32(&w, soa->refresh_s);
	write_u32(&w, soa->retry_s);
	write_u32(&w, soa->expire_s);
	write_u32(&w, soa->minimum_s);
	zone->soa_len = (uint16_t)writer_len(&w);
	zone->soa = must_alloc(zone->soa_len);
	memcpy(zone->soa, buffer, zone->soa_len);
}

static void prepare_ns(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	size_t room = config->ns_count * RR_MAX;
	uint8_t *buffer = must_alloc(room + 1);
	struct writer w = writer_of(buffer, room);

	for (size_t i = 0; i < config->ns_count; i++) {
		write_rr(&w, bytes_of(NULL, 0), TYPE_NS, config->ttl_s, config->ns[i].len);
		write_bytes(&w, config->ns[i].wire, config->ns[i].len);
	}
	zone->ns = keep(&w, (unsigned)config->ns_count);
	free(buffer);
}

static const struct host_config *host_named(const struct zone_config *config,
					    const struct name *name)
{
	if (name_equal(name, &config->apex)) {
		return &config->at_apex;
	}
	for (size_t i = 0; i < config->host_count; i++) {
		if (name_equal(name, &config->hosts[i].name)) {
			return &config->hosts[i];
		}
	}
	return NULL;
}

static void prepare_glue(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	const struct host_config *host;
	size_t before, room = 1, count = 0;

	for (size_t i = 0; i < config->ns_count; i++) {
		host = host_named(config, &config->ns[i]);
		room += host ? (host->a_count + host->aaaa_count) * RR_MAX : 0;
	}
	uint8_t *buffer = must_alloc(room);
	struct writer w = writer_of(buffer, room);

	for (size_t i = 0; i < config->ns_count; i++) {
		const struct name *name = &config->ns[i];

		host = host_named(config, name);
		if (host && name_below(name, &config->apex, &before)) {
			struct bytes owner = bytes_of(name->wire, before);

			write_addresses(&w, owner, config->ttl_s, 4, host->a, host->a_count);
			write_addresses(&w, owner, config->ttl_s, 6, host->aaaa, host->aaaa_count);
			count += host->a_count + host->aaaa_count;
		}
	}
	zone->glue = keep(&w, (unsigned)count);
	free(buffer);
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

void zones_init(struct zones *zones, const struct config *config)
{
	size_t most = most_nodes(config), size = 2;

	while (size < 2 * most) {
		size *= 2;
	}
	*zones = (struct zones){
		.zone = must_alloc(config->zone_count * sizeof *zones->zone + 1),
		.count = config->zone_count,
		.node = must_alloc(most * sizeof *zones->node + 1),
		.table = must_alloc(size * sizeof(struct node *)),
		.mask = size - 1,
		.least_labels = LABELS_MAX + 1,
	};

	/* All apexes first, so that parents are found whatever the order in the file. */
	for (size_t i = 0; i < zones->count; i++) {
		struct zone *zone = &zones->zone[i];
		const struct name *apex = &config->zones[i].apex;
		unsigned labels = label_count(apex);

		zone->config = &config->zones[i];
		zone->number = (uint32_t)i;
		zone_fingerprint(config, zone->config, zone->fingerprint);
		prepare_soa(zone);
		prepare_ns(zone);
		prepare_glue(zone);
		struct node *node = node_add(zones, zone, apex->wire, apex->len);
		node->apex = true;
		node_set_addresses(node, &zone->config->at_apex);
		zones->most_labels = labels > zones->most_labels ? labels : zones->most_labels;
		zones->least_labels = labels < zones->least_labels ? labels : zones->least_labels;
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

void zones_release(struct zones *zones)
{
	for (size_t i = 0; i < zones->node_count; i++) {
		free((uint8_t *)(uintptr_t)zones->node[i].a.bytes.data);
		free((uint8_t *)(uintptr_t)zones->node[i].aaaa.bytes.data);
	}
	for (size_t i = 0; i < zones->count; i++) {
		free(zones->zone[i].soa);
		free((uint8_t *)(uintptr_t)zones->zone[i].ns.bytes.data);
		free((uint8_t *)(uintptr_t)zones->zone[i].glue.bytes.data);
	}
	free(zones->zone);
	free(zones->node);
	free(zones->table);
}
