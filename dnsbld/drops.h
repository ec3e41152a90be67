/*
 * drops.h: queries that the kernel threw away because a worker's receive buffer was full, told in
 * the log.
 */
#ifndef DNSBLD_DROPS_H
#define DNSBLD_DROPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One a socket, in memory shared by all who read that socket, now or later. Times are seconds of
 * CLOCK_MONOTONIC_COARSE, which is the same in all of them. On a cache line of its own, since
 * clean_s is written each second.
 */
struct drops {
	_Alignas(64) _Atomic uint32_t told; /* of the kernel's count, so many are in the log */
	_Atomic uint32_t told_s;            /* since when; 0: nothing was told so far */
	_Atomic uint32_t clean_s;           /* when there was last nothing to tell */
	_Atomic uint32_t count;             /* the kernel's, when it was last read */
};

struct drops_report {
	uint32_t count;
	uint32_t within_s;
	uint32_t receive_buffer; /* octets, as the option has it */
};

/* For a socket that has just been made. */
void drops_init(struct drops *drops, uint32_t now_s);

/*
 * What there is to tell about the socket: true at most once a minute, and of every drop exactly
 * once, whoever asks.
 */
bool drops_take(struct drops *drops, int fd, uint32_t now_s, struct drops_report *report);

/* Once a second: logs it. `name` is the worker's. */
void drops_tick(struct drops *drops, int fd, uint32_t now_s, const char *name);

#endif
