/*
 * export_rbldnsd.c: a `combined` dataset for rbldnsd, which answers for it as dnsbld does for the
 * zone, as far as it can: partial names are NXDOMAIN to it, it has no AAAA, it has IPv4 listings
 * under 2002::/16 too, and cuts texts at 254 octets.
 *
 *     $TIMESTAMP                   when, in UTC; rbldnsd takes no file from the future
 *     $SOA, $NS, $TTL
 *     $DATASET generic:hosts @     the zone's own addresses
 *     $DATASET ip4set:relay @      for each sublist: what entries mean, its test entries, prefixes;
 *     $DATASET ip6trie:relay @     these are disjoint, so that nothing hides anything
 *
 * ip4set for IPv4, as it is half as large as ip4trie for single addresses, which most are. rbldnsd
 * finds the test entries of ::ffff:7f00:0/120 among IPv4's by itself.
 */
#include <string.h>

#include "export_inside.h"
#include "rfc3339.h"

/*
 * A template as rbldnsd reads it: {ip} is $, and $ is $$. A digit, $ or = behind an address would
 * make $5, $$ or $= of it, and nothing can be written between: so a blank. A text that begins with
 * a blank or = would lose that; one = more, and rbldnsd takes off that one.
 */
static void template_write(FILE *out, struct bytes text)
{
	static const char mark[] = "{ip}";
	bool after_address = false, literal;

	text = text_shown(text, &literal);
	if (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '=')) {
		fputc('=', out);
	}
	for (size_t i = 0; i < text.len;) {
		uint8_t c = text.data[i];

		if (!literal && text.len - i >= 4 && memcmp(text.data + i, mark, 4) == 0) {
			fputs(after_address ? " $" : "$", out);
			after_address = true;
			i += 4;
			continue;
		}
		if (after_address && (c == '$' || c == '=' || (c >= '0' && c <= '9'))) {
			fputc(' ', out);
		}
		if (c == '$') {
			fputc('$', out);
		}
		/* A primary's text may hold what a line cannot. */
		fputc(c < ' ' || c == 0x7f ? '?' : c, out);
		after_address = false;
		i++;
	}
}

static void line(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		 void *context)
{
	char prefix[PREFIX_TEXT];

	(void)context;
	size_t len = prefix_format(p, prefix);

	fwrite(prefix, 1, len, e->out);
	if (text != 0) {
		fprintf(e->out, " :%u:", e->view.sublist[sublist].code);
		template_write(e->out, text_read(e->txn, text));
	}
	fputc('\n', e->out);
	export_counted(e);
}

static const char *name_text(const struct name *name)
{
	static char text[NAME_TEXT];

	return name_format(name, text);
}

/* "2026-11-21:10:00:00" */
static void timestamp(struct zone_export *e)
{
	char text[TIME_TEXT];

	time_format(e->now, text);
	text[10] = ':';  /* T */
	text[19] = '\0'; /* Z */
	fprintf(e->out, "$TIMESTAMP %s\n", text);
}

static void header(struct zone_export *e)
{
	const struct zone_config *zone = e->zone;
	const struct soa_config *soa = &zone->soa;

	fprintf(e->out, "# %s\n", zone->name);
	timestamp(e);
	fprintf(e->out, "$SOA %u ", zone->ttl_s);
	fprintf(e->out, "%s ", name_text(&soa->mname));
	fprintf(e->out, "%s %u %u %u %u %u\n$NS %u", name_text(&soa->rname), e->serial,
		soa->refresh_s, soa->retry_s, soa->expire_s, soa->minimum_s, zone->ttl_s);
	for (size_t i = 0; i < zone->ns_count; i++) {
		fprintf(e->out, " %s", name_text(&zone->ns[i]));
	}
	fprintf(e->out, "\n$TTL %u\n", zone->ttl_s);
}

/* `owner` NULL is the apex. */
static void host(struct zone_export *e, const char *owner, const struct host_config *host)
{
	char address[ADDR_TEXT];

	for (size_t i = 0; i < host->a_count; i++) {
		addr_format(4, host->a[i], address);
		fprintf(e->out, "%s A %s\n", owner ? owner : "@", address);
	}
}

static void hosts(struct zone_export *e)
{
	fputs("$DATASET generic:hosts @\n", e->out);
	host(e, NULL, &e->zone->at_apex);
	for (size_t i = 0; i < e->zone->host_count; i++) {
		const struct host_config *h = &e->zone->hosts[i];
		size_t before;

		if (name_below(&h->name, &e->zone->apex, &before)) {
			char owner[NAME_TEXT];

			/* Its text ends with the zone's, and the dots of both. */
			name_format(&h->name, owner);
			owner[strlen(owner) - strlen(name_text(&e->zone->apex)) - 1] = '\0';
			host(e, owner, h);
		}
	}
}

static void dataset(struct zone_export *e, const char *type, int sublist)
{
	fprintf(e->out, "$DATASET %s:%s @\n:%u:", type, e->zone->sublists[sublist]->name,
		e->view.sublist[sublist].code);
	template_write(e->out, e->view.sublist[sublist].text);
	fputc('\n', e->out);
}

/* The test entries that stand for this sublist: that of its code, and 127.0.0.2 where that is
 * nobody's. */
static void test_entries(struct zone_export *e, int sublist)
{
	for (unsigned low = 2; low < 255; low++) {
		struct rrs rrs;

		test_entry_rrs((uint8_t)low, &e->view, &rrs);
		if (rrs.a_count > 0 && rrs.code[0] == e->view.sublist[sublist].code) {
			fprintf(e->out, "127.0.0.%u\n", low);
		}
	}
}

void export_rbldnsd(struct zone_export *e)
{
	header(e);
	hosts(e);
	for (size_t s = 0; s < e->view.count; s++) {
		dataset(e, "ip4set", (int)s);
		test_entries(e, (int)s);
		export_walk(e, 4, (int)s, line, NULL);
		dataset(e, "ip6trie", (int)s);
		export_walk(e, 6, (int)s, line, NULL);
	}
}
