/*
 * store_inside.h: the store from inside, for store*.c. Nothing else includes lmdb.h.
 */
#ifndef DNSBLD_STORE_INSIDE_H
#define DNSBLD_STORE_INSIDE_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "store.h"

/* lock.mdb, in this process' memory (store_slots.c). */
struct readers {
	bool sought;
	uint8_t *at; /* NULL: it could not be found */
	size_t len;
	int lock;    /* LMDB's descriptor of it, -1: none */
	bool apart;  /* there is a slot of ours alone on … */
	size_t page; /* … and of the others' pages a map that can only be read, by … */
	int look;    /* … */
};

struct store {
	MDB_env *env;
	MDB_dbi dbi[TABLES];
	char *dir;
	int writer_lock;    /* -1: not a writer, or one that needs no lock of its own */
	bool unfinished;    /* the schema row is still to be written */
	struct stat opened; /* data.mdb */
	unsigned page_bytes;
	struct readers readers;
};

static inline MDB_val val_of(struct bytes b)
{
	return (MDB_val){b.len, (void *)(uintptr_t)b.data};
}

static inline struct bytes bytes_of_val(MDB_val v)
{
	return (struct bytes){v.mv_data, v.mv_size};
}

extern const char *const store_table_name[TABLES];

/* The one place where LMDB's errors become ours; `what` was being done. */
enum status store_error(const struct store *store, int rc, const char *what);

/*
 * LMDB believes the count of readers in lock.mdb, which dnsbld's workers can write, and walks that
 * many. ST_INTERNAL where there is no room for so many.
 */
enum status store_check_readers(const struct store *store);

/*
 * Each begins a read transaction, as mdb_txn_begin() does and with its errors: with a slot that no
 * process has in its reach which is apart; and, once for a process, apart from all others.
 */
int readers_begin(struct store *s, MDB_txn **mdb);
int readers_begin_apart(struct store *s, MDB_txn **mdb);
/* Before the environment is closed, with no transaction open. */
void readers_forget(const struct store *s);

/*
 * Readers take the number of the newest transaction from lock.mdb, which is written after data.mdb:
 * it is the last that data.mdb has or, for good where a writer was killed in between, the one
 * before. Any other means that data.mdb was written over in its place. `last` is
 * store_last_txn() from before the reader took `id`, as commits may come in between.
 */
uint64_t store_last_txn(const struct store *store);
bool store_agrees(const struct store *store, uint64_t last, uint64_t id);

/* The row of `meta` that makes a database finished. */
extern const struct bytes store_schema_key;

#endif
