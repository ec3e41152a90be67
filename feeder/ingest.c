/*
 * ingest.c: one change for all reports of a call.
 */
#include "ingest.h"

#include <stdio.h>
#include <stdlib.h>

#include "decide.h"
#include "excluded.h"
#include "log.h"
#include "reporters.h"
#include "retention.h"

struct intake {
	const struct call *call;
	struct change *change;
	struct blobs *blobs; /* NULL with --dry-run */
	struct fresh fresh;
	size_t kept;            /* reports that are new */
	const char *by;         /* the last one's reporter … */
	bool several;           /* … and there are others */
	struct dropped dropped; /* bodies that no row has any more */
	struct bytes body;      /* that was hashed last: many reports may share it */
	uint8_t hash[REPORT_HASH];
	const struct evidence *replaced; /* the last row that made room for others */
};

struct item *items_add(struct items *items, const struct report *report, struct bytes body,
		       const char *file)
{
	if (items->count == items->room) {
		items->room = items->room ? items->room * 2 : 64;
		items->at = must_realloc(items->at, items->room * sizeof *items->at);
	}
	struct item *item = &items->at[items->count++];

	*item = (struct item){.report = *report, .body = body, .file = file};
	return item;
}

void items_release(struct items *items)
{
	free(items->at);
	*items = (struct items){0};
}

static void hash_body(struct intake *in, struct bytes body, uint8_t hash[REPORT_HASH])
{
	if (!in->body.data || in->body.data != body.data || in->body.len != body.len) {
		report_hash(body, in->hash);
		in->body = body;
	}
	memcpy(hash, in->hash, REPORT_HASH);
}

/* Adds one row. False where it is there already. */
static bool add_row(struct intake *in, struct evidence *e, const struct item *item)
{
	struct txn *txn = change_txn(in->change);

	evidence_identify(e);
	if (evidence_known(txn, e->id)) {
		return false;
	}
	bool has_body = evidence_has_body(txn, e->hash) || item->replaces;

	evidence_add(txn, e);
	if (in->blobs && !has_body) {
		evidence_put_body(in->blobs, e->hash, item->body,
				  in->call->config->reports.body_size);
	}
	return true;
}

/* Hands it to the policy. False where an exclusion covers what it is about. */
static bool judge(struct intake *in, const struct evidence *e)
{
	struct prefix by;

	if (prefix_excluded(change_txn(in->change), &e->report.source, &by)) {
		return false;
	}
	fresh_add(&in->fresh, e);
	return true;
}

/* The hosts that delivered what the tested relay took in: rows of their own. */
static void keep_outputs(struct intake *in, const struct evidence *test, const struct item *item)
{
	for (unsigned i = 0; i < test->report.output_count; i++) {
		struct evidence e = *test;

		e.output = true;
		e.report.source = test->report.outputs[i];
		e.report.output_count = 0;
		if (add_row(in, &e, item)) {
			judge(in, &e);
		}
	}
}

static void audit_accept(struct intake *in, const struct item *item)
{
	const char *words = in->call->reason;
	char id[EVIDENCE_ID_TEXT + 1], reason[CLAIM_REASON + 64];

	evidence_id_format(item->replaces, id);
	snprintf(reason, sizeof reason, "report %s%s%s", id, words ? ": " : "", words ? words : "");
	change_audit(in->change, &(struct audit_entry){.event = "accept",
						       .prefix = &item->report.source,
						       .reason = reason});
}

/*
 * Makes room for what the row has become; several items may come from one row. False where it is
 * not as it was when it was read: somebody has decided about it since.
 *
 * A row that a person gave an address stays as well, counting for nothing, so that the same report
 * is known when it comes in again.
 */
static bool make_room(struct intake *in, const struct item *item)
{
	struct txn *txn = change_txn(in->change);
	const struct evidence *old = item->replaces;
	struct evidence now;

	if (old == in->replaced) {
		return true;
	}
	if (!evidence_get(txn, old->id, &now) ||
	    now.report.disposition != old->report.disposition) {
		return false;
	}
	in->replaced = old;
	if (evidence_del(txn, old)) {
		dropped_add(&in->dropped, old->hash);
	}
	if (item->report.via == VIA_ARGUMENT) {
		now.report.disposition = DISPOSITION_IGNORED;
		evidence_add(txn, &now);
		audit_accept(in, item);
	}
	return true;
}

static const char *reporter_name_of(const struct intake *in, const struct item *item)
{
	const struct call *call = in->call;

	if (item->reporter) {
		return item->reporter;
	}
	return (call->command->delivers ? reporter_of_delivery
					: reporter_of)(call->config, call->reporter, &item->report);
}

/* Anybody can mail a test that he never made: whose it is nobody knows proves nothing. */
static void doubt(const struct intake *in, struct item *item)
{
	bool mailed = in->call->command->delivers || item->replaces;

	if (mailed && strcmp(item->reporter, REPORTER_ANONYMOUS) == 0) {
		item->report.proof = false;
		item->report.output_count = 0;
	}
}

/* The row says what the report says: what the database makes of it may be otherwise tomorrow. */
static void keep(struct intake *in, struct item *item)
{
	struct txn *txn = change_txn(in->change);
	struct report *report = &item->report;

	item->reporter = reporter_name_of(in, item);
	doubt(in, item);

	struct evidence e = {.report = *report, .received = in->call->now};

	e.reporter = reporter_number(txn, item->reporter);
	hash_body(in, item->body, e.hash);
	if (item->replaces) {
		e.received = item->replaces->received;
		memcpy(e.hash, item->replaces->hash, sizeof e.hash);
	}
	if ((item->replaces && !make_room(in, item)) || !add_row(in, &e, item)) {
		report->disposition = DISPOSITION_DUPLICATE;
		return;
	}
	in->kept++;
	in->several = in->several || (in->by && strcmp(in->by, item->reporter) != 0);
	in->by = item->reporter;
	if (report->disposition == DISPOSITION_EVIDENCE ||
	    report->disposition == DISPOSITION_NEGATIVE) {
		bool judged = report->source.family && judge(in, &e);

		if (!judged && report->disposition == DISPOSITION_EVIDENCE) {
			report->disposition = DISPOSITION_EXCLUDED;
		}
	}
	keep_outputs(in, &e, item);
}

/* What came in, beside the rows of what it listed. */
static void audit(struct intake *in)
{
	char reason[128];
	struct audit_entry row = {.event = "ingest", .reason = reason};

	snprintf(reason, sizeof reason, "new reports by %s: %zu",
		 in->several ? "several reporters" : in->by, in->kept);
	change_audit(in->change, &row);
}

static enum status fill(struct intake *in, struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->at[i].report.disposition) {
			keep(in, &items->at[i]);
		}
	}
	decide(in->call, in->change, &in->fresh);
	if (in->kept > 0) {
		audit(in);
	}
	retention_drop(in->call, change_txn(in->change), &in->dropped);
	dropped_settle(&in->dropped, change_txn(in->change));
	return change_status(in->change);
}

enum status ingest(const struct call *call, struct items *items)
{
	const struct config *config = call->config;
	struct intake in = {.call = call};
	struct store *store = NULL;
	enum status status = call_open_write(call, &store);

	if (!status && !call->dry_run) {
		status = blobs_open(&in.blobs, config->database, config->map_size);
	}
	if (!status) {
		status = call_begin(call, store, &in.change);
	}
	if (status) {
		goto out;
	}
	status = fill(&in, items);
	if (!status && in.blobs) {
		status = blobs_sync(in.blobs);
	}
	if (status) {
		change_abort(in.change);
		goto out;
	}
	status = call_finish(call, in.change, NULL);
	if (!status && in.blobs && retention_forget(in.blobs, &in.dropped)) {
		/* What came in is kept, and comes again where we fail now. */
		log_warn("%s", fail_text());
	}
out:
	dropped_release(&in.dropped);
	fresh_release(&in.fresh);
	blobs_close(in.blobs);
	store_close(store);
	return status;
}
