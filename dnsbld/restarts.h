/*
 * restarts.h: whether a process ends again and again, which replacing it does not mend.
 */
#ifndef DNSBLD_RESTARTS_H
#define DNSBLD_RESTARTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RESTARTS_MANY = 4, /* one of them was bad luck; whatever ends it has it every time */
	RESTARTS_WITHIN_MS = 5 * 60 * 1000,
	RESTARTS_QUIET_MS = 60 * 1000, /* between two times that it is told */
};

/* Of one process. All zero is none. Times are of one clock that does not go back. */
struct restarts {
	uint64_t at_ms[RESTARTS_MANY]; /* a ring, the next one is the oldest */
	unsigned count;
	uint64_t told_ms; /* 0: it was not */
};

/* The process has ended. */
void restarts_note(struct restarts *r, uint64_t now_ms);

/* For how many ms the last RESTARTS_MANY ends reach back; 0 where that is no cause for alarm. */
uint64_t restarts_span(const struct restarts *r, uint64_t now_ms);

/* The same, and 0 where it was told a moment ago; what is returned has been told. */
uint64_t restarts_tell(struct restarts *r, uint64_t now_ms);

#endif
