/*
 * log_limit.h: how often one cause may speak. Private to log.c and its test.
 *
 * A cause is a format, whatever is filled in, so that who chooses what is filled in cannot have
 * more of them. Of "%s" alone it is the text, and digits make no difference there. There are
 * LIMIT_CAUSES buckets, and causes that fall into the same one share it: whatever the lines are, no
 * more than all buckets hold comes through.
 */
#ifndef DNSBLD_LOG_LIMIT_H
#define DNSBLD_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIMIT_CAUSES = 64,
	/* What a start, a reload or an odd hour brings is fewer of one kind. */
	LIMIT_BURST = 10,
	/* Then ten a minute, which somebody can still read. */
	LIMIT_INTERVAL_S = 6,
	LIMIT_SAMPLE = 256, /* octets that are kept of the last line held back */
};

struct log_cause {
	unsigned used;           /* of LIMIT_BURST */
	uint64_t since_s;        /* one of `used` is given back LIMIT_INTERVAL_S after this */
	uint64_t held;           /* lines held back */
	int priority;            /* of the last one of them, */
	char last[LIMIT_SAMPLE]; /* and its text */
};

struct log_limit {
	struct log_cause cause[LIMIT_CAUSES];
};

struct log_cause *log_limit_cause(struct log_limit *l, const char *format, const char *text);

/* Whether a line may be said now, and then it counts. now_s never goes back. */
bool log_cause_speaks(struct log_cause *cause, uint64_t now_s);

/* Of a line that may not. */
void log_cause_hold(struct log_cause *cause, int priority, const char *text);

#endif
