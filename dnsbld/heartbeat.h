/*
 * heartbeat.h: one counter a process, in memory that the parent shares with all of them. A process
 * whose counter stands still is hung.
 */
#ifndef DNSBLD_HEARTBEAT_H
#define DNSBLD_HEARTBEAT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Each on a cache line of its own, since it is written with every batch: two workers that write to
 * one line take it from each other each time.
 */
struct heartbeat {
	_Alignas(64) _Atomic uint32_t beats;
};

/* Only one process writes a counter, so this needs no locked instruction. */
static inline void heartbeat_tick(struct heartbeat *h)
{
	uint32_t beats = atomic_load_explicit(&h->beats, memory_order_relaxed);

	atomic_store_explicit(&h->beats, beats + 1, memory_order_relaxed);
}

static inline uint32_t heartbeat_read(const struct heartbeat *h)
{
	return atomic_load_explicit(&h->beats, memory_order_relaxed);
}

#endif
