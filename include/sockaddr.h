/*
 * sockaddr.h: addresses in the kernel's form, sockaddr_in and sockaddr_in6, and from it.
 */
#ifndef DNSBLD_SOCKADDR_H
#define DNSBLD_SOCKADDR_H

#include <netinet/in.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "prefix.h"

/* An address and its port. Returns the length of what is in *ss. */
socklen_t sockaddr_write(const struct listen_config *at, struct sockaddr_storage *ss);

/* Family, 4 or 6, and address of a sockaddr_in or sockaddr_in6. */
static inline void sockaddr_read(const void *sockaddr, uint8_t *family, addr_t *addr)
{
	const struct sockaddr_in *in = sockaddr;
	const struct sockaddr_in6 *in6 = sockaddr;

	if (in->sin_family == AF_INET) {
		*family = 4;
		*addr = ntohl(in->sin_addr.s_addr);
		return;
	}
	const uint8_t *octets = in6->sin6_addr.s6_addr;

	*family = 6;
	*addr = (addr_t)peek_u64(octets) << 64 | peek_u64(octets + 8);
	/* No socket of ours is of both families, but older kernels let it in as it is. */
	if (*addr >> 32 == 0xffff) {
		*family = 4;
		*addr = (uint32_t)*addr;
	}
}

#endif
