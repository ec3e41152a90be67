/*
 * policy.h: does what is known of an address list it? The one place that decides.
 *
 *     policy_decide(sublist, evidence of one address, removed, now)  ─▶  struct verdict
 *
 * A pure function: no clock, no store, no config file; so a table of cases can test it, and a new
 * policy can be tried on old evidence. It replays what happened to the address, in the order of
 * evidence_time(). What begins a listing:
 *
 *     complaints   where the sublist's policy has reports, reporters and within: reports of its
 *                  categories that weigh at least `reports`, by at least `reporters` distinct
 *                  reporters, within `within`. Each weighs trust x confidence x trap_weight, halved
 *                  in each half_life; reports of no spam weigh against those of their side, named
 *                  or anonymous
 *     relay test   the sublist named "relay": proofs (report_relaytest.c) by reporters whose trust
 *                  x confidence adds up to 1, none of whom had a negative test since
 *     its output   the sublist named "multihop": the same of the host that such mail came out of
 *
 * and what it does then:
 *
 *  1. It ends `expires` after the last evidence that speaks for it; but after a relapse as many
 *     times later as the policy says, up to max_expires. It always ends.
 *  2. Evidence during a listing puts off the end, and is no relapse; anonymous complaints do so
 * only where they and others would list the address anew, or anybody could keep it listed for ever.
 *     A listing that begins after another has ended is a relapse; each cool_off between them undoes
 *     one. One that was over before its evidence had come in never was.
 *  3. A listing that stands on proofs ends at once when all who proved it test it again in vain.
 *  4. Whoever was removed by hand begins anew: only what was observed, and came in, after that
 *     speaks.
 *  5. Reports that came in more than max_age after the event are passed over, complaints also those
 *     that came in more than `within` after it; and so are those of reporters without trust.
 *
 * The order of the rows makes no difference.
 */
#ifndef FEEDER_POLICY_H
#define FEEDER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "evidence.h"

#define POLICY_SOURCE           "policy"   /* the source of its claims */
#define POLICY_RELAY_SUBLIST    "relay"    /* where proven relays go */
#define POLICY_MULTIHOP_SUBLIST "multihop" /* and what they deliver through */

enum { POLICY_REASON = 160 };

struct verdict {
	bool listed;
	uint64_t expires;           /* of the claim; 0 where not listed, and never else */
	uint64_t since;             /* when this listing began, at most now; 0 where not listed */
	unsigned level;             /* relapses that its length stands for */
	char reason[POLICY_REASON]; /* names the rule and its figures; "" where not listed */
	bool candidate;             /* not listed, but for a person to look at … */
	char candidate_reason[POLICY_REASON]; /* … for this; else "" */
};

/*
 * `evidence`: of one address, each report once (evidence.h), with what the config says of the
 * reporters, in any order. `removed`: when somebody last took the address off the sublist by hand;
 * 0: nobody did.
 */
void policy_decide(const struct sublist_config *sublist, const struct evidence *evidence,
		   size_t count, uint64_t removed, uint64_t now, struct verdict *verdict);

/* Whether a report can matter to the sublist, by any of its rules: for a listing, or against. */
bool policy_counts(const struct sublist_config *sublist, const struct evidence *evidence);

/* What a listing of this host is of: itself, or the IPv6 prefix that the policy has. */
void policy_prefix(const struct sublist_config *sublist, const struct prefix *host,
		   struct prefix *prefix);

/* The range in which listed neighbours of the listing are counted: its /24 or /48. */
void policy_neighbourhood(const struct prefix *prefix, struct prefix *range);

#endif
