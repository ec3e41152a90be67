/*
 * shared.h: memory that the parent shares with every process it forks later.
 */
#ifndef DNSBLD_SHARED_H
#define DNSBLD_SHARED_H

#include <stddef.h>

#include "status.h"

/* Zeroed, and page-aligned. ST_AGAIN where there is none. shared_unmap() it, or never. */
enum status shared_map(void **memory, size_t size);
void shared_unmap(void *memory, size_t size);

#endif
