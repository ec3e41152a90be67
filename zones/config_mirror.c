/*
 * config_mirror.c: zones that are copies of a primary's. They are zones like all others, behind
 * those in config->zones; how they stand to these is asked in config_check.c.
 */
#include "config_option.h"

enum status mirror_listen_set(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;
	struct listen_config *listen = &config->mirror_listen;

	if (place_listen(place, text, listen)) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct listen_config *other = &config->listen[i];

		if (other->family == listen->family && other->addr == listen->addr &&
		    other->port == listen->port) {
			return place_fail(place, "mirror: listen '%s' is dnsbld's: %s",
					  listen->text, "give it a port of its own");
		}
	}
	return ST_OK;
}

void *mirror_zone_open(const struct config_place *place, const char *title, void *outer)
{
	struct zone_config *zone = zone_open(place, title, outer);

	if (zone) {
		zone->mirror.given = true;
	}
	return zone;
}

enum status mirror_key_set(const struct config_place *place, const char *text, void *section)
{
	struct zone_config *zone = section;

	return place_key(place, text, &zone->mirror.key);
}

enum status mirror_primary_add(const struct config_place *place, const char *text, void *section)
{
	struct mirror_zone_config *mirror = &((struct zone_config *)section)->mirror;

	return place_remote(place, text, mirror->key, &mirror->primaries, &mirror->primary_count);
}

enum status mirror_zone_close(const struct config_place *place, void *section)
{
	struct zone_config *zone = section;

	clients_inherit(&zone->clients, &place->config->clients);
	return ST_OK;
}
