/*
 * list_address.h: addresses as rbldnsd's files spell them. Private to zones/list_*.c.
 */
#ifndef DNSBLD_LIST_ADDRESS_H
#define DNSBLD_LIST_ADDRESS_H

#include <stdint.h>

#include "prefix.h"

/* What an entry begins with: addresses, all of one family. */
struct list_range {
	addr_t first;
	addr_t last;
};

/*
 * Each reads from *s and moves it past what was read. NULL, or what is wrong.
 *
 * Sets:  1.2.3.4  1.2.3  1.2  1.2.3.4/30  1.2.3/24
 * 1/8  1.2.3.4-1.2.3.9  1.2.3-1.2.9  1.2.3.4-9  1.2.3-9
 * Tries: 1.2.3.4  1.2.3  1.2  1.2.3.4/30  1.2.3/24  1/8
 * IPv6:  2001:db8::1  2001:db8  2001:db8::/32  2001:db8/32
 */
const char *list_ip4_range(char **s, struct list_range *range);
const char *list_ip4_prefix(char **s, struct list_range *range);
const char *list_ip6_prefix(char **s, struct list_range *range);

/* The A value after a colon, as inet_aton() reads it but for a single number N, which is 127.0.0.N.
 */
const char *list_ip4_value(char **s, uint32_t *value);

#endif
