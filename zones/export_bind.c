/*
 * export_bind.c: the zone as a master file (RFC 1035 §5): what a transfer of it carries.
 *
 *     SOA, NS, the apex's and hosts' addresses
 *     NS and glue of zones that are cut out of it
 *     the test entries (RFC 5782 §5)
 *     what block_rrs() makes of each unit
 */
#include "export_inside.h"
#include "revname.h"

static const char *name_text(const struct name *name)
{
	static char text[NAME_TEXT];

	return name_format(name, text);
}

/* A <character-string> in quotes, RFC 1035 §5.1. */
static void string_write(FILE *out, const uint8_t *data, size_t len)
{
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"' || data[i] == '\\') {
			fprintf(out, "\\%c", data[i]);
		} else if (data[i] < ' ' || data[i] > '~') {
			fprintf(out, "\\%03u", data[i]);
		} else {
			fputc(data[i], out);
		}
	}
	fputc('"', out);
}

static void rrs_write(FILE *out, const char *owner, struct bytes ip, const struct rrs *rrs)
{
	uint8_t text[TEXT_MAX];

	for (unsigned i = 0; i < rrs->a_count; i++) {
		fprintf(out, "%s\tA\t127.0.0.%u\n", i == 0 ? owner : "", rrs->code[i]);
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		size_t len = text_expand(rrs->txt[i], ip, text);

		fputs("\tTXT\t", out);
		string_write(out, text, len);
		fputc('\n', out);
	}
}

/* Each record with its owner: what stood before it may have been another's. */
static void addresses(FILE *out, const struct name *owner, const struct host_config *host)
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < host->a_count; i++) {
		addr_format(4, host->a[i], text);
		fprintf(out, "%s\tA\t%s\n", name_text(owner), text);
	}
	for (size_t i = 0; i < host->aaaa_count; i++) {
		addr_format(6, host->aaaa[i], text);
		fprintf(out, "%s\tAAAA\t%s\n", name_text(owner), text);
	}
}

static void name_servers(FILE *out, const struct zone_config *zone)
{
	for (size_t i = 0; i < zone->ns_count; i++) {
		fprintf(out, "%s\tNS", name_text(&zone->apex));
		fprintf(out, "\t%s\n", name_text(&zone->ns[i]));
	}
}

static void header(struct zone_export *e)
{
	const struct zone_config *zone = e->zone;
	const struct soa_config *soa = &zone->soa;

	fprintf(e->out, "$ORIGIN %s\n$TTL %u\n", name_text(&zone->apex), zone->ttl_s);
	fprintf(e->out, "@\tSOA\t%s ", name_text(&soa->mname));
	fprintf(e->out, "%s %u %u %u %u %u\n", name_text(&soa->rname), e->serial, soa->refresh_s,
		soa->retry_s, soa->expire_s, soa->minimum_s);
	name_servers(e->out, zone);
	addresses(e->out, &zone->apex, &zone->at_apex);
	for (size_t i = 0; i < zone->host_count; i++) {
		addresses(e->out, &zone->hosts[i].name, &zone->hosts[i]);
	}
}

static bool is_below(const struct zone_config *child, const struct zone_config *zone)
{
	size_t before;

	return child != zone && name_below(&child->apex, &zone->apex, &before);
}

/* Whether `child` is cut out of the zone itself, and not of another that is. */
static bool is_cut(const struct zone_export *e, const struct zone_config *child)
{
	if (!is_below(child, e->zone)) {
		return false;
	}
	for (size_t i = 0; i < e->config->zone_count; i++) {
		const struct zone_config *between = &e->config->zones[i];

		if (is_below(between, e->zone) && is_below(child, between)) {
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

static void cuts(struct zone_export *e)
{
	for (size_t i = 0; i < e->config->zone_count; i++) {
		const struct zone_config *child = &e->config->zones[i];

		if (!is_cut(e, child)) {
			continue;
		}
		name_servers(e->out, child);
		if (is_name_server(child, &child->apex)) {
			addresses(e->out, &child->apex, &child->at_apex);
		}
		for (size_t h = 0; h < child->host_count; h++) {
			if (is_name_server(child, &child->hosts[h].name)) {
				addresses(e->out, &child->hosts[h].name, &child->hosts[h]);
			}
		}
	}
}

static void test_entries(struct zone_export *e)
{
	for (unsigned low = 2; low < 255; low++) {
		struct prefix v4 = {0x7f000000 + low, 4, 32};
		struct prefix v6 = {(addr_t)0xffff << 32 | v4.addr, 6, 128};
		const struct prefix *const entries[] = {&v4, &v6};
		struct rrs rrs;

		test_entry_rrs((uint8_t)low, &e->view, &rrs);
		for (size_t i = 0; rrs.a_count > 0 && i < 2; i++) {
			char owner[REVNAME_TEXT], ip[PREFIX_TEXT];
			size_t len = prefix_format(entries[i], ip);

			revname_format(entries[i], owner);
			rrs_write(e->out, owner, bytes_of(ip, len), &rrs);
		}
	}
}

static void owner_write(void *context, const struct owner_rrs *owner)
{
	struct zone_export *e = context;

	rrs_write(e->out, owner->owner, owner->ip, owner->rrs);
	e->entries++;
}

static void unit_write(struct zone_export *e, const struct prefix *unit,
		       const struct segments *segments)
{
	block_rrs(unit, segments, &e->view, e->txn, owner_write, e);
}

void export_bind(struct zone_export *e)
{
	header(e);
	cuts(e);
	test_entries(e);
	export_units(e, unit_write);
}
