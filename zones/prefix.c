/*
 * prefix.c: addresses and prefixes as numbers; see prefix.h for the one representation.
 */
#include "prefix.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ::ffff:0:0/96, RFC 4291 §2.5.5.2: an IPv4 address in IPv6 clothes. */
static const addr_t V4_MAPPED = (addr_t)0xffff << 32;

addr_t prefix_mask(unsigned family, unsigned len)
{
	unsigned bits = prefix_bits(family);
	addr_t all = family == 4 ? (addr_t)UINT32_MAX : ~(addr_t)0;

	return len == 0 ? 0 : all & ~((len == bits) ? 0 : (((addr_t)1 << (bits - len)) - 1));
}

addr_t prefix_last(const struct prefix *p)
{
	return p->addr |
	       (prefix_mask(p->family, prefix_bits(p->family)) & ~prefix_mask(p->family, p->len));
}

struct prefix prefix_of(unsigned family, addr_t addr, unsigned len)
{
	return (struct prefix){addr & prefix_mask(family, len), (uint8_t)family, (uint8_t)len};
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->family == inner->family && outer->len <= inner->len &&
	       (inner->addr & prefix_mask(outer->family, outer->len)) == outer->addr;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	if (a->family != b->family) {
		return a->family < b->family ? -1 : 1;
	}
	if (a->addr != b->addr) {
		return a->addr < b->addr ? -1 : 1;
	}
	return (a->len > b->len) - (a->len < b->len);
}

static addr_t addr_load(const uint8_t *p, unsigned count)
{
	return count == 4 ? peek_u32(p) : (addr_t)peek_u64(p) << 64 | peek_u64(p + 8);
}

static void addr_store(uint8_t *p, unsigned count, addr_t addr)
{
	const uint64_t half[] = {htobe64((uint64_t)(addr >> 64)), htobe64((uint64_t)addr)};
	const uint32_t v4 = htobe32((uint32_t)addr);

	memcpy(p, count == 4 ? (const void *)&v4 : half, count);
}

/* "24": one to three digits without a leading zero. */
static bool length_parse(const char *text, unsigned most, unsigned *len)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1)) {
		return false;
	}
	*len = (unsigned)atoi(text);
	return *len <= most;
}

enum status prefix_parse(const char *text, struct prefix *p)
{
	char host[ADDR_TEXT];
	uint8_t octets[16];
	const char *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : strlen(text);

	if (host_len == 0 || host_len >= sizeof host) {
		return fail(ST_DATA, "'%.64s' is no address or prefix", text);
	}
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (inet_pton(AF_INET, host, octets) == 1) {
		p->family = 4;
	} else if (inet_pton(AF_INET6, host, octets) == 1) {
		p->family = 6;
	} else {
		return fail(ST_DATA, "'%.64s' is no address or prefix", text);
	}

	unsigned bits = prefix_bits(p->family);
	unsigned len = bits;

	p->addr = addr_load(octets, bits / 8);
	if (slash && !length_parse(slash + 1, bits, &len)) {
		return fail(ST_DATA, "'%.64s': the length of a prefix is a number from 0 to %u",
			    text, bits);
	}
	p->len = (uint8_t)len;
	if ((p->addr & prefix_mask(p->family, len)) != p->addr) {
		struct prefix meant = prefix_of(p->family, p->addr, len);
		char good[PREFIX_TEXT];

		prefix_format(&meant, good);
		return fail(ST_DATA, "'%.64s' has bits set past its length; the prefix is %s", text,
			    good);
	}
	if (p->family == 6 && len >= 96 && (p->addr & prefix_mask(6, 96)) == V4_MAPPED) {
		*p = (struct prefix){p->addr & UINT32_MAX, 4, (uint8_t)(len - 96)};
	}
	return ST_OK;
}

enum status prefix_check_listing(const struct prefix *p)
{
	unsigned least = p->family == 4 ? 8 : 16;

	if (p->len < least) {
		char text[PREFIX_TEXT];

		prefix_format(p, text);
		return fail(ST_DATA,
			    "%s is too wide: a listing is an IPv4 /8 to /32 or an IPv6 /16 to /128",
			    text);
	}
	return ST_OK;
}

/* By hand: this is on the way of every TXT answer, and inet_ntop() is a printf. */
static size_t v4_format(uint32_t addr, char *text)
{
	char *p = text;

	for (int shift = 24; shift >= 0; shift -= 8) {
		unsigned v = addr >> shift & 0xff;

		if (v >= 100) {
			*p++ = (char)('0' + v / 100);
		}
		if (v >= 10) {
			*p++ = (char)('0' + v / 10 % 10);
		}
		*p++ = (char)('0' + v % 10);
		*p++ = '.';
	}
	*--p = '\0';
	return (size_t)(p - text);
}

size_t addr_format(unsigned family, addr_t addr, char text[ADDR_TEXT])
{
	uint8_t octets[16];

	if (family == 4) {
		return v4_format((uint32_t)addr, text);
	}
	if ((addr & prefix_mask(6, 96)) == V4_MAPPED) {
		memcpy(text, "::ffff:", 7);
		return 7 + v4_format((uint32_t)addr, text + 7);
	}
	if (addr >> 32 == 0 && addr >> 16 != 0) {
		/* glibc would write the mixed form for all of ::/96; RFC 5952 §5 has it for known
		 * prefixes only. */
		return (size_t)snprintf(text, ADDR_TEXT, "::%x:%x", (unsigned)(addr >> 16),
					(unsigned)(addr & 0xffff));
	}
	addr_store(octets, 16, addr);
	const char *done = inet_ntop(AF_INET6, octets, text, ADDR_TEXT);
	assert(done);
	return strlen(done);
}

size_t prefix_format(const struct prefix *p, char text[PREFIX_TEXT])
{
	size_t len = addr_format(p->family, p->addr, text);

	if (p->len != prefix_bits(p->family)) {
		len += (size_t)snprintf(text + len, PREFIX_TEXT - len, "/%u", p->len);
	}
	return len;
}

void addr_write(struct writer *w, unsigned family, addr_t addr)
{
	unsigned count = prefix_bits(family) / 8;
	uint8_t *p = write_room(w, count);

	if (p) {
		addr_store(p, count, addr);
	}
}

addr_t addr_read(struct reader *r, unsigned family)
{
	unsigned count = prefix_bits(family) / 8;
	const uint8_t *p = read_bytes(r, count);

	return p ? addr_load(p, count) : 0;
}

void prefix_write(struct writer *w, const struct prefix *p)
{
	write_u8(w, p->family);
	addr_write(w, p->family, p->addr);
	write_u8(w, p->len);
}

struct bytes prefix_key(uint8_t room[PREFIX_KEY], const struct prefix *p)
{
	struct writer w = writer_of(room, PREFIX_KEY);

	prefix_write(&w, p);
	return writer_bytes(&w);
}

struct prefix prefix_read(struct reader *r)
{
	struct prefix p = {0};

	p.family = read_u8(r);
	if (p.family != 4 && p.family != 6) {
		r->bad = true;
		return p;
	}
	p.addr = addr_read(r, p.family);
	p.len = read_u8(r);
	if (p.len > prefix_bits(p.family) || (p.addr & prefix_mask(p.family, p.len)) != p.addr) {
		r->bad = true;
	}
	return p;
}

bool range_next(unsigned family, addr_t *first, addr_t last, bool *done, struct prefix *p)
{
	if (*done || *first > last) {
		return false;
	}
	/* The widest that begins here and does not end past `last`. */
	unsigned bits = prefix_bits(family), len = bits;

	while (len > 0) {
		struct prefix wider = prefix_of(family, *first, len - 1);

		if (wider.addr != *first || prefix_last(&wider) > last) {
			break;
		}
		len--;
	}
	*p = prefix_of(family, *first, len);
	addr_t end = prefix_last(p);
	if (end == last) {
		*done = true;
	} else {
		*first = end + 1;
	}
	return true;
}
