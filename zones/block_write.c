/*
 * block_write.c: from segments to the bytes of a block; block.h draws them. The segments are sorted
 * by answer to see what each has, then the smallest form is chosen and written.
 */
#include <stdlib.h>

#include "block.h"

/* A probe of a container costs about what the one binary search of a map does; four are cheap. */
enum { FEW_CONTAINERS = 4 };

/* What one answer has, for choosing its container. */
struct group {
	uint32_t answer;
	uint32_t points; /* addresses */
	uint32_t runs;   /* segments */
	uint32_t start;  /* of its segments, in the order by answer */
};

static enum container_kind choose(const struct group *g, size_t *bytes)
{
	size_t array = 2 * (size_t)g->points, runs = 4 * (size_t)g->runs;

	if (runs < array && runs < BITMAP_BYTES) {
		*bytes = runs;
		return RUNS;
	}
	*bytes = array < BITMAP_BYTES ? array : BITMAP_BYTES;
	return array < BITMAP_BYTES ? ARRAY : BITMAP;
}

static int by_answer(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->answer != y->answer) {
		return x->answer < y->answer ? -1 : 1;
	}
	return (x->first > y->first) - (x->first < y->first);
}

/* As most blocks have: they are in order already. */
static bool one_answer(const struct segment *at, size_t count)
{
	size_t i = 1;

	while (i < count && at[i].answer == at[0].answer) {
		i++;
	}
	return i == count;
}

static int by_fullness(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->points != y->points) {
		return x->points > y->points ? -1 : 1;
	}
	return (x->answer > y->answer) - (x->answer < y->answer);
}

static uint32_t group_up(const struct segment *sorted, size_t count, struct group *groups)
{
	uint32_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (n == 0 || groups[n - 1].answer != sorted[i].answer) {
			groups[n++] = (struct group){sorted[i].answer, 0, 0, (uint32_t)i};
		}
		groups[n - 1].points += (uint32_t)(sorted[i].last - sorted[i].first) + 1;
		groups[n - 1].runs++;
	}
	return n;
}

static void write_container(struct writer *w, enum container_kind kind, const struct segment *at,
			    uint32_t runs)
{
	uint8_t *bits = kind == BITMAP ? write_room(w, BITMAP_BYTES) : NULL;

	if (bits) {
		memset(bits, 0, BITMAP_BYTES);
	}
	for (uint32_t i = 0; i < runs; i++) {
		uint16_t first = (uint16_t)at[i].first, last = (uint16_t)at[i].last;

		if (kind == RUNS) {
			write_u16(w, first);
			write_u16(w, last);
			continue;
		}
		for (uint32_t low = first; low <= last; low++) {
			if (bits) {
				bits[low >> 3] |= (uint8_t)(0x80 >> (low & 7));
			} else if (kind == ARRAY) {
				write_u16(w, (uint16_t)low);
			}
		}
	}
}

static bool fits_short(const struct group *groups, uint32_t n)
{
	size_t bytes;

	return n == 1 && choose(&groups[0], &bytes) == ARRAY;
}

static void write_short(struct writer *w, const struct segment *at, const struct group *group)
{
	unsigned width = 1;

	while (width < 4 && group->answer >> 8 * width != 0) {
		width++;
	}
	write_u8(w, (uint8_t)(width + 1));
	write_be(w, group->answer, width);
	write_container(w, ARRAY, at, group->runs);
}

static void write_header(struct writer *w, enum block_form form, uint32_t groups, uint32_t items)
{
	write_u8(w, BLOCK_VERSION);
	write_u8(w, (uint8_t)form);
	write_u16(w, (uint16_t)(groups - 1));
	write_u16(w, (uint16_t)(items - 1));
}

static void write_containers(struct writer *w, const struct segment *sorted, struct group *groups,
			     uint32_t n)
{
	size_t bytes;

	qsort(groups, n, sizeof *groups, by_fullness);
	write_header(w, CONTAINERS, n, 1);
	for (uint32_t i = 0; i < n; i++) {
		enum container_kind kind = choose(&groups[i], &bytes);
		uint32_t items = kind == RUNS ? groups[i].runs : groups[i].points;

		write_u32(w, groups[i].answer);
		write_u8(w, (uint8_t)kind);
		write_u16(w, (uint16_t)(items - 1));
	}
	for (uint32_t i = 0; i < n; i++) {
		write_container(w, choose(&groups[i], &bytes), sorted + groups[i].start,
				groups[i].runs);
	}
}

/* Groups are ascending by answer here. */
static uint32_t group_number(const struct group *groups, uint32_t n, uint32_t answer)
{
	uint32_t low = 0;

	for (uint32_t high = n; high - low > 1;) {
		uint32_t mid = (low + high) / 2;

		if (groups[mid].answer <= answer) {
			low = mid;
		} else {
			high = mid;
		}
	}
	return low;
}

static void write_ranges(struct writer *w, const struct segment *at, size_t count,
			 const struct group *groups, uint32_t n)
{
	for (size_t i = 0; i < count; i++) {
		write_u16(w, (uint16_t)at[i].first);
	}
	for (size_t i = 0; i < count; i++) {
		write_u16(w, (uint16_t)at[i].last);
	}
	for (size_t i = 0; i < count; i++) {
		write_be(w, group_number(groups, n, at[i].answer), n > 256 ? 2 : 1);
	}
}

static void write_points(struct writer *w, const struct segment *at, size_t count,
			 const struct group *groups, uint32_t n)
{
	for (size_t i = 0; i < count; i++) {
		for (addr_t addr = at[i].first; addr <= at[i].last; addr++) {
			write_u16(w, (uint16_t)addr);
		}
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t number = group_number(groups, n, at[i].answer);

		for (addr_t addr = at[i].first; addr <= at[i].last; addr++) {
			write_be(w, number, n > 256 ? 2 : 1);
		}
	}
}

void block_encode(const struct segment *at, size_t count, struct writer *w)
{
	if (count == 0) {
		return;
	}
	struct segment *sorted = must_alloc(count * sizeof *sorted);
	struct group *groups = must_alloc(count * sizeof *groups);
	size_t containers = 0, bytes;
	uint32_t points = 0;

	memcpy(sorted, at, count * sizeof *sorted);
	if (!one_answer(at, count)) {
		qsort(sorted, count, sizeof *sorted, by_answer);
	}
	uint32_t n = group_up(sorted, count, groups);

	for (uint32_t i = 0; i < n; i++) {
		choose(&groups[i], &bytes);
		containers += CONTAINER_HEADER + bytes;
		points += groups[i].points;
	}
	size_t number = n > 256 ? 2 : 1;
	size_t as_points = 4 * (size_t)n + (2 + number) * points;
	size_t as_ranges = 4 * (size_t)n + (4 + number) * count;
	size_t map = as_ranges < as_points ? as_ranges : as_points;

	if (fits_short(groups, n)) {
		write_short(w, at, &groups[0]);
	} else if (n <= FEW_CONTAINERS || 2 * containers <= map) {
		write_containers(w, sorted, groups, n);
	} else {
		bool ranges = as_ranges < as_points;

		write_header(w, ranges ? RANGES : POINTS, n, ranges ? (uint32_t)count : points);
		for (uint32_t i = 0; i < n; i++) {
			write_u32(w, groups[i].answer);
		}
		(ranges ? write_ranges : write_points)(w, at, count, groups, n);
	}
	free(groups);
	free(sorted);
}
