/*
 * config_section.c: addresses to listen on, CPUs to run on, log, dnstap, sublists and their
 * policies. Reporters
 * are in config_reporter.c, zones in config_zone.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "category.h"
#include "config_option.h"

enum { SUBLIST_NAME = 63 }; /* RFC 5782 §2.3: it may become a label */

/* ------------------------------------------------------------------------------------- listen */

/* 1 to 65535 without a leading zero; 0 where it is none. */
static uint16_t read_port(const char *text)
{
	size_t len = strspn(text, DIGITS);
	bool digits = len > 0 && len <= 5 && text[len] == '\0' && text[0] != '0';
	unsigned long port = digits ? strtoul(text, NULL, 10) : 0;

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

enum status place_listen(const struct config_place *place, const char *text,
			 struct listen_config *listen)
{
	const char *colon = strrchr(text, ':');
	bool brackets = text[0] == '[' && colon && colon > text && colon[-1] == ']';
	char addr[ADDR_TEXT] = "";

	*listen = (struct listen_config){0};
	if (colon && (size_t)(colon - text) < sizeof addr) {
		memcpy(addr, text + brackets, (size_t)(colon - text) - 2 * brackets);
		listen->port = read_port(colon + 1);
	}
	/* ::ffff:192.0.2.53 comes back as IPv4, so brackets and family differ there as well. */
	if (listen->port == 0 || !config_addr(addr, &listen->family, &listen->addr) ||
	    (listen->family == 6) != brackets) {
		return place_fail(place, "%s '%.80s' must be an address and a port: %s",
				  place->option->name, text,
				  "\"192.0.2.53:53\" or \"[2001:db8::53]:53\"");
	}
	addr_format(listen->family, listen->addr, addr);
	snprintf(listen->text, sizeof listen->text, brackets ? "[%s]:%u" : "%s:%u", addr,
		 listen->port);
	return ST_OK;
}

enum status listen_add(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;
	struct listen_config listen;

	if (place_listen(place, text, &listen)) {
		return ST_CONFIG;
	}
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct listen_config *old = &config->listen[i];
		if (old->family == listen.family && old->addr == listen.addr &&
		    old->port == listen.port) {
			return place_fail(place, "listen '%s' is given twice", text);
		}
	}
	config->listen = config_grow(config->listen, &config->listen_count, sizeof *config->listen);
	config->listen[config->listen_count - 1] = listen;
	return ST_OK;
}

/* Whoever reaches it reads it, and can ask for it without end: so nobody but this machine does. */
enum status metrics_set(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;
	struct listen_config *metrics = &config->metrics;

	if (*text == '\0') {
		return ST_OK;
	}
	if (place_listen(place, text, metrics)) {
		return ST_CONFIG;
	}
	if (metrics->family == 4 ? metrics->addr >> 24 != 127 : metrics->addr != 1) {
		return place_fail(place, "metrics '%s' must be a loopback address, as in %s: %s",
				  metrics->text, "\"127.0.0.1:9153\"",
				  "let a proxy carry it further");
	}
	return ST_OK;
}

enum status affinity_add(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;

	config->affinity =
		config_grow(config->affinity, &config->affinity_count, sizeof *config->affinity);

	struct affinity_config *affinity = &config->affinity[config->affinity_count - 1];
	affinity->line = place->line;
	return value_number(place, text, affinity);
}

/* ----------------------------------------------------------------------------- log and dnstap */

enum status log_set(const struct config_place *place, const char *text, void *section)
{
	struct config *config = section;

	config->syslog = strcmp(text, "syslog") == 0;
	if (!config->syslog && strcmp(text, "stderr") != 0) {
		return place_fail(place, "log = '%.40s': it must be \"stderr\" or \"syslog\"",
				  text);
	}
	return ST_OK;
}

enum status dnstap_set_socket(const struct config_place *place, const char *text, void *section)
{
	return *text == '\0' ? ST_OK : value_path(place, text, section);
}

enum status dnstap_close(const struct config_place *place, void *section)
{
	const struct dnstap_config *dnstap = section;

	if (!dnstap->queries && !dnstap->responses) {
		return place_fail(place, "dnstap without queries and responses says nothing: %s",
				  "leave the section out");
	}
	return ST_OK;
}

/* ----------------------------------------------------------------------------------- sublists */

/* RFC 5782 §2.3: at least two characters, and not digits alone: those would be an octet. */
static bool is_sublist_name(const char *name)
{
	size_t len = strspn(name, LDH "_");

	return name[len] == '\0' && len >= 2 && len <= SUBLIST_NAME && strspn(name, DIGITS) < len;
}

void *sublist_open(const struct config_place *place, const char *title, void *outer)
{
	struct config *config = outer;

	if (!is_sublist_name(title)) {
		place_fail(place, "sublist '%.80s': a name is 2 to %d letters, digits, - and _, %s",
			   title, SUBLIST_NAME, "not digits alone");
		return NULL;
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		if (strcasecmp(config->sublists[i].name, title) == 0) {
			place_fail(place, "sublist '%s' is given twice: case makes no difference",
				   title);
			return NULL;
		}
	}
	if (config->sublist_count == CONFIG_SUBLISTS) {
		place_fail(place, "sublist '%s' is one too many: there may be %d", title,
			   CONFIG_SUBLISTS);
		return NULL;
	}
	config->sublists =
		config_grow(config->sublists, &config->sublist_count, sizeof *config->sublists);

	struct sublist_config *sublist = &config->sublists[config->sublist_count - 1];
	sublist->name = must_strdup(title);
	sublist->text = must_strdup("");
	return sublist;
}

/* What complaints may be about: neither what speaks against a listing or proves nothing, nor what
 * needs a test to prove it. */
static bool is_complaint(enum category category)
{
	switch (category) {
	case CATEGORY_NONE:
	case CATEGORY_RELAY:
	case CATEGORY_NOT_SPAM:
	case CATEGORY_AUTH_FAILURE:
	case CATEGORY_OPT_OUT:
		return false;
	default:
		return true;
	}
}

enum status policy_add_category(const struct config_place *place, const char *text, void *section)
{
	struct policy_config *policy = section;
	enum category category = category_named(text);
	uint32_t bit = UINT32_C(1) << category;

	if (category == CATEGORY_NONE) {
		return place_fail(place, "there is no category '%.40s' of reports", text);
	}
	if (!is_complaint(category)) {
		return place_fail(place, "category '%s': complaints of it list nobody", text);
	}
	if (policy->categories & bit) {
		return place_fail(place, "category '%s' is named twice", text);
	}
	policy->categories |= bit;
	return ST_OK;
}

/* reports, reporters and within are one rule, so that one without the others is a slip. */
enum status policy_close(const struct config_place *place, void *section)
{
	struct policy_config *policy = section;
	const char *missing = !policy->reports     ? "reports; it needs: reports = 3"
			      : !policy->reporters ? "reporters; it needs: reporters = 2"
			      : !policy->within_s  ? "within; it needs: within = 24h"
						   : NULL;

	if (!policy->reports && !policy->reporters && !policy->within_s) {
		return ST_OK;
	}
	if (missing) {
		return place_fail(place, "policy has no %s", missing);
	}
	if (policy->reporters > policy->reports) {
		return place_fail(place, "reporters = %u: it must be at most reports, which is %u",
				  policy->reporters, policy->reports);
	}
	policy->given = true;
	return ST_OK;
}

enum status sublist_close(const struct config_place *place, void *section)
{
	struct policy_config *policy = &((struct sublist_config *)section)->policy;

	(void)place;
	if (policy->categories == 0) {
		policy->categories = 1 << CATEGORY_SPAM | 1 << CATEGORY_FRAUD |
				     1 << CATEGORY_VIRUS | 1 << CATEGORY_BOT;
	}
	return ST_OK;
}
