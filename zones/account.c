/*
 * account.c: who dnsbld's workers are.
 */
#include "account.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

/* Whether it could not be looked for: that there is no such one is told in several ways
 * (getpwnam(3)). */
static bool is_unknown(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}

enum status account_find(const struct config *config, struct account *account)
{
	const char *name = config->user ? config->user : "dnsbld";

	errno = 0;
	const struct passwd *entry = getpwnam(name);

	if (!entry && !config->user && !is_unknown(errno)) {
		name = "nobody";
		entry = getpwnam(name);
	}
	if (!entry && is_unknown(errno)) {
		return fail(ST_AGAIN, "unable to look for the account '%s': %s", name,
			    strerror(errno));
	}
	if (!entry) {
		return fail(
			ST_CONFIG,
			"there is no account '%s' to run as: make one (adduser --system --group %s) or name "
			"another with user = in %s",
			name, name, config->file);
	}
	if (entry->pw_uid == 0) {
		return fail(ST_CONFIG,
			    "user = \"%s\" in %s is root: name an account without privileges", name,
			    config->file);
	}
	*account = (struct account){name, entry->pw_uid, entry->pw_gid};
	return ST_OK;
}
