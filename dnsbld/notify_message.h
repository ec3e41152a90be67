/*
 * notify_message.h: the octets of a NOTIFY (RFC 1996), and of what answers it.
 */
#ifndef DNSBLD_NOTIFY_MESSAGE_H
#define DNSBLD_NOTIFY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "name.h"

enum { NOTIFY_ROOM = 512 }; /* nobody has said that he takes more (RFC 1035 §4.2.1) */

/*
 * A NOTIFY for the zone at `apex`: its question, and as a hint what the SOA is now, which is left
 * out where it does not fit (§3.7). `soa` has its type … rdata. Returns the length; `room` has to
 * be enough for a header and a question.
 */
size_t notify_write(uint8_t *out, size_t room, uint16_t id, const struct name *apex,
		    struct bytes soa);

/*
 * Whether a packet answers the NOTIFY of this ID for the zone (§4.7): then *rcode is what it says.
 * An error may come without the question: who does not know NOTIFY at all sends the header alone.
 */
bool notify_read(struct bytes packet, uint16_t id, const struct name *apex, uint8_t *rcode);

#endif
