/*
 * zone_records.h: what the config contributes to a zone, as records that are ready to be copied.
 */
#ifndef DNSBLD_ZONE_RECORDS_H
#define DNSBLD_ZONE_RECORDS_H

#include "zone.h"

/* The SOA (its serial is still 0), NS and glue of a zone that has its config. */
void zone_prepare(struct zone *zone);
void zone_release(struct zone *zone);

/* The serial in the prepared SOA. */
void zone_set_serial(struct zone *zone, uint32_t serial);
uint32_t zone_serial(const struct zone *zone);

uint32_t zone_serial(const struct zone *zone);

/* The addresses of a node that has its zone. */
void node_set_addresses(struct node *node, const struct host_config *host);
void node_release(struct node *node);

#endif
