/*
 * mirrored_digest.c: does a ZONEMD at the apex (RFC 8976) match the zone? Rows stand in canonical
 * order, and so do the records in them, so the digest is one pass over the slot.
 *
 * 1. What is not digested: ZONEMD at the apex, and the RRSIG over it (§3.3.1).
 * 2. A ZONEMD of another serial, scheme or hash, or a second one of the same scheme and hash,
 *    says nothing (§4); where none says anything, the zone is taken as it is.
 */
#include "mirrored_rows.h"
#include "zonemd.h"

/* What the apex says. */
struct claimed {
	uint32_t serial;
	unsigned count; /* of ZONEMD that can be verified */
	uint8_t digest[ZONEMD_DIGEST];
};

static void read_soa(struct bytes rdata, struct claimed *claimed)
{
	/* serial refresh retry expire minimum, behind two names */
	struct reader r = reader_of(bytes_of(rdata.data + rdata.len - 20, 20));

	claimed->serial = read_u32(&r);
}

static void read_zonemd(struct bytes rdata, struct claimed *claimed)
{
	struct reader r = reader_of(rdata);
	uint32_t serial = read_u32(&r);
	unsigned scheme = read_u8(&r), hash = read_u8(&r);

	if (serial == claimed->serial && scheme == ZONEMD_SIMPLE && hash == ZONEMD_SHA384 &&
	    reader_left(&r) == ZONEMD_DIGEST) {
		claimed->count++;
		memcpy(claimed->digest, r.at, ZONEMD_DIGEST);
	}
}

static void read_apex(struct bytes value, struct claimed *claimed)
{
	struct mirror_rr rr;

	/* By type: the SOA comes before the ZONEMD. */
	for (struct reader r = mirror_rrs(value); mirror_rr_next(&r, &rr);) {
		if (rr.type == TYPE_SOA && rr.rdata.len >= 20) {
			read_soa(rr.rdata, claimed);
		} else if (rr.type == TYPE_ZONEMD) {
			read_zonemd(rr.rdata, claimed);
		}
	}
}

static bool is_digested(const struct mirror_rr *rr, bool apex)
{
	return !apex ||
	       (rr->type != TYPE_ZONEMD && !(rr->type == TYPE_RRSIG && rr->rdata.len >= 2 &&
					     peek_u16(rr->rdata.data) == TYPE_ZONEMD));
}

static void digest_row(struct zonemd *zonemd, const struct name *owner, struct bytes value,
		       bool apex)
{
	struct mirror_rr rr;

	for (struct reader r = mirror_rrs(value); mirror_rr_next(&r, &rr);) {
		if (is_digested(&rr, apex)) {
			zonemd_add(zonemd, owner, rr.type, rr.ttl_s, rr.rdata);
		}
	}
}

/* Errors of the table are the transaction's. */
static enum status digest_slot(struct txn *txn, const struct name *zone, struct bytes apex,
			       uint8_t digest[ZONEMD_DIGEST])
{
	struct scan *scan = scan_open(txn, TABLE_MIRRORED);
	struct zonemd *zonemd = zonemd_new();
	struct bytes key, value;
	struct name owner;

	for (bool more = scan_seek(scan, apex, &key, &value); more && mirror_key_below(key, apex);
	     more = scan_next(scan, &key, &value)) {
		if (!mirror_key_name(key, zone, &owner)) {
			scan_damaged(scan);
			break;
		}
		digest_row(zonemd, &owner, value, key.len == MIRROR_APEX);
	}
	scan_close(scan);
	return zonemd_finish(zonemd, digest);
}

enum status mirror_digest(struct txn *txn, const struct zone_config *zone, uint16_t number,
			  uint8_t slot)
{
	uint8_t digest[ZONEMD_DIGEST];
	struct claimed claimed = {0};
	struct mirror_key apex;
	struct bytes value;

	mirror_key_apex(&apex, number, slot);
	if (txn_get(txn, TABLE_MIRRORED, mirror_key_bytes(&apex), &value)) {
		read_apex(value, &claimed);
	}
	if (claimed.count != 1) {
		return ST_OK;
	}
	enum status status = digest_slot(txn, &zone->apex, mirror_key_bytes(&apex), digest);

	if (status) {
		return status;
	}
	if (memcmp(digest, claimed.digest, ZONEMD_DIGEST) != 0) {
		return fail(
			ST_DATA,
			"zone '%s', serial %u: the records are not those that its ZONEMD was made of",
			zone->name, claimed.serial);
	}
	return ST_OK;
}
