/*
 * fuzz_dnstap: any bytes in the memory that a worker shares with the dnstap process.
 *
 *	head(8) tail(8) and what the ring has from there on, as far as there is
 *
 * What is taken ends, and each frame that is made of it is one for protobuf's own reader.
 */
#include <dnstap.pb-c.h>
#include <stdlib.h>

#include "dnsbld/dnstap.h"
#include "dnsbld/dnstap_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dnstap_config both = {.queries = true, .responses = true};
	static const struct dnstap_sender sender = {"fra1", "dnsbld 1", &both};
	static struct ring ring;
	static uint8_t message[EXCHANGE_MOST], room[FRAMES_MOST * FRAME_MOST];
	struct iovec frames[FRAMES_MOST];
	struct reader r = reader_of(bytes_of(data, size));
	uint64_t head = read_u64(&r), tail = read_u64(&r);
	enum ring_state state;
	size_t len;

	atomic_store(&ring.head, head);
	atomic_store(&ring.tail, tail);
	for (size_t i = 0, left = reader_left(&r); i < left && i < RING_SIZE; i++) {
		ring.octets[(tail + i) % RING_SIZE] = read_u8(&r);
	}
	while ((state = ring_take(&ring, message, sizeof message, &len)) != RING_EMPTY) {
		int count = -1;

		if (state == RING_TAKEN) {
			check(len <= sizeof message);
			count = dnstap_frames(&sender, message, len, room, frames);
		}
		for (int i = 0; i < count; i++) {
			Dnstap__Dnstap *d =
				dnstap__dnstap__unpack(NULL, frames[i].iov_len, frames[i].iov_base);

			check(d && d->message && frames[i].iov_len <= FRAME_MOST);
			dnstap__dnstap__free_unpacked(d, NULL);
		}
	}
	return 0;
}
