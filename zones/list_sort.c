/*
 * list_sort.c: items ascending, in place: a list of ten million must not need its memory twice.
 *
 * Most significant digit radix sort by octets ("American flag"): the key of an item is its family,
 * address, length, sublist and rank; each octet of it cuts the items into 256 piles that are then
 * sorted by the next one. Its cost has no bad case that a list could be written for. Small piles
 * are inserted.
 */
#include "list.h"

#include <string.h>

enum { INSERT = 32 }; /* piles up to here: any number from 16 to 64 measures alike */

static int compare(const struct list_item *a, const struct list_item *b)
{
	struct prefix p = {a->addr, a->family, a->len}, q = {b->addr, b->family, b->len};
	int order = prefix_compare(&p, &q);

	if (order != 0) {
		return order;
	}
	if (a->sublist != b->sublist) {
		return a->sublist < b->sublist ? -1 : 1;
	}
	return (a->reason > b->reason) - (a->reason < b->reason);
}

/* The octet of the key at `depth`. IPv4 has no use for the upper 96 bits, so its keys skip them. */
static unsigned key_octet(const struct list_item *item, unsigned depth)
{
	unsigned octets = prefix_bits(item->family) / 8;

	if (depth == 0) {
		return item->family;
	}
	if (depth <= octets) {
		return (unsigned)(item->addr >> (8 * (octets - depth))) & 0xff;
	}
	switch (depth - octets) {
	case 1:
		return item->len;
	case 2:
		return item->sublist >> 8;
	case 3:
		return item->sublist & 0xff;
	default:
		return item->reason >> (8 * (7 - (depth - octets))) & 0xff;
	}
}

/* Of a pile that is alike in all octets before `depth`, so of one family where depth is not 0. */
static bool key_has(const struct list_item *item, unsigned depth)
{
	return depth == 0 || depth <= prefix_bits(item->family) / 8 + 7;
}

static void insertion_sort(struct list_item *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct list_item item = at[i];
		size_t j = i;

		for (; j > 0 && compare(&at[j - 1], &item) > 0; j--) {
			at[j] = at[j - 1];
		}
		at[j] = item;
	}
}

/* Puts every item into its pile; start[d] is where pile d begins, start[256] the end. */
static void deal(struct list_item *at, size_t count, unsigned depth, size_t start[257])
{
	size_t next[256];

	memset(start, 0, 257 * sizeof start[0]);
	for (size_t i = 0; i < count; i++) {
		start[key_octet(&at[i], depth) + 1]++;
	}
	for (unsigned d = 0; d < 256; d++) {
		start[d + 1] += start[d];
		next[d] = start[d];
	}
	for (unsigned d = 0; d < 256; d++) {
		while (next[d] < start[d + 1]) {
			struct list_item item = at[next[d]];
			unsigned pile = key_octet(&item, depth);

			/* Follow the chain of items that sit in each other's places. */
			while (pile != d) {
				struct list_item out = at[next[pile]];

				at[next[pile]++] = item;
				item = out;
				pile = key_octet(&item, depth);
			}
			at[next[d]++] = item;
		}
	}
}

static void sort_from(struct list_item *at, size_t count, unsigned depth)
{
	size_t start[257];

	if (count <= INSERT) {
		insertion_sort(at, count);
		return;
	}
	if (!key_has(at, depth)) {
		return;
	}
	deal(at, count, depth, start);
	for (unsigned d = 0; d < 256; d++) {
		sort_from(at + start[d], start[d + 1] - start[d], depth + 1);
	}
}

void list_sort(struct list_item *at, size_t count)
{
	size_t i = 1;

	while (i < count && compare(&at[i - 1], &at[i]) <= 0) {
		i++;
	}
	if (i < count) {
		sort_from(at, count, 0);
	}
}
