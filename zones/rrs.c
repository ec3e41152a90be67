/*
 * rrs.c: from answers to records: the one place that knows which records an answer means in a zone
 * (DESIGN, "Zones, as DNS sees them"), and those that mean no listing but that the list is alive
 * (RFC 5782 §5).
 */
#include "answer.h"

#include <string.h>

/* ::ffff:127.0.0.0, where the IPv6 test entries are: RFC 5782 §5. */
static const addr_t TEST6 = (addr_t)0xffff << 32 | 0x7f000000;
static const addr_t TEST4 = 0x7f000000;

enum { UNLISTED = 1, ALWAYS = 2 }; /* 127.0.0.1 must not be listed, 127.0.0.2 must */

void zone_view_init(struct zone_view *view, const struct zone_config *config, struct txn *txn)
{
	view->config = config;
	view->count = config->sublist_count;
	for (size_t i = 0; i < view->count; i++) {
		const struct sublist_config *sublist = config->sublists[i];

		view->sublist[i] = (struct zone_sublist){sublist_number(txn, sublist->name),
							 sublist->code, bytes_str(sublist->text)};
	}
}

/* The sublist's A, and its text unless it is empty or there already. */
static void add(struct rrs *rrs, uint8_t code, struct bytes text)
{
	rrs->code[rrs->a_count++] = code;
	if (text.len == 0) {
		return;
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		if (bytes_equal(rrs->txt[i], text)) {
			return;
		}
	}
	rrs->txt[rrs->txt_count++] = text;
}

/* The answer's item on a sublist, NULL where it is not on it. Items ascend by sublist. */
static const struct answer_item *item_of(const struct answer *answer, uint16_t sublist)
{
	unsigned low = 0, high = answer->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (answer->item[middle].sublist < sublist) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < answer->count && answer->item[low].sublist == sublist ? &answer->item[low]
									   : NULL;
}

void answer_rrs(const struct answer *answer, const struct zone_view *view, struct txn *txn,
		struct rrs *rrs)
{
	rrs->a_count = 0;
	rrs->txt_count = 0;
	for (size_t i = 0; i < view->count; i++) {
		const struct zone_sublist *sublist = &view->sublist[i];
		const struct answer_item *item =
			sublist->number ? item_of(answer, sublist->number) : NULL;

		if (item) {
			add(rrs, sublist->code,
			    item->text ? text_read(txn, item->text) : sublist->text);
		}
	}
}

void test_entry_rrs(uint8_t low, const struct zone_view *view, struct rrs *rrs)
{
	const struct zone_sublist *found = NULL;

	rrs->a_count = 0;
	rrs->txt_count = 0;
	if (view->config->mirror.given) {
		return;
	}
	for (size_t i = 0; i < view->count; i++) {
		if (view->sublist[i].code == low) {
			found = &view->sublist[i];
		}
	}
	if (!found && low == ALWAYS && view->count > 0) {
		found = &view->sublist[0]; /* the lowest code */
	}
	if (found) {
		add(rrs, found->code, found->text);
	}
}

bool test_entry(const struct zone_view *view, unsigned family, addr_t addr, uint8_t *low)
{
	addr_t first = family == 4 ? TEST4 : TEST6;

	if (addr < first || addr > first + UINT8_MAX) {
		return false;
	}
	*low = (uint8_t)addr;
	if (view->config->mirror.given) {
		/* Its primary has test entries like others, or it has none. */
		return *low == UNLISTED;
	}
	if (*low == UNLISTED || *low == ALWAYS) {
		return true;
	}
	for (size_t i = 0; i < view->count; i++) {
		if (view->sublist[i].code == *low) {
			return true;
		}
	}
	return false;
}

/* What an answer means; no records for 0 and for what cannot be read. */
static void rrs_of(uint32_t id, const struct zone_view *view, struct txn *txn, struct rrs *rrs)
{
	struct answer answer;

	rrs->a_count = 0;
	rrs->txt_count = 0;
	if (id != 0 && answer_read(txn, id, &answer)) {
		answer_rrs(&answer, view, txn, rrs);
	}
}

bool answer_same(uint32_t a, uint32_t b, const struct zone_view *view, struct txn *txn)
{
	struct rrs x, y;

	if (a == b) {
		return true;
	}
	rrs_of(a, view, txn, &x);
	rrs_of(b, view, txn, &y);
	if (x.a_count != y.a_count || x.txt_count != y.txt_count ||
	    memcmp(x.code, y.code, x.a_count) != 0) {
		return false;
	}
	for (unsigned i = 0; i < x.txt_count; i++) {
		if (!bytes_equal(x.txt[i], y.txt[i])) {
			return false;
		}
	}
	return true;
}

/* As much as there is room for. */
static void write_most(struct writer *w, struct bytes b)
{
	size_t room = (size_t)(w->end - w->at);

	write_bytes(w, b.data, b.len < room ? b.len : room);
}

size_t text_expand(struct bytes text, struct bytes ip, uint8_t out[TEXT_MAX])
{
	static const char mark[] = "{ip}";
	const size_t mark_len = sizeof mark - 1;
	struct writer w = writer_of(out, TEXT_MAX);
	bool literal;
	struct bytes shown = text_shown(text, &literal);
	const uint8_t *at = shown.data, *end = at + shown.len;

	if (literal) {
		write_most(&w, shown);
		return writer_len(&w);
	}
	while (at < end) {
		const uint8_t *brace = memchr(at + 1, mark[0], (size_t)(end - at) - 1);
		const uint8_t *next = brace ? brace : end;
		bool here = (size_t)(end - at) >= mark_len && memcmp(at, mark, mark_len) == 0;

		if (here) {
			write_most(&w, ip);
			at += mark_len;
		}
		if (next > at) {
			write_most(&w, bytes_of(at, (size_t)(next - at)));
			at = next;
		}
	}
	return writer_len(&w);
}
