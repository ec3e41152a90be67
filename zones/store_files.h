/*
 * store_files.h: the files of a database's folder: owners, modes, the writer's lock. For store.c.
 */
#ifndef DNSBLD_STORE_FILES_H
#define DNSBLD_STORE_FILES_H

#include <limits.h>
#include <stdint.h>

#include "status.h"
#include "store.h"

enum {
	FILE_MODE_FOLDER = 0750,
	FILE_MODE_DATA = 0640,   /* dnsbld's group may read … */
	FILE_MODE_LOCK = 0660,   /* … and must take a reader's slot */
	FILE_MODE_PRIVATE = 0700 /* evidence/ */
};

/* Makes the folder and evidence/ below it, gives them to owner and group (-1: leave), and becomes
 * the owner. */
enum status files_make_folder(const char *dir, int owner, int group);

/* Sets the modes of the files that LMDB made: it gives both the same. */
enum status files_set_modes(const char *dir);

/* LMDB begins a file with two pages, in one write that a full disk can cut short. */
enum { FILE_LEAST = 2 * 4096 };

/*
 * Before a file is made: empties one that has less than LMDB's first write, or LMDB would take it
 * for a damaged one. The caller has the writer's lock. An errno, 0 where all is well.
 */
int files_empty_torn(const char *dir);

/*
 * Before reading: ST_NOINPUT where data.mdb has nothing, for an init was killed. *no_lock: lock.mdb
 * is not there, so LMDB will make it, as the caller's and with data.mdb's mode.
 */
enum status files_look(const char *dir, bool *no_lock);

/* Takes writer.lock, waiting at most wait_ms. ST_AGAIN after that. */
enum status files_lock(const char *dir, unsigned wait_ms, int *lock);
void files_unlock(int lock); /* -1 is fine */

/* For blob.c: a second environment whose writers hold the main one's lock. Made where there is
 * none. */
enum status store_open_beside(struct store **store, const char *dir, uint64_t map_size);

#endif
