/*
 * change.h: the one door for writes. Whatever alters what is served goes through here: claims,
 * their index, expiry, journal, audit and serials are written in one transaction. Killed at any
 * instant, the database is the state before or the state after.
 *
 *     change_begin(&change, store, config, &who);      sweeps what has expired, up to 10,000 rows
 *     change_add(change, &add); …                      sticky errors, as in store.h
 *     change_commit(change, &outcome);                 index, journal, serials: for all at once
 */
#ifndef DNSBLD_CHANGE_H
#define DNSBLD_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "claim.h"
#include "config.h"
#include "mirrored.h"
#include "store.h"

struct change;
struct record;

struct change_who {
	const char *actor; /* for the audit */
	const char *verb;
	uint64_t now; /* seconds; what expires and what is new is judged by this. Serials follow the
			 real clock */
};

/* Begins a write transaction, sweeps, and brings `zones` in line with the config (as `feeder
 * sync`). */
enum status change_begin(struct change **change, struct store *store, const struct config *config,
			 const struct change_who *who);

/* The transaction, to read in it and to write tables that are not served. */
struct txn *change_txn(struct change *change);

/* The serial that zones new to the database begin with, instead of the clock: for `init --serial`.
 */
void change_first_serial(struct change *change, uint32_t serial);

/* How many expired rows the sweep of change_begin() removed; SWEEP_ROWS says that there may be
 * more. */
enum { SWEEP_ROWS = 10000 };
unsigned change_swept(const struct change *change);

/* A sublist's number, given to it now where it has none. The name must be in the config, else 0 and
 * ST_DATA. */
uint16_t change_sublist(struct change *change, const char *name);

/* A source's number, made now where there is none. 0 and ST_DATA where it is disabled. */
uint32_t change_source(struct change *change, const char *name);

/* What a source claims. text NULL: the template speaks. expires 0: never. */
struct claim_add {
	struct prefix prefix;
	uint16_t sublist;
	uint32_t source;
	bool snapshot, imported;
	bool force; /* store it though an exclusion covers it */
	uint64_t expires;
	const char *reason; /* or NULL */
	const char *text;   /* or NULL */
};

enum claim_effect {
	CLAIM_FAILED, /* see change_status() */
	CLAIM_ADDED,
	CLAIM_RENEWED,   /* was there: last seen and expiry are new, nothing else */
	CLAIM_UNTOUCHED, /* was there, part of a snapshot: nothing written */
	CLAIM_EXCLUDED,  /* an exclusion covers it: nothing written */
};
enum claim_effect change_add(struct change *change, const struct claim_add *add);

/* Withdraws the claim with exactly this prefix, sublist and source. False where there is none. */
bool change_remove(struct change *change, const struct prefix *prefix, uint16_t sublist,
		   uint32_t source);

/*
 * Sets when a feed's snapshot on a sublist was last seen (now), when it expires (0: never), and how
 * many entries the last file had that was imported to its end.
 */
void change_snapshot(struct change *change, uint32_t source, uint16_t sublist, uint64_t expires,
		     uint64_t size);

/* Exclusions: at once nothing they cover is served. comment may be NULL. False: was there
 * (renewed), or was not there. */
bool change_exclude(struct change *change, const struct prefix *prefix, const char *comment,
		    uint64_t expires);
bool change_unexclude(struct change *change, const struct prefix *prefix);

/* Allows or refuses new claims of a source. False where there is no such source. */
bool change_enable_source(struct change *change, const char *name, bool enabled);

/*
 * Gives a key (access.h), all of which is said but its number and when. ST_DATA where it was given
 * already, or there is no number left: nothing is written then.
 */
enum status change_give_key(struct change *change, struct access *access);
/* Takes it back. False where there is none. */
bool change_revoke_key(struct change *change, struct bytes key);

/*
 * One transfer into a mirrored zone (mirrored.h). What is not ST_OK is the change's error: it is to
 * be aborted, and nothing has changed.
 *
 *     change_begin(&c, …)
 *     change_mirror_begin(c, zone, full)
 *     change_mirror_add(c, &record), change_mirror_delete(c, &record) …   change_mirror_slice(&c)
 *     change_mirror_end(c, serial, now, &counts)
 *     change_commit(c, …)
 *
 * A large zone is more than one transaction can hold: after each record, and after begin and end,
 * change_mirror_slice() commits and goes on in a new change where so much was written. Nothing of a
 * full transfer is served before change_mirror_end(). Killed in between, the zone is as before and
 * the next full transfer begins anew; but if it was killed within an end of several slices, part of
 * the zone is new, its serial is not, and what comes next has to be a full transfer.
 *
 * full: all records come, in any order, best in the order of their names. Else the differences to
 * what there is, in the order in which they come in IXFR; such a transfer is one transaction, and
 * ST_DATA where it is too large for that.
 */
enum status change_mirror_begin(struct change *change, struct zone_config *zone, bool full);

/* One that is not there is ST_DATA: the transfer does not fit to what we have, take a full one. Its
 * TTL does not matter. The apex' SOA need not be deleted: a new one takes its place. */
void change_mirror_delete(struct change *change, const struct record *record);

/* One that is there already changes nothing. ST_DATA: a name outside the zone, and more records at
 * one name than anybody can mean. */
void change_mirror_add(struct change *change, const struct record *record);

/*
 * Where so much was written that it has to be committed: does so, begins a new change in its place
 * and goes on with the transfer. *sliced, which may be NULL, says whether. Not ST_OK: the change is
 * gone and *change is NULL.
 */
enum status change_mirror_slice(struct change **change, bool *sliced);

/*
 * The zone has this serial now, which is its SOA's: what was added is served with the commit, and
 * what the primary says of itself is loaded into the zone's config. ST_DATA: no SOA or no NS, or
 * ZONEMD (RFC 8976, looked at in full transfers) is not that of these records. counts may be NULL.
 * *more: it is not all done; slice the change and call it again.
 */
enum status change_mirror_end(struct change *change, uint32_t serial, uint64_t refreshed_s,
			      struct mirror_counts *counts, bool *more);

/* The primary was asked and has the serial that we have. */
/*
 * After a full transfer of which slices were committed and that failed: its records go. False:
 * there are none, and nothing to commit. *more: commit, and call it again in another change.
 */
bool change_mirror_give_up(struct change *change, const struct zone_config *zone, bool *more);

void change_mirror_refreshed(struct change *change, const struct zone_config *zone,
			     uint64_t refreshed_s);

/*
 * Removes what there is of a mirrored zone: rows, claims, status. *more: it is not all done; commit
 * and call it again in a new change. False where there is nothing of this zone.
 */
bool change_mirror_drop(struct change *change, const char *zone, bool *more);

/* One row for the audit; the transaction's actor, verb and time go with it. prefix, sublist … may
 * be NULL or 0. */
struct audit_entry {
	const char *event;           /* "add", "remove", "import", "expire" … */
	const struct prefix *prefix; /* NULL: about no prefix */
	const char *sublist, *source, *reason;
	uint64_t added, removed; /* claims, for rows about many */
};
void change_audit(struct change *change, const struct audit_entry *entry);

enum status change_status(const struct change *change);

struct change_outcome {
	uint64_t number; /* of the change; 0: nothing that is served moved */
	uint64_t units;  /* blocks and v6 units that differ */
	unsigned zones;  /* zones whose serial moved */
};

/* Finishes and commits; frees the change either way. outcome may be NULL. */
enum status change_commit(struct change *change, struct change_outcome *outcome);
/* Finishes without committing (a dry run): outcome says what would have been. */
enum status change_discard(struct change *change, struct change_outcome *outcome);
void change_abort(struct change *change); /* NULL is fine */

#endif
