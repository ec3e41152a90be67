/*
 * block_rrs.c: one unit of the index as owner names, for a server that knows zones and not lists.
 *
 *     a /24 that is listed from end to end     *.2.0.192 for its commonest answer, and names
 *     any other /24                            names alone: a hole is an absent name
 *     a /16 that is listed from end to end     *.0.192 besides, for the answer that most of its
 *                                              /24s have from end to end; they need nothing else
 *     IPv6                                     the cover of each stretch by whole nibbles
 *
 * RFC 4592: a wildcard answers for names that do not exist, below the closest name that does.
 *
 * 1. Under a wildcard everything is listed, so that it can never answer for what is not.
 * 2. A name 9.2.0.192 makes 2.0.192 exist, and *.0.192 answers nothing below that any more: so each
 *    /24 that has names has its own wildcard.
 * 3. Single digits are nibbles too: *.0.0.2 would answer for 2000::/12. Where all labels are single
 *    digits the names one deeper are spelled out, in the end all addresses.
 * 4. IPv6 stretches are disjoint and their covers too, so no wildcard is below another.
 * 5. Names depend on addresses and records alone, not on ids: a unit that looks the same in the
 *    zone before and after a change makes the same names.
 */
#include "block_rrs.h"

#include <stdlib.h>

/* A stretch that looks the same to the zone. */
struct piece {
	addr_t first, last;
	uint32_t class;
};

static void emit(struct owners *u, struct prefix p, uint32_t class)
{
	if (u->count == u->room) {
		u->room = u->room ? u->room * 2 : 256;
		u->at = must_realloc(u->at, u->room * sizeof *u->at);
	}
	u->at[u->count++] = (struct owner){p, class};
}

static void add_piece(struct owners *u, const struct segment *s, uint32_t class)
{
	struct piece *last = u->piece_count > 0 ? &u->piece[u->piece_count - 1] : NULL;

	if (last && last->class == class && last->last + 1 == s->first) {
		last->last = s->last;
		return;
	}
	if (u->piece_count == u->piece_room) {
		u->piece_room = u->piece_room ? u->piece_room * 2 : 256;
		u->piece = must_realloc(u->piece, u->piece_room * sizeof *u->piece);
	}
	u->piece[u->piece_count++] = (struct piece){s->first, s->last, class};
}

static void find_pieces(struct owners *u)
{
	u->piece_count = 0;
	for (size_t i = 0; i < u->cut.count; i++) {
		uint32_t class = lens_class(u->lens, u->cut.at[i].answer);

		if (class != 0) {
			add_piece(u, &u->cut.at[i], class);
		}
	}
}

/* --- IPv4 -------------------------------------------------------------------------------- */

/* Part of the pieces of a unit: those that reach into one /24. */
struct net {
	const struct piece *piece;
	size_t count;
	addr_t first, last;
};

static addr_t clipped(const struct net *net, size_t i, addr_t *last)
{
	const struct piece *p = &net->piece[i];

	*last = p->last < net->last ? p->last : net->last;
	return p->first > net->first ? p->first : net->first;
}

static struct net net_at(const struct owners *u, size_t *from, addr_t first)
{
	struct net net = {.first = first, .last = first + 255};

	while (*from < u->piece_count && u->piece[*from].last < first) {
		++*from;
	}
	net.piece = &u->piece[*from];
	while (*from + net.count < u->piece_count && net.piece[net.count].first <= net.last) {
		net.count++;
	}
	return net;
}

static bool net_is_full(const struct net *net)
{
	size_t listed = 0;

	for (size_t i = 0; i < net->count; i++) {
		addr_t last, first = clipped(net, i, &last);

		listed += (size_t)(last - first) + 1;
	}
	return listed == 256;
}

static bool net_is_uniform(const struct net *net)
{
	return net->count == 1 && net_is_full(net);
}

/* The class of most addresses; of several the one that comes first. */
static uint32_t net_commonest(const struct owners *u, const struct net *net)
{
	uint32_t best = 0, most = 0;

	for (size_t i = 0; i < net->count; i++) {
		addr_t last, first = clipped(net, i, &last);

		u->tally[net->piece[i].class] += (uint32_t)(last - first) + 1;
	}
	for (size_t i = 0; i < net->count; i++) {
		uint32_t class = net->piece[i].class;

		if (u->tally[class] > most) {
			most = u->tally[class];
			best = class;
		}
		u->tally[class] = 0;
	}
	return best;
}

static bool block_is_full(const struct owners *u)
{
	size_t listed = 0;

	for (size_t i = 0; i < u->piece_count; i++) {
		listed += (size_t)(u->piece[i].last - u->piece[i].first) + 1;
	}
	return listed == 65536;
}

/* The class that most /24s have from end to end, 0 where there is none or the /16 has a hole. */
static uint32_t commonest_net(const struct owners *u, addr_t base)
{
	uint32_t best = 0, most = 0;
	size_t from = 0;

	if (!block_is_full(u)) {
		return 0;
	}
	for (addr_t first = base; first < base + 65536; first += 256) {
		struct net net = net_at(u, &from, first);

		if (net_is_uniform(&net)) {
			u->tally[net.piece->class]++;
		}
	}
	/* In the order of addresses, so that of several the first wins. */
	for (size_t i = 0; i < u->piece_count; i++) {
		uint32_t class = u->piece[i].class;

		if (u->tally[class] > most) {
			most = u->tally[class];
			best = class;
		}
		u->tally[class] = 0;
	}
	return best;
}

/* Whether all of the first `octets` of an address are written with one digit: see 3. above. */
static bool single_digits(addr_t addr, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++) {
		if ((addr >> (24 - 8 * i) & 0xff) > 9) {
			return false;
		}
	}
	return true;
}

static void emit_net(struct owners *u, const struct net *net, uint32_t around)
{
	uint32_t wild = 0;

	if (net_is_uniform(net) && net->piece->class == around) {
		return;
	}
	if (net_is_full(net) && !single_digits(net->first, 3)) {
		wild = net_commonest(u, net);
		emit(u, prefix_of(4, net->first, 24), wild);
	}
	for (size_t i = 0; i < net->count; i++) {
		addr_t last, first = clipped(net, i, &last);

		if (net->piece[i].class == wild) {
			continue;
		}
		for (addr_t a = first; a <= last; a++) {
			emit(u, prefix_of(4, a, 32), net->piece[i].class);
		}
	}
}

static void emit_v4(struct owners *u, addr_t base)
{
	uint32_t around = single_digits(base, 2) ? 0 : commonest_net(u, base);
	addr_t next = base;
	size_t from = 0;

	if (around != 0) {
		emit(u, prefix_of(4, base, 16), around);
	}
	while (from < u->piece_count) {
		const struct piece *p = &u->piece[from];
		addr_t first = p->first > next ? p->first & ~(addr_t)255 : next;

		if (first > p->last) {
			from++;
			continue;
		}
		struct net net = net_at(u, &from, first);

		emit_net(u, &net, around);
		next = first + 256;
	}
}

/* --- IPv6 -------------------------------------------------------------------------------- */

static void emit_v6(struct owners *u)
{
	for (size_t i = 0; i < u->piece_count; i++) {
		addr_t first = u->piece[i].first;
		bool done = false;
		struct prefix p;

		while (range_next(6, &first, u->piece[i].last, &done, &p)) {
			unsigned len = (p.len + 3U) / 4 * 4;
			unsigned names = 1U << (len - p.len);

			for (unsigned n = 0; n < names; n++) {
				addr_t step = len == 128 ? 1 : (addr_t)1 << (128 - len);

				emit(u, prefix_of(6, p.addr + n * step, len), u->piece[i].class);
			}
		}
	}
}

void owners_init(struct owners *owners, const struct lens *lens)
{
	*owners = (struct owners){.lens = lens};
}

void owners_release(struct owners *owners)
{
	free(owners->at);
	free(owners->piece);
	free(owners->tally);
	segments_release(&owners->cut);
}

void block_rrs(struct owners *u, const struct prefix *unit, const struct segments *segments)
{
	if (u->tally_room <= u->lens->classes) {
		free(u->tally);
		u->tally_room = 2 * u->lens->classes + 2;
		u->tally = must_alloc(u->tally_room * sizeof *u->tally);
	}
	u->count = 0;
	u->cut.count = 0;
	lens_cut(&u->lens->view, unit->family, segments, &u->cut);
	find_pieces(u);
	if (unit->family == 4) {
		emit_v4(u, unit->addr);
	} else {
		emit_v6(u);
	}
}
