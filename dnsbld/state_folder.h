/*
 * state_folder.h: what dnsbld itself keeps from one start to the next: the counters of queries.
 */
#ifndef DNSBLD_STATE_FOLDER_H
#define DNSBLD_STATE_FOLDER_H

#include "config.h"
#include "quota.h"

struct state_folder {
	char *path;           /* NULL: the config names none, and nothing is kept */
	struct quotas quotas; /* where there is a path */
};

/*
 * For the parent, before it forks and while it has all its rights. The children inherit the mapping
 * and no descriptor. Errors are quotas_open()'s; nothing is kept then.
 */
enum status state_open(struct state_folder *state, const struct config *config);
void state_close(struct state_folder *state);

/*
 * Whether a new config may go on with it: the processes of all generations count in one mapping, so
 * that another folder takes a restart. ST_CONFIG where there was none.
 */
enum status state_check(const struct state_folder *state, const struct config *config);

#endif
