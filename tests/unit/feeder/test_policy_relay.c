/*
 * test_policy_relay.c: what relay tests list, case by case, and of which prefix a listing is.
 * Evidence is written as policy_case.h says.
 */
#include "policy_case.h"

static char relay_name[] = "relay", relays_name[] = "relays", multihop_name[] = "multihop";

struct relay_case {
	const char *evidence;
	bool listed, candidate;
};

static void check(const struct sublist_config *sublist, const struct relay_case *cases,
		  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct verdict v = decide(sublist, cases[i].evidence);

		print_message("%s\n", cases[i].evidence);
		assert_int_equal(v.listed, cases[i].listed);
		assert_int_equal(v.candidate, cases[i].candidate);
	}
}

#define CHECK(sublist, cases) check(&(sublist), cases, sizeof(cases) / sizeof *(cases))

static void test_a_proof_lists_as_long_as_a_claim_lasts(void **state)
{
	static const struct relay_case cases[] = {
		{"", false, false},
		{"proof1@1", true, false},
		{"loggedin1@1", false, false},
		{"refused1@1", false, false},
		{"spam1@1 spam2@2 spam3@3", false, false},
		{"proof1@-24", true, false},
		{"proof1@719", true, false},
		{"proof1@2591999s", true, false},
		{"proof1@2592000s", false, false},
		{"proof1@9999", false, false},
		/* It is no matter of what the test delivered through. */
		{"proof1@1/output", false, false},
		{"proof1@1/trap/trust=0.4", false, true},
	};
	struct sublist_config relay = sublist_named(relay_name);
	struct sublist_config other = sublist_named(relays_name);

	(void)state;
	CHECK(relay, cases);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(decide(&other, cases[i].evidence).listed);
	}
}

static void test_proofs_add_up_to_trust_in_distinct_reporters(void **state)
{
	static const struct relay_case cases[] = {
		{"proof1@1/trust=0.5", false, true},
		{"proof1@1/trust=0.999", false, true},
		{"proof1@1/trust=0.5 proof1@2/trust=0.5 proof1@3/trust=0.5", false, true},
		{"proof1@1/trust=0.5 proof2@2/trust=0.5", true, false},
		{"proof1@1/trust=0.5 proof2@2/trust=0.499", false, true},
		{"proof1@1/trust=0.5 proof2@2/trust=0.25 proof3@3/trust=0.25", true, false},
		{"proof1@1/sure=60", false, true},
		{"proof1@1/sure=60 proof2@1/sure=40", true, false},
		{"proof1@1/sure=60/trust=2", true, false},
		{"proof1@1/trust=0", false, false},
		/* His latest proof is what counts. */
		{"proof1@2/trust=1 proof1@1/sure=50 proof2@3/trust=0.4", true, false},
		{"proof1@3/sure=50 proof1@1/sure=60 proof2@2/trust=0.4", true, false},
		{"proof1@3/sure=60 proof1@2/sure=50 proof2@1/trust=0.4", false, true},
		{"proof1@2/sure=50/host=1 proof1@2/sure=60/host=0 proof2@1/trust=0.4", true, false},
		{"proof1@2/sure=60/host=0 proof1@2/sure=50/host=1 proof2@1/trust=0.4", true, false},
		/* While a listing would last, both count. */
		{"proof1@719/trust=0.5 proof2@0/trust=0.5", true, false},
		{"proof1@2591999s/trust=0.5 proof2@0/trust=0.5", true, false},
		{"proof1@2592000s/trust=0.5 proof2@0/trust=0.5", false, true},
		/* One who proved it again counts again. */
		{"proof1@720/trust=0.5 proof1@300/trust=0.5 proof2@0/trust=0.5", true, false},
	};
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	CHECK(relay, cases);
}

static void test_a_later_test_takes_his_own_proof_away(void **state)
{
	static const struct relay_case cases[] = {
		{"proof1@5 refused1@1", false, false},
		{"proof1@1 refused1@5", true, false},
		{"proof1@5 refused1@3 proof1@1", true, false},
		/* In the same second it is mended. */
		{"proof1@5 refused1@5", false, false},
		{"proof1@9 proof1@5 refused1@5", false, false},
		/* Nobody else's. */
		{"proof1@5 refused2@1", true, false},
		{"proof1@5 proof2@4 refused1@1", true, false},
		{"proof1@5 proof2@4 refused1@1 refused2@0", false, false},
		{"proof1@5 refused9@1/anon", true, false},
		{"proof1@5 refused1@1/trust=0", true, false},
		{"proof1@5 refused1@1/sure=0", false, false},
		/* All his proofs. */
		{"proof1@9 proof1@8 proof1@7 refused1@1", false, false},
		{"proof1@5/trust=0.5 proof2@4/trust=0.5 refused1@1", true, false},
		{"proof1@5/trust=0.5 refused1@3 proof2@1/trust=0.5", false, true},
		/* What it took away is not taken away once more when it is forgotten. */
		{"proof1@40d/trust=0.5 refused1@35d proof1@20d/trust=0.5 proof2@1/trust=0.5", true,
		 false},
		/* What began before counts as well, though it would no longer make a sum. */
		{"proof1@1000 proof1@700 proof2@690 refused1@1 refused2@1", false, false},
		{"proof1@1000 proof1@700 proof2@690 refused1@1", true, false},
		{"proof1@1000 proof2@300 refused2@1", true, false},
		/* Of a listing that was over by itself nothing is left. */
		{"proof1@3000 proof2@100 refused2@1", false, false},
		{"proof1@3000 proof2@100 refused1@1", true, false},
		/* No conclusion: */
		{"proof1@5 loggedin1@1", true, false},
		{"proof1@5 suspicion1@1", true, false},
		{"proof1@5 spam1@1", true, false},
	};
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	CHECK(relay, cases);
}

static void test_a_mended_relay_is_a_relapse_when_it_comes_back(void **state)
{
	struct sublist_config relay = sublist_named(relay_name);
	struct verdict v = decide(&relay, "proof1@30d refused1@29d proof1@10d");

	(void)state;
	assert_true(v.listed);
	assert_int_equal(v.level, 1);
	assert_int_equal(v.since, NOW - 10 * DAY);
	assert_int_equal(v.expires, NOW + 50 * DAY);
	/* One that was over before anybody knew of it never was. */
	assert_int_equal(decide(&relay, "proof1@60d proof1@10d").level, 1);
	assert_int_equal(decide(&relay, "proof1@60d/late=1440 proof1@10d").level, 0);
	/* What it cools off from is when it was mended. */
	assert_int_equal(decide(&relay, "proof1@50d refused1@39d proof1@10d").level, 1);
	assert_int_equal(decide(&relay, "proof1@50d refused1@40d proof1@10d").level, 0);
	assert_int_equal(
		decide(&relay, "proof1@60d refused1@50d proof1@40d refused1@39d proof1@9d").level,
		1);
	assert_int_equal(
		decide(&relay, "proof1@60d refused1@50d proof1@40d refused1@39d proof1@777601s")
			.level,
		2);
}

static void test_complaints_are_not_ended_by_a_relay_test(void **state)
{
	struct sublist_config sublist = hijacked();

	(void)state;
	sublist.name = relay_name;
	assert_true(decide(&sublist, "spam1@1 spam2@2 spam1@3").listed);
	assert_true(decide(&sublist, "proof1@1").listed);
	/* Whichever lasts longer. */
	struct verdict v = decide(&sublist, "spam1@1 spam2@2 spam1@3 proof1@9");
	assert_int_equal(v.expires, NOW - HOUR + 7 * DAY);
	assert_int_equal(v.since, NOW - 9 * HOUR);
	assert_int_equal(v.level, 0);
	assert_int_equal(strncmp(v.reason, "complaints: ", 12), 0);
	v = decide(&sublist, "spam1@7 spam2@6 spam1@5 proof1@4");
	assert_int_equal(v.expires, NOW - 4 * HOUR + 7 * DAY);
	assert_int_equal(strncmp(v.reason, "relay test: ", 12), 0);
	/* Without the proof, what the complaints give it. */
	v = decide(&sublist, "spam1@7 spam2@6 spam1@5 proof1@4 refused1@3");
	assert_int_equal(v.expires, NOW - 5 * HOUR + 7 * DAY);
	assert_int_equal(strncmp(v.reason, "complaints: ", 12), 0);
	/* A single complaint does not put off a listing that stands on a proof alone. */
	assert_int_equal(decide(&sublist, "proof1@9 spam1@1").expires, NOW - 9 * HOUR + 7 * DAY);
}

static void test_suspicions_list_nothing(void **state)
{
	static const struct relay_case cases[] = {
		{"suspicion1@1", false, true},
		{"suspicion1@1 suspicion2@2 suspicion3@3 suspicion4@4", false, true},
		{"suspicion1@2591999s", false, true},
		{"suspicion1@2592000s", false, false},
		{"suspicion1@1/output", false, false},
		{"suspicion1@1/trust=0", false, false},
		/* Until he knows better. */
		{"suspicion1@5 refused1@1", false, false},
		{"suspicion1@5 refused1@5", false, false},
		{"suspicion1@1 refused1@5", false, true},
		{"suspicion1@5 refused2@1", false, true},
		{"suspicion1@5 refused1@3 suspicion1@1", false, true},
		/* It is listed, or was mended. */
		{"suspicion1@5 proof1@1", true, false},
		{"suspicion1@5 proof2@1", true, false},
		{"proof1@5 suspicion1@1", true, false},
		{"suspicion1@5 proof1@5 refused1@1", false, false},
		{"suspicion1@5 proof1@1/sure=50", false, true},
		{"suspicion1@5 proof2@1/trust=0.5", false, true},
		{"proof1@9 suspicion2@5 refused1@1", false, true},
	};
	struct sublist_config relay = sublist_named(relay_name);
	struct sublist_config other = sublist_named(relays_name);
	struct sublist_config multihop = sublist_named(multihop_name);

	(void)state;
	CHECK(relay, cases);
	assert_false(decide(&other, "suspicion1@1").candidate);
	assert_false(decide(&multihop, "suspicion1@1 suspicion1@1/output").candidate);
	assert_string_equal(decide(&relay, "suspicion1@14 suspicion2@38 suspicion3@1 refused3@0")
				    .candidate_reason,
			    "relay test: suspected by 2, without enough proof, the last at "
			    "2026-11-21T10:00:00Z");
}

static void test_the_output_of_a_relay_is_multihop(void **state)
{
	static const struct relay_case cases[] = {
		{"proof1@1/output", true, false},
		{"proof1@2592000s/output", false, false},
		{"proof1@1", false, false},
		{"proof1@1/output/trust=0.5", false, false},
		{"proof1@1/output/trust=0.5 proof2@2/output/trust=0.5", true, false},
		{"proof1@1/output/trust=0.5 proof1@2/output/trust=0.5", false, false},
		{"suspicion1@1/output", false, false},
		/* That a relay is mended says nothing of what it delivered through. */
		{"proof1@5/output refused1@1", true, false},
		{"proof1@5/output refused1@1/output", true, false},
		{"spam1@1 spam2@1 spam3@1", false, false},
	};
	struct sublist_config multihop = sublist_named(multihop_name);

	(void)state;
	CHECK(multihop, cases);
	assert_string_equal(decide(&multihop, "proof1@14/output proof2@38/output").reason,
			    "relay test: 2 came back through it, the last at 2026-11-21T10:00:00Z");
}

/* One listing, several hosts: each is a relay for itself. */
static void test_hosts_of_one_prefix_are_tested_each_for_itself(void **state)
{
	static const struct relay_case cases[] = {
		{"proof1@5/host=1 refused1@1/host=2", true, false},
		{"proof1@5/host=1 refused1@1/host=1", false, false},
		{"proof1@5/host=1 proof1@5/host=2 refused1@1/host=1", true, false},
		{"proof1@5/host=1 proof1@5/host=2 refused1@1/host=1 refused1@1/host=2", false,
		 false},
		/* But it is one reporter who says it. */
		{"proof1@5/host=1/trust=0.5 proof1@5/host=2/trust=0.5", false, true},
		{"suspicion1@5/host=1 refused1@1/host=2", false, true},
	};
	struct sublist_config relay = sublist_named(relay_name);

	(void)state;
	CHECK(relay, cases);
}

static void assert_prefix(const struct prefix *prefix, const char *expected)
{
	char text[PREFIX_TEXT];

	prefix_format(prefix, text);
	assert_string_equal(text, expected);
}

static void test_a_listing_is_of_a_host_or_of_the_policys_ipv6_prefix(void **state)
{
	static const struct {
		const char *host;
		unsigned ipv6;
		const char *prefix, *range;
	} cases[] = {
		{"192.0.2.255", 128, "192.0.2.255", "192.0.2.0/24"},
		{"192.0.2.255", 64, "192.0.2.255", "192.0.2.0/24"},
		{"2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
		{"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"2001:db8:1:2:ffff::", 65, "2001:db8:1:2:8000::/65", "2001:db8:1::/48"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sublist_config sublist = hijacked();
		struct prefix host, prefix, range;

		sublist.policy.ipv6 = cases[i].ipv6;
		assert_int_equal(prefix_parse(cases[i].host, &host), ST_OK);
		policy_prefix(&sublist, &host, &prefix);
		assert_prefix(&prefix, cases[i].prefix);
		policy_neighbourhood(&prefix, &range);
		assert_prefix(&range, cases[i].range);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_proof_lists_as_long_as_a_claim_lasts),
		cmocka_unit_test(test_proofs_add_up_to_trust_in_distinct_reporters),
		cmocka_unit_test(test_a_later_test_takes_his_own_proof_away),
		cmocka_unit_test(test_a_mended_relay_is_a_relapse_when_it_comes_back),
		cmocka_unit_test(test_complaints_are_not_ended_by_a_relay_test),
		cmocka_unit_test(test_suspicions_list_nothing),
		cmocka_unit_test(test_the_output_of_a_relay_is_multihop),
		cmocka_unit_test(test_hosts_of_one_prefix_are_tested_each_for_itself),
		cmocka_unit_test(test_a_listing_is_of_a_host_or_of_the_policys_ipv6_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
