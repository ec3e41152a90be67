/*
 * config_token.h: the tokens of a config file. Private to zones/config*.c.
 */
#ifndef DNSBLD_CONFIG_TOKEN_H
#define DNSBLD_CONFIG_TOKEN_H

#include <stddef.h>

#include "status.h"

enum token {
	TOKEN_BAD = -1, /* fail() was called */
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_COMMA = ',',
	TOKEN_EQUALS = '=',
	TOKEN_OPEN = '{',
	TOKEN_CLOSE = '}',
};

struct word {
	const char *text; /* without its quotes; borrowed from the scanner's text */
	size_t len;
	unsigned line;
};

struct scanner {
	const char *file;
	char *at; /* NUL-terminated; comments become blanks as they are passed */
	unsigned line;
	struct word word; /* of the last token */
};

enum token token_next(struct scanner *scanner);

#endif
