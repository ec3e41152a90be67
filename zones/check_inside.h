/*
 * check_inside.h: for check.c, check_index.c and check_mirrored.c.
 */
#ifndef DNSBLD_CHECK_INSIDE_H
#define DNSBLD_CHECK_INSIDE_H

#include "check.h"
#include "interned.h"
#include "state.h"

struct check {
	struct txn *txn;
	struct state state;
	struct interned *answers, *texts; /* references, counted again */
	check_fault *fault;
	void *context;
	uint64_t faults;
};

void check_say(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flattens all claims and compares with the index; counts the references to answers. */
void check_index(struct check *c);

/* Counts the records of mirrored zones, and compares what they list with the zones' claims. */
void check_mirrored(struct check *c);

#endif
