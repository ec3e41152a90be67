/*
 * exclusion.h: prefixes that are never served as listed, whatever is claimed (RFC 6471 §3.5).
 * Written through change.h.
 */
#ifndef DNSBLD_EXCLUSION_H
#define DNSBLD_EXCLUSION_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "store.h"

struct exclusion {
	struct prefix prefix;
	uint64_t created;     /* seconds */
	uint64_t expires;     /* 0: never */
	struct bytes comment; /* borrowed */
};

enum { EXCLUSION_COMMENT = 512 }; /* most octets of a comment */

/* Each stops when visit returns false. */
typedef bool exclusion_visit(void *context, const struct exclusion *exclusion);

/* Those that cover `prefix`, itself among them, the widest first. */
void exclusions_covering(struct txn *txn, const struct prefix *prefix, exclusion_visit *visit,
			 void *context);

/* Those strictly below `prefix`, in order. */
void exclusions_below(struct txn *txn, const struct prefix *prefix, exclusion_visit *visit,
		      void *context);

/* All of a family, in order. */
void exclusions(struct txn *txn, unsigned family, exclusion_visit *visit, void *context);

/* Bytes of a row, for change.c. */
enum { EXCLUSION_RECORD = 32 + EXCLUSION_COMMENT };
void exclusion_write(struct writer *w, const struct exclusion *exclusion);
bool exclusion_read(struct bytes key, struct bytes record, struct exclusion *exclusion);

/* The reserved space that `init` excludes: the text of each, NULL at the end. */
extern const char *const reserved_space[];

#endif
