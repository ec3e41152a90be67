/*
 * mirrored_load.c: what the primary says of the zone itself, into the zone's config, where the
 * config file says it of other zones.
 *
 *     the apex' SOA, NS, A, AAAA · hosts: names of one label, and the name servers in the zone ·
 *     the TTL that most listings have · a private sublist for each code
 */
#include <stdlib.h>

#include "mirrored_rows.h"

/* A list has a few hosts. One whose names are no addresses at all may have a million. */
enum { HOSTS_MOST = 100, LABELS_LOOKED_AT = 4096 };

struct loading {
	struct txn *txn;
	const struct zone_config *zone; /* its name and apex */
	struct mirror_key apex;
	struct zone_config made;
};

/* A name in rdata. */
static bool read_name(struct reader *r, struct name *name)
{
	size_t label;

	name->len = 0;
	do {
		const uint8_t *at = read_bytes(r, 1);

		label = at ? *at : 0;
		if (!at || label > 63 || name->len + 1 + label > sizeof name->wire) {
			return false;
		}
		name->wire[name->len++] = (uint8_t)label;
		at = read_bytes(r, label);
		if (!at) {
			return false;
		}
		memcpy(name->wire + name->len, at, label);
		name->len = (uint8_t)(name->len + label);
	} while (label > 0);
	return true;
}

static void add_address(addr_t **at, size_t *count, unsigned family, struct bytes rdata)
{
	struct reader r = reader_of(rdata);

	*at = must_realloc(*at, (*count + 1) * sizeof **at);
	(*at)[(*count)++] = addr_read(&r, family);
}

static void add_addresses(struct host_config *host, const struct mirror_rr *rr)
{
	if (rr->type == TYPE_A) {
		add_address(&host->a, &host->a_count, 4, rr->rdata);
	} else if (rr->type == TYPE_AAAA) {
		add_address(&host->aaaa, &host->aaaa_count, 6, rr->rdata);
	}
}

static bool read_soa(struct bytes rdata, struct soa_config *soa)
{
	struct reader r = reader_of(rdata);

	if (!read_name(&r, &soa->mname) || !read_name(&r, &soa->rname)) {
		return false;
	}
	read_u32(&r); /* the serial, which is the status' */
	soa->refresh_s = read_u32(&r);
	soa->retry_s = read_u32(&r);
	soa->expire_s = read_u32(&r);
	soa->minimum_s = read_u32(&r);
	return !r.bad;
}

static bool load_apex(struct loading *l)
{
	struct zone_config *made = &l->made;
	struct bytes value;
	struct mirror_rr rr;
	bool soa = false;

	if (!txn_get(l->txn, TABLE_MIRRORED, mirror_key_bytes(&l->apex), &value)) {
		return false;
	}
	for (struct reader r = mirror_rrs(value); mirror_rr_next(&r, &rr);) {
		if (rr.type == TYPE_SOA) {
			soa = read_soa(rr.rdata, &made->soa);
		} else if (rr.type == TYPE_NS) {
			struct reader name = reader_of(rr.rdata);

			made->ns = must_realloc(made->ns, (made->ns_count + 1) * sizeof *made->ns);
			made->ns_count += read_name(&name, &made->ns[made->ns_count]);
		} else {
			add_addresses(&made->at_apex, &rr);
		}
	}
	return soa && made->ns_count > 0;
}

static bool has_host(const struct zone_config *zone, const struct name *name)
{
	for (size_t i = 0; i < zone->host_count; i++) {
		if (name_equal(&zone->hosts[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* Where the name has addresses. */
static void add_host(struct loading *l, const struct name *name, struct bytes value)
{
	struct host_config host = {.name = *name};
	struct zone_config *made = &l->made;
	struct mirror_rr rr;

	for (struct reader r = mirror_rrs(value); mirror_rr_next(&r, &rr);) {
		add_addresses(&host, &rr);
	}
	if (host.a_count + host.aaaa_count == 0) {
		return;
	}
	made->hosts = must_realloc(made->hosts, (made->host_count + 1) * sizeof *made->hosts);
	made->hosts[made->host_count++] = host;
}

static void load_name_servers(struct loading *l, const struct mirror_state *s)
{
	struct bytes value;
	struct mirror_key key;

	for (size_t i = 0; i < l->made.ns_count; i++) {
		const struct name *ns = &l->made.ns[i];

		if (!name_equal(ns, &l->zone->apex) && !has_host(&l->made, ns) &&
		    mirror_key_owner(&key, s->number, s->served, l->zone, ns) &&
		    txn_get(l->txn, TABLE_MIRRORED, mirror_key_bytes(&key), &value)) {
			add_host(l, ns, value);
		}
	}
}

/* Names of one label, from label to label. */
static void load_hosts(struct loading *l)
{
	struct scan *scan = scan_open(l->txn, TABLE_MIRRORED);
	struct bytes apex = mirror_key_bytes(&l->apex), key, value, label;
	uint8_t top[MIRROR_KEY];
	struct name name;
	unsigned looked_at = 0;

	bool more = scan_seek(scan, apex, &key, &value) && scan_next(scan, &key, &value);
	while (more && mirror_key_below(key, apex) && looked_at++ < LABELS_LOOKED_AT &&
	       l->made.host_count < HOSTS_MOST) {
		size_t at = MIRROR_APEX;

		if (!mirror_key_label(key, &at, &label) ||
		    !mirror_key_name(key, &l->zone->apex, &name)) {
			scan_damaged(scan);
			break;
		}
		if (at == key.len && mirror_label(label, 4) < 0 && !mirror_is_wildcard(label) &&
		    !has_host(&l->made, &name)) {
			add_host(l, &name, value);
		}
		memcpy(top, key.data, at);
		more = mirror_skip(scan, bytes_of(top, at), &key, &value);
	}
	scan_close(scan);
}

static void load_sublists(struct loading *l, const struct mirror_state *s)
{
	const struct sublist_config **made = must_alloc(256 * sizeof(struct sublist_config *));
	char name[MIRROR_NAME_TEXT];

	l->made.sublists = made;
	for (unsigned code = 0; code < 256; code++) {
		if (mirror_has_code(s, code)) {
			struct sublist_config *sublist = must_alloc(sizeof *sublist);

			sublist->name =
				must_strdup(mirror_sublist(l->zone->name, (uint8_t)code, name));
			sublist->code = (uint8_t)code;
			sublist->text = must_strdup("");
			made[l->made.sublist_count++] = sublist;
		}
	}
}

bool mirror_zone_load(struct txn *txn, struct zone_config *zone)
{
	struct loading l = {.txn = txn, .zone = zone, .made = {.at_apex.name = zone->apex}};
	struct mirror_state s;

	if (!mirror_state_read(txn, zone->name, &s) || !s.whole) {
		return false;
	}
	mirror_key_apex(&l.apex, s.number, s.served);
	if (load_apex(&l)) {
		load_name_servers(&l, &s);
		load_hosts(&l);
		load_sublists(&l, &s);
	} else if (!txn_status(txn)) {
		txn_fail(txn, fail(ST_INTERNAL,
				   "mirrored zone '%s' has no SOA or no NS: run 'feeder check'",
				   zone->name));
	}
	l.made.mirror.given = true;
	if (txn_status(txn)) {
		mirror_zone_clear(&l.made);
		return false;
	}
	mirror_zone_clear(zone);
	zone->soa = l.made.soa;
	zone->ns = l.made.ns;
	zone->ns_count = l.made.ns_count;
	zone->at_apex = l.made.at_apex;
	zone->hosts = l.made.hosts;
	zone->host_count = l.made.host_count;
	zone->sublists = l.made.sublists;
	zone->sublist_count = l.made.sublist_count;
	zone->ttl_s = mirror_commonest_ttl(&s.tally, l.made.soa.minimum_s);
	return true;
}
