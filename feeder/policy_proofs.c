/*
 * policy_proofs.c: do relay tests prove that a host relays, and does a later one say otherwise?
 *
 * A reporter's word is his latest conclusive test: a message that came back is a proof, one that
 * was refused takes his own proof away, and nobody else's: whoever runs the relay could test it
 * himself. Where a listing is of an IPv6 prefix that is so for each host in it. Proofs of different
 * reporters add up; those of one do not.
 */
#include "policy_inside.h"

#include <stdlib.h>

void proofs_init(struct proofs *p, const struct event *events, size_t count)
{
	*p = (struct proofs){.events = events};
	p->series = must_alloc((count + 1) * sizeof *p->series);
	p->by = must_alloc((count + 1) * sizeof *p->by);
}

void proofs_release(struct proofs *p)
{
	free(p->series);
	free(p->by);
}

/* So many of the reporter's proofs of the event's host count no more. */
static void take_away(struct proofs *p, const struct event *event, size_t tests)
{
	struct prover *prover = &p->by[event->who];

	p->series[event->series].tests -= tests;
	prover->tests -= tests;
	p->tests -= tests;
	if (tests > 0 && prover->tests == 0) {
		p->weight -= prover->weight;
		prover->weight = 0;
		p->provers--;
	}
}

void proofs_add(struct proofs *p, size_t i)
{
	const struct event *event = &p->events[i];
	struct series *series = &p->series[event->series];
	struct prover *prover = &p->by[event->who];

	p->next = i + 1;
	if (event->kind == EVENT_REFUSAL) {
		take_away(p, event, series->tests);
		series->from = i + 1;
		return;
	}
	p->provers += prover->tests == 0;
	p->weight += event->weight - prover->weight;
	prover->weight = event->weight;
	prover->tests++;
	series->tests++;
	p->tests++;
	p->last = event->time;
}

void proofs_forget(struct proofs *p, uint64_t before)
{
	for (; p->oldest < p->next && p->events[p->oldest].time < before; p->oldest++) {
		const struct event *event = &p->events[p->oldest];

		if (event->kind == EVENT_PROOF && p->oldest >= p->series[event->series].from) {
			take_away(p, event, 1);
		}
	}
}

bool proofs_suffice(const struct proofs *p, struct figures *figures)
{
	if (p->weight < WEIGHT_ONE) {
		return false;
	}
	*figures = (struct figures){
		.reports = p->tests,
		.reporters = p->provers,
		.weight = p->weight,
		.last = p->last,
	};
	return true;
}

struct figures proofs_suspect(const struct event *events, size_t count, uint64_t since)
{
	bool *settled = must_alloc((count + 1) * sizeof *settled);
	struct figures figures = {0};

	for (size_t i = count; i > 0 && events[i - 1].time >= since; i--) {
		const struct event *event = &events[i - 1];

		bool found = event->kind == EVENT_SUSPICION || event->kind == EVENT_PROOF;

		if (found && !settled[event->series]) {
			figures.last = figures.reports++ == 0 ? event->time : figures.last;
		}
		if (event->kind == EVENT_PROOF || event->kind == EVENT_REFUSAL) {
			settled[event->series] = true;
		}
	}
	free(settled);
	return figures;
}
