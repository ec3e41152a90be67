/*
 * evidence_body.c: reports as they came in, compressed, by the hash of their octets.
 */
#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "evidence.h"

/* Bodies are mails, and small ones: levels above it gain little and take long (zstd's default). */
enum { LEVEL = 3 };

void evidence_put_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes body,
		       size_t most)
{
	size_t taken = body.len < most ? body.len : most;
	size_t room = ZSTD_compressBound(taken);
	uint8_t *packed = must_alloc(room);
	size_t len = ZSTD_compress(packed, room, body.data, taken, LEVEL);

	assert(!ZSTD_isError(len)); /* the bound leaves it no way to fail */
	blobs_put(blobs, hash, bytes_of(packed, len));
	free(packed);
}

bool evidence_get_body(struct blobs *blobs, const uint8_t hash[REPORT_HASH], struct bytes *body)
{
	struct bytes packed;

	if (!blobs_get(blobs, hash, &packed)) {
		return false;
	}
	unsigned long long size = ZSTD_getFrameContentSize(packed.data, packed.len);
	bool good = size <= REPORT_MAX; /* the two values that mean an error are above it */
	uint8_t *text = good ? must_alloc((size_t)size + 1) : NULL;

	good = good && ZSTD_decompress(text, (size_t)size, packed.data, packed.len) == size;
	free((void *)packed.data);
	if (!good) {
		free(text);
		return false;
	}
	*body = bytes_of(text, (size_t)size);
	return true;
}
