/*
 * name.h: domain names in wire form (RFC 1035 §3.1), never compressed and in lower case, as
 * name_parse() makes them.
 */
#ifndef DNSBLD_NAME_H
#define DNSBLD_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "status.h"

enum {
	NAME_MAX_WIRE = 255, /* RFC 1035 §2.3.4 */
	NAME_TEXT = 1024,    /* room for any name in presentation form, with its NUL */
};

struct name {
	uint8_t len; /* octets of wire, the root label among them; 0: no name */
	uint8_t wire[NAME_MAX_WIRE];
};

/*
 * Presentation form to wire, in lower case; a final dot is optional and "." is the root. ST_DATA
 * where it is no name, and *name is then none.
 */
enum status name_parse(const char *text, struct name *name);

/*
 * An uncompressed name as it stands in a record's data, in lower case. Bad where there is none;
 * what was read before it is whole.
 */
void name_read(struct reader *r, struct name *name);

/* Presentation form with a final dot; name_parse() reads it back. Returns `text`. */
const char *name_format(const struct name *name, char text[NAME_TEXT]);

/* Octet by octet: both are in lower case. */
bool name_equal(const struct name *a, const struct name *b);

/* < 0, 0, > 0 in canonical order (RFC 4034 §6.1): by labels from the root down, as octets. */
int name_compare(const struct name *a, const struct name *b);

/* Whether `name` is `zone` or below it. On true *before is the count of octets of `name` before the
 * zone's. */
bool name_below(const struct name *name, const struct name *zone, size_t *before);

#endif
