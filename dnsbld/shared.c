/*
 * shared.c: anonymous shared mappings.
 */
#include "shared.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum status shared_map(void **memory, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED) {
		return fail(ST_AGAIN, "no shared memory: %s", strerror(errno));
	}
	*memory = map;
	return ST_OK;
}

void shared_unmap(void *memory, size_t size)
{
	munmap(memory, size);
}
