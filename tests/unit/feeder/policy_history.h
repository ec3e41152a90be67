/*
 * policy_history.h: random histories of an address, the same ones each run: a sublist's policy and
 * evidence that it has to judge.
 */
#ifndef TEST_POLICY_HISTORY_H
#define TEST_POLICY_HISTORY_H

#include "draw.h"
#include "policy_case.h"

enum { HISTORIES = 5000, ROWS_MOST = 40 };

struct history {
	struct sublist_config sublist;
	struct evidence rows[ROWS_MOST + 1]; /* room for one more */
	size_t count;
	uint64_t removed;
};

static inline void draw_row(struct evidence *e, uint64_t span)
{
	static const uint32_t trusts[] = {0, 250, 500, 1000, 1000, 1000, 2500};
	static const uint8_t sure[] = {0, 60, 80, 100, 100, 100};
	static const char *const kinds[] = {
		"spam1@0",      "spam1@0",    "spam1@0",     "fraud1@0",        "notspam1@0",
		"notspam1@0",   "other1@0",   "ignored1@0",  "proof1@0",        "proof1@0",
		"suspicion1@0", "refused1@0", "loggedin1@0", "proof1@0/output",
	};

	*e = evidence_from(kinds[draw(sizeof kinds / sizeof *kinds)]);
	e->reporter = 1 + (uint32_t)draw(4);
	/* A reporter is what he is in all of his rows. */
	e->trust = trusts[(e->reporter * 3 + span) % 7];
	e->trap = e->reporter == 2;
	e->anonymous = e->reporter == 3;
	e->report.confidence = sure[draw(6)];
	e->report.source.addr += draw(2);
	/* Some in the same second. */
	e->report.observed = NOW - draw(span / HOUR + 2) * HOUR - (draw(3) == 0 ? draw(HOUR) : 0);
	e->received = e->report.observed + (draw(4) ? 0 : draw(3) * 2 * DAY);
}

static inline void draw_history(struct history *h)
{
	static char hijacked_name[] = "hijacked", relay_name[] = "relay",
		    multihop_name[] = "multihop";
	static char *const names[] = {hijacked_name, relay_name, multihop_name};
	static const uint64_t spans[] = {2 * DAY, 20 * DAY, 200 * DAY};
	uint64_t span = spans[draw(3)];
	struct policy_config *policy = &h->sublist.policy;

	h->sublist = hijacked();
	h->sublist.name = names[draw(3)];
	h->sublist.expires_s = draw(4) ? (1 + draw(10)) * DAY : 0;
	policy->given = draw(4) > 0;
	policy->reports = 1 + (unsigned)draw(4);
	policy->reporters = 1 + (unsigned)draw(policy->reports);
	policy->within_s = (1 + draw(10)) * 12 * HOUR;
	policy->half_life_s = draw(2) ? 0 : (1 + draw(48)) * HOUR + draw(HOUR);
	policy->max_age_s = draw(2) ? 0 : 3 * DAY;
	policy->relapse = 1000 + 500 * (uint32_t)draw(4);
	policy->max_expires_s = (1 + draw(60)) * DAY;
	policy->cool_off_s = (1 + draw(90)) * DAY;
	h->count = draw(ROWS_MOST + 1);
	for (size_t i = 0; i < h->count; i++) {
		draw_row(&h->rows[i], span);
	}
	h->removed = draw(4) ? 0 : NOW - draw(span);
}

static inline struct verdict decide_history(const struct history *h, uint64_t now)
{
	struct verdict verdict;

	policy_decide(&h->sublist, h->rows, h->count, h->removed, now, &verdict);
	assert_verdict(&verdict, now);
	return verdict;
}

/* Random histories with the same seed in every test, so that one that fails can be found again. */
#define EACH_HISTORY(h) \
	draw_seed(1);   \
	for (size_t number = 0; number < HISTORIES && (draw_history(h), true); number++)

#endif
