/*
 * test_policy.c: which complaints list an address, case by case. Evidence is written as
 * policy_case.h says.
 */
#include "policy_case.h"

struct listed_case {
	const char *evidence;
	bool listed;
};

#define CHECK(sublist, cases)                                                            \
	do {                                                                             \
		for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++) {           \
			print_message("%s\n", (cases)[i].evidence);                      \
			assert_int_equal(decide(&(sublist), (cases)[i].evidence).listed, \
					 (cases)[i].listed);                             \
		}                                                                        \
	} while (0)

static void test_complaints(void **state)
{
	static const struct listed_case cases[] = {
		{"", false},
		{"spam1@1", false},
		{"spam1@1 spam2@2", false},
		{"spam1@1 spam2@2 spam1@3", true},
		{"spam1@1 spam2@2 spam3@3", true},
		{"spam1@1 spam1@2 spam1@3", false},
		{"spam1@1 spam1@2 spam1@3 spam1@4 spam1@5 spam1@6", false},
		{"spam1@1 spam1@2 spam1@3 spam2@4", true},
		/* All four kinds count, and together. */
		{"spam1@1 fraud2@2 virus1@3", true},
		{"fraud1@1 fraud2@2 fraud1@3", true},
		{"virus1@1 virus2@2 virus1@3", true},
		{"bot1@1 bot2@2 spam1@3", true},
		/* Nothing else does. */
		{"spam1@1 spam2@2 other1@3", false},
		{"spam1@1 spam2@2 attack1@3", false},
		{"spam1@1 spam2@2 vulnerable1@3", false},
		{"spam1@1 spam2@2 content1@3", false},
		{"spam1@1 spam2@2 authfailure3@3", false},
		{"spam1@1 spam2@2 optout3@3", false},
		{"spam1@1 spam2@2 ignored3@3", false},
		{"spam1@1 spam2@2 notspam3@3", false},
		{"spam1@1 spam2@2 review3@3", false},
		{"spam1@1 spam2@2 suspicion3@3", false},
		{"spam1@1 spam2@2 proof3@3", false},
		{"authfailure1@1 authfailure2@2 authfailure3@3 authfailure4@4", false},
		{"other1@1 other2@2 other3@3", false},
		{"spam1@1 spam1@2 spam1@3 authfailure2@4 other4@6", false},
		/* And what counts counts beside it. */
		{"spam1@1 spam2@2 spam1@3 authfailure1@5 proof1@2", true},
		/* However many incidents a report is of, it is one report. */
		{"spam1@1/times=1000 spam2@2/times=1000", false},
		/* Exactly `within` from the first to the last is within. */
		{"spam1@1 spam2@2 spam1@25", true},
		{"spam1@1 spam2@2 spam1@90001s", false},
		{"spam1@1 spam1@1 spam1@1 spam2@90000s", true},
		{"spam1@1 spam1@1 spam1@1 spam2@90001s", false},
		{"spam1@100 spam2@200 spam1@300", false},
		/* A clock that is a little ahead. */
		{"spam1@0 spam2@-1 spam1@-24", true},
		/* In any order, and at once. */
		{"spam1@24 spam2@1 spam1@3", true},
		{"spam1@1 spam2@1 spam1@1", true},
		/* Whoever was listed yesterday is so today, with nothing new. */
		{"spam1@30 spam2@30 spam1@30", true},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	CHECK(sublist, cases);
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
		{0, 0, "notspam1@1", false},
		{0, 0, "spam1@1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sublist_config sublist = hijacked();

		sublist.policy.reports = cases[i].reports;
		sublist.policy.reporters = cases[i].reporters;
		print_message("%s\n", cases[i].evidence);
		assert_int_equal(decide(&sublist, cases[i].evidence).listed, cases[i].listed);
	}
}

static void test_categories_are_the_sublists(void **state)
{
	static const struct listed_case cases[] = {
		{"attack1@1 attack2@2 attack1@3", true},
		{"attack1@1 vulnerable2@2 attack1@3", true},
		{"attack1@1 attack2@2 spam1@3", false},
		{"spam1@1 spam2@2 spam1@3", false},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.categories = 1 << CATEGORY_ATTACK | 1 << CATEGORY_VULNERABLE;
	CHECK(sublist, cases);
}

static void test_without_a_policy_complaints_list_nothing(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.given = false;
	assert_false(decide(&sublist, "spam1@1 spam2@2 spam3@3 proof1@1").listed);
}

static void test_reports_weigh_as_much_as_they_are_believed(void **state)
{
	static const struct listed_case cases[] = {
		/* Trust */
		{"spam1@1/trust=0.5 spam2@2/trust=0.5 spam3@3 spam3@4", true},
		{"spam1@1/trust=0.5 spam2@2/trust=0.499 spam3@3 spam3@4", false},
		{"spam1@1/trust=10", false},
		{"spam1@1/trust=2 spam2@1", true},
		{"spam1@1/trust=1.999 spam2@1", false},
		{"spam1@1/trust=0.1 spam2@1/trust=0.1 spam3@1/trust=0.1", false},
		/* Confidence */
		{"spam1@1/sure=60 spam2@2/sure=80 spam3@3/sure=80 spam3@4/sure=80", true},
		{"spam1@1/sure=60 spam2@2/sure=80 spam3@3/sure=80 spam3@4/sure=79", false},
		{"spam1@1/sure=60 spam2@2/sure=60 spam1@3/sure=60 spam2@4/sure=60", false},
		{"spam1@1/sure=60 spam2@2/sure=60 spam1@3/sure=60 spam2@4/sure=60 spam1@5/sure=60",
		 true},
		/* Spam traps */
		{"spam1@1/trap", false},
		{"spam1@1/trap/trust=0.5 spam2@2/trust=1.5", true},
		{"spam1@1/trap/trust=0.5 spam2@2/trust=1.499", false},
		{"spam1@1/trap/sure=60 spam2@2/sure=60 spam2@3/sure=60", true},
		{"spam1@1/trap/sure=60 spam2@2/sure=60 spam2@3/sure=59", false},
		/* All together: 2 * 0.6 * 3 */
		{"spam1@1/trap/trust=2/sure=60 spam2@2/trust=0.001", true},
		/* Weight nothing is no reporter. */
		{"spam1@1/trap spam2@1/trust=0", false},
		{"spam1@1/trap spam2@1/sure=0", false},
		{"spam1@1/trap spam2@1/trust=0.001", true},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	CHECK(sublist, cases);
	sublist.policy.trap_weight = 0;
	assert_false(decide(&sublist, "spam1@1/trap spam2@1 spam3@1").listed);
	assert_true(decide(&sublist, "spam1@1/trap spam2@1 spam3@1 spam2@1").listed);
}

static void test_praise_takes_weight_away(void **state)
{
	static const struct listed_case cases[] = {
		{"spam1@1 spam2@2 spam3@3 notspam4@4", false},
		{"spam1@1 spam2@2 spam3@3 spam1@4 notspam4@5", true},
		/* As much as its reporter is trusted, however sure it is. */
		{"spam1@1 spam2@2 spam3@3 spam1@4/trust=0.5 notspam4@5/trust=0.5", true},
		{"spam1@1 spam2@2 spam3@3 spam1@4/trust=0.5 notspam4@5/trust=0.501", false},
		{"spam1@1 spam2@2 spam3@3 spam1@4/sure=60 notspam4@5/sure=60", false},
		{"spam1@1 spam2@2 spam3@3 notspam4@5/trust=0", true},
		{"spam1@1 spam2@2 spam3@3 notspam4@5/sure=1/trust=0.001", false},
		/* Traps make complaints heavier, not praise. */
		{"spam1@1/trap spam2@2 notspam1@3/trap", true},
		/* After the window it is over. */
		{"spam1@1 spam2@2 spam3@3 notspam4@25", false},
		{"spam1@1 spam2@2 spam3@3 notspam4@90001s", true},
		/* It may be of the same second, but what comes later is too late. */
		{"spam1@1 spam2@2 spam3@3 notspam4@1", false},
		{"spam1@1 spam2@2 spam3@3 notspam4@0", true},
		/* Who praises more than he complains is no complainer. */
		{"spam1@1 spam1@2 spam1@3 spam1@4 spam2@5 notspam2@6", false},
		{"spam1@1 spam1@2 spam1@3 spam1@4 spam2@5 notspam2@6 spam2@4", true},
		{"spam1@1 spam1@2 spam1@3 spam1@4 spam2@5 spam2@6 notspam2@7", true},
		/* The others' praise makes no difference to that. */
		{"spam1@1 spam1@2 spam1@3 spam2@4 notspam3@6", true},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	CHECK(sublist, cases);
	sublist.policy.negative_weight = 500;
	assert_true(
		decide(&sublist, "spam1@1 spam2@2 spam3@3 spam1@4 notspam4@4 notspam5@5").listed);
	assert_false(decide(&sublist, "spam1@1 spam2@2 spam3@3 notspam4@4").listed);
	sublist.policy.negative_weight = 0;
	assert_true(decide(&sublist, "spam1@1 spam2@2 spam3@3 notspam4@4 notspam5@5").listed);
}

/* Anybody can write it. */
static void test_anonymous_praise_offsets_anonymous_complaints_alone(void **state)
{
	static const struct listed_case cases[] = {
		{"spam1@1 spam2@2 spam1@3 notspam9@4/anon notspam9@5/anon", true},
		{"spam1@1 spam2@2 spam9@3/anon", true},
		{"spam1@1 spam2@2 spam9@3/anon notspam9@4/anon", false},
		/* Nor does a surplus of praise on one side help the other. */
		{"spam1@1 spam2@2 spam9@3/anon notspam9@4/anon spam1@5", true},
		{"spam9@1/anon spam9@2/anon spam9@3/anon spam1@4 notspam1@5 notspam1@6", false},
		{"spam9@1/anon spam9@2/anon spam9@3/anon spam1@4/trust=0.1", true},
		{"spam1@1 spam2@2 notspam3@3 notspam3@4 notspam3@5 spam9@3/anon spam9@3/anon "
		 "spam9@3/anon",
		 true},
		/* All who are anonymous are one reporter. */
		{"spam9@1/anon spam9@2/anon spam9@3/anon spam9@4/anon", false},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	CHECK(sublist, cases);
}

static void test_weights_halve_in_each_half_life(void **state)
{
	static const struct listed_case cases[] = {
		/* 1 + 1/2 + 1/4 + … stays below 2. */
		{"spam1@1 spam2@7 spam1@13 spam2@19 spam1@25", false},
		/* All at once is three. */
		{"spam1@1 spam2@1 spam1@1", true},
		/* 1 + 1 + 1/2 + 1/2 */
		{"spam1@1 spam2@1 spam1@7 spam2@7", true},
		{"spam1@1 spam2@1 spam1@7 spam2@25201s", false},
		/* In half of the time by a root of 2: 2 * 1.41421 */
		{"spam1@1 spam2@4/trust=2.829", true},
		{"spam1@1 spam2@4/trust=2.828", false},
		/* It is the age at the time of the last that counts, not that of now. */
		{"spam1@100 spam2@100 spam1@106 spam2@106", true},
		/* 1 + 1 + 1 + 1/2 - 1/2, and praise that has not aged */
		{"spam1@1 spam2@1 spam1@1 spam2@7 notspam3@7", true},
		{"spam1@1 spam2@1 spam1@1 spam2@7 notspam3@6", false},
		/* A reporter's old complaints against his young praise */
		{"spam1@1/trap spam2@13 notspam2@7", false},
		{"spam1@1/trap spam2@13/trap notspam2@7", true},
		{"spam1@1/trap spam2@7 notspam2@13", true},
		{"spam1@1/trap spam2@7 notspam2@7", false},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.half_life_s = 6 * HOUR;
	CHECK(sublist, cases);

	/* A reporter counts however little of him is left. */
	sublist.policy.half_life_s = 1;
	assert_true(decide(&sublist, "spam1@1/trap spam2@2").listed);
	assert_false(decide(&sublist, "spam1@1/trap spam2@26").listed);
}

static void test_what_came_in_too_late_is_passed_over(void **state)
{
	static const struct listed_case cases[] = {
		{"spam1@1 spam2@1 spam3@1/late=24", true},
		{"spam1@1 spam2@1 spam3@1/late=24.01", false},
		{"spam1@100/late=100 spam2@100/late=100 spam3@100/late=100", false},
		{"spam1@100 spam2@100 spam3@100", true},
		/* Late praise is late too. */
		{"spam1@1 spam2@1 spam3@1 notspam4@2/late=24", false},
		{"spam1@1 spam2@1 spam3@1 notspam4@2/late=25", true},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.max_age_s = DAY;
	CHECK(sublist, cases);
	/* Complaints come in within the window, or not at all. */
	sublist.policy.max_age_s = 0;
	CHECK(sublist, cases);

	sublist = sublist_named(hijacked().name);
	char relay_name[] = "relay";
	sublist.name = relay_name;
	sublist.policy.max_age_s = DAY;
	assert_true(decide(&sublist, "proof1@48/late=24").listed);
	assert_false(decide(&sublist, "proof1@48/late=25").listed);
	assert_true(decide(&sublist, "suspicion1@48/late=24").candidate);
	assert_false(decide(&sublist, "suspicion1@48/late=25").candidate);
	assert_false(decide(&sublist, "proof1@48/late=1 refused1@40/late=1").listed);
	assert_true(decide(&sublist, "proof1@48/late=1 refused1@40/late=40").listed);
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

/* Such a report counts from when it was received, like any other, and is never late. */
static void test_dates_from_the_future_list_and_age(void **state)
{
	struct sublist_config sublist = hijacked();
	struct evidence evidence[3];
	struct verdict verdict;

	(void)state;
	sublist.policy.max_age_s = 1;
	for (unsigned i = 0; i < 3; i++) {
		evidence[i] = evidence_from("spam1@0");
		evidence[i].reporter = i;
		evidence[i].received = NOW - DAY;
		evidence[i].report.observed = NOW + 365 * DAY;
	}
	policy_decide(&sublist, evidence, 3, 0, NOW, &verdict);
	assert_true(verdict.listed);
	assert_int_equal(verdict.expires, NOW - DAY + 7 * DAY);
	policy_decide(&sublist, evidence, 3, 0, NOW - DAY + 7 * DAY, &verdict);
	assert_false(verdict.listed);
}

static void test_what_counts_for_a_sublist(void **state)
{
	static const struct {
		const char *evidence;
		bool hijacked, relay, multihop;
	} cases[] = {
		{"spam1@1", true, false, false},
		{"fraud1@1", true, false, false},
		{"virus1@1", true, false, false},
		{"bot1@1", true, false, false},
		{"attack1@1", false, false, false},
		{"other1@1", false, false, false},
		{"notspam1@1", true, false, false},
		{"ignored1@1", false, false, false},
		{"authfailure1@1", false, false, false},
		{"optout1@1", false, false, false},
		{"review1@1", false, false, false},
		{"proof1@1", false, true, false},
		{"suspicion1@1", false, true, false},
		{"refused1@1", false, true, false},
		{"loggedin1@1", false, false, false},
		{"proof1@1/output", false, false, true},
		{"suspicion1@1/output", false, false, false},
		{"refused1@1/output", false, false, false},
	};
	char relay_name[] = "relay", multihop_name[] = "multihop";
	struct sublist_config complaints = hijacked();
	struct sublist_config relay = sublist_named(relay_name);
	struct sublist_config multihop = sublist_named(multihop_name);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evidence e = evidence_from(cases[i].evidence);

		print_message("%s\n", cases[i].evidence);
		assert_int_equal(policy_counts(&complaints, &e), cases[i].hijacked);
		assert_int_equal(policy_counts(&relay, &e), cases[i].relay);
		assert_int_equal(policy_counts(&multihop, &e), cases[i].multihop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_thresholds_are_the_sublists),
		cmocka_unit_test(test_categories_are_the_sublists),
		cmocka_unit_test(test_without_a_policy_complaints_list_nothing),
		cmocka_unit_test(test_reports_weigh_as_much_as_they_are_believed),
		cmocka_unit_test(test_praise_takes_weight_away),
		cmocka_unit_test(test_anonymous_praise_offsets_anonymous_complaints_alone),
		cmocka_unit_test(test_weights_halve_in_each_half_life),
		cmocka_unit_test(test_what_came_in_too_late_is_passed_over),
		cmocka_unit_test(test_dates_that_cannot_be_are_replaced_by_the_receipt),
		cmocka_unit_test(test_dates_from_the_future_list_and_age),
		cmocka_unit_test(test_what_counts_for_a_sublist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
