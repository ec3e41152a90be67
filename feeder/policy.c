/*
 * policy.c: does what is known of an address list it?
 */
#include "policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rfc3339.h"

/* What speaks for a listing by one of the rules. */
struct tally {
	size_t reports;
	size_t reporters; /* distinct */
	uint64_t last;    /* when the latest of them counts; 0: there is none */
};

/* Complaints are opinions on mail; "other" may be about anything. */
static bool is_complaint(const struct report *report)
{
	return report->disposition == DISPOSITION_EVIDENCE &&
	       (report->category == CATEGORY_SPAM || report->category == CATEGORY_FRAUD ||
		report->category == CATEGORY_VIRUS);
}

static bool is_relay_proof(const struct report *report)
{
	return report->category == CATEGORY_RELAY && report->proof;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Counts the reports that `speaks` is true of, from `since` on. */
static struct tally count(const struct evidence *evidence, size_t n, uint64_t since,
			  bool (*speaks)(const struct report *report))
{
	struct tally tally = {0};
	uint32_t *who = must_alloc((n + 1) * sizeof *who);

	for (size_t i = 0; i < n; i++) {
		uint64_t time = evidence_time(&evidence[i]);

		if (time >= since && speaks(&evidence[i].report)) {
			who[tally.reports++] = evidence[i].reporter;
			tally.last = time > tally.last ? time : tally.last;
		}
	}
	qsort(who, tally.reports, sizeof *who, by_number);
	for (size_t i = 0; i < tally.reports; i++) {
		tally.reporters += i == 0 || who[i] != who[i - 1];
	}
	free(who);
	return tally;
}

/* "36h", "90s": the largest unit that leaves nothing over. */
static const char *span(uint64_t seconds, char text[24])
{
	static const struct {
		unsigned seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (seconds % units[i].seconds != 0) {
		i++;
	}
	snprintf(text, 24, "%" PRIu64 "%c", seconds / units[i].seconds, units[i].letter);
	return text;
}

static uint64_t ago(uint64_t now, uint64_t seconds)
{
	return now > seconds ? now - seconds : 0;
}

/* True where a claim that begins at `last` is not over. */
static bool lasts(const struct sublist_config *sublist, uint64_t last, uint64_t now,
		  uint64_t *expires)
{
	*expires = sublist->expires_s ? last + sublist->expires_s : 0;
	return *expires == 0 || *expires > now;
}

/* A later end replaces an earlier one; 0 is the latest. */
static void conclude(struct verdict *verdict, uint64_t expires, const char *reason)
{
	bool longer = expires == 0 || (verdict->expires != 0 && expires > verdict->expires);

	if (!verdict->listed || longer) {
		verdict->listed = true;
		verdict->expires = expires;
		snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
	}
}

static bool lists_relays(const struct sublist_config *sublist)
{
	return strcmp(sublist->name, POLICY_RELAY_SUBLIST) == 0;
}

bool policy_counts(const struct sublist_config *sublist, const struct report *report)
{
	return (sublist->policy.given && is_complaint(report)) ||
	       (lists_relays(sublist) && is_relay_proof(report));
}

/* For each rule, the earliest time that it looks at. UINT64_MAX: it is not for this sublist. */
static uint64_t complaints_since(const struct sublist_config *sublist, uint64_t now)
{
	return sublist->policy.given ? ago(now, sublist->policy.within_s) : UINT64_MAX;
}

static uint64_t relays_since(const struct sublist_config *sublist, uint64_t now)
{
	if (!lists_relays(sublist)) {
		return UINT64_MAX;
	}
	return sublist->expires_s ? ago(now, sublist->expires_s) : 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void policy_decide(const struct sublist_config *sublist, const struct evidence *evidence, size_t n,
		   uint64_t removed, uint64_t now, struct verdict *verdict)
{
	uint64_t anew = removed ? removed + 1 : 0;
	const struct policy_config *policy = &sublist->policy;
	char reason[POLICY_REASON], text[24], time[TIME_TEXT];
	uint64_t expires;

	*verdict = (struct verdict){0};
	struct tally t =
		count(evidence, n, later(anew, complaints_since(sublist, now)), is_complaint);

	if (t.reports > 0 && t.reports >= policy->reports && t.reporters >= policy->reporters &&
	    lasts(sublist, t.last, now, &expires)) {
		snprintf(reason, sizeof reason,
			 "complaints: %zu reports by %zu reporters within %s", t.reports,
			 t.reporters, span(policy->within_s, text));
		conclude(verdict, expires, reason);
	}
	t = count(evidence, n, later(anew, relays_since(sublist, now)), is_relay_proof);
	if (t.reports > 0 && lasts(sublist, t.last, now, &expires)) {
		snprintf(reason, sizeof reason,
			 "relay test: %zu delivered a stranger's mail, the last at %s", t.reports,
			 time_format(t.last, time));
		conclude(verdict, expires, reason);
	}
}

uint64_t policy_since(const struct sublist_config *sublist, uint64_t now)
{
	uint64_t complaints = complaints_since(sublist, now), relays = relays_since(sublist, now);

	return complaints < relays ? complaints : relays;
}
