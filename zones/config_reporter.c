/*
 * config_reporter.c: who reports, and what makes a mail his: its mailbox (address), or the sender's
 * domain as our own mail server found it (authserv_id, domains).
 *
 * No two reporters may answer to the same words, or a report would be somebody else's.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_option.h"
#include "source.h"

/* ---------------------------------------------------------------------------------- reporters */

/* A name may have the form of an address: `feeder --reporter` takes either. */
static bool answers_to(const struct reporter_config *reporter, const char *words)
{
	return strcmp(reporter->name, words) == 0 ||
	       (reporter->address && strcasecmp(reporter->address, words) == 0);
}

void *reporter_open(const struct config_place *place, const char *title, void *outer)
{
	struct config *config = outer;

	if (source_check_name(title) != ST_OK) {
		place_fail(place, "reporter: %s", fail_text());
		return NULL;
	}
	for (size_t i = 0; i < config->reporter_count; i++) {
		if (answers_to(&config->reporters[i], title)) {
			place_fail(place, "reporter '%s': this is the address of reporter '%s'",
				   title, config->reporters[i].name);
			return NULL;
		}
	}
	config->reporters =
		config_grow(config->reporters, &config->reporter_count, sizeof *config->reporters);

	struct reporter_config *reporter = &config->reporters[config->reporter_count - 1];
	reporter->name = must_strdup(title);
	return reporter;
}

enum status reporter_set_address(const struct config_place *place, const char *text, void *section)
{
	const struct config *config = place->config;
	struct reporter_config *reporter = section;
	const char *at = strrchr(text, '@');
	struct name domain;

	if (!at || at == text || strpbrk(text, " <>,;") || name_parse(at + 1, &domain) != ST_OK ||
	    domain.len == 1) {
		return place_fail(place, "reporter '%s': address = '%.80s' is no mail address",
				  reporter->name, text);
	}
	for (size_t i = 0; i < config->reporter_count; i++) {
		const struct reporter_config *other = &config->reporters[i];
		if (other != reporter && answers_to(other, text)) {
			return place_fail(place, "reporter '%s': '%.80s' is reporter '%s' already",
					  reporter->name, text, other->name);
		}
	}
	reporter->address = must_strdup(text);
	return ST_OK;
}

/* Whose domain it is; NULL: nobody's. */
static const struct reporter_config *owner_of(const struct config *config, const char *domain)
{
	for (size_t i = 0; i < config->reporter_count; i++) {
		const struct reporter_config *reporter = &config->reporters[i];
		for (size_t k = 0; k < reporter->domain_count; k++) {
			if (strcmp(reporter->domains[k], domain) == 0) {
				return reporter;
			}
		}
	}
	return NULL;
}

enum status reporter_add_domain(const struct config_place *place, const char *text, void *section)
{
	struct reporter_config *reporter = section;
	const struct reporter_config *owner;
	char domain[NAME_TEXT];
	struct name name;

	if (name_parse(text, &name) != ST_OK) {
		return place_fail(place, "reporter '%s': %s", reporter->name, fail_text());
	}
	if (name.len == 1) {
		return place_fail(place, "reporter '%s': the root is nobody's domain",
				  reporter->name);
	}
	if (!place->config->authserv_id) {
		return place_fail(place, "reporter '%s': domains mean nothing without %s",
				  reporter->name, "authserv_id, the mail server that checks them");
	}
	name_format(&name, domain);
	domain[strlen(domain) - 1] = '\0'; /* the final dot */
	owner = owner_of(place->config, domain);
	if (owner) {
		return place_fail(place, "reporter '%s': domain '%s' is of reporter '%s' already",
				  reporter->name, domain, owner->name);
	}
	reporter->domains =
		config_grow(reporter->domains, &reporter->domain_count, sizeof *reporter->domains);
	reporter->domains[reporter->domain_count - 1] = must_strdup(domain);
	return ST_OK;
}

/* -------------------------------------------------------------------- whose words on a mail count
 */

enum status trusted_hop_add(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;

	return place_prefix(place, text, &config->trusted_hops, &config->trusted_hop_count);
}

/* A word of an Authentication-Results field, and mostly a host's name (RFC 8601 §2.5). */
enum status authserv_id_set(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;

	if (*text == '\0' || strpbrk(text, " ;\"()<>@,\\")) {
		return place_fail(place, "%s = '%.80s': it must be a word as in %s",
				  place->option->name, text, "\"mx.dnsbl.example.org\"");
	}
	config->authserv_id = must_strdup(text);
	return ST_OK;
}
