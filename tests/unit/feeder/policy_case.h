/*
 * policy_case.h: evidence as a text, a report a word:
 *
 *     KIND REPORTER @ HOURS-AGO [/ WHAT ELSE]...      "spam1@3 fraud2@24/trust=0.5
 * proof1@0/sure=60"
 *
 * A time may have another unit: "spam1@86400s", "spam1@30d"; ahead of now it has a minus:
 * "spam1@-2". What else: trust=N and sure=PER CENT (else 1 and 100), trap, anon, output, host=N,
 * times=INCIDENTS, and late=HOURS from the event to the receipt (else it is received at once).
 */
#ifndef TEST_POLICY_CASE_H
#define TEST_POLICY_CASE_H

#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */
#define HOUR UINT64_C(3600)
#define DAY  UINT64_C(86400)

enum { WORDS_MOST = 64 };

static const struct {
	const char *word;
	enum category category;
	enum report_disposition disposition;
	bool proof;
} policy_case_kinds[] = {
	{"spam", CATEGORY_SPAM, DISPOSITION_EVIDENCE, false},
	{"fraud", CATEGORY_FRAUD, DISPOSITION_EVIDENCE, false},
	{"virus", CATEGORY_VIRUS, DISPOSITION_EVIDENCE, false},
	{"bot", CATEGORY_BOT, DISPOSITION_EVIDENCE, false},
	{"attack", CATEGORY_ATTACK, DISPOSITION_EVIDENCE, false},
	{"vulnerable", CATEGORY_VULNERABLE, DISPOSITION_EVIDENCE, false},
	{"content", CATEGORY_CONTENT, DISPOSITION_EVIDENCE, false},
	{"other", CATEGORY_OTHER, DISPOSITION_EVIDENCE, false},
	{"notspam", CATEGORY_NOT_SPAM, DISPOSITION_NEGATIVE, false},
	{"authfailure", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED, false},
	{"optout", CATEGORY_OPT_OUT, DISPOSITION_IGNORED, false},
	{"ignored", CATEGORY_SPAM, DISPOSITION_IGNORED, false},
	{"review", CATEGORY_SPAM, DISPOSITION_REVIEW, false},
	{"proof", CATEGORY_RELAY, DISPOSITION_EVIDENCE, true},
	{"suspicion", CATEGORY_RELAY, DISPOSITION_EVIDENCE, false},
	{"refused", CATEGORY_RELAY, DISPOSITION_NEGATIVE, false},
	{"loggedin", CATEGORY_RELAY, DISPOSITION_IGNORED, false},
};

static inline uint64_t policy_case_seconds(const char *unit)
{
	return *unit == 's' ? 1 : *unit == 'd' ? DAY : HOUR;
}

static inline void policy_case_more(struct evidence *e, const char *what)
{
	double n = strchr(what, '=') ? strtod(strchr(what, '=') + 1, NULL) : -1;

	if (strncmp(what, "trust=", 6) == 0) {
		e->trust = (uint32_t)(n * 1000 + 0.5);
	} else if (strncmp(what, "sure=", 5) == 0) {
		e->report.confidence = (uint8_t)n;
	} else if (strncmp(what, "late=", 5) == 0) {
		e->received = e->report.observed + (uint64_t)(n * HOUR);
	} else if (strncmp(what, "times=", 6) == 0) {
		e->report.incidents = (uint32_t)n;
	} else if (strncmp(what, "host=", 5) == 0) {
		e->report.source.addr += (unsigned)n;
	} else if (strcmp(what, "trap") == 0) {
		e->trap = true;
	} else if (strcmp(what, "anon") == 0) {
		e->anonymous = true;
	} else if (strcmp(what, "output") == 0) {
		e->output = true;
	} else {
		fail_msg("'%s' is nothing that a report may have", what);
	}
}

static inline struct evidence evidence_from(const char *word)
{
	char copy[128], kind[16], *rest = copy, *what, *end;
	struct evidence e = {.received = NOW, .trust = 1000};
	unsigned reporter;

	snprintf(copy, sizeof copy, "%s", word);
	what = strsep(&rest, "/");
	assert_int_equal(sscanf(what, "%15[a-z]%u", kind, &reporter), 2);
	for (size_t i = 0; i < sizeof policy_case_kinds / sizeof *policy_case_kinds; i++) {
		if (strcmp(policy_case_kinds[i].word, kind) == 0) {
			e.report.category = policy_case_kinds[i].category;
			e.report.disposition = policy_case_kinds[i].disposition;
			e.report.proof = policy_case_kinds[i].proof;
		}
	}
	assert_true(e.report.category != CATEGORY_NONE);
	assert_non_null(strchr(what, '@'));
	long ago = strtol(strchr(what, '@') + 1, &end, 10);
	e.report.observed = NOW - (uint64_t)ago * policy_case_seconds(end);
	e.received = e.report.observed < NOW ? e.report.observed : NOW;
	e.report.incidents = 1;
	e.report.confidence = 100;
	e.report.source = (struct prefix){.family = 4, .len = 32, .addr = 0xc0000201};
	e.reporter = reporter;
	while ((what = strsep(&rest, "/"))) {
		policy_case_more(&e, what);
	}
	return e;
}

static inline size_t evidence_all(const char *words, struct evidence evidence[WORDS_MOST])
{
	char *copy = must_strdup(words), *rest = copy, *word;
	size_t count = 0;

	while ((word = strsep(&rest, " "))) {
		if (*word) {
			assert_in_range(count, 0, WORDS_MOST - 1);
			evidence[count++] = evidence_from(word);
		}
	}
	free(copy);
	return count;
}

/* What every verdict holds to. */
static inline void assert_verdict(const struct verdict *v, uint64_t now)
{
	assert_int_equal(v->listed, v->reason[0] != '\0');
	assert_int_equal(v->listed, v->expires != 0);
	assert_int_equal(v->candidate, v->candidate_reason[0] != '\0');
	assert_false(v->listed && v->candidate);
	assert_true(!v->listed || (v->expires > now && v->since <= now && v->since > 0));
	assert_true(v->listed || v->level == 0);
}

static inline struct verdict decide_at(const struct sublist_config *sublist, const char *words,
				       uint64_t removed, uint64_t now)
{
	struct evidence evidence[WORDS_MOST];
	size_t count = evidence_all(words, evidence);
	struct verdict verdict;

	policy_decide(sublist, evidence, count, removed, now, &verdict);
	assert_verdict(&verdict, now);
	return verdict;
}

static inline struct verdict decide(const struct sublist_config *sublist, const char *words)
{
	return decide_at(sublist, words, 0, NOW);
}

/* The config's defaults, and no rule for complaints. */
static inline struct policy_config policy_defaults(void)
{
	return (struct policy_config){
		.categories = 1 << CATEGORY_SPAM | 1 << CATEGORY_FRAUD | 1 << CATEGORY_VIRUS |
			      1 << CATEGORY_BOT,
		.trap_weight = 3000,
		.negative_weight = 1000,
		.relapse = 2000,
		.max_expires_s = 90 * DAY,
		.cool_off_s = 30 * DAY,
		.neighbours = 16,
		.ipv6 = 128,
	};
}

/* 3 reports by 2 reporters within 24 hours, for 7 days. */
static inline struct sublist_config hijacked(void)
{
	static char name[] = "hijacked";
	struct sublist_config sublist = {.name = name,
					 .expires_s = 7 * DAY,
					 .policy = policy_defaults()};

	sublist.policy.given = true;
	sublist.policy.reports = 3;
	sublist.policy.reporters = 2;
	sublist.policy.within_s = DAY;
	return sublist;
}

/* For 30 days. */
static inline struct sublist_config sublist_named(char *name)
{
	return (struct sublist_config){.name = name,
				       .expires_s = 30 * DAY,
				       .policy = policy_defaults()};
}

#endif
