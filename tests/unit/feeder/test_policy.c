/*
 * What lists an address, case by case. Evidence is written as a text, a report a word:
 *
 *     KIND REPORTER @ HOURS-AGO      "spam1@3 fraud2@24 proof1@0"
 *
 * A time in seconds instead has an s: "spam1@86400s"; ahead of now a minus: "spam1@-2".
 */
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
#define HOUR 3600
#define DAY  86400

static char hijacked_name[] = "hijacked", relay_name[] = "relay", relays_name[] = "relays",
	    plain_name[] = "plain";

static const struct {
	const char *word;
	enum report_category category;
	enum report_disposition disposition;
	bool proof;
} kinds[] = {
	{"spam", CATEGORY_SPAM, DISPOSITION_EVIDENCE, false},
	{"fraud", CATEGORY_FRAUD, DISPOSITION_EVIDENCE, false},
	{"virus", CATEGORY_VIRUS, DISPOSITION_EVIDENCE, false},
	{"other", CATEGORY_OTHER, DISPOSITION_EVIDENCE, false},
	{"notspam", CATEGORY_NOT_SPAM, DISPOSITION_NEGATIVE, false},
	{"authfailure", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED, false},
	{"review", CATEGORY_SPAM, DISPOSITION_REVIEW, false},
	{"proof", CATEGORY_RELAY, DISPOSITION_EVIDENCE, true},
	{"suspicion", CATEGORY_RELAY, DISPOSITION_EVIDENCE, false},
	{"refused", CATEGORY_RELAY, DISPOSITION_NEGATIVE, false},
	{"loggedin", CATEGORY_RELAY, DISPOSITION_IGNORED, false},
};

static struct evidence evidence_from(const char *word)
{
	char kind[16], unit = 'h';
	unsigned reporter;
	long ago;
	struct evidence e = {.received = NOW, .report = {.incidents = 1}};

	assert_in_range(sscanf(word, "%15[a-z]%u@%ld%c", kind, &reporter, &ago, &unit), 3, 4);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].word, kind) == 0) {
			e.report.category = kinds[i].category;
			e.report.disposition = kinds[i].disposition;
			e.report.proof = kinds[i].proof;
		}
	}
	assert_true(e.report.category != CATEGORY_NONE);
	e.reporter = reporter;
	e.report.observed = NOW - (uint64_t)(unit == 's' ? ago : ago * HOUR);
	return e;
}

static struct verdict decide(const struct sublist_config *sublist, const char *words)
{
	struct evidence evidence[64];
	size_t count = 0;
	char *copy = must_strdup(words), *rest = copy, *word;
	struct verdict verdict;

	while ((word = strsep(&rest, " "))) {
		if (*word) {
			assert_in_range(count, 0, 63);
			evidence[count++] = evidence_from(word);
		}
	}
	free(copy);
	policy_decide(sublist, evidence, count, 0, NOW, &verdict);
	assert_int_equal(verdict.listed, verdict.reason[0] != '\0');
	return verdict;
}

/* 3 reports by 2 reporters within 24 hours. */
static struct sublist_config hijacked(void)
{
	return (struct sublist_config){
		.name = hijacked_name,
		.expires_s = 7 * DAY,
		.policy = {.given = true, .reports = 3, .reporters = 2, .within_s = DAY},
	};
}

static void test_complaints(void **state)
{
	static const struct {
		const char *evidence;
		bool listed;
	} cases[] = {
		{"", false},
		{"spam1@1", false},
		{"spam1@1 spam2@2", false},
		{"spam1@1 spam2@2 spam1@3", true},
		{"spam1@1 spam2@2 spam3@3", true},
		{"spam1@1 spam1@2 spam1@3", false},
		{"spam1@1 spam1@2 spam1@3 spam1@4 spam1@5 spam1@6", false},
		{"spam1@1 spam1@2 spam1@3 spam2@4", true},
		/* All three kinds count, and together. */
		{"spam1@1 fraud2@2 virus1@3", true},
		{"fraud1@1 fraud2@2 fraud1@3", true},
		{"virus1@1 virus2@2 virus1@3", true},
		/* Nothing else does. */
		{"spam1@1 spam2@2 other1@3", false},
		{"spam1@1 spam2@2 authfailure3@3", false},
		{"spam1@1 spam2@2 notspam3@3", false},
		{"spam1@1 spam2@2 review3@3", false},
		{"spam1@1 spam2@2 suspicion3@3", false},
		{"spam1@1 spam2@2 proof3@3", false},
		{"authfailure1@1 authfailure2@2 authfailure3@3 authfailure4@4", false},
		{"other1@1 other2@2 other3@3", false},
		{"spam1@1 spam1@2 spam1@3 authfailure2@4 notspam3@5 other4@6", false},
		/* And what counts counts beside it. */
		{"spam1@1 spam2@2 spam1@3 notspam3@4 authfailure1@5", true},
		/* Exactly `within` ago is within. */
		{"spam1@1 spam2@2 spam1@24", true},
		{"spam1@1 spam2@2 spam1@86401s", false},
		{"spam1@1 spam1@2 spam1@3 spam2@86400s", true},
		{"spam1@1 spam1@2 spam1@3 spam2@86401s", false},
		{"spam1@100 spam2@200 spam1@300", false},
		/* A clock that is a little ahead. */
		{"spam1@0 spam2@-1 spam1@-24", true},
		/* In any order. */
		{"spam1@24 spam2@1 spam1@3", true},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("%s\n", cases[i].evidence);
		assert_int_equal(decide(&sublist, cases[i].evidence).listed, cases[i].listed);
	}
}

static void test_thresholds_are_the_sublists(void **state)
{
	static const struct {
		unsigned reports, reporters;
		const char *evidence;
		bool listed;
	} cases[] = {
		{1, 1, "spam1@1", true},
		{1, 1, "other1@1", false},
		{2, 1, "spam1@1", false},
		{2, 1, "spam1@1 spam1@2", true},
		{2, 2, "spam1@1 spam1@2", false},
		{2, 2, "spam1@1 spam2@2", true},
		{5, 1, "spam1@1 spam1@2 spam1@3 spam1@4", false},
		{5, 1, "spam1@1 spam1@2 spam1@3 spam1@4 spam1@5", true},
		{5, 4, "spam1@1 spam2@2 spam3@3 spam1@4 spam1@5 spam2@6", false},
		{5, 4, "spam1@1 spam2@2 spam3@3 spam1@4 spam4@5", true},
		/* Thresholds of zero still want a report. */
		{0, 0, "", false},
		{0, 0, "spam1@1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sublist_config sublist = hijacked();

		sublist.expires_s = 0;
		sublist.policy.reports = cases[i].reports;
		sublist.policy.reporters = cases[i].reporters;
		print_message("%s\n", cases[i].evidence);
		assert_int_equal(decide(&sublist, cases[i].evidence).listed, cases[i].listed);
	}
}

static void test_without_a_policy_complaints_list_nothing(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.given = false;
	assert_false(decide(&sublist, "spam1@1 spam2@2 spam3@3 proof1@1").listed);
}

static void test_relay_tests(void **state)
{
	static const struct {
		const char *evidence;
		bool listed;
	} cases[] = {
		{"", false},
		{"proof1@1", true},
		{"suspicion1@1", false},
		{"suspicion1@1 suspicion2@2 suspicion3@3 suspicion4@4", false},
		{"refused1@1", false},
		{"loggedin1@1", false},
		{"spam1@1 spam2@2 spam3@3", false},
		{"proof1@5 refused1@1", true},
		{"proof1@-24", true},
		/* As long as its claim lasts. */
		{"proof1@719", true},
		{"proof1@2591999s", true},
		{"proof1@2592000s", false},
		{"proof1@9999", false},
	};
	struct sublist_config relay = {.name = relay_name, .expires_s = 30 * DAY};
	struct sublist_config other = {.name = relays_name, .expires_s = 30 * DAY};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("%s\n", cases[i].evidence);
		assert_int_equal(decide(&relay, cases[i].evidence).listed, cases[i].listed);
		assert_false(decide(&other, cases[i].evidence).listed);
	}
}

static void test_claims_end_after_the_last_evidence(void **state)
{
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = {.name = relay_name, .expires_s = 30 * DAY};

	(void)state;
	assert_int_equal(decide(&sublist, "spam1@20 spam2@5 spam1@9").expires,
			 NOW - 5 * HOUR + 7 * DAY);
	/* What does not count does not lengthen. */
	assert_int_equal(decide(&sublist, "spam1@20 spam2@5 spam1@9 other3@1 proof1@0").expires,
			 NOW - 5 * HOUR + 7 * DAY);
	assert_int_equal(decide(&relay, "proof1@20 proof2@48 suspicion1@1").expires,
			 NOW - 20 * HOUR + 30 * DAY);
	sublist.expires_s = 0;
	relay.expires_s = 0;
	assert_true(decide(&sublist, "spam1@20 spam2@5 spam1@9").listed);
	assert_int_equal(decide(&sublist, "spam1@20 spam2@5 spam1@9").expires, 0);
	assert_true(decide(&relay, "proof1@99999").listed);
	assert_int_equal(decide(&relay, "proof1@99999").expires, 0);
}

static void test_claims_that_would_be_over_are_not_made(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.expires_s = 2 * HOUR;
	assert_false(decide(&sublist, "spam1@2 spam2@3 spam1@4").listed);
	assert_true(decide(&sublist, "spam1@7199s spam2@3 spam1@4").listed);
}

static void test_a_relay_sublist_may_have_a_policy_too(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.name = relay_name;
	assert_true(decide(&sublist, "spam1@1 spam2@2 spam1@3").listed);
	assert_true(decide(&sublist, "proof1@1").listed);
	/* Whichever lasts longer. */
	assert_int_equal(decide(&sublist, "spam1@1 spam2@2 spam1@3 proof1@9").expires,
			 NOW - HOUR + 7 * DAY);
	assert_int_equal(decide(&sublist, "spam1@7 spam2@6 spam1@5 proof1@4").expires,
			 NOW - 4 * HOUR + 7 * DAY);
}

static void test_reasons_name_the_rule_and_its_figures(void **state)
{
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = {.name = relay_name, .expires_s = 30 * DAY};

	(void)state;
	assert_string_equal(decide(&sublist, "spam1@1 spam2@2 spam1@3 spam1@4").reason,
			    "complaints: 4 reports by 2 reporters within 1d");
	sublist.policy.within_s = 36 * HOUR;
	assert_string_equal(decide(&sublist, "spam1@1 spam2@2 spam3@3").reason,
			    "complaints: 3 reports by 3 reporters within 36h");
	sublist.policy.within_s = 4 * HOUR + 1;
	assert_string_equal(decide(&sublist, "spam1@1 spam2@2 spam3@3").reason,
			    "complaints: 3 reports by 3 reporters within 14401s");
	assert_string_equal(
		decide(&relay, "proof1@14 proof1@38").reason,
		"relay test: 2 delivered a stranger's mail, the last at 2026-11-21T10:00:00Z");
}

static void test_dates_that_cannot_be_are_replaced_by_the_receipt(void **state)
{
	static const struct {
		uint64_t received, observed, counts;
	} cases[] = {
		{NOW, NOW - HOUR, NOW - HOUR}, {NOW, 0, NOW},          {NOW, NOW + DAY, NOW + DAY},
		{NOW, NOW + DAY + 1, NOW},     {NOW, UINT64_MAX, NOW}, {NOW, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evidence e = {.received = cases[i].received,
				     .report = {.observed = cases[i].observed}};

		assert_int_equal(evidence_time(&e), cases[i].counts);
	}
}

/* Such a report counts from when it was received, like any other. */
static void test_dates_from_the_future_list_and_age(void **state)
{
	struct sublist_config sublist = hijacked();
	struct evidence evidence[3];
	struct verdict verdict;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		evidence[i] = evidence_from("spam1@0");
		evidence[i].reporter = i;
		evidence[i].received = NOW - DAY;
		evidence[i].report.observed = NOW + 365 * DAY;
	}
	policy_decide(&sublist, evidence, 3, 0, NOW, &verdict);
	assert_true(verdict.listed);
	assert_int_equal(verdict.expires, NOW - DAY + 7 * DAY);
	policy_decide(&sublist, evidence, 3, 0, NOW + 1, &verdict);
	assert_false(verdict.listed);
}

static void test_a_removal_by_hand_makes_what_was_known_before_worthless(void **state)
{
	struct sublist_config complaints = hijacked();
	struct sublist_config relay = {.name = relay_name, .expires_s = 30 * DAY};
	struct evidence evidence[3];
	struct verdict verdict;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		evidence[i] = evidence_from("spam1@0");
		evidence[i].reporter = i;
		evidence[i].report.observed = NOW - 60 + i;
	}
	policy_decide(&complaints, evidence, 3, NOW - 61, NOW, &verdict);
	assert_true(verdict.listed);
	/* The first was observed in the second of the removal: two are left of three. */
	policy_decide(&complaints, evidence, 3, NOW - 60, NOW, &verdict);
	assert_false(verdict.listed);

	struct evidence proof = evidence_from("proof1@1h");
	policy_decide(&relay, &proof, 1, 0, NOW, &verdict);
	assert_true(verdict.listed);
	policy_decide(&relay, &proof, 1, NOW - HOUR, NOW, &verdict);
	assert_false(verdict.listed);
	policy_decide(&relay, &proof, 1, NOW - HOUR - 1, NOW, &verdict);
	assert_true(verdict.listed);
}

static void test_what_is_older_than_since_cannot_matter(void **state)
{
	struct sublist_config complaints = hijacked();
	struct sublist_config relay = {.name = relay_name, .expires_s = 30 * DAY};
	struct sublist_config plain = {.name = plain_name, .expires_s = 30 * DAY};

	(void)state;
	assert_int_equal(policy_since(&complaints, NOW), NOW - DAY);
	assert_int_equal(policy_since(&relay, NOW), NOW - 30 * DAY);
	assert_int_equal(policy_since(&plain, NOW), UINT64_MAX);
	relay.expires_s = 0;
	assert_int_equal(policy_since(&relay, NOW), 0);
	relay.expires_s = HOUR;
	relay.policy = complaints.policy;
	assert_int_equal(policy_since(&relay, NOW), NOW - DAY);
	assert_int_equal(policy_since(&complaints, HOUR), 0);
}

static void test_what_counts_for_a_sublist(void **state)
{
	static const struct {
		const char *evidence;
		bool hijacked, relay;
	} cases[] = {
		{"spam1@1", true, false},       {"fraud1@1", true, false},
		{"virus1@1", true, false},      {"other1@1", false, false},
		{"notspam1@1", false, false},   {"authfailure1@1", false, false},
		{"review1@1", false, false},    {"proof1@1", false, true},
		{"suspicion1@1", false, false}, {"refused1@1", false, false},
		{"loggedin1@1", false, false},
	};
	struct sublist_config complaints = hijacked();
	struct sublist_config relay = {.name = relay_name};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evidence e = evidence_from(cases[i].evidence);

		print_message("%s\n", cases[i].evidence);
		assert_int_equal(policy_counts(&complaints, &e.report), cases[i].hijacked);
		assert_int_equal(policy_counts(&relay, &e.report), cases[i].relay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_thresholds_are_the_sublists),
		cmocka_unit_test(test_without_a_policy_complaints_list_nothing),
		cmocka_unit_test(test_relay_tests),
		cmocka_unit_test(test_claims_end_after_the_last_evidence),
		cmocka_unit_test(test_claims_that_would_be_over_are_not_made),
		cmocka_unit_test(test_a_relay_sublist_may_have_a_policy_too),
		cmocka_unit_test(test_reasons_name_the_rule_and_its_figures),
		cmocka_unit_test(test_dates_that_cannot_be_are_replaced_by_the_receipt),
		cmocka_unit_test(test_dates_from_the_future_list_and_age),
		cmocka_unit_test(test_what_counts_for_a_sublist),
		cmocka_unit_test(test_a_removal_by_hand_makes_what_was_known_before_worthless),
		cmocka_unit_test(test_what_is_older_than_since_cannot_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
