/*
 * cmd_add.c: feeder add: a source claims that prefixes belong on a sublist.
 *
 *     words, or stdin ─▶ operands (all read and checked) ─▶ one change, above a million rows slices
 *     --stream: what has come of stdin ─▶ a change ─▶ "committed N" ─▶ what has come meanwhile …
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "excluded.h"
#include "holes.h"
#include "json.h"
#include "log.h"
#include "operands.h"
#include "output.h"
#include "progress.h"
#include "slices.h"

enum { STREAM_LINES = 10000 }; /* DESIGN: most lines between two commits of --stream */

struct adding {
	const struct call *call;
	const struct sublist_config *sublist;
	struct claim_add claim; /* what all have in common, with the numbers of slice `slice` */
	unsigned slice;
	struct operands operands;
	uint64_t added, renewed;
	struct bad_lines excluded;
	uint64_t change; /* the last one's number */
};

static void name_excluded(struct adding *a, const struct operand *operand, const struct prefix *by)
{
	char inner[PREFIX_TEXT], outer[PREFIX_TEXT], why[2 * PREFIX_TEXT + 64];

	prefix_format(&operand->prefix, inner);
	prefix_format(by, outer);
	snprintf(why, sizeof why, "%s: %s is excluded; --force stores it all the same", inner,
		 outer);
	bad_line(&a->excluded, operand->line, why);
}

/* With --strict, before the first claim: one slice cannot take back what another has committed. */
static enum status refuse_excluded(struct adding *a, struct txn *txn)
{
	struct prefix by;

	for (size_t i = 0; i < a->operands.count; i++) {
		if (prefix_excluded(txn, &a->operands.at[i].prefix, &by)) {
			name_excluded(a, &a->operands.at[i], &by);
		}
	}
	if (a->excluded.count > 0) {
		return fail(ST_DATA, "%" PRIu64 " of %" PRIu64 " excluded: nothing was changed",
			    a->excluded.count, a->operands.words);
	}
	return txn_status(txn);
}

/* What was given and the claim that is there has otherwise, and keeps. */
static const char *kept(struct txn *txn, const struct claim_add *add)
{
	struct claim claim;

	if (!claim_get(txn, &add->prefix, add->sublist, add->source, &claim)) {
		return "";
	}
	bool reason = add->reason && !bytes_equal(claim.reason, bytes_str(add->reason));
	bool text = add->text && !bytes_equal(text_read(txn, claim.text), bytes_str(add->text));

	return reason && text ? "; its reason and text stay as they are"
	       : reason       ? "; its reason stays as it is"
	       : text         ? "; its text stays as it is"
			      : "";
}

static void say_renewed(struct adding *a, struct txn *txn, const struct claim_add *add)
{
	char prefix[PREFIX_TEXT];

	if (a->renewed > BAD_NAMED) {
		return;
	}
	prefix_format(&add->prefix, prefix);
	log_info("%s is on %s already: renewed%s", prefix, a->sublist->name, kept(txn, add));
}

static void add_one(struct adding *a, struct change *change, const struct operand *operand)
{
	struct claim_add add = a->claim;
	struct prefix by;

	add.prefix = operand->prefix;
	switch (change_add(change, &add)) {
	case CLAIM_ADDED: {
		bool forced = add.force && prefix_excluded(change_txn(change), &add.prefix, &by);

		a->added++;
		if (!forced && a->added <= BAD_NAMED) {
			holes_say(change_txn(change), &add.prefix);
		}
		change_audit(change, &(struct audit_entry){.event = forced ? "add forced" : "add",
							   .prefix = &add.prefix,
							   .sublist = a->sublist->name,
							   .source = call_source(a->call),
							   .reason = add.reason,
							   .added = 1});
		break;
	}
	case CLAIM_RENEWED:
	case CLAIM_UNTOUCHED:
		a->renewed++;
		say_renewed(a, change_txn(change), &add);
		break;
	case CLAIM_EXCLUDED:
		if (prefix_excluded(change_txn(change), &add.prefix, &by)) {
			name_excluded(a, operand, &by);
		}
		break;
	case CLAIM_FAILED:
		break;
	}
}

/* Numbers are given inside a change: a dry run's first slice gives some that its second has not. */
static enum status find_numbers(struct adding *a, const struct slices *slices)
{
	if (a->slice == slices->number) {
		return ST_OK;
	}
	a->slice = slices->number;
	a->claim.sublist = change_sublist(slices->change, a->sublist->name);
	a->claim.source = change_source(slices->change, call_source(a->call));
	return a->claim.sublist && a->claim.source ? ST_OK : ST_DATA;
}

static enum status add_operands(struct adding *a, struct slices *slices)
{
	enum status status = ST_OK;

	if (a->call->strict && !a->claim.force) {
		status = refuse_excluded(a, change_txn(slices->change));
	}
	a->slice = 0;
	for (size_t i = 0; !status && i < a->operands.count; i++) {
		status = slices_make_room(slices);
		status = status ? status : find_numbers(a, slices);
		if (!status) {
			add_one(a, slices->change, &a->operands.at[i]);
			slices->rows++;
			progress_at(i);
			status = change_status(slices->change);
		}
	}
	return status;
}

/* The operands into the database. The writer's lock is held no longer than this takes. */
static enum status store_operands(struct adding *a)
{
	struct slices slices = {0};
	struct store *store;
	enum status status = call_open_write(a->call, &store);

	if (status) {
		return status;
	}
	status = slices_begin(&slices, a->call, store);
	if (!status) {
		progress_begin("adding", a->operands.count);
		status = add_operands(a, &slices);
		status = status ? status : slices_finish(&slices);
		progress_end();
	}
	if (slices.outcome.number) {
		a->change = slices.outcome.number;
	}
	slices_abort(&slices);
	store_close(store);
	return status;
}

/* What can be read without waiting, or, where there is nothing yet, what comes next. */
static bool read_batch(struct adding *a, struct lines *lines)
{
	char *line = lines_next(lines), *word;
	bool any = line;

	a->operands.count = 0;
	for (unsigned n = 1; line; n++) {
		if ((word = line_word(line))) {
			operands_take(&a->operands, word, lines->number, OPERAND_LISTING);
		}
		if (n == STREAM_LINES || !lines_waiting(lines)) {
			return true;
		}
		line = lines_next(lines);
	}
	return any;
}

/* While a commit goes on, lines gather; so the batches grow with the load. */
static enum status add_stream(struct adding *a)
{
	struct lines lines = lines_of(STDIN_FILENO);
	enum status status = ST_OK;

	while (!status && read_batch(a, &lines)) {
		status = a->operands.count > 0 ? store_operands(a) : ST_OK;
		if (!status) {
			fprintf(output(), "committed %" PRIu64 "\n", lines.number);
			status = output_flush();
		}
	}
	lines_release(&lines);
	return status ? status : lines.status;
}

static void print_summary(const struct adding *a)
{
	if (a->call->json) {
		struct json json = json_begin(output());

		json_number(&json, "added", a->added);
		json_number(&json, "renewed", a->renewed);
		json_number(&json, "excluded", a->excluded.count);
		json_number(&json, "bad", a->operands.bad.count);
		json_number(&json, "change", a->change);
		json_end(&json);
	}
	log_info("%s%" PRIu64 " added, %" PRIu64 " renewed", a->call->dry_run ? "would be: " : "",
		 a->added, a->renewed);
}

static enum status run(struct call *call)
{
	struct adding a = {
		.call = call,
		.claim = {.force = call->force, .reason = call->reason, .text = call->text},
	};
	enum status status = call_sublist(call, &a.sublist);

	if (!status) {
		status = call_expires(call, a.sublist, &a.claim.expires);
	}
	if (!status && call->stream &&
	    (call->strict || call->dry_run || call->json || call->operand_count != 1 ||
	     strcmp(call->operands[0], "-") != 0)) {
		status = fail(
			ST_USAGE,
			"--stream goes with '-' alone, without --strict, --dry-run and --json: "
			"type 'feeder add --help'");
	}
	if (status) {
		return status;
	}
	if (call->stream) {
		status = add_stream(&a);
	} else {
		status = operands_read(call, &a.operands, OPERAND_LISTING);
		status = status ? status : store_operands(&a);
	}
	if (!status) {
		print_summary(&a);
		uint64_t bad = a.operands.bad.count + a.excluded.count;

		if (bad > 0) {
			status = fail(ST_DATA,
				      "%" PRIu64 " of %" PRIu64
				      " bad or excluded: the others are done",
				      bad, a.operands.words);
		}
	}
	operands_release(&a.operands);
	return status;
}

const struct command command_add = {
	.verb = "add",
	.operands = "PREFIX…|-",
	.least = 1,
	.most = UNBOUNDED,
	.options = TAKES_WRITER | TAKES(OPTION_SOURCE) | TAKES(OPTION_REASON) | TAKES(OPTION_TEXT) |
		   TAKES(OPTION_EXPIRES) | TAKES(OPTION_FORCE) | TAKES(OPTION_STRICT) |
		   TAKES(OPTION_STREAM),
	.required = TAKES(OPTION_SUBLIST),
	.summary = "Claims that prefixes belong on a sublist",
	.details =
		"A prefix is an address or has a length: IPv4 /8 to /32, IPv6 /16 to /128. '-'\n"
		"reads them from stdin, one a line; what follows on the line is ignored, and so\n"
		"are blank lines and those that begin with # or ;. All are one transaction\n"
		"(above a million: several). Without --source the source is 'operator', without\n"
		"--expires the sublist's time counts, without --text the sublist's text is\n"
		"served.\n"
		"\n"
		"What the source has claimed before is renewed: last seen and expiry are new,\n"
		"reason and text stay. Bad prefixes and those inside an exclusion are named,\n"
		"the others are stored, and the exit code is 65; with --strict none is stored.\n"
		"--force stores what is inside an exclusion; it is not served as long as that\n"
		"lasts.\n"
		"\n"
		"--stream reads stdin for as long as it lasts, commits whenever it pauses or\n"
		"after 10,000 lines, and then prints 'committed N': all up to line N is on\n"
		"disk.\n",
	.run = run,
};
