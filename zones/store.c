/*
 * store.c: the LMDB environment: made, opened, closed, and its errors. store_txn.c has what happens
 * in it, store_slots.c where readers write in lock.mdb, store_readers.c who they are; these are all
 * that knows LMDB.
 *
 * A database is a folder: data.mdb, lock.mdb (LMDB's readers and its writer's mutex), writer.lock
 * (ours, see below) and evidence/ (blob.c). Two environments are opened through here, told apart by
 * their tables.
 *
 * 1. One writer: flock on writer.lock first, with a time limit. LMDB's own mutex would block for
 * ever.
 * 2. Default sync and no WRITEMAP: a commit that returned is on disk, a full disk is an error and
 * not a SIGBUS.
 * 3. A database without its schema row was never finished: nobody reads it, store_create() makes it
 * again.
 * 4. The lock file is writable for dnsbld's account. A writer that finds another transaction id
 * than the last + 1 was misled through it and writes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store_files.h"
#include "store_inside.h"

const char *const store_table_name[TABLES] = {
	[TABLE_META] = "meta",
	[TABLE_CLAIMS] = "claims",
	[TABLE_BY_SOURCE] = "by_source",
	[TABLE_EXPIRY] = "expiry",
	[TABLE_SOURCES] = "sources",
	[TABLE_TEXTS] = "texts",
	[TABLE_EXCLUSIONS] = "exclusions",
	[TABLE_REPORTS] = "reports",
	[TABLE_EVIDENCE] = "evidence",
	[TABLE_REPORTERS] = "reporters",
	[TABLE_AUDIT] = "audit",
	[TABLE_ZONES] = "zones",
	[TABLE_MIRRORED] = "mirrored",
	[TABLE_ACCESS] = "access",
	[TABLE_JOURNAL] = "journal",
	[TABLE_INDEX4] = "index4",
	[TABLE_INDEX6] = "index6",
	[TABLE_ANSWERS] = "answers",
};

/* Each of dnsbld's processes has a page of 64 (store_slots.c): with this, 16 MiB, 4,095 of them. */
enum { MAX_READERS = 4095 * 64 + 62 };

const struct bytes store_schema_key = {(const uint8_t *)"schema", 6};

/* The one place where LMDB's errors become ours. */
enum status store_error(const struct store *s, int rc, const char *what)
{
	struct statvfs fs;

	switch (rc) {
	case MDB_SUCCESS:
		return ST_OK;
	case MDB_MAP_FULL:
		return fail(ST_AGAIN,
			    "%s: the database's map is full: raise map_size in the config", s->dir);
	case MDB_READERS_FULL:
		return fail(ST_AGAIN, "%s: too many readers have the database open", s->dir);
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_NOTFOUND: /* a table that must be there */
		return fail(ST_IO,
			    "%s: data.mdb is damaged or no database of ours (%s): restore a backup",
			    s->dir, mdb_strerror(rc));
	case ENOENT:
		return fail(ST_NOINPUT, "no database in '%s': make one with 'feeder init'", s->dir);
	case EACCES:
	case EPERM:
	case EROFS:
		return fail(
			ST_PERM,
			"%s: %s: %s (dnsbld reads as its user's group, which must be that of the "
			"folder and its files: chgrp -R)",
			s->dir, what, strerror(rc));
	case ENOSPC:
	case EDQUOT:
		return fail(ST_AGAIN, "%s: %s: the disk is full", s->dir, what);
	case EIO:
		/* LMDB says EIO for a short write, and that is how a full disk shows. */
		if (statvfs(s->dir, &fs) == 0 && fs.f_bavail < 16) {
			return fail(ST_AGAIN, "%s: %s: the disk is full", s->dir, what);
		}
		return fail(ST_IO, "%s: %s: %s", s->dir, what, strerror(rc));
	case ENOMEM:
	case EAGAIN:
		return fail(ST_AGAIN, "%s: %s: %s", s->dir, what, strerror(rc));
	default:
		return fail(rc > 0 ? ST_IO : ST_INTERNAL, "%s: %s: %s", s->dir, what,
			    mdb_strerror(rc));
	}
}

static enum status check_schema(struct store *s, MDB_txn *txn)
{
	MDB_val key = val_of(store_schema_key), value;
	int rc = mdb_get(txn, s->dbi[TABLE_META], &key, &value);

	if (rc == MDB_NOTFOUND) {
		s->unfinished = true;
		return ST_OK;
	}
	if (rc) {
		return store_error(s, rc, "reading the schema version");
	}
	struct reader r = reader_of(bytes_of_val(value));
	uint32_t schema = read_u32(&r);

	if (r.bad || schema == 0) {
		return fail(ST_CONFIG, "%s: the database's schema version is not readable", s->dir);
	}
	if (schema > STORE_SCHEMA) {
		return fail(
			ST_CONFIG,
			"%s: the database has schema %u, this program knows %u: use a newer dnsbld and feeder",
			s->dir, schema, STORE_SCHEMA);
	}
	if (schema < STORE_SCHEMA) {
		return fail(
			ST_CONFIG,
			"%s: the database has schema %u, this program knows %u: export the lists "
			"with the feeder that made it, then 'feeder init' and 'feeder import'",
			s->dir, schema, STORE_SCHEMA);
	}
	return ST_OK;
}

static enum status open_tables(struct store *s, bool write, bool create)
{
	MDB_txn *txn = NULL;
	uint64_t last = store_last_txn(s);
	int rc = write ? mdb_txn_begin(s->env, NULL, 0, &txn) : readers_begin(s, &txn);

	if (rc) {
		return store_error(s, rc, "beginning a transaction");
	}
	/* txn_write() looks more closely. */
	if (!write && !store_agrees(s, last, mdb_txn_id(txn))) {
		mdb_txn_abort(txn);
		/* lock.mdb is set right by whoever opens it while nobody else has it open. */
		return fail(ST_AGAIN,
			    "%s: data.mdb was written over while programs had it open: dnsbld "
			    "opens it anew within seconds; end all others that use it",
			    s->dir);
	}
	for (int i = 0; i < TABLES && !rc; i++) {
		rc = mdb_dbi_open(txn, store_table_name[i], create ? MDB_CREATE : 0, &s->dbi[i]);
	}
	if (rc == MDB_NOTFOUND && !create) {
		/* Made, but killed before its first commit. */
		mdb_txn_abort(txn);
		s->unfinished = true;
		return ST_OK;
	}
	enum status status = rc ? store_error(s, rc, "opening a table") : check_schema(s, txn);

	if (status) {
		mdb_txn_abort(txn);
		return status;
	}
	return store_error(s, mdb_txn_commit(txn), "opening the tables");
}

static enum status open_env(struct store **store, const char *dir, unsigned flags,
			    uint64_t map_size, bool create)
{
	struct store *s = must_alloc(sizeof *s);
	bool write = !(flags & MDB_RDONLY);
	enum status status;
	MDB_stat env;
	int fd, rc, dead;

	s->dir = must_strdup(dir);
	s->writer_lock = -1;
	rc = mdb_env_create(&s->env);
	if (!rc) {
		rc = mdb_env_set_maxdbs(s->env, TABLES);
	}
	if (!rc) {
		rc = mdb_env_set_maxreaders(s->env, MAX_READERS);
	}
	if (!rc && map_size) {
		rc = mdb_env_set_mapsize(s->env, map_size);
	}
	if (!rc && create) {
		rc = files_empty_torn(dir);
	}
	if (!rc) {
		rc = mdb_env_open(s->env, dir, flags | MDB_NOTLS, FILE_MODE_DATA);
	}
	if (!rc) {
		rc = mdb_env_get_fd(s->env, &fd);
	}
	if (!rc) {
		rc = mdb_env_stat(s->env, &env);
		s->page_bytes = env.ms_psize;
	}
	if (!rc && fstat(fd, &s->opened) < 0) {
		rc = errno;
	}
	status = store_error(s, rc, "opening the database");
	if (!status) {
		status = store_check_readers(s);
	}
	if (!status) {
		/* Readers that were killed would pin old pages for ever. */
		status = store_error(s, mdb_reader_check(s->env, &dead), "checking readers");
	}
	if (!status && !create && !store_is_current(s)) {
		/* It would be a SIGBUS in the middle of an answer. */
		status = fail(ST_IO,
			      "%s: data.mdb is shorter than the pages it uses: restore a backup",
			      s->dir);
	}
	if (!status) {
		status = open_tables(s, write, create);
	}
	if (status) {
		store_close(s);
		return status;
	}
	*store = s;
	return ST_OK;
}

static enum status finished(struct store **store)
{
	struct store *s = *store;

	if (s->unfinished) {
		enum status status =
			fail(ST_NOINPUT,
			     "the database in '%s' was never finished: run 'feeder init'", s->dir);

		store_close(s);
		*store = NULL;
		return status;
	}
	return ST_OK;
}

/* LMDB gave the files that it made one mode. Closes the store where they cannot be set right. */
static enum status modes_set(struct store **store, const char *dir)
{
	enum status status = files_set_modes(dir);

	if (status) {
		store_close(*store);
		*store = NULL;
	}
	return status;
}

enum status store_create(struct store **store, const char *dir, uint64_t map_size, int owner,
			 int group)
{
	int lock = -1;
	enum status status = files_make_folder(dir, owner, group);

	if (!status) {
		status = files_lock(dir, 0, &lock);
	}
	if (!status) {
		status = open_env(store, dir, 0, map_size, true);
	}
	if (status) {
		files_unlock(lock);
		return status;
	}
	(*store)->writer_lock = lock;
	if (!(*store)->unfinished) {
		status = fail(ST_DATA, "there is a database in '%s' already", dir);
	} else {
		status = files_set_modes(dir);
	}
	if (status) {
		store_close(*store);
		*store = NULL;
	}
	return status;
}

enum status store_open_read(struct store **store, const char *dir)
{
	bool no_lock;
	enum status status = files_look(dir, &no_lock);

	if (!status && no_lock) {
		/* A restored backup has none: it is made as init would have made it. */
		status = store_become_owner(dir);
	}
	if (!status) {
		status = open_env(store, dir, MDB_RDONLY, 0, false);
	}
	if (!status && no_lock) {
		status = modes_set(store, dir);
	}
	return status ? status : finished(store);
}

enum status store_open_write(struct store **store, const char *dir, uint64_t map_size,
			     unsigned wait_ms)
{
	int lock = -1;
	enum status status = store_become_owner(dir);

	if (!status) {
		status = files_lock(dir, wait_ms, &lock);
	}
	if (!status) {
		status = open_env(store, dir, 0, map_size, false);
	}
	if (status) {
		files_unlock(lock);
		return status;
	}
	(*store)->writer_lock = lock;
	status = modes_set(store, dir);
	return status ? status : finished(store);
}

enum status store_open_beside(struct store **store, const char *dir, uint64_t map_size)
{
	return open_env(store, dir, 0, map_size, true);
}

void store_close(struct store *store)
{
	if (!store) {
		return;
	}
	if (store->env) {
		readers_forget(store);
		mdb_env_close(store->env);
	}
	files_unlock(store->writer_lock);
	free(store->dir);
	free(store);
}

static bool look_at_data(const struct store *store, struct stat *now)
{
	char path[PATH_MAX];

	/* LMDB looks for the last page in the meta pages, the first two of the map: they must be
	 * there. */
	return snprintf(path, sizeof path, "%s/data.mdb", store->dir) < (int)sizeof path &&
	       stat(path, now) == 0 && now->st_ino == store->opened.st_ino &&
	       now->st_dev == store->opened.st_dev &&
	       (uint64_t)now->st_size >= 2 * (uint64_t)store->page_bytes;
}

bool store_is_current(const struct store *store)
{
	struct stat now;

	if (!look_at_data(store, &now)) {
		return false;
	}
	uint64_t used = store_used_bytes(store);

	/* It may be a commit younger than the look at the file, which that made longer. */
	return (uint64_t)now.st_size >= used ||
	       (look_at_data(store, &now) && (uint64_t)now.st_size >= used);
}

uint64_t store_map_bytes(const struct store *store)
{
	MDB_envinfo info;

	mdb_env_info(store->env, &info);
	return info.me_mapsize;
}

uint64_t store_used_bytes(const struct store *store)
{
	MDB_envinfo info;
	MDB_stat env;

	mdb_env_info(store->env, &info);
	mdb_env_stat(store->env, &env);
	return (uint64_t)(info.me_last_pgno + 1) * env.ms_psize;
}
