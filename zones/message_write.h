/*
 * message_write.h: records into a message, their owners compressed (RFC 1035 §4.1.4). Private to
 * zones/.
 */
#ifndef DNSBLD_MESSAGE_WRITE_H
#define DNSBLD_MESSAGE_WRITE_H

#include "records.h"

enum { LABELS_MAX = 128 }; /* of a name, the root's among them */

/* A name's labels, the first one first. */
struct labels {
	unsigned count;         /* without the root's */
	uint8_t at[LABELS_MAX]; /* where each begins in the name */
};

struct message_writer {
	struct writer w;
	uint16_t records;
	struct name last;        /* the owner that was written last, */
	struct labels labels;    /* its labels, */
	uint16_t in[LABELS_MAX]; /* and where each of them is in the message */
};

/*
 * Begins with `head`: a header and one question, whose name is `apex` in any case. Of `room` no
 * more than pointers reach is used. `room` has to hold the head.
 */
void message_begin(struct message_writer *m, struct bytes head, const struct name *apex,
		   uint8_t *out, size_t room);

/* Appends a record, whole or not at all: then false. */
bool message_put(struct message_writer *m, const struct record *record);

/* Writes ANCOUNT. Returns the message's length. */
size_t message_end(struct message_writer *m);

#endif
