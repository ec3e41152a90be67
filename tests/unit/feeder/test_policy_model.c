/*
 * test_policy_model.c: the policy against a model of it, which follows the words of policy.h and
 * counts everything anew at every moment, on random histories.
 */
#include "policy_history.h"

static bool model_counts(const struct history *h, const struct evidence *e)
{
	uint64_t time = evidence_time(e), late = e->received > time ? e->received - time : 0;

	return e->trust > 0 && time > h->removed && e->received >= h->removed &&
	       (h->sublist.policy.max_age_s == 0 || late <= h->sublist.policy.max_age_s) &&
	       (e->report.category == CATEGORY_RELAY || late <= h->sublist.policy.within_s);
}

static bool is_complaint(const struct history *h, const struct evidence *e)
{
	return h->sublist.policy.given && e->report.disposition == DISPOSITION_EVIDENCE &&
	       (e->report.category == CATEGORY_SPAM || e->report.category == CATEGORY_FRAUD) &&
	       e->report.confidence > 0;
}

static bool is_praise(const struct history *h, const struct evidence *e)
{
	return h->sublist.policy.given && e->report.category == CATEGORY_NOT_SPAM;
}

static bool is_proof(const struct history *h, const struct evidence *e)
{
	const char *name = e->output ? "multihop" : "relay";

	return e->report.proof && e->report.confidence > 0 && strcmp(h->sublist.name, name) == 0;
}

static bool is_refusal(const struct history *h, const struct evidence *e)
{
	return e->report.category == CATEGORY_RELAY &&
	       e->report.disposition == DISPOSITION_NEGATIVE &&
	       strcmp(h->sublist.name, "relay") == 0;
}

/* 2^-(age / half_life), by halves: of the time, and roots of the weight. */
static double model_decay(uint64_t age, uint64_t half_life)
{
	double left = 1, part = 0.5;

	if (half_life == 0) {
		return 1;
	}
	for (; age >= half_life; age -= half_life) {
		left /= 2;
	}
	double rest = (double)age / (double)half_life;
	for (int i = 0; i < 60; i++) {
		double root = 1;
		for (int k = 0; k < 10; k++) {
			root = (root + part / root) / 2;
		}
		part = root;
		rest *= 2;
		if (rest >= 1) {
			left *= part;
			rest -= 1;
		}
	}
	return left;
}

static bool model_complaints_suffice(const struct history *h, uint64_t time)
{
	const struct policy_config *policy = &h->sublist.policy;
	double sides[2] = {0}, own[5] = {0}, mass[5] = {0};
	unsigned reporters = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct evidence *e = &h->rows[i];
		uint64_t when = evidence_time(e);
		double weight = e->trust / 1000.0;

		if (!model_counts(h, e) || when > time || when + policy->within_s < time) {
			continue;
		}
		if (is_complaint(h, e)) {
			weight *= e->report.confidence / 100.0;
			weight *= e->trap ? policy->trap_weight / 1000.0 : 1;
		} else if (is_praise(h, e)) {
			weight *= -(policy->negative_weight / 1000.0);
		} else {
			continue;
		}
		weight *= model_decay(time - when, policy->half_life_s);
		sides[e->anonymous] += weight;
		own[e->reporter] += weight;
		mass[e->reporter] += weight < 0 ? -weight : weight;
	}
	for (size_t i = 0; i < 5; i++) {
		/* However old: only what rounding leaves is nothing. */
		reporters += own[i] > mass[i] * 1e-9;
	}
	double score = (sides[0] > 0 ? sides[0] : 0) + (sides[1] > 0 ? sides[1] : 0);
	return score > policy->reports - 1e-9 && reporters >= policy->reporters;
}

/* Whether a proof of a host by its reporter is refuted at `time`. */
static bool model_refuted(const struct history *h, const struct evidence *proof, uint64_t time)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct evidence *e = &h->rows[i];

		if (model_counts(h, e) && is_refusal(h, e) && e->reporter == proof->reporter &&
		    e->report.source.addr == proof->report.source.addr &&
		    evidence_time(e) >= evidence_time(proof) && evidence_time(e) <= time) {
			return true;
		}
	}
	return false;
}

/* The weight of the proofs from `since` on that stand at `time`. */
static uint64_t model_proofs(const struct history *h, uint64_t since, uint64_t time)
{
	uint64_t sum = 0;

	for (uint32_t reporter = 1; reporter < 5; reporter++) {
		uint64_t latest = 0, weight = 0;

		for (size_t i = 0; i < h->count; i++) {
			const struct evidence *e = &h->rows[i];
			uint64_t when = evidence_time(e);
			uint64_t own = (uint64_t)e->trust * e->report.confidence;

			if (e->reporter == reporter && model_counts(h, e) && is_proof(h, e) &&
			    when >= since && when <= time && when >= latest) {
				/* Also a refuted one is his latest while another stands. */
				weight = when > latest || own > weight ? own : weight;
				latest = when;
			}
		}
		bool stands = false;
		for (size_t i = 0; i < h->count; i++) {
			const struct evidence *e = &h->rows[i];

			stands = stands || (e->reporter == reporter && model_counts(h, e) &&
					    is_proof(h, e) && evidence_time(e) >= since &&
					    evidence_time(e) <= time && !model_refuted(h, e, time));
		}
		sum += stands ? weight : 0;
	}
	return sum;
}

struct model {
	bool ever;
	uint64_t known;
	uint64_t since, ends[2], length, stood_since;
	unsigned level;
};

static uint64_t model_end(const struct model *m)
{
	return m->ends[0] > m->ends[1] ? m->ends[0] : m->ends[1];
}

static void model_speak(const struct history *h, struct model *m, unsigned rule, uint64_t time,
			uint64_t known)
{
	const struct policy_config *policy = &h->sublist.policy;
	uint64_t life = h->sublist.expires_s ? h->sublist.expires_s : 30 * DAY;
	uint64_t most = policy->max_expires_s > life ? policy->max_expires_s : life;

	if (model_end(m) <= time) {
		unsigned level = 0;

		if (m->ever && model_end(m) > m->known) {
			uint64_t cooled = (time - model_end(m)) / policy->cool_off_s;
			level = cooled < m->level + 1 ? m->level + 1 - (unsigned)cooled : 0;
		}
		double length = (double)life;
		m->level = 0;
		while (m->level < level && length < (double)most && policy->relapse > 1000) {
			length *= policy->relapse / 1000.0;
			m->level++;
		}
		/* Lives are days and growth is halves: a second may be cut after 7 levels. */
		m->length = length < (double)most ? (uint64_t)length : most;
		m->since = time;
		m->known = known;
		m->ever = true;
	}
	if (rule == 1 && m->ends[1] <= time) {
		m->stood_since = time - life + 1;
	}
	m->ends[rule] = time + m->length;
}

static void model_decide(const struct history *h, uint64_t now, struct verdict *v)
{
	uint64_t life = h->sublist.expires_s ? h->sublist.expires_s : 30 * DAY, time = 0;
	struct model m = {0};

	for (;;) {
		uint64_t next = UINT64_MAX, known = 0;
		bool complained = false, named = false, proved = false, refused = false;

		for (size_t i = 0; i < h->count; i++) {
			uint64_t when = evidence_time(&h->rows[i]);
			next = when > time && when < next ? when : next;
		}
		if (next == UINT64_MAX) {
			break;
		}
		time = next;
		for (size_t i = 0; i < h->count; i++) {
			const struct evidence *e = &h->rows[i];
			if (evidence_time(e) == time && model_counts(h, e)) {
				bool speaks = is_complaint(h, e) || is_proof(h, e);

				known = speaks && e->received > known ? e->received : known;
				complained = complained || is_complaint(h, e);
				named = named || (is_complaint(h, e) && !e->anonymous);
				proved = proved || is_proof(h, e);
				refused = refused || is_refusal(h, e);
			}
		}
		bool extends = named && m.ends[0] > time;

		if (complained && (extends || model_complaints_suffice(h, time))) {
			model_speak(h, &m, 0, time, known);
		}
		if (proved &&
		    (m.ends[1] > time || model_proofs(h, time - life + 1, time) >= 100000)) {
			model_speak(h, &m, 1, time, known);
		}
		if (refused && m.ends[1] > time && model_proofs(h, m.stood_since, time) == 0) {
			m.ends[1] = time;
		}
	}
	*v = (struct verdict){0};
	if (model_end(&m) > now) {
		*v = (struct verdict){.listed = true,
				      .expires = model_end(&m),
				      .since = m.since < now ? m.since : now,
				      .level = m.level};
	}
}

static void test_verdicts_are_those_of_a_model(void **state)
{
	struct history h;
	unsigned listed = 0, relapsed = 0, unlisted = 0;

	(void)state;
	EACH_HISTORY(&h)
	{
		struct verdict v = decide_history(&h, NOW), model;

		model_decide(&h, NOW, &model);
		if (v.listed != model.listed || v.expires != model.expires ||
		    v.since != model.since || v.level != model.level) {
			fail_msg("history %zu on %s: listed %d until %llu since %llu level %u, "
				 "the model: %d %llu %llu %u: %s",
				 number, h.sublist.name, v.listed, (unsigned long long)v.expires,
				 (unsigned long long)v.since, v.level, model.listed,
				 (unsigned long long)model.expires, (unsigned long long)model.since,
				 model.level, v.reason);
		}
		listed += v.listed;
		unlisted += !v.listed;
		relapsed += v.level > 0;
	}
	/* Or it would not say much. */
	assert_true(listed > HISTORIES / 10);
	assert_true(unlisted > HISTORIES / 10);
	assert_true(relapsed > HISTORIES / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts_are_those_of_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
