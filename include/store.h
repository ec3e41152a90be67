/*
 * store.h: the LMDB environment. zones/store.c is the only file that knows LMDB; everything that is
 * special about it (maps that grow, readers that died, full disks, the writer's lock) ends there.
 *
 * Tables are ordered maps from bytes to bytes. What txn_get() and scans return is borrowed: it lies
 * in the map and is good until the transaction ends, in a write transaction until the next write.
 *
 * Errors are sticky in the transaction: the first one is kept, later calls do nothing, txn_status()
 * and txn_commit() return it. So a row of puts is checked once.
 */
#ifndef DNSBLD_STORE_H
#define DNSBLD_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "status.h"

enum table {
	TABLE_META,
	TABLE_CLAIMS,
	TABLE_BY_SOURCE,
	TABLE_EXPIRY,
	TABLE_SOURCES,
	TABLE_TEXTS,
	TABLE_EXCLUSIONS,
	TABLE_REPORTS,
	TABLE_EVIDENCE,
	TABLE_REPORTERS,
	TABLE_AUDIT,
	TABLE_ZONES,
	TABLE_MIRRORED,
	TABLE_ACCESS,
	TABLE_JOURNAL,
	TABLE_INDEX4,
	TABLE_INDEX6,
	TABLE_ANSWERS,
	TABLES
};

enum { STORE_SCHEMA = 2 }; /* in `meta`; any other is ST_CONFIG */

struct store;
struct txn;
struct scan;

/*
 * Makes a database in the folder `dir` (made too, 0750) and opens it for writing, as
 * store_open_write() does. It is whole with the first commit: killed before that, it can be made
 * again. `owner` and `group` are set where they are not -1 (the caller is root then, and becomes
 * the owner). ST_DATA where there is one already; nothing is touched.
 */
enum status store_create(struct store **store, const char *dir, uint64_t map_size, int owner,
			 int group);

/* Opens for reading: data.mdb is opened read-only. ST_NOINPUT, ST_PERM, ST_CONFIG (schema), ST_IO.
 */
enum status store_open_read(struct store **store, const char *dir);

/*
 * Opens for writing and takes the writer's lock, waiting at most wait_ms for it (ST_AGAIN after
 * that). As root the process becomes the folder's owner first, for good.
 */
enum status store_open_write(struct store **store, const char *dir, uint64_t map_size,
			     unsigned wait_ms);

/*
 * As root the process becomes the folder's owner, for good. ST_OK when it is not root; ST_NOINPUT
 * where there is no folder or database.
 */
enum status store_become_owner(const char *dir);

/* Closes; no transaction may be open. NULL is fine. */
void store_close(struct store *store);

/* Whether data.mdb is still the file that was opened and no shorter than its pages in use. */
bool store_is_current(const struct store *store);

/*
 * For a read transaction after txn_reset(): the same, and whether lock.mdb still speaks of that
 * file. Where not, data.mdb was written over in its place, and the transaction's number may mean
 * other bytes than before.
 */
bool txn_is_current(struct txn *txn);

/* Pages and size of one table, or of the whole file. */
struct store_usage {
	uint64_t bytes; /* pages in use × page size */
	uint64_t entries;
};
struct store_usage store_table_usage(struct txn *txn, enum table table);
uint64_t store_map_bytes(const struct store *store);  /* the map's size */
uint64_t store_used_bytes(const struct store *store); /* of it, up to the last page ever used */

/* Who has the database open for reading. */
struct store_readers {
	unsigned count;  /* of them */
	unsigned most;   /* for which there is room */
	uint64_t newest; /* transaction, and */
	uint64_t oldest; /* the oldest that anybody reads now: its pages are kept. 0: nobody reads
			  */
};

/* False, and zeroes, where lock.mdb is not to be believed. */
bool store_readers(const struct store *store, struct store_readers *readers);

/* A read transaction: one snapshot. */
enum status txn_read(struct store *store, struct txn **txn);
/*
 * The same for a process that reads what strangers send, once: of lock.mdb it can from now on write
 * nothing but a page with its own slot (store_slots.c), so that it begins no other transaction.
 */
enum status txn_read_apart(struct store *store, struct txn **txn);
/*
 * Whether that could be had: it needs /proc and a lock.mdb as LMDB 0.9 makes it. The descriptors
 * are lock.mdb's, perhaps the same twice, -1 where there is none: it holds as long as they cannot
 * be closed, duplicated, written to or mapped for writing, and others' futexes not requeued.
 */
bool store_is_apart(const struct store *store, int descriptors[2]);
/* Gives the snapshot up and keeps the reader's slot; then takes the newest. Borrowed bytes end at
 * reset. */
void txn_reset(struct txn *txn);
enum status txn_renew(struct txn *txn);

/* A write transaction. ST_INTERNAL when LMDB's lock file misled us (DESIGN: mdb_txn_id is not last
 * + 1). */
enum status txn_write(struct store *store, struct txn **txn);

/* Commits and frees, or frees alone where an error is kept; returns the first error. */
enum status txn_commit(struct txn *txn);
void txn_abort(struct txn *txn); /* NULL is fine */

enum status txn_status(const struct txn *txn);
/* Keeps `status` (with fail_text() as it is) unless an error is kept already. */
void txn_fail(struct txn *txn, enum status status);
uint64_t txn_id(const struct txn *txn);

/* False when there is no such key, or on an error. */
bool txn_get(struct txn *txn, enum table table, struct bytes key, struct bytes *value);
void txn_put(struct txn *txn, enum table table, struct bytes key, struct bytes value);
/* The same, and where the key is behind all others the row before it keeps its page: so large rows
 * that come in order fill their pages. */
void txn_append(struct txn *txn, enum table table, struct bytes key, struct bytes value);
/* False when there was none. */
bool txn_del(struct txn *txn, enum table table, struct bytes key);

/* A cursor; close it before the transaction ends. */
struct scan *scan_open(struct txn *txn, enum table table);
void scan_close(struct scan *scan); /* NULL is fine */
/* After txn_renew(): the scan looks at the new snapshot, at no row yet. Without it a scan ends with
 * its snapshot. */
void scan_renew(struct scan *scan);
/* Each: true with *key and *value, false at the end or on an error. */
bool scan_seek(struct scan *scan, struct bytes at_least, struct bytes *key,
	       struct bytes *value); /* first key >= */
bool scan_next(struct scan *scan, struct bytes *key, struct bytes *value);
bool scan_prev(struct scan *scan, struct bytes *key,
	       struct bytes *value); /* before any seek: the last key */
/* True when the key is new and now there; else false, nothing is changed and *existing is its
 * value. */
bool scan_insert(struct scan *scan, struct bytes key, struct bytes value, struct bytes *existing);
/* Replaces the value of the row the scan stands on. */
void scan_replace(struct scan *scan, struct bytes key, struct bytes value);
/* Deletes the row the scan stands on; scan_next() then gives the row after it. */
void scan_delete(struct scan *scan);
/* What the scan gave is damaged: the transaction's error, as txn_fail() with ST_INTERNAL and words
 * of its own. */
void scan_damaged(struct scan *scan);

#endif
