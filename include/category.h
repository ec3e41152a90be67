/*
 * category.h: what kind of abuse a report speaks of. The config names them (policy { categories }),
 * feeder gives them to reports. The numbers are on disk: new ones go to the end, none is used
 * twice.
 */
#ifndef DNSBLD_CATEGORY_H
#define DNSBLD_CATEGORY_H

enum category {
	CATEGORY_NONE = 0, /* of a report that nobody could read */
	CATEGORY_SPAM = 1,
	CATEGORY_FRAUD = 2,        /* phishing, scams */
	CATEGORY_VIRUS = 3,        /* mail or a page that carries one */
	CATEGORY_RELAY = 4,        /* relays mail for strangers */
	CATEGORY_OTHER = 5,        /* whatever has no word here */
	CATEGORY_NOT_SPAM = 6,     /* RFC 6430: was taken for spam and is none */
	CATEGORY_AUTH_FAILURE = 7, /* RFC 6591: no abuse */
	CATEGORY_ATTACK = 8,       /* on others' machines: logins, scans, floods */
	CATEGORY_BOT = 9,          /* in the hands of somebody else: infected, compromised */
	CATEGORY_VULNERABLE = 10,  /* an open service, a hole: no abuse yet */
	CATEGORY_OPT_OUT = 11,     /* a wish to get no more mail */
	CATEGORY_CONTENT = 12,     /* what it publishes: copyright, brands */
	CATEGORIES
};

/* "spam", "not-spam"; NULL for CATEGORY_NONE. */
const char *category_name(enum category category);

/* CATEGORY_NONE where there is none of this name. */
enum category category_named(const char *name);

#endif
