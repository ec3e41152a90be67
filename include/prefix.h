/*
 * prefix.h: addresses and prefixes of both families.
 *
 * An address is a number of 128 bits, whatever its family: an IPv4 address uses the low 32. So a
 * range, a bound or a step is plain arithmetic, once for both. IPv4 lives as family 4 only: what is
 * given inside ::ffff:0:0/96 is turned into IPv4 as it is read (DESIGN: stored as IPv4).
 */
#ifndef DNSBLD_PREFIX_H
#define DNSBLD_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "status.h"

__extension__ typedef unsigned __int128 addr_t;

struct prefix {
	addr_t addr;    /* the first address: no bit is set past len */
	uint8_t family; /* 4 or 6 */
	uint8_t len;    /* 0 to prefix_bits(family) */
};

enum {
	ADDR_TEXT = 48,   /* room for any address in text, with its NUL */
	PREFIX_TEXT = 52, /* room for any prefix in text, with its NUL */
	PREFIX_KEY = 18,  /* most bytes that prefix_write() writes */
};

/* 32 or 128. */
static inline unsigned prefix_bits(unsigned family)
{
	return family == 4 ? 32 : 128;
}

/* The mask of a prefix of `len` bits: network bits set, within the family's width. */
addr_t prefix_mask(unsigned family, unsigned len);

/* The last address of the prefix. */
addr_t prefix_last(const struct prefix *p);

/* The prefix of `len` bits that `addr` is in. */
struct prefix prefix_of(unsigned family, addr_t addr, unsigned len);

/* Whether every address of `inner` is in `outer`. Families differ: false. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);

/* < 0, 0, > 0 by family, then address, then length: the order of prefix_write()'s bytes, each
 * prefix before what it covers. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

/*
 * "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1" (becomes IPv4). Nothing else: no
 * short forms, no leading zeros, no zone index. ST_DATA when it is none, and when bits are set past
 * the length (the text then says which prefix it would be). Any length is read; whether it may be
 * listed is prefix_check_listing()'s matter.
 */
enum status prefix_parse(const char *text, struct prefix *p);

/* ST_DATA with a text unless a listing may have this length: IPv4 /8 to /32, IPv6 /16 to /128. */
enum status prefix_check_listing(const struct prefix *p);

/* The text of an address (RFC 5952; mixed notation inside ::ffff:0:0/96), NUL-terminated. Returns
 * its length. */
size_t addr_format(unsigned family, addr_t addr, char text[ADDR_TEXT]);

/* The text of a prefix; a host (/32, /128) is its address alone. Returns the length. */
size_t prefix_format(const struct prefix *p, char text[PREFIX_TEXT]);

/* family(1) addr(4|16) len(1). Sorted bytes sort as prefix_compare() does. */
void prefix_write(struct writer *w, const struct prefix *p);

/* The bytes of prefix_write() alone, in `room`: a key, or where keys about the prefix begin. */
struct bytes prefix_key(uint8_t room[PREFIX_KEY], const struct prefix *p);

/* The inverse; bad on a family that is none, a length past it, or bits past the length. */
struct prefix prefix_read(struct reader *r);

/* 4 or 16 bytes in network order. */
void addr_write(struct writer *w, unsigned family, addr_t addr);
addr_t addr_read(struct reader *r, unsigned family);

/*
 * Takes the widest prefix from the front of the range [*first, last]: true with *p and *first moved
 * past it, false when the range is used up. *done holds the state (false at the start), for a range
 * may end at the last address.
 */
bool range_next(unsigned family, addr_t *first, addr_t last, bool *done, struct prefix *p);

#endif
