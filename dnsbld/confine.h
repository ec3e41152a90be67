/*
 * confine.h: what is left to a worker once all that it needs is open.
 *
 *	confine.c        both of these, and a word where the kernel lacks one
 *	confine_calls.c  seccomp: the system calls
 *	confinement.h    Landlock: nothing is opened, made, changed, removed or run
 *
 * All of it lasts as long as the process, which has set PR_SET_NO_NEW_PRIVS before.
 */
#ifndef DNSBLD_CONFINE_H
#define DNSBLD_CONFINE_H

#include <stdbool.h>

#include "status.h"
#include "store.h"

/* Processes that do not do the same. */
enum confined {
	CONFINED_WORKER, /* reads packets */
	CONFINED_DNSTAP, /* has no database, and connects to a Unix socket */
};

/*
 * Locks this process in. A worker's database is open, with the transaction that it reads by;
 * without one `store` is NULL. ST_INTERNAL where the kernel refuses what it offers. Where it offers
 * nothing, the one that `speaks` for all warns.
 */
enum status confine(enum confined who, const struct store *store, bool speaks);

/* The system calls; `lock` as store_is_apart() has it. The rest as confine_files() does it. */
enum status confine_calls(enum confined who, const int lock[2], bool *there);

#endif
