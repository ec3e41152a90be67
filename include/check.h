/*
 * check.h: is the database what its claims say? Everything derived is made again and compared:
 * index, references, counts, the tables that point at claims, the journal.
 */
#ifndef DNSBLD_CHECK_H
#define DNSBLD_CHECK_H

#include <stdint.h>

#include "store.h"

/* Told of each fault, in words. */
typedef void check_fault(void *context, const char *fault);

/* Reads everything in one snapshot. ST_OK: consistent; ST_NO: `fault` was called; else the snapshot
 * could not be read. */
enum status check_run(struct txn *txn, check_fault *fault, void *context);

#endif
