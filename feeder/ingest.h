/*
 * ingest.h: reports that were read, on their way into the database, as one change.
 *
 *     reading.c     files ─▶ sandbox ─▶ items
 *     ingest.c      items ─▶ rows and bodies of what is new
 *     decide.c      ─▶ each address's policy ─▶ claims
 *     retention.c   what was kept long enough goes
 */
#ifndef FEEDER_INGEST_H
#define FEEDER_INGEST_H

#include "evidence.h"
#include "feeder.h"
#include "report.h"

/* One report of the input, good or bad. What it points at is borrowed. */
struct item {
	struct report report; /* disposition 0: a bad one, of which nothing is kept */
	struct bytes body;
	const char *file;
	const char *reporter;            /* a name; NULL: as reporter_of() finds */
	const struct evidence *replaces; /* the row that it was before; NULL: it is new */
};

struct items {
	struct item *at;
	size_t count, room;
};

struct item *items_add(struct items *items, const struct report *report, struct bytes body,
		       const char *file);
void items_release(struct items *items);

/*
 * Keeps what is new among the items, and lists by policy the addresses that it is about. Each
 * item's disposition becomes what the database makes of it: duplicate, excluded; its reporter is
 * set. Bodies are on disk before the commit; with --dry-run nothing is written.
 */
enum status ingest(const struct call *call, struct items *items);

#endif
