/*
 * list_address.c: addresses as rbldnsd's files spell them: short forms that are prefixes, ranges of
 * short forms, decimal octets with leading zeros. rbldnsd.8, "ip4set Dataset" and "ip6trie
 * Dataset"; where the manual and the program differ (127-127.0.0 is refused), the program is right.
 */
#include "list_address.h"

#include <ctype.h>
#include <stdbool.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number up to `most`, with any leading zeros. */
static bool number_parse(char **s, unsigned most, unsigned *number)
{
	if (!digit(**s)) {
		return false;
	}
	for (*number = 0; digit(**s); (*s)++) {
		*number = *number * 10 + (unsigned)(**s - '0');
		if (*number > most) {
			return false;
		}
	}
	return true;
}

/* One to four octets; *count of them, in the high octets of *addr. */
static const char *octets_parse(char **s, uint32_t *addr, unsigned *count)
{
	*addr = 0;
	for (*count = 0; *count < 4;) {
		unsigned octet;

		if (!number_parse(s, 255, &octet)) {
			return "it begins with no IPv4 address";
		}
		*addr |= (uint32_t)octet << (24 - 8 * *count);
		++*count;
		if (**s != '.' || *count == 4) {
			break;
		}
		(*s)++;
	}
	return NULL;
}

static const char *range_of_prefix(unsigned family, addr_t addr, unsigned len,
				   struct list_range *range)
{
	struct prefix p = prefix_of(family, addr, len);

	if (p.addr != addr) {
		return "it has bits set past the length of its prefix";
	}
	*range = (struct list_range){addr, prefix_last(&p)};
	return NULL;
}

/* What may follow `count` octets: "/24", or nothing where there are at least two of them. */
static const char *ip4_length(char **s, uint32_t addr, unsigned count, struct list_range *range)
{
	unsigned len = 8 * count;

	if (**s == '/') {
		(*s)++;
		if (!number_parse(s, 32, &len)) {
			return "the length of an IPv4 prefix is a number from 0 to 32";
		}
	} else if (count == 1) {
		return "a single number is no address: write 10/8 for 10.0.0.0/8";
	}
	return range_of_prefix(4, addr, len, range);
}

const char *list_ip4_prefix(char **s, struct list_range *range)
{
	unsigned count;
	uint32_t addr;
	const char *wrong = octets_parse(s, &addr, &count);

	return wrong ? wrong : ip4_length(s, addr, count, range);
}

const char *list_ip4_range(char **s, struct list_range *range)
{
	unsigned count, last_count;
	uint32_t addr, last;
	const char *wrong = octets_parse(s, &addr, &count);

	if (wrong || **s != '-') {
		return wrong ? wrong : ip4_length(s, addr, count, range);
	}
	(*s)++;
	wrong = octets_parse(s, &last, &last_count);
	if (wrong) {
		return "the range ends with no IPv4 address";
	}
	if (last_count == 1) {
		/* 1.2.3-9: another value of the last octet that was given. */
		unsigned upper = 8 * (count - 1);

		last = (uint32_t)(last >> upper | (addr & prefix_mask(4, upper)));
	} else if (last_count != count) {
		return "both ends of a range have as many octets, or the last has one";
	}
	last |= (uint32_t)~prefix_mask(4, 8 * count);
	if (addr > last) {
		return "the range ends before it begins";
	}
	*range = (struct list_range){addr, last};
	return NULL;
}

const char *list_ip4_value(char **s, uint32_t *value)
{
	static const char *const wrong = "an A value is a number or an IPv4 address";
	unsigned count;
	uint32_t addr;

	if (octets_parse(s, &addr, &count)) {
		return wrong;
	}
	switch (count) {
	case 1:
		*value = addr >> 24 | UINT32_C(0x7f000000);
		break;
	case 2:
		*value = (addr & 0xff000000) | (addr >> 16 & 0xff);
		break;
	case 3:
		*value = (addr & 0xffff0000) | (addr >> 8 & 0xff);
		break;
	default:
		*value = addr;
		break;
	}
	return addr == 0 ? wrong : NULL;
}

/* Up to eight groups; *gap is the count of those before "::", or 8 where there is none. */
static const char *groups_parse(char **s, addr_t *groups, unsigned *count, unsigned *gap)
{
	static const char *const wrong = "it begins with no IPv6 address";

	*groups = 0;
	*count = 0;
	*gap = 8;
	if (**s == ':') {
		if ((*s)[1] != ':') {
			return wrong;
		}
		*gap = 0;
		*s += 2;
	}
	while (*count < 8 && isxdigit((unsigned char)**s)) {
		unsigned group = 0;

		for (; isxdigit((unsigned char)**s); (*s)++) {
			char c = **s;

			group = group << 4 | (unsigned)(digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
			if (group > 0xffff) {
				return wrong;
			}
		}
		*groups = *groups << 16 | group;
		++*count;
		if (**s != ':' || *count == 8) {
			break;
		}
		if ((*s)[1] == ':' && *gap == 8) {
			*gap = *count;
			*s += 2;
		} else if (isxdigit((unsigned char)(*s)[1])) {
			(*s)++;
		} else {
			break;
		}
	}
	return *count == 0 && *gap == 8 ? wrong : NULL;
}

const char *list_ip6_prefix(char **s, struct list_range *range)
{
	unsigned count, gap, len = 128;
	addr_t addr;
	const char *wrong = groups_parse(s, &addr, &count, &gap);

	if (wrong) {
		return wrong;
	}
	if (gap == 8) {
		/* What is left out at the end is zeros, and the prefix is as long as what was
		 * given. */
		len = 16 * count;
		addr <<= 128 - len;
	} else if (count == 8) {
		return "its :: stands for nothing";
	} else if (gap == 0) {
		/* As it is: all groups are at the end. */
	} else if (gap == count) {
		addr <<= 128 - 16 * count;
	} else {
		unsigned after = 16 * (count - gap);

		addr = addr >> after << (128 - 16 * gap) | (addr & (((addr_t)1 << after) - 1));
	}
	if (**s == '/') {
		(*s)++;
		if (!number_parse(s, 128, &len)) {
			return "the length of an IPv6 prefix is a number from 0 to 128";
		}
	} else if (gap == 8 && count == 1) {
		return "a single group is no address: write 2001/16 for 2001::/16";
	}
	return range_of_prefix(6, addr, len, range);
}
