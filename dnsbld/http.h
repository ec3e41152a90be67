/*
 * http.h: one page over HTTP/1.1 (RFC 9112), for programs on this machine.
 */
#ifndef DNSBLD_HTTP_H
#define DNSBLD_HTTP_H

#include <stdbool.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "status.h"

struct http_client;
TAILQ_HEAD(http_clients, http_client);

/* Appends the page. */
typedef void http_page(void *context, struct evbuffer *to);

struct http {
	struct event_base *base;
	const char *path;
	const char *type;
	http_page *page;
	void *context;
	struct event *listener;
	struct event *rest;
	struct http_clients clients; /* the oldest first */
	unsigned count;
};

/*
 * Shows the page at `path` to whoever connects to `listener`, which listens; `type` is its media
 * type. All three are borrowed. ST_AGAIN where there is no memory.
 */
enum status http_open(struct http *h, struct event_base *base, int listener, const char *path,
		      const char *type, http_page *page, void *context);

/* Accepts no more. */
void http_stop(struct http *h);

/* Runs the loop until those who are there have been answered, or half a second has passed. */
void http_finish(struct http *h);

/* Closes all connections; what was never opened, and so is zero, is fine. */
void http_close(struct http *h);

#endif
