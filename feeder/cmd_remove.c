/*
 * cmd_remove.c: feeder remove: withdraws claims on exactly the prefixes that are named, and tells
 * which others still cover them: an address inside a listed range stays listed, and so does what
 * the primary of a mirrored zone lists.
 *
 *     operand ─▶ collect(): its claims ─▶ change_remove() each ─▶ print_covering(): what is left
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "claimtext.h"
#include "log.h"
#include "operands.h"
#include "output.h"
#include "policy.h"
#include "progress.h"
#include "slices.h"
#include "source.h"

struct removing {
	const struct call *call;
	uint16_t sublist; /* 0: all */
	uint32_t source;  /* 0: all */
	struct names names;
	const struct prefix *prefix; /* the one at hand */
	struct found {               /* its claims */
		uint16_t sublist;
		uint32_t source;
	} * found;
	size_t found_count, found_room;
	struct json json;
	uint64_t removed, absent;
};

/* Collects: a change to the claims would pull the rows from under the walk. */
static bool collect(void *context, const struct claim *claim)
{
	struct removing *r = context;

	if (prefix_compare(&claim->prefix, r->prefix) != 0 ||
	    mirror_is_source(names_source(&r->names, claim->source)) ||
	    (r->sublist && claim->sublist != r->sublist) ||
	    (r->source && claim->source != r->source)) {
		return true;
	}
	if (r->found_count == r->found_room) {
		r->found_room = r->found_room * 2 + 8;
		r->found = must_realloc(r->found, r->found_room * sizeof *r->found);
	}
	r->found[r->found_count++] = (struct found){claim->sublist, claim->source};
	return true;
}

static bool print_covering(void *context, const struct claim *claim)
{
	struct removing *r = context;
	char outer[PREFIX_TEXT], inner[PREFIX_TEXT];

	if (r->call->json) {
		struct claim resolved = *claim;

		claim_resolve(r->names.txn, &resolved);
		json_open(&r->json, NULL, '{');
		claim_print_json(&resolved, &r->names, false, &r->json);
		json_close(&r->json, '}');
	} else {
		prefix_format(r->prefix, inner);
		prefix_format(&claim->prefix, outer);
		fprintf(output(), "%s is still covered by %s on %s (source %s)\n", inner, outer,
			names_sublist(&r->names, claim->sublist),
			names_source(&r->names, claim->source));
	}
	return true;
}

static void remove_found(struct removing *r, struct change *change)
{
	for (size_t i = 0; i < r->found_count; i++) {
		const struct found *f = &r->found[i];

		if (change_remove(change, r->prefix, f->sublist, f->source)) {
			r->removed++;
			change_audit(change,
				     &(struct audit_entry){
					     .event = "remove",
					     .prefix = r->prefix,
					     .sublist = names_sublist(&r->names, f->sublist),
					     .source = names_source(&r->names, f->source),
					     .reason = r->call->reason,
					     .removed = 1});
		}
	}
}

/* Whether the policy has a claim among those found on the sublist, or the sublist stood before. */
static bool is_said(struct removing *r, size_t number)
{
	uint16_t sublist = r->found[number].sublist;

	for (size_t i = 0; i < r->found_count; i++) {
		bool policy =
			strcmp(names_source(&r->names, r->found[i].source), POLICY_SOURCE) == 0;

		if ((i < number || policy) && r->found[i].sublist == sublist) {
			return true;
		}
	}
	return false;
}

static bool find_evidence(void *context, const struct evidence *e)
{
	(void)e;
	*(bool *)context = true;
	return false;
}

/*
 * Taken off by hand, whoever claimed it: that the policy shall know too, where it has no claim but
 * evidence.
 */
static void tell_policy(struct removing *r, struct change *change)
{
	bool known = false;

	evidence_within(change_txn(change), r->prefix, find_evidence, &known);
	for (size_t i = 0; known && !r->call->source && i < r->found_count; i++) {
		if (!is_said(r, i)) {
			change_audit(change,
				     &(struct audit_entry){.event = "remove",
							   .prefix = r->prefix,
							   .sublist = names_sublist(
								   &r->names, r->found[i].sublist),
							   .source = POLICY_SOURCE,
							   .reason = r->call->reason});
		}
	}
}

static void remove_one(struct removing *r, struct slices *slices, const struct operand *operand)
{
	char text[PREFIX_TEXT];

	r->prefix = &operand->prefix;
	r->found_count = 0;
	claims_covering(change_txn(slices->change), r->prefix, collect, r);
	remove_found(r, slices->change);
	tell_policy(r, slices->change);
	slices->rows += (unsigned)r->found_count;
	prefix_format(r->prefix, text);
	if (r->found_count == 0 && ++r->absent <= BAD_NAMED) {
		log_info("%s: nothing to remove", text);
	}
	if (r->call->json) {
		r->json = json_begin(output());
		json_text(&r->json, "prefix", text);
		json_number(&r->json, "removed", r->found_count);
		json_open(&r->json, "covered_by", '[');
	}
	claims_covering(change_txn(slices->change), r->prefix, print_covering, r);
	if (r->call->json) {
		json_close(&r->json, ']');
		json_end(&r->json);
	}
}

/* A name that the database does not know has claimed nothing. */
static bool find_numbers(struct removing *r, struct txn *txn)
{
	struct source source = {.number = 0};

	if (r->call->sublist) {
		r->sublist = sublist_number(txn, r->call->sublist);
	}
	if (r->call->source && source_read(txn, r->call->source, &source)) {
		r->source = source.number;
	}
	return (!r->call->sublist || r->sublist) && (!r->call->source || r->source);
}

static enum status remove_operands(struct removing *r, struct slices *slices,
				   const struct operands *operands)
{
	enum status status = ST_OK;
	unsigned slice = 0;

	if (!find_numbers(r, change_txn(slices->change))) {
		log_info("nothing was ever claimed%s%s%s%s", r->call->sublist ? " on " : "",
			 r->call->sublist ? r->call->sublist : "", r->call->source ? " by " : "",
			 r->call->source ? r->call->source : "");
		return ST_OK;
	}
	for (size_t i = 0; !status && i < operands->count; i++) {
		status = slices_make_room(slices);
		if (!status) {
			if (slice != slices->number) {
				slice = slices->number;
				names_release(&r->names);
				r->names = names_of(change_txn(slices->change));
			}
			remove_one(r, slices, &operands->at[i]);
			progress_at(i);
			status = change_status(slices->change);
		}
	}
	return status;
}

static enum status remove_all(struct removing *r, const struct operands *operands)
{
	struct slices slices = {0};
	struct store *store;
	enum status status = call_open_write(r->call, &store);

	if (status) {
		return status;
	}
	status = slices_begin(&slices, r->call, store);
	if (!status) {
		progress_begin("removing", operands->count);
		status = remove_operands(r, &slices, operands);
		status = status ? status : slices_finish(&slices);
		progress_end();
	}
	slices_abort(&slices);
	store_close(store);
	names_release(&r->names);
	free(r->found);
	return status;
}

static enum status run(struct call *call)
{
	struct removing r = {.call = call};
	struct operands operands = {0};
	enum status status = operands_read(call, &operands, OPERAND_LISTING);

	if (!status) {
		status = remove_all(&r, &operands);
	}
	if (!status) {
		log_info("%s%" PRIu64 " removed", call->dry_run ? "would be: " : "", r.removed);
		status = operands_verdict(&operands);
	}
	if (!status && r.removed == 0) {
		status = ST_NO;
	}
	operands_release(&operands);
	return status;
}

const struct command command_remove = {
	.verb = "remove",
	.operands = "PREFIX…|-",
	.least = 1,
	.most = UNBOUNDED,
	.options =
		TAKES_WRITER | TAKES(OPTION_SUBLIST) | TAKES(OPTION_SOURCE) | TAKES(OPTION_STRICT),
	.required = TAKES(OPTION_REASON),
	.summary = "Withdraws claims on exactly these prefixes",
	.details =
		"Of all sources and sublists, unless they are named. What is inside or around a\n"
		"prefix stays as it is; what still covers it is printed. '-' reads prefixes\n"
		"from stdin, one a line. All are one transaction (above a million: several).\n"
		"The reason goes to the audit. Bad prefixes are named, the others are removed,\n"
		"and the exit code is 65; with --strict none is removed. Where there was\n"
		"nothing at all to remove, the exit code is 1.\n",
	.run = run,
};
