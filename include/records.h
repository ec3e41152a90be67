/*
 * records.h: a zone as records (RFC 1035 §3.2), one after the other: for what writes a zone out, to
 * a file or to a secondary, and for what takes one in.
 *
 *     zone_records()    what the config contributes, and the test entries
 *     owner_records()   what one owner of the index has (block_rrs.h)
 */
#ifndef DNSBLD_RECORDS_H
#define DNSBLD_RECORDS_H

#include <stdint.h>

#include "answer.h"
#include "bytes.h"
#include "config.h"
#include "dns.h"
#include "name.h"

/* One record, of class IN. Names are uncompressed and in lower case. Borrowed for the call that
 * gets it. */
struct record {
	struct name owner;
	uint16_t type;
	uint32_t ttl_s;
	struct bytes rdata;
};

typedef void record_sink(void *context, const struct record *record);

/*
 * The SOA alone. Its TTL is that of negative answers, as secondaries take theirs from it (RFC 2308
 * §3).
 */
void zone_soa(const struct zone_config *zone, uint32_t serial, record_sink *sink, void *context);

/*
 * All but what the index has: SOA, NS, the apex' and hosts' addresses, NS and glue of zones below
 * (RFC 1034 §4.2.1), test entries (RFC 5782 §5). The SOA is the first.
 */
void zone_records(const struct config *config, const struct zone_config *zone,
		  const struct zone_view *view, uint32_t serial, record_sink *sink, void *context);

/*
 * One record of the owner that an address has, or a prefix as a wildcard: the number'th of its A
 * and then its TXTs, asked for in turn, as what they have in common stays in *record. False where
 * it has not so many.
 */
enum { RECORD_ROOM = 1 + TEXT_MAX };
bool owner_record(const struct zone_config *zone, const struct prefix *owner,
		  const struct listed *listed, unsigned number, uint8_t room[RECORD_ROOM],
		  struct record *record);

/* All of them. */
void owner_records(const struct zone_config *zone, const struct prefix *owner,
		   const struct listed *listed, record_sink *sink, void *context);

#endif
