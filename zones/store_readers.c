/*
 * store_readers.c: who reads the database, as LMDB's table of readers in lock.mdb has it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "store_inside.h"

/* LMDB shows its table in words alone: "PID THREAD TRANSACTION", where one is open, else "-". */
static int count_line(const char *line, void *context)
{
	struct store_readers *readers = context;
	uint64_t id;
	int pid;

	if (sscanf(line, "%d %*s %" SCNu64, &pid, &id) == 2 &&
	    (readers->oldest == 0 || id < readers->oldest)) {
		readers->oldest = id;
	}
	readers->count += sscanf(line, "%d", &pid) == 1;
	return 0;
}

bool store_readers(const struct store *store, struct store_readers *readers)
{
	MDB_envinfo info;

	*readers = (struct store_readers){0};
	if (store_check_readers(store)) {
		return false;
	}
	mdb_env_info(store->env, &info);
	readers->most = info.me_maxreaders;
	readers->newest = info.me_last_txnid;
	return mdb_reader_list(store->env, count_line, readers) >= 0;
}
