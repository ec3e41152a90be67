/*
 * list_special.h: the lines of rbldnsd's files that begin with a dollar sign. Private to
 * zones/list_*.c.
 */
#ifndef DNSBLD_LIST_SPECIAL_H
#define DNSBLD_LIST_SPECIAL_H

#include "list.h"

/* What follows `word` (lower case) and blanks where the line begins with it, in any case, else
 * NULL. */
char *list_special_word(char *line, const char *word);

/*
 * "2026:11:21:10:00:00 +7d": when the data was made and when it expires. NULL, or what is wrong
 * with the line; *refuse is set to why the file may not be used at all at `now`, or NULL.
 */
const char *list_special_timestamp(char *s, uint64_t now, const char **refuse);

/* "256" or "/24": most addresses in an IPv4 range. False where it is neither. */
bool list_special_range(char *s, uint32_t *most);

#endif
