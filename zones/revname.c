/*
 * revname.c: reversed names, both ways.
 *
 *	8 to 16 octets: four labels of digits?      an IPv4 address
 *	64 octets: 32 labels of a nibble?           an IPv6 address
 *	else: fewer labels of either kind?          the parent of addresses
 *
 * IPv4 is on the way of nearly every query and has no branch that depends on how many digits a
 * label has: nobody can foretell those.
 */
#include "revname.h"

#include <string.h>

#include "bytes.h"

enum {
	OCTETS = 4,
	NIBBLES = 32,
	OCTETS_LEAST = 2 * OCTETS,
	OCTETS_MOST = 4 * OCTETS,
};

/*
 * Four labels of a decimal octet without leading zeros. A label and its length are taken as one
 * word, the last digit is moved to the bottom, and all three are looked at together. Near the end
 * the word begins earlier, so that nothing behind `len` is read.
 */
static bool parse_octets(const uint8_t *labels, size_t len, addr_t *addr)
{
	/* Of so many digits, one an octet: the least number; below 0x020505, 255, in any case. */
	static const uint32_t least[] = {UINT32_MAX, 0, 0x000100, 0x010000};
	uint32_t v4 = 0, wrong = 0;
	size_t at = 0;

	for (unsigned i = 0; i < OCTETS; i++) {
		if (at >= len) {
			return false;
		}
		size_t from = at < len - 4 ? at : len - 4;
		uint32_t word = peek_u32(labels + from) << 8 * (at - from);
		unsigned size = word >> 24;

		if (size > 3) {
			return false;
		}
		uint32_t digits = ((word ^ 0x303030) & 0xffffff) >> 8 * (3 - size);
		uint32_t value = (digits >> 16) * 100 + (digits >> 8 & 0xff) * 10 + digits;

		/* An octet that is no digit has its high bit set, or gets it by adding 118. */
		wrong |= (digits | (digits + 0x767676)) & 0x808080;
		wrong |= (digits < least[size]) | (digits > 0x020505);
		v4 |= (value & 0xff) << (8 * i);
		at += 1 + size;
	}
	*addr = v4;
	return at == len && wrong == 0;
}

/* A hexadecimal digit of either case, -1 where it is none. */
static inline int nibble(unsigned c)
{
	if (c - '0' <= 9) {
		return (int)(c - '0');
	}
	c |= 0x20; /* lower case */
	return c - 'a' <= 5 ? (int)(c - 'a' + 10) : -1;
}

/*
 * Four labels of a nibble, in eight octets: every second one is a length, the others are looked at
 * in lanes of 16 bits. -1 where one is none.
 */
static inline int four_nibbles(const uint8_t *labels)
{
	const uint64_t each = 0x0001000100010001;
	uint64_t word = peek_u64(labels);
	uint64_t c = word & 0xff * each, lower = c | 0x20 * each;
	/* Bit 7 of a lane says that its octet, which is below 128, is at least so much. */
	uint64_t digit = (c + (0x80 - '0') * each) & ~(c + (0x7f - '9') * each);
	uint64_t letter = (lower + (0x80 - 'a') * each) & ~(lower + (0x7f - 'f') * each);

	if ((word >> 8 & 0xff * each) != each || c & 0x80 * each ||
	    ((digit | letter) & 0x80 * each) != 0x80 * each) {
		return -1;
	}
	uint64_t value = (c & 0xf * each) + (letter >> 7 & each) * 9;

	/* The first label is the lowest nibble, and in the highest lane. */
	return (int)((value >> 48 | value >> 28 | value >> 8 | value << 12) & 0xffff);
}

/* 32 labels of one nibble, in 64 octets. */
static bool parse_nibbles(const uint8_t *labels, addr_t *addr)
{
	addr_t v6 = 0;

	for (unsigned i = 0; i < NIBBLES; i += 4) {
		int four = four_nibbles(labels + 2 * (size_t)i);

		if (four < 0) {
			return false;
		}
		v6 |= (addr_t)four << 4 * i;
	}
	*addr = v6;
	return true;
}

static bool is_octet(const uint8_t *label, unsigned size)
{
	unsigned value = 0;

	if (size > 3 || (size > 1 && label[0] == '0')) {
		return false;
	}
	for (unsigned i = 0; i < size; i++) {
		unsigned digit = (unsigned)label[i] - '0';

		if (digit > 9) {
			return false;
		}
		value = value * 10 + digit;
	}
	return value <= 255;
}

/* 1 to 3 octets, or 1 to 31 nibbles. */
static bool is_partial(const uint8_t *labels, size_t len)
{
	bool octets = true, nibbles = true;
	unsigned count = 0;

	for (size_t at = 0; at < len; count++) {
		unsigned size = labels[at];

		if (size == 0 || size > 3 || at + 1 + size > len) {
			return false;
		}
		octets = octets && count < OCTETS - 1 && is_octet(labels + at + 1, size);
		nibbles =
			nibbles && count < NIBBLES - 1 && size == 1 && nibble(labels[at + 1]) >= 0;
		if (!octets && !nibbles) {
			return false;
		}
		at += 1 + size;
	}
	return count > 0;
}

struct revname revname_parse(const uint8_t *labels, size_t len)
{
	struct revname name = {.kind = REVNAME_OTHER};

	if (len >= OCTETS_LEAST && len <= OCTETS_MOST && parse_octets(labels, len, &name.addr)) {
		name.kind = REVNAME_ADDRESS;
		name.family = 4;
		name.v6_parent = len == OCTETS_LEAST;
	} else if (len == 2 * NIBBLES && parse_nibbles(labels, &name.addr)) {
		name.kind = REVNAME_ADDRESS;
		name.family = 6;
	} else if (is_partial(labels, len)) {
		name.kind = REVNAME_PARTIAL;
	}
	return name;
}

/* An octet in decimal, or a nibble, with its length before it. Returns where it ends. */
static uint8_t *write_label(uint8_t *at, unsigned value, bool octet)
{
	uint8_t *digit = at + 1;

	if (octet && value >= 100) {
		*digit++ = (uint8_t)('0' + value / 100);
	}
	if (octet && value >= 10) {
		*digit++ = (uint8_t)('0' + value / 10 % 10);
	}
	*digit++ = octet ? (uint8_t)('0' + value % 10) : (uint8_t) "0123456789abcdef"[value];
	*at = (uint8_t)(digit - at - 1);
	return digit;
}

void revname_name(const struct prefix *p, const struct name *apex, struct name *name)
{
	unsigned step = p->family == 4 ? 8 : 4;
	unsigned bits = prefix_bits(p->family);
	uint8_t *at = name->wire;

	if (p->len < bits) {
		*at++ = 1;
		*at++ = '*';
	}
	for (unsigned shift = bits - p->len; shift < bits; shift += step) {
		at = write_label(at, (unsigned)(p->addr >> shift) & ((1U << step) - 1), step == 8);
	}
	memcpy(at, apex->wire, apex->len);
	name->len = (uint8_t)(at - name->wire + apex->len);
}
