/*
 * test_policy_listing.c: for how long an address is listed, and why: extensions, relapses, cooling
 * off, removals by hand, reasons. Evidence is written as policy_case.h says.
 */
#include "policy_case.h"

static char relay_name[] = "relay";

/* Three reports at a time, which list. */
#define THREE(when) "spam1@" when " spam2@" when " spam3@" when " "

static void test_listings_end_after_the_last_evidence(void **state)
{
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	assert_int_equal(decide(&sublist, "spam1@20 spam2@5 spam1@9").expires,
			 NOW - 5 * HOUR + 7 * DAY);
	/* What does not count does not lengthen. */
	assert_int_equal(decide(&sublist, "spam1@20 spam2@5 spam1@9 other3@1 proof1@0").expires,
			 NOW - 5 * HOUR + 7 * DAY);
	assert_int_equal(decide(&relay, "proof1@20 proof2@48 suspicion1@1").expires,
			 NOW - 20 * HOUR + 30 * DAY);
	/* The end itself is no longer listed. */
	assert_true(decide_at(&sublist, THREE("0"), 0, NOW + 7 * DAY - 1).listed);
	assert_false(decide_at(&sublist, THREE("0"), 0, NOW + 7 * DAY).listed);
}

static void test_listings_that_would_be_over_are_not_made(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.expires_s = 2 * HOUR;
	assert_false(decide(&sublist, "spam1@2 spam2@3 spam1@4").listed);
	assert_true(decide(&sublist, "spam1@7199s spam2@3 spam1@4").listed);
}

static void test_permanent_is_only_by_hand(void **state)
{
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	sublist.expires_s = 0;
	relay.expires_s = 0;
	assert_int_equal(decide(&sublist, THREE("5")).expires, NOW - 5 * HOUR + 30 * DAY);
	assert_int_equal(decide(&relay, "proof1@5").expires, NOW - 5 * HOUR + 30 * DAY);
	assert_false(decide(&relay, "proof1@30d").listed);
}

static void test_evidence_during_a_listing_puts_off_the_end(void **state)
{
	struct sublist_config sublist = hijacked();
	struct verdict v;

	(void)state;
	/* One report, of a rule that wants three. */
	v = decide(&sublist, THREE("5d") "spam1@1");
	assert_int_equal(v.expires, NOW - HOUR + 7 * DAY);
	assert_int_equal(v.since, NOW - 5 * DAY);
	assert_int_equal(v.level, 0);
	/* As often as it comes; and it stays one listing. */
	v = decide(&sublist, THREE("40d") "spam1@34d spam1@28d spam1@22d spam1@16d spam1@10d "
					  "spam1@4d");
	assert_int_equal(v.expires, NOW + 3 * DAY);
	assert_int_equal(v.since, NOW - 40 * DAY);
	assert_int_equal(v.level, 0);
	/* A gap ends it. */
	assert_false(decide(&sublist, THREE("40d") "spam1@34d spam1@26d spam1@22d spam1@16d "
						   "spam1@10d spam1@4d")
			     .listed);
	/* At the end it is over. */
	assert_false(decide(&sublist, THREE("10d") "spam1@3d").listed);
	assert_true(decide(&sublist, THREE("10d") "spam1@259201s").listed);
	/* Praise does not shorten it, nor does it put off the end. */
	assert_int_equal(decide(&sublist, THREE("5d") "notspam1@1 notspam2@1 notspam3@1").expires,
			 NOW + 2 * DAY);
}

static void test_a_relapse_lasts_longer_up_to_a_cap(void **state)
{
	static const struct {
		const char *evidence;
		uint64_t days; /* after the last */
		unsigned level;
	} cases[] = {
		{THREE("5d"), 7, 0},
		{THREE("15d") THREE("5d"), 14, 1},
		/* The third comes after 14 days, the fourth after 28, the fifth after 56. */
		{THREE("25d") THREE("16d") THREE("1d"), 28, 2},
		{THREE("60d") THREE("50d") THREE("30d") THREE("1d"), 56, 3},
		{THREE("112d") THREE("104d") THREE("89d") THREE("60d") THREE("1d"), 90, 4},
		/* Within a listing it is none. */
		{THREE("20d") THREE("10d") THREE("1d"), 14, 1},
		{THREE("6d") THREE("1d"), 7, 0},
		{THREE("168h") THREE("0"), 14, 1},
		{THREE("604799s") THREE("0"), 7, 0},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evidence evidence[WORDS_MOST];
		size_t count = evidence_all(cases[i].evidence, evidence);
		struct verdict v = decide(&sublist, cases[i].evidence);

		print_message("%s\n", cases[i].evidence);
		assert_int_equal(v.level, cases[i].level);
		assert_int_equal(v.expires,
				 evidence[count - 1].report.observed + cases[i].days * DAY);
	}
}

static void test_the_policy_says_how_much_longer(void **state)
{
	static const struct {
		uint32_t relapse;
		uint64_t max_days;
		uint64_t days;
		unsigned level;
	} cases[] = {
		{2000, 90, 28, 2},
		{1500, 90, 15, 2}, /* 7 * 1.5 * 1.5 = 15.75 */
		{3000, 90, 63, 2},
		{10000, 90, 90, 2},
		{100000, 90, 90, 1},
		{2000, 28, 28, 2},
		{2000, 27, 27, 2},
		{2000, 14, 14, 1},
		/* It is never shorter than the sublist has it, … */
		{2000, 1, 7, 0},
		{2000, 7, 7, 0},
		/* … and without growth there are no levels. */
		{1000, 90, 7, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sublist_config sublist = hijacked();
		const char *words = THREE("120d") THREE("106d") THREE("0");

		sublist.policy.relapse = cases[i].relapse;
		sublist.policy.max_expires_s = cases[i].max_days * DAY;
		/* So that nothing cools off, and the second is over before the third. */
		sublist.policy.cool_off_s = 1000 * DAY;
		struct verdict v = decide(&sublist, words);
		print_message("relapse %u, up to %u days\n", cases[i].relapse,
			      (unsigned)cases[i].max_days);
		assert_int_equal(v.level, cases[i].level);
		assert_int_equal((v.expires - NOW) / DAY, cases[i].days);
	}
}

static void test_each_relapse_is_longer_by_a_second_at_least(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.policy.relapse = 1001;
	/* 604800 and its thousandth part */
	assert_int_equal(decide(&sublist, THREE("8d") THREE("0")).expires, NOW + 605405);
	sublist.expires_s = 1;
	assert_int_equal(decide(&sublist, THREE("2s") THREE("0")).expires, NOW + 2);
}

static void test_anonymous_complaints_alone_keep_nobody_listed(void **state)
{
	struct sublist_config sublist = hijacked();
	uint64_t until = NOW - 2 * DAY + 7 * DAY;

	(void)state;
	assert_int_equal(decide(&sublist, THREE("2d")).expires, until);
	assert_int_equal(decide(&sublist, THREE("2d") "spam9@1/anon").expires, until);
	assert_int_equal(decide(&sublist, THREE("2d") "spam9@1").expires, NOW - HOUR + 7 * DAY);
	/* Where they and others would list it anew, it is listed as long as then. */
	assert_int_equal(decide(&sublist, THREE("2d") "spam1@2 spam2@2 spam9@1/anon").expires,
			 NOW - HOUR + 7 * DAY);
}

static void test_time_without_a_listing_undoes_relapses(void **state)
{
	static const struct {
		const char *evidence;
		unsigned level;
	} cases[] = {
		{THREE("100d") THREE("92d"), 1},
		/* Long enough ago it is as if it had never been. */
		{THREE("100d") THREE("62d"), 0},
		{THREE("100d") THREE("5d"), 0},
		/* Level 2 at 100d, until 72d; then one less for each 30 days, and one more. */
		{THREE("130d") THREE("122d") THREE("100d") THREE("72d"), 3},
		{THREE("130d") THREE("122d") THREE("100d") THREE("3628801s"), 3},
		{THREE("130d") THREE("122d") THREE("100d") THREE("42d"), 2},
		{THREE("130d") THREE("122d") THREE("100d") THREE("1036801s"), 2},
		{THREE("130d") THREE("122d") THREE("100d") THREE("12d"), 1},
		{THREE("230d") THREE("222d") THREE("200d") THREE("1d"), 0},
		/* What puts off the end puts off the cooling too. */
		{THREE("130d") THREE("122d") THREE("100d") "spam1@90d " THREE("12d"), 2},
	};
	struct sublist_config sublist = hijacked();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct evidence evidence[WORDS_MOST];
		size_t count = evidence_all(cases[i].evidence, evidence);
		uint64_t last = evidence[count - 1].report.observed;

		print_message("%s\n", cases[i].evidence);
		assert_int_equal(decide_at(&sublist, cases[i].evidence, 0, last).level,
				 cases[i].level);
	}
	/* Level 2 until 14 days ago, which is twice the time: level 0, and a relapse. */
	const char *words = THREE("67d") THREE("59d") THREE("42d") THREE("0");
	sublist.policy.cool_off_s = 7 * DAY;
	assert_int_equal(decide(&sublist, words).level, 1);
	sublist.policy.cool_off_s = 7 * DAY + 1;
	assert_int_equal(decide(&sublist, words).level, 2);
}

/* However long it was at the cap: one cool_off is enough for one step down. */
static void test_levels_end_where_the_cap_does(void **state)
{
	struct sublist_config sublist = hijacked();
	struct verdict v;

	(void)state;
	sublist.policy.max_expires_s = 14 * DAY;
	v = decide(&sublist,
		   THREE("100d") THREE("90d") THREE("70d") THREE("50d") THREE("30d") THREE("10d"));
	assert_int_equal(v.level, 1);
	assert_int_equal(v.expires, NOW + 4 * DAY);
}

static void test_a_removal_by_hand_makes_what_was_known_before_worthless(void **state)
{
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = sublist_named(relay_name);
	const char *three = "spam1@60s spam2@59s spam3@58s";
	struct verdict v;

	(void)state;
	assert_true(decide_at(&sublist, three, NOW - 61, NOW).listed);
	/* The first was observed in the second of the removal: two are left of three. */
	assert_false(decide_at(&sublist, three, NOW - 60, NOW).listed);
	assert_true(decide_at(&relay, "proof1@1", 0, NOW).listed);
	assert_false(decide_at(&relay, "proof1@1", NOW - HOUR, NOW).listed);
	assert_true(decide_at(&relay, "proof1@1", NOW - HOUR - 1, NOW).listed);
	assert_false(decide_at(&relay, "suspicion1@1", NOW - HOUR, NOW).candidate);
	/* Relapses are forgotten, and so is praise. */
	v = decide_at(&sublist, THREE("20d") THREE("5d") THREE("1"), NOW - 4 * DAY, NOW);
	assert_int_equal(v.level, 0);
	assert_int_equal(v.expires, NOW - HOUR + 7 * DAY);
	assert_int_equal(v.since, NOW - HOUR);
	assert_true(decide_at(&sublist, "notspam1@2 " THREE("1"), NOW - 2 * HOUR, NOW).listed);
	assert_false(decide_at(&sublist, "notspam1@2 " THREE("1"), NOW - 3 * HOUR, NOW).listed);
}

static void test_since_is_when_this_listing_began(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	assert_int_equal(decide(&sublist, "spam1@9 spam2@8 spam1@7 spam1@6").since, NOW - 7 * HOUR);
	assert_int_equal(decide(&sublist, THREE("20d") THREE("1")).since, NOW - HOUR);
	/* A clock that is ahead lists at once. */
	assert_int_equal(decide(&sublist, "spam1@-1 spam2@-1 spam1@-2").since, NOW);
}

static void test_reasons_name_the_rule_and_its_figures(void **state)
{
	static const struct {
		const char *evidence, *reason;
	} cases[] = {
		{"spam1@1 spam2@2 spam1@3 spam1@4",
		 "complaints: 4 reports by 2 reporters within 1d"},
		{THREE("1"), "complaints: 3 reports by 3 reporters within 1d"},
		/* A weight that is not the number is told. */
		{"spam1@1/trap spam2@1",
		 "complaints: 2 reports (weight 4) by 2 reporters within 1d"},
		{"spam1@1 spam2@2 spam1@3 spam1@4/sure=50",
		 "complaints: 4 reports (weight 3.5) by 2 reporters within 1d"},
		{"spam1@1 spam2@2 spam1@3 spam1@4/trust=0.25",
		 "complaints: 4 reports (weight 3.25) by 2 reporters within 1d"},
		{"spam1@1 spam2@2 spam1@3 spam1@4/trust=0.001",
		 "complaints: 4 reports (weight 3) by 2 reporters within 1d"},
		{"spam1@1 spam2@2 spam1@3 spam1@4/trust=0.999",
		 "complaints: 4 reports by 2 reporters within 1d"},
		/* Praise takes weight, and its reporter is none of those. */
		{"spam1@1 spam2@2 spam1@3 spam1@4 notspam3@5",
		 "complaints: 4 reports (weight 3) by 2 reporters within 1d"},
		/* Single reports afterwards do not make it look weaker than it was. */
		{THREE("5d") "spam1@1", "complaints: 3 reports by 3 reporters within 1d"},
		{THREE("5d") "spam1@1 spam2@1 spam2@2 spam2@3",
		 "complaints: 4 reports by 2 reporters within 1d"},
		{THREE("15d") THREE("5d"),
		 "complaints: 3 reports by 3 reporters within 1d, relapse 1"},
	};
	struct sublist_config sublist = hijacked();
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(decide(&sublist, cases[i].evidence).reason, cases[i].reason);
	}
	sublist.policy.within_s = 36 * HOUR;
	assert_string_equal(decide(&sublist, THREE("1")).reason,
			    "complaints: 3 reports by 3 reporters within 36h");
	sublist.policy.within_s = 4 * HOUR + 1;
	assert_string_equal(decide(&sublist, THREE("1")).reason,
			    "complaints: 3 reports by 3 reporters within 14401s");
	assert_string_equal(
		decide(&relay, "proof1@14 proof1@38").reason,
		"relay test: 2 delivered a stranger's mail, the last at 2026-11-21T10:00:00Z");
	assert_string_equal(decide(&relay, "proof1@40d proof1@14").reason,
			    "relay test: 1 delivered a stranger's mail, the last at "
			    "2026-11-21T10:00:00Z, relapse 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listings_end_after_the_last_evidence),
		cmocka_unit_test(test_listings_that_would_be_over_are_not_made),
		cmocka_unit_test(test_permanent_is_only_by_hand),
		cmocka_unit_test(test_evidence_during_a_listing_puts_off_the_end),
		cmocka_unit_test(test_a_relapse_lasts_longer_up_to_a_cap),
		cmocka_unit_test(test_the_policy_says_how_much_longer),
		cmocka_unit_test(test_each_relapse_is_longer_by_a_second_at_least),
		cmocka_unit_test(test_anonymous_complaints_alone_keep_nobody_listed),
		cmocka_unit_test(test_time_without_a_listing_undoes_relapses),
		cmocka_unit_test(test_levels_end_where_the_cap_does),
		cmocka_unit_test(test_a_removal_by_hand_makes_what_was_known_before_worthless),
		cmocka_unit_test(test_since_is_when_this_listing_began),
		cmocka_unit_test(test_reasons_name_the_rule_and_its_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
