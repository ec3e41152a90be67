/*
 * mirror_cover.h: from the records of a mirrored zone to the prefixes that are listed, by RFC 4592.
 * Private to zones/.
 */
#ifndef DNSBLD_MIRROR_COVER_H
#define DNSBLD_MIRROR_COVER_H

#include "mirrored_rows.h"

/* One prefix, and the codes and texts that all addresses in it have. */
struct covered {
	struct prefix prefix;
	size_t item; /* the first of them */
	unsigned count;
};

struct cover_item {
	uint8_t code;
	uint32_t text; /* id; 0: none */
};

/* All that is listed from an address to another, ascending. */
struct cover_part {
	unsigned family;
	addr_t first, last;
	struct covered *at;
	size_t count;
	const struct cover_item *items;
};

struct cover {
	/* The caller's to fill. */
	struct txn *txn;
	uint16_t number;
	uint8_t slot;
	bool cuts; /* there are names with NS or DNAME */
	/* The id of a text, as mirror_template() made it. */
	uint32_t (*text)(void *context, struct bytes text);
	/* False: that is enough. */
	bool (*part)(void *context, const struct cover_part *part);
	void *context;

	/* Inside. */
	struct scan *scan;
	struct covered *at;
	size_t count, room;
	struct cover_item *items;
	size_t item_count, item_room;
	struct mirror_meaning *meaning;
	struct cover_frame *frames;
	struct mirror_row row; /* a copy: naming a text is a write, which ends what is borrowed */
	uint8_t path[MIRROR_KEY];
	addr_t from; /* up to here, exclusively, parts were given */
	bool stopped;
};

void cover_init(struct cover *cover);
void cover_release(struct cover *cover);

/*
 * Gives the parts that make up a region, in order. Prefixes are the widest that no existing name
 * parts, from /8 (v4) or /16 (v6) on: so a prefix depends on the names at and below the one that
 * its wildcard is below, and nothing else. Errors are the transaction's. False: `part` said so.
 */
bool cover_region(struct cover *cover, const struct prefix *region);

/* What a wildcard right below the node lists, into cover->meaning; false where it lists nothing. */
bool cover_wildcard(struct cover *cover, const struct mirror_key *node);

#endif
