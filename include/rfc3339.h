/*
 * rfc3339.h: times in text, both ways (RFC 3339 §5.6). Inside the program a time is seconds since
 * 1970, UTC.
 */
#ifndef DNSBLD_RFC3339_H
#define DNSBLD_RFC3339_H

#include <stdint.h>

#include "status.h"

enum { TIME_TEXT = 24 }; /* room for any time in text, with its NUL */

/*
 * "2026-11-21T10:00:00Z", "2026-11-21T11:00:00.5+01:00": years 1970 to 9999, fractions are cut
 * off, a leap second is the second before it. ST_DATA for anything else.
 */
enum status time_parse(const char *text, uint64_t *time);

/*
 * UTC, whole seconds, with a Z. Returns `text`. A time past the year 9999 is written as its last
 * second.
 */
const char *time_format(uint64_t time, char text[TIME_TEXT]);

#endif
