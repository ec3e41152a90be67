/*
 * mirror_spool.h: a transfer on its way into the database: what a primary says is kept in a file
 * until all of it has come and is verified, and nobody waits meanwhile. The file has no name and
 * goes with the process.
 *
 *     spool_open(&spool, folder, &bounds) ─▶ spool_begin, spool_delete, spool_add … ─▶ spool_finish
 *     ─▶ spool_replay(descriptor, spool.records, &rows) in another process ─▶ spool_close
 */
#ifndef FEEDER_MIRROR_SPOOL_H
#define FEEDER_MIRROR_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "records.h"
#include "status.h"

/* What a transfer may have at most, in records and in octets of the file. */
struct spool_bounds {
	uint64_t records;
	uint64_t octets;
};

struct spool {
	FILE *file;
	struct spool_bounds bounds;
	uint64_t room; /* half of what was free: the database, and all others, need some too */
	uint64_t records, octets;
	bool begun;
	bool full;       /* a whole zone; else differences */
	uint32_t serial; /* that the zone has afterwards */
};

/* Bounds for a zone that had so many records last time, in a database of this size. */
struct spool_bounds spool_bounds_of(uint64_t last_records, uint64_t map_size);

/* ST_IO, ST_AGAIN (no room), ST_PERM. */
enum status spool_open(struct spool *spool, const char *folder, const struct spool_bounds *bounds);
void spool_close(struct spool *spool); /* also of one that is all zeroes */

/* Each: ST_DATA where it grows past its bounds, ST_AGAIN where the disk is full, ST_IO. */
enum status spool_begin(struct spool *spool, bool full, uint32_t serial);
enum status spool_delete(struct spool *spool, const struct record *record);
enum status spool_add(struct spool *spool, const struct record *record);

/* All is in the file. */
enum status spool_finish(struct spool *spool);

/* Who is told what was put, in its order, until one of them is not ST_OK. */
struct spool_rows {
	void *context;
	enum status (*delete)(void *context, const struct record *record);
	enum status (*add)(void *context, const struct record *record);
};

/* Reads it from the file's beginning. ST_INTERNAL where it has other rows than were put, or another
 * number of records; ST_IO. The descriptor is closed. */
enum status spool_replay(int fd, uint64_t records, const struct spool_rows *rows);

#endif
