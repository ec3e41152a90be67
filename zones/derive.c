/*
 * derive.c: from prefixes under which something changed to an index that says what the claims say.
 *
 *     dirty prefixes ─▶ sorted, those inside others dropped ─▶ derive4.c  block by block
 *                                                              derive6.c  region by region
 *
 * Each flattens its regions anew, compares with what the index had, and writes only what differs:
 * the units' bytes before go to the journal, the answers that changed places to `pairs`, so that
 * serials move only where a zone's answers did.
 */
#include "derive.h"

#include <stdlib.h>

static int by_prefix(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

size_t prefixes_tidy(struct prefix *p, size_t count)
{
	size_t kept = 0, sorted = 1;

	/* Lists are imported in order. */
	while (sorted < count && prefix_compare(&p[sorted - 1], &p[sorted]) <= 0) {
		sorted++;
	}
	if (sorted < count) {
		qsort(p, count, sizeof *p, by_prefix);
	}
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || !prefix_covers(&p[kept - 1], &p[i])) {
			p[kept++] = p[i];
		}
	}
	return kept;
}

void derive_release(struct derive *d)
{
	free(d->pairs);
	d->pairs = NULL;
}

static int by_pair(const void *a, const void *b)
{
	const struct answer_pair *x = a, *y = b;

	if (x->before != y->before) {
		return x->before < y->before ? -1 : 1;
	}
	return (x->after > y->after) - (x->after < y->after);
}

static void distinct(struct derive *d)
{
	size_t kept = 0;

	if (d->pair_count > 0) {
		qsort(d->pairs, d->pair_count, sizeof *d->pairs, by_pair);
	}
	for (size_t i = 0; i < d->pair_count; i++) {
		if (kept == 0 || by_pair(&d->pairs[kept - 1], &d->pairs[i]) != 0) {
			d->pairs[kept++] = d->pairs[i];
		}
	}
	d->pair_count = kept;
}

static void add_pair(struct derive *d, uint32_t before, uint32_t after)
{
	struct answer_pair *last = d->pair_count ? &d->pairs[d->pair_count - 1] : NULL;

	/* An import has one pair a million times over, or a million of them: so look at the last,
	 * and sort when full. */
	if (last && last->before == before && last->after == after) {
		return;
	}
	if (d->pair_count == d->pair_room) {
		distinct(d);
	}
	if (d->pair_count * 2 >= d->pair_room) {
		d->pair_room = d->pair_room ? d->pair_room * 2 : 64;
		d->pairs = must_realloc(d->pairs, d->pair_room * sizeof *d->pairs);
	}
	d->pairs[d->pair_count++] = (struct answer_pair){before, after};
}

/* The answer of a list at `at`, and how far it goes on: *i is the first segment that ends at or
 * after it. */
static uint32_t stretch(const struct segments *s, size_t *i, addr_t at, addr_t *last)
{
	while (*i < s->count && s->at[*i].last < at) {
		(*i)++;
	}
	if (*i == s->count) {
		*last = ~(addr_t)0;
		return 0;
	}
	if (s->at[*i].first > at) {
		*last = s->at[*i].first - 1;
		return 0;
	}
	*last = s->at[*i].last;
	return s->at[*i].answer;
}

bool derive_compare(struct derive *d, const struct segments *before, const struct segments *after,
		    derive_differ *differ, void *context)
{
	size_t i = 0, k = 0;
	bool differs = false;

	for (addr_t at = 0;;) {
		addr_t last, last_after;
		uint32_t was = stretch(before, &i, at, &last);
		uint32_t is = stretch(after, &k, at, &last_after);

		last = last < last_after ? last : last_after;
		if (was != is) {
			differs = true;
			add_pair(d, was, is);
			differ(context, at, last);
		}
		if (last == ~(addr_t)0) {
			return differs;
		}
		at = last + 1;
	}
}

void derive_index(struct derive *d, struct prefix *dirty, size_t count)
{
	size_t v4 = 0;

	if (count == 0) {
		return;
	}
	count = prefixes_tidy(dirty, count);
	while (v4 < count && dirty[v4].family == 4) {
		v4++;
	}
	derive4(d, dirty, v4);
	derive6(d, dirty + v4, count - v4);
	distinct(d);
}
