/*
 * heartbeat.h: one counter a process, in memory that the parent shares with all of them. A process
 * whose counter stands still is hung.
 */
#ifndef DNSBLD_HEARTBEAT_H
#define DNSBLD_HEARTBEAT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/*
 * Each on a page of its own, whatever the machine's pages are: a process keeps its own alone, so
 * that it can let no other seem hung, or alive.
 */
struct heartbeat {
	_Atomic uint32_t beats;
	uint8_t apart[65536 - sizeof(uint32_t)];
};

/* In a child: from now on only `own` of these `count` ones is there. */
static inline void heartbeat_keep(struct heartbeat *all, size_t count, const struct heartbeat *own)
{
	size_t before = (size_t)(own - all);

	if (before > 0) {
		munmap(all, before * sizeof *all);
	}
	if (before + 1 < count) {
		munmap(all + before + 1, (count - before - 1) * sizeof *all);
	}
}

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
