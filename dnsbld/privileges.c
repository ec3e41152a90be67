/*
 * privileges.c: only the parent may be root: it binds ports below 1024 and starts processes, and
 * reads nothing that comes from the network. Started without root there is nothing to give up.
 */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "account.h"

enum status privileges_find(struct privileges *p, const struct config *config)
{
	struct account account;

	*p = (struct privileges){.drop = geteuid() == 0};
	if (!p->drop) {
		return ST_OK;
	}
	enum status status = account_find(config, &account);

	if (status) {
		return status;
	}
	p->uid = account.uid;
	p->gid = account.gid;
	p->user = must_strdup(account.name);
	return ST_OK;
}

void privileges_release(struct privileges *p)
{
	free(p->user);
	p->user = NULL;
}

enum status privileges_drop(const struct privileges *p)
{
	if (p->drop &&
	    (initgroups(p->user, p->gid) < 0 || setgid(p->gid) < 0 || setuid(p->uid) < 0)) {
		return fail(ST_PERM, "unable to become '%s': %s", p->user, strerror(errno));
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return fail(ST_PERM, "unable to renounce privileges: %s", strerror(errno));
	}
	return ST_OK;
}
