/*
 * restarts.c: the last few ends of a process, and how close together they were.
 */
#include "restarts.h"

void restarts_note(struct restarts *r, uint64_t now_ms)
{
	r->at_ms[r->count++ % RESTARTS_MANY] = now_ms;
}

uint64_t restarts_span(const struct restarts *r, uint64_t now_ms)
{
	uint64_t first_ms = r->at_ms[r->count % RESTARTS_MANY];

	if (r->count < RESTARTS_MANY || now_ms - first_ms > RESTARTS_WITHIN_MS) {
		return 0;
	}
	return now_ms > first_ms ? now_ms - first_ms : 1;
}

uint64_t restarts_tell(struct restarts *r, uint64_t now_ms)
{
	uint64_t span_ms = restarts_span(r, now_ms);

	if (span_ms == 0 || (r->told_ms != 0 && now_ms - r->told_ms < RESTARTS_QUIET_MS)) {
		return 0;
	}
	r->told_ms = now_ms;
	return span_ms;
}
