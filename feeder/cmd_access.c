/*
 * cmd_access.c: feeder access revoke, list: the keys that there are, and how much they were used.
 *
 * What was used is in a file of dnsbld's (quota.h), which feeder may not be allowed to read, or
 * which is on another machine: then it is left open.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "feeder.h"
#include "json.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "quota.h"
#include "rfc3339.h"
#include "source.h"

/* --- revoke ----------------------------------------------------------------------------------- */

/* Keys that a word means: the one that it is, or all of the name that it is. */
struct meant {
	const char *word;
	struct found {
		char key[ACCESS_KEY_MOST + 1], name[SOURCE_NAME];
		uint16_t number;
	} * at;
	size_t count;
};

static bool is_word(struct bytes text, const char *word,
		    int (*compare)(const char *, const char *, size_t))
{
	return text.len == strlen(word) && compare((const char *)text.data, word, text.len) == 0;
}

static bool find(void *context, const struct access *access)
{
	struct meant *m = context;

	if (!is_word(access->key, m->word, strncasecmp) &&
	    !is_word(access->name, m->word, strncmp)) {
		return true;
	}
	m->at = must_realloc(m->at, (m->count + 1) * sizeof *m->at);
	struct found *found = &m->at[m->count++];

	found->number = access->number;
	snprintf(found->key, sizeof found->key, "%.*s", (int)access->key.len, access->key.data);
	snprintf(found->name, sizeof found->name, "%.*s", (int)access->name.len, access->name.data);
	return true;
}

static void revoke(const struct call *call, struct change *change, const struct found *found)
{
	char reason[CLAIM_REASON + 32];

	snprintf(reason, sizeof reason, "key %u%s%s", found->number, call->reason ? ": " : "",
		 call->reason ? call->reason : "");
	change_revoke_key(change, bytes_str(found->key));
	change_audit(change, &(struct audit_entry){.event = "access-revoke",
						   .source = found->name,
						   .reason = reason});
}

static enum status run_revoke(struct call *call)
{
	struct meant meant = {.word = call->operands[0]};
	struct store *store;
	struct change *change = NULL;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = call_begin(call, store, &change);
	}
	if (!status) {
		accesses(change_txn(change), find, &meant);
		for (size_t i = 0; i < meant.count; i++) {
			revoke(call, change, &meant.at[i]);
		}
		status = call_finish(call, change, NULL);
	}
	store_close(store);
	free(meant.at);
	if (status) {
		return status;
	}
	if (meant.count == 0) {
		log_info("there is no key '%s', nor a name that has one: see 'feeder access list'",
			 call->operands[0]);
		return ST_NO;
	}
	log_info("%s%zu revoked", call->dry_run ? "would be: " : "", meant.count);
	return ST_OK;
}

const struct command command_access_revoke = {
	.verb = "access",
	.sub = "revoke",
	.operands = "NAME|KEY",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER | TAKES(OPTION_REASON),
	.summary = "Takes a key back, or all that somebody has",
	.details = "From the server's next answer on it is no key. Exit code 1: there is none.\n",
	.run = run_revoke,
};

/* --- list ------------------------------------------------------------------------------------- */

struct listing {
	const struct call *call;
	const struct zone_config *zone; /* NULL: all */
	struct names names;
	struct quota_key *used; /* NULL: not known */
};

static void print_zones_json(const struct access *access, struct json *json)
{
	struct bytes left = access->zones, zone;

	json_open(json, "zones", '[');
	while (access_next_zone(&left, &zone)) {
		json_bytes(json, NULL, zone);
	}
	json_close(json, ']');
}

static void print_sublists_json(struct listing *l, const struct access *access, struct json *json)
{
	struct reader r = reader_of(access->sublists);

	if (access->sublists.len == 0) {
		json_none(json, "sublists");
		return;
	}
	json_open(json, "sublists", '[');
	while (reader_left(&r) > 0) {
		json_text(json, NULL, names_sublist(&l->names, read_u16(&r)));
	}
	json_close(json, ']');
}

static void number_or_none(struct json *json, const char *name, bool there, uint64_t number)
{
	if (there) {
		json_number(json, name, number);
	} else {
		json_none(json, name);
	}
}

static void print_json(struct listing *l, const struct access *access, uint64_t today,
		       uint64_t total)
{
	struct json json = json_begin(output());

	json_bytes(&json, "key", access->key);
	json_bytes(&json, "name", access->name);
	json_number(&json, "number", access->number);
	print_zones_json(access, &json);
	print_sublists_json(l, access, &json);
	number_or_none(&json, "quota_day", access->quota_day > 0, access->quota_day);
	number_or_none(&json, "quota_second", access->quota_second > 0, access->quota_second);
	number_or_none(&json, "today", l->used, today);
	number_or_none(&json, "total", l->used, total);
	json_time(&json, "created", access->created);
	json_end(&json);
}

static void print_number(bool there, uint64_t number)
{
	if (there) {
		fprintf(output(), "\t%" PRIu64, number);
	} else {
		fputs("\t-", output());
	}
}

static void print_line(struct listing *l, const struct access *access, uint64_t today,
		       uint64_t total)
{
	struct bytes left = access->zones, zone;
	struct reader r = reader_of(access->sublists);
	char created[TIME_TEXT], lead = '\t';

	fwrite(access->key.data, 1, access->key.len, output());
	output_column(access->name);
	for (; access_next_zone(&left, &zone); lead = ',') {
		fprintf(output(), "%c%.*s", lead, (int)zone.len, zone.data);
	}
	for (lead = '\t'; reader_left(&r) > 0; lead = ',') {
		fprintf(output(), "%c%s", lead, names_sublist(&l->names, read_u16(&r)));
	}
	if (access->sublists.len == 0) {
		fputs("\tall", output());
	}
	print_number(access->quota_day > 0, access->quota_day);
	print_number(access->quota_second > 0, access->quota_second);
	print_number(l->used, today);
	print_number(l->used, total);
	fprintf(output(), "\t%s\n", time_format(access->created, created));
}

static bool print(void *context, const struct access *access)
{
	struct listing *l = context;
	uint64_t today = 0, total = 0;

	if (l->zone && !access_has_zone(access, l->zone->name)) {
		return true;
	}
	if (l->used) {
		const struct timespec now = {.tv_sec = (time_t)l->call->now};
		const struct quota_key *used = &l->used[access->number];
		uint32_t tag = access_tag(access->key);

		const struct quota_time time = quota_time_of(&now);

		today = quota_today(&used->counter, tag, &time);
		total = quota_total(used, tag);
	}
	if (l->call->json) {
		print_json(l, access, today, total);
	} else {
		print_line(l, access, today, total);
	}
	return true;
}

static void read_used(struct listing *l)
{
	const char *folder = l->call->config->state;

	if (folder && quotas_read(folder, &l->used)) {
		log_info("how much was used is not known: %s", fail_text());
	}
}

static enum status run_list(struct call *call)
{
	struct listing l = {.call = call};
	struct store *store = NULL;
	struct txn *txn;
	enum status status = call->zone ? call_zone(call, &l.zone) : ST_OK;

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		read_used(&l);
		l.names = names_of(txn);
		accesses(txn, print, &l);
		status = txn_status(txn);
		names_release(&l.names);
		txn_abort(txn);
	}
	store_close(store);
	free(l.used);
	return status;
}

const struct command command_access_list = {
	.verb = "access",
	.sub = "list",
	.options = TAKES(OPTION_ZONE),
	.summary = "Lists keys, and how much they were used",
	.details =
		"One a line, columns apart by tabs: key, name, zones, sublists, quota a day, quota\n"
		"a second, used today (UTC), used in all, when it was given. What was used is in\n"
		"dnsbld's folder `state`; '-' where that cannot be read.\n",
	.run = run_list,
};
