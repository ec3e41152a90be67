/*
 * call.c: what most verbs do with a call: open the database, begin and finish a change, read the
 * options that mean something in the config.
 */
#include <string.h>

#include "exclusion.h"
#include "feeder.h"
#include "source.h"
#include "utf8.h"

enum { ACTOR_MAX = 128 }; /* octets: a name, perhaps with a host */

/* One line of UTF-8: it will stand in lists, in JSON and on terminals. */
static enum status check_text(const char *option, const char *text, size_t most)
{
	size_t left = text ? strlen(text) : 0;

	if (left > most) {
		return fail(ST_DATA, "%s: %zu octets are too many, %zu is the most", option, left,
			    most);
	}
	while (left > 0) {
		size_t len = utf8_length((const uint8_t *)text, left);

		if (len == 0) {
			return fail(ST_DATA, "%s is not UTF-8", option);
		}
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			return fail(ST_DATA, "%s has a control character in it", option);
		}
		text += len;
		left -= len;
	}
	return ST_OK;
}

enum status call_check_words(const struct call *call)
{
	enum status status = check_text("--reason", call->reason, CLAIM_REASON);

	if (!status) {
		status = check_text("--comment", call->comment, EXCLUSION_COMMENT);
	}
	if (!status) {
		status = check_text("--actor", call->actor, ACTOR_MAX);
	}
	if (!status && call->text) {
		status = text_check(call->text);
	}
	if (!status && call->source && mirror_is_source(call->source)) {
		/* What it claims is its primary's to change. */
		return call->command->options & TAKES_WRITER
			       ? fail(ST_DATA,
				      "'%.300s' claims what its primary lists: to be rid of it take "
				      "the zone out of the config's 'mirror' and run 'feeder sync'",
				      call->source)
			       : ST_OK;
	}
	if (!status && call->source) {
		status = source_check_name(call->source);
	}
	return status;
}

static enum status no_database(const struct call *call, enum status status)
{
	if (status == ST_NOINPUT) {
		return fail(status, "no database in '%s': run feeder init", call->config->database);
	}
	return status;
}

enum status call_open_read(const struct call *call, struct store **store)
{
	*store = NULL;
	return no_database(call, store_open_read(store, call->config->database));
}

enum status call_open_write(const struct call *call, struct store **store)
{
	const struct config *config = call->config;

	*store = NULL;
	return no_database(
		call, store_open_write(store, config->database, config->map_size, call->wait_ms));
}

enum status call_begin(const struct call *call, struct store *store, struct change **change)
{
	const struct change_who who = {call->actor, call->command->verb, call->now};

	*change = NULL;
	return change_begin(change, store, call->config, &who);
}

enum status call_finish(const struct call *call, struct change *change,
			struct change_outcome *outcome)
{
	return call->dry_run ? change_discard(change, outcome) : change_commit(change, outcome);
}

enum status call_sublist(const struct call *call, const struct sublist_config **sublist)
{
	*sublist = config_sublist(call->config, call->sublist);
	if (!*sublist) {
		return fail(ST_DATA, "%s has no sublist '%s'", call->config->file, call->sublist);
	}
	return ST_OK;
}

enum status call_zone(const struct call *call, const struct zone_config **zone)
{
	struct name name;

	/* As a name: in upper case and with a final dot it is the same zone. */
	if (!name_parse(call->zone, &name)) {
		for (size_t i = 0; i < call->config->zone_count; i++) {
			*zone = &call->config->zones[i];
			if (name_equal(&(*zone)->apex, &name)) {
				return ST_OK;
			}
		}
	}
	return fail(ST_DATA, "%s has no zone '%s'", call->config->file, call->zone);
}

void call_load_mirrored(const struct call *call, struct txn *txn)
{
	for (size_t i = 0; i < call->config->zone_count; i++) {
		if (call->config->zones[i].mirror.given) {
			mirror_zone_load(txn, &call->config->zones[i]);
		}
	}
}

const char *call_source(const struct call *call)
{
	return call->source ? call->source : "operator";
}

enum status call_expires(const struct call *call, const struct sublist_config *sublist,
			 uint64_t *expires)
{
	uint64_t life_s = sublist ? sublist->expires_s : 0;

	if (call->expires && strcmp(call->expires, "never") == 0) {
		life_s = 0;
	} else if (call->expires && (duration_parse(call->expires, &life_s) || life_s == 0)) {
		return fail(ST_USAGE,
			    "--expires wants a time like 7d, 12h or 30m, or never; not '%.60s'",
			    call->expires);
	}
	*expires = life_s ? call->now + life_s : 0;
	return ST_OK;
}
