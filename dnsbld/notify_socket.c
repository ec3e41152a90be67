/*
 * notify_socket.c: the sockets are not connected, for one is enough for all secondaries: who sent
 * an answer is compared by who reads it. They are bound to no address, and each datagram says which
 * one it leaves from: of those that we serve on the first one of its family. Where that one is of
 * the loopback and the secondary is not, or the other way round, routing decides.
 */
#include "notify_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "sockaddr.h"

/* Room for one IP_PKTINFO or IPV6_PKTINFO. */
union control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* To port 0 the kernel binds at random (RFC 6056 §3.3). */
static int open_one(sa_family_t family)
{
	const struct sockaddr_in6 any = {.sin6_family = family}; /* the larger of both */
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof any;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0 ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) ||
	    bind(fd, (const struct sockaddr *)&any, len) < 0) {
		log_warn("no socket for NOTIFY over %s: %s", family == AF_INET ? "IPv4" : "IPv6",
			 strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		return -1;
	}
	return fd;
}

static bool has_family(const struct config *config, unsigned family)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		for (size_t k = 0; k < config->zones[i].notify_count; k++) {
			if (config->zones[i].notify[k].at.family == family) {
				return true;
			}
		}
	}
	return false;
}

void notify_sockets_open(struct notify_sockets *s, const struct config *config)
{
	s->ipv4 = has_family(config, 4) ? open_one(AF_INET) : -1;
	s->ipv6 = has_family(config, 6) ? open_one(AF_INET6) : -1;
}

static bool is_loopback(const struct listen_config *at)
{
	return at->family == 4 ? at->addr >> 24 == 127 : at->addr == 1;
}

/* NULL: routing decides. */
static const struct listen_config *leave_from(const struct sockets *served,
					      const struct listen_config *to)
{
	for (size_t i = 0; i < served->count; i++) {
		const struct endpoint *e = &served->endpoint[i];

		if (e->at.family == to->family && !e->wildcard &&
		    is_loopback(&e->at) == is_loopback(to)) {
			return &e->at;
		}
	}
	return NULL;
}

static void set_source(struct msghdr *m, const struct listen_config *from)
{
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {0};
	bool is_v4 = from->family == 4;
	size_t len = is_v4 ? sizeof v4 : sizeof v6;
	struct cmsghdr *c = m->msg_control;
	struct writer w = writer_of(v6.ipi6_addr.s6_addr, 16);

	m->msg_controllen = CMSG_SPACE(len);
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	if (is_v4) {
		v4.ipi_spec_dst.s_addr = htonl((uint32_t)from->addr);
		memcpy(CMSG_DATA(c), &v4, len);
	} else {
		addr_write(&w, 6, from->addr);
		memcpy(CMSG_DATA(c), &v6, len);
	}
}

int notify_send(const struct notify_sockets *s, const struct sockets *served,
		const struct listen_config *to, struct bytes message)
{
	int fd = to->family == 4 ? s->ipv4 : s->ipv6;
	const struct listen_config *from = leave_from(served, to);
	union control control = {0};
	struct sockaddr_storage ss;
	struct iovec vec = {(void *)(uintptr_t)message.data, message.len};
	struct mmsghdr m = {
		.msg_hdr = {.msg_name = &ss, .msg_iov = &vec, .msg_iovlen = 1},
	};

	m.msg_hdr.msg_namelen = sockaddr_write(to, &ss);
	if (from) {
		m.msg_hdr.msg_control = &control;
		set_source(&m.msg_hdr, from);
	}
	if (fd < 0) {
		return EAFNOSUPPORT;
	}
	return sendmmsg(fd, &m, 1, MSG_DONTWAIT) == 1 ? 0 : errno;
}

bool notify_receive(int fd, uint8_t *packet, size_t room, size_t *len, struct notify_source *from)
{
	struct sockaddr_in6 peer = {0}; /* the larger of both families' */
	struct iovec vec = {packet, room};
	struct mmsghdr m = {
		.msg_hdr = {.msg_name = &peer,
			    .msg_namelen = sizeof peer,
			    .msg_iov = &vec,
			    .msg_iovlen = 1},
	};

	do {
		if (recvmmsg(fd, &m, 1, MSG_DONTWAIT, NULL) != 1) {
			return false;
		}
	} while (m.msg_hdr.msg_flags & MSG_TRUNC);
	sockaddr_read(&peer, &from->family, &from->addr);
	from->port = ntohs(peer.sin6_port);
	*len = m.msg_len;
	return true;
}
