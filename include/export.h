/*
 * export.h: a zone as a file, from one consistent snapshot.
 */
#ifndef DNSBLD_EXPORT_H
#define DNSBLD_EXPORT_H

#include <stdio.h>

#include "config.h"
#include "status.h"
#include "store.h"

enum export_format {
	EXPORT_UNKNOWN,
	EXPORT_RBLDNSD, /* one `combined` dataset: a $DATASET for each sublist and family */
	EXPORT_BIND,    /* a master file (RFC 1035 §5) */
	EXPORT_CIDR,    /* the fewest prefixes that cover what is listed */
	EXPORT_JSON, /* one object a line for each prefix and sublist, which LIST_JSON reads back */
};

enum export_format export_format_named(const char *name);

/* Writes what the zone serves. ST_IO when `out` fails. *entries, unless NULL: lines that list
 * something. */
enum status export_zone(struct txn *txn, const struct config *config,
			const struct zone_config *zone, enum export_format format, FILE *out,
			uint64_t *entries);

#endif
