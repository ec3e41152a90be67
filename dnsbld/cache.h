/*
 * cache.h: answers as bytes that are ready to be copied: what an answer id means in a zone.
 */
#ifndef DNSBLD_CACHE_H
#define DNSBLD_CACHE_H

#include <stdint.h>

#include "answer.h"
#include "bytes.h"
#include "zone.h"

/* The records of one answer id in one zone. */
struct prepared {
	uint64_t key;     /* zone and id; 0: nothing */
	uint16_t a_count; /* 0: the zone does not list it */
	uint16_t txt_count;
	uint32_t a_len;
	uint32_t txt_len;
	uint8_t bytes[]; /* the A records, then a run for each TXT's template */
};

enum { PREPARED_A = 16 }; /* octets of an A record */

struct cache {
	uint8_t *slots;
	struct prepared *large; /* the one that no slot has room for */
	struct rrs rrs;         /* scratch */
	struct answer answer;
};

void cache_init(struct cache *cache);
void cache_release(struct cache *cache);

/* Forgets all: zones have other sublists than before. */
void cache_forget(struct cache *cache);

/*
 * What an id (not 0) means in the zone, whose view must be of the transaction's snapshot. Borrowed
 * until the next call. NULL on an error, which is the transaction's.
 */
const struct prepared *cache_answer(struct cache *cache, const struct zone *zone, uint32_t id,
				    struct txn *txn);

/* The same in a view of the zone that shows a part of its sublists. Nothing of it is kept. */
const struct prepared *cache_view(struct cache *cache, const struct zone *zone,
				  const struct zone_view *view, uint32_t id, struct txn *txn);

/* The same for records that have no id (test entries). */
const struct prepared *cache_rrs(struct cache *cache, const struct zone *zone,
				 const struct rrs *rrs);

static inline struct bytes prepared_a(const struct prepared *p)
{
	return bytes_of(p->bytes, p->a_len);
}

static inline struct bytes prepared_txt(const struct prepared *p)
{
	return bytes_of(p->bytes + p->a_len, p->txt_len);
}

#endif
