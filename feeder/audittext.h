/* audittext.h: rows of the audit as people and programs read them. */
#ifndef FEEDER_AUDITTEXT_H
#define FEEDER_AUDITTEXT_H

#include "audit.h"
#include "json.h"

/*
 * A line, columns apart by tabs: time, actor, event, prefix, sublist, source, claims added and
 * removed ("+3-1", of rows about many), reason; "-" where there is none.
 */
void audit_print_line(const struct audit_row *row);

/* The members of an object. */
void audit_print_json(const struct audit_row *row, struct json *json);

#endif
