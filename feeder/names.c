/*
 * names.c: from numbers to names.
 *
 * Numbers are given ascending from 1, so that an array by number is short; a name is looked up when
 * its number is first asked for. A list of millions asks for a handful.
 */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "source.h"

struct names names_of(struct txn *txn)
{
	return (struct names){.txn = txn};
}

static void release(char **name, size_t room)
{
	for (size_t i = 0; i < room; i++) {
		free(name[i]);
	}
	free(name);
}

void names_release(struct names *names)
{
	release(names->sublist, names->sublist_room);
	release(names->source, names->source_room);
}

/*
 * Where the name of `number` is kept; NULL there: to be found. Numbers are given ascending from 1.
 */
static char **slot(char ***name, size_t *room, uint32_t number)
{
	if (number >= *room) {
		size_t grown = (size_t)number * 2 + 16;

		*name = must_realloc(*name, grown * sizeof **name);
		for (size_t i = *room; i < grown; i++) {
			(*name)[i] = NULL;
		}
		*room = grown;
	}
	return &(*name)[number];
}

static char *numbered(uint32_t number)
{
	char text[16];

	snprintf(text, sizeof text, "?%u", (unsigned)number);
	return must_strdup(text);
}

const char *names_sublist(struct names *names, uint16_t number)
{
	char **name = slot(&names->sublist, &names->sublist_room, number);
	char known[SUBLIST_NAME];

	if (!*name) {
		*name = sublist_name(names->txn, number, known) ? must_strdup(known)
								: numbered(number);
	}
	return *name;
}

const char *names_source(struct names *names, uint32_t number)
{
	char **name = slot(&names->source, &names->source_room, number);
	struct source source;

	if (!*name) {
		*name = source_by_number(names->txn, number, &source) ? must_strdup(source.name)
								      : numbered(number);
	}
	return *name;
}
