/*
 * mirror_cover_inside.h: a cover from inside, for the files that are it: mirror_cover.c (regions),
 * mirror_walk.c (a subtree in one pass), mirror_part.c (prefixes, until they are given).
 */
#ifndef DNSBLD_MIRROR_COVER_INSIDE_H
#define DNSBLD_MIRROR_COVER_INSIDE_H

#include "mirror_cover.h"

enum { COVER_FRAMES = 33 }; /* 32 nibbles, and the node where the walk begins */

/* A node whose labels are looked at. */
struct cover_frame {
	size_t key_len;
	struct prefix prefix;
	unsigned next;     /* v6: the first label that nothing was said about */
	bool there[256];   /* v4: labels that exist */
	bool silent;       /* what does not exist below is unlisted, whatever the wildcard */
	size_t item_count; /* of its wildcard */
	struct cover_item items[MIRROR_CODES];
};

/* How many addresses are below a label of the node. */
static inline addr_t cover_label_size(const struct prefix *node)
{
	return (addr_t)1 << (prefix_bits(node->family) - node->len - mirror_step(node->family));
}

/* --- mirror_part.c ---------------------------------------------------------------------------- */

/* A stretch that is listed so; with no items it is not. */
void cover_add(struct cover *c, unsigned family, addr_t first, addr_t last,
	       const struct cover_item *items, size_t count);

/* Gives what was gathered, up to `last`. */
void cover_give(struct cover *c, unsigned family, addr_t last);

/* The meaning of a row, into cover->meaning, which then borrows from cover->row. */
void cover_mean(struct cover *c, struct bytes value, bool apex);

/* Items of what was last looked at. `ip` is its address, without data under a wildcard. */
unsigned cover_name(struct cover *c, struct bytes ip, struct cover_item items[MIRROR_CODES]);

/* --- mirror_walk.c ---------------------------------------------------------------------------- */

/* Labels of the node, from `from` up to, exclusively, `to`, that do not exist. */
void cover_add_gap(struct cover *c, const struct cover_frame *f, unsigned from, unsigned to);

/* All at and below a node that exists. */
void cover_walk(struct cover *c, const struct mirror_key *node, const struct prefix *prefix);

#endif
