/*
 * wire_name.h: names as they stand in messages, perhaps compressed (RFC 1035 §4.1.4).
 */
#ifndef DNSBLD_WIRE_NAME_H
#define DNSBLD_WIRE_NAME_H

#include <stdbool.h>

#include "bytes.h"
#include "name.h"

/*
 * Reads the name at `r`, which is inside `message`, in lower case; behind a pointer it goes on
 * elsewhere in there, `r` goes past it. Bad where there is none, or a pointer and not `compressed`.
 * A pointer leads back behind the header, each further than the one before it, and there are at
 * most as many as a name has labels: a name costs a few hundred steps whatever it is.
 */
void wire_name_read(struct reader *r, struct bytes message, bool compressed, struct name *name);

/* Past a name, whose pointer is not followed. */
void wire_name_skip(struct reader *r);

#endif
