/*
 * mirror_stream.c: connect -> the query -> messages -> closed by who opened it.
 *
 * 1. Memory is bounded: no more is read than one message of the longest kind.
 * 2. Time is bounded: a primary that trickles is not silent, so there is a limit for the whole.
 */
#include "mirror_stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sockaddr.h"

enum {
	LENGTH = 2, /* octets before each message */
	INPUT_MOST = LENGTH + 65535,
	CONNECT_S = 5,
	SILENCE_S = 30,
};

struct mirror_stream {
	struct mirror_stream_events events;
	struct bufferevent *stream;
	struct event *deadline;
	unsigned whole_s;
	int unreachable; /* why not even a connection could begin; 0: one did */
	bool connected;
};

static void broken(struct mirror_stream *s)
{
	s->events.broken(s->events.context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct mirror_stream *s = context;

	(void)fd;
	(void)what;
	if (s->unreachable) {
		fail(ST_AGAIN, "no connection: %s", strerror(s->unreachable));
	} else if (s->connected) {
		fail(ST_AGAIN, "not done in %u s", s->whole_s);
	} else {
		fail(ST_AGAIN, "no connection in %u s", CONNECT_S);
	}
	broken(s);
}

/* The messages that are there. False: the stream was closed. */
static bool take_messages(struct mirror_stream *s)
{
	struct evbuffer *input = bufferevent_get_input(s->stream);
	uint8_t head[LENGTH];

	while (evbuffer_copyout(input, head, LENGTH) == LENGTH) {
		const size_t len = peek_u16(head);

		if (evbuffer_get_length(input) < LENGTH + len) {
			break;
		}
		const uint8_t *message = evbuffer_pullup(input, (ssize_t)(LENGTH + len));

		if (!message) {
			fail(ST_AGAIN, "no memory for a message");
			broken(s);
			return false;
		}
		if (!s->events.message(s->events.context, bytes_of(message + LENGTH, len))) {
			return false;
		}
		evbuffer_drain(input, LENGTH + len);
	}
	return true;
}

static void on_data(struct bufferevent *stream, void *context)
{
	(void)stream;
	take_messages(context);
}

static void on_connected(struct mirror_stream *s)
{
	const struct timeval silence = {.tv_sec = SILENCE_S}, whole = {.tv_sec = s->whole_s};

	s->connected = true;
	bufferevent_set_timeouts(s->stream, &silence, &silence);
	event_add(s->deadline, &whole);
	bufferevent_enable(s->stream, EV_READ | EV_WRITE);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct mirror_stream *s = context;
	const int error = errno; /* evutil_socket_geterror() */

	(void)stream;

	if (what & BEV_EVENT_CONNECTED) {
		on_connected(s);
		return;
	}
	if (what & BEV_EVENT_TIMEOUT) {
		fail(ST_AGAIN, "silent for %u s", SILENCE_S);
	} else if (what & BEV_EVENT_EOF) {
		fail(ST_AGAIN, "it closed the connection before all had come");
	} else {
		fail(ST_AGAIN, "%s: %s", s->connected ? "the connection broke" : "no connection",
		     error ? strerror(error) : "closed");
	}
	broken(s);
}

/* That there is no way to this primary is said later, as all that is wrong with one. */
static void connect_to(struct mirror_stream *s, const struct listen_config *to)
{
	struct sockaddr_storage ss;
	const socklen_t len = sockaddr_write(to, &ss);
	const struct timeval connecting = {.tv_sec = CONNECT_S};

	event_add(s->deadline, &connecting);
	if (bufferevent_socket_connect(s->stream, (struct sockaddr *)&ss, (int)len) < 0) {
		s->unreachable = errno ? errno : ENETUNREACH;
		event_active(s->deadline, EV_TIMEOUT, 0);
	}
}

enum status mirror_stream_open(struct mirror_stream **stream, struct event_base *base,
			       const struct listen_config *to, struct bytes query, unsigned whole_s,
			       const struct mirror_stream_events *events)
{
	struct mirror_stream *s = must_alloc(sizeof *s);
	const uint8_t length[LENGTH] = {(uint8_t)(query.len >> 8), (uint8_t)query.len};

	s->events = *events;
	s->whole_s = whole_s;
	s->deadline = evtimer_new(base, on_deadline, s);
	/* Deferred: what fails at once is said after this function has returned. */
	s->stream =
		bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	*stream = s;
	if (s->stream && s->deadline) {
		struct evbuffer *output = bufferevent_get_output(s->stream);

		bufferevent_setcb(s->stream, on_data, NULL, on_event, s);
		bufferevent_setwatermark(s->stream, EV_READ, 0, INPUT_MOST);
		if (evbuffer_add(output, length, LENGTH) == 0 &&
		    evbuffer_add(output, query.data, query.len) == 0) {
			connect_to(s, to);
			return ST_OK;
		}
	}
	mirror_stream_close(s);
	*stream = NULL;
	return fail(ST_AGAIN, "no memory for a connection");
}

void mirror_stream_close(struct mirror_stream *s)
{
	if (!s) {
		return;
	}
	if (s->stream) {
		bufferevent_free(s->stream);
	}
	if (s->deadline) {
		event_free(s->deadline);
	}
	free(s);
}
