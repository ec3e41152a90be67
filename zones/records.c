/*
 * records.c: the records of a zone, from its config and from owners of the index. Which there are
 * is said here and in block_rrs.c alone; exports and transfers write what they are given.
 */
#include "records.h"

#include "revname.h"

enum {
	SOA_MOST = 2 * NAME_MAX_WIRE + 20, /* serial refresh retry expire minimum */
};

struct giver {
	const struct zone_config *zone;
	record_sink *sink;
	void *context;
};

static void give(const struct giver *g, const struct name *owner, unsigned type, uint32_t ttl_s,
		 struct bytes rdata)
{
	const struct record record = {.owner = *owner,
				      .type = (uint16_t)type,
				      .ttl_s = ttl_s,
				      .rdata = rdata};

	g->sink(g->context, &record);
}

void zone_soa(const struct zone_config *zone, uint32_t serial, record_sink *sink, void *context)
{
	const struct giver g = {zone, sink, context};
	const struct soa_config *soa = &zone->soa;
	uint8_t rdata[SOA_MOST];
	struct writer w = writer_of(rdata, sizeof rdata);

	write_bytes(&w, soa->mname.wire, soa->mname.len);
	write_bytes(&w, soa->rname.wire, soa->rname.len);
	write_u32(&w, serial);
	write_u32(&w, soa->refresh_s);
	write_u32(&w, soa->retry_s);
	write_u32(&w, soa->expire_s);
	write_u32(&w, soa->minimum_s);
	give(&g, &zone->apex, TYPE_SOA, zone->ttl_s < soa->minimum_s ? zone->ttl_s : soa->minimum_s,
	     writer_bytes(&w));
}

static void give_addresses(const struct giver *g, const struct host_config *host)
{
	uint8_t rdata[16];

	for (size_t i = 0; i < host->a_count; i++) {
		struct writer w = writer_of(rdata, sizeof rdata);

		addr_write(&w, 4, host->a[i]);
		give(g, &host->name, TYPE_A, g->zone->ttl_s, writer_bytes(&w));
	}
	for (size_t i = 0; i < host->aaaa_count; i++) {
		struct writer w = writer_of(rdata, sizeof rdata);

		addr_write(&w, 6, host->aaaa[i]);
		give(g, &host->name, TYPE_AAAA, g->zone->ttl_s, writer_bytes(&w));
	}
}

static void give_name_servers(const struct giver *g, const struct zone_config *of)
{
	for (size_t i = 0; i < of->ns_count; i++) {
		give(g, &of->apex, TYPE_NS, g->zone->ttl_s,
		     bytes_of(of->ns[i].wire, of->ns[i].len));
	}
}

/* --- zones that are cut out ----------------------------------------------------------------- */

static bool is_below(const struct zone_config *child, const struct zone_config *zone)
{
	size_t before;

	return child != zone && name_below(&child->apex, &zone->apex, &before);
}

/* Whether `child` is cut out of the zone itself, and not of another that is. */
static bool is_cut(const struct config *config, const struct zone_config *zone,
		   const struct zone_config *child)
{
	if (!is_below(child, zone)) {
		return false;
	}
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *between = &config->zones[i];

		if (is_below(between, zone) && is_below(child, between)) {
			return false;
		}
	}
	return true;
}

static bool is_name_server(const struct zone_config *zone, const struct name *name)
{
	for (size_t i = 0; i < zone->ns_count; i++) {
		if (name_equal(&zone->ns[i], name)) {
			return true;
		}
	}
	return false;
}

static void give_cuts(const struct giver *g, const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_config *child = &config->zones[i];

		if (!is_cut(config, g->zone, child)) {
			continue;
		}
		give_name_servers(g, child);
		if (is_name_server(child, &child->apex)) {
			give_addresses(g, &child->at_apex);
		}
		for (size_t h = 0; h < child->host_count; h++) {
			if (is_name_server(child, &child->hosts[h].name)) {
				give_addresses(g, &child->hosts[h]);
			}
		}
	}
}

/* --- what is listed ------------------------------------------------------------------------- */

bool owner_record(const struct zone_config *zone, const struct prefix *owner,
		  const struct listed *listed, unsigned number, uint8_t room[RECORD_ROOM],
		  struct record *record)
{
	char ip[PREFIX_TEXT];

	if (number >= listed->a_count + listed->txt_count) {
		return false;
	}
	if (number == 0) {
		revname_name(owner, &zone->apex, &record->owner);
		record->ttl_s = zone->ttl_s;
	}
	if (number < listed->a_count) {
		const uint8_t rdata[] = {127, 0, 0, listed->code[number]};

		memcpy(room, rdata, sizeof rdata);
		record->type = TYPE_A;
		record->rdata = bytes_of(room, sizeof rdata);
		return true;
	}
	size_t ip_len = prefix_format(owner, ip);
	size_t len =
		text_expand(listed->txt[number - listed->a_count], bytes_of(ip, ip_len), room + 1);

	room[0] = (uint8_t)len;
	record->type = TYPE_TXT;
	record->rdata = bytes_of(room, 1 + len);
	return true;
}

void owner_records(const struct zone_config *zone, const struct prefix *owner,
		   const struct listed *listed, record_sink *sink, void *context)
{
	uint8_t room[RECORD_ROOM];
	struct record record;

	for (unsigned i = 0; owner_record(zone, owner, listed, i, room, &record); i++) {
		sink(context, &record);
	}
}

static void give_test_entries(const struct giver *g, const struct zone_view *view)
{
	for (unsigned low = 2; low < 255; low++) {
		struct prefix v4 = {0x7f000000 + low, 4, 32};
		struct prefix v6 = {(addr_t)0xffff << 32 | v4.addr, 6, 128};
		struct rrs rrs;

		test_entry_rrs((uint8_t)low, view, &rrs);
		const struct listed listed = {rrs.a_count, rrs.txt_count, rrs.code, rrs.txt};

		owner_records(g->zone, &v4, &listed, g->sink, g->context);
		owner_records(g->zone, &v6, &listed, g->sink, g->context);
	}
}

void zone_records(const struct config *config, const struct zone_config *zone,
		  const struct zone_view *view, uint32_t serial, record_sink *sink, void *context)
{
	const struct giver g = {zone, sink, context};

	zone_soa(zone, serial, sink, context);
	give_name_servers(&g, zone);
	give_addresses(&g, &zone->at_apex);
	for (size_t i = 0; i < zone->host_count; i++) {
		give_addresses(&g, &zone->hosts[i]);
	}
	give_cuts(&g, config);
	give_test_entries(&g, view);
}
