/*
 * evidencetext.h: a report that is kept, as people and programs read it. With `public` whoever
 * reported it and whom the mail was for stay unnamed, and so do their words.
 */
#ifndef FEEDER_EVIDENCETEXT_H
#define FEEDER_EVIDENCETEXT_H

#include "evidence.h"
#include "json.h"

/* Lines, of which the first goes on where it stands. */
void evidence_print(struct txn *txn, const struct evidence *evidence, bool public);

/* The members of an open object. */
void evidence_print_json(struct txn *txn, const struct evidence *evidence, bool public,
			 struct json *json);

#endif
