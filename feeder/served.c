/*
 * served.c: what DNS serves, through the same answer_rrs() that the server asks.
 *
 * An address has one answer, and test entries come before it (RFC 5782 §5). A prefix has the ranges
 * of the index inside it, each with one answer.
 */
#include "served.h"

#include <stdio.h>

#include "answer.h"
#include "index.h"
#include "output.h"

/* A /8 can have a million ranges; nobody reads more than these. */
enum { RANGES_SHOWN = 64 };

struct served {
	struct txn *txn;
	const struct config *config;
	struct json *json; /* NULL: text */
};

static void print_txt(struct served *s, const char *zone, struct bytes template, struct bytes ip)
{
	uint8_t text[TEXT_MAX];
	struct bytes expanded = {text, text_expand(template, ip, text)};

	if (s->json) {
		json_bytes(s->json, NULL, expanded);
	} else {
		fprintf(output(), "%s TXT \"", zone);
		output_text(expanded);
		fputs("\"\n", output());
	}
}

static void print_rrs(struct served *s, const char *zone, const struct rrs *rrs, struct bytes ip)
{
	char a[16];

	if (s->json) {
		json_open(s->json, zone, '{');
		json_open(s->json, "a", '[');
	}
	for (unsigned i = 0; i < rrs->a_count; i++) {
		snprintf(a, sizeof a, "127.0.0.%u", rrs->code[i]);
		if (s->json) {
			json_text(s->json, NULL, a);
		} else {
			fprintf(output(), "%s A %s\n", zone, a);
		}
	}
	if (s->json) {
		json_close(s->json, ']');
		json_open(s->json, "txt", '[');
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		print_txt(s, zone, rrs->txt[i], ip);
	}
	if (s->json) {
		json_close(s->json, ']');
		json_close(s->json, '}');
	}
}

/*
 * One address, or a range with one answer that begins there; `ip` is what its texts have for {ip}.
 * True where it is listed: on any sublist, one that no zone serves too.
 */
static bool print_zones(struct served *s, unsigned family, addr_t addr, struct bytes ip, bool host,
			uint32_t id)
{
	struct answer answer = {.count = 0};
	bool listed = id != 0;

	if (id != 0 && !answer_read(s->txn, id, &answer)) {
		return false;
	}
	if (s->json) {
		json_open(s->json, "zones", '{');
	}
	for (size_t i = 0; i < s->config->zone_count; i++) {
		const struct zone_config *zone = &s->config->zones[i];
		struct zone_view view;
		struct rrs rrs;
		uint8_t low;

		zone_view_init(&view, zone, s->txn);
		if (host && test_entry(&view, family, addr, &low)) {
			test_entry_rrs(low, &view, &rrs);
			listed = i == 0 ? rrs.a_count > 0 : listed || rrs.a_count > 0;
		} else {
			answer_rrs(&answer, &view, s->txn, &rrs);
		}
		if (rrs.a_count > 0) {
			print_rrs(s, zone->name, &rrs, ip);
		}
	}
	if (s->json) {
		json_close(s->json, '}');
	}
	return listed;
}

static void print_range(struct served *s, unsigned family, const struct segment *segment)
{
	char first[ADDR_TEXT], last[ADDR_TEXT];
	bool single = segment->first == segment->last;

	addr_format(family, segment->first, first);
	addr_format(family, segment->last, last);
	if (s->json) {
		json_open(s->json, NULL, '{');
		json_text(s->json, "first", first);
		json_text(s->json, "last", last);
	} else if (single) {
		fprintf(output(), "%s:\n", first);
	} else {
		fprintf(output(), "%s to %s:\n", first, last);
	}
	/* Each address of a range has its own text: no one of them stands for all. */
	print_zones(s, family, segment->first, bytes_str(single ? first : "{ip}"), false,
		    segment->answer);
	if (s->json) {
		json_close(s->json, '}');
	}
}

static bool print_ranges(struct served *s, const struct prefix *prefix)
{
	struct segments segments = {0};

	index_read(s->txn, prefix, &segments);
	size_t shown = segments.count < RANGES_SHOWN ? segments.count : RANGES_SHOWN;
	bool listed = segments.count > 0;

	if (s->json) {
		json_number(s->json, "ranges_listed", segments.count);
		json_open(s->json, "ranges", '[');
	}
	for (size_t i = 0; i < shown; i++) {
		print_range(s, prefix->family, &segments.at[i]);
	}
	if (s->json) {
		json_close(s->json, ']');
	} else if (segments.count > shown) {
		fprintf(output(), "and %zu more ranges\n", segments.count - shown);
	}
	segments_release(&segments);
	return listed;
}

bool served_print(struct txn *txn, const struct config *config, const struct prefix *prefix,
		  struct json *json)
{
	struct served s = {txn, config, json};
	char text[ADDR_TEXT];

	if (prefix->len < prefix_bits(prefix->family)) {
		return print_ranges(&s, prefix);
	}
	size_t len = addr_format(prefix->family, prefix->addr, text);

	return print_zones(&s, prefix->family, prefix->addr, bytes_of(text, len), true,
			   index_find(txn, prefix->family, prefix->addr));
}
