/*
 * revname.c: reversed names, both ways. The parser reads labels from the left, which is the address
 * from its end, and decides by count and by what every label can be: an octet, a nibble, or either.
 */
#include "revname.h"

#include <stdio.h>
#include <string.h>

enum {
	OCTETS = 4,
	NIBBLES = 32,
};

/* A decimal octet without leading zeros, -1 where it is none. */
static int octet(const uint8_t *label, unsigned len)
{
	unsigned value = 0;

	if (len == 0 || len > 3 || (len > 1 && label[0] == '0')) {
		return -1;
	}
	for (unsigned i = 0; i < len; i++) {
		unsigned digit = (unsigned)label[i] - '0';

		if (digit > 9) {
			return -1;
		}
		value = value * 10 + digit;
	}
	return value > 255 ? -1 : (int)value;
}

static int nibble(const uint8_t *label, unsigned len)
{
	if (len != 1) {
		return -1;
	}
	unsigned c = label[0];

	if (c - '0' <= 9) {
		return (int)(c - '0');
	}
	c |= 0x20; /* lower case */
	return c - 'a' <= 5 ? (int)(c - 'a' + 10) : -1;
}

struct revname revname_parse(const uint8_t *labels, size_t len)
{
	struct revname name = {.kind = REVNAME_OTHER};
	addr_t v4 = 0, v6 = 0;
	bool octets = true, nibbles = true;
	unsigned count = 0;

	for (size_t at = 0; at < len; count++) {
		unsigned size = labels[at];
		int value;

		if (size == 0 || at + 1 + size > len || count == NIBBLES) {
			return name;
		}
		octets = octets && count < OCTETS && (value = octet(labels + at + 1, size)) >= 0;
		if (octets) {
			v4 |= (addr_t)value << (8 * count);
		}
		nibbles = nibbles && (value = nibble(labels + at + 1, size)) >= 0;
		if (nibbles) {
			v6 |= (addr_t)value << (4 * count);
		}
		if (!octets && !nibbles) {
			return name;
		}
		at += 1 + size;
	}
	if (count == 0) {
		return name;
	}
	if (octets && count == OCTETS) {
		name.kind = REVNAME_ADDRESS;
		name.family = 4;
		name.addr = v4;
		name.v6_parent = nibbles;
	} else if (nibbles && count == NIBBLES) {
		name.kind = REVNAME_ADDRESS;
		name.family = 6;
		name.addr = v6;
	} else {
		name.kind = REVNAME_PARTIAL;
	}
	return name;
}

size_t revname_format(const struct prefix *p, char text[REVNAME_TEXT])
{
	unsigned step = p->family == 4 ? 8 : 4;
	unsigned bits = prefix_bits(p->family);
	char *at = text;

	if (p->len < bits) {
		*at++ = '*';
		*at++ = '.';
	}
	for (unsigned shift = bits - p->len; shift < bits; shift += step) {
		unsigned value = (unsigned)(p->addr >> shift) & ((1U << step) - 1);

		at += sprintf(at, step == 8 ? "%u." : "%x.", value);
	}
	if (at == text) {
		*at++ = '.';
	}
	*--at = '\0';
	return (size_t)(at - text);
}
