/*
 * mirror_soa.c: the question, three times over UDP, then over TCP.
 *
 *	UDP ─▶ serial ─▶ done
 *	 ├── truncated, strange, closed, or silent for 1 + 2 + 4 s ─▶ TCP ─▶ serial ─▶ done
 *	 └── refused ─▶ done
 *
 * 1. Whoever does not see our queries cannot answer them: the kernel takes datagrams of the
 *    primary's address and port alone, and our port and the id are random. What comes with another
 *    id, or not signed as it has to be, makes us ask where nobody else can answer.
 * 2. A query that is sent again is the same, so that the reply to any of them will do.
 */
#include "mirror_soa.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dns.h"
#include "message.h"
#include "mirror_query.h"
#include "mirror_stream.h"
#include "sockaddr.h"

enum {
	TRIES = 3,
	FIRST_MS = 1000, /* each further one waits twice as long */
	TCP_S = 10,
};

struct mirror_soa {
	mirror_soa_done *done;
	void *context;
	struct event_base *base;
	const struct name *zone;
	const struct listen_config *at;
	struct mirror_query query;
	int fd;
	struct event *readable;
	struct event *timer;
	struct mirror_stream *stream;
	unsigned tries;
	char strange[256]; /* why a reply was passed over; "" where none was */
	struct message message;
};

static void finish(struct mirror_soa *s, enum status status, uint32_t serial)
{
	mirror_soa_done *done = s->done;
	void *context = s->context;

	mirror_soa_close(s);
	done(context, status, serial);
}

static enum soa_reply read_reply(struct mirror_soa *s, struct bytes reply, uint32_t *serial)
{
	struct mirror_query *q = &s->query;
	enum soa_reply kind = soa_reply_read(&s->message, reply, q->id, s->zone,
					     mirror_query_session(q), (uint64_t)time(NULL), serial);

	if (kind == SOA_REPLY_STRANGE) {
		snprintf(s->strange, sizeof s->strange, "%s", fail_text());
	}
	return kind;
}

/* Nothing more will come. */
static void give_up(struct mirror_soa *s)
{
	enum status status = ST_AGAIN;

	if (s->strange[0]) {
		status = fail(ST_DATA, "%s", s->strange);
	}
	finish(s, status, 0);
}

/* --- over TCP -----------------------------------------------------------------------------------
 */

static bool on_message(void *context, struct bytes message)
{
	struct mirror_soa *s = context;
	uint32_t serial = 0;

	switch (read_reply(s, message, &serial)) {
	case SOA_REPLY_SERIAL:
		finish(s, ST_OK, serial);
		return false;
	case SOA_REPLY_REFUSED:
		finish(s, ST_AGAIN, 0);
		return false;
	case SOA_REPLY_TRUNCATED:
		finish(s, fail(ST_DATA, "truncated over TCP"), 0);
		return false;
	case SOA_REPLY_STRANGE:
		break;
	}
	give_up(s); /* nobody else can have sent it, so nothing better will come */
	return false;
}

static void on_broken(void *context)
{
	give_up(context);
}

static void ask_over_tcp(struct mirror_soa *s)
{
	const struct mirror_stream_events events = {s, on_message, on_broken};

	event_del(s->timer);
	event_del(s->readable);
	if (mirror_stream_open(&s->stream, s->base, s->at, mirror_query_bytes(&s->query), TCP_S,
			       &events)) {
		give_up(s);
	}
}

/* --- over UDP -----------------------------------------------------------------------------------
 */

/* What fails here, an unreachable network or a full buffer, the timer mends or TCP says again. */
static void ask_over_udp(struct mirror_soa *s)
{
	const struct bytes query = mirror_query_bytes(&s->query);
	const unsigned ms = FIRST_MS << s->tries;
	const struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	s->tries++;
	if (send(s->fd, query.data, query.len, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED) {
		ask_over_tcp(s);
		return;
	}
	event_add(s->timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct mirror_soa *s = context;

	(void)fd;
	(void)what;
	if (s->tries < TRIES) {
		ask_over_udp(s);
	} else {
		ask_over_tcp(s);
	}
}

static void on_datagram(evutil_socket_t fd, short what, void *context)
{
	struct mirror_soa *s = context;
	uint8_t reply[UINT16_MAX];

	(void)what;
	ssize_t len = recv(fd, reply, sizeof reply, 0);
	uint32_t serial = 0;

	if (len < 0) {
		/* ECONNREFUSED: nobody is there over UDP. */
		if (errno != EAGAIN && errno != EINTR) {
			ask_over_tcp(s);
		}
		return;
	}
	switch (read_reply(s, bytes_of(reply, (size_t)len), &serial)) {
	case SOA_REPLY_SERIAL:
		finish(s, ST_OK, serial);
		return;
	case SOA_REPLY_REFUSED:
		finish(s, ST_AGAIN, 0);
		return;
	case SOA_REPLY_TRUNCATED:
	case SOA_REPLY_STRANGE:
		ask_over_tcp(s);
	}
}

static bool connect_udp(struct mirror_soa *s)
{
	struct sockaddr_storage ss;
	const socklen_t len = sockaddr_write(s->at, &ss);

	s->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return s->fd >= 0 && connect(s->fd, (struct sockaddr *)&ss, len) == 0;
}

enum status mirror_soa_open(struct mirror_soa **soa, struct event_base *base,
			    const struct name *zone, const struct listen_config *at,
			    const struct tsig_key *key, mirror_soa_done *done, void *context)
{
	struct mirror_soa *s = must_alloc(sizeof *s);

	s->fd = -1;
	s->done = done;
	s->context = context;
	s->base = base;
	s->zone = zone;
	s->at = at;
	enum status status = mirror_query_open(&s->query, zone, TYPE_SOA, 0, key);

	if (!status && !connect_udp(s)) {
		status = fail(ST_AGAIN, "no way there: %s", strerror(errno));
	}
	if (!status) {
		s->readable = event_new(base, s->fd, EV_READ | EV_PERSIST, on_datagram, s);
		s->timer = evtimer_new(base, on_timer, s);
		if (!s->readable || !s->timer || event_add(s->readable, NULL) < 0) {
			status = fail(ST_AGAIN, "no memory for events");
		}
	}
	if (status) {
		mirror_soa_close(s);
		s = NULL;
	} else {
		/* Even what fails at once is said in another turn of the loop. */
		event_active(s->timer, EV_TIMEOUT, 0);
	}
	*soa = s;
	return status;
}

void mirror_soa_close(struct mirror_soa *s)
{
	if (!s) {
		return;
	}
	mirror_stream_close(s->stream);
	if (s->readable) {
		event_free(s->readable);
	}
	if (s->timer) {
		event_free(s->timer);
	}
	if (s->fd >= 0) {
		close(s->fd);
	}
	mirror_query_close(&s->query);
	free(s);
}
