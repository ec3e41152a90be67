/*
 * decide.c: from evidence to claims.
 */
#include "decide.h"

#include <stdlib.h>

#include "answer.h"
#include "audit.h"
#include "excluded.h"
#include "log.h"
#include "reporters.h"
#include "review.h"
#include "rfc3339.h"
#include "source.h"

void fresh_add(struct fresh *fresh, const struct evidence *evidence)
{
	if (fresh->count == fresh->room) {
		fresh->room = fresh->room ? fresh->room * 2 : 64;
		fresh->at = must_realloc(fresh->at, fresh->room * sizeof *fresh->at);
	}
	fresh->at[fresh->count++] = *evidence;
}

void fresh_release(struct fresh *fresh)
{
	free(fresh->at);
	*fresh = (struct fresh){0};
}

/* --- what is known of an address --------------------------------------------- */

struct gathering {
	struct txn *txn;
	const struct config *config;
	const struct sublist_config *sublist;
	const struct prefix *listing;
	const struct evidence *without; /* rows that are passed over, by id */
	size_t without_count;
	size_t anonymous;
	struct fresh pile;
};

static int by_id(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	return memcmp(x->id, y->id, sizeof x->id);
}

/* Of an IPv6 listing wider than a host, what is about excluded hosts does not count. */
static bool is_excluded(struct gathering *g, const struct evidence *e)
{
	struct prefix by;

	return g->listing->len < e->report.source.len &&
	       prefix_excluded(g->txn, &e->report.source, &by);
}

/*
 * Only what matters: with rows that do not, a stranger could fill the pile. Nor may the anonymous
 * push the others out of it.
 */
static bool gather(void *context, const struct evidence *evidence)
{
	struct gathering *g = context;
	struct evidence e = *evidence;

	reporter_judge(g->txn, g->config, &e);
	bool matters = e.trust > 0 && policy_counts(g->sublist, &e) && !is_excluded(g, &e);
	bool passed = g->without_count > 0 &&
		      bsearch(&e, g->without, g->without_count, sizeof *g->without, by_id) != NULL;

	if (matters && !passed && (!e.anonymous || g->anonymous < EVIDENCE_ANONYMOUS)) {
		g->anonymous += e.anonymous;
		fresh_add(&g->pile, &e);
	}
	return g->pile.count < EVIDENCE_MOST;
}

struct removal {
	const char *sublist;
	uint64_t time;
};

static bool find_removal(void *context, const struct audit_row *row)
{
	struct removal *r = context;

	/* Who withdraws a claim of another source's says nothing of the policy's. */
	bool removed = bytes_equal(row->event, bytes_str("remove")) &&
		       bytes_equal(row->source, bytes_str(POLICY_SOURCE));
	bool refused = bytes_equal(row->event, bytes_str("refuse"));

	if ((removed || refused) && bytes_equal(row->sublist, bytes_str(r->sublist)) &&
	    row->time > r->time) {
		r->time = row->time;
	}
	return true;
}

/* When somebody last took it off the sublist by hand, or refused to list it, as the audit has it;
 * 0: never. */
static uint64_t removed_at(struct txn *txn, const struct prefix *prefix, const char *sublist)
{
	struct removal removal = {sublist, 0};

	audit_about(txn, prefix, find_removal, &removal);
	return removal.time;
}

static void ask(struct gathering *g, uint64_t now, struct verdict *verdict)
{
	evidence_within(g->txn, g->listing, gather, g);
	policy_decide(g->sublist, g->pile.at, g->pile.count,
		      removed_at(g->txn, g->listing, g->sublist->name), now, verdict);
	fresh_release(&g->pile);
}

/* The first of the rows, which stand by source, that is not before the prefix. */
static size_t first_in(const struct fresh *rows, const struct prefix *prefix)
{
	size_t from = 0, to = rows->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (prefix_compare(&rows->at[middle].report.source, prefix) < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return from;
}

void decide_verdict(struct txn *txn, const struct config *config,
		    const struct sublist_config *sublist, const struct prefix *host,
		    const struct fresh *more, uint64_t now, struct prefix *prefix,
		    struct verdict *verdict)
{
	struct gathering g = {.txn = txn, .config = config, .sublist = sublist, .listing = prefix};

	policy_prefix(sublist, host, prefix);
	for (size_t i = more ? first_in(more, prefix) : 0;
	     more && i < more->count && prefix_covers(prefix, &more->at[i].report.source); i++) {
		if (!is_excluded(&g, &more->at[i])) {
			fresh_add(&g.pile, &more->at[i]);
		}
	}
	ask(&g, now, verdict);
}

bool decide_claim(struct txn *txn, const char *sublist, const struct prefix *prefix,
		  struct claim *claim)
{
	struct source source;
	uint16_t number = sublist_number(txn, sublist);

	return number && source_read(txn, POLICY_SOURCE, &source) &&
	       claim_get(txn, prefix, number, source.number, claim);
}

/* --- what follows from it ---------------------------------------------------- */

struct deciding {
	const struct call *call;
	struct change *change;
	const struct sublist_config *sublist;
	struct prefix prefix;
	struct verdict verdict;
};

static void audit(struct deciding *d, const char *event, const char *reason, bool added)
{
	change_audit(d->change, &(struct audit_entry){
					.event = event,
					.prefix = &d->prefix,
					.sublist = d->sublist->name,
					.source = POLICY_SOURCE,
					.reason = reason,
					.added = added,
					.removed = !added,
				});
}

static bool get_claim(struct deciding *d, struct claim *claim)
{
	return decide_claim(change_txn(d->change), d->sublist->name, &d->prefix, claim);
}

static void list(struct deciding *d)
{
	struct claim old;
	bool was = get_claim(d, &old);
	struct claim_add add = {
		.prefix = d->prefix,
		.sublist = change_sublist(d->change, d->sublist->name),
		.source = change_source(d->change, POLICY_SOURCE),
		.expires = d->verdict.expires,
		.reason = d->verdict.reason,
	};
	char address[PREFIX_TEXT], time[TIME_TEXT];

	/* Evidence that is no longer kept may have made it longer: new evidence makes nothing
	 * shorter. */
	if (was && (old.expires == 0 || old.expires > add.expires)) {
		add.expires = old.expires;
	}
	enum claim_effect effect = change_add(d->change, &add);

	if (effect == CLAIM_ADDED) {
		audit(d, "add", d->verdict.reason, true);
		review_notice_neighbours(d->change, d->sublist, &d->prefix);
	}
	if (effect == CLAIM_ADDED || (effect == CLAIM_RENEWED && old.expires != add.expires)) {
		prefix_format(&d->prefix, address);
		log_info("%s: %s on %s until %s: %s", address,
			 effect == CLAIM_ADDED ? "listed" : "renewed", d->sublist->name,
			 add.expires ? time_format(add.expires, time) : "removed",
			 d->verdict.reason);
	}
}

/*
 * A test says that what was proved is so no more. Only where it is that test that says so: a claim
 * whose evidence is no longer kept stays.
 */
static void delist(struct deciding *d, struct evidence *fresh, size_t count)
{
	struct gathering g = {.txn = change_txn(d->change),
			      .config = d->call->config,
			      .sublist = d->sublist,
			      .listing = &d->prefix,
			      .without = fresh,
			      .without_count = count};
	struct claim claim;
	struct verdict before;
	char address[PREFIX_TEXT];

	if (!get_claim(d, &claim)) {
		return;
	}
	qsort(fresh, count, sizeof *fresh, by_id);
	ask(&g, d->call->now, &before);
	if (!before.listed) {
		return;
	}
	if (change_remove(d->change, &d->prefix, claim.sublist, claim.source)) {
		audit(d, "delist", "a later test by the same reporter was refused", false);
		prefix_format(&d->prefix, address);
		log_info("%s: off %s: a later test by the same reporter was refused", address,
			 d->sublist->name);
	}
}

/* One sublist's policy on one address; `count` fresh reports are about it. */
static void decide_one(struct deciding *d, struct evidence *fresh, size_t count)
{
	bool asked = false, refuted = false;

	for (size_t i = 0; i < count; i++) {
		asked = asked || policy_counts(d->sublist, &fresh[i]);
		refuted = refuted || (fresh[i].report.category == CATEGORY_RELAY &&
				      fresh[i].report.disposition == DISPOSITION_NEGATIVE);
	}
	if (!asked) {
		return;
	}
	decide_verdict(change_txn(d->change), d->call->config, d->sublist, &fresh[0].report.source,
		       NULL, d->call->now, &d->prefix, &d->verdict);
	if (d->verdict.listed) {
		list(d);
	} else if (refuted) {
		delist(d, fresh, count);
	}
	if (d->verdict.candidate) {
		char address[PREFIX_TEXT];

		prefix_format(&d->prefix, address);
		log_info("%s: a candidate for %s: %s: see 'feeder review list'", address,
			 d->sublist->name, d->verdict.candidate_reason);
	}
}

static int by_source(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	return prefix_compare(&x->report.source, &y->report.source);
}

/* A disabled source makes no claims (RFC 6471 §3.9); its evidence is kept all the same. */
static bool may_list(struct change *change)
{
	struct source source;

	if (source_read(change_txn(change), POLICY_SOURCE, &source) && source.disabled) {
		log_warn("the source '%s' is disabled: nothing is listed", POLICY_SOURCE);
		return false;
	}
	return true;
}

void decide(const struct call *call, struct change *change, struct fresh *fresh)
{
	const struct config *config = call->config;
	struct deciding d = {.call = call, .change = change};
	size_t next;

	if (fresh->count == 0 || !may_list(change)) {
		return;
	}
	qsort(fresh->at, fresh->count, sizeof *fresh->at, by_source);
	for (size_t first = 0; first < fresh->count; first = next) {
		next = first + 1;
		while (next < fresh->count && by_source(&fresh->at[first], &fresh->at[next]) == 0) {
			next++;
		}
		for (size_t i = 0; i < config->sublist_count; i++) {
			d.sublist = &config->sublists[i];
			decide_one(&d, &fresh->at[first], next - first);
		}
	}
}
