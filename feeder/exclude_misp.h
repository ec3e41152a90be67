/*
 * exclude_misp.h: exclusions from the warninglists of the MISP project: providers' own lists of the
 * addresses that they send from.
 */
#ifndef FEEDER_EXCLUDE_MISP_H
#define FEEDER_EXCLUDE_MISP_H

#include "bytes.h"
#include "exclusion.h"
#include "operands.h"

/* Whether the text is JSON, which no line of a list of prefixes begins like. */
bool misp_begins(struct bytes text);

/*
 * Its entries, as operands: bad ones are counted and named. `name` is the list's own, cut to fit.
 * ST_DATA where the text is no warninglist, or one of other things than addresses.
 */
enum status misp_read(struct bytes text, struct operands *operands, char name[EXCLUSION_COMMENT]);

#endif
