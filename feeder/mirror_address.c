/*
 * mirror_address.c: addresses to and from the kernel's form.
 */
#include "mirror_address.h"

#include <netinet/in.h>
#include <string.h>

socklen_t address_to_kernel(const struct listen_config *at, struct sockaddr_storage *ss)
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

void address_from_kernel(const struct sockaddr_storage *ss, uint8_t *family, addr_t *addr)
{
	struct reader r =
		reader_of(bytes_of(((const struct sockaddr_in6 *)ss)->sin6_addr.s6_addr, 16));

	*family = ss->ss_family == AF_INET ? 4 : 6;
	*addr = *family == 4 ? ntohl(((const struct sockaddr_in *)ss)->sin_addr.s_addr)
			     : addr_read(&r, 6);
}

int address_socket(const struct listen_config *at, int type)
{
	return socket(at->family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
