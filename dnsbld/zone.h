/*
 * zone.h: the zones as they are served: found by name, and with everything that only the config
 * decides turned into bytes at start.
 */
#ifndef DNSBLD_ZONE_H
#define DNSBLD_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "bytes.h"
#include "config.h"
#include "query.h"
#include "zonestate.h"

/* Records ready to be copied, their owners spelled as pointers to the question's name. */
struct records {
	struct bytes bytes;
	uint16_t count;
};

/* What was said in the log of a zone, and need not be said again. */
struct zone_told {
	bool absent;
	uint8_t fingerprint[FINGERPRINT]; /* the last other one that was warned of */
	bool old, expired;                /* of a mirrored zone */
	uint64_t again_s;                 /* when it may be said again; of the real clock */
};

struct zone {
	/* What every query of the zone looks at stands together. */
	uint32_t epoch;  /* of the snapshot that `known` and the SOA's serial are from; 0: of none
			    yet */
	bool known;      /* the database has the zone */
	bool agrees;     /* … and as our config has it */
	bool numbered;   /* each sublist has its number */
	uint32_t number; /* its place among the zones */
	struct zone_counters *counters; /* this process' own; NULL: nothing is counted */
	uint64_t expires_s; /* of the real clock: from then on it is not served; ZONE_FOREVER */
	const struct zone_config *config;
	const struct access_config *access; /* NULL: it asks for no key, and counts nobody */
	uint64_t salt;                      /* of its name: each zone counts clients for itself */
	struct zone *parent; /* the nearest zone of ours above; NULL where there is none */

	/* type … rdata of the SOA, as in a negative answer (RFC 2308 §5); see zone_set_serial(). */
	uint8_t *soa;
	uint16_t soa_len;
	struct records ns;
	struct records glue; /* of the name servers that have their addresses in the zone */

	uint8_t fingerprint[FINGERPRINT]; /* of our config */
	struct zone_told told;
	struct zone_view view; /* since the epoch */
};

#define ZONE_FOREVER UINT64_MAX

/* A name that exists because of the config: an apex, a host, or an empty non-terminal above one. */
struct node {
	struct zone *zone;
	const uint8_t *name; /* wire, lower case; borrowed from the config */
	uint8_t len;
	bool apex;
	struct records a;
	struct records aaaa;
};

struct zones {
	struct zone *zone;
	size_t count;
	struct node *node;
	size_t node_count;
	struct node **table; /* of nodes by name; its size is a power of two */
	uint64_t mask;
	unsigned most_labels; /* of any apex */
	unsigned least_labels;
};

/* Of all zones in the config, which is borrowed. */
void zones_init(struct zones *zones, const struct config *config);
void zones_release(struct zones *zones);

/*
 * One zone's config, of those that zones_init() was given, is another than before, but for its name
 * and what it is a zone of: all nodes are new, and so are the zone's records. What was counted and
 * said of it stays.
 */
void zones_change(struct zones *zones, const struct config *config, size_t number);

/*
 * The longest apex that is the question's name or above it: its node, and in *before how many
 * octets of the name stand before it. NULL where no zone has the name.
 */
const struct node *zones_match(const struct zones *zones, const struct query_name *name,
			       size_t *before);

/* The node with exactly the question's name; NULL where there is none. */
const struct node *zones_node(const struct zones *zones, const struct query_name *name);

#endif
