/*
 * ring.h: messages from one process to another through shared memory: one puts, one takes, neither
 * waits for the other. When it is full, what would come next is lost, and counted.
 *
 *	octets  … | len(4) message | len(4) message | …      around the end as it comes
 *	           ^ tail: taken up to here          ^ head: put up to here
 *
 * 1. head and tail count octets since the ring was made; where in the ring that is, is the
 *    remainder. So no value of theirs, however wrong, points outside.
 * 2. Only who puts moves head, only who takes moves tail; a message is there when head has passed
 *    it. Either may die at any instant and another go on in its place.
 * 3. Who puts reads what strangers send, and may have been taken over: all that is in the ring may
 *    be forged, at any instant. ring_take() looks at each value once, in its own memory.
 */
#ifndef DNSBLD_RING_H
#define DNSBLD_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/*
 * 4,000 queries with their answers: at 200,000 a second, and nobody here gets more, that is 20 ms.
 * A power of two, and a process' own second-level cache holds it.
 */
enum { RING_SIZE = 1 << 20 };

struct ring {
	_Alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t lost; /* messages that found no room */
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) uint8_t octets[RING_SIZE];
};

/*
 * Puts one message, made of `count` parts, whose lengths together are less than 2^32. Whether there
 * was room.
 */
bool ring_put(struct ring *r, const struct bytes *parts, size_t count);

enum ring_state {
	RING_EMPTY,
	RING_TAKEN,
	RING_DAMAGED, /* no message; what was in the ring is given up */
};

/* Takes one message. One that is longer than `room`, as no honest one is, is damage. */
enum ring_state ring_take(struct ring *r, uint8_t *message, size_t room, size_t *len);

/* Messages that found no room so far; whatever a forger likes. */
uint64_t ring_lost(const struct ring *r);

#endif
