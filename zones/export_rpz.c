/*
 * export_rpz.c: a response policy zone: to a resolver that loads it, names whose addresses are
 * listed do not exist.
 *
 *     @                             SOA, NS localhost.: nobody delegates to it
 *     testentry.dnsbl.example.org   A 127.0.0.2: what a client of the resolver asks for to see that
 *                                   the policy is in force
 *     24.0.2.0.192.rpz-ip           CNAME . (NXDOMAIN) for the fewest prefixes that cover what any
 *     32.zz.db8.2001.rpz-ip         sublist lists: length, then octets or hextets from the last one
 *
 * All names are relative and there is no $ORIGIN, so that the file is the zone that the resolver's
 * config says it is. That must not be the blocklist's own name, or its resolver would answer for
 * it.
 *
 * Nothing in 127.0.0.0/8 is a trigger, the test entries of RFC 5782 neither: answers of blocklists
 * are such addresses, and the resolver would hide all that they say.
 */
#include "export_inside.h"

enum { WORDS = 8, LOOPBACK = 127 };

static void v4_line(FILE *out, const struct prefix *p)
{
	unsigned a = (unsigned)p->addr;

	fprintf(out, "%u.%u.%u.%u.%u.rpz-ip\tCNAME\t.\n", p->len, a & 0xff, a >> 8 & 0xff,
		a >> 16 & 0xff, a >> 24);
}

/* The longest run of zeros, of several the first in the address, is zz (as :: in RFC 5952). */
static void v6_line(FILE *out, const struct prefix *p)
{
	unsigned word[WORDS], run = 0, run_at = 0; /* from the last one */

	for (unsigned i = 0, zeros = 0; i < WORDS; i++) {
		word[i] = (unsigned)(p->addr >> 16 * i) & 0xffff;
		zeros = word[i] == 0 ? zeros + 1 : 0;
		if (zeros > 1 && zeros >= run) {
			run = zeros;
			run_at = i + 1 - zeros;
		}
	}
	fprintf(out, "%u", p->len);
	for (unsigned i = 0; i < WORDS; i++) {
		if (run > 0 && i == run_at) {
			fputs(".zz", out);
			i += run - 1;
		} else {
			fprintf(out, ".%x", word[i]);
		}
	}
	fputs(".rpz-ip\tCNAME\t.\n", out);
}

static void line(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		 void *context)
{
	(void)sublist;
	(void)text;
	(void)context;
	if (p->family == 4 && p->addr >> 24 == LOOPBACK) {
		return;
	}
	(p->family == 4 ? v4_line : v6_line)(e->out, p);
	export_counted(e);
}

static void header(struct zone_export *e)
{
	const struct zone_config *zone = e->zone;
	const struct soa_config *soa = &zone->soa;
	char text[NAME_TEXT];

	fprintf(e->out, "; %s as a response policy zone\n$TTL %u\n@\tSOA\t", zone->name,
		zone->ttl_s);
	fprintf(e->out, "%s ", name_format(&soa->mname, text));
	fprintf(e->out, "%s %u %u %u %u %u\n\tNS\tlocalhost.\n", name_format(&soa->rname, text),
		e->serial, soa->refresh_s, soa->retry_s, soa->expire_s, soa->minimum_s);
	fprintf(e->out, "testentry.%s\tA\t127.0.0.2\n", zone->name);
}

void export_rpz(struct zone_export *e)
{
	header(e);
	export_walk(e, 4, EXPORT_ANY, line, NULL);
	export_walk(e, 6, EXPORT_ANY, line, NULL);
}
