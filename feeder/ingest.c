/*
 * ingest.c: one change for all reports of a call.
 */
#include "ingest.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "evidence.h"
#include "excluded.h"
#include "log.h"
#include "policy.h"
#include "rfc3339.h"
#include "source.h"

struct intake {
	const struct call *call;
	struct change *change;
	struct blobs *blobs; /* NULL with --dry-run */
	uint32_t reporter;
	struct report *fresh; /* new evidence, then sorted by address */
	size_t fresh_count;
	size_t kept; /* reports that are new */
};

/* --- evidence ---------------------------------------------------------------- */

/* The row says what the report says: what the database makes of it may be otherwise tomorrow. */
static void keep(struct intake *in, struct item *item)
{
	struct txn *txn = change_txn(in->change);
	struct report *report = &item->report;
	struct evidence e = {.report = *report};
	struct prefix by;

	e.received = in->call->now;
	e.reporter = in->reporter;
	report_hash(item->body, e.hash);
	if (evidence_known(txn, e.hash, e.reporter)) {
		report->disposition = DISPOSITION_DUPLICATE;
		return;
	}
	evidence_add(txn, &e);
	in->kept++;
	if (in->blobs) {
		evidence_put_body(in->blobs, e.hash, item->body);
	}
	if (report->disposition != DISPOSITION_EVIDENCE) {
		return;
	}
	if (prefix_excluded(txn, &report->source, &by)) {
		report->disposition = DISPOSITION_EXCLUDED;
		return;
	}
	in->fresh[in->fresh_count++] = *report;
}

/* --- policy ------------------------------------------------------------------ */

struct pile {
	struct evidence *at;
	size_t count, room;
};

static bool pile_up(void *context, const struct evidence *evidence)
{
	struct pile *pile = context;

	if (pile->count == pile->room) {
		pile->room = pile->room ? pile->room * 2 : 64;
		pile->at = must_realloc(pile->at, pile->room * sizeof *pile->at);
	}
	pile->at[pile->count++] = *evidence;
	return true;
}

static void list(struct intake *in, const struct sublist_config *sublist, const struct prefix *host,
		 const struct verdict *verdict)
{
	struct claim_add add = {
		.prefix = *host,
		.sublist = change_sublist(in->change, sublist->name),
		.source = change_source(in->change, POLICY_SOURCE),
		.expires = verdict->expires,
		.reason = verdict->reason,
	};
	struct audit_entry row = {
		.event = "add",
		.prefix = host,
		.sublist = sublist->name,
		.source = POLICY_SOURCE,
		.reason = verdict->reason,
		.added = 1,
	};
	enum claim_effect effect = change_add(in->change, &add);
	char address[PREFIX_TEXT], time[TIME_TEXT];

	if (effect == CLAIM_ADDED) {
		change_audit(in->change, &row);
	}
	if (effect == CLAIM_ADDED || effect == CLAIM_RENEWED) {
		prefix_format(host, address);
		log_info("%s: %s on %s until %s: %s", address,
			 effect == CLAIM_ADDED ? "listed" : "renewed", sublist->name,
			 verdict->expires ? time_format(verdict->expires, time) : "removed",
			 verdict->reason);
	}
}

struct removal {
	const struct prefix *host;
	const char *sublist;
	uint64_t time;
};

static bool find_removal(void *context, const struct audit_row *row)
{
	struct removal *r = context;

	if (row->has_prefix && prefix_compare(&row->prefix, r->host) == 0 &&
	    bytes_equal(row->event, bytes_str("remove")) &&
	    bytes_equal(row->sublist, bytes_str(r->sublist)) && row->time > r->time) {
		r->time = row->time;
	}
	return true;
}

/* When the host was last taken off the sublist by hand, as the audit has it; 0: never. */
static uint64_t removed_at(struct intake *in, const struct prefix *host, const char *sublist)
{
	struct removal removal = {host, sublist, 0};

	audit_covering(change_txn(in->change), host, find_removal, &removal);
	return removal.time;
}

/*
 * All sublists' policies on one address, where the new reports about it speak for a listing: what
 * was known before has been decided before.
 */
static void decide(struct intake *in, const struct report *fresh, size_t count)
{
	const struct config *config = in->call->config;
	const struct prefix *host = &fresh[0].source;
	uint64_t now = in->call->now;

	for (size_t i = 0; i < config->sublist_count; i++) {
		const struct sublist_config *sublist = &config->sublists[i];
		struct pile pile = {0};
		struct verdict verdict;
		bool asked = false;

		for (size_t k = 0; k < count; k++) {
			asked = asked || policy_counts(sublist, &fresh[k]);
		}
		if (!asked) {
			continue;
		}
		evidence_of(change_txn(in->change), host->family, host->addr,
			    policy_since(sublist, now), pile_up, &pile);
		policy_decide(sublist, pile.at, pile.count, removed_at(in, host, sublist->name),
			      now, &verdict);
		free(pile.at);
		if (verdict.listed) {
			list(in, sublist, host, &verdict);
		}
	}
}

static int by_source(const void *a, const void *b)
{
	const struct report *x = a, *y = b;

	return prefix_compare(&x->source, &y->source);
}

/* A disabled source makes no claims (RFC 6471 §3.9); its evidence is kept all the same. */
static bool policy_may_list(struct intake *in)
{
	struct source source;

	if (source_read(change_txn(in->change), POLICY_SOURCE, &source) && source.disabled) {
		log_warn("the source '%s' is disabled: nothing is listed", POLICY_SOURCE);
		return false;
	}
	return true;
}

static void decide_all(struct intake *in)
{
	size_t first, next;

	if (in->fresh_count == 0 || !policy_may_list(in)) {
		return;
	}
	qsort(in->fresh, in->fresh_count, sizeof *in->fresh, by_source);
	for (first = 0; first < in->fresh_count; first = next) {
		next = first + 1;
		while (next < in->fresh_count &&
		       by_source(&in->fresh[first], &in->fresh[next]) == 0) {
			next++;
		}
		decide(in, &in->fresh[first], next - first);
	}
}

/* --- the change -------------------------------------------------------------- */

/* What came in, beside the rows of what it listed. */
static void audit(struct intake *in, const char *reporter)
{
	char reason[128];
	struct audit_entry row = {.event = "ingest", .reason = reason};

	snprintf(reason, sizeof reason, "new reports by %s: %zu", reporter, in->kept);
	if (in->kept > 0) {
		change_audit(in->change, &row);
	}
}

static enum status fill(struct intake *in, const char *reporter, struct items *items)
{
	in->reporter = reporter_number(change_txn(in->change), reporter);
	for (size_t i = 0; i < items->count; i++) {
		if (items->at[i].report.disposition) {
			keep(in, &items->at[i]);
		}
	}
	decide_all(in);
	audit(in, reporter);
	return change_status(in->change);
}

enum status ingest(const struct call *call, const char *reporter, struct items *items)
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
	in.fresh = must_alloc((items->count + 1) * sizeof *in.fresh);
	status = fill(&in, reporter, items);
	if (!status && in.blobs) {
		status = blobs_sync(in.blobs);
	}
	if (status) {
		change_abort(in.change);
		goto out;
	}
	status = call_finish(call, in.change, NULL);
out:
	free(in.fresh);
	blobs_close(in.blobs);
	store_close(store);
	return status;
}
