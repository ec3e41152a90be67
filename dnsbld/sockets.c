/*
 * sockets.c: binding, and what each socket is told.
 *
 *	endpoint:  udp[0] bound alone -> SO_REUSEPORT on -> udp[1] … udp[workers - 1] join it -> tcp
 *
 * 1. Nobody else can be at an address that we bound. udp[0] is bound without SO_REUSEPORT, which
 *    fails wherever anybody is there already, and is given SO_REUSEPORT only afterwards. So of two
 *    programs that start at once exactly one gets it, and there is no moment at which the address
 *    is free again. (Binding to see and then binding anew would leave one.)
 * 2. The kernel spreads queries over the sockets of an address by a hash of the client's address
 *    and port. A socket without a reader would be silence for its share of clients, so the parent
 *    keeps all of them open and puts a new reader behind one whose worker died.
 */
#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	/* The kernel doubles it: 10,000 queries, so that a pause of a worker costs none of them. */
	RECEIVE_BUFFER = 4 << 20,
	TICK_US = 500000, /* a worker without queries wakes up this often */
	BACKLOG = 1024,
};

static socklen_t address_of(const struct listen_config *at, struct sockaddr_storage *ss)
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

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static enum status refused(const struct listen_config *at, const char *protocol)
{
	int error = errno;

	switch (error) {
	case EADDRINUSE:
		return fail(ST_AGAIN,
			    "%s %s is in use: does another server run, or another line of listen "
			    "cover it?",
			    at->text, protocol);
	case EACCES:
	case EPERM:
		return fail(ST_PERM, "%s %s: ports below 1024 need root or CAP_NET_BIND_SERVICE",
			    at->text, protocol);
	case EADDRNOTAVAIL:
		return fail(ST_CONFIG, "%s: this machine has no such address", at->text);
	default:
		return fail(ST_IO, "unable to listen on %s %s: %s", at->text, protocol,
			    strerror(error));
	}
}

/* Binds a new socket. -1 with errno where that is not possible. */
static int bind_socket(const struct listen_config *at, int type, int reuse)
{
	struct sockaddr_storage ss;
	socklen_t len = address_of(at, &ss);
	int fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -1;
	}
	/* An address is of one family: `listen` names [::] and 0.0.0.0 where both are meant. */
	if ((at->family == 6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
	    (reuse && !set(fd, SOL_SOCKET, reuse, 1)) ||
	    bind(fd, (struct sockaddr *)&ss, len) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static enum status open_udp(struct endpoint *e, unsigned workers)
{
	const struct timeval tick = {.tv_usec = TICK_US};

	for (unsigned i = 0; i < workers; i++) {
		int fd = bind_socket(&e->at, SOCK_DGRAM, i == 0 ? 0 : SO_REUSEPORT);

		if (fd < 0) {
			return refused(&e->at, "UDP");
		}
		e->udp[i] = fd;
		bool fine = i > 0 || set(fd, SOL_SOCKET, SO_REUSEPORT, 1);

		fine = fine && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick) == 0;
		/* A device that takes no packets must not look like a worker that hangs. */
		fine = fine && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof tick) == 0;
		/*
		 * No reply needs a fragment, so no forged "fragmentation needed" may make us
		 * send any (RFC 9715 §3.1).
		 */
		if (e->at.family == 4) {
			fine = fine && set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
			fine = fine && (!e->wildcard || set(fd, IPPROTO_IP, IP_PKTINFO, 1));
		} else {
			fine = fine && set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
			fine = fine && (!e->wildcard || set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
		}
		if (!fine) {
			return refused(&e->at, "UDP");
		}
		/* Past net.core.rmem_max for root; less than asked for is no fault. */
		if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)) {
			set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
		}
	}
	return ST_OK;
}

static enum status open_tcp(struct endpoint *e)
{
	/* SO_REUSEADDR: connections of the server before us may still be in TIME_WAIT. */
	e->tcp = bind_socket(&e->at, SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	/* TCP_NODELAY, which connections inherit: no answer waits for another's acknowledgement. */
	if (e->tcp < 0 || !set(e->tcp, IPPROTO_TCP, TCP_NODELAY, 1) ||
	    listen(e->tcp, BACKLOG) < 0) {
		return refused(&e->at, "TCP");
	}
	return ST_OK;
}

enum status sockets_open(struct sockets *s, const struct config *config)
{
	enum status status = ST_OK;

	*s = (struct sockets){
		.endpoint = must_alloc(config->listen_count * sizeof *s->endpoint),
		.count = config->listen_count,
		.workers = config->workers,
	};
	for (size_t i = 0; i < s->count; i++) {
		struct endpoint *e = &s->endpoint[i];

		e->at = config->listen[i];
		e->wildcard = e->at.addr == 0;
		e->tcp = -1;
		e->udp = must_alloc(s->workers * sizeof *e->udp);
		memset(e->udp, -1, s->workers * sizeof *e->udp);
	}
	for (size_t i = 0; i < s->count && !status; i++) {
		status = open_udp(&s->endpoint[i], s->workers);
		if (!status) {
			status = open_tcp(&s->endpoint[i]);
		}
	}
	if (status) {
		sockets_release(s);
	}
	return status;
}

static void close_one(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

void sockets_close_udp(struct sockets *s, int keep)
{
	for (size_t i = 0; i < s->count; i++) {
		for (unsigned k = 0; k < s->workers; k++) {
			if (s->endpoint[i].udp[k] != keep) {
				close_one(&s->endpoint[i].udp[k]);
			}
		}
	}
}

void sockets_close_tcp(struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++) {
		close_one(&s->endpoint[i].tcp);
	}
}

void sockets_release(struct sockets *s)
{
	sockets_close_udp(s, -1);
	sockets_close_tcp(s);
	for (size_t i = 0; i < s->count; i++) {
		free(s->endpoint[i].udp);
	}
	free(s->endpoint);
	*s = (struct sockets){0};
}
