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
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "shared.h"
#include "sockaddr.h"

enum {
	/*
	 * The kernel charges a reply to its socket until the device has sent it, and while it waits
	 * for the neighbour's hardware address: up to 3 s, and up to 208 KiB for each silent
	 * neighbour, which is all that a socket has by default. So one host of our own network that
	 * asked and went, or whose address was forged, would keep a worker from answering anybody.
	 * This, doubled, is room for 40 of them (without root's rights, for net.core.wmem_max, it
	 * is 2), and for a burst on a slow link.
	 */
	SEND_BUFFER = 4 << 20,
	METRICS_BACKLOG = 16,
	TICK_US = 500000, /* a worker without queries wakes up this often */
};

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
	socklen_t len = sockaddr_write(at, &ss);
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

/* Past the system's limit (net.core.rmem_max, wmem_max) for root, up to it for others. */
static void set_buffer(int fd, int option_of_root, int option, uint32_t octets)
{
	if (!set(fd, SOL_SOCKET, option_of_root, (int)octets)) {
		set(fd, SOL_SOCKET, option, (int)octets);
	}
}

/* The kernel doubles what it is asked for, for its own bookkeeping, and says it doubled. */
static uint32_t receive_buffer_of(int fd)
{
	int doubled = 0;
	socklen_t len = sizeof doubled;

	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &doubled, &len);
	return (uint32_t)doubled / 2;
}

void sockets_size(struct sockets *s, uint32_t receive_buffer)
{
	uint32_t least = UINT32_MAX;

	if (receive_buffer == s->receive_buffer) {
		return;
	}
	s->receive_buffer = receive_buffer;
	for (size_t i = 0; i < s->count; i++) {
		for (unsigned k = 0; k < s->workers; k++) {
			int fd = s->endpoint[i].udp[k];

			set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_buffer);
			uint32_t given = receive_buffer_of(fd);

			least = given < least ? given : least;
		}
	}
	if (least < receive_buffer) {
		log_warn("the kernel gives receive buffers of %u KiB and not of %u KiB: set the "
			 "sysctl net.core.rmem_max to %u or more",
			 least / 1024, receive_buffer / 1024, receive_buffer);
	}
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
		set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
	}
	return ST_OK;
}

static enum status open_tcp(struct endpoint *e)
{
	/* SO_REUSEADDR: connections of the server before us may still be in TIME_WAIT. */
	e->tcp = bind_socket(&e->at, SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	/* TCP_NODELAY, which connections inherit: no answer waits for another's acknowledgement. */
	if (e->tcp < 0 || !set(e->tcp, IPPROTO_TCP, TCP_NODELAY, 1) ||
	    listen(e->tcp, SOCKETS_BACKLOG) < 0) {
		return refused(&e->at, "TCP");
	}
	return ST_OK;
}

static enum status open_metrics(struct sockets *s)
{
	if (s->metrics_at.port == 0) {
		return ST_OK;
	}
	s->metrics = bind_socket(&s->metrics_at, SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	if (s->metrics < 0 || listen(s->metrics, METRICS_BACKLOG) < 0) {
		return refused(&s->metrics_at, "TCP for metrics");
	}
	return ST_OK;
}

enum status sockets_open(struct sockets *s, const struct config *config)
{
	size_t udp_count = config->listen_count * config->workers;
	void *drops;
	enum status status = shared_map(&drops, udp_count * sizeof(struct drops));
	struct timespec now;

	if (status) {
		return status;
	}
	*s = (struct sockets){
		.endpoint = must_alloc(config->listen_count * sizeof *s->endpoint),
		.count = config->listen_count,
		.workers = config->workers,
		.metrics = -1,
		.metrics_at = config->metrics,
		.drops = drops,
	};
	for (size_t i = 0; i < s->count; i++) {
		struct endpoint *e = &s->endpoint[i];

		e->at = config->listen[i];
		e->wildcard = e->at.addr == 0;
		e->tcp = -1;
		e->udp = must_alloc(s->workers * sizeof *e->udp);
		memset(e->udp, -1, s->workers * sizeof *e->udp);
		e->drops = s->drops + i * s->workers;
	}
	for (size_t i = 0; i < s->count && !status; i++) {
		status = open_udp(&s->endpoint[i], s->workers);
		if (!status) {
			status = open_tcp(&s->endpoint[i]);
		}
	}
	if (!status) {
		status = open_metrics(s);
	}
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	for (size_t i = 0; i < udp_count; i++) {
		drops_init(&s->drops[i], (uint32_t)now.tv_sec);
	}
	if (status) {
		sockets_release(s);
		return status;
	}
	sockets_size(s, config->receive_buffer);
	return ST_OK;
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
	close_one(&s->metrics);
}

void sockets_release(struct sockets *s)
{
	sockets_close_udp(s, -1);
	sockets_close_tcp(s);
	for (size_t i = 0; i < s->count; i++) {
		free(s->endpoint[i].udp);
	}
	shared_unmap(s->drops, s->count * s->workers * sizeof *s->drops);
	free(s->endpoint);
	*s = (struct sockets){0};
}
