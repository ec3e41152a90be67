/*
 * change_claims.c: claims come, are renewed, and go. Each has three rows (claims, by_source,
 * expiry), a reference to its text, and a place in three counts: its source's, its prefix length's,
 * and its sublist's listings.
 */
#include "change_inside.h"
#include "expiry.h"
#include "source_rows.h"

static struct bytes key_of(uint8_t room[CLAIM_KEY], const struct claim *claim)
{
	struct writer w = writer_of(room, CLAIM_KEY);

	claim_write_key(&w, claim);
	return writer_bytes(&w);
}

enum {
	SOURCE_OCTETS = 4
}; /* at the end of a claim's key; before it are the prefix and the sublist */

/* Whether another source claims the same listing. The scan stands on the claim's row; it is left
 * elsewhere. */
static bool has_neighbour(struct scan *scan, struct bytes key)
{
	size_t listing = key.len - SOURCE_OCTETS;
	struct bytes other, value;

	if (scan_prev(scan, &other, &value) && other.len == key.len &&
	    memcmp(other.data, key.data, listing) == 0) {
		return true;
	}
	uint8_t next[CLAIM_KEY];
	memcpy(next, key.data, key.len);
	struct writer w = writer_of(next + listing, SOURCE_OCTETS);
	struct reader r = reader_of(bytes_of(key.data + listing, SOURCE_OCTETS));
	write_u32(&w, read_u32(&r) + 1);
	return scan_seek(scan, bytes_of(next, key.len), &other, &value) && other.len == key.len &&
	       memcmp(other.data, key.data, listing) == 0;
}

static void write_others(struct change *c, const struct claim *claim, struct bytes key)
{
	uint8_t room[BY_SOURCE_KEY];

	txn_put(c->txn, TABLE_BY_SOURCE,
		by_source_key(room, claim->source, &claim->prefix, claim->sublist),
		bytes_of("", 0));
	expiry_put(c->txn, claim->expires, EXPIRY_CLAIM, key);
	interned_ref(c->texts, claim->text, 1);
	++*lengths_at(&c->state.claims, claim->prefix.family, claim->prefix.len);
	change_count_source(c, claim->source, 1);
	change_dirty(c, &claim->prefix);
}

/* It is there already: last seen and expiry are all that a repetition says. */
static enum claim_effect renew(struct change *c, const struct claim *given, struct bytes key,
			       struct bytes existing)
{
	uint8_t record[CLAIM_RECORD], reason[CLAIM_REASON];
	struct claim claim;

	if (!claim_read(key, existing, &claim) || claim.reason.len > sizeof reason) {
		scan_damaged(c->claims);
		return CLAIM_FAILED;
	}
	if (given->snapshot && claim.snapshot) {
		return CLAIM_UNTOUCHED;
	}
	/* A write ends what is borrowed. */
	memcpy(reason, claim.reason.data, claim.reason.len);
	claim.reason.data = reason;
	expiry_del(c->txn, claim.expires, EXPIRY_CLAIM, key);
	expiry_put(c->txn, given->expires, EXPIRY_CLAIM, key);
	claim.imported = claim.imported && given->imported;
	claim.last_seen = given->last_seen;
	claim.expires = given->expires;
	claim.snapshot = given->snapshot;
	struct writer w = writer_of(record, sizeof record);
	claim_write(&w, &claim);
	txn_put(c->txn, TABLE_CLAIMS, key, writer_bytes(&w));
	return CLAIM_RENEWED;
}

enum claim_effect change_add_claim(struct change *change, const struct claim_add *add,
				   uint32_t text)
{
	uint8_t key_room[CLAIM_KEY], record[CLAIM_RECORD];
	struct claim claim = {
		.prefix = add->prefix,
		.sublist = add->sublist,
		.source = add->source,
		.snapshot = add->snapshot,
		.imported = add->imported,
		.created = change->who.now,
		.last_seen = add->snapshot ? 0 : change->who.now,
		.expires = add->snapshot ? 0 : add->expires,
		.text = text,
		.reason = add->reason ? bytes_str(add->reason) : bytes_of(NULL, 0),
	};
	struct bytes key = key_of(key_room, &claim), existing;

	if (claim.reason.len > CLAIM_REASON) {
		txn_fail(change->txn,
			 fail(ST_DATA, "the reason is longer than %d octets", CLAIM_REASON));
	}
	if (!claim.sublist || !claim.source) {
		txn_fail(change->txn, fail(ST_INTERNAL, "a claim without sublist or source"));
	}
	if (prefix_check_listing(&add->prefix)) {
		txn_fail(change->txn, ST_DATA);
	}
	if (txn_status(change->txn)) {
		return CLAIM_FAILED;
	}
	struct writer w = writer_of(record, sizeof record);
	claim_write(&w, &claim);
	if (!scan_insert(change->claims, key, writer_bytes(&w), &existing)) {
		return existing.data ? renew(change, &claim, key, existing) : CLAIM_FAILED;
	}
	if (!has_neighbour(change->claims, key)) {
		change->listings[claim.sublist]++;
	}
	write_others(change, &claim, key);
	return txn_status(change->txn) ? CLAIM_FAILED : CLAIM_ADDED;
}

enum claim_effect change_add(struct change *change, const struct claim_add *add)
{
	uint32_t text = 0;

	if (!txn_status(change->txn) && prefix_check_listing(&add->prefix)) {
		txn_fail(change->txn, ST_DATA);
	}
	if (txn_status(change->txn)) {
		return CLAIM_FAILED;
	}
	if (!add->force && change_is_excluded(change, &add->prefix)) {
		return CLAIM_EXCLUDED;
	}
	if (add->text) {
		text = interned_id(change->texts, bytes_str(add->text));
	}
	return change_add_claim(change, add, text);
}

bool change_remove(struct change *change, const struct prefix *prefix, uint16_t sublist,
		   uint32_t source)
{
	struct claim claim = {.prefix = *prefix, .sublist = sublist, .source = source};
	uint8_t key_room[CLAIM_KEY], room[BY_SOURCE_KEY];
	struct bytes key = key_of(key_room, &claim), found, value;

	if (!scan_seek(change->claims, key, &found, &value) || !bytes_equal(found, key)) {
		return false;
	}
	if (!claim_read(key, value, &claim)) {
		scan_damaged(change->claims);
		return false;
	}
	if (!has_neighbour(change->claims, key)) {
		change->listings[sublist]--;
	}
	txn_del(change->txn, TABLE_CLAIMS, key);
	txn_del(change->txn, TABLE_BY_SOURCE, by_source_key(room, source, prefix, sublist));
	expiry_del(change->txn, claim.expires, EXPIRY_CLAIM, key);
	interned_ref(change->texts, claim.text, -1);
	--*lengths_at(&change->state.claims, prefix->family, prefix->len);
	change_count_source(change, source, -1);
	change_dirty(change, prefix);
	return true;
}

void change_snapshot(struct change *change, uint32_t source, uint16_t sublist, uint64_t expires,
		     uint64_t size)
{
	uint8_t room[EXPIRY_ROOM];
	struct writer w = writer_of(room, sizeof room);
	struct snapshot snapshot = {0};

	write_u32(&w, source);
	write_u16(&w, sublist);
	if (source_snapshot(change->txn, source, sublist, &snapshot)) {
		expiry_del(change->txn, snapshot.expires, EXPIRY_SNAPSHOT, writer_bytes(&w));
	}
	snapshot.last_seen = change->who.now;
	snapshot.expires = expires;
	snapshot.size = size;
	source_write_snapshot(change->txn, source, sublist, &snapshot);
	expiry_put(change->txn, expires, EXPIRY_SNAPSHOT, writer_bytes(&w));
}
