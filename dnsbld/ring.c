/*
 * ring.c: copying in and out, around the end.
 */
#include "ring.h"

enum { LENGTH = sizeof(uint32_t) };

static void copy_in(struct ring *r, uint64_t at, const void *data, size_t len)
{
	size_t place = at % RING_SIZE;
	size_t first = len < RING_SIZE - place ? len : RING_SIZE - place;

	memcpy(r->octets + place, data, first);
	memcpy(r->octets, (const uint8_t *)data + first, len - first);
}

static void copy_out(const struct ring *r, uint64_t at, void *data, size_t len)
{
	size_t place = at % RING_SIZE;
	size_t first = len < RING_SIZE - place ? len : RING_SIZE - place;

	memcpy(data, r->octets + place, first);
	memcpy((uint8_t *)data + first, r->octets, len - first);
}

bool ring_put(struct ring *r, const struct bytes *parts, size_t count)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t used = head - atomic_load_explicit(&r->tail, memory_order_acquire);
	uint32_t len = 0;

	for (size_t i = 0; i < count; i++) {
		len += (uint32_t)parts[i].len;
	}
	if (used > RING_SIZE || RING_SIZE - used < LENGTH + (uint64_t)len) {
		uint64_t lost = atomic_load_explicit(&r->lost, memory_order_relaxed);

		atomic_store_explicit(&r->lost, lost + 1, memory_order_relaxed);
		return false;
	}
	copy_in(r, head, &len, LENGTH);
	head += LENGTH;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > 0) {
			copy_in(r, head, parts[i].data, parts[i].len);
			head += parts[i].len;
		}
	}
	atomic_store_explicit(&r->head, head, memory_order_release);
	return true;
}

enum ring_state ring_take(struct ring *r, uint8_t *message, size_t room, size_t *len)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint64_t used = head - tail;
	uint32_t own = 0;

	if (used == 0) {
		return RING_EMPTY;
	}
	if (used >= LENGTH && used <= RING_SIZE) {
		copy_out(r, tail, &own, LENGTH);
		if (own <= room && own <= used - LENGTH) {
			copy_out(r, tail + LENGTH, message, own);
			atomic_store_explicit(&r->tail, tail + LENGTH + own, memory_order_release);
			*len = own;
			return RING_TAKEN;
		}
	}
	atomic_store_explicit(&r->tail, head, memory_order_release);
	return RING_DAMAGED;
}

uint64_t ring_lost(const struct ring *r)
{
	return atomic_load_explicit(&r->lost, memory_order_relaxed);
}
