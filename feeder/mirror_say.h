/*
 * mirror_say.h: a fault that goes on is said once, and then each hour.
 */
#ifndef FEEDER_MIRROR_SAY_H
#define FEEDER_MIRROR_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* What was said last about one thing. All zeroes: it is fine. */
struct mirror_said {
	char text[512];
	uint64_t at_s;
};

/* Whether it is to be said: it is another text, or an hour old. Then it is kept. */
bool mirror_say(struct mirror_said *said, const char *text, uint64_t now_s);

/* It is fine now. Whether it was not before. */
bool mirror_said_end(struct mirror_said *said);

#endif
