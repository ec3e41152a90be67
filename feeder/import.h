/* import.h: a list that has been read, on its way into the database. */
#ifndef FEEDER_IMPORT_H
#define FEEDER_IMPORT_H

#include "lines.h"
#include "listfile.h"
#include "slices.h"

struct importing {
	const struct call *call;
	const struct sublist_config *sublist; /* --sublist */
	enum list_format format;              /* --format; LIST_UNKNOWN: what the file looks like */
	struct list list;
	struct bad_lines bad;

	/* By position in the config: whether a line is on it. Known from the first slice on. */
	bool used[CONFIG_SUBLISTS];
	/* Numbers of this slice, by position in the config; 0: no line is on it. */
	uint16_t number[CONFIG_SUBLISTS];
	uint64_t expires[CONFIG_SUBLISTS]; /* when a claim does whose line says nothing */
	uint32_t source;
	unsigned slice;
	size_t at; /* import_has(): where in the list the walk is */

	uint64_t added, renewed, changed, withdrawn, excluded, expired;
	uint64_t change; /* the last one's number */
};

/* Finds the numbers of the slice that is open, and what expires when. */
enum status import_numbers(struct importing *m, struct slices *slices);

/* Claims what the list has. */
enum status import_add(struct importing *m, struct slices *slices);

/* --replace: whether the file speaks of the source's claims on this sublist. */
bool import_in_scope(const struct importing *m, uint16_t sublist);

/* Whether the list has this; to be asked in ascending order of prefixes. */
bool import_has(struct importing *m, const struct prefix *prefix, uint16_t sublist);

/* The file was imported to its end: how large it is stands in the feed's snapshots from now on. */
void import_finished(const struct importing *m, struct change *change);

#endif
