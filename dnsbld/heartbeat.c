/*
 * heartbeat.c: the shared memory of the heartbeats.
 */
#include "heartbeat.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum status heartbeats_map(struct heartbeat **beats, size_t count)
{
	void *map = mmap(NULL, count * sizeof **beats, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED) {
		return fail(ST_AGAIN, "no shared memory for heartbeats: %s", strerror(errno));
	}
	*beats = map;
	return ST_OK;
}
