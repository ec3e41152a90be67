/*
 * config_transfer.c: who may have a zone, and who is told that it has changed.
 *
 *     "192.0.2.1:53 key mirror"  ─▶  struct remote_config: where to send, and what to sign with
 */
#include <string.h>

#include "config_option.h"

enum status place_remote(const struct config_place *place, const char *text,
			 const struct key_config *key, struct remote_config **list, size_t *count)
{
	struct remote_config remote = {.key = key};
	size_t len = strcspn(text, " ");
	const char *rest = text + len + strspn(text + len, " ");
	char at[ADDR_TEXT + 8] = "";

	/* What is too long for `at` is no address, and is refused as one. */
	if (len < sizeof at) {
		memcpy(at, text, len);
	}
	if (place_listen(place, *at ? at : text, &remote.at)) {
		return ST_CONFIG;
	}
	if (*rest) {
		size_t word = strcspn(rest, " ");
		const char *name = rest + word + strspn(rest + word, " ");

		if (word != 3 || memcmp(rest, "key", 3) != 0 || !*name || strchr(name, ' ')) {
			return place_fail(place, "%s '%.120s': behind the address may stand a %s",
					  place->option->name, text,
					  "key, as in \"192.0.2.1:53 key mirror\"");
		}
		if (place_key(place, name, &remote.key)) {
			return ST_CONFIG;
		}
	}
	for (size_t i = 0; i < *count; i++) {
		const struct listen_config *old = &(*list)[i].at;

		if (old->family == remote.at.family && old->addr == remote.at.addr &&
		    old->port == remote.at.port) {
			return place_fail(place, "%s '%s' is given twice", place->option->name,
					  remote.at.text);
		}
	}
	*list = config_grow(*list, count, sizeof **list);
	(*list)[*count - 1] = remote;
	return ST_OK;
}

/* ----------------------------------------------------------------------------------- transfer */

enum status transfer_allow_add(const struct config_place *place, const char *text, void *section)
{
	struct transfer_config *transfer = section;

	return place_prefix(place, text, &transfer->allow, &transfer->allow_count);
}

enum status transfer_key_add(const struct config_place *place, const char *text, void *section)
{
	struct transfer_config *transfer = section;
	const struct key_config *key;

	if (place_key(place, text, &key)) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < transfer->key_count; i++) {
		if (transfer->keys[i] == key) {
			return place_fail(place, "keys: '%s' is named twice", text);
		}
	}
	transfer->keys = config_grow(transfer->keys, &transfer->key_count, sizeof(void *));
	transfer->keys[transfer->key_count - 1] = key;
	return ST_OK;
}

enum status transfer_section_close(const struct config_place *place, void *section)
{
	const struct transfer_config *transfer = section;

	if (transfer->allow_count + transfer->key_count == 0) {
		return place_fail(place, "transfer allows nobody: give allow or keys, %s",
				  "or leave it out");
	}
	return ST_OK;
}

/* ------------------------------------------------------------------------------------- notify */

enum status notify_add(const struct config_place *place, const char *text, void *section)
{
	struct zone_config *zone = section;

	return place_remote(place, text, NULL, &zone->notify, &zone->notify_count);
}
