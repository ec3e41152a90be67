/*
 * dnstap_frame.h: an exchange as dnstap's messages.
 */
#ifndef DNSBLD_DNSTAP_FRAME_H
#define DNSBLD_DNSTAP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "config.h"

/* What is the same in all of them. Borrowed. */
struct dnstap_sender {
	const char *identity; /* at most 64 octets each */
	const char *version;
	const struct dnstap_config *wanted;
};

enum {
	FRAMES_MOST = 2,               /* of one exchange */
	FRAME_MOST = UINT16_MAX + 512, /* octets: a message, two texts, numbers and addresses */
};

/*
 * Encodes what was taken from a ring: AUTH_QUERY, then AUTH_RESPONSE where there was one, as far as
 * they are wanted. `room` is for FRAMES_MOST of FRAME_MOST. Fills frames[], pointing into it, and
 * returns how many; -1 where the message is no exchange.
 */
int dnstap_frames(const struct dnstap_sender *sender, const uint8_t *message, size_t len,
		  uint8_t *room, struct iovec *frames);

#endif
