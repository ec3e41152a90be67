/*
 * zone_records.c: the config's records in wire form (RFC 1035 §3.2.1), made once at start.
 *
 *	owner type(2) class(2) ttl(4) rdlen(2) rdata
 *
 * 1. Owners are the pointer 0xc00c to the question's name: an apex' records go into answers about
 *    the apex alone, a host's into those about the host. Glue, which goes beside an answer about
 *    the apex, spells the labels before it.
 * 2. The SOA has no owner, for the apex may stand anywhere in the question's name. Its serial is
 *    all that changes later.
 * 3. Names in rdata are spelled out, so that no record depends on what stands before it.
 */
#include "zone_records.h"

#include <stdlib.h>

enum {
	POINTER_QUESTION = 0xc000 | DNS_HEADER, /* RFC 1035 §4.1.4 */
	SOA_FIXED = 10,                         /* type(2) class(2) ttl(4) rdlen(2) */
	SOA_NUMBERS = 20,                       /* serial refresh retry expire minimum */
	SOA_MAX = SOA_FIXED + 2 * NAME_MAX_WIRE + SOA_NUMBERS,
	RR_MAX = 2 * NAME_MAX_WIRE + 10,
};

void zone_set_serial(struct zone *zone, uint32_t serial)
{
	struct writer w = writer_of(zone->soa + zone->soa_len - SOA_NUMBERS, 4);

	write_u32(&w, serial);
}

uint32_t zone_serial(const struct zone *zone)
{
	return peek_u32(zone->soa + zone->soa_len - SOA_NUMBERS);
}

static struct records keep(const struct writer *w, unsigned count)
{
	struct bytes made = writer_bytes(w);
	uint8_t *copy = must_alloc(made.len + 1);

	if (made.len > 0) {
		memcpy(copy, made.data, made.len);
	}
	return (struct records){bytes_of(copy, made.len), (uint16_t)count};
}

static void write_rr(struct writer *w, struct bytes owner, unsigned type, uint32_t ttl_s,
		     size_t rdlen)
{
	write_bytes(w, owner.data, owner.len);
	write_u16(w, POINTER_QUESTION);
	write_u16(w, (uint16_t)type);
	write_u16(w, CLASS_IN);
	write_u32(w, ttl_s);
	write_u16(w, (uint16_t)rdlen);
}

static void write_addresses(struct writer *w, struct bytes owner, uint32_t ttl_s, unsigned family,
			    const addr_t *addr, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		write_rr(w, owner, family == 4 ? TYPE_A : TYPE_AAAA, ttl_s, family == 4 ? 4 : 16);
		addr_write(w, family, addr[i]);
	}
}

static struct records address_records(uint32_t ttl_s, unsigned family, const addr_t *addr,
				      size_t count)
{
	size_t room = count * RR_MAX;
	uint8_t *buffer = must_alloc(room + 1);
	struct writer w = writer_of(buffer, room);

	write_addresses(&w, bytes_of(NULL, 0), ttl_s, family, addr, count);
	struct records records = keep(&w, (unsigned)count);
	free(buffer);
	return records;
}

void node_set_addresses(struct node *node, const struct host_config *host)
{
	uint32_t ttl_s = node->zone->config->ttl_s;

	node->a = address_records(ttl_s, 4, host->a, host->a_count);
	node->aaaa = address_records(ttl_s, 6, host->aaaa, host->aaaa_count);
}

static void prepare_soa(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	const struct soa_config *soa = &config->soa;
	uint8_t buffer[SOA_MAX];
	struct writer w = writer_of(buffer, sizeof buffer);

	write_u16(&w, TYPE_SOA);
	write_u16(&w, CLASS_IN);
	write_u32(&w, config->ttl_s < soa->minimum_s ? config->ttl_s : soa->minimum_s);
	write_u16(&w, (uint16_t)(soa->mname.len + soa->rname.len + SOA_NUMBERS));
	write_bytes(&w, soa->mname.wire, soa->mname.len);
	write_bytes(&w, soa->rname.wire, soa->rname.len);
	write_u32(&w, 0);
	write_u32(&w, soa->refresh_s);
	write_u32(&w, soa->retry_s);
	write_u32(&w, soa->expire_s);
	write_u32(&w, soa->minimum_s);
	zone->soa_len = (uint16_t)writer_len(&w);
	zone->soa = must_alloc(zone->soa_len);
	memcpy(zone->soa, buffer, zone->soa_len);
}

static void prepare_ns(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	size_t room = config->ns_count * RR_MAX;
	uint8_t *buffer = must_alloc(room + 1);
	struct writer w = writer_of(buffer, room);

	for (size_t i = 0; i < config->ns_count; i++) {
		write_rr(&w, bytes_of(NULL, 0), TYPE_NS, config->ttl_s, config->ns[i].len);
		write_bytes(&w, config->ns[i].wire, config->ns[i].len);
	}
	zone->ns = keep(&w, (unsigned)config->ns_count);
	free(buffer);
}

static const struct host_config *host_named(const struct zone_config *config,
					    const struct name *name)
{
	if (name_equal(name, &config->apex)) {
		return &config->at_apex;
	}
	for (size_t i = 0; i < config->host_count; i++) {
		if (name_equal(name, &config->hosts[i].name)) {
			return &config->hosts[i];
		}
	}
	return NULL;
}

static void prepare_glue(struct zone *zone)
{
	const struct zone_config *config = zone->config;
	const struct host_config *host;
	size_t before, room = 1, count = 0;

	for (size_t i = 0; i < config->ns_count; i++) {
		host = host_named(config, &config->ns[i]);
		room += host ? (host->a_count + host->aaaa_count) * RR_MAX : 0;
	}
	uint8_t *buffer = must_alloc(room);
	struct writer w = writer_of(buffer, room);

	for (size_t i = 0; i < config->ns_count; i++) {
		const struct name *name = &config->ns[i];

		host = host_named(config, name);
		if (host && name_below(name, &config->apex, &before)) {
			struct bytes owner = bytes_of(name->wire, before);

			write_addresses(&w, owner, config->ttl_s, 4, host->a, host->a_count);
			write_addresses(&w, owner, config->ttl_s, 6, host->aaaa, host->aaaa_count);
			count += host->a_count + host->aaaa_count;
		}
	}
	zone->glue = keep(&w, (unsigned)count);
	free(buffer);
}

void zone_prepare(struct zone *zone)
{
	prepare_soa(zone);
	prepare_ns(zone);
	prepare_glue(zone);
}

/* Records are const for those who copy them; here they are memory. */
static void records_release(struct records *records)
{
	free((uint8_t *)(uintptr_t)records->bytes.data);
}

void zone_release(struct zone *zone)
{
	free(zone->soa);
	records_release(&zone->ns);
	records_release(&zone->glue);
}

void node_release(struct node *node)
{
	records_release(&node->a);
	records_release(&node->aaaa);
}
