/*
 * cmd_review_decide.c: feeder review accept, refuse.
 *
 *     a report's id       accept with --address: it becomes evidence, and the policy decides
 *     an address, range   accept: it is listed, by the source 'operator'
 *                         refuse: it comes again only with new evidence (a range: not at all)
 */
#include <stdio.h>

#include "ingest.h"
#include "log.h"
#include "policy.h"
#include "reporters.h"
#include "review.h"
#include "source.h"

/* What an operand means: copies, for what is borrowed ends with the transaction. */
struct finding {
	const struct call *call;
	const char *id;       /* or */
	struct prefix prefix; /* with the sublist of the call */
	bool found;
	struct evidence report;
	char reporter[SOURCE_NAME];
	const struct sublist_config *sublist;
	char reason[POLICY_REASON];
};

static enum status find_report(struct txn *txn, struct finding *f)
{
	enum status status = evidence_find(txn, f->id, &f->report);
	struct bytes name = reporter_name(txn, f->report.reporter);

	snprintf(f->reporter, sizeof f->reporter, "%.*s", (int)name.len, (const char *)name.data);
	f->found = f->report.report.disposition == DISPOSITION_REVIEW ||
		   f->report.report.disposition == DISPOSITION_UNRECOGNISED;
	return status;
}

static bool find_prefix(void *context, const struct review *review)
{
	struct finding *f = context;

	if (review->kind == REVIEW_REPORT || prefix_compare(&review->prefix, &f->prefix) != 0 ||
	    (f->call->sublist && strcmp(review->sublist->name, f->call->sublist) != 0)) {
		return true;
	}
	f->found = true;
	f->sublist = review->sublist;
	snprintf(f->reason, sizeof f->reason, "%s", review->reason);
	return false;
}

/* The thing that waits and that the operand means. */
static enum status find(const struct call *call, struct finding *f)
{
	const char *word = call->operands[0];
	struct store *store = NULL;
	struct txn *txn;
	enum status status = ST_OK;

	*f = (struct finding){.call = call, .id = review_is_id(word) ? word : NULL};
	if (!f->id && prefix_parse(word, &f->prefix)) {
		return fail(ST_USAGE, "'%.60s' is no id, address or prefix of 'feeder review list'",
			    word);
	}
	status = call_open_read(call, &store);
	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		if (f->id) {
			status = find_report(txn, f);
		} else {
			reviews(txn, call, find_prefix, f);
		}
		status = status ? status : txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	if (!status && !f->found) {
		status = fail(ST_DATA, "%s does not wait for review: see 'feeder review list'",
			      word);
	}
	return status;
}

/* --- accept ------------------------------------------------------------------ */

/* The report is about this address: evidence like any other, and the policy's to judge. */
static enum status accept_report(struct call *call, struct finding *f)
{
	struct items items = {0};
	struct report report = f->report.report;

	if (!call->address) {
		return fail(ST_USAGE, "about which address is it? Give --address ADDRESS");
	}
	if (report.disposition == DISPOSITION_UNRECOGNISED) {
		return fail(ST_DATA, "nobody could read this report: 'feeder ingest --retry' "
				     "tries again, 'feeder add' lists what you know");
	}
	if (prefix_parse(call->address, &report.source) ||
	    report.source.len != prefix_bits(report.source.family)) {
		return fail(ST_USAGE, "--address wants an address, not '%.60s'", call->address);
	}
	report.via = VIA_ARGUMENT;
	report.confidence = CONFIDENCE_FIELD;
	report.disposition = DISPOSITION_EVIDENCE;
	struct item *item = items_add(&items, &report, bytes_of("", 0), "");

	item->replaces = &f->report;
	item->reporter = f->reporter;
	enum status status = ingest(call, &items);

	if (!status) {
		log_info("the report is now: %s",
			 report_disposition_name(items.at[0].report.disposition));
	}
	items_release(&items);
	return status;
}

/* How much of a text may be kept beside ours, cut at a character's end (RFC 3629 §3). */
static int beside(const char *text)
{
	const size_t most = CLAIM_REASON - POLICY_REASON - 32;
	size_t len = text ? strlen(text) : 0;

	while (len > most || (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)) {
		len--;
	}
	return (int)len;
}

static enum status list_prefix(const struct call *call, struct change *change,
			       const struct finding *f, enum claim_effect *effect)
{
	char reason[CLAIM_REASON];
	struct claim_add add = {
		.prefix = f->prefix,
		.sublist = change_sublist(change, f->sublist->name),
		.source = change_source(change, call_source(call)),
		.reason = reason,
	};

	if (!add.sublist || !add.source) {
		return ST_DATA;
	}
	if (f->sublist->expires_s) {
		add.expires = call->now + f->sublist->expires_s;
	}
	snprintf(reason, sizeof reason, "%.*s%saccepted in review: %s", beside(call->reason),
		 call->reason ? call->reason : "", call->reason ? "; " : "", f->reason);
	*effect = change_add(change, &add);
	if (*effect == CLAIM_ADDED) {
		change_audit(change, &(struct audit_entry){.event = "add",
							   .prefix = &f->prefix,
							   .sublist = f->sublist->name,
							   .source = call_source(call),
							   .reason = reason,
							   .added = 1});
	}
	return ST_OK;
}

static enum status accept_prefix(const struct call *call, const struct finding *f)
{
	struct change *change;
	struct store *store = NULL;
	enum claim_effect effect = CLAIM_FAILED;
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = call_begin(call, store, &change);
	}
	if (!status) {
		status = list_prefix(call, change, f, &effect);
		if (status) {
			change_abort(change);
		} else {
			status = call_finish(call, change, NULL);
		}
	}
	store_close(store);
	if (!status && effect == CLAIM_EXCLUDED) {
		status = fail(ST_DATA, "%s is excluded: see 'feeder exclude check'",
			      call->operands[0]);
	}
	if (!status) {
		log_info("%s is on %s now", call->operands[0], f->sublist->name);
	}
	return status;
}

static enum status run_accept(struct call *call)
{
	struct finding f;
	enum status status = find(call, &f);

	if (status) {
		return status;
	}
	if (!f.id && call->address) {
		return fail(ST_USAGE, "--address goes with a report's id");
	}
	return f.id ? accept_report(call, &f) : accept_prefix(call, &f);
}

/* --- refuse ------------------------------------------------------------------ */

/* A report that was refused proves nothing; it stays, so that it is known when it comes again. */
static void refuse_report(struct txn *txn, const struct evidence *old)
{
	struct evidence e;

	if (evidence_get(txn, old->id, &e) && e.report.disposition == old->report.disposition) {
		evidence_del(txn, old);
		e.report.disposition = DISPOSITION_IGNORED;
		evidence_add(txn, &e);
	}
}

static enum status run_refuse(struct call *call)
{
	struct finding f;
	struct change *change;
	struct store *store = NULL;
	enum status status = find(call, &f);
	char reason[CLAIM_REASON + 64];
	struct audit_entry row = {.event = "refuse", .reason = reason};

	if (!status) {
		status = call_open_write(call, &store);
	}
	if (!status) {
		status = call_begin(call, store, &change);
	}
	if (!status) {
		if (f.id) {
			refuse_report(change_txn(change), &f.report);
			snprintf(reason, sizeof reason, "report %s: %s", f.id, call->reason);
		} else {
			row.prefix = &f.prefix;
			row.sublist = f.sublist->name;
			snprintf(reason, sizeof reason, "%s", call->reason);
		}
		change_audit(change, &row);
		status = call_finish(call, change, NULL);
	}
	store_close(store);
	return status;
}

const struct command command_review_accept = {
	.verb = "review",
	.sub = "accept",
	.operands = "ID|ADDRESS|PREFIX",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER | TAKES(OPTION_ADDRESS) | TAKES(OPTION_SUBLIST) |
		   TAKES(OPTION_REASON) | TAKES(OPTION_SOURCE),
	.summary = "Accepts what waits for review",
	.details = "A report becomes evidence about --address, and the policy decides. A\n"
		   "candidate or a range is listed, by --source or 'operator', for the sublist's\n"
		   "time.\n",
	.run = run_accept,
};

const struct command command_review_refuse = {
	.verb = "review",
	.sub = "refuse",
	.operands = "ID|ADDRESS|PREFIX",
	.least = 1,
	.most = 1,
	.options = TAKES_WRITER | TAKES(OPTION_SUBLIST),
	.required = TAKES(OPTION_REASON),
	.summary = "Refuses what waits for review",
	.details = "A report is kept and counts for nothing. A candidate comes again only with\n"
		   "evidence of later, a range not at all.\n",
	.run = run_refuse,
};
