/*
 * export_order.c: all records of a zone in canonical order (RFC 4034 §6), in which its digest is
 * made (RFC 8976 §3.3), though the index has them in the order of addresses.
 *
 * Labels are compared as text, from the zone down: in IPv4 10 comes before 2, while nibbles, and so
 * IPv6, come as their numbers do. The names of a /16, and those of an IPv6 /32, are each all that
 * is below one name, but 2.0.0.1 lies among the names of 2001::/16. So there are three streams,
 * each in order, and the least of their heads is always the next:
 *
 *     config   what zone_records() gives: a few, sorted
 *     IPv4     the /16s, asked for in the order of their octets as text, each with its owners
 *              sorted by the other two octets
 *     IPv6     the /32s, as the index has them
 *
 * It is one pass: what is kept is a unit of each family, and no record is sorted with more than the
 * others of its /16.
 */
#include <stdlib.h>

#include "block_rrs.h"
#include "export_inside.h"
#include "index6.h"
#include "revname.h"

struct stream {
	const struct name *head; /* NULL: there is no more */
	struct name name;
	struct owners owners; /* of a unit */
	size_t at;
};

struct order {
	struct zone_export *e;
	record_sink *sink;
	void *context;
	struct lens lens;
	struct segments segments;

	struct fixed {
		struct record record;
		uint8_t *rdata;
	} * fixed;
	size_t fixed_count, fixed_at;

	struct stream v4, v6;
	uint8_t octet[256]; /* as text they ascend */
	uint16_t rank[256]; /* of an octet there, from 1 */
	unsigned block;     /* the next: rank of the first octet, rank of the second */

	struct scan *scan; /* of ranges */
	struct segment range;
	bool more;       /* there is a range, */
	addr_t range_at; /* not looked at from here on */

	uint8_t txt[CONFIG_SUBLISTS][RECORD_ROOM];
};

/* --- the config's ---------------------------------------------------------------------------- */

static int compare_rdata(struct bytes a, struct bytes b)
{
	int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_records(const void *a, const void *b)
{
	const struct record *x = &((const struct fixed *)a)->record;
	const struct record *y = &((const struct fixed *)b)->record;
	int order = name_compare(&x->owner, &y->owner);

	if (order == 0) {
		order = x->type - y->type;
	}
	return order != 0 ? order : compare_rdata(x->rdata, y->rdata);
}

static void keep(void *context, const struct record *record)
{
	struct order *o = context;

	o->fixed = must_realloc(o->fixed, (o->fixed_count + 1) * sizeof *o->fixed);

	struct fixed *fixed = &o->fixed[o->fixed_count++];

	fixed->record = *record;
	fixed->rdata = must_alloc(record->rdata.len);
	memcpy(fixed->rdata, record->rdata.data, record->rdata.len);
	fixed->record.rdata.data = fixed->rdata;
}

static void give_fixed(struct order *o)
{
	const struct fixed *fixed = &o->fixed[o->fixed_at++];

	/* A name server of two zones below has its addresses twice. */
	if (o->fixed_at < 2 || compare_records(fixed - 1, fixed) != 0) {
		o->sink(o->context, &fixed->record);
	}
}

/* --- IPv4 ------------------------------------------------------------------------------------ */

/* 0 1 10 100 101 … 109 11 110 … 19 2 20 200 … */
static void octets_by_text(struct order *o)
{
	unsigned count = 0;

	o->octet[count++] = 0;
	for (unsigned a = 1; a < 10; a++) {
		o->octet[count++] = (uint8_t)a;
		for (unsigned b = a * 10; b < a * 10 + 10; b++) {
			o->octet[count++] = (uint8_t)b;
			for (unsigned c = b * 10; c < b * 10 + 10 && c < 256; c++) {
				o->octet[count++] = (uint8_t)c;
			}
		}
	}
	for (unsigned i = 0; i < 256; i++) {
		o->rank[o->octet[i]] = (uint16_t)(i + 1);
	}
}

/* Of a name in its /16: a rank for the third label and one for the fourth; * comes first, and a
 * name before what is below it. */
static unsigned rank_of(const struct order *o, const struct prefix *p)
{
	unsigned third = p->len > 16 ? o->rank[p->addr >> 8 & 0xff] : 0;

	return third << 9 | (p->len > 24 ? o->rank[p->addr & 0xff] : 0);
}

static int compare_owners(const void *a, const void *b, void *order)
{
	unsigned x = rank_of(order, &((const struct owner *)a)->prefix);
	unsigned y = rank_of(order, &((const struct owner *)b)->prefix);

	return x < y ? -1 : x > y;
}

static bool next_block(struct order *o)
{
	struct bytes block;

	while (o->block < 65536) {
		uint16_t high = (uint16_t)(o->octet[o->block >> 8] << 8 | o->octet[o->block & 255]);

		o->block++;
		if (!index4_block(o->e->txn, high, &block)) {
			continue;
		}
		struct prefix unit = prefix_of(4, (addr_t)high << 16, 16);

		o->segments.count = 0;
		enum status status = block_decode(block, high, &o->segments);

		if (status) {
			txn_fail(o->e->txn, status);
			return false;
		}
		lens_learn_all(&o->lens, &o->segments, o->e->txn);
		block_rrs(&o->v4.owners, &unit, &o->segments);
		qsort_r(o->v4.owners.at, o->v4.owners.count, sizeof *o->v4.owners.at,
			compare_owners, o);
		return true;
	}
	return false;
}

/* --- IPv6 ------------------------------------------------------------------------------------ */

/* Ranges are taken until one is in another /32; one that is in several is cut. */
static bool next_ranges(struct order *o)
{
	struct prefix unit = prefix_of(6, o->range_at, 32);
	addr_t end = prefix_last(&unit);

	if (!o->more) {
		return false;
	}
	o->segments.count = 0;
	while (o->more && o->range_at <= end) {
		addr_t last = o->range.last < end ? o->range.last : end;

		segments_add(&o->segments, o->range_at, last, o->range.answer);
		if (last < o->range.last) {
			o->range_at = last + 1;
		} else {
			o->more = index6_next(o->scan, &o->range);
			o->range_at = o->range.first;
		}
	}
	lens_learn_all(&o->lens, &o->segments, o->e->txn);
	block_rrs(&o->v6.owners, &unit, &o->segments);
	return true;
}

/* --- owners ---------------------------------------------------------------------------------- */

/* On to the next owner, perhaps of the next unit. */
static void next(struct order *o, struct stream *s, bool (*next_unit)(struct order *o))
{
	s->head = NULL;
	while (s->at == s->owners.count) {
		if (!next_unit(o)) {
			return;
		}
		s->at = 0;
	}
	revname_name(&s->owners.at[s->at].prefix, &o->e->zone->apex, &s->name);
	s->head = &s->name;
}

static int compare_txt(const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;

	/* The first octet is the length of what follows. */
	return compare_rdata(bytes_of(x, 1U + *x), bytes_of(y, 1U + *y));
}

/* Two templates may make one text, and make them in any order. */
static void give_sorted(struct order *o, const struct owner *owner, const struct listed *listed)
{
	struct record record;
	unsigned count = 0;

	for (unsigned i = 0;
	     owner_record(o->e->zone, &owner->prefix, listed, i, o->txt[count], &record); i++) {
		if (record.type == TYPE_TXT) {
			count++;
		} else {
			o->sink(o->context, &record);
		}
	}
	qsort(o->txt, count, sizeof o->txt[0], compare_txt);
	for (unsigned i = 0; i < count; i++) {
		if (i == 0 || compare_txt(o->txt[i - 1], o->txt[i]) != 0) {
			record.rdata = bytes_of(o->txt[i], 1U + o->txt[i][0]);
			o->sink(o->context, &record);
		}
	}
}

static void give_owner(struct order *o, struct stream *s)
{
	const struct owner *owner = &s->owners.at[s->at++];
	const struct listed *listed = lens_listed(&o->lens, owner->class);

	if (listed->txt_count < 2) {
		owner_records(o->e->zone, &owner->prefix, listed, o->sink, o->context);
	} else {
		give_sorted(o, owner, listed);
	}
	export_counted(o->e);
}

/* --- all ------------------------------------------------------------------------------------- */

static bool comes_first(const struct name *a, const struct name *b)
{
	return a && (!b || name_compare(a, b) <= 0);
}

static void merge(struct order *o)
{
	next(o, &o->v4, next_block);
	next(o, &o->v6, next_ranges);
	for (;;) {
		const struct name *fixed =
			o->fixed_at < o->fixed_count ? &o->fixed[o->fixed_at].record.owner : NULL;
		bool v4 = comes_first(o->v4.head, o->v6.head);
		struct stream *least = v4 ? &o->v4 : &o->v6;

		if (comes_first(fixed, least->head)) {
			give_fixed(o);
		} else if (least->head) {
			give_owner(o, least);
			next(o, least, v4 ? next_block : next_ranges);
		} else {
			return;
		}
	}
}

void export_records(struct zone_export *e, record_sink *sink, void *context)
{
	struct order *o = must_alloc(sizeof *o);

	o->e = e;
	o->sink = sink;
	o->context = context;
	lens_init(&o->lens, &e->view);
	owners_init(&o->v4.owners, &o->lens);
	owners_init(&o->v6.owners, &o->lens);
	octets_by_text(o);
	o->scan = scan_open(e->txn, TABLE_INDEX6);
	o->more = index6_seek(o->scan, 0, &o->range);
	o->range_at = o->range.first;
	zone_records(e->config, e->zone, &e->view, e->serial, keep, o);
	qsort(o->fixed, o->fixed_count, sizeof *o->fixed, compare_records);
	merge(o);
	for (size_t i = 0; i < o->fixed_count; i++) {
		free(o->fixed[i].rdata);
	}
	free(o->fixed);
	scan_close(o->scan);
	segments_release(&o->segments);
	owners_release(&o->v4.owners);
	owners_release(&o->v6.owners);
	lens_release(&o->lens);
	free(o);
}
