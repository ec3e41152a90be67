/*
 * http.c: requests in, one page out, and the connection is closed.
 *
 *	listener -> client: read to the empty line -> page or error -> written -> closed
 *
 * libevent's evhttp would do the same, but the version that there is (2.1) takes any number of
 * connections, gives a client new time with every octet, and spins when descriptors run out. Beside
 * DNS in the same process that will not do, and what is left of HTTP without it is a line to read.
 *
 * 1. Memory is bounded: CLIENTS of them, REQUEST_MOST octets from each, and the page that each is
 *    sent.
 * 2. Time is bounded: LIFE_S after it came a client is closed, however it uses that time.
 * 3. When all places are taken the oldest makes room: whoever asks and reads is done long before.
 */
#include "http.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "stream.h"

enum {
	CLIENTS = 16,
	REQUEST_MOST = 8192, /* a scraper's has 300 octets; a browser's with its cookies fits too */
	LIFE_S = 10,         /* what a scraper waits for as well, by default */
	REST_MS = 100,
	FINISH_MS = 500,
};

struct http_client {
	TAILQ_ENTRY(http_client) entry;
	struct http *http;
	struct bufferevent *stream;
	struct event *deadline;
};

static void client_close(struct http_client *c)
{
	TAILQ_REMOVE(&c->http->clients, c, entry);
	c->http->count--;
	event_free(c->deadline);
	bufferevent_free(c->stream);
	free(c);
}

static void on_written(struct bufferevent *stream, void *context)
{
	(void)stream;
	client_close(context);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	(void)what;
	client_close(context);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	client_close(context);
}

/* `body` is moved. The connection is closed once all is written. */
static void reply(struct http_client *c, const char *status, const char *type,
		  struct evbuffer *body, bool head)
{
	struct evbuffer *output = bufferevent_get_output(c->stream);

	bufferevent_disable(c->stream, EV_READ);
	bufferevent_setcb(c->stream, NULL, on_written, on_event, c);
	evbuffer_add_printf(output,
			    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			    "Allow: GET, HEAD\r\nConnection: close\r\n\r\n",
			    status, type, evbuffer_get_length(body));
	if (!head) {
		evbuffer_add_buffer(output, body);
	}
}

static void reply_error(struct http_client *c, const char *status)
{
	struct evbuffer *body = evbuffer_new();

	if (!body) {
		client_close(c);
		return;
	}
	evbuffer_add_printf(body, "%s\n", status);
	reply(c, status, "text/plain; charset=utf-8", body, false);
	evbuffer_free(body);
}

/* "GET /metrics HTTP/1.1" (RFC 9112 §3), taken apart in place. */
static void answer(struct http_client *c, char *line)
{
	const struct http *h = c->http;
	char *rest = line;
	const char *method = strsep(&rest, " "), *target = strsep(&rest, " ");
	bool head = strcmp(method, "HEAD") == 0;

	if (!target || !rest || strncmp(rest, "HTTP/1.", 7) != 0) {
		reply_error(c, "400 Bad Request");
		return;
	}
	if (!head && strcmp(method, "GET") != 0) {
		reply_error(c, "405 Method Not Allowed");
		return;
	}
	/* What may follow the path is for pages that can be told something. */
	if (strcspn(target, "?") != strlen(h->path) ||
	    strncmp(target, h->path, strlen(h->path)) != 0) {
		reply_error(c, "404 Not Found");
		return;
	}
	struct evbuffer *body = evbuffer_new();

	if (!body) {
		client_close(c);
		return;
	}
	h->page(h->context, body);
	reply(c, "200 OK", h->type, body, head);
	evbuffer_free(body);
}

static void on_data(struct bufferevent *stream, void *context)
{
	struct http_client *c = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);

	if (end.pos < 0) {
		if (evbuffer_get_length(input) >= REQUEST_MOST) {
			reply_error(c, "431 Request Header Fields Too Large");
		}
		return;
	}
	char *line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF_STRICT);

	if (!line) {
		client_close(c);
		return;
	}
	answer(c, line);
	free(line);
}

static void client_add(struct http *h, int fd)
{
	const struct timeval life = {.tv_sec = LIFE_S};
	struct http_client *c = must_alloc(sizeof *c);

	c->http = h;
	if (!stream_open(h->base, fd, on_deadline, c, &c->stream, &c->deadline)) {
		free(c);
		return;
	}
	if (h->count >= CLIENTS) {
		client_close(TAILQ_FIRST(&h->clients));
	}
	TAILQ_INSERT_TAIL(&h->clients, c, entry);
	h->count++;
	bufferevent_setcb(c->stream, on_data, NULL, on_event, c);
	bufferevent_setwatermark(c->stream, EV_READ, 0, REQUEST_MOST);
	bufferevent_enable(c->stream, EV_READ | EV_WRITE);
	event_add(c->deadline, &life);
}

/* As many as there are places for in one turn of the loop, and DNS has the next one. */
static void on_connection(evutil_socket_t listener, short what, void *context)
{
	const struct timeval rest = {.tv_usec = REST_MS * 1000};
	struct http *h = context;

	(void)what;
	for (unsigned i = 0; i < CLIENTS; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_add(h, fd);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			/* Out of descriptors, it would be called again at once, for ever. */
			if (errno != EAGAIN) {
				event_del(h->listener);
				event_add(h->rest, &rest);
			}
			return;
		}
	}
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
	struct http *h = context;

	(void)fd;
	(void)what;
	event_add(h->listener, NULL);
}

enum status http_open(struct http *h, struct event_base *base, int listener, const char *path,
		      const char *type, http_page *page, void *context)
{
	*h = (struct http){.base = base,
			   .path = path,
			   .type = type,
			   .page = page,
			   .context = context};
	TAILQ_INIT(&h->clients);
	h->listener = event_new(base, listener, EV_READ | EV_PERSIST, on_connection, h);
	h->rest = evtimer_new(base, on_rested, h);
	if (!h->listener || !h->rest || event_add(h->listener, NULL) < 0) {
		http_close(h);
		return fail(ST_AGAIN, "no memory for HTTP");
	}
	return ST_OK;
}

void http_stop(struct http *h)
{
	if (h->listener) {
		event_del(h->listener);
		event_del(h->rest);
	}
}

void http_finish(struct http *h)
{
	const struct timeval most = {.tv_usec = FINISH_MS * 1000};

	if (h->count == 0) {
		return;
	}
	event_base_loopexit(h->base, &most);
	do {
		event_base_loop(h->base, EVLOOP_ONCE);
	} while (h->count > 0 && !event_base_got_exit(h->base));
}

void http_close(struct http *h)
{
	while (h->count > 0) {
		client_close(TAILQ_FIRST(&h->clients));
	}
	if (h->listener) {
		event_free(h->listener);
	}
	if (h->rest) {
		event_free(h->rest);
	}
	*h = (struct http){0};
}
