/*
 * policy.h: does what is known of an address list it? The one place that decides.
 *
 *     policy_decide(sublist, evidence of one address, removed, now)  ─▶  struct verdict
 *
 * A pure function: no clock, no store, no config file; so a table of cases can test it, and a new
 * policy can be tried on old evidence. The rules:
 *
 *     complaints   a sublist with a policy section: at least `reports` reports of spam, fraud or
 *                  a virus by at least `reporters` distinct reporters, within `within` before now
 *     relay test   the sublist named "relay": a relay test that proves it (report_relaytest.c);
 *                  one is enough, for it is no opinion
 *
 * Whoever was removed by hand begins anew: only what was observed after that speaks against him.
 *
 * A listing lasts as long after the last report that speaks for it as the sublist's claims do; so
 * evidence that came too late lists nothing. Policy lists hosts, never ranges.
 */
#ifndef FEEDER_POLICY_H
#define FEEDER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "evidence.h"

#define POLICY_SOURCE        "policy" /* the source of its claims */
#define POLICY_RELAY_SUBLIST "relay"  /* where proven relays go */

enum { POLICY_REASON = 160 };

struct verdict {
	bool listed;
	uint64_t expires;           /* of the claim; 0: never */
	char reason[POLICY_REASON]; /* names the rule and its figures; "" where not listed */
};

/*
 * `evidence`: of one address, each report once (evidence.h), in any order. Reports that are older
 * than policy_since() need not be among them. `removed`: when somebody last took the address off
 * the sublist by hand; 0: nobody did.
 */
void policy_decide(const struct sublist_config *sublist, const struct evidence *evidence,
		   size_t count, uint64_t removed, uint64_t now, struct verdict *verdict);

/* Whether a report can speak for a listing on the sublist, by any of its rules. */
bool policy_counts(const struct sublist_config *sublist, const struct report *report);

/* The earliest time from which on evidence can matter to the sublist. */
uint64_t policy_since(const struct sublist_config *sublist, uint64_t now);

#endif
