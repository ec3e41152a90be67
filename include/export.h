/*
 * export.h: a zone as a file, from one consistent snapshot.
 */
#ifndef DNSBLD_EXPORT_H
#define DNSBLD_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "status.h"
#include "store.h"

enum export_format {
	EXPORT_UNKNOWN,
	EXPORT_RBLDNSD, /* one `combined` dataset: a $DATASET for each sublist and family */
	EXPORT_BIND,    /* a master file (RFC 1035 §5) */
	EXPORT_RPZ,     /* a response policy zone: the fewest prefixes, as triggers */
	EXPORT_CIDR,    /* the fewest prefixes that cover what is listed */
	EXPORT_JSON, /* one object a line for each prefix and sublist, which LIST_JSON reads back */
	EXPORT_NFT,  /* the fewest prefixes as sets of nftables */
	EXPORT_IPSET,
};

/* Their names, for words. */
#define EXPORT_FORMATS "rbldnsd, bind, rpz, cidr, json, nft, ipset"

enum export_format export_format_named(const char *name);

/* What is to be written. */
struct export_job {
	const struct config *config;
	const struct zone_config *zone;
	enum export_format format;
	uint64_t now;
	void (*progress)(uint64_t entries); /* after each entry; NULL: nobody looks */
};

/* Writes what the zone serves. ST_IO when `out` fails. *entries, unless NULL: lines that list
 * something. */
enum status export_zone(struct txn *txn, const struct export_job *job, FILE *out,
			uint64_t *entries);

/*
 * How many entries a file says it has, in its last line. False where it says nothing: it is none of
 * ours, or of a format in which each line is an entry.
 */
bool export_entries(FILE *file, uint64_t *entries);

#endif
