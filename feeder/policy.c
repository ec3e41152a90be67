/*
 * policy.c: does what is known of an address list it? A replay:
 *
 *     evidence ─▶ events, sorted ─▶ moments: all events of one second
 *                                      └─▶ the rules ─▶ a listing begins, is extended, ends
 */
#include "policy_inside.h"

#include <stdlib.h>
#include <string.h>

/* For sublists on which claims by hand never end: permanent is for people alone. */
#define DEFAULT_LIFE_S (UINT64_C(30) * 86400)

enum rule { RULE_COMPLAINTS, RULE_PROOFS, RULES };

struct replay {
	const struct sublist_config *sublist;
	struct event *events;
	size_t count;

	struct complaints complaints;
	struct proofs proofs;

	bool ever; /* a listing began */
	uint64_t since;
	uint64_t known; /* when what began it had come in */
	unsigned level;
	uint64_t length_s;             /* of a listing at this level, after the last evidence */
	uint64_t until[RULES];         /* when it ends, by each rule; 0: never stood on it */
	struct figures figures[RULES]; /* when the rule was last fulfilled */
};

/* --- what a report is to the sublist ------------------------------------------ */

static bool is_named(const struct sublist_config *sublist, const char *name)
{
	return strcmp(sublist->name, name) == 0;
}

static enum event_kind kind_of(const struct sublist_config *sublist, const struct evidence *e)
{
	const struct report *report = &e->report;
	bool speaks = report->disposition == DISPOSITION_EVIDENCE;
	bool denies = report->disposition == DISPOSITION_NEGATIVE;

	if (report->category == CATEGORY_RELAY) {
		if (e->output) {
			bool ours = is_named(sublist, POLICY_MULTIHOP_SUBLIST);
			return ours && speaks && report->proof ? EVENT_PROOF : EVENT_NONE;
		}
		return !is_named(sublist, POLICY_RELAY_SUBLIST) ? EVENT_NONE
		       : denies                                 ? EVENT_REFUSAL
		       : !speaks                                ? EVENT_NONE
		       : report->proof                          ? EVENT_PROOF
								: EVENT_SUSPICION;
	}
	if (!sublist->policy.given) {
		return EVENT_NONE;
	}
	if (report->category == CATEGORY_NOT_SPAM) {
		return denies ? EVENT_PRAISE : EVENT_NONE;
	}
	return speaks && sublist->policy.categories >> report->category & 1 ? EVENT_COMPLAINT
									    : EVENT_NONE;
}

static uint64_t weight_of(const struct policy_config *policy, enum event_kind kind,
			  const struct evidence *e)
{
	uint64_t sure = (uint64_t)e->trust * e->report.confidence;

	switch (kind) {
	case EVENT_COMPLAINT:
		return sure * (e->trap ? policy->trap_weight : 1000);
	case EVENT_PRAISE:
		return (uint64_t)e->trust * 100 * policy->negative_weight;
	case EVENT_REFUSAL:
		/* How sure it is makes no difference to what speaks against a listing. */
		return (uint64_t)e->trust * 100 * 1000;
	default:
		return sure * 1000;
	}
}

bool policy_counts(const struct sublist_config *sublist, const struct evidence *evidence)
{
	return kind_of(sublist, evidence) != EVENT_NONE;
}

/* --- events ------------------------------------------------------------------- */

static int by_series(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->reporter != y->reporter) {
		return x->reporter < y->reporter ? -1 : 1;
	}
	return (x->host > y->host) - (x->host < y->host);
}

static void number_series(struct event *events, size_t count)
{
	qsort(events, count, sizeof *events, by_series);
	for (size_t i = 1; i < count; i++) {
		struct event *e = &events[i], *last = e - 1;

		e->who = last->who + (e->reporter != last->reporter);
		e->series = last->series + (by_series(e, last) != 0);
	}
}

/* Any order of the rows becomes this one. */
static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time) {
		return x->time < y->time ? -1 : 1;
	}
	if (x->kind != y->kind) {
		return x->kind < y->kind ? -1 : 1;
	}
	/* Of one reporter's proofs in one second the strongest is the latest. */
	if (x->weight != y->weight) {
		return x->weight < y->weight ? -1 : 1;
	}
	return (x->series > y->series) - (x->series < y->series);
}

/*
 * What came in so long after the event is no news. Of complaints that is at most the window: a
 * heap of them about last month does not list who has been quiet since.
 */
static bool came_late(const struct policy_config *policy, const struct evidence *e,
		      enum event_kind kind, uint64_t time)
{
	uint64_t most = policy->max_age_s ? policy->max_age_s : UINT64_MAX;

	if ((kind == EVENT_COMPLAINT || kind == EVENT_PRAISE) && policy->within_s < most) {
		most = policy->within_s;
	}
	return e->received > time && e->received - time > most;
}

static void read_events(struct replay *r, const struct evidence *evidence, size_t count,
			uint64_t removed)
{
	const struct policy_config *policy = &r->sublist->policy;

	r->events = must_alloc((count + 1) * sizeof *r->events);
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &evidence[i];
		enum event_kind kind = kind_of(r->sublist, e);
		struct event event = {
			.time = evidence_time(e),
			.received = e->received,
			.kind = kind,
			.weight = weight_of(policy, kind, e),
			.reporter = e->reporter,
			.anonymous = e->anonymous,
			.host = e->report.source.addr,
		};
		bool anew = removed == 0 || (event.time > removed && e->received >= removed);

		if (kind != EVENT_NONE && event.weight > 0 && anew &&
		    !came_late(policy, e, kind, event.time)) {
			r->events[r->count++] = event;
		}
	}
	number_series(r->events, r->count);
	qsort(r->events, r->count, sizeof *r->events, by_time);
}

/* --- listings ----------------------------------------------------------------- */

/* How long a listing lasts after its last evidence, while it is no relapse. */
static uint64_t life_of(const struct sublist_config *sublist)
{
	return sublist->expires_s ? sublist->expires_s : DEFAULT_LIFE_S;
}

/* The same at a level; *level comes back as the lowest that lasts as long. */
static uint64_t length_at(const struct sublist_config *sublist, unsigned *level)
{
	const struct policy_config *policy = &sublist->policy;
	uint64_t length = life_of(sublist);
	uint64_t most = policy->max_expires_s > length ? policy->max_expires_s : length;
	unsigned reached = 0;

	while (reached < *level && length < most && policy->relapse > 1000) {
		/* Up, so that each relapse is longer by a second at least. */
		length = (length * policy->relapse + 999) / 1000;
		reached++;
	}
	*level = reached;
	return length < most ? length : most;
}

static uint64_t ends(const struct replay *r)
{
	uint64_t complaints = r->until[RULE_COMPLAINTS], proofs = r->until[RULE_PROOFS];

	return complaints > proofs ? complaints : proofs;
}

/*
 * A listing that was over before anybody could know of it never was: a heap of old reports makes no
 * relapses.
 */
static void begin(struct replay *r, uint64_t time, uint64_t known)
{
	bool relapse = r->ever && ends(r) > r->known;

	r->level = relapse ? r->level : 0;
	r->known = known;
	if (relapse) {
		uint64_t cool_off = r->sublist->policy.cool_off_s;
		uint64_t cooled = cool_off ? (time - ends(r)) / cool_off : 0;

		r->level++;
		r->level -= cooled < r->level ? (unsigned)cooled : r->level;
	}
	r->length_s = length_at(r->sublist, &r->level);
	r->since = time;
	r->ever = true;
}

/* Evidence by this rule: it is enough, or it may extend a listing that stands on the rule. */
static void speak(struct replay *r, enum rule rule, const struct event *event, bool enough,
		  bool extends)
{
	uint64_t time = event->time;

	if (!enough && (!extends || r->until[rule] <= time)) {
		return;
	}
	if (ends(r) <= time) {
		begin(r, time, event->received);
	}
	/* Time only goes on, so this never makes it shorter. */
	r->until[rule] = time + r->length_s;
}

/* All events of one second, from `i` on. Returns the first of the next one. */
static size_t moment(struct replay *r, size_t i)
{
	uint64_t time = r->events[i].time;
	struct event last = {.time = time}; /* to come in, of those that speak for a listing */
	bool complained = false, named = false, proved = false, refused = false;

	if (r->until[RULE_PROOFS] <= time) {
		proofs_forget(&r->proofs, policy_ago(time, life_of(r->sublist) - 1));
	}
	for (; i < r->count && r->events[i].time == time; i++) {
		enum event_kind kind = r->events[i].kind;

		bool speaks = kind == EVENT_COMPLAINT || kind == EVENT_PROOF;

		if (speaks && r->events[i].received > last.received) {
			last.received = r->events[i].received;
		}
		complained = complained || kind == EVENT_COMPLAINT;
		named = named || (kind == EVENT_COMPLAINT && !r->events[i].anonymous);
		proved = proved || kind == EVENT_PROOF;
		refused = refused || kind == EVENT_REFUSAL;
		if (kind == EVENT_COMPLAINT || kind == EVENT_PRAISE) {
			complaints_add(&r->complaints, i);
		} else if (kind == EVENT_PROOF || kind == EVENT_REFUSAL) {
			proofs_add(&r->proofs, i);
		}
	}
	if (complained) {
		bool enough =
			complaints_suffice(&r->complaints, time, &r->figures[RULE_COMPLAINTS]);
		speak(r, RULE_COMPLAINTS, &last, enough, named);
	}
	if (proved) {
		bool enough = proofs_suffice(&r->proofs, &r->figures[RULE_PROOFS]);

		speak(r, RULE_PROOFS, &last, enough, true);
	}
	if (refused && r->proofs.provers == 0 && r->until[RULE_PROOFS] > time) {
		r->until[RULE_PROOFS] = time;
	}
	return i;
}

static void say_why(const struct replay *r, char reason[POLICY_REASON])
{
	if (r->until[RULE_PROOFS] > r->until[RULE_COMPLAINTS]) {
		policy_say_proofs(is_named(r->sublist, POLICY_MULTIHOP_SUBLIST),
				  &r->figures[RULE_PROOFS], r->level, reason);
	} else {
		policy_say_complaints(&r->sublist->policy, &r->figures[RULE_COMPLAINTS], r->level,
				      reason);
	}
}

static void suspect(const struct replay *r, uint64_t now, struct verdict *verdict)
{
	if (!is_named(r->sublist, POLICY_RELAY_SUBLIST)) {
		return;
	}
	struct figures figures =
		proofs_suspect(r->events, r->count, policy_ago(now, life_of(r->sublist) - 1));

	if (figures.reports > 0) {
		verdict->candidate = true;
		policy_say_suspicion(&figures, verdict->candidate_reason);
	}
}

void policy_decide(const struct sublist_config *sublist, const struct evidence *evidence,
		   size_t count, uint64_t removed, uint64_t now, struct verdict *verdict)
{
	struct replay r = {.sublist = sublist};

	*verdict = (struct verdict){0};
	read_events(&r, evidence, count, removed);
	complaints_init(&r.complaints, &sublist->policy, r.events, r.count);
	proofs_init(&r.proofs, r.events, r.count);
	for (size_t i = 0; i < r.count;) {
		i = moment(&r, i);
	}
	if (ends(&r) > now) {
		verdict->listed = true;
		verdict->expires = ends(&r);
		verdict->since = r.since < now ? r.since : now;
		verdict->level = r.level;
		say_why(&r, verdict->reason);
	} else {
		suspect(&r, now, verdict);
	}
	proofs_release(&r.proofs);
	complaints_release(&r.complaints);
	free(r.events);
}

/* --- what a listing is of ------------------------------------------------------ */

void policy_prefix(const struct sublist_config *sublist, const struct prefix *host,
		   struct prefix *prefix)
{
	unsigned len = host->family == 4 ? 32 : sublist->policy.ipv6;

	*prefix = host->len > len ? prefix_of(host->family, host->addr, len) : *host;
}

void policy_neighbourhood(const struct prefix *prefix, struct prefix *range)
{
	unsigned len = prefix->family == 4 ? 24 : 48;

	*range = prefix->len > len ? prefix_of(prefix->family, prefix->addr, len) : *prefix;
}
