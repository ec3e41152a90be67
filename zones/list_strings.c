/*
 * list_strings.c: the strings of a list, each kept once. A list with a million lines has a handful
 * of texts, or a million: both must do.
 *
 *     arena   the strings one after another, each with its NUL
 *     start   number - 1 -> where in the arena
 *     slot    open addressing, a power of two, at most half full: hash -> number
 *
 * The hash begins with the address of the table, which no list can know.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

struct list_strings {
	char *arena;
	size_t used, room;
	size_t *start;
	uint32_t count, start_room;
	uint32_t *slot;
	uint32_t slots;
};

struct list_strings *list_strings_new(void)
{
	struct list_strings *s = must_alloc(sizeof *s);

	s->slots = 64;
	s->slot = must_alloc(s->slots * sizeof *s->slot);
	return s;
}

void list_strings_free(struct list_strings *s)
{
	if (s) {
		free(s->arena);
		free(s->start);
		free(s->slot);
		free(s);
	}
}

const char *list_strings_get(const struct list_strings *s, uint32_t number)
{
	return number == 0 ? NULL : s->arena + s->start[number - 1];
}

/* FNV-1a with a start of our own, and a last mix because the slot is taken from the low bits. */
static uint64_t hash_of(const struct list_strings *s, const char *text, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(uintptr_t)s;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
	}
	return h ^ h >> 29;
}

static size_t length_of(const struct list_strings *s, uint32_t number)
{
	size_t end = number < s->count ? s->start[number] : s->used;

	return end - s->start[number - 1] - 1;
}

static void slots_grow(struct list_strings *s)
{
	free(s->slot);
	s->slots *= 2;
	s->slot = must_alloc(s->slots * sizeof *s->slot);
	for (uint32_t number = 1; number <= s->count; number++) {
		uint64_t h = hash_of(s, list_strings_get(s, number), length_of(s, number));

		while (s->slot[h & (s->slots - 1)] != 0) {
			h++;
		}
		s->slot[h & (s->slots - 1)] = number;
	}
}

static uint32_t append(struct list_strings *s, const char *text, size_t len)
{
	while (s->used + len + 1 > s->room) {
		s->room = s->room ? s->room * 2 : 4096;
		s->arena = must_realloc(s->arena, s->room);
	}
	if (s->count == s->start_room) {
		s->start_room = s->start_room ? s->start_room * 2 : 64;
		s->start = must_realloc(s->start, s->start_room * sizeof *s->start);
	}
	s->start[s->count++] = s->used;
	memcpy(s->arena + s->used, text, len);
	s->arena[s->used + len] = '\0';
	s->used += len + 1;
	return s->count;
}

uint32_t list_strings_add(struct list_strings *s, const char *text, size_t len)
{
	uint64_t h = hash_of(s, text, len);
	uint32_t number;

	while ((number = s->slot[h & (s->slots - 1)]) != 0) {
		if (length_of(s, number) == len &&
		    memcmp(list_strings_get(s, number), text, len) == 0) {
			return number;
		}
		h++;
	}
	number = append(s, text, len);
	s->slot[h & (s->slots - 1)] = number;
	if (s->count > s->slots / 2) {
		slots_grow(s);
	}
	return number;
}
