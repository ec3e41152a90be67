/*
 * revname.h: reversed names, both ways (RFC 5782 §2.1 and §2.4).
 *
 *     192.0.2.1     <->  1.2.0.192.ZONE
 *     2001:db8::1   <->  1.0.0 … 8.b.d.0.1.0.0.2.ZONE
 *
 * Four labels of one decimal digit are two things at once: an IPv4 address, and the parent of an
 * IPv6 /16. Such a name exists whether or not the address is listed (RFC 8020), so it says so:
 * v6_parent.
 */
#ifndef DNSBLD_REVNAME_H
#define DNSBLD_REVNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"
#include "prefix.h"

enum revname_kind {
	REVNAME_OTHER,   /* not an address, nor the parent of one: NXDOMAIN */
	REVNAME_PARTIAL, /* 1 to 3 octets or 1 to 31 nibbles: an empty non-terminal */
	REVNAME_ADDRESS, /* 4 octets or 32 nibbles */
};

struct revname {
	enum revname_kind kind;
	uint8_t family; /* with REVNAME_ADDRESS */
	bool v6_parent; /* an IPv4 address whose name is an empty non-terminal of IPv6 too */
	addr_t addr;    /* with REVNAME_ADDRESS */
};

/*
 * Reads the labels in [labels, labels + len), the part of a wire name before the zone's, in any
 * case. Octets have no leading zeros. len 0 is REVNAME_OTHER: the apex is not the caller's
 * question. Names inside ::ffff:0:0/96 come back as family 6.
 */
struct revname revname_parse(const uint8_t *labels, size_t len);

/*
 * The owner of a prefix whose length is a whole number of labels (v4: 8, 16, 24, 32; v6: a multiple
 * of 4) in the zone at `apex`: 1.2.0.192.APEX, or with a shorter prefix its wildcard,
 * *.2.0.192.APEX. The apex leaves room for it, as every zone's does.
 */
void revname_name(const struct prefix *p, const struct name *apex, struct name *name);

#endif
