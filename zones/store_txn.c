/*
 * store_txn.c: transactions and scans. Errors are sticky: the first one is kept in the transaction,
 * later calls do nothing.
 */
#include <stdlib.h>

#include "store_inside.h"

struct txn {
	struct store *store;
	MDB_txn *mdb;
	enum status status;
	bool write;
	bool slotless; /* it could not be renewed, as its slot is not its own any more */
	MDB_cursor *writing[TABLES]; /* stands where the last row was put; NULL: none was */
};

struct scan {
	struct txn *txn;
	MDB_cursor *cursor;
	enum table table;
};

struct store_usage store_table_usage(struct txn *txn, enum table table)
{
	MDB_stat st;

	if (mdb_stat(txn->mdb, txn->store->dbi[table], &st)) {
		return (struct store_usage){0, 0};
	}
	return (struct store_usage){
		(uint64_t)(st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) *
			st.ms_psize,
		st.ms_entries,
	};
}

static int begin_writing(struct store *s, MDB_txn **mdb)
{
	return mdb_txn_begin(s->env, NULL, 0, mdb);
}

static enum status begin(struct store *s, int (*begin_mdb)(struct store *, MDB_txn **),
			 struct txn **txn)
{
	struct txn *t = must_alloc(sizeof *t);
	int rc = begin_mdb(s, &t->mdb);

	if (rc == MDB_MAP_RESIZED) {
		/* Another process made the map larger; no transaction is open here, so follow it.
		 */
		rc = mdb_env_set_mapsize(s->env, 0);
		if (!rc) {
			rc = begin_mdb(s, &t->mdb);
		}
	}
	if (rc) {
		free(t);
		return store_error(s, rc, "beginning a transaction");
	}
	t->store = s;
	t->write = begin_mdb == begin_writing;
	*txn = t;
	return ST_OK;
}

enum status txn_read(struct store *store, struct txn **txn)
{
	return begin(store, readers_begin, txn);
}

enum status txn_read_apart(struct store *store, struct txn **txn)
{
	return begin(store, readers_begin_apart, txn);
}

void txn_reset(struct txn *txn)
{
	mdb_txn_reset(txn->mdb);
}

enum status txn_renew(struct txn *txn)
{
	int rc = mdb_txn_renew(txn->mdb);

	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(txn->store->env, 0);
		if (!rc) {
			rc = mdb_txn_renew(txn->mdb);
		}
	}
	txn->slotless = rc == MDB_BAD_RSLOT;
	txn->status = store_error(txn->store, rc, "renewing a transaction");
	return txn->status;
}

enum status store_check_readers(const struct store *store)
{
	MDB_envinfo info;

	mdb_env_info(store->env, &info);
	if (info.me_numreaders <= info.me_maxreaders) {
		return ST_OK;
	}
	return fail(ST_INTERNAL,
		    "%s: lock.mdb counts %u readers and has room for %u: somebody has altered it: "
		    "stop dnsbld, remove lock.mdb, run 'feeder check'",
		    store->dir, info.me_numreaders, info.me_maxreaders);
}

uint64_t store_last_txn(const struct store *store)
{
	MDB_envinfo info;

	mdb_env_info(store->env, &info);
	return info.me_last_txnid;
}

bool store_agrees(const struct store *store, uint64_t last, uint64_t id)
{
	return last <= id + 1 && id <= store_last_txn(store);
}

bool txn_is_current(struct txn *txn)
{
	const struct store *s = txn->store;

	if (!store_is_current(s)) {
		return false;
	}
	uint64_t last = store_last_txn(s);

	if (txn_renew(txn)) {
		/* Its slot is another's or nobody's: no renewal mends that. Whoever needs the
		 * transaction finds out why else there is none. */
		return !txn->slotless;
	}
	uint64_t id = txn_id(txn);

	txn_reset(txn);
	return store_agrees(s, last, id);
}

enum status txn_write(struct store *store, struct txn **txn)
{
	MDB_envinfo info;
	enum status status = store_check_readers(store);

	if (!status) {
		status = begin(store, begin_writing, txn);
	}
	if (status) {
		return status;
	}
	mdb_env_info(store->env, &info);
	if (mdb_txn_id((*txn)->mdb) != info.me_last_txnid + 1) {
		txn_abort(*txn);
		*txn = NULL;
		return fail(
			ST_INTERNAL,
			"%s: lock.mdb names another transaction than data.mdb: stop dnsbld, remove "
			"lock.mdb, run 'feeder check'",
			store->dir);
	}
	return ST_OK;
}

static void close_writing(struct txn *txn)
{
	for (int i = 0; i < TABLES; i++) {
		if (txn->writing[i]) {
			mdb_cursor_close(txn->writing[i]);
		}
	}
}

enum status txn_commit(struct txn *txn)
{
	struct store *s = txn->store;
	enum status status;
	int rc;

	if (txn->write && s->unfinished) {
		txn_put(txn, TABLE_META, store_schema_key,
			bytes_of((const uint8_t[]){0, 0, 0, STORE_SCHEMA}, 4));
	}
	status = txn->status;
	if (status) {
		txn_abort(txn);
		return status;
	}
	close_writing(txn);
	rc = mdb_txn_commit(txn->mdb);
	free(txn);
	status = store_error(s, rc, "committing");
	if (!status) {
		s->unfinished = false;
	}
	return status;
}

void txn_abort(struct txn *txn)
{
	if (txn) {
		close_writing(txn);
		mdb_txn_abort(txn->mdb);
		free(txn);
	}
}

enum status txn_status(const struct txn *txn)
{
	return txn->status;
}

void txn_fail(struct txn *txn, enum status status)
{
	if (!txn->status) {
		txn->status = status;
	}
}

uint64_t txn_id(const struct txn *txn)
{
	return mdb_txn_id(txn->mdb);
}

/* Keeps an error; true on success. `absent` is LMDB's word for "there is none", which is no error.
 */
static bool done(struct txn *txn, int rc, int absent, const char *what)
{
	if (rc && rc != absent) {
		txn_fail(txn, store_error(txn->store, rc, what));
	}
	return rc == 0;
}

bool txn_get(struct txn *txn, enum table table, struct bytes key, struct bytes *value)
{
	MDB_val k = val_of(key), v;

	if (txn->status || !done(txn, mdb_get(txn->mdb, txn->store->dbi[table], &k, &v),
				 MDB_NOTFOUND, "reading")) {
		return false;
	}
	*value = bytes_of_val(v);
	return true;
}

/* Rows are put in runs, each beside the last: a cursor that stays there need not search the tree.
 */
static MDB_cursor *writing(struct txn *txn, enum table table)
{
	MDB_cursor **at = &txn->writing[table];

	if (!txn->status && !*at) {
		done(txn, mdb_cursor_open(txn->mdb, txn->store->dbi[table], at), 0,
		     "opening a cursor");
	}
	return txn->status ? NULL : *at;
}

void txn_put(struct txn *txn, enum table table, struct bytes key, struct bytes value)
{
	MDB_cursor *at = writing(txn, table);
	MDB_val k = val_of(key), v = val_of(value);

	if (at) {
		done(txn, mdb_cursor_put(at, &k, &v, 0), 0, "writing");
	}
}

void txn_append(struct txn *txn, enum table table, struct bytes key, struct bytes value)
{
	MDB_cursor *at = writing(txn, table);
	MDB_val k = val_of(key), v = val_of(value);

	if (at && !done(txn, mdb_cursor_put(at, &k, &v, MDB_APPEND), MDB_KEYEXIST, "writing") &&
	    !txn->status) {
		txn_put(txn, table, key, value);
	}
}

bool txn_del(struct txn *txn, enum table table, struct bytes key)
{
	MDB_val k = val_of(key);

	return !txn->status && done(txn, mdb_del(txn->mdb, txn->store->dbi[table], &k, NULL),
				    MDB_NOTFOUND, "deleting");
}

struct scan *scan_open(struct txn *txn, enum table table)
{
	struct scan *scan = must_alloc(sizeof *scan);

	scan->txn = txn;
	scan->table = table;
	if (!txn->status) {
		done(txn, mdb_cursor_open(txn->mdb, txn->store->dbi[table], &scan->cursor), 0,
		     "opening a cursor");
	}
	return scan;
}

void scan_close(struct scan *scan)
{
	if (scan) {
		if (scan->cursor) {
			mdb_cursor_close(scan->cursor);
		}
		free(scan);
	}
}

void scan_renew(struct scan *scan)
{
	if (!scan->txn->status) {
		done(scan->txn, mdb_cursor_renew(scan->txn->mdb, scan->cursor), 0,
		     "renewing a cursor");
	}
}

static bool move(struct scan *scan, MDB_cursor_op op, MDB_val k, struct bytes *key,
		 struct bytes *value)
{
	MDB_val v;

	if (scan->txn->status ||
	    !done(scan->txn, mdb_cursor_get(scan->cursor, &k, &v, op), MDB_NOTFOUND, "reading")) {
		return false;
	}
	*key = bytes_of_val(k);
	*value = bytes_of_val(v);
	return true;
}

bool scan_seek(struct scan *scan, struct bytes at_least, struct bytes *key, struct bytes *value)
{
	/* LMDB has no empty key to look for. */
	return move(scan, at_least.len ? MDB_SET_RANGE : MDB_FIRST, val_of(at_least), key, value);
}

bool scan_next(struct scan *scan, struct bytes *key, struct bytes *value)
{
	return move(scan, MDB_NEXT, (MDB_val){0, NULL}, key, value);
}

bool scan_prev(struct scan *scan, struct bytes *key, struct bytes *value)
{
	return move(scan, MDB_PREV, (MDB_val){0, NULL}, key, value);
}

bool scan_insert(struct scan *scan, struct bytes key, struct bytes value, struct bytes *existing)
{
	MDB_val k = val_of(key), v = val_of(value);

	*existing = bytes_of(NULL, 0);
	if (scan->txn->status) {
		return false;
	}
	int rc = mdb_cursor_put(scan->cursor, &k, &v, MDB_NOOVERWRITE);

	if (rc == MDB_KEYEXIST) {
		*existing = bytes_of_val(v);
	}
	return done(scan->txn, rc, MDB_KEYEXIST, "writing");
}

void scan_replace(struct scan *scan, struct bytes key, struct bytes value)
{
	MDB_val k = val_of(key), v = val_of(value);

	if (!scan->txn->status) {
		done(scan->txn, mdb_cursor_put(scan->cursor, &k, &v, MDB_CURRENT), 0, "writing");
	}
}

void scan_delete(struct scan *scan)
{
	if (!scan->txn->status) {
		done(scan->txn, mdb_cursor_del(scan->cursor, 0), 0, "deleting");
	}
}

void scan_damaged(struct scan *scan)
{
	if (!scan->txn->status) {
		scan->txn->status =
			fail(ST_INTERNAL, "%s: a row of table '%s' is damaged: run 'feeder check'",
			     scan->txn->store->dir, store_table_name[scan->table]);
	}
}
