/*
 * zonemd.h: the digest of a whole zone (RFC 8976): scheme SIMPLE, hash SHA-384.
 *
 *     zonemd = zonemd_new();
 *     zonemd_add(zonemd, …);  each record of the zone, in canonical order
 *     status = zonemd_finish(zonemd, digest);
 *
 * Canonical order (RFC 4034 §6): owners, as export_order.c has them; types, ascending; rdata, as
 * octets. The same record twice is given once. What the digest leaves out (§3.3.1) the caller does:
 * ZONEMD at the apex, and an RRSIG over it.
 */
#ifndef DNSBLD_ZONEMD_H
#define DNSBLD_ZONEMD_H

#include "bytes.h"
#include "name.h"
#include "status.h"

enum {
	ZONEMD_SIMPLE = 1, /* the scheme */
	ZONEMD_SHA384 = 1, /* the hash */
	ZONEMD_DIGEST = 48,
	ZONEMD_RDATA = 6 + ZONEMD_DIGEST, /* serial(4) scheme(1) hash(1) digest */
};

struct zonemd;

struct zonemd *zonemd_new(void);

/* Class IN. Names, in rdata too, uncompressed and in lower case (§3.3.2). */
void zonemd_add(struct zonemd *zonemd, const struct name *owner, uint16_t type, uint32_t ttl_s,
		struct bytes rdata);

/* The digest of what was added. Frees it. ST_INTERNAL where libcrypto failed. */
enum status zonemd_finish(struct zonemd *zonemd, uint8_t digest[ZONEMD_DIGEST]);

#endif
