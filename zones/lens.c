/*
 * lens.c: classes of answers. A database has many zones, so answers differ in what a zone does not
 * serve; and texts may be what the template is. Answers are found by id, classes by a hash of their
 * records: a list in which every address has its own answer stays linear.
 */
#include "lens.h"

#include <stdlib.h>

enum { LEAST = 64 }; /* places in each table; a power of two, at most half are taken */

static void hash_bytes(uint64_t *hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		*hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	}
}

static uint64_t hash_of(const struct rrs *rrs)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash_bytes(&hash, rrs->code, rrs->a_count);
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		hash_bytes(&hash, &rrs->txt[i].len, sizeof rrs->txt[i].len);
		hash_bytes(&hash, rrs->txt[i].data, rrs->txt[i].len);
	}
	return hash ^ hash >> 32;
}

static bool same(const struct rrs *rrs, const struct listed *listed)
{
	if (rrs->a_count != listed->a_count || rrs->txt_count != listed->txt_count ||
	    memcmp(rrs->code, listed->code, rrs->a_count) != 0) {
		return false;
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		if (!bytes_equal(rrs->txt[i], listed->txt[i])) {
			return false;
		}
	}
	return true;
}

/* In one piece of memory: the struct, its texts' places, codes, texts. */
static struct listed *copy(const struct rrs *rrs)
{
	size_t octets = rrs->a_count;

	for (unsigned i = 0; i < rrs->txt_count; i++) {
		octets += rrs->txt[i].len;
	}
	struct listed *listed =
		must_alloc(sizeof *listed + rrs->txt_count * sizeof(struct bytes) + octets);
	struct bytes *txt = (struct bytes *)(listed + 1);
	uint8_t *at = (uint8_t *)(txt + rrs->txt_count);

	*listed = (struct listed){.a_count = rrs->a_count,
				  .code = at,
				  .txt_count = rrs->txt_count,
				  .txt = txt};
	memcpy(at, rrs->code, rrs->a_count);
	at += rrs->a_count;
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		size_t len = rrs->txt[i].len;

		if (len > 0) {
			memcpy(at, rrs->txt[i].data, len);
		}
		txt[i] = bytes_of(at, len);
		at += len;
	}
	return listed;
}

static void grow_classes(struct lens *lens)
{
	size_t size = 2 * (lens->hash_mask + 1);

	lens->listed = must_realloc(lens->listed, size / 2 * sizeof(struct listed *));
	lens->hash = must_realloc(lens->hash, size / 2 * sizeof *lens->hash);
	free(lens->by_hash);
	lens->by_hash = must_alloc(size * sizeof *lens->by_hash);
	lens->hash_mask = size - 1;
	for (uint32_t class = 1; class <= lens->classes; class ++) {
		uint64_t i = lens->hash[class - 1];

		while (lens->by_hash[i & lens->hash_mask] != 0) {
			i++;
		}
		lens->by_hash[i & lens->hash_mask] = class;
	}
}

/* The class of these records, made where there is none. */
static uint32_t class_of(struct lens *lens, const struct rrs *rrs)
{
	uint64_t hash = hash_of(rrs), i = hash;
	uint32_t class;

	for (; (class = lens->by_hash[i & lens->hash_mask]) != 0; i++) {
		if (lens->hash[class - 1] == hash && same(rrs, lens->listed[class - 1])) {
			return class;
		}
	}
	class = ++lens->classes;
	lens->by_hash[i & lens->hash_mask] = class;
	lens->hash[class - 1] = hash;
	lens->listed[class - 1] = copy(rrs);
	if (2 * (size_t)lens->classes > lens->hash_mask) {
		grow_classes(lens);
	}
	return class;
}

/* Where an id is, or would be. Ids are given in turn, so that they are their own hash. */
static struct lens_answer *place(const struct lens *lens, uint32_t id)
{
	size_t i = id;

	while (lens->answer[i & lens->answer_mask].id != 0 &&
	       lens->answer[i & lens->answer_mask].id != id) {
		i++;
	}
	return &lens->answer[i & lens->answer_mask];
}

static void grow_answers(struct lens *lens)
{
	struct lens_answer *old = lens->answer;
	size_t size = lens->answer_mask + 1;

	lens->answer = must_alloc(2 * size * sizeof *lens->answer);
	lens->answer_mask = 2 * size - 1;
	for (size_t i = 0; i < size; i++) {
		if (old[i].id != 0) {
			*place(lens, old[i].id) = old[i];
		}
	}
	free(old);
}

void lens_init(struct lens *lens, const struct zone_view *view)
{
	lens->view = *view;
	lens->answer_count = 0;
	lens->classes = 0;
	lens->answer_mask = lens->hash_mask = LEAST - 1;
	lens->answer = must_alloc(LEAST * sizeof *lens->answer);
	lens->by_hash = must_alloc(LEAST * sizeof *lens->by_hash);
	lens->listed = must_alloc(LEAST / 2 * sizeof(struct listed *));
	lens->hash = must_alloc(LEAST / 2 * sizeof *lens->hash);
}

void lens_release(struct lens *lens)
{
	for (uint32_t class = 1; class <= lens->classes; class ++) {
		free(lens->listed[class - 1]);
	}
	free(lens->listed);
	free(lens->hash);
	free(lens->by_hash);
	free(lens->answer);
}

void lens_learn(struct lens *lens, uint32_t id, struct txn *txn)
{
	struct lens_answer *at = place(lens, id);
	struct answer answer;

	if (at->id == id) {
		return;
	}
	*at = (struct lens_answer){.id = id};
	if (answer_read(txn, id, &answer)) {
		answer_rrs(&answer, &lens->view, txn, &lens->rrs);
		at->class = lens->rrs.a_count > 0 ? class_of(lens, &lens->rrs) : 0;
	}
	if (2 * ++lens->answer_count > lens->answer_mask) {
		grow_answers(lens);
	}
}

void lens_learn_all(struct lens *lens, const struct segments *segments, struct txn *txn)
{
	uint32_t last = 0;

	for (size_t i = 0; i < segments->count; i++) {
		if (segments->at[i].answer != last) {
			last = segments->at[i].answer;
			lens_learn(lens, last, txn);
		}
	}
}

uint32_t lens_class(const struct lens *lens, uint32_t id)
{
	return place(lens, id)->class;
}

static void cut(const struct segment *s, addr_t first, addr_t last, struct segments *out)
{
	if (s->last < first || s->first > last) {
		segments_add(out, s->first, s->last, s->answer);
		return;
	}
	if (s->first < first) {
		segments_add(out, s->first, first - 1, s->answer);
	}
	if (s->last > last) {
		segments_add(out, last + 1, s->last, s->answer);
	}
}

void lens_cut(const struct zone_view *view, unsigned family, const struct segments *in,
	      struct segments *out)
{
	const addr_t net = 0x7f000000; /* the /24 that the IPv4 test entries are in */
	const addr_t mapped = (addr_t)0xffff << 32;

	for (size_t i = 0; i < in->count; i++) {
		struct segment s = in->at[i];
		uint8_t low;

		if (family == 6 && view->config->mirror.given) {
			cut(&s, mapped + net + 1, mapped + net + 1, out);
			continue;
		}
		if (family == 6) {
			cut(&s, mapped, mapped + UINT32_MAX, out);
			continue;
		}
		for (addr_t a = s.first > net ? s.first : net; a < net + 256 && a <= s.last; a++) {
			if (test_entry(view, 4, a, &low)) {
				if (a > s.first) {
					segments_add(out, s.first, a - 1, s.answer);
				}
				s.first = a + 1;
			}
		}
		if (s.first <= s.last) {
			segments_add(out, s.first, s.last, s.answer);
		}
	}
}
