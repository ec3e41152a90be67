/*
 * interned.h: contents that many rows share, by id: answers and texts. Ids are u32, given once and
 * never again, and an id's content never changes. A row counts who names it and goes when nobody
 * does.
 */
#ifndef DNSBLD_INTERNED_H
#define DNSBLD_INTERNED_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "store.h"

/* TABLE_ANSWERS or TABLE_TEXTS. */
bool interned_read(struct txn *txn, enum table table, uint32_t id, struct bytes *content);
/* The id of a content that is there; 0 where it is not. */
uint32_t interned_find(struct txn *txn, enum table table, struct bytes content);

/* The writing side: gathers references and brings them to the rows in one go. */
struct interned;
/* `last` is the counter of ids, in struct state. */
struct interned *interned_new(struct txn *txn, enum table table, uint32_t *last);
void interned_free(struct interned *in);

/* The id of a content, made where there is none. 0 on an error. */
uint32_t interned_id(struct interned *in, struct bytes content);

/* `delta` more (or fewer) rows name `id`. */
void interned_ref(struct interned *in, uint32_t id, int64_t delta);

/*
 * Writes the references. `gone` is called with the content of each row that nobody names any more,
 * before it goes. Errors are the transaction's.
 */
void interned_flush(struct interned *in, void (*gone)(void *context, struct bytes content),
		    void *context);

/* The checking side: each row whose references are not as counted with interned_ref(), or that is
 * missing. */
void interned_compare(struct interned *in,
		      void (*fault)(void *context, uint32_t id, uint64_t said, uint64_t counted),
		      void *context);

#endif
