/*
 * config_flood.c: what keeps floods of forged questions in bounds: cookies, and rate limits.
 *
 * A secret is never repeated in a message: messages go to logs.
 */
#include <stdio.h>
#include <string.h>

#include "config_option.h"

/* 32 hex digits, as other servers take theirs, or "" for none. */
enum status cookie_secret_set(const struct config_place *place, const char *text, void *section)
{
	struct cookie_secret *secret =
		(struct cookie_secret *)((char *)section + place->option->field);

	if (*text == '\0') {
		return ST_OK;
	}
	if (strlen(text) != 2 * COOKIE_SECRET || strspn(text, HEX) != 2 * COOKIE_SECRET) {
		return place_fail(place, "%s: it must be %d hex digits", place->option->name,
				  2 * COOKIE_SECRET);
	}
	for (size_t i = 0; i < COOKIE_SECRET; i++) {
		sscanf(text + 2 * i, "%2hhx", &secret->octets[i]);
	}
	secret->given = true;
	return ST_OK;
}

enum status cookies_close(const struct config_place *place, void *section)
{
	const struct cookies_config *cookies = section;

	if (cookies->old_secret.given && !cookies->secret.given) {
		return place_fail(place, "cookies has an old_secret and no secret");
	}
	if (cookies->old_secret.given &&
	    memcmp(cookies->secret.octets, cookies->old_secret.octets, COOKIE_SECRET) == 0) {
		return place_fail(place, "cookies: secret and old_secret are the same");
	}
	return ST_OK;
}

enum status rrl_exempt_add(const struct config_place *place, const char *text, void *section)
{
	struct rrl_config *rrl = section;

	if (rrl->exempt_count == place->option->max) {
		return place_fail(place, "%s: '%.80s' is one too many: there may be %zu",
				  place->option->name, text, rrl->exempt_count);
	}
	return place_prefix(place, text, &rrl->exempt, &rrl->exempt_count);
}

enum status rrl_close(const struct config_place *place, void *section)
{
	(void)place;
	((struct rrl_config *)section)->given = true;
	return ST_OK;
}
