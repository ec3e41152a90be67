/*
 * target.h: a file that is replaced as a whole or stays what it is: a mirror never sees half a
 * zone.
 *
 *     target_open(&t, file);               a new file beside it, with the old one's mode
 *     fprintf(t.out, …);
 *     target_finish(&t, entries, force);   guard ─▶ fsync ─▶ rename ─▶ fsync of the folder
 *     target_close(&t);                    whatever failed, no temporary file is left
 */
#ifndef FEEDER_TARGET_H
#define FEEDER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "status.h"

struct target {
	const char *file;
	FILE *out;
	off_t size;               /* octets, after target_finish() */
	char temporary[PATH_MAX]; /* empty: there is none */
	int folder;               /* its descriptor; -1 */
	struct {
		off_t size;
		bool counted; /* it says how many entries it has: */
		uint64_t entries;
	} old; /* what is there; all 0: nothing */
};

/* ST_USAGE where there is such a file but no regular one, ST_IO, ST_AGAIN. Close it all the same.
 */
enum status target_open(struct target *t, const char *file);

/*
 * Replaces the file. ST_DATA, without `force`, where the new one has under half or over ten times
 * as much in it as the old one: a feed that broke would empty every mirror. ST_IO, ST_AGAIN.
 */
enum status target_finish(struct target *t, uint64_t entries, bool force);

void target_close(struct target *t);

#endif
