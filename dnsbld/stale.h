/*
 * stale.h: says so in the log when the data is out of date.
 */
#ifndef DNSBLD_STALE_H
#define DNSBLD_STALE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

/* What was told, and when it is told again. All zero is nothing. Times are of the real clock. */
struct stale {
	bool told;
	uint64_t again_s;
};

/* Once a second, outside of a batch. */
void stale_tick(struct stale *stale, struct worker *w, uint64_t now_s);

#endif
