/*
 * check_mirrored.c: mirrored zones: what is counted of their records is counted again, and their
 * claims are made again from the served slot. Where a transfer was broken off while claims changed,
 * the next one looks at all of them, and they are not compared.
 */
#include <stdlib.h>

#include "check_inside.h"
#include "claim.h"
#include "mirror_cover.h"
#include "source.h"

struct mirrored {
	struct check *c;
	const char *zone;
	struct mirror_state state;
	uint32_t source;
	uint16_t sublist[256];    /* numbers by code */
	struct source_walk *walk; /* what is claimed, in the order of what should be */
	bool differs;             /* once is enough */
	uint8_t known[65536 / 8]; /* numbers that zones have */
};

static void differ(struct mirrored *m, const struct prefix *prefix)
{
	char text[PREFIX_TEXT] = "behind the last";

	if (prefix) {
		prefix_format(prefix, text);
	}
	check_say(m->c, "mirrored: the claims of zone '%s' are not what its records list: %s",
		  m->zone, text);
	m->differs = true;
}

static uint32_t find_text(void *context, struct bytes text)
{
	struct mirrored *m = context;
	uint32_t id = interned_find(m->c->txn, TABLE_TEXTS, text);

	return id ? id : UINT32_MAX;
}

/* The items of a prefix as claims stand, ascending by sublist. */
static void sort_items(const struct mirrored *m, struct cover_item *items, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct cover_item item = items[i];
		unsigned at = i;

		for (; at > 0 && m->sublist[items[at - 1].code] > m->sublist[item.code]; at--) {
			items[at] = items[at - 1];
		}
		items[at] = item;
	}
}

static bool compare_part(void *context, const struct cover_part *part)
{
	struct mirrored *m = context;
	struct cover_item items[MIRROR_CODES];
	struct prefix prefix;
	struct claim claim;
	uint16_t sublist;

	for (size_t i = 0; i < part->count && !m->differs; i++) {
		const struct covered *p = &part->at[i];

		memcpy(items, part->items + p->item, p->count * sizeof *items);
		sort_items(m, items, p->count);
		for (unsigned n = 0; n < p->count && !m->differs; n++) {
			if (!source_walk_next(m->walk, &prefix, &sublist) ||
			    prefix_compare(&prefix, &p->prefix) != 0 ||
			    sublist != m->sublist[items[n].code] ||
			    !claim_get(m->c->txn, &prefix, sublist, m->source, &claim) ||
			    claim.text != items[n].text) {
				differ(m, &p->prefix);
			}
		}
	}
	return !m->differs;
}

static void compare_claims(struct mirrored *m)
{
	static const struct prefix everything[] = {{0, 4, 0}, {0, 6, 0}};
	struct cover cover = {
		.txn = m->c->txn,
		.number = m->state.number,
		.slot = m->state.served,
		.cuts = m->state.tally.cuts > 0,
		.text = find_text,
		.part = compare_part,
		.context = m,
	};
	char name[MIRROR_NAME_TEXT];
	struct source source = {.number = 0};
	struct prefix prefix;
	uint16_t sublist;

	source_read(m->c->txn, mirror_source(m->zone, name), &source);
	m->source = source.number;
	m->differs = false;
	for (unsigned code = 0; code < 256; code++) {
		m->sublist[code] =
			sublist_number(m->c->txn, mirror_sublist(m->zone, (uint8_t)code, name));
	}
	m->walk = source_walk_open(m->c->txn, m->source, NULL);
	cover_init(&cover);
	if (cover_region(&cover, &everything[0])) {
		cover_region(&cover, &everything[1]);
	}
	if (!m->differs && source_walk_next(m->walk, &prefix, &sublist)) {
		differ(m, &prefix);
	}
	cover_release(&cover);
	source_walk_close(m->walk);
}

/* Of the served slot: what the status says of it. */
static void count_again(struct mirrored *m)
{
	struct scan *scan = scan_open(m->c->txn, TABLE_MIRRORED);
	struct mirror_tally tally = {0};
	struct mirror_row row = {0};
	struct mirror_key apex;
	struct bytes key, value;

	mirror_key_apex(&apex, m->state.number, m->state.served);
	for (bool more = scan_seek(scan, mirror_key_bytes(&apex), &key, &value);
	     more && mirror_key_below(key, mirror_key_bytes(&apex));
	     more = scan_next(scan, &key, &value)) {
		if (!mirror_row_read(&row, value)) {
			scan_damaged(scan);
			break;
		}
		mirror_tally(&tally, key, value, 1);
	}
	mirror_row_release(&row);
	scan_close(scan);
	if (memcmp(&tally.counts, &m->state.tally.counts, sizeof tally.counts) != 0 ||
	    tally.cuts != m->state.tally.cuts) {
		check_say(m->c,
			  "mirrored: zone '%s' has %llu records, counted are %llu, or of "
			  "other kinds",
			  m->zone, (unsigned long long)m->state.tally.counts.records,
			  (unsigned long long)tally.counts.records);
	}
}

static bool check_zone(void *context, const char *zone)
{
	struct mirrored *m = context;

	m->zone = zone;
	if (!mirror_state_read(m->c->txn, zone, &m->state)) {
		return false;
	}
	if (m->known[m->state.number / 8] >> m->state.number % 8 & 1) {
		check_say(m->c, "mirrored: zone '%s' has another one's number", zone);
	}
	m->known[m->state.number / 8] |= (uint8_t)(1 << m->state.number % 8);
	if (m->state.served != 0) {
		count_again(m);
	}
	if (!m->state.mixed && m->state.phase != MIRROR_APPLYING) {
		compare_claims(m);
	}
	return !txn_status(m->c->txn);
}

/* Rows of no zone. */
static void check_numbers(struct mirrored *m)
{
	struct scan *scan = scan_open(m->c->txn, TABLE_MIRRORED);
	struct mirror_key at;
	struct bytes key, value;
	bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value);

	while (more && key.len >= MIRROR_APEX && peek_u16(key.data) != MIRROR_STATUSES) {
		uint16_t number = peek_u16(key.data);

		if (!(m->known[number / 8] >> number % 8 & 1)) {
			check_say(m->c,
				  "mirrored: there are records of zone number %u, which is none",
				  number);
		}
		mirror_key_apex(&at, (uint16_t)(number + 1), 0);
		more = scan_seek(scan, mirror_key_bytes(&at), &key, &value);
	}
	scan_close(scan);
}

static bool check_source(void *context, const struct source *source)
{
	struct mirrored *m = context;
	struct mirror_state state;
	const char *zone = strchr(source->name, ' ');

	if (mirror_is_source(source->name) && source->claims > 0 &&
	    !mirror_state_read(m->c->txn, zone + 1, &state)) {
		check_say(m->c, "mirrored: '%s' claims, and there is nothing of the zone",
			  source->name);
	}
	return true;
}

void check_mirrored(struct check *c)
{
	struct mirrored *m = must_alloc(sizeof *m);

	m->c = c;
	mirror_zones(c->txn, check_zone, m);
	check_numbers(m);
	sources(c->txn, check_source, m);
	free(m);
}
