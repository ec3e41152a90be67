/*
 * audit.h: who did what, when and why, for ever (RFC 6471 §2.1.2). Rows are only ever added,
 * through change.h.
 */
#ifndef DNSBLD_AUDIT_H
#define DNSBLD_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "store.h"

struct audit_row {
	uint64_t number;
	uint64_t time;                                            /* seconds */
	struct bytes actor, verb, event, sublist, source, reason; /* empty where there is none */
	bool has_prefix;
	struct prefix prefix;
	uint64_t added, removed;
};

/* What is passed is borrowed for the call. Each stops when visit returns false. */
typedef bool audit_visit(void *context, const struct audit_row *row);

/* All rows from this time on, oldest first. */
void audit_since(struct txn *txn, uint64_t since, audit_visit *visit, void *context);

/* Rows about prefixes that cover `prefix`, itself among them: for each prefix, the widest first,
 * oldest first. */
void audit_covering(struct txn *txn, const struct prefix *prefix, audit_visit *visit,
		    void *context);

/* Rows about exactly this prefix, oldest first. */
void audit_about(struct txn *txn, const struct prefix *prefix, audit_visit *visit, void *context);

/* For change.c: adds a row and the way to it from its prefix. */
void audit_append(struct txn *txn, const struct audit_row *row);

#endif
