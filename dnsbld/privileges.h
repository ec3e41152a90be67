/*
 * privileges.h: who the processes are, and what each of them may.
 */
#ifndef DNSBLD_PRIVILEGES_H
#define DNSBLD_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"

struct privileges {
	bool drop; /* we are root, and must not stay it */
	uid_t uid;
	gid_t gid;
	char *user;
};

/*
 * Looks the config's user up, "dnsbld" where none is given. ST_CONFIG where there is no such
 * account. The sockets are bound by now: of its capabilities the calling process, the parent, keeps
 * those that it needs to run children as that user and to read the config again.
 */
enum status privileges_find(struct privileges *p, const struct config *config);
void privileges_release(struct privileges *p);

/* Becomes that user for good, in this process, and keeps no capability. */
enum status privileges_drop(const struct privileges *p);

#endif
