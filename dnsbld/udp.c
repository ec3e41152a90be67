/*
 * udp.c: a blocking loop on one socket, a batch of queries at a time.
 *
 *	recvmmsg -> worker_begin -> all are read, then all answered -> worker_end -> sendmmsg
 *
 * The first query of a batch is waited for, the others are what has arrived by then: a lone query
 * is answered at once, and under load the cost of the system calls is shared.
 *
 * 1. All memory is set up once. A system call changes of a message header what is reset after it
 *    and nothing else.
 * 2. A reply that cannot be sent (a forged source port 0, no route) costs that reply alone. A full
 *    send buffer is waited for once, for ROOM_MS.
 * 3. Each turn of the loop beats, and an idle socket ends its wait after half a second.
 */
#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"
#include "reply.h"
#include "respond.h"
#include "sockaddr.h"

enum {
	/* 16, 32 and 64 cost the same a query at 1 M listings: they differ by less than 3 %. */
	UDP_BATCH = 32,
	/*
	 * Queries are far shorter: 255 octets of name, an OPT, a key. What is longer is cut off,
	 * and FORMERR, for what is left may be a whole message and still not what was sent. Odd
	 * numbers of cache lines, so that the batch's first lines do not all fall into the same few
	 * sets of the cache.
	 */
	QUERY_ROOM = 33 * 64,
	REPLY_ROOM = 21 * 64,
	ROOM_MS = 20, /* the time of 50 kB on a link of 20 Mbit/s */
	QUIET_S = 60, /* between two warnings */
	/* The kernel accounts at least this much of the receive buffer for each datagram. */
	LEAST_TRUESIZE = 512,
};
_Static_assert(UDP_BATCH <= 1 << (COUNTED_BATCHES - 1), "each batch is counted");
_Static_assert((int)REPLY_ROOM >= (int)REPLY_UDP, "a reply has room");

/* Room for one IP_PKTINFO or IPV6_PKTINFO. */
union control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp {
	struct worker *worker;
	struct heartbeat *heartbeat;
	struct drops *drops; /* the socket's */
	const char *name;    /* the worker's */
	int fd;
	size_t control_len; /* 0: the socket has one address, so replies leave from it anyway */
	time_t ticked_s;
	bool stuck;               /* nothing was sent since a wait for room was in vain */
	struct exchange exchange; /* what is the same in all: where they are with us */
	uint64_t unsent;          /* replies that there was no room for, and that were not told */
	time_t told_s;
	struct mmsghdr message[UDP_BATCH];
	struct iovec query_vec[UDP_BATCH];
	struct iovec reply_vec[UDP_BATCH];
	struct sockaddr_in6 peer[UDP_BATCH]; /* the larger of both families' */
	union control control[UDP_BATCH];
	struct task task[UDP_BATCH];
	_Alignas(64) uint8_t query[UDP_BATCH][QUERY_ROOM];
	_Alignas(64) uint8_t reply[UDP_BATCH][REPLY_ROOM];
};

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

/* What a system call or a reply changes in a message, as it is to be for the next query. */
static void message_reset(struct udp *u, unsigned i)
{
	struct msghdr *m = &u->message[i].msg_hdr;

	m->msg_iov = &u->query_vec[i];
	m->msg_namelen = sizeof u->peer[i];
	m->msg_controllen = u->control_len;
}

static void udp_init(struct udp *u)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		struct msghdr *m = &u->message[i].msg_hdr;

		u->query_vec[i] = (struct iovec){u->query[i], QUERY_ROOM};
		u->reply_vec[i].iov_base = u->reply[i];
		m->msg_iovlen = 1;
		m->msg_name = &u->peer[i];
		m->msg_control = u->control_len ? &u->control[i] : NULL;
		message_reset(u, i);
	}
}

/*
 * A socket at 0.0.0.0 or [::]: the reply leaves from the address that was asked (RFC 2181 §4.1).
 * By which interface is routing's business, except where the address means nothing without one.
 */
static void answer_from_asked(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof info);
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof info);
	} else if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof info);
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
			info.ipi6_ifindex = 0;
		}
		memcpy(CMSG_DATA(c), &info, sizeof info);
	}
}

/*
 * The send buffer is full. A burst that the link needs some time for is waited for; where nothing
 * moves, replies are lost without waiting again until one was sent.
 */
static bool has_room(struct udp *u)
{
	struct pollfd room = {.fd = u->fd, .events = POLLOUT};

	u->stuck = u->stuck || poll(&room, 1, ROOM_MS) <= 0;
	return !u->stuck;
}

static void send_replies(struct udp *u, unsigned first, unsigned end)
{
	while (first < end) {
		int n = sendmmsg(u->fd, u->message + first, end - first, MSG_DONTWAIT);

		if (n > 0) {
			first += (unsigned)n;
			u->stuck = false;
		} else if (errno != EAGAIN) {
			first++; /* an error is about the first one that was not sent */
			worker_event(u->worker, COUNTER_UNSENT_ERROR);
		} else if (!has_room(u)) {
			u->unsent += end - first;
			worker_events(u->worker, COUNTER_UNSENT_NO_ROOM, end - first);
			return;
		}
	}
}

static void count_batch(struct process_counters *own, unsigned packets)
{
	if (own) {
		/* In the first that has room: 1, 2, 4, 8, 16, 32. */
		unsigned size = packets > 1 ? 32 - (unsigned)__builtin_clz(packets - 1) : 0;

		counter_add(&own->batch[size], 1);
		counter_add(&own->packets, packets);
	}
}

/* The address that was asked, where the socket has more than one. */
static void set_asked(struct exchange *e, struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(e->server, CMSG_DATA(c) + offsetof(struct in_pktinfo, ipi_addr), 4);
	} else if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(e->server, CMSG_DATA(c) + offsetof(struct in6_pktinfo, ipi6_addr), 16);
	}
}

/* Before replies are sent, which takes the queries' lengths away. */
static void tell_dnstap(struct udp *u, unsigned count, uint64_t received_ns)
{
	struct dnstap *d = &u->worker->dnstap;
	struct exchange *e = &u->exchange;

	e->query_ns = received_ns;
	e->reply_ns = dnstap_now_ns();
	for (unsigned i = 0; i < count; i++) {
		if (dnstap_is_next(d)) {
			exchange_set_client(e, &u->peer[i]);
			if (u->control_len) {
				set_asked(e, &u->message[i].msg_hdr);
			}
			dnstap_put(d, e, bytes_of(u->query[i], u->message[i].msg_len),
				   bytes_of(u->reply[i], u->reply_vec[i].iov_len));
		}
	}
}

static void answer_batch(struct udp *u, unsigned count)
{
	struct client client = {.tcp = false};
	struct worker *w = u->worker;
	uint64_t received_ns = w->dnstap.ring ? dnstap_now_ns() : 0;
	unsigned unsent = 0;

	count_batch(w->counters, count);
	worker_begin(w);
	for (unsigned i = 0; i < count; i++) {
		task_read(&u->task[i], w, u->query[i], u->message[i].msg_len);
		if (u->message[i].msg_hdr.msg_flags & MSG_TRUNC) {
			task_cut(&u->task[i]);
		}
	}
	tasks_prefetch(u->task, count, w);
	for (unsigned i = 0; w->rrl.table && i < count; i++) {
		sockaddr_read(&u->peer[i], &client.family, &client.addr);
		rrl_prefetch(&w->rrl, &client);
	}
	for (unsigned i = 0; i < count; i++) {
		sockaddr_read(&u->peer[i], &client.family, &client.addr);
		u->reply_vec[i].iov_len =
			task_reply(&u->task[i], w, &client, u->reply[i], REPLY_ROOM);
		u->message[i].msg_hdr.msg_iov = &u->reply_vec[i];
		if (u->control_len) {
			answer_from_asked(&u->message[i].msg_hdr);
		}
	}
	worker_end(w);
	if (w->dnstap.ring) {
		tell_dnstap(u, count, received_ns);
	}
	for (unsigned i = 0; i < count; i++) {
		/* Nothing is said to this one: send those before it. */
		if (u->reply_vec[i].iov_len == 0) {
			send_replies(u, unsent, i);
			unsent = i + 1;
		}
	}
	send_replies(u, unsent, count);
	for (unsigned i = 0; i < count; i++) {
		message_reset(u, i);
	}
}

/* Returns how many were received; 0 where none came in time; -1 when the socket fails. */
static int serve_batch(struct udp *u, int flags)
{
	int n = recvmmsg(u->fd, u->message, UDP_BATCH, flags, NULL);

	if (n > 0) {
		answer_batch(u, (unsigned)n);
		return n;
	}
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* What arrived before we were told to stop is behind at most as many as the buffer can hold. */
static void drain(struct udp *u)
{
	int buffer = 0;
	socklen_t len = sizeof buffer;

	getsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &buffer, &len);
	for (int left = buffer / LEAST_TRUESIZE; left > 0;) {
		int n = serve_batch(u, MSG_DONTWAIT);

		heartbeat_tick(u->heartbeat);
		if (n <= 0) {
			return;
		}
		left -= n;
	}
}

/* False when the database was replaced. */
static bool tick(struct udp *u)
{
	struct timespec now;

	heartbeat_tick(u->heartbeat);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec == u->ticked_s) {
		return true;
	}
	u->ticked_s = now.tv_sec;
	log_tick();
	drops_tick(u->drops, u->fd, (uint32_t)now.tv_sec, u->name);
	if (u->unsent > 0 && now.tv_sec - u->told_s >= QUIET_S) {
		log_warn(
			"%s: %llu replies were lost as the send buffer was full: is a link slow, or "
			"does a host of this network not answer?",
			u->name, (unsigned long long)u->unsent);
		u->unsent = 0;
		u->told_s = now.tv_sec;
	}
	return worker_tick(u->worker);
}

enum status udp_serve(struct worker *worker, const struct endpoint *endpoint, unsigned which,
		      const char *name, struct heartbeat *heartbeat)
{
	/* Without SA_RESTART, so that a signal ends the wait. */
	const struct sigaction stop = {.sa_handler = on_stop};
	sigset_t term;
	static struct udp u;

	u.worker = worker;
	u.heartbeat = heartbeat;
	u.drops = &endpoint->drops[which];
	u.name = name;
	u.fd = endpoint->udp[which];
	if (endpoint->wildcard) {
		u.control_len = endpoint->at.family == 4 ? CMSG_SPACE(sizeof(struct in_pktinfo))
							 : CMSG_SPACE(sizeof(struct in6_pktinfo));
	}
	udp_init(&u);
	exchange_set_server(&u.exchange, u.fd);
	sigaction(SIGTERM, &stop, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, NULL);

	while (!stopping) {
		if (serve_batch(&u, MSG_WAITFORONE) < 0) {
			return fail(ST_IO, "receiving on %s: %s", endpoint->at.text,
				    strerror(errno));
		}
		if (!tick(&u)) {
			return fail(ST_AGAIN, "the database was replaced");
		}
	}
	drain(&u);
	return ST_OK;
}
