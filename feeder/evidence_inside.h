/*
 * evidence_inside.h: keys, for evidence.c and evidence_walk.c.
 */
#ifndef FEEDER_EVIDENCE_INSIDE_H
#define FEEDER_EVIDENCE_INSIDE_H

#include "evidence.h"

enum {
	EVIDENCE_KEY = 1 + REPORT_HASH,
	REPORTS_KEY = 1 + 16 + 8 + REPORT_HASH,
	EVIDENCE_RECEIVED = 0xff, /* after every family */
};

/* 'i' and an id, or 'b' and the hash of a body. */
struct bytes evidence_key(uint8_t room[EVIDENCE_KEY], char kind, const uint8_t *hash);

/* What the keys of all rows about an address begin with. */
void evidence_write_source(struct writer *w, unsigned family, addr_t addr);

#endif
