/*
 * draw.h: a small generator of its own, so that a seed means the same everywhere.
 */
#ifndef DNSBLD_TEST_DRAW_H
#define DNSBLD_TEST_DRAW_H

#include <stdint.h>

static uint64_t draw_state = UINT64_C(88172645463325252); /* never 0 */

static inline void draw_seed(uint64_t number)
{
	draw_state = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
}

/* Less than `below`, by xorshift64. */
static inline uint64_t draw(uint64_t below)
{
	draw_state ^= draw_state << 13;
	draw_state ^= draw_state >> 7;
	draw_state ^= draw_state << 17;
	return (draw_state >> 11) % below;
}

#endif
