/*
 * log_limit.c: a token bucket for each cause.
 */
#include "log_limit.h"

#include <stdio.h>
#include <string.h>

/* FNV-1a. */
static uint32_t hash(const char *text, bool digits)
{
	uint32_t sum = 2166136261u;

	for (; *text; text++) {
		if (digits || *text < '0' || *text > '9') {
			sum = (sum ^ (unsigned char)*text) * 16777619u;
		}
	}
	return sum;
}

struct log_cause *log_limit_cause(struct log_limit *l, const char *format, const char *text)
{
	uint32_t sum = strcmp(format, "%s") == 0 ? hash(text, false) : hash(format, true);

	return &l->cause[(sum ^ sum >> 16) % LIMIT_CAUSES];
}

bool log_cause_speaks(struct log_cause *cause, uint64_t now_s)
{
	uint64_t back = (now_s - cause->since_s) / LIMIT_INTERVAL_S;

	if (back >= cause->used) {
		cause->used = 0;
		cause->since_s = now_s;
	} else {
		cause->used -= (unsigned)back;
		cause->since_s += back * LIMIT_INTERVAL_S;
	}
	if (cause->used == LIMIT_BURST) {
		return false;
	}
	cause->used++;
	return true;
}

void log_cause_hold(struct log_cause *cause, int priority, const char *text)
{
	cause->held++;
	cause->priority = priority;
	snprintf(cause->last, sizeof cause->last, "%s", text);
}
