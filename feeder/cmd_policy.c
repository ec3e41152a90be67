/*
 * cmd_policy.c: feeder policy test: what would be listed, and why, without a change.
 *
 *     files ─▶ reading.c ─▶ fresh evidence ┐
 *     the database's own evidence ─────────┴▶ policy, before and after ─▶ the difference
 *
 * Before: the database's evidence under the config. After: with the files' reports, and where
 * --config is given, under that config.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "decide.h"
#include "excluded.h"
#include "json.h"
#include "log.h"
#include "output.h"
#include "reading.h"
#include "reporters.h"
#include "rfc3339.h"

struct trial {
	const struct call *call;
	const struct config *before, *after;
	struct txn *txn;
	struct fresh fresh; /* of the files */
	struct prefix *hosts;
	size_t host_count, host_room;
	uint64_t tried, differences;
};

/* --- what the files say ------------------------------------------------------- */

/* What the database does not know already. */
static void add_fresh(struct trial *t, struct evidence *e)
{
	evidence_identify(e);
	if (!evidence_known(t->txn, e->id)) {
		fresh_add(&t->fresh, e);
	}
}

static void take_item(struct trial *t, const struct item *item)
{
	struct evidence e = {.report = item->report, .received = t->call->now};
	const char *name = reporter_of(t->after, t->call->reporter, &item->report);
	bool good = item->report.disposition == DISPOSITION_EVIDENCE ||
		    item->report.disposition == DISPOSITION_NEGATIVE;

	if (!good) {
		return;
	}
	report_hash(item->body, e.hash);
	e.reporter = reporter_try(t->txn, t->after, name);
	reporter_judge_name(t->after, bytes_str(name), &e);
	add_fresh(t, &e);
	for (unsigned i = 0; i < item->report.output_count; i++) {
		struct evidence output = e;

		output.output = true;
		output.report.source = item->report.outputs[i];
		add_fresh(t, &output);
	}
}

static int by_source(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	int order = prefix_compare(&x->report.source, &y->report.source);

	return order ? order : memcmp(x->id, y->id, sizeof x->id);
}

/* By source, and each once. */
static void sort_fresh(struct fresh *fresh)
{
	size_t kept = 0;

	if (fresh->count > 0) {
		qsort(fresh->at, fresh->count, sizeof *fresh->at, by_source);
	}
	for (size_t i = 0; i < fresh->count; i++) {
		if (kept == 0 || by_source(&fresh->at[kept - 1], &fresh->at[i]) != 0) {
			fresh->at[kept++] = fresh->at[i];
		}
	}
	fresh->count = kept;
}

/* --- one address -------------------------------------------------------------- */

static void print_json(const struct prefix *prefix, const char *sublist,
		       const struct verdict *before, const struct verdict *after, bool excluded)
{
	struct json json = json_begin(output());
	char text[PREFIX_TEXT];

	prefix_format(prefix, text);
	json_text(&json, "prefix", text);
	json_text(&json, "sublist", sublist);
	json_bool(&json, "listed_before", before->listed);
	json_bool(&json, "listed", after->listed);
	json_bool(&json, "excluded", excluded);
	json_time(&json, "expires_before", before->listed ? before->expires : 0);
	json_time(&json, "expires", after->listed ? after->expires : 0);
	json_text(&json, "reason_before", before->listed ? before->reason : NULL);
	json_text(&json, "reason", after->listed ? after->reason : NULL);
	json_bool(&json, "candidate", after->candidate);
	json_end(&json);
}

static void print_line(const struct prefix *prefix, const char *sublist,
		       const struct verdict *before, const struct verdict *after, bool excluded)
{
	const char *what = after->listed    ? before->listed ? "other" : "listed"
			   : before->listed ? "not listed"
					    : "candidate";
	const struct verdict *shown = after->listed ? after : before;
	char text[PREFIX_TEXT], time[TIME_TEXT];

	prefix_format(prefix, text);
	fprintf(output(), "%s\t%s\t%s\t%s\t%s%s\n", what, text, sublist,
		shown->listed ? time_format(shown->expires, time) : "-",
		shown->listed ? shown->reason : after->candidate_reason,
		excluded ? " (excluded: not served)" : "");
}

/* Hosts of one listing's prefix stand together: the first speaks for all. */
static bool is_done(const struct trial *t, const struct sublist_config *sublist, size_t host)
{
	struct prefix prefix, last;

	if (!sublist || host == 0) {
		return host > 0;
	}
	policy_prefix(sublist, &t->hosts[host], &prefix);
	policy_prefix(sublist, &t->hosts[host - 1], &last);
	return prefix_compare(&prefix, &last) == 0;
}

/* What the policy has listed now; *was as it would be told of today. */
static bool find_claim(struct trial *t, const char *sublist, const struct prefix *prefix,
		       struct verdict *was)
{
	struct claim claim;

	if (!decide_claim(t->txn, sublist, prefix, &claim) ||
	    (claim.expires && claim.expires <= t->call->now)) {
		return false;
	}
	was->expires = claim.expires;
	snprintf(was->reason, sizeof was->reason, "%.*s", (int)claim.reason.len,
		 (const char *)claim.reason.data);
	return true;
}

static void compare(struct trial *t, const struct sublist_config *before,
		    const struct sublist_config *after, size_t number)
{
	const struct prefix *host = &t->hosts[number];
	struct verdict was = {0}, is = {0};
	struct prefix old = *host, new = *host, by;

	if (is_done(t, before, number) && is_done(t, after, number)) {
		return;
	}
	if (before) {
		decide_verdict(t->txn, t->before, before, host, NULL, t->call->now, &old, &was);
	}
	if (after) {
		decide_verdict(t->txn, t->after, after, host, &t->fresh, t->call->now, &new, &is);
	}
	const char *name = after ? after->name : before->name;
	bool elsewhere = before && after && prefix_compare(&old, &new) != 0;
	bool same = was.listed == is.listed && was.candidate == is.candidate &&
		    (!is.listed || (was.expires == is.expires && !elsewhere));
	bool listed = find_claim(t, name, &new, &was);

	/* What is listed, or not, and would be so, is no difference, whatever the rules say of it.
	 */
	if (same || (listed && is.listed && was.expires == is.expires) ||
	    (!listed && !is.listed && !is.candidate)) {
		return;
	}
	was.listed = listed;
	const struct prefix *prefix = is.listed || is.candidate || !before ? &new : &old;
	bool excluded = prefix_excluded(t->txn, prefix, &by);

	t->differences++;
	if (t->call->json) {
		print_json(prefix, name, &was, &is, excluded);
	} else {
		print_line(prefix, name, &was, &is, excluded);
	}
}

/* All sublists of either config. */
static void try_host(struct trial *t, size_t host)
{
	for (size_t i = 0; i < t->after->sublist_count; i++) {
		const struct sublist_config *after = &t->after->sublists[i];

		compare(t, config_sublist(t->before, after->name), after, host);
	}
	for (size_t i = 0; i < t->before->sublist_count; i++) {
		const struct sublist_config *before = &t->before->sublists[i];

		if (!config_sublist(t->after, before->name)) {
			compare(t, before, NULL, host);
		}
	}
}

static int by_prefix(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

static void add_host(struct trial *t, const struct prefix *host)
{
	if (t->host_count == t->host_room) {
		t->host_room = t->host_room ? t->host_room * 2 : 64;
		t->hosts = must_realloc(t->hosts, t->host_room * sizeof *t->hosts);
	}
	t->hosts[t->host_count++] = *host;
}

/* The hosts of the files; where the config changes, all that are known as well. */
static void try_all(struct trial *t)
{
	struct prefix host = {.family = 4, .len = 32};
	bool more = t->before != t->after;

	for (size_t i = 0; i < t->fresh.count; i++) {
		add_host(t, &t->fresh.at[i].report.source);
	}
	while (more && evidence_next_host(t->txn, &host)) {
		add_host(t, &host);
		more = evidence_after_host(&host);
	}
	if (t->host_count > 0) {
		qsort(t->hosts, t->host_count, sizeof *t->hosts, by_prefix);
	}
	for (size_t i = 0; i < t->host_count; i++) {
		if (i == 0 || prefix_compare(&t->hosts[i - 1], &t->hosts[i]) != 0) {
			t->tried++;
			try_host(t, i);
		}
	}
}

static enum status try_in(struct trial *t, const struct items *items)
{
	struct store *store = NULL;
	enum status status = call_open_read(t->call, &store);

	if (!status) {
		status = txn_read(store, &t->txn);
	}
	if (!status) {
		for (size_t i = 0; i < items->count; i++) {
			take_item(t, &items->at[i]);
		}
		sort_fresh(&t->fresh);
		try_all(t);
		status = txn_status(t->txn);
		txn_abort(t->txn);
	}
	free(t->hosts);
	fresh_release(&t->fresh);
	store_close(store);
	return status;
}

static enum status run(struct call *call)
{
	struct trial t = {.call = call, .before = call->config, .after = call->config};
	struct config *changed = NULL;
	struct reading r = {0};
	enum status status = ST_OK;

	if (call->operand_count == 0 && !call->new_config) {
		return fail(ST_USAGE, "nothing to test: give report files, --config NEW, or both");
	}
	if (call->new_config) {
		status = config_read(call->new_config, &changed);
	}
	if (!status) {
		if (changed) {
			config_forget_secrets(changed);
			t.after = changed;
		}
		status = reading_open(&r, call);
	}
	for (size_t i = 0; !status && i < call->operand_count; i++) {
		status = reading_file(&r, call->operands[i], FORMAT_UNKNOWN);
	}
	if (!status && r.unread > 0) {
		status = fail(ST_NOINPUT, "%zu of the files could not be read", r.unread);
	}
	if (!status) {
		status = try_in(&t, &r.items);
	}
	if (!status) {
		log_info("%" PRIu64 " addresses tried, %" PRIu64 " differ", t.tried, t.differences);
	}
	if (!status && r.bad > 0) {
		status = fail(ST_DATA, "%zu of %zu reports are bad or not recognised", r.bad,
			      r.items.count);
	}
	reading_release(&r);
	config_free(changed);
	return status;
}

const struct command command_policy_test = {
	.verb = "policy",
	.sub = "test",
	.operands = "[FILE…|-]",
	.least = 0,
	.most = UNBOUNDED,
	.options = TAKES(OPTION_NEW_CONFIG) | TAKES(OPTION_REPORTER),
	.summary = "Shows what reports or another config would list, and changes nothing",
	.details = "With FILEs: what would be listed, and why, if these reports came in now. With\n"
		   "--config: what would be listed otherwise under that config, of all addresses\n"
		   "that reports are about. A line each: listed, not listed, other (when it\n"
		   "expires) or candidate; the prefix, sublist, expiry and the rule. Claims of\n"
		   "operators and feeds play no part in it.\n",
	.run = run,
};
