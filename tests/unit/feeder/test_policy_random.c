/*
 * test_policy_random.c: what holds whatever the evidence is: random histories, each against itself
 * with a row more, or in another order, or later; and very many rows.
 */
#include "policy_history.h"

#include "policy_inside.h"

static void assert_same(const struct verdict *a, const struct verdict *b)
{
	assert_int_equal(a->listed, b->listed);
	assert_int_equal(a->expires, b->expires);
	assert_int_equal(a->since, b->since);
	assert_int_equal(a->level, b->level);
	assert_string_equal(a->reason, b->reason);
	assert_int_equal(a->candidate, b->candidate);
	assert_string_equal(a->candidate_reason, b->candidate_reason);
}

/* --- one history against another ----------------------------------------------- */

static void test_the_order_of_the_rows_makes_no_difference(void **state)
{
	struct history h;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v = decide_history(&h, NOW), shuffled;

		for (size_t i = h.count; i > 1; i--) {
			size_t k = draw(i);
			struct evidence swap = h.rows[k];
			h.rows[k] = h.rows[i - 1];
			h.rows[i - 1] = swap;
		}
		shuffled = decide_history(&h, NOW);
		assert_same(&v, &shuffled);
	}
}

/*
 * Where complaints are the only rule. With two rules on one sublist a listing may have a gap for
 * it, and what comes after the gap is a relapse.
 */
static void test_praise_never_lists_and_never_lengthens(void **state)
{
	static char name[] = "hijacked";
	struct history h;
	unsigned mattered = 0;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v, less;

		h.sublist.name = name;
		v = decide_history(&h, NOW);
		draw_row(&h.rows[h.count], 20 * DAY);
		h.rows[h.count].report = evidence_from("notspam1@0").report;
		h.rows[h.count].report.observed = NOW - draw(20 * DAY);
		h.rows[h.count].received = NOW;
		h.count++;
		less = decide_history(&h, NOW);
		assert_true(v.listed || !less.listed);
		assert_true(less.expires <= v.expires);
		mattered += less.expires < v.expires;
	}
	assert_true(mattered > 0);
}

static void test_a_refusal_by_a_stranger_makes_no_difference(void **state)
{
	struct history h;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v = decide_history(&h, NOW), same;

		h.rows[h.count] = evidence_from("refused9@0");
		h.rows[h.count].report.observed = NOW - draw(20 * DAY);
		h.count++;
		same = decide_history(&h, NOW);
		assert_same(&v, &same);
	}
}

static void test_a_reporter_without_trust_makes_no_difference(void **state)
{
	struct history h;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v = decide_history(&h, NOW), same;

		draw_row(&h.rows[h.count], 20 * DAY);
		h.rows[h.count].reporter = 9;
		h.rows[h.count].trust = 0;
		h.count++;
		same = decide_history(&h, NOW);
		assert_same(&v, &same);
	}
}

static void test_anonymous_praise_never_frees_whom_named_reporters_list(void **state)
{
	struct history h;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct history named = h;

		/* Who are only named ones: */
		named.count = 0;
		for (size_t i = 0; i < h.count; i++) {
			if (!h.rows[i].anonymous) {
				named.rows[named.count++] = h.rows[i];
			}
		}
		struct verdict v = decide_history(&named, NOW), praised;
		named.rows[named.count] = evidence_from("notspam3@0/anon/trust=10");
		named.rows[named.count].report.observed = NOW - draw(20 * DAY);
		named.count++;
		praised = decide_history(&named, NOW);
		assert_same(&v, &praised);
	}
}

/* Time alone only ends a listing, and when the verdict said. */
static void test_a_verdict_holds_until_it_expires(void **state)
{
	struct history h;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v = decide_history(&h, NOW), later;

		if (!v.listed) {
			assert_false(decide_history(&h, NOW + draw(100 * DAY)).listed);
			continue;
		}
		later = decide_history(&h, v.expires - 1);
		assert_same(&v, &later);
		assert_false(decide_history(&h, v.expires).listed);
	}
}

/* --- many rows ----------------------------------------------------------------- */

/* Each row enters the window once and leaves it once: nothing is counted anew. */
static void test_each_event_is_counted_once_and_uncounted_once(void **state)
{
	enum { EVENTS = 10000, WINDOW = 1000 };
	struct sublist_config sublist = hijacked();
	struct event *events = must_alloc(EVENTS * sizeof *events);
	struct complaints c;
	size_t oldest = 0;

	(void)state;
	sublist.policy.within_s = WINDOW - 1;
	for (size_t i = 0; i < EVENTS; i++) {
		events[i] = (struct event){.time = NOW + i,
					   .kind = i % 3 ? EVENT_COMPLAINT : EVENT_PRAISE,
					   .weight = WEIGHT_ONE,
					   .who = i % 7};
	}
	complaints_init(&c, &sublist.policy, events, EVENTS);
	for (size_t i = 0; i < EVENTS; i++) {
		complaints_add(&c, i);
		/* It goes on by no more than what left, and what is in is what did not. */
		assert_true(c.oldest >= oldest && c.oldest - oldest <= 1);
		oldest = c.oldest;
		assert_int_equal(c.named.count, i + 1 - oldest);
		assert_true(c.named.count <= WINDOW);
	}
	assert_int_equal(c.oldest, EVENTS - WINDOW);
	assert_int_equal(c.anonymous.count, 0);
	complaints_release(&c);
	free(events);
}

/* With a window and a half-life in which everything counts. */
static void test_ten_thousand_rows_are_decided(void **state)
{
	enum { ROWS = 10000 };
	struct sublist_config sublist = hijacked();
	struct evidence *rows = must_alloc(ROWS * sizeof *rows);
	struct verdict v;

	(void)state;
	sublist.policy.within_s = 365 * DAY;
	for (unsigned reporters = 1; reporters <= ROWS; reporters *= 100) {
		for (unsigned i = 0; i < ROWS; i++) {
			rows[i] = evidence_from("spam1@0");
			rows[i].reporter = i % reporters;
			rows[i].report.observed = NOW - ROWS + i;
		}
		sublist.policy.half_life_s = 0;
		sublist.policy.reports = ROWS;
		sublist.policy.reporters = reporters;
		policy_decide(&sublist, rows, ROWS, 0, NOW, &v);
		assert_true(v.listed);
		assert_int_equal(v.since, NOW - 1);
		/* 1 + 1/2 + 1/4 … is not 2 before all that a double can tell is in. */
		sublist.policy.half_life_s = 1;
		sublist.policy.reports = 2;
		policy_decide(&sublist, rows, ROWS, 0, NOW, &v);
		assert_int_equal(v.since, NOW - ROWS + (reporters > 31 ? reporters - 1 : 30));
	}
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_order_of_the_rows_makes_no_difference),
		cmocka_unit_test(test_praise_never_lists_and_never_lengthens),
		cmocka_unit_test(test_a_refusal_by_a_stranger_makes_no_difference),
		cmocka_unit_test(test_a_reporter_without_trust_makes_no_difference),
		cmocka_unit_test(test_anonymous_praise_never_frees_whom_named_reporters_list),
		cmocka_unit_test(test_a_verdict_holds_until_it_expires),
		cmocka_unit_test(test_each_event_is_counted_once_and_uncounted_once),
		cmocka_unit_test(test_ten_thousand_rows_are_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
