/*
 * policy_complaints.c: do the complaints about an address within the window weigh enough?
 *
 *     events ─▶ [ window ] ─▶ out again
 *                  ├─▶ a tally for each reporter: is he, all in all, against the address?
 *                  └─▶ a tally of the named reporters and one of the anonymous ones: the score
 *
 * 1. Praise takes from its own side alone: anybody can send anonymous praise, and no named
 *    reporter's complaint shall be worth less for it. Nor does one side's surplus of praise help
 *    the other.
 * 2. A reporter counts as one of several only while his own complaints outweigh his own praise.
 * 3. Each event enters and leaves once, at O(1).
 */
#include "policy_inside.h"

#include <math.h>
#include <stdlib.h>

/* What is left of 1 after `age`. Without libm's exp2(), which this alone would need that library
 * for: ldexp() is libc's. */
static double decay(uint64_t age, uint64_t half_life)
{
	const double ln2 = 0.69314718055994530942;
	enum { TERMS = 20, GONE = 1100 }; /* 0.7^20 / 20! and 2^-1100 are 0 to a double */

	if (half_life == 0 || age == 0) {
		return 1;
	}
	if (age / half_life >= GONE) {
		return 0;
	}
	double x = (double)(age % half_life) / (double)half_life, term = 1, sum = 1;
	for (int i = 1; i < TERMS; i++) {
		term *= -x * ln2 / i;
		sum += term;
	}
	return ldexp(sum, -(int)(age / half_life));
}

/* --- tallies ----------------------------------------------------------------- */

static void tally_decay(struct tally *t, uint64_t time, uint64_t half_life)
{
	double left = decay(time - t->at, half_life);

	t->net *= left;
	t->mass *= left;
	t->at = time;
}

/* In at the tally's own time. */
static void tally_add(struct tally *t, double weight)
{
	t->net += weight;
	t->mass += fabs(weight);
	t->count++;
}

static void tally_drop(struct tally *t, double weight)
{
	t->net -= weight;
	t->mass -= fabs(weight);
	if (--t->count == 0) {
		t->net = 0;
		t->mass = 0;
	}
}

/* More than what rounding may have left. Decay does not change it. */
static bool tally_is_positive(const struct tally *t)
{
	return t->net > t->mass * 1e-9;
}

/* --- the window -------------------------------------------------------------- */

void complaints_init(struct complaints *c, const struct policy_config *policy,
		     const struct event *events, size_t count)
{
	*c = (struct complaints){.policy = policy, .events = events};
	c->own = must_alloc((count + 1) * sizeof *c->own);
}

void complaints_release(struct complaints *c)
{
	free(c->own);
}

static bool is_ours(const struct event *event)
{
	return event->kind == EVENT_COMPLAINT || event->kind == EVENT_PRAISE;
}

/* An event enters (`in`) or leaves at `time`. */
static void move(struct complaints *c, const struct event *event, uint64_t time, bool in)
{
	uint64_t half_life = c->policy->half_life_s;
	struct tally *own = &c->own[event->who];
	struct tally *side = event->anonymous ? &c->anonymous : &c->named;
	double weight = (double)event->weight * decay(time - event->time, half_life);

	if (event->kind == EVENT_PRAISE) {
		weight = -weight;
	} else if (in) {
		c->reports++;
	} else {
		c->reports--;
	}
	c->reporters -= tally_is_positive(own);
	tally_decay(own, time, half_life);
	tally_decay(side, time, half_life);
	(in ? tally_add : tally_drop)(own, weight);
	(in ? tally_add : tally_drop)(side, weight);
	c->reporters += tally_is_positive(own);
}

void complaints_add(struct complaints *c, size_t i)
{
	uint64_t time = c->events[i].time;

	for (; c->events[c->oldest].time < policy_ago(time, c->policy->within_s); c->oldest++) {
		if (is_ours(&c->events[c->oldest])) {
			move(c, &c->events[c->oldest], time, false);
		}
	}
	move(c, &c->events[i], time, true);
}

/* Of the threshold less than the tenth part of a unit is missing by rounding. */
static double score_of(const struct tally *side, uint64_t time, uint64_t half_life)
{
	double net = side->net * decay(time - side->at, half_life);

	return net > 0 ? net : 0;
}

bool complaints_suffice(const struct complaints *c, uint64_t time, struct figures *figures)
{
	uint64_t half_life = c->policy->half_life_s;
	double score =
		score_of(&c->named, time, half_life) + score_of(&c->anonymous, time, half_life);

	if (score + 0.1 < (double)c->policy->reports * (double)WEIGHT_ONE ||
	    c->reporters < c->policy->reporters) {
		return false;
	}
	*figures = (struct figures){
		.reports = c->reports,
		.reporters = c->reporters,
		.weight = (uint64_t)(score + 0.5),
		.last = time,
	};
	return true;
}
