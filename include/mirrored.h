/*
 * mirrored.h: zones that are copies of a primary's. The table `mirrored` has all their records, as
 * they came; what is listed derives from it (RFC 4592) and stands in the database as claims of
 * mirror_source() on private sublists, so that index, journal, `show` and `check` know no
 * difference. Written through change.h.
 *
 *     primary ─▶ mirrored ─▶ claims of "mirror ZONE" on "ZONE/CODE" ─▶ index, as all claims
 *
 * What the model of a DNSBL cannot say is kept, as its names exist, counted by kind, and not
 * served.
 */
#ifndef DNSBLD_MIRRORED_H
#define DNSBLD_MIRRORED_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "store.h"

/* Records that are outside the model: why. */
enum mirror_kind {
	MIRROR_CODE,       /* A other than 127.0.0.2 to 127.0.0.254 */
	MIRROR_TEXTS,      /* TXT more than codes */
	MIRROR_STRINGS,    /* TXT of several strings: the first is served; a kind beside others */
	MIRROR_NAME,       /* below a name that is no address, and no host of one label */
	MIRROR_WILDCARD,   /* below "*" at the apex: it would list the world (RFC 6471 §3.4) */
	MIRROR_DELEGATION, /* NS below the apex; nothing at or below it is served */
	MIRROR_DNSSEC,     /* DS, RRSIG, NSEC, DNSKEY, NSEC3 … */
	MIRROR_TYPE,       /* another type than A and TXT, at the apex and of hosts: A and AAAA */
	MIRROR_KINDS
};

/* "A records that are no code" and the like. */
const char *mirror_kind_words(enum mirror_kind kind);

struct mirror_counts {
	uint64_t records; /* all of them */
	uint64_t outside; /* of them outside the model; MIRROR_STRINGS does not count */
	uint64_t of_kind[MIRROR_KINDS]; /* those, by why */
};

struct mirror_status {
	bool whole;           /* a transfer was completed: there is something to serve */
	bool mixed;           /* a later one was broken off as it took effect: take all anew */
	uint32_t serial;      /* with `whole` */
	uint64_t refreshed_s; /* real clock: when the primary last said that this is its serial */
	uint64_t records, outside;
	uint64_t of_kind[MIRROR_KINDS];
};

/* Whether there is a zone of that serial, which differences can lead on from. */
static inline bool mirror_is_settled(const struct mirror_status *status)
{
	return status->whole && !status->mixed;
}

/* False where the database has nothing of the zone, not even half a transfer. */
bool mirror_status_read(struct txn *txn, const struct zone_config *zone,
			struct mirror_status *status);

/*
 * Fills what the primary says into a mirrored zone's config: soa, ns, ttl_s, hosts, at_apex and
 * sublists, those codes that occurred. Owned by the config, as if they had been in the file; what
 * was filled before is freed, so nobody may look at the zone meanwhile. False: there is nothing yet
 * (not `whole`), or the transaction failed; the zone's config is then as it was.
 *
 * All of it changes seldom: where zone_state_read() gives the same fingerprint as before, there is
 * no need to load it again.
 */
bool mirror_zone_load(struct txn *txn, struct zone_config *zone);

/* The names that its claims have. The config can have neither. */
enum { MIRROR_NAME_TEXT = 272 }; /* room for one, with its NUL */
const char *mirror_source(const char *zone, char text[MIRROR_NAME_TEXT]);
const char *mirror_sublist(const char *zone, uint8_t code, char text[MIRROR_NAME_TEXT]);

/* Whether a source, or a sublist, of this name is a mirror's. */
bool mirror_is_source(const char *name);
bool mirror_is_sublist(const char *name);

/* The names of the zones that the database has something of. Stops when visit returns false. */
typedef bool mirror_visit(void *context, const char *zone);
void mirror_zones(struct txn *txn, mirror_visit *visit, void *context);

#endif
