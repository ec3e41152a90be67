/*
 * privileges.c: who may do what.
 *
 *	parent  root, or the unit's account: binds; then the five capabilities below, if it has them
 *	child   the config's account, no capability, and no way to get one
 *
 * Started as an ordinary account there is no user to change to, and the same holds otherwise.
 *
 * What the network sends is read by children alone.
 */
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "account.h"

static const unsigned kept[] = {
	CAP_SETUID,
	CAP_SETGID,          /* children become the account */
	CAP_KILL,            /* then they are another's, and are to end */
	CAP_DAC_READ_SEARCH, /* at SIGHUP: the config, where the account of feeder alone reads it */
	CAP_NET_ADMIN,       /* at SIGHUP: a receive_buffer larger than net.core.rmem_max */
};

/* Of the capabilities of this process these stay. Nobody loses what he has not. */
static enum status keep_capabilities(const unsigned *wanted, size_t count)
{
	bool has[CAP_LAST_CAP + 1] = {false};

	if (capng_get_caps_process() < 0) {
		return fail(ST_PERM, "unable to find out which capabilities we have");
	}
	for (size_t i = 0; i < count; i++) {
		has[wanted[i]] = capng_have_capability(CAPNG_PERMITTED, wanted[i]);
	}
	/* The bounding set, from which a program with rights in its file would get them. */
	bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < count; i++) {
		if (has[wanted[i]]) {
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, wanted[i]);
		}
	}
	errno = EPERM;
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT |
			(may_bound ? CAPNG_SELECT_BOUNDS : 0)) < 0) {
		return fail(ST_PERM, "unable to give up capabilities: %s", strerror(errno));
	}
	return ST_OK;
}

enum status privileges_find(struct privileges *p, const struct config *config)
{
	struct account account;

	*p = (struct privileges){.drop = geteuid() == 0};
	if (p->drop) {
		enum status status = account_find(config, &account);

		if (status) {
			return status;
		}
		p->uid = account.uid;
		p->gid = account.gid;
		p->user = must_strdup(account.name);
	}
	return keep_capabilities(kept, sizeof kept / sizeof *kept);
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
	return keep_capabilities(NULL, 0);
}
