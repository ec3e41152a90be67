/*
 * withdraw.h: withdraws what a source claims, all of it or what somebody does not want to keep, in
 * slices.
 */
#ifndef FEEDER_WITHDRAW_H
#define FEEDER_WITHDRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "prefix.h"
#include "slices.h"

/* Whether this claim of the source stays. Asked in ascending order, by prefix, then sublist. */
typedef bool withdraw_keep(void *context, const struct prefix *prefix, uint16_t sublist);

/* keep NULL: none stays. *withdrawn is counted up, and so is slices->row.removed. */
enum status withdraw(struct slices *slices, uint32_t source, withdraw_keep *keep, void *context,
		     uint64_t *withdrawn);

#endif
