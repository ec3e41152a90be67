/*
 * served.h: what DNS serves for an address or inside a prefix, zone by zone, as people and
 * programs read it.
 */
#ifndef FEEDER_SERVED_H
#define FEEDER_SERVED_H

#include <stdbool.h>

#include "config.h"
#include "json.h"
#include "store.h"

/*
 * Prints the A and TXT records of each zone that has any. json NULL: lines of text; else a member
 * "zones", for a prefix "ranges", each with its "zones"; in the texts of a range of more than one
 * address {ip} stays as it is. True where the address, or any in the prefix, is listed. Errors are
 * the transaction's.
 */
bool served_print(struct txn *txn, const struct config *config, const struct prefix *prefix,
		  struct json *json);

#endif
