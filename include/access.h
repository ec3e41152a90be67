/*
 * access.h: keys in the name. Whoever was given one asks for 7.100.51.198.KEY.ZONE, and gets what
 * his key may see, as often as its quotas let him. Written through change.h, read by dnsbld with
 * every query that has a key: what is committed holds for the next one.
 *
 *     access: 'k' key -> version(1) number(2) created(8) quota_day(4) quota_second(4)
 *                        runs: name zones sublists
 *             'l'     -> version(1) number(2), the last one that was given
 */
#ifndef DNSBLD_ACCESS_H
#define DNSBLD_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "store.h"

enum {
	ACCESS_KEY_LEAST = 20, /* what random labels have 100 bits in, and no name of ours */
	ACCESS_KEY_MOST = 63,  /* RFC 1035 §2.3.4 */
	ACCESS_KEYS = 65535,   /* most at once: numbers are 1 to this, each with its counters */
	ACCESS_RECORD = 32768, /* most octets of a row */
};

struct access {
	struct bytes key;   /* the label, in lower case */
	struct bytes name;  /* whose it is; as a source's name, source_check_name() */
	uint16_t number;    /* where its counters are (quota.h); given anew after all others were */
	uint64_t created;   /* seconds */
	uint32_t quota_day; /* queries; 0: no bound */
	uint32_t quota_second;
	struct bytes zones;    /* a run for the name of each */
	struct bytes sublists; /* their numbers, 2 octets each; empty: all */
};

/*
 * Whether a label, in lower case, may be a key: so many letters and digits, which no octet, nibble
 * and random word of a monitor is by chance.
 */
bool access_is_key(const uint8_t *label, size_t len);

/* What tells the key from others that had its number: never 0, below 1 << QUOTA_TAG_BITS. */
uint32_t access_tag(struct bytes key);

/* The key of this label, in lower case; false where there is none. Borrowed from the transaction.
 */
bool access_find(struct txn *txn, struct bytes key, struct access *access);

/* All keys, in their order. Stops when visit returns false. */
typedef bool access_visit(void *context, const struct access *access);
void accesses(struct txn *txn, access_visit *visit, void *context);

/* Whether the key is good in the zone of this name, and whether it may see a sublist. */
bool access_has_zone(const struct access *access, const char *zone);
bool access_has_sublist(const struct access *access, uint16_t number);

/* The zone's name that stands at the start of `zones`, which is moved past it. False at the end. */
bool access_next_zone(struct bytes *zones, struct bytes *zone);

/* For change.c and check.c. */
enum { ACCESS_ROW_KEY = 1 + ACCESS_KEY_MOST };
struct bytes access_row_key(uint8_t room[ACCESS_ROW_KEY], struct bytes key);
void access_write(struct writer *w, const struct access *access);
bool access_read(struct bytes row_key, struct bytes record, struct access *access);
uint16_t access_last_number(struct txn *txn);
void access_set_last_number(struct txn *txn, uint16_t number);

#endif
