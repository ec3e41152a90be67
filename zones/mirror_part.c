/*
 * mirror_part.c: what is listed, as prefixes with codes and texts, gathered until it is a part.
 */
#include <stdlib.h>

#include "mirror_cover_inside.h"
#include "mirror_text.h"

void cover_init(struct cover *c)
{
	c->scan = scan_open(c->txn, TABLE_MIRRORED);
	c->meaning = must_alloc(sizeof *c->meaning);
	c->frames = must_alloc(COVER_FRAMES * sizeof *c->frames);
}

void cover_release(struct cover *c)
{
	scan_close(c->scan);
	mirror_row_release(&c->row);
	free(c->meaning);
	free(c->frames);
	free(c->at);
	free(c->items);
}

static int by_prefix(const void *a, const void *b)
{
	return prefix_compare(&((const struct covered *)a)->prefix,
			      &((const struct covered *)b)->prefix);
}

void cover_give(struct cover *c, unsigned family, addr_t last)
{
	if (c->stopped || txn_status(c->txn)) {
		return;
	}
	if (family == 4 && c->count > 1) {
		qsort(c->at, c->count, sizeof *c->at, by_prefix);
	}
	const struct cover_part part = {family, c->from, last, c->at, c->count, c->items};

	c->stopped = !c->part(c->context, &part);
	c->from = last + 1;
	c->count = c->item_count = 0;
}

static void add_prefix(struct cover *c, const struct prefix *p, size_t item, unsigned count)
{
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 256;
		c->at = must_realloc(c->at, c->room * sizeof *c->at);
	}
	c->at[c->count++] = (struct covered){*p, item, count};
}

void cover_add(struct cover *c, unsigned family, addr_t first, addr_t last,
	       const struct cover_item *items, size_t count)
{
	unsigned least = family == 4 ? 8 : 16;
	bool done = false;
	struct prefix p;

	if (count == 0) {
		return;
	}
	if (c->item_count + count > c->item_room) {
		c->item_room = 2 * (c->item_count + count);
		c->items = must_realloc(c->items, c->item_room * sizeof *c->items);
	}
	memcpy(c->items + c->item_count, items, count * sizeof *items);
	while (range_next(family, &first, last, &done, &p)) {
		/* None may be wider than a listing may be. */
		addr_t step = (addr_t)1 << (prefix_bits(family) - (p.len < least ? least : p.len));
		unsigned parts = p.len < least ? 1U << (least - p.len) : 1;

		for (unsigned i = 0; i < parts; i++) {
			struct prefix part = {p.addr + i * step, p.family,
					      (uint8_t)(p.len < least ? least : p.len)};

			add_prefix(c, &part, c->item_count, (unsigned)count);
		}
	}
	c->item_count += count;
}

void cover_mean(struct cover *c, struct bytes value, bool apex)
{
	if (!mirror_row_read(&c->row, value)) {
		scan_damaged(c->scan);
		mirror_row_clear(&c->row);
	}
	mirror_mean(mirror_row_bytes(&c->row), apex, c->meaning);
}

unsigned cover_name(struct cover *c, struct bytes ip, struct cover_item items[MIRROR_CODES])
{
	const struct mirror_meaning *m = c->meaning;
	uint8_t room[MIRROR_TEMPLATE];

	for (unsigned i = 0; i < m->count; i++) {
		items[i].code = m->code[i];
		items[i].text =
			!m->text[i].data ? 0
			: i > 0 && m->text[i].data == m->text[i - 1].data
				? items[i - 1].text
				: c->text(c->context, mirror_template(m->text[i], ip, room));
	}
	return m->count;
}

bool cover_wildcard(struct cover *c, const struct mirror_key *node)
{
	struct mirror_key key = *node;
	struct bytes value;

	c->meaning->count = 0;
	if (node->len > MIRROR_APEX) {
		mirror_key_push(&key, "*", 1);
		if (txn_get(c->txn, TABLE_MIRRORED, mirror_key_bytes(&key), &value)) {
			cover_mean(c, value, false);
		}
	}
	return c->meaning->count > 0;
}
