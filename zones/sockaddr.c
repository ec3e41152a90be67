/*
 * sockaddr.c: see sockaddr.h.
 */
#include "sockaddr.h"

#include <string.h>

socklen_t sockaddr_write(const struct listen_config *at, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof *ss);
	if (at->family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(at->port);
		in->sin_addr.s_addr = htonl((uint32_t)at->addr);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct writer w = writer_of(in6->sin6_addr.s6_addr, 16);

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(at->port);
	addr_write(&w, 6, at->addr);
	return sizeof *in6;
}
