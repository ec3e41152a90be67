/*
 * tsig_record.h: TSIG records, written: for tsig.c, which knows what they are to say.
 */
#ifndef DNSBLD_TSIG_RECORD_H
#define DNSBLD_TSIG_RECORD_H

#include "tsig.h"

/* Of the rdata, without names, MAC and other data: time(6) fudge(2) mac-len(2) id(2) error(2)
 * other-len(2). */
enum { TSIG_RDATA_FIXED = 16 };

void tsig_write_timers(struct writer *w, const struct tsig *t);

/* Octets of a record, from those of what it has. */
size_t tsig_record_len(size_t owner, size_t algorithm, size_t mac, size_t other);

/*
 * Appends the record, as `t` has it but for its names, to the message, and counts it. Returns the
 * message's new length; 0 where there is no room.
 */
size_t tsig_append(const struct tsig *t, struct bytes owner, const struct name *algorithm,
		   uint8_t *message, size_t len, size_t room);

#endif
