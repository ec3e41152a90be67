/*
 * lens.c: classes of answers. A database has many zones, so answers differ in what a zone does not
 * serve; and texts may be what the template is. Records are compared by a hash of all of them
 * first, so that a block in which every address has its own answer stays n log n.
 */
#include "lens.h"

#include <stdlib.h>

struct lens_answer {
	uint32_t id;
	uint32_t class;
	uint64_t hash; /* 0: not listed in this zone */
};

static void hash_bytes(uint64_t *hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		*hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	}
}

static void load(struct lens *lens, uint32_t id)
{
	struct answer answer;

	lens->rrs.a_count = 0;
	lens->rrs.txt_count = 0;
	if (answer_read(lens->txn, id, &answer)) {
		answer_rrs(&answer, lens->view, lens->txn, &lens->rrs);
	}
}

static uint64_t hash_of(struct lens *lens, uint32_t id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const struct rrs *rrs = &lens->rrs;

	load(lens, id);
	if (rrs->a_count == 0) {
		return 0;
	}
	hash_bytes(&hash, rrs->code, rrs->a_count);
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		hash_bytes(&hash, &rrs->txt[i].len, sizeof rrs->txt[i].len);
		hash_bytes(&hash, rrs->txt[i].data, rrs->txt[i].len);
	}
	return hash ? hash : 1;
}

static int by_id(const void *a, const void *b)
{
	const struct lens_answer *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_hash(const void *a, const void *b)
{
	const struct lens_answer *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Each answer of the segments once, ascending. */
static void gather(struct lens *lens, const struct segments *segments)
{
	size_t kept = 0;

	lens->answer = must_alloc((segments->count + 1) * sizeof *lens->answer);
	for (size_t i = 0; i < segments->count; i++) {
		if (kept == 0 || lens->answer[kept - 1].id != segments->at[i].answer) {
			lens->answer[kept++].id = segments->at[i].answer;
		}
	}
	qsort(lens->answer, kept, sizeof *lens->answer, by_id);
	for (size_t i = 0; i < kept; i++) {
		if (lens->count == 0 || lens->answer[lens->count - 1].id != lens->answer[i].id) {
			lens->answer[lens->count++] = lens->answer[i];
		}
	}
}

void lens_init(struct lens *lens, const struct segments *segments, const struct zone_view *view,
	       struct txn *txn)
{
	lens->view = view;
	lens->txn = txn;
	lens->count = 0;
	lens->classes = 0;
	lens->loaded = 0;
	gather(lens, segments);
	lens->sample = must_alloc((lens->count + 1) * sizeof *lens->sample);
	for (size_t i = 0; i < lens->count; i++) {
		lens->answer[i].hash = hash_of(lens, lens->answer[i].id);
	}
	qsort(lens->answer, lens->count, sizeof *lens->answer, by_hash);
	for (size_t i = 0; i < lens->count; i++) {
		struct lens_answer *a = &lens->answer[i];

		if (a->hash == 0) {
			a->class = 0;
			continue;
		}
		if (i == 0 || a[-1].hash != a->hash || !answer_same(a[-1].id, a->id, view, txn)) {
			lens->sample[lens->classes++] = a->id;
		}
		a->class = lens->classes;
	}
	qsort(lens->answer, lens->count, sizeof *lens->answer, by_id);
}

void lens_release(struct lens *lens)
{
	free(lens->answer);
	free(lens->sample);
}

uint32_t lens_class(const struct lens *lens, uint32_t answer)
{
	struct lens_answer key = {.id = answer};
	const struct lens_answer *found =
		bsearch(&key, lens->answer, lens->count, sizeof key, by_id);

	return found ? found->class : 0;
}

const struct rrs *lens_rrs(struct lens *lens, uint32_t class)
{
	if (lens->loaded != class) {
		load(lens, lens->sample[class - 1]);
		lens->loaded = class;
	}
	return &lens->rrs;
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
