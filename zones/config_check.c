/*
 * config_check.c: what can only be asked when every zone has been read.
 *
 *  1. No zone takes away names that are reversed addresses in a zone above it:
 * "4.dnsbl.example.org" would be 4.0.0.0/8 turned round, as much as its own apex.
 *  2. No host lies in a zone below: its address would belong there (RFC 1034 §4.2.1).
 *  3. A name server whose name is in one of our zones has an address there, or nobody could ask it.
 *  4. A mirrored zone is what its primary says, delegations included: so it lies neither above nor
 *     below another, and what its name servers are is not asked here.
 *  5. There is a zone; and where one is ours, a sublist.
 */
#include "config_check.h"

#include "config_option.h"
#include "revname.h"

/* The zone with the longest name that `name` is in; NULL where it is in none. *before as
 * name_below() has it. */
static const struct zone_config *zone_of(const struct config *config, const struct name *name,
					 size_t *before)
{
	const struct zone_config *best = NULL;

	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *zone = &config->zones[i];
		size_t octets;
		if (name_below(name, &zone->apex, &octets) &&
		    (!best || zone->apex.len > best->apex.len)) {
			best = zone;
			*before = octets;
		}
	}
	return best;
}

/* Whether the last label of the first `before` octets of `name` can be one of a reversed address.
 */
static bool in_addresses(const struct name *name, size_t before)
{
	size_t at = 0;

	while (at + name->wire[at] + 1 < before) {
		at += (size_t)name->wire[at] + 1;
	}
	return revname_parse(name->wire + at, before - at).kind != REVNAME_OTHER;
}

static enum status check_apex(const struct config *config, const struct zone_config *zone,
			      const struct config_place *place)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *above = &config->zones[i];
		size_t before;
		if (above != zone && name_below(&zone->apex, &above->apex, &before) &&
		    in_addresses(&zone->apex, before)) {
			return place_fail(
				place,
				"zone '%s' would be part of the reversed addresses of zone '%s': choose "
				"another name",
				zone->name, above->name);
		}
	}
	return ST_OK;
}

static enum status check_mirrored(const struct config *config, const struct zone_config *zone,
				  const struct config_place *place)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *other = &config->zones[i];
		size_t before;
		bool below = name_below(&other->apex, &zone->apex, &before);

		if (other != zone && (below || name_below(&zone->apex, &other->apex, &before))) {
			return place_fail(
				place,
				"zone '%s' is mirrored, and zone '%s' lies %s it: it must stand alone",
				zone->name, other->name, below ? "below" : "above");
		}
	}
	return ST_OK;
}

static enum status check_host(const struct config *config, const struct zone_config *zone,
			      const struct host_config *host, const struct config_place *place)
{
	size_t before;
	const struct zone_config *owner = zone_of(config, &host->name, &before);

	if (owner != zone) {
		return place_fail(
			place,
			"zone '%s': host '%s' lies in zone '%s': write its addresses there, in apex",
			zone->name, owner->name, owner->name);
	}
	return ST_OK;
}

static bool has_address(const struct zone_config *zone, const struct name *name)
{
	const struct host_config *apex = &zone->at_apex;

	for (size_t i = 0; i < zone->host_count; i++) {
		if (name_equal(&zone->hosts[i].name, name)) {
			return true;
		}
	}
	return name_equal(&apex->name, name) && apex->a_count + apex->aaaa_count > 0;
}

static enum status check_ns(const struct config *config, const struct zone_config *zone,
			    const struct name *ns, const struct config_place *place)
{
	size_t before;
	const struct zone_config *owner = zone_of(config, ns, &before);
	char name[NAME_TEXT];

	if (!owner || owner->mirror.given || has_address(owner, ns)) {
		return ST_OK;
	}
	name_format(ns, name);
	if (before == 0) {
		return place_fail(
			place, "zone '%s': ns %s has no address; zone '%s' needs: apex { a = ... }",
			zone->name, name, owner->name);
	}
	if (before != (size_t)ns->wire[0] + 1) {
		return place_fail(
			place,
			"zone '%s': ns %s can have no address, as a host is one label below its zone "
			"'%s'",
			zone->name, name, owner->name);
	}
	return place_fail(
		place,
		"zone '%s': ns %s has no address; zone '%s' needs: host \"%.*s\" { a = ... }",
		zone->name, name, owner->name, ns->wire[0], (const char *)ns->wire + 1);
}

static enum status check_complete(const struct config *config, const struct config_place *place)
{
	bool ours = config->zone_count == 0;

	for (size_t i = 0; i < config->zone_count; i++) {
		ours = ours || !config->zones[i].mirror.given;
	}
	if (ours && config->sublist_count == 0) {
		return place_fail(place, "the file has no sublist; it needs: %s",
				  "sublist relay { code = 2 }");
	}
	if (config->zone_count == 0) {
		return place_fail(place, "the file has no zone; it needs: %s",
				  "zone \"dnsbl.example.org\" { ns = ...  soa { ... } }");
	}
	return ST_OK;
}

enum status config_check(const struct config *config, const struct config_tree *tree,
			 const char *file)
{
	struct config_place place = {.file = file, .line = 1};
	enum status status = check_complete(config, &place);

	for (size_t z = 0; z < config->zone_count && status == ST_OK; z++) {
		const struct zone_config *zone = &config->zones[z];

		place.line = tree_line(tree, "zone", z, 0);
		status = zone->mirror.given ? check_mirrored(config, zone, &place)
					    : check_apex(config, zone, &place);
		for (size_t i = 0; i < zone->host_count && status == ST_OK; i++) {
			place.line = tree_line(tree, "host", z, i);
			status = check_host(config, zone, &zone->hosts[i], &place);
		}
		for (size_t i = 0; i < zone->ns_count && status == ST_OK; i++) {
			place.line = tree_line(tree, "ns", z, i);
			status = check_ns(config, zone, &zone->ns[i], &place);
		}
	}
	return status;
}
