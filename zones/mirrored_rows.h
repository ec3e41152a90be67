/*
 * mirrored_rows.h: the rows of the `mirrored` table, for what is made of them in zones/.
 *
 *     number(2) slot(1) labels   -> version(1), then (type(2) ttl(4) run rdata) ascending by type
 *                                   and rdata, canonical (RFC 4034 §6.2)
 *     ff ff 00 zone's name       -> its status (mirrored_status.c)
 *
 * The status says which slot is served. A full transfer comes into another one.
 *
 * Labels are the owner's without the zone's, from the apex down, each escaped (00 -> 01 01,
 * 01 -> 01 02) and ended by 00. So
 *
 * 1. keys sort in the canonical order of names (RFC 4034 §6.1), a name before what is below it;
 * 2. what is at and below a name is what begins with its key;
 * 3. a name exists where any key begins with its key, empty non-terminals too (RFC 4592 §2.2.2).
 */
#ifndef DNSBLD_MIRRORED_ROWS_H
#define DNSBLD_MIRRORED_ROWS_H

#include "dns.h"
#include "mirrored.h"
#include "records.h"

/* --- keys (mirrored_key.c) -------------------------------------------------------------------- */

enum {
	MIRROR_KEY = 511,         /* what LMDB takes; no name needs more */
	MIRROR_APEX = 3,          /* octets of the apex' key: number and slot */
	MIRROR_STATUSES = 0xffff, /* the number before rows of status: behind all zones */
	MIRROR_DEPTH = 127,       /* labels that a name can have */
};

struct mirror_key {
	uint8_t octets[MIRROR_KEY];
	size_t len;
};

/* The apex of a slot. */
void mirror_key_apex(struct mirror_key *key, uint16_t number, uint8_t slot);
/* One label deeper. */
void mirror_key_push(struct mirror_key *key, const void *label, size_t len);
/* The address, or the apex, that a prefix of whole labels is: v4 8, v6 4 bits each. */
void mirror_key_push_prefix(struct mirror_key *key, const struct prefix *p);
/* A name in the zone; false where it is not. */
bool mirror_key_owner(struct mirror_key *key, uint16_t number, uint8_t slot,
		      const struct zone_config *zone, const struct name *owner);
/* The name that a key is of, below `apex`; false where the key is damaged. */
bool mirror_key_name(struct bytes key, const struct name *apex, struct name *owner);

static inline struct bytes mirror_key_bytes(const struct mirror_key *key)
{
	return bytes_of(key->octets, key->len);
}

/* Whether `key` is at or below the name that `top` is the key of. */
static inline bool mirror_key_below(struct bytes key, struct bytes top)
{
	return key.len >= top.len && memcmp(key.data, top.data, top.len) == 0;
}

/* The label of a key that begins at *at, which is moved behind it. Still escaped; false at the end.
 */
bool mirror_key_label(struct bytes key, size_t *at, struct bytes *label);

/* What a label is in an address: an octet without leading zeros, a nibble in lower case; -1 where
 * it is none. `family` 4 or 6. */
int mirror_label(struct bytes label, unsigned family);

static inline bool mirror_is_wildcard(struct bytes label)
{
	return label.len == 1 && label.data[0] == '*';
}

/*
 * What a key is as a part of the address space: true with the prefix of its labels, for "*" that of
 * the name above, which it is below. False where a label belongs to no address of this family.
 * `wildcard` may be NULL.
 */
bool mirror_key_prefix(struct bytes key, unsigned family, struct prefix *p, bool *wildcard);

static inline unsigned mirror_step(unsigned family)
{
	return family == 4 ? 8 : 4;
}

/*
 * The closest name that exists at or above a key (RFC 4592 §3.3.1): octets of its key, MIRROR_APEX
 * for the apex. `scan` is left anywhere.
 */
size_t mirror_closest(struct scan *scan, struct bytes key);

/* Past all that is below `top`: the scan stands on a key below it. False at the end of the table.
 */
bool mirror_skip(struct scan *scan, struct bytes top, struct bytes *key, struct bytes *value);

/* Which labels below a node exist: `there` is set for each octet or nibble. */
void mirror_children(struct scan *scan, struct bytes node, unsigned family, bool there[256]);

/* --- rows (mirrored_row.c) -------------------------------------------------------------------- */

enum { MIRROR_ROW = 1 << 18 }; /* octets of records at one name: no answer has so much room */

/* The records of one owner, as they are in a row's value. */
struct mirror_row {
	uint8_t *data;
	size_t len, room;
};

void mirror_row_release(struct mirror_row *row);
/* A row's value; false where it is damaged. */
bool mirror_row_read(struct mirror_row *row, struct bytes value);
/* The value of a row that has records. */
static inline struct bytes mirror_row_bytes(const struct mirror_row *row)
{
	return bytes_of(row->data, row->len);
}
static inline bool mirror_row_is_empty(const struct mirror_row *row)
{
	return row->len <= 1;
}
void mirror_row_clear(struct mirror_row *row);

/* False where it is there already; its TTL then is as it was. */
bool mirror_row_add(struct mirror_row *row, uint16_t type, uint32_t ttl_s, struct bytes rdata);
/* False where it is not there. */
bool mirror_row_delete(struct mirror_row *row, uint16_t type, struct bytes rdata);
/* All of a type. */
void mirror_row_delete_type(struct mirror_row *row, uint16_t type);

struct mirror_rr {
	uint16_t type;
	uint32_t ttl_s;
	struct bytes rdata;
};

/* The records of a row's value, one after the other. */
struct reader mirror_rrs(struct bytes value);
bool mirror_rr_next(struct reader *r, struct mirror_rr *rr);

/*
 * The canonical form of rdata (RFC 4034 §6.2, RFC 6840 §5.1): names in lower case. Writes to `room`
 * where it has to change something. False where it is too short for its type.
 */
bool mirror_rdata(uint16_t type, struct bytes rdata, uint8_t *room, struct bytes *canonical);

enum { /* beside those of dns.h */
       TYPE_CNAME = 5,
       TYPE_DNAME = 39,
       TYPE_RRSIG = 46,
       TYPE_NSEC = 47,
       TYPE_DNSKEY = 48,
       TYPE_NSEC3 = 50,
       TYPE_NSEC3PARAM = 51,
       TYPE_CDS = 59,
       TYPE_CDNSKEY = 60,
};

enum { MIRROR_CODES = 253 }; /* 2 to 254 */

/* N of 127.0.0.N, where it can be a sublist's code; 0 where not. */
uint8_t mirror_code(struct bytes a);

/* What a row means for who is below it, and at it: its codes with their texts. */
struct mirror_meaning {
	bool delegated;  /* NS: it and all below it is another zone's (not at the apex) */
	bool redirected; /* DNAME: all below it is another name's */
	unsigned count;  /* of codes, ascending; 0: it lists nothing */
	uint8_t code[MIRROR_CODES];
	struct bytes text[MIRROR_CODES]; /* the first string; data NULL: none */
};

void mirror_mean(struct bytes value, bool apex, struct mirror_meaning *meaning);
bool mirror_means_same(const struct mirror_meaning *a, const struct mirror_meaning *b);

/* --- counts (mirrored_kind.c) ----------------------------------------------------------------- */

enum { MIRROR_TTLS = 8 };

/* What is counted of a slot. */
struct mirror_tally {
	struct mirror_counts counts;
	uint64_t cuts; /* names with NS (not the apex) or DNAME */
	struct mirror_ttl {
		uint32_t ttl_s;
		uint64_t count;
	} ttl[MIRROR_TTLS]; /* of listings' A, the first so many that were met; count 0: free */
};

/* A row comes (`times` 1) or goes (-1). */
void mirror_tally(struct mirror_tally *tally, struct bytes key, struct bytes value, int times);

/* The TTL of most listings, `otherwise` where there are none. */
uint32_t mirror_commonest_ttl(const struct mirror_tally *tally, uint32_t otherwise);

/* --- status (mirrored_status.c) --------------------------------------------------------------- */

enum mirror_phase {
	MIRROR_SETTLED,  /* claims are what the served slot says */
	MIRROR_STAGING,  /* they are, and a full transfer comes into another slot */
	MIRROR_APPLYING, /* they become what the staged slot says: they are up to `next` */
};

struct mirror_state {
	uint16_t number;
	uint8_t served; /* slot; 0: none yet */
	uint8_t staged; /* slot; 0: none */
	enum mirror_phase phase;
	bool whole;
	bool mixed; /* claims are not what the served slot says: an apply was given up */
	uint32_t serial;
	uint64_t refreshed_s;
	struct prefix next; /* with MIRROR_APPLYING: from its first address on */
	uint8_t codes[32];  /* bit N: code N occurred */
	struct mirror_tally tally, staged_tally;
};

static inline bool mirror_has_code(const struct mirror_state *s, unsigned code)
{
	return s->codes[code / 8] >> code % 8 & 1;
}

bool mirror_state_read(struct txn *txn, const char *zone, struct mirror_state *state);
void mirror_state_write(struct txn *txn, const char *zone, const struct mirror_state *state);
void mirror_state_delete(struct txn *txn, const char *zone);
/* A number that no zone has; 0 where all are used. */
uint16_t mirror_new_number(struct txn *txn);

/* --- ZONEMD (mirrored_digest.c) --------------------------------------------------------------- */

/* ST_DATA where a ZONEMD at the apex of the slot can be verified and none is right. */
enum status mirror_digest(struct txn *txn, const struct zone_config *zone, uint16_t number,
			  uint8_t slot);

#endif
