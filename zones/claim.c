/*
 * claim.c: claims as bytes, and those about a prefix.
 *
 *     claims: prefix(6|18) sublist(2) source(4)
 *             -> version(1) flags(1) created(8) last seen(8) expires(8) text(4) reason(rest)
 */
#include "claim.h"

#include "source.h"
#include "state.h"

enum { VERSION = 1 };
enum { SNAPSHOT = 1, IMPORTED = 2 };

void claim_write_key(struct writer *w, const struct claim *claim)
{
	prefix_write(w, &claim->prefix);
	write_u16(w, claim->sublist);
	write_u32(w, claim->source);
}

void claim_write(struct writer *w, const struct claim *claim)
{
	write_u8(w, VERSION);
	write_u8(w, (uint8_t)((claim->snapshot ? SNAPSHOT : 0) | (claim->imported ? IMPORTED : 0)));
	write_u64(w, claim->created);
	write_u64(w, claim->last_seen);
	write_u64(w, claim->expires);
	write_u32(w, claim->text);
	write_bytes(w, claim->reason.data, claim->reason.len);
}

bool claim_read(struct bytes key, struct bytes record, struct claim *claim)
{
	struct reader k = reader_of(key), r = reader_of(record);

	claim->prefix = prefix_read(&k);
	claim->sublist = read_u16(&k);
	claim->source = read_u32(&k);
	unsigned version = read_u8(&r), flags = read_u8(&r);
	claim->snapshot = flags & SNAPSHOT;
	claim->imported = flags & IMPORTED;
	claim->created = read_u64(&r);
	claim->last_seen = read_u64(&r);
	claim->expires = read_u64(&r);
	claim->text = read_u32(&r);
	claim->reason = bytes_of(r.at, reader_left(&r));
	return !k.bad && reader_left(&k) == 0 && !r.bad && version == VERSION;
}

/* Visits from the key on, as long as `prefix` still covers (below) or is the same (at). False:
 * visit said stop. */
static bool walk(struct scan *scan, struct bytes from, const struct prefix *within, bool same,
		 claim_visit *visit, void *context)
{
	struct bytes key, value;
	struct claim claim;

	for (bool more = scan_seek(scan, from, &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (!claim_read(key, value, &claim)) {
			scan_damaged(scan);
			return false;
		}
		if (same ? prefix_compare(&claim.prefix, within) != 0
			 : !prefix_covers(within, &claim.prefix)) {
			return true;
		}
		if (!visit(context, &claim)) {
			return false;
		}
	}
	return true;
}

void claims_covering(struct txn *txn, const struct prefix *prefix, claim_visit *visit,
		     void *context)
{
	struct scan *scan = scan_open(txn, TABLE_CLAIMS);
	uint8_t room[PREFIX_KEY];
	struct state state;

	state_read(txn, &state);
	for (unsigned len = 0; len <= prefix->len; len++) {
		struct prefix wider = prefix_of(prefix->family, prefix->addr, len);

		if (*lengths_at(&state.claims, prefix->family, len) > 0 &&
		    !walk(scan, prefix_key(room, &wider), &wider, true, visit, context)) {
			break;
		}
	}
	scan_close(scan);
}

void claims_below(struct txn *txn, const struct prefix *prefix, claim_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_CLAIMS);
	uint8_t room[PREFIX_KEY];
	struct writer w = writer_of(room, sizeof room);

	/* The prefix itself one bit longer: where the first that is strictly below can stand. */
	prefix_write(&w, prefix);
	if (prefix->len < prefix_bits(prefix->family)) {
		w.at[-1]++;
		walk(scan, writer_bytes(&w), prefix, false, visit, context);
	}
	scan_close(scan);
}

void claim_resolve(struct txn *txn, struct claim *claim)
{
	struct snapshot snapshot;

	if (claim->snapshot && source_snapshot(txn, claim->source, claim->sublist, &snapshot)) {
		claim->last_seen = snapshot.last_seen;
		claim->expires = snapshot.expires;
	}
}

bool claim_get(struct txn *txn, const struct prefix *prefix, uint16_t sublist, uint32_t source,
	       struct claim *claim)
{
	uint8_t room[CLAIM_KEY];
	struct writer w = writer_of(room, sizeof room);
	struct bytes record;

	*claim = (struct claim){.prefix = *prefix, .sublist = sublist, .source = source};
	claim_write_key(&w, claim);
	return txn_get(txn, TABLE_CLAIMS, writer_bytes(&w), &record) &&
	       claim_read(writer_bytes(&w), record, claim);
}
