/*
 * cmd_access_add.c: feeder access add: gives somebody a key that he asks a zone with.
 *
 * The key is all the secret there is, and whoever sees a query sees it: it says whom a query is
 * counted for, and can be taken back at any time. So it is printed once here and shown by `access
 * list`, but is not in the audit, where its number stands for it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "access.h"
#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"
#include "quota.h"
#include "source.h"

enum {
	RANDOM_OCTETS = 16,
	RANDOM_KEY = 26, /* in base32 */
	REVERSED6 = 64,  /* octets of an IPv6 address before the key */
};

/* What `access add` is told, read and checked. */
struct giving {
	char key[ACCESS_KEY_MOST + 1];
	const struct zone_config **zones;
	size_t zone_count;
	const struct sublist_config **sublists; /* none: all */
	size_t sublist_count;
	struct access access;
	uint8_t zone_runs[ACCESS_RECORD], numbers[2 * CONFIG_SUBLISTS];
};

/* RFC 4648 §6 in lower case and without padding: 5 bits a character. */
static enum status random_key(char key[ACCESS_KEY_MOST + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t octets[RANDOM_OCTETS];

	if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets) {
		return fail(ST_IO, "the kernel has no random octets");
	}
	for (unsigned i = 0; i < RANDOM_KEY; i++) {
		unsigned at = 5 * i / 8, shift = 5 * i % 8;
		unsigned pair =
			(unsigned)octets[at] << 8 | (at + 1 < RANDOM_OCTETS ? octets[at + 1] : 0);

		key[i] = digits[pair >> (11 - shift) & 31];
	}
	key[RANDOM_KEY] = '\0';
	return ST_OK;
}

/* A given key, in lower case: the case of a name means nothing. */
static enum status read_key(const char *text, char key[ACCESS_KEY_MOST + 1])
{
	size_t len = strlen(text);

	for (size_t i = 0; i <= len && i <= ACCESS_KEY_MOST; i++) {
		key[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	}
	if (!access_is_key((const uint8_t *)key, len)) {
		return fail(ST_DATA, "'%.80s': a key is %d to %d letters and digits", text,
			    ACCESS_KEY_LEAST, ACCESS_KEY_MOST);
	}
	return ST_OK;
}

/* Names that the zone has: the key would never be asked about, or a sublist mistaken for it. */
/* Nobody could ask the zone anything under a key that sees nothing of it. */
static bool serves_any(const struct giving *g, const struct zone_config *zone)
{
	for (size_t i = 0; i < zone->sublist_count; i++) {
		for (size_t k = 0; k < g->sublist_count; k++) {
			if (zone->sublists[i] == g->sublists[k]) {
				return true;
			}
		}
	}
	return g->sublist_count == 0;
}

static enum status check_zone(const struct giving *g, const struct zone_config *zone)
{
	size_t len = REVERSED6 + 1 + strlen(g->key) + zone->apex.len;

	if (!serves_any(g, zone)) {
		return fail(ST_DATA, "zone '%s' has none of these sublists", zone->name);
	}
	if (len > NAME_MAX_WIRE) {
		return fail(ST_DATA,
			    "zone '%s': an IPv6 address under this key makes a name of %zu octets, "
			    "and %d are the most: choose a shorter key",
			    zone->name, len, NAME_MAX_WIRE);
	}
	return ST_OK;
}

static enum status check_names(const struct config *config, const struct zone_config *zone,
			       const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < config->sublist_count; i++) {
		if (strcasecmp(config->sublists[i].name, key) == 0) {
			return fail(ST_DATA, "'%s' is a sublist: choose another key", key);
		}
	}
	for (size_t i = 0; i < zone->host_count; i++) {
		const struct name *name = &zone->hosts[i].name;

		if (name->wire[0] == len && memcmp(name->wire + 1, key, len) == 0) {
			return fail(ST_DATA, "'%s' is a host of zone '%s': choose another key", key,
				    zone->name);
		}
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct name *apex = &config->zones[i].apex;
		size_t before, at = 0;

		if (!name_below(apex, &zone->apex, &before) || before == 0) {
			continue;
		}
		while (at + apex->wire[at] + 1 < before) {
			at += apex->wire[at] + 1U;
		}
		if (apex->wire[at] == len && memcmp(apex->wire + at + 1, key, len) == 0) {
			return fail(ST_DATA, "'%s' is on the way to zone '%s': choose another key",
				    key, config->zones[i].name);
		}
	}
	return ST_OK;
}

static enum status add_zone(const struct call *call, struct giving *g, const char *word)
{
	const struct zone_config *zone = config_zone(call->config, word);

	if (!zone) {
		return fail(ST_DATA, "%s has no zone '%.80s'", call->config->file, word);
	}
	if (!zone->access.given) {
		return fail(ST_DATA, "zone '%s' looks at no keys: it needs a section: access { }",
			    zone->name);
	}
	for (size_t i = 0; i < g->zone_count; i++) {
		if (g->zones[i] == zone) {
			return fail(ST_DATA, "zone '%s' is named twice", zone->name);
		}
	}
	g->zones = must_realloc(g->zones, (g->zone_count + 1) * sizeof(void *));
	g->zones[g->zone_count++] = zone;
	return ST_OK;
}

static enum status add_sublist(const struct call *call, struct giving *g, const char *word)
{
	const struct sublist_config *sublist = config_sublist(call->config, word);

	if (!sublist) {
		return fail(ST_DATA, "%s has no sublist '%.80s'", call->config->file, word);
	}
	for (size_t i = 0; i < g->sublist_count; i++) {
		if (g->sublists[i] == sublist) {
			return fail(ST_DATA, "sublist '%s' is named twice", word);
		}
	}
	g->sublists = must_realloc(g->sublists, (g->sublist_count + 1) * sizeof(void *));
	g->sublists[g->sublist_count++] = sublist;
	return ST_OK;
}

/* Each of the names between commas. */
static enum status each_name(const struct call *call, struct giving *g, const char *list,
			     enum status (*add)(const struct call *, struct giving *, const char *))
{
	char *copy = must_strdup(list), *rest = copy, *word;
	enum status status = ST_OK;

	while (!status && (word = strsep(&rest, ","))) {
		status = add(call, g, word);
	}
	free(copy);
	return status;
}

static enum status read_quota(const char *option, const char *text, uint32_t most, uint32_t *quota)
{
	char *end;

	*quota = 0;
	if (!text) {
		return ST_OK;
	}
	unsigned long number = strtoul(text, &end, 10);

	if (strspn(text, "0123456789") == 0 || *end || number == 0 || number > most) {
		return fail(ST_USAGE, "%s wants a number, 1 to %" PRIu32 ", not '%.40s'", option,
			    most, text);
	}
	*quota = (uint32_t)number;
	return ST_OK;
}

static enum status read_call(const struct call *call, struct giving *g)
{
	enum status status = source_check_name(call->operands[0]);

	if (!status) {
		status = each_name(call, g, call->zone, add_zone);
	}
	if (!status && call->sublist) {
		status = each_name(call, g, call->sublist, add_sublist);
	}
	if (!status) {
		status = read_quota("--quota-day", call->quota_day_text, QUOTA_DAY_MOST,
				    &g->access.quota_day);
	}
	if (!status) {
		status = read_quota("--quota-second", call->quota_second_text, QUOTA_SECOND_MOST,
				    &g->access.quota_second);
	}
	if (!status) {
		status = call->key ? read_key(call->key, g->key) : random_key(g->key);
	}
	for (size_t i = 0; i < g->zone_count && !status; i++) {
		status = check_zone(g, g->zones[i]);
		if (!status) {
			status = check_names(call->config, g->zones[i], g->key);
		}
	}
	return status;
}

/* The row. Sublists that were never claimed on get their numbers now. */
static enum status give(const struct call *call, struct change *change, struct giving *g)
{
	struct writer zones = writer_of(g->zone_runs, sizeof g->zone_runs);
	struct writer numbers = writer_of(g->numbers, sizeof g->numbers);

	for (size_t i = 0; i < g->zone_count; i++) {
		write_run(&zones, bytes_str(g->zones[i]->name));
	}
	for (size_t i = 0; i < g->sublist_count; i++) {
		uint16_t number = change_sublist(change, g->sublists[i]->name);

		if (number == 0) {
			return ST_DATA;
		}
		write_u16(&numbers, number);
	}
	if (zones.bad) {
		return fail(ST_DATA, "a key cannot be good for so many zones");
	}
	g->access.key = bytes_str(g->key);
	g->access.name = bytes_str(call->operands[0]);
	g->access.zones = writer_bytes(&zones);
	g->access.sublists = writer_bytes(&numbers);
	return change_give_key(change, &g->access);
}

/* The key itself is not in the audit; its number stands for it. */
static void audit(const struct call *call, struct change *change, const struct access *access)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		return;
	}
	fprintf(out, "key %u in %s", access->number, call->zone);
	if (access->quota_day > 0) {
		fprintf(out, ", %" PRIu32 " a day", access->quota_day);
	}
	if (access->quota_second > 0) {
		fprintf(out, ", %" PRIu32 " a second", access->quota_second);
	}
	if (call->reason) {
		fprintf(out, ": %s", call->reason);
	}
	fclose(out);
	change_audit(change, &(struct audit_entry){.event = "access-add",
						   .source = call->operands[0],
						   .sublist = call->sublist,
						   .reason = text});
	free(text);
}

static void print(const struct call *call, const struct giving *g)
{
	if (call->dry_run) {
		return;
	}
	if (call->json) {
		struct json json = json_begin(output());

		json_text(&json, "key", g->key);
		json_text(&json, "name", call->operands[0]);
		json_number(&json, "number", g->access.number);
		json_end(&json);
	} else {
		fprintf(output(), "%s\n", g->key);
	}
}

static enum status add(struct call *call, struct giving *g)
{
	struct store *store;
	struct change *change = NULL;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = call_begin(call, store, &change);
	}
	if (!status) {
		status = give(call, change, g);
		if (status) {
			change_abort(change);
		} else {
			audit(call, change, &g->access);
			status = call_finish(call, change, NULL);
		}
	}
	store_close(store);
	if (!status) {
		log_info("%skey %u for %s", call->dry_run ? "would be: " : "", g->access.number,
			 call->operands[0]);
		print(call, g);
	}
	return status;
}

static enum status run(struct call *call)
{
	struct giving *g = must_alloc(sizeof *g);
	enum status status = read_call(call, g);

	if (!status) {
		status = add(call, g);
	}
	free(g->zones);
	free(g->sublists);
	free(g);
	return status;
}

const struct command command_access_add = {
	.verb = "access",
	.sub = "add",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER | TAKES(OPTION_SUBLIST) | TAKES(OPTION_QUOTA_DAY) |
		   TAKES(OPTION_QUOTA_SECOND) | TAKES(OPTION_KEY) | TAKES(OPTION_REASON),
	.required = TAKES(OPTION_ZONE),
	.summary = "Gives somebody a key to ask a zone with",
	.details =
		"Prints the key, a label for the name that is asked: for 192.0.2.1 that is\n"
		"1.2.0.192.KEY.ZONE. The server knows it from its next answer on. The zone's\n"
		"config needs a section access. --zone and --sublist may name several, with\n"
		"commas between them; without --sublist the key sees all of them, without a quota\n"
		"it may ask as often as it likes. The same NAME may have several keys.\n",
	.run = run,
};
