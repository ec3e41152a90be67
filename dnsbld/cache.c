/*
 * cache.c: a fixed table of prepared answers, one place for each (zone, answer id).
 *
 *	(zone, id) -> slot -> the key is there? copy
 *	              no: answer_read() and answer_rrs(), once, into the slot
 *
 * 1. An id's content never changes and ids are never used twice (answer.h), so a slot is never
 *    stale: it needs no flush after a commit, unless a zone has other sublists since. A sublist
 *that got its number since then is in no answer that was there before it.
 * 2. Nothing is allocated after cache_init(). What is too large for a slot is prepared again for
 *    each query, in the one place that has room for everything.
 * 3. What a key shows of a zone is prepared anew for each query, in that place as well: keys are as
 *    many as customers, and each would want slots of its own.
 * 4. Two ids that want the same slot take turns; each turn costs one lookup.
 */
#include "cache.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* Lists with one template have a few answers, lists with a text a listing any number. */
	SLOT_BITS = 12,
	SLOTS = 1 << SLOT_BITS,
	/* 4 sublists with texts of 200 octets fit; slots that nobody asks for cost no memory. */
	SLOT_SIZE = 1024,
	LARGE_SIZE = sizeof(struct prepared) + CONFIG_SUBLISTS * (PREPARED_A + 2 + TEMPLATE_MAX),
};

void cache_init(struct cache *cache)
{
	cache->slots = must_alloc((size_t)SLOTS * SLOT_SIZE);
	cache->large = must_alloc(LARGE_SIZE);
}

void cache_release(struct cache *cache)
{
	free(cache->slots);
	free(cache->large);
}

static inline struct prepared *slot_of(const struct cache *cache, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15 >> (64 - SLOT_BITS);

	return (struct prepared *)(void *)(cache->slots + i * SLOT_SIZE);
}

void cache_forget(struct cache *cache)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct prepared *slot = (struct prepared *)(void *)(cache->slots + i * SLOT_SIZE);

		/* To look costs a slot no memory that nobody asked for. */
		if (slot->key != 0) {
			slot->key = 0;
		}
	}
}

static size_t size_of(const struct rrs *rrs)
{
	size_t size = sizeof(struct prepared) + rrs->a_count * (size_t)PREPARED_A;

	for (unsigned i = 0; i < rrs->txt_count; i++) {
		size += 2 + rrs->txt[i].len;
	}
	return size;
}

static void prepare(struct prepared *p, uint64_t key, const struct zone *zone,
		    const struct rrs *rrs)
{
	struct writer w = writer_of(p->bytes, size_of(rrs) - sizeof *p);

	for (unsigned i = 0; i < rrs->a_count; i++) {
		const uint8_t a[] = {127, 0, 0, rrs->code[i]};

		write_u16(&w, 0xc000 | DNS_HEADER);
		write_u16(&w, TYPE_A);
		write_u16(&w, CLASS_IN);
		write_u32(&w, zone->config->ttl_s);
		write_u16(&w, sizeof a);
		write_bytes(&w, a, sizeof a);
	}
	p->a_count = (uint16_t)rrs->a_count;
	p->a_len = (uint32_t)writer_len(&w);
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		write_run(&w, rrs->txt[i]);
	}
	assert(!w.bad);
	p->txt_count = (uint16_t)rrs->txt_count;
	p->txt_len = (uint32_t)writer_len(&w) - p->a_len;
	p->key = key;
}

const struct prepared *cache_answer(struct cache *cache, const struct zone *zone, uint32_t id,
				    struct txn *txn)
{
	uint64_t key = (uint64_t)zone->number << 32 | id;
	struct prepared *slot = slot_of(cache, key);

	if (slot->key == key) {
		return slot;
	}
	if (!answer_read(txn, id, &cache->answer)) {
		return NULL;
	}
	answer_rrs(&cache->answer, &zone->view, txn, &cache->rrs);
	if (txn_status(txn)) {
		return NULL;
	}
	if (size_of(&cache->rrs) > SLOT_SIZE) {
		slot = cache->large;
	}
	prepare(slot, key, zone, &cache->rrs);
	return slot;
}

const struct prepared *cache_view(struct cache *cache, const struct zone *zone,
				  const struct zone_view *view, uint32_t id, struct txn *txn)
{
	if (!answer_read(txn, id, &cache->answer)) {
		return NULL;
	}
	answer_rrs(&cache->answer, view, txn, &cache->rrs);
	if (txn_status(txn)) {
		return NULL;
	}
	return cache_rrs(cache, zone, &cache->rrs);
}

const struct prepared *cache_rrs(struct cache *cache, const struct zone *zone,
				 const struct rrs *rrs)
{
	prepare(cache->large, 0, zone, rrs);
	return cache->large;
}
