/*
 * account.c: who dnsbld's workers are.
 */
#include "account.h"

#include <pwd.h>

enum status account_find(const struct config *config, struct account *account)
{
	const char *name = config->user ? config->user : "dnsbld";
	const struct passwd *entry = getpwnam(name);

	if (!entry && !config->user) {
		name = "nobody";
		entry = getpwnam(name);
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
