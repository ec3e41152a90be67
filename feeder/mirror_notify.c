/*
 * mirror_notify.c: sockets ─▶ notified_read() ─▶ mirror_notified() ─▶ notified_reply().
 *
 * 1. Of what waits only some is taken in one turn of the loop: a flood keeps no transfer waiting.
 * 2. Over TCP there are CLIENTS connections, each for LIFE_S; when there are too many the oldest
 *    makes room.
 */
#include "mirror_notify.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "notified.h"
#include "sockaddr.h"

enum {
	LENGTH = 2,     /* octets before each message over TCP */
	PACKET = 65535, /* octets of one */
	TURN = 64,      /* datagrams, or connections */
	CLIENTS = 32,
	LIFE_S = 5,
	BACKLOG = 16,
	REST_MS = 100,
};

struct notify_client {
	TAILQ_ENTRY(notify_client) entry;
	struct mirror_notify *all;
	struct bufferevent *stream;
	struct event *deadline;
	struct mirror_notifier from;
	bool ended; /* what was answered goes out, then it is closed */
};

struct mirror_notify {
	struct mirror *mirror;
	struct event_base *base;
	int udp, tcp;
	struct event *datagram, *connection, *rest;
	TAILQ_HEAD(notify_clients, notify_client) clients;
	unsigned count;
};

/* Returns the reply's length; 0: there is none. */
static size_t take(struct mirror_notify *n, struct mirror_notifier *from, struct bytes packet,
		   uint8_t reply[NOTIFIED_REPLY])
{
	const uint64_t now = (uint64_t)time(NULL);
	struct notified notified;

	switch (notified_read(&notified, packet, n->mirror->keys, now)) {
	case NOTIFIED_DROP:
		return 0;
	case NOTIFIED_FAULTY:
		break;
	case NOTIFIED_FINE:
		from->key = notified.key;
		notified.rcode = mirror_notified(n->mirror, &notified.zone, from);
		break;
	}
	return notified_reply(&notified, reply, NOTIFIED_REPLY, now);
}

/* --- UDP ----------------------------------------------------------------------------------------
 */

static void on_datagram(evutil_socket_t fd, short what, void *context)
{
	uint8_t packet[PACKET], reply[NOTIFIED_REPLY];

	(void)what;
	for (unsigned i = 0; i < TURN; i++) {
		struct sockaddr_storage ss;
		socklen_t ss_len = sizeof ss;
		ssize_t got =
			recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&ss, &ss_len);
		struct mirror_notifier from;

		if (got < 0) {
			return;
		}
		sockaddr_read(&ss, &from.family, &from.addr);
		size_t len = take(context, &from, bytes_of(packet, (size_t)got), reply);

		/* Whom it does not reach asks again (RFC 1996 §3.6). */
		if (len > 0 &&
		    sendto(fd, reply, len, MSG_NOSIGNAL, (struct sockaddr *)&ss, ss_len) < 0) {
			continue;
		}
	}
}

/* --- TCP ----------------------------------------------------------------------------------------
 */

/* `fd`: its socket, where it has no stream that closes it. */
static void client_free(struct notify_client *c, int fd)
{
	if (c->stream) {
		bufferevent_free(c->stream);
	} else {
		close(fd);
	}
	if (c->deadline) {
		event_free(c->deadline);
	}
	free(c);
}

static void client_close(struct notify_client *c)
{
	TAILQ_REMOVE(&c->all->clients, c, entry);
	c->all->count--;
	client_free(c, -1);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	client_close(context);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct notify_client *c = context;

	if (!(what & BEV_EVENT_EOF) || evbuffer_get_length(bufferevent_get_output(stream)) == 0) {
		client_close(c);
	} else {
		c->ended = true;
	}
}

static void on_written(struct bufferevent *stream, void *context)
{
	struct notify_client *c = context;

	(void)stream;
	if (c->ended) {
		client_close(c);
	}
}

static void on_data(struct bufferevent *stream, void *context)
{
	struct notify_client *c = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	struct evbuffer *output = bufferevent_get_output(stream);
	uint8_t head[LENGTH], reply[LENGTH + NOTIFIED_REPLY];

	while (evbuffer_get_length(output) < PACKET &&
	       evbuffer_copyout(input, head, LENGTH) == LENGTH) {
		const size_t len = peek_u16(head);

		if (evbuffer_get_length(input) < LENGTH + len) {
			return;
		}
		const uint8_t *packet = evbuffer_pullup(input, (ssize_t)(LENGTH + len));
		size_t reply_len = packet ? take(c->all, &c->from, bytes_of(packet + LENGTH, len),
						 reply + LENGTH)
					  : 0;

		if (reply_len == 0) {
			client_close(c);
			return;
		}
		reply[0] = (uint8_t)(reply_len >> 8);
		reply[1] = (uint8_t)reply_len;
		evbuffer_add(output, reply, LENGTH + reply_len);
		evbuffer_drain(input, LENGTH + len);
	}
}

static void client_add(struct mirror_notify *n, int fd, const struct sockaddr_storage *ss)
{
	const struct timeval life = {.tv_sec = LIFE_S};
	struct notify_client *c = must_alloc(sizeof *c);

	c->all = n;
	sockaddr_read(ss, &c->from.family, &c->from.addr);
	c->deadline = evtimer_new(n->base, on_deadline, c);
	c->stream = bufferevent_socket_new(n->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->deadline || !c->stream) {
		client_free(c, fd);
		return;
	}
	if (n->count >= CLIENTS) {
		client_close(TAILQ_FIRST(&n->clients));
	}
	TAILQ_INSERT_TAIL(&n->clients, c, entry);
	n->count++;
	bufferevent_setcb(c->stream, on_data, on_written, on_event, c);
	bufferevent_setwatermark(c->stream, EV_READ, 0, LENGTH + PACKET);
	bufferevent_enable(c->stream, EV_READ | EV_WRITE);
	event_add(c->deadline, &life);
}

static void on_connection(evutil_socket_t listener, short what, void *context)
{
	const struct timeval rest = {.tv_usec = REST_MS * 1000};
	struct mirror_notify *n = context;

	(void)what;
	for (unsigned i = 0; i < TURN; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof ss;
		int fd = accept4(listener, (struct sockaddr *)&ss, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_add(n, fd, &ss);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			/* Out of descriptors, it would be called again at once, for ever. */
			if (errno != EAGAIN) {
				event_del(n->connection);
				event_add(n->rest, &rest);
			}
			return;
		}
	}
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
	struct mirror_notify *n = context;

	(void)fd;
	(void)what;
	event_add(n->connection, NULL);
}

/* --- both ---------------------------------------------------------------------------------------
 */

static enum status refused(const struct listen_config *at, const char *protocol)
{
	int error = errno;

	return fail(error == EADDRINUSE      ? ST_AGAIN
		    : error == EACCES        ? ST_PERM
		    : error == EADDRNOTAVAIL ? ST_CONFIG
					     : ST_IO,
		    "unable to listen for NOTIFY on %s %s: %s", at->text, protocol,
		    strerror(error));
}

/* -1 with errno. */
static int bind_socket(const struct listen_config *at, int type)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_write(at, &ss);
	int fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0) {
		return -1;
	}
	if ((at->family == 6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) ||
	    (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) ||
	    bind(fd, (struct sockaddr *)&ss, len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

enum status mirror_notify_open(struct mirror_notify **notify, const struct listen_config *at,
			       struct mirror *mirror)
{
	struct mirror_notify *n = must_alloc(sizeof *n);
	enum status status = ST_OK;

	n->mirror = mirror;
	TAILQ_INIT(&n->clients);
	n->tcp = -1;
	n->udp = bind_socket(at, SOCK_DGRAM);
	if (n->udp < 0) {
		status = refused(at, "UDP");
	} else {
		n->tcp = bind_socket(at, SOCK_STREAM);
		status = n->tcp < 0 ? refused(at, "TCP") : ST_OK;
	}
	if (status) {
		mirror_notify_close(n);
		n = NULL;
	}
	*notify = n;
	return status;
}

enum status mirror_notify_start(struct mirror_notify *n, struct event_base *base)
{
	n->base = base;
	n->datagram = event_new(base, n->udp, EV_READ | EV_PERSIST, on_datagram, n);
	n->connection = event_new(base, n->tcp, EV_READ | EV_PERSIST, on_connection, n);
	n->rest = evtimer_new(base, on_rested, n);
	if (!n->datagram || !n->connection || !n->rest || event_add(n->datagram, NULL) < 0 ||
	    event_add(n->connection, NULL) < 0) {
		return fail(ST_AGAIN, "no memory for events");
	}
	return ST_OK;
}

static void event_done(struct event *event)
{
	if (event) {
		event_free(event);
	}
}

void mirror_notify_close(struct mirror_notify *n)
{
	if (!n) {
		return;
	}
	while (n->count > 0) {
		client_close(TAILQ_FIRST(&n->clients));
	}
	event_done(n->datagram);
	event_done(n->connection);
	event_done(n->rest);
	if (n->udp >= 0) {
		close(n->udp);
	}
	if (n->tcp >= 0) {
		close(n->tcp);
	}
	free(n);
}
