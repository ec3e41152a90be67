/*
 * category.c: the words for kinds of abuse.
 */
#include "category.h"

#include <stddef.h>
#include <string.h>

static const char *const names[CATEGORIES] = {
	[CATEGORY_SPAM] = "spam",
	[CATEGORY_FRAUD] = "fraud",
	[CATEGORY_VIRUS] = "virus",
	[CATEGORY_RELAY] = "relay",
	[CATEGORY_OTHER] = "other",
	[CATEGORY_NOT_SPAM] = "not-spam",
	[CATEGORY_AUTH_FAILURE] = "auth-failure",
	[CATEGORY_ATTACK] = "attack",
	[CATEGORY_BOT] = "bot",
	[CATEGORY_VULNERABLE] = "vulnerable",
	[CATEGORY_OPT_OUT] = "opt-out",
	[CATEGORY_CONTENT] = "content",
};

const char *category_name(enum category category)
{
	return (unsigned)category < CATEGORIES ? names[category] : NULL;
}

enum category category_named(const char *name)
{
	for (unsigned i = 1; i < CATEGORIES; i++) {
		if (strcmp(name, names[i]) == 0) {
			return (enum category)i;
		}
	}
	return CATEGORY_NONE;
}
