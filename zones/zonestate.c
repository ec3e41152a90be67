/*
 * zonestate.c: what the database keeps of each zone.
 *
 *     zones: name -> version(1) serial(4) fingerprint(32)
 */
#include "zonestate.h"

#include <ldns/ldns.h>

enum { VERSION = 1, RECORD = 1 + 4 + FINGERPRINT };

/* Everything goes in with its length or a fixed width, so that no two configs can look alike. */
static void mix(ldns_sha256_CTX *sha, const void *data, size_t len)
{
	uint8_t head[4];
	struct writer w = writer_of(head, sizeof head);

	write_u32(&w, (uint32_t)len);
	ldns_sha256_update(sha, head, sizeof head);
	ldns_sha256_update(sha, data, len);
}

static void mix_u32(ldns_sha256_CTX *sha, uint32_t v)
{
	uint8_t four[4];
	struct writer w = writer_of(four, sizeof four);

	write_u32(&w, v);
	mix(sha, four, sizeof four);
}

static void mix_name(ldns_sha256_CTX *sha, const struct name *name)
{
	mix(sha, name->wire, name->len);
}

static void mix_addresses(ldns_sha256_CTX *sha, unsigned family, const addr_t *at, size_t count)
{
	mix_u32(sha, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		uint8_t octets[16];
		struct writer w = writer_of(octets, sizeof octets);

		addr_write(&w, family, at[i]);
		mix(sha, octets, writer_len(&w));
	}
}

static void mix_host(ldns_sha256_CTX *sha, const struct host_config *host)
{
	mix_name(sha, &host->name);
	mix_addresses(sha, 4, host->a, host->a_count);
	mix_addresses(sha, 6, host->aaaa, host->aaaa_count);
}

/* NS and glue: what a zone shows of itself in the zone above. */
static void mix_delegation(ldns_sha256_CTX *sha, const struct zone_config *zone)
{
	mix_name(sha, &zone->apex);
	mix_u32(sha, (uint32_t)zone->ns_count);
	for (size_t i = 0; i < zone->ns_count; i++) {
		mix_name(sha, &zone->ns[i]);
	}
	mix_u32(sha, (uint32_t)zone->host_count);
	for (size_t i = 0; i < zone->host_count; i++) {
		mix_host(sha, &zone->hosts[i]);
	}
}

void zone_fingerprint(const struct config *config, const struct zone_config *zone,
		      uint8_t fingerprint[FINGERPRINT])
{
	ldns_sha256_CTX sha;
	size_t before;

	ldns_sha256_init(&sha);
	mix_delegation(&sha, zone);
	mix_name(&sha, &zone->soa.mname);
	mix_name(&sha, &zone->soa.rname);
	mix_u32(&sha, zone->soa.refresh_s);
	mix_u32(&sha, zone->soa.retry_s);
	mix_u32(&sha, zone->soa.expire_s);
	mix_u32(&sha, zone->soa.minimum_s);
	mix_u32(&sha, zone->ttl_s);
	mix_host(&sha, &zone->at_apex);
	mix_u32(&sha, (uint32_t)zone->sublist_count);
	for (size_t i = 0; i < zone->sublist_count; i++) {
		mix(&sha, zone->sublists[i]->name, strlen(zone->sublists[i]->name));
		mix_u32(&sha, zone->sublists[i]->code);
		mix(&sha, zone->sublists[i]->text, strlen(zone->sublists[i]->text));
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *other = &config->zones[i];

		if (other != zone && name_below(&other->apex, &zone->apex, &before)) {
			mix_delegation(&sha, other);
		}
	}
	ldns_sha256_final(fingerprint, &sha);
}

bool zone_state_read(struct txn *txn, const struct zone_config *zone, struct zone_state *state)
{
	struct bytes value;

	if (!txn_get(txn, TABLE_ZONES, bytes_str(zone->name), &value)) {
		return false;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	state->serial = read_u32(&r);
	const uint8_t *fingerprint = read_bytes(&r, FINGERPRINT);
	if (r.bad || version != VERSION) {
		txn_fail(txn,
			 fail(ST_INTERNAL, "the state of zone '%s' is damaged: run 'feeder check'",
			      zone->name));
		return false;
	}
	memcpy(state->fingerprint, fingerprint, FINGERPRINT);
	return true;
}

void zone_state_write(struct txn *txn, const struct zone_config *zone,
		      const struct zone_state *state)
{
	uint8_t record[RECORD];
	struct writer w = writer_of(record, sizeof record);

	write_u8(&w, VERSION);
	write_u32(&w, state->serial);
	write_bytes(&w, state->fingerprint, FINGERPRINT);
	txn_put(txn, TABLE_ZONES, bytes_str(zone->name), writer_bytes(&w));
}

static bool has_zone(const struct config *config, struct bytes name)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		if (bytes_equal(bytes_str(config->zones[i].name), name)) {
			return true;
		}
	}
	return false;
}

void zone_states_forget(struct txn *txn, const struct config *config)
{
	struct scan *scan = scan_open(txn, TABLE_ZONES);
	struct bytes key, value;
	uint8_t name[NAME_TEXT], record[RECORD];

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (has_zone(config, key) || key.len > sizeof name || value.len != RECORD) {
			continue;
		}
		memcpy(name, key.data, key.len);
		memcpy(record, value.data, RECORD - FINGERPRINT);
		memset(record + RECORD - FINGERPRINT, 0, FINGERPRINT);
		scan_replace(scan, bytes_of(name, key.len), bytes_of(record, sizeof record));
	}
	scan_close(scan);
}
