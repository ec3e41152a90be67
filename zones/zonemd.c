/*
 * zonemd.c: the digest of a zone, a record at a time:
 *
 *     owner, type(2), class(2), ttl(4), length(2), rdata     (RFC 8976 §3.3.2)
 *
 * libcrypto is given them by the piece: a call for each of a million small records takes as long as
 * the hash itself.
 */
#include "zonemd.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "dns.h"

enum { PIECE = 16384 };

struct zonemd {
	EVP_MD_CTX *hash;
	bool bad;
	size_t len;
	uint8_t piece[PIECE];
};

struct zonemd *zonemd_new(void)
{
	struct zonemd *z = must_alloc(sizeof *z);

	z->hash = EVP_MD_CTX_new();
	z->bad = !z->hash || !EVP_DigestInit_ex(z->hash, EVP_sha384(), NULL);
	return z;
}

static void hash(struct zonemd *z, const void *data, size_t len)
{
	z->bad = z->bad || !EVP_DigestUpdate(z->hash, data, len);
}

void zonemd_add(struct zonemd *z, const struct name *owner, uint16_t type, uint32_t ttl_s,
		struct bytes rdata)
{
	if (z->len + owner->len + DNS_RR_FIXED + rdata.len > PIECE) {
		hash(z, z->piece, z->len);
		z->len = 0;
	}
	struct writer w = writer_of(z->piece + z->len, PIECE - z->len);

	write_bytes(&w, owner->wire, owner->len);
	write_u16(&w, type);
	write_u16(&w, CLASS_IN);
	write_u32(&w, ttl_s);
	write_u16(&w, (uint16_t)rdata.len);
	if (rdata.len <= (size_t)(w.end - w.at)) {
		write_bytes(&w, rdata.data, rdata.len);
		z->len += writer_len(&w);
	} else {
		hash(z, z->piece, writer_len(&w));
		hash(z, rdata.data, rdata.len);
	}
}

enum status zonemd_finish(struct zonemd *z, uint8_t digest[ZONEMD_DIGEST])
{
	hash(z, z->piece, z->len);
	bool good = !z->bad && EVP_DigestFinal_ex(z->hash, digest, NULL);

	EVP_MD_CTX_free(z->hash);
	free(z);
	return good ? ST_OK : fail(ST_INTERNAL, "libcrypto has no SHA-384");
}
