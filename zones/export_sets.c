/*
 * export_sets.c: sets of a packet filter, of the fewest prefixes that cover what any sublist of the
 * zone lists. Loading the file again replaces what is in the sets and nothing else; no packet meets
 * a set that is half filled.
 *
 *     nft      a table with the sets v4 and v6: nft -f FILE is one transaction. What else is in
 *              the table (chains whose rules say @v4) stays.
 *     ipset    NAME-v4 and NAME-v6, each filled beside itself and swapped: ipset restore <FILE
 *
 * Table and NAME are the zone's name, made an identifier.
 *
 * IPv4 listings are /8 or longer and IPv6 ones /16: hash:net would take no /0.
 */
#include <string.h>

#include "export_inside.h"

enum {
	NFT_NAME = 200,  /* nftables has room for 255 octets */
	IPSET_NAME = 24, /* ipset for 31: "-v4.new" has to fit, too */
};

/*
 * As ipset's limit on elements has to be the same each time, for a set whose parameters are others
 * is another set: as many as there can be.
 */
#define MAXELEM "4294967295"

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261;

	for (; *text; text++) {
		h = (h ^ (uint8_t)*text) * 16777619;
	}
	return h;
}

/*
 * Letters, digits and dots; a letter first, and a dot, so that it is no keyword of nft (8). Of a
 * longer name its first part and a number that tells it from others, so that it is at most `most`
 * octets.
 */
static void identifier(const struct zone_config *zone, size_t most, char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	char text[NAME_TEXT + 8];
	bool whole = strchr(letters, zone->name[0]) && strchr(zone->name, '.');

	snprintf(text, sizeof text, "%s%s", whole ? "" : "zone.", zone->name);
	for (char *c = text; *c; c++) {
		if (!strchr(letters, *c) && !strchr("0123456789.", *c)) {
			*c = '_';
		}
	}
	if (strlen(text) <= most) {
		strcpy(name, text);
	} else {
		snprintf(name, most + 1, "%.*s.%08x", (int)most - 9, text, hash(zone->name));
	}
}

/* --- nft ------------------------------------------------------------------------------------ */

struct elements {
	char table[NFT_NAME + 1];
	bool begun; /* nft takes no empty list */
};

static void element(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		    void *context)
{
	struct elements *elements = context;
	char prefix[PREFIX_TEXT];

	(void)sublist;
	(void)text;
	if (!elements->begun) {
		fprintf(e->out, "add element inet %s v%u {\n", elements->table, p->family);
		elements->begun = true;
	}
	prefix_format(p, prefix);
	fprintf(e->out, "%s,\n", prefix);
	export_counted(e);
}

static void nft_family(struct zone_export *e, struct elements *elements, unsigned family)
{
	fprintf(e->out, "flush set inet %s v%u\n", elements->table, family);
	elements->begun = false;
	export_walk(e, family, EXPORT_ANY, element, elements);
	if (elements->begun) {
		fputs("}\n", e->out);
	}
}

void export_nft(struct zone_export *e)
{
	struct elements elements = {.begun = false};

	identifier(e->zone, NFT_NAME, elements.table);
	fprintf(e->out, "# %s, serial %u: nft -f\ntable inet %s {\n", e->zone->name, e->serial,
		elements.table);
	for (unsigned family = 4; family <= 6; family += 2) {
		fprintf(e->out, "\tset v%u {\n\t\ttype ipv%u_addr\n\t\tflags interval\n\t}\n",
			family, family);
	}
	fputs("}\n", e->out);
	nft_family(e, &elements, 4);
	nft_family(e, &elements, 6);
}

/* --- ipset ---------------------------------------------------------------------------------- */

static void add_line(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		     void *context)
{
	char prefix[PREFIX_TEXT];

	(void)sublist;
	(void)text;
	prefix_format(p, prefix);
	fprintf(e->out, "add %s-v%u.new %s\n", (const char *)context, p->family, prefix);
	export_counted(e);
}

static void ipset_family(struct zone_export *e, char *name, unsigned family)
{
	static const char *const endings[] = {"", ".new"};

	for (size_t i = 0; i < 2; i++) {
		fprintf(e->out, "create %s-v%u%s hash:net family %s maxelem " MAXELEM " -exist\n",
			name, family, endings[i], family == 4 ? "inet" : "inet6");
	}
	/* A file that was not loaded to its end may have left something there. */
	fprintf(e->out, "flush %s-v%u.new\n", name, family);
	export_walk(e, family, EXPORT_ANY, add_line, name);
	fprintf(e->out, "swap %s-v%u.new %s-v%u\ndestroy %s-v%u.new\n", name, family, name, family,
		name, family);
}

void export_ipset(struct zone_export *e)
{
	char name[IPSET_NAME + 1];

	identifier(e->zone, IPSET_NAME, name);
	fprintf(e->out, "# %s, serial %u: ipset restore\n", e->zone->name, e->serial);
	ipset_family(e, name, 4);
	ipset_family(e, name, 6);
}
