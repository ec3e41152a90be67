/*
 * ingest.h: reports that were read, on their way into the database, as one change.
 *
 *     cmd_ingest.c  files ─▶ reports_read() ─▶ items
 *     ingest.c      items ─▶ rows and bodies of what is new ─▶ each address's policy ─▶ claims
 */
#ifndef FEEDER_INGEST_H
#define FEEDER_INGEST_H

#include "feeder.h"
#include "report.h"

/* One report of the input, good or bad. */
struct item {
	struct report report; /* disposition 0: a bad one, of which nothing is kept */
	struct bytes body;    /* borrowed from its file's text */
	const char *file;
};

struct items {
	struct item *at;
	size_t count, room;
};

/*
 * Keeps what is new among the items, and lists by policy the addresses that it is about. Each
 * item's disposition becomes what the database makes of it: duplicate, excluded. Bodies are on disk
 * before the commit; with --dry-run nothing is written.
 */
enum status ingest(const struct call *call, const char *reporter, struct items *items);

#endif
