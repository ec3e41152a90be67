/*
 * client.h: who asks.
 */
#ifndef DNSBLD_CLIENT_H
#define DNSBLD_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"

struct client {
	bool tcp;
	uint8_t family;      /* 4 or 6 */
	uint16_t idle_100ms; /* how long its connection may be silent; 0: it is not told */
	addr_t addr;
};

/* Its family and address from the kernel's form: sockaddr_in or sockaddr_in6. */
static inline void client_set_address(struct client *client, const void *sockaddr)
{
	const struct sockaddr_in *in = sockaddr;
	const struct sockaddr_in6 *in6 = sockaddr;

	if (in->sin_family == AF_INET) {
		client->family = 4;
		client->addr = ntohl(in->sin_addr.s_addr);
	} else {
		const uint8_t *octets = in6->sin6_addr.s6_addr;

		client->family = 6;
		client->addr = (addr_t)peek_u64(octets) << 64 | peek_u64(octets + 8);
		/* No socket of ours is of both families, but older kernels let it in as it is. */
		if (client->addr >> 32 == 0xffff) {
			client->family = 4;
			client->addr = (uint32_t)client->addr;
		}
	}
}

#endif
