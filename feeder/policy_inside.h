/*
 * policy_inside.h: what policy.c and its rules share. Private to feeder/policy*.c.
 *
 *     policy.c             evidence ─▶ events, in order ─▶ the rules ─▶ when it was listed
 *     policy_complaints.c  do the complaints within the window weigh enough?
 *     policy_proofs.c      do relay tests prove it, and does a later one say otherwise?
 *     policy_words.c       why, for a person
 *
 * A rule is told of one event after the other, and asked after each moment: what it knows is of the
 * time of the last event that it was told of.
 */
#ifndef FEEDER_POLICY_INSIDE_H
#define FEEDER_POLICY_INSIDE_H

#include "policy.h"

/* What a report is to the sublist. Those of one second are told in this order: what speaks against
 * a listing has the last word. */
enum event_kind {
	EVENT_NONE,
	EVENT_COMPLAINT,
	EVENT_SUSPICION, /* a relay took a stranger's mail */
	EVENT_PROOF,     /* and delivered it */
	EVENT_PRAISE,    /* no spam after all */
	EVENT_REFUSAL,   /* it relays no more */
};

/* Trust and what a rule multiplies it with are thousandths, confidence is per cent. */
#define WEIGHT_ONE UINT64_C(100000000)

struct event {
	uint64_t time;
	uint64_t received;
	enum event_kind kind;
	uint64_t weight; /* of WEIGHT_ONE */
	uint32_t reporter;
	bool anonymous;
	addr_t host;     /* which of the listing's prefix */
	uint32_t who;    /* the reporter once more, from 0 on without gaps … */
	uint32_t series; /* … and he about this host, likewise: at most one each event */
};

/* What a rule has to say for itself, when it was fulfilled. */
struct figures {
	size_t reports;
	size_t reporters;
	uint64_t weight;
	uint64_t last; /* the latest report's time */
};

/* `seconds` before `time`. */
static inline uint64_t policy_ago(uint64_t time, uint64_t seconds)
{
	return time > seconds ? time - seconds : 0;
}

/* --- complaints, and what speaks against them -------------------------------- */

/*
 * A sum of weights of reports, each of which halves in every half-life: all by the same factor at a
 * time, so that the sum can be kept and decays as a whole. With nothing in it it is exactly 0; and
 * without a half-life it is exact, for the weights are whole numbers.
 */
struct tally {
	double net;   /* at `at` */
	double mass;  /* the same without signs: what rounding errors are measured against */
	uint64_t at;  /* a time */
	size_t count; /* reports in it */
};

struct complaints {
	const struct policy_config *policy;
	const struct event *events;
	size_t oldest;     /* the first event that may be within the window */
	struct tally *own; /* each reporter's, by who */
	struct tally named, anonymous;
	size_t reports, reporters; /* complaints, and those whose own tally is above 0 */
};

void complaints_init(struct complaints *c, const struct policy_config *policy,
		     const struct event *events, size_t count);
void complaints_release(struct complaints *c);

/* Event `i` happens: a complaint or praise; later than what happened before. */
void complaints_add(struct complaints *c, size_t i);

/* Whether they are enough at `time`, the time of the latest event. */
bool complaints_suffice(const struct complaints *c, uint64_t time, struct figures *figures);

/* --- relay tests ------------------------------------------------------------- */

/* One reporter's tests of one host, of which the latest conclusive one is a proof where `tests` is
 * not 0. */
struct series {
	size_t from;  /* the first event that was not refuted since */
	size_t tests; /* proofs from there on */
};

/* One reporter, about all hosts. */
struct prover {
	size_t tests;
	uint64_t weight; /* of his latest proof; 0 where `tests` is */
};

struct proofs {
	const struct event *events;
	size_t next;           /* the event that has not happened yet */
	size_t oldest;         /* the first event that is not forgotten */
	struct series *series; /* by series */
	struct prover *by;     /* by who */
	size_t tests, provers;
	uint64_t weight; /* of all provers */
	uint64_t last;   /* the latest proof's time */
};

void proofs_init(struct proofs *p, const struct event *events, size_t count);
void proofs_release(struct proofs *p);

/* Event `i` happens: a proof or a refusal. Those in between are passed over. */
void proofs_add(struct proofs *p, size_t i);

/* What is older no longer counts. To be left while a listing stands on it. */
void proofs_forget(struct proofs *p, uint64_t before);

bool proofs_suffice(const struct proofs *p, struct figures *figures);

/* Tests from `since` on that found something, also proofs that were not enough, and after which
 * their reporter had no conclusive one of that host. */
struct figures proofs_suspect(const struct event *events, size_t count, uint64_t since);

/* --- in words ---------------------------------------------------------------- */

/* Why it is listed, by complaints or by proofs, … */
void policy_say_complaints(const struct policy_config *policy, const struct figures *figures,
			   unsigned level, char reason[POLICY_REASON]);
void policy_say_proofs(bool output, const struct figures *figures, unsigned level,
		       char reason[POLICY_REASON]);

/* … or suspected. */
void policy_say_suspicion(const struct figures *figures, char reason[POLICY_REASON]);

#endif
