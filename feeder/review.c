/*
 * review.c: what waits for a human.
 */
#include "review.h"

#include <stdio.h>

#include "answer.h"
#include "audit.h"
#include "claim.h"
#include "decide.h"
#include "log.h"
#include "source.h"

struct walk {
	struct txn *txn;
	const struct call *call;
	review_visit *visit;
	void *context;
	bool stop;
};

bool review_is_id(const char *word)
{
	size_t len = strlen(word);

	return len >= REVIEW_ID_LEAST && len <= EVIDENCE_ID_TEXT &&
	       strspn(word, "0123456789abcdef") == len;
}

const char *review_kind_name(enum review_kind kind)
{
	static const char *const names[] = {
		[REVIEW_REPORT] = "report",
		[REVIEW_CANDIDATE] = "candidate",
		[REVIEW_RANGE] = "range",
	};

	return names[kind];
}

/* --- reports ----------------------------------------------------------------- */

static bool visit_report(void *context, const struct evidence *e)
{
	struct walk *w = context;
	struct review review = {.kind = REVIEW_REPORT, .report = e};

	if (e->report.disposition == DISPOSITION_REVIEW ||
	    e->report.disposition == DISPOSITION_UNRECOGNISED) {
		w->stop = !w->visit(w->context, &review);
	}
	return !w->stop;
}

/* --- candidates -------------------------------------------------------------- */

static bool is_suspicion(void *context, const struct evidence *e)
{
	bool *found = context;

	*found = e->report.category == CATEGORY_RELAY && !e->report.proof &&
		 e->report.disposition == DISPOSITION_EVIDENCE;
	return !*found;
}

/* Hosts of one IPv6 listing are one candidate: *host becomes the last of them. */
static void visit_candidate(struct walk *w, const struct sublist_config *sublist,
			    struct prefix *host)
{
	struct verdict verdict;
	struct review review = {.kind = REVIEW_CANDIDATE, .sublist = sublist};
	bool suspected = false;

	evidence_of(w->txn, host->family, host->addr, is_suspicion, &suspected);
	if (!suspected) {
		return;
	}
	decide_verdict(w->txn, w->call->config, sublist, host, NULL, w->call->now, &review.prefix,
		       &verdict);
	if (verdict.candidate) {
		review.reason = verdict.candidate_reason;
		w->stop = !w->visit(w->context, &review);
	}
	host->addr = prefix_last(&review.prefix);
}

static void visit_candidates(struct walk *w)
{
	const struct sublist_config *relay = config_sublist(w->call->config, POLICY_RELAY_SUBLIST);
	struct prefix host = {.family = 4, .len = 32};
	bool more = relay;

	while (more && !w->stop && evidence_next_host(w->txn, &host)) {
		visit_candidate(w, relay, &host);
		more = evidence_after_host(&host);
	}
}

/* --- ranges ------------------------------------------------------------------ */

struct range {
	struct walk *walk;
	const struct sublist_config *sublist;
	struct prefix prefix; /* family 0: none yet */
	unsigned listed;      /* of its hosts */
	bool known;           /* it is listed, or was refused */
};

static bool covers_on_sublist(void *context, const struct claim *claim)
{
	struct range *r = context;

	r->known = claim->sublist == sublist_number(r->walk->txn, r->sublist->name);
	return !r->known;
}

static bool was_refused(void *context, const struct audit_row *row)
{
	struct range *r = context;

	r->known = r->known || (bytes_equal(row->event, bytes_str("refuse")) &&
				bytes_equal(row->sublist, bytes_str(r->sublist->name)));
	return true;
}

/* The range is complete. */
static void end_range(struct range *r)
{
	struct walk *w = r->walk;
	struct review review = {.kind = REVIEW_RANGE, .prefix = r->prefix, .sublist = r->sublist};
	char reason[80];

	if (!r->prefix.family || r->listed < r->sublist->policy.neighbours) {
		return;
	}
	r->known = false;
	claims_covering(w->txn, &r->prefix, covers_on_sublist, r);
	audit_about(w->txn, &r->prefix, was_refused, r);
	if (!r->known) {
		snprintf(reason, sizeof reason, "%u of its hosts are listed by policy", r->listed);
		review.reason = reason;
		w->stop = !w->visit(w->context, &review);
	}
}

static void visit_ranges(struct walk *w, const struct sublist_config *sublist)
{
	struct range r = {.walk = w, .sublist = sublist};
	uint16_t number = sublist_number(w->txn, sublist->name), at;
	struct source source;
	struct prefix prefix, range;

	if (!number || sublist->policy.neighbours == 0 ||
	    !source_read(w->txn, POLICY_SOURCE, &source)) {
		return;
	}
	struct source_walk *claims = source_walk_open(w->txn, source.number, NULL);

	while (!w->stop && source_walk_next(claims, &prefix, &at)) {
		if (at != number) {
			continue;
		}
		policy_neighbourhood(&prefix, &range);
		if (prefix_compare(&range, &r.prefix) != 0) {
			end_range(&r);
			r.prefix = range;
			r.listed = 0;
		}
		r.listed++;
	}
	source_walk_close(claims);
	if (!w->stop) {
		end_range(&r);
	}
}

void reviews(struct txn *txn, const struct call *call, review_visit *visit, void *context)
{
	struct walk w = {.txn = txn, .call = call, .visit = visit, .context = context};

	evidence_of(txn, 0, 0, visit_report, &w);
	if (!w.stop) {
		visit_candidates(&w);
	}
	for (size_t i = 0; !w.stop && i < call->config->sublist_count; i++) {
		visit_ranges(&w, &call->config->sublists[i]);
	}
}

struct neighbours {
	uint16_t sublist;
	uint32_t source;
	unsigned listed, enough;
};

static bool count_neighbour(void *context, const struct claim *claim)
{
	struct neighbours *n = context;

	n->listed += claim->sublist == n->sublist && claim->source == n->source;
	return n->listed <= n->enough;
}

void review_notice_neighbours(struct change *change, const struct sublist_config *sublist,
			      const struct prefix *prefix)
{
	struct neighbours n = {.sublist = change_sublist(change, sublist->name),
			       .source = change_source(change, POLICY_SOURCE)};
	struct prefix range;
	char text[PREFIX_TEXT];

	n.enough = sublist->policy.neighbours;
	if (n.enough == 0) {
		return;
	}
	policy_neighbourhood(prefix, &range);
	claims_below(change_txn(change), &range, count_neighbour, &n);
	if (n.listed == n.enough) {
		prefix_format(&range, text);
		log_info("%s: %u of its hosts are on %s now: see 'feeder review list'", text,
			 n.listed, sublist->name);
	}
}
