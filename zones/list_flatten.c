/*
 * list_flatten.c: nested entries, made independent of each other.
 *
 * In rbldnsd a more specific entry hides wider ones: in a trie the longest prefix alone answers; in
 * an ip4set all entries of the most specific octet class (/25 to /32, /17 to /24 …) that has the
 * address, and a hole among them unlists it. Here every claim that covers an address counts, and
 * the text of the most specific one that has a text is served. So wider entries are cut.
 *
 *     entries, sorted      prefixes are nested or disjoint, so those that cover an address are a
 *                          stack: pushed where they begin, popped where they end
 *     a step of the sweep  from one such point to the next the stack does not change: it decides
 *                          who answers there, and every other entry is cut there
 *
 * 1. An entry is not cut where one that answers is on the same sublist and has a text, or neither
 *    has one: serving both is the same. So a list with redundant entries keeps its own spelling.
 * 2. Where such a pair is kept, whatever cuts the hidden one cuts the other too, so the pieces of
 *    the hidden one are at least as wide. As wide: the rank decides, and entries are closed from
 *    the top of the stack, so that the one that answers comes first.
 * 3. Items are written to the places of entries that were read already; only when a cut makes more
 *    of them than there were entries do they go to the side.
 */
#include "list_flatten.h"

#include <stdlib.h>
#include <string.h>

struct open_entry {
	struct list_item entry;
	addr_t last;
	bool running; /* an uncut stretch is open */
	addr_t run_first, run_last;
};

struct flattening {
	struct list_item *at;
	size_t read, written, count;
	struct list_item *side; /* what had no place in `at` */
	size_t side_count, side_room;
	struct open_entry *open; /* the stack, the widest first */
	size_t depth, open_room;
	addr_t cursor; /* all before it is decided */
	bool past_end; /* all of the address space is */
	bool set;
	struct list_reader *reader;
};

/* ::ffff:0:0/96: names there are IPv4's, see prefix.h. */
static bool is_mapped(const struct prefix *p)
{
	return p->family == 6 && p->len >= 96 && p->addr >> 32 == 0xffff;
}

static void emit(struct flattening *f, const struct list_item *entry, struct prefix p)
{
	if (is_mapped(&p)) {
		struct prefix whole = {entry->addr, entry->family, entry->len};

		if (!is_mapped(&whole)) {
			return; /* IPv6 wider than all of IPv4 does not list it */
		}
		p = (struct prefix){p.addr & UINT32_MAX, 4, (uint8_t)(p.len - 96)};
	}

	struct list_item item = *entry;

	item.addr = p.addr;
	item.family = p.family;
	item.len = p.len;
	item.reason = list_rank(f->reader, list_ranked(f->reader, entry->reason));
	if (f->written < f->read) {
		f->at[f->written++] = item;
		return;
	}
	if (f->side_count == f->side_room) {
		f->side_room = f->side_room ? f->side_room * 2 : 64;
		f->side = must_realloc(f->side, f->side_room * sizeof *f->side);
	}
	f->side[f->side_count++] = item;
}

static void end_run(struct flattening *f, struct open_entry *e)
{
	bool done = !e->running;
	struct prefix p;

	while (range_next(e->entry.family, &e->run_first, e->run_last, &done, &p)) {
		emit(f, &e->entry, p);
	}
	e->running = false;
}

/* The octet class of an ip4set entry: how many octets it takes to spell it. /0 is 256 of /8. */
static unsigned class_of(const struct list_item *entry)
{
	return entry->len == 0 ? 1 : (entry->len + 7U) / 8;
}

/* Where in the stack those begin that answer; false where none does. */
static bool answering(const struct flattening *f, size_t *from)
{
	*from = f->depth - 1;

	unsigned class = class_of(&f->open[*from].entry);

	while (f->set && *from > 0 && class_of(&f->open[*from - 1].entry) == class) {
		--*from;
	}
	for (size_t i = *from; i < f->depth; i++) {
		if (f->open[i].entry.sublist == LIST_HOLE) {
			return false;
		}
	}
	return true;
}

/* Whether one of those that answer (from `from` on) says all that `hidden` would add. */
static bool spoken_for(const struct flattening *f, size_t from, const struct list_item *hidden)
{
	for (size_t i = from; i < f->depth; i++) {
		const struct list_item *e = &f->open[i].entry;

		if (e->sublist == hidden->sublist && (e->text != 0 || hidden->text == 0)) {
			return true;
		}
	}
	return false;
}

/* Decides the addresses from the cursor to `last`. */
static void step(struct flattening *f, addr_t last)
{
	size_t from;
	bool listed = answering(f, &from);

	for (size_t i = f->depth; i-- > 0;) {
		struct open_entry *e = &f->open[i];

		if (!listed || e->entry.sublist == LIST_HOLE ||
		    (i < from && !spoken_for(f, from, &e->entry))) {
			end_run(f, e);
			continue;
		}
		if (!e->running) {
			e->running = true;
			e->run_first = f->cursor;
		}
		e->run_last = last;
	}
}

/* Goes on to the end of the narrowest entries that are open, and closes them. */
static void close_top(struct flattening *f)
{
	addr_t last = f->open[f->depth - 1].last;

	if (!f->past_end && f->cursor <= last) {
		step(f, last);
		f->cursor = last + 1;
		f->past_end = f->cursor == 0;
	}
	while (f->depth > 0 && f->open[f->depth - 1].last == last) {
		end_run(f, &f->open[--f->depth]);
	}
}

static void push(struct flattening *f, const struct list_item *entry)
{
	struct prefix p = {entry->addr, entry->family, entry->len};

	if (f->depth == f->open_room) {
		f->open_room = f->open_room ? f->open_room * 2 : 64;
		f->open = must_realloc(f->open, f->open_room * sizeof *f->open);
	}
	f->open[f->depth++] = (struct open_entry){.entry = *entry, .last = prefix_last(&p)};
}

static bool same_prefix(const struct list_item *a, const struct list_item *b)
{
	return a->addr == b->addr && a->len == b->len;
}

/* Of entries with the same prefix, a trie has the first in the file only. */
static void push_first(struct flattening *f, size_t end)
{
	size_t first = f->read;

	for (size_t i = f->read + 1; i < end; i++) {
		if (f->at[i].reason < f->at[first].reason) {
			first = i;
		}
	}
	push(f, &f->at[first]);
}

/* A set has them all; on one sublist the first that has a text. */
static void push_all(struct flattening *f, size_t end)
{
	for (size_t i = f->read; i < end; i++) {
		struct open_entry *last = i > f->read ? &f->open[f->depth - 1] : NULL;

		if (!last || last->entry.sublist != f->at[i].sublist) {
			push(f, &f->at[i]);
		} else if (last->entry.text == 0) {
			last->entry.text = f->at[i].text;
		}
	}
}

static bool ends_before(const struct open_entry *e, const struct list_item *next)
{
	return e->last < next->addr || e->entry.family != next->family;
}

static void sweep(struct flattening *f)
{
	while (f->read < f->count) {
		struct list_item next = f->at[f->read];
		size_t end = f->read + 1;

		while (end < f->count && same_prefix(&next, &f->at[end])) {
			end++;
		}
		while (f->depth > 0 && ends_before(&f->open[f->depth - 1], &next)) {
			close_top(f);
		}
		if (f->depth > 0 && f->cursor < next.addr) {
			step(f, next.addr - 1);
		}
		f->cursor = next.addr;
		(f->set ? push_all : push_first)(f, end);
		f->read = end;
	}
	while (f->depth > 0) {
		close_top(f);
	}
}

void list_flatten(struct list_reader *reader, size_t from, bool set)
{
	struct list *list = reader->list;
	struct flattening f = {.count = list->count - from, .set = set, .reader = reader};

	if (f.count == 0) {
		return;
	}
	f.at = list->at + from;
	list_sort(f.at, f.count);
	sweep(&f);
	free(f.open);

	list->count = from + f.written;
	if (list->count + f.side_count > list->room) {
		list->room = list->count + f.side_count;
		list->at = must_realloc(list->at, list->room * sizeof *list->at);
	}
	if (f.side_count > 0) {
		memcpy(list->at + list->count, f.side, f.side_count * sizeof *f.side);
		list->count += f.side_count;
	}
	free(f.side);
}
