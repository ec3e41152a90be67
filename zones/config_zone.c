/*
 * config_zone.c: zones, their name servers and hosts. How zones stand to each other is asked in
 * config_check.c, when all of them are there.
 *
 * A zone keeps pointers to its sublists: all of those are read before the first zone, so that their
 * array stands still.
 */
#include <string.h>

#include "config_option.h"
#include "revname.h"

enum {
	ZONE_WIRE = NAME_MAX_WIRE - 64
}; /* below it 32 nibbles, two octets each, still make a name */

/* -------------------------------------------------------------------------------------- zones */

void *zone_open(const struct config_place *place, const char *title, void *outer)
{
	struct config *config = outer;
	struct name apex;

	if (name_parse(title, &apex) != ST_OK) {
		place_fail(place, "zone: %s", fail_text());
		return NULL;
	}
	if (apex.len == 1 || apex.len > ZONE_WIRE) {
		place_fail(place,
			   "zone '%.80s': a name of 2 to %d octets leaves room for addresses",
			   title, ZONE_WIRE);
		return NULL;
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		if (name_equal(&config->zones[i].apex, &apex)) {
			place_fail(place, "zone '%s' is given twice: case makes no difference",
				   title);
			return NULL;
		}
	}
	config->zones = config_grow(config->zones, &config->zone_count, sizeof *config->zones);

	struct zone_config *zone = &config->zones[config->zone_count - 1];
	char text[NAME_TEXT];
	zone->name = must_strdup(name_format(&apex, text));
	zone->name[strlen(zone->name) - 1] = '\0';
	zone->apex = apex;
	zone->at_apex.name = apex;
	return zone;
}

/* Keeps the order by code. */
static enum status serve(const struct config_place *place, struct zone_config *zone,
			 const struct sublist_config *sublist)
{
	size_t at = zone->sublist_count;

	zone->sublists = config_grow(zone->sublists, &zone->sublist_count, sizeof(void *));
	for (; at > 0 && zone->sublists[at - 1]->code > sublist->code; at--) {
		zone->sublists[at] = zone->sublists[at - 1];
	}
	zone->sublists[at] = sublist;
	if (at > 0 && zone->sublists[at - 1]->code == sublist->code) {
		return place_fail(place, "zone '%s': sublists '%s' and '%s' both have code %u: %s",
				  zone->name, zone->sublists[at - 1]->name, sublist->name,
				  sublist->code, "one zone needs them to differ");
	}
	return ST_OK;
}

enum status zone_add_sublist(const struct config_place *place, const char *text, void *section)
{
	struct zone_config *zone = section;
	const struct sublist_config *sublist = config_sublist(place->config, text);

	if (!sublist) {
		return place_fail(place, "zone '%s': there is no sublist '%.80s' in this file",
				  zone->name, text);
	}
	for (size_t i = 0; i < zone->sublist_count; i++) {
		if (zone->sublists[i] == sublist) {
			return place_fail(place, "zone '%s': sublist '%s' is named twice",
					  zone->name, text);
		}
	}
	return serve(place, zone, sublist);
}

enum status zone_add_ns(const struct config_place *place, const char *text, void *section)
{
	struct zone_config *zone = section;
	struct name ns;

	if (place_name(place, text, &ns) != ST_OK) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < zone->ns_count; i++) {
		if (name_equal(&zone->ns[i], &ns)) {
			return place_fail(place, "zone '%s': ns '%s' is given twice", zone->name,
					  text);
		}
	}
	zone->ns = config_grow(zone->ns, &zone->ns_count, sizeof *zone->ns);
	zone->ns[zone->ns_count - 1] = ns;
	return ST_OK;
}

enum status zone_close(const struct config_place *place, void *section)
{
	struct zone_config *zone = section;
	const struct config *config = place->config;
	enum status status = ST_OK;

	if (zone->sublist_count == 0) {
		for (size_t i = 0; i < config->sublist_count && status == ST_OK; i++) {
			status = serve(place, zone, &config->sublists[i]);
		}
	}
	clients_inherit(&zone->clients, &config->clients);
	return status;
}

enum status access_close(const struct config_place *place, void *section)
{
	struct access_config *access = section;

	if (!place->config->state) {
		return place_fail(place,
				  "access counts queries, and the file does not say where: %s",
				  "it needs: state = \"/var/lib/dnsbld-state\"");
	}
	if (access->unknown == ACTION_ANSWER || access->overdrawn == ACTION_ANSWER) {
		return place_fail(place,
				  "access: unknown and overdrawn may be refuse, drop, empty %s",
				  "or error, not answer");
	}
	access->given = true;
	return ST_OK;
}

/* -------------------------------------------------------------------------------------- hosts */

void *host_open(const struct config_place *place, const char *title, void *outer)
{
	struct zone_config *zone = outer;
	size_t len = strspn(title, LDH);
	struct name name;

	/* One label: anything deeper would make names between that hold nothing. */
	if (title[len] || title[0] == '-' || name_parse(title, &name) != ST_OK) {
		place_fail(place, "zone '%s': host '%.80s' must be one label, as in host \"ns1\"",
			   zone->name, title);
		return NULL;
	}
	if (revname_parse(name.wire, (size_t)name.len - 1).kind != REVNAME_OTHER) {
		place_fail(place, "zone '%s': host '%s' would be part of a reversed address: %s",
			   zone->name, title, "choose another name");
		return NULL;
	}
	memcpy(name.wire + name.len - 1, zone->apex.wire, zone->apex.len);
	name.len = (uint8_t)(name.len - 1 + zone->apex.len);
	for (size_t i = 0; i < zone->host_count; i++) {
		if (name_equal(&zone->hosts[i].name, &name)) {
			place_fail(place,
				   "zone '%s': host '%s' is given twice: case makes no difference",
				   zone->name, title);
			return NULL;
		}
	}
	zone->hosts = config_grow(zone->hosts, &zone->host_count, sizeof *zone->hosts);
	zone->hosts[zone->host_count - 1].name = name;
	return &zone->hosts[zone->host_count - 1];
}

enum status host_close(const struct config_place *place, void *section)
{
	const struct host_config *host = section;
	char name[NAME_TEXT];

	if (host->a_count + host->aaaa_count == 0) {
		return place_fail(place,
				  "host '%s' has no address; it needs: a = \"192.0.2.53\", or aaaa",
				  name_format(&host->name, name));
	}
	return ST_OK;
}

static enum status add_addr(const struct config_place *place, const char *text, unsigned family,
			    addr_t **list, size_t *count)
{
	uint8_t found;
	addr_t addr;

	if (!config_addr(text, &found, &addr) || found != family) {
		return place_fail(place, "%s = '%.80s' is no IPv%u address", place->option->name,
				  text, family);
	}
	for (size_t i = 0; i < *count; i++) {
		if ((*list)[i] == addr) {
			return place_fail(place, "%s = '%s' is given twice", place->option->name,
					  text);
		}
	}
	*list = config_grow(*list, count, sizeof **list);
	(*list)[*count - 1] = addr;
	return ST_OK;
}

enum status host_add_a(const struct config_place *place, const char *text, void *section)
{
	struct host_config *host = section;

	return add_addr(place, text, 4, &host->a, &host->a_count);
}

enum status host_add_aaaa(const struct config_place *place, const char *text, void *section)
{
	struct host_config *host = section;

	return add_addr(place, text, 6, &host->aaaa, &host->aaaa_count);
}
