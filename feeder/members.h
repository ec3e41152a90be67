/*
 * members.h: the members of a JSON object against a table of what they may be.
 *
 * Whoever reads a format says once, in a table, which members it knows; when the object has passed,
 * they are read without further checks. Members that the table does not name are for others. null
 * is as good as absent.
 */
#ifndef FEEDER_MEMBERS_H
#define FEEDER_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "prefix.h"
#include "status.h"

enum member_kind {
	MEMBER_STRING,
	MEMBER_INTEGER,
	MEMBER_NUMBER, /* an integer too */
	MEMBER_BOOLEAN,
	MEMBER_OBJECT,
	MEMBER_ARRAY,
	MEMBER_PORT,   /* an integer, 1 to 65535 */
	MEMBER_PORT_0, /* 0 to 65535: what has no ports has 0 */
	MEMBER_HOST,   /* an address as a string; no prefix */
	MEMBER_TIME,   /* RFC 3339, as a string */
};

struct member {
	const char *name;
	enum member_kind kind;
	bool needed;
};

/* ST_DATA with a text that begins with `where` ("", "probe 3: ") and names the member. */
enum status members_check(const json_t *object, const char *where, const struct member *members,
			  size_t count);

#define MEMBERS_CHECK(object, where, table) \
	members_check((object), (where), (table), sizeof(table) / sizeof *(table))

/* The string, or "" where there is none. */
const char *member_text(const json_t *object, const char *name);

/* False where the text is no host's address. */
bool host_parse(const char *text, struct prefix *host);

#endif
