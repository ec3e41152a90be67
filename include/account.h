/*
 * account.h: the account as which dnsbld's workers run when it was started as root. feeder asks
 * too, for that account's group must be able to read the database.
 */
#ifndef DNSBLD_ACCOUNT_H
#define DNSBLD_ACCOUNT_H

#include <sys/types.h>

#include "config.h"
#include "status.h"

struct account {
	const char *name; /* borrowed from the config, or static */
	uid_t uid;
	gid_t gid;
};

/*
 * The config's `user`; where it names none, "dnsbld" if there is such an account, else "nobody",
 * which every system has. ST_CONFIG where there is no such account, or where it is root; ST_AGAIN
 * where it could not be looked for.
 */
enum status account_find(const struct config *config, struct account *account);

#endif
