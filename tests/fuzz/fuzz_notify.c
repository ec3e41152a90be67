/*
 * fuzz_notify: packets of any octets, as answers to a NOTIFY.
 *
 * 1. A packet is read to its end and no further.
 * 2. What is taken for an answer has the ID, QR and the opcode, and the question that was sent or,
 *    with an error, none.
 * 3. Our own message with QR set is an answer, and with any one bit of ID, opcode or question
 *    changed it is none, but for the case of letters.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "dnsbld/notify_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ID = 0x1234, QR = 0x80 };

static const struct name apex = {12, "\2bl\7example"};

static void check_answer(const uint8_t *packet, size_t len, uint8_t rcode)
{
	assert(len >= DNS_HEADER && peek_u16(packet) == ID && rcode == (packet[3] & 15));
	assert((packet[2] & 0xf8) == (QR | OPCODE_NOTIFY << 3));
	if (peek_u16(packet + 4) == 0) {
		assert(rcode != 0);
		return;
	}
	assert(peek_u16(packet + 4) == 1 && len >= DNS_HEADER + apex.len + 4U);
	assert(strncasecmp((const char *)packet + DNS_HEADER, (const char *)apex.wire, apex.len) ==
	       0);
	assert(memcmp(packet + DNS_HEADER + apex.len, "\0\6\0\1", 4) == 0);
}

/* Our own, with the input as its SOA, and one bit that the input chooses. */
static void check_own(const uint8_t *data, size_t size)
{
	uint8_t out[NOTIFY_ROOM], rcode;
	size_t question = DNS_HEADER + apex.len + 4U;
	size_t len = notify_write(out, sizeof out, ID, &apex, bytes_of(data, size));

	assert(len == question + (question + 2 + size <= NOTIFY_ROOM ? 2 + size : 0));
	assert(!notify_read(bytes_of(out, len), ID, &apex, &rcode));
	out[2] |= QR;
	assert(notify_read(bytes_of(out, len), ID, &apex, &rcode) && rcode == 0);

	unsigned bit = size > 1 ? peek_u16(data) % (8 * (unsigned)question) : 0;
	unsigned at = bit / 8, mask = 1U << bit % 8;
	bool letter = at >= DNS_HEADER && at < DNS_HEADER + 0U + apex.len && mask == 0x20 &&
		      out[at] >= 'a' && out[at] <= 'z';
	bool matters = at < 2 || (at == 2 && mask >= 8) || (at >= 4 && at < 6) ||
		       (at >= DNS_HEADER && !letter);

	out[at] ^= (uint8_t)mask;
	assert(notify_read(bytes_of(out, len), ID, &apex, &rcode) == !matters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t rcode;
	uint8_t *exact = malloc(size + !size);

	if (size > 0) {
		memcpy(exact, data, size);
	}
	if (notify_read(bytes_of(exact, size), ID, &apex, &rcode)) {
		check_answer(exact, size, rcode);
	}
	check_own(exact, size);
	free(exact);
	return 0;
}
