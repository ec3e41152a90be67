/*
 * cmd_import.c: feeder import: a list that somebody else keeps, as one source's claims.
 *
 *     file ─▶ list_read(): all of it, checked ─▶ guard ─▶ additions ─▶ with --replace withdrawals
 *
 * With --replace the file is a snapshot of the feed: its claims have no last seen and no expiry of
 * their own but the feed's, so that a second import writes only what differs. What the source
 * claims and the file does not have is withdrawn; of formats whose lines name no sublist, on
 * --sublist alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "import.h"
#include "json.h"
#include "lines.h"
#include "log.h"
#include "output.h"
#include "progress.h"
#include "rfc3339.h"
#include "source.h"
#include "withdraw.h"

static void on_bad_line(void *context, uint64_t line, const char *why)
{
	bad_line(context, line, why);
}

enum { STALE_S = 7 * 24 * 3600 }; /* feeds that say when they were made are made daily */

static enum status read_file(struct importing *m, const char *file)
{
	bool is_stdin = strcmp(file, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(file, "re");

	if (!in) {
		return fail(ST_NOINPUT, "unable to open '%s': %s", file, strerror(errno));
	}
	const struct list_input input = {
		.in = in,
		.format = m->format,
		.config = m->call->config,
		.sublist = m->sublist,
		.now = m->call->now,
		.bad = on_bad_line,
		.context = &m->bad,
		.snapshot = m->call->replace,
	};
	enum status status = list_read(&input, &m->list);

	if (status) {
		fail(status, status == ST_IO ? "unable to read '%s': %s" : "'%s': %s", file,
		     fail_text());
	}
	if (!is_stdin) {
		fclose(in);
	}
	return status;
}

static bool keep(void *context, const struct prefix *prefix, uint16_t sublist)
{
	struct importing *m = context;

	return !import_in_scope(m, sublist) || import_has(m, prefix, sublist);
}

/*
 * How large the feed was last time. Claims are not counted: after an import that was killed between
 * its slices they are neither the old list nor the new one. 0: it is new.
 */
static uint64_t last_size(const struct importing *m, struct txn *txn)
{
	const struct config *config = m->call->config;
	struct snapshot snapshot;
	uint64_t size = 0;

	for (size_t i = 0; i < config->sublist_count; i++) {
		uint16_t number = sublist_number(txn, config->sublists[i].name);

		if (number && import_in_scope(m, number) &&
		    source_snapshot(txn, m->source, number, &snapshot)) {
			size += snapshot.size;
		}
	}
	return size;
}

/* What the source claims that the file could withdraw. */
static uint64_t claims_in_scope(const struct importing *m, struct txn *txn)
{
	struct source_walk *walk = source_walk_open(txn, m->source, NULL);
	struct prefix prefix;
	uint16_t sublist;
	uint64_t count = 0;

	while (source_walk_next(walk, &prefix, &sublist)) {
		count += import_in_scope(m, sublist);
	}
	source_walk_close(walk);
	return count;
}

/*
 * A feed that was cut off on its way, went mad (DESIGN: under half or over ten times), or is
 * fetched from where it stands still. Where no snapshot was ever imported to its end, there are the
 * claims: they may be the rest of an import that was killed, so that more than those is no fault.
 */
static enum status guard(struct importing *m, struct txn *txn)
{
	const char *how = NULL;

	if (m->call->force) {
		return txn_status(txn);
	}
	uint64_t last = last_size(m, txn);
	uint64_t old = last ? last : claims_in_scope(m, txn);

	if (m->list.count * 2 < old) {
		how = "under half";
	} else if (last && m->list.count > last * 10) {
		how = "over ten times";
	}
	if (m->list.made && m->list.made + STALE_S < m->call->now) {
		char made[TIME_TEXT];

		return fail(ST_DATA,
			    "the list was made at %s, over a week ago: nothing was changed; "
			    "--force imports it",
			    time_format(m->list.made, made));
	}
	if (how) {
		return fail(ST_DATA,
			    "%zu listings are %s of the %" PRIu64
			    " that %s %s: nothing was changed; --force imports it",
			    m->list.count, how, old, m->call->source,
			    last ? "had last time" : "claims");
	}
	return txn_status(txn);
}

static enum status replace(struct importing *m, struct slices *slices)
{
	progress_begin("withdrawing", 0);
	return withdraw(slices, m->source, keep, m, &m->withdrawn);
}

static enum status store(struct importing *m)
{
	struct slices slices = {0};
	struct store *store;
	enum status status = call_open_write(m->call, &store);

	if (status) {
		return status;
	}
	status = slices_begin(&slices, m->call, store);
	if (!status) {
		slices.row = (struct audit_entry){.event = "import",
						  .sublist = m->sublist->name,
						  .source = m->call->source};
		status = import_numbers(m, &slices);
	}
	if (!status && m->call->replace) {
		status = guard(m, change_txn(slices.change));
	}
	if (!status) {
		progress_begin("importing", m->list.count);
		status = import_add(m, &slices);
	}
	if (!status && m->call->replace) {
		status = replace(m, &slices);
		if (!status) {
			import_finished(m, slices.change);
		}
	}
	if (!status) {
		status = slices_finish(&slices);
	}
	progress_end();
	m->change = slices.outcome.number;
	slices_abort(&slices);
	store_close(store);
	return status;
}

static void print_summary(const struct importing *m)
{
	if (m->call->json) {
		struct json json = json_begin(output());

		json_number(&json, "added", m->added);
		json_number(&json, "renewed", m->renewed);
		json_number(&json, "changed", m->changed);
		json_number(&json, "withdrawn", m->withdrawn);
		json_number(&json, "excluded", m->excluded);
		json_number(&json, "expired", m->expired);
		json_number(&json, "bad", m->list.bad_lines);
		json_number(&json, "left_out", m->list.left_out);
		json_number(&json, "lines", m->list.lines);
		json_number(&json, "change", m->change);
		json_end(&json);
	}
	log_info("%s%" PRIu64 " added, %" PRIu64 " renewed, %" PRIu64 " changed, %" PRIu64
		 " withdrawn, %" PRIu64 " excluded, %" PRIu64 " bad",
		 m->call->dry_run ? "would be: " : "", m->added, m->renewed, m->changed,
		 m->withdrawn, m->excluded, m->list.bad_lines);
	if (m->expired) {
		log_info("%" PRIu64 " had expired already and were left out", m->expired);
	}
	if (m->list.left_out) {
		log_info("%" PRIu64 " lines were about something else and were left out",
			 m->list.left_out);
	}
}

static enum status import(struct importing *m)
{
	enum status status = read_file(m, m->call->operands[0]);
	uint64_t bad = m->list.bad_lines;

	if (status) {
		return status;
	}
	if (bad > 0 && (m->call->strict || m->list.count == 0)) {
		return fail(ST_DATA, "%" PRIu64 " of %" PRIu64 " lines bad: nothing was changed",
			    bad, m->list.lines);
	}
	status = store(m);
	if (status) {
		return status;
	}
	print_summary(m);
	if (bad > 0) {
		return fail(ST_DATA, "%" PRIu64 " of %" PRIu64 " lines bad: the others are done",
			    bad, m->list.lines);
	}
	return ST_OK;
}

static enum status run(struct call *call)
{
	struct importing m = {.call = call, .format = LIST_UNKNOWN};
	uint64_t expires;
	enum status status = call_sublist(call, &m.sublist);

	if (!status) {
		/* What is wrong with --expires is said before a file of a million lines is read. */
		status = call_expires(call, m.sublist, &expires);
	}
	if (!status && call->format) {
		m.format = list_format_named(call->format);
		if (m.format == LIST_UNKNOWN) {
			status = fail(ST_USAGE,
				      "there is no format '%s': type 'feeder import --help'",
				      call->format);
		}
	}
	if (!status) {
		status = import(&m);
		list_release(&m.list);
	}
	return status;
}

const struct command command_import = {
	.verb = "import",
	.operands = "FILE|-",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER | TAKES(OPTION_FORMAT) | TAKES(OPTION_REPLACE) |
		   TAKES(OPTION_STRICT) | TAKES(OPTION_EXPIRES) | TAKES(OPTION_FORCE),
	.required = TAKES(OPTION_SOURCE) | TAKES(OPTION_SUBLIST),
	.summary = "Imports a list as the claims of one source",
	.details =
		"formats:\n"
		"  plain      an address a line; what follows it is ignored\n"
		"  cidr, netset\n"
		"             a prefix or a range FIRST-LAST a line, likewise\n"
		"  spamhaus-drop, spamhaus-drop-json\n"
		"             'PREFIX ; SBL1234' a line, or JSON lines with their metadata\n"
		"             record; the SBL number becomes the reason\n"
		"  spamhaus-cert\n"
		"             the open relays among its rows\n"
		"  dshield    block.txt\n"
		"  ipset      what 'ipset save' and 'ipset list' print of one set: a timeout is\n"
		"             the expiry, a comment the reason, nomatch a hole\n"
		"  csv        the first row names the columns: ip, address, cidr, network,\n"
		"             prefix or src_ip; if there, reason or comment, text and expires\n"
		"  ip4set, ip4trie, ip6trie, combined\n"
		"             rbldnsd's, meaning what rbldnsd would answer; a line's :code:text\n"
		"             beats --sublist and its text\n"
		"  json       an object a line, as 'feeder list --json' and\n"
		"             'feeder export --format json' write\n"
		"Without --format: what the file looks like, else cidr. A web page, something\n"
		"compressed, a file that its format shows to be cut off or expired, or one with\n"
		"several sets is refused as a whole (65).\n"
		"\n"
		"--replace takes the file for all that the source claims: what it no longer has\n"
		"is withdrawn. In files that name no sublist (all but json and rbldnsd's) that\n"
		"is all that the source claims on --sublist. A file with under half or over ten\n"
		"times as much as last time (the first time: under half of what the source\n"
		"claims), or one that says it was made over a week ago, is refused (65) without\n"
		"--force. A last line without its newline may be cut off, and is bad.\n"
		"\n"
		"Without --expires, and where the line says nothing, the sublist's time counts.\n"
		"What an exclusion covers is counted and not stored. Bad lines are named, the\n"
		"others imported, and the exit code is 65; with --strict nothing is imported.\n"
		"Above a million listings: several transactions, additions first; where one\n"
		"fails, running it again finishes.\n",
	.run = run,
};
