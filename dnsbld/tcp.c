/*
 * tcp.c: the process that does all TCP: listeners, limits, ticks, and its end.
 *
 *	listener -> connections_add() … connection.c
 *	SIGTERM  -> what waits to be accepted is accepted, then no more -> connections_finish()
 *
 * 1. Nothing here can disturb UDP, which other processes do.
 * 2. Out of descriptors the listeners rest for a moment. libevent would call accept() again at
 *    once, for ever, as the connection still waits.
 */
#include "tcp.h"

#include <errno.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "connection.h"
#include "log.h"

enum {
	REST_MS = 100,
	TICK_MS = 500,
	/* Systemd kills after 90 s, a restart should not take long, and clients ask again. */
	FINISH_S = 5,
	/* Descriptors of our own: database, event loop, signals, and a listener for each address.
	 */
	OWN_DESCRIPTORS = 64,
};

struct tcp {
	struct tcp_config limits;
	struct connections connections;
	struct heartbeat *heartbeat;
	struct event_base *base;
	struct evconnlistener **listener;
	size_t listener_count;
	struct event *rest;
	unsigned ticks;
	unsigned warned_tick;
	enum status status;
};

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
		      int peer_len, void *context)
{
	struct tcp *t = context;

	(void)listener;
	(void)peer_len;
	connections_add(&t->connections, fd, peer);
}

static void on_accept_error(struct evconnlistener *listener, void *context)
{
	struct tcp *t = context;
	const struct timeval rest = {.tv_usec = REST_MS * 1000};

	(void)listener;
	if (t->warned_tick != t->ticks) {
		t->warned_tick = t->ticks;
		log_warn("accepting a TCP connection: %s", evutil_socket_error_to_string(errno));
	}
	for (size_t i = 0; i < t->listener_count; i++) {
		evconnlistener_disable(t->listener[i]);
	}
	event_add(t->rest, &rest);
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
	struct tcp *t = context;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < t->listener_count; i++) {
		evconnlistener_enable(t->listener[i]);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct tcp *t = context;

	(void)fd;
	(void)what;
	heartbeat_tick(t->heartbeat);
	if (++t->ticks % (1000 / TICK_MS) == 0 && !worker_tick(t->connections.worker)) {
		t->status = fail(ST_AGAIN, "the database was replaced");
		event_base_loopbreak(t->base);
	}
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
	struct tcp *t = context;
	const struct timeval finish = {.tv_sec = FINISH_S};

	(void)number;
	(void)what;
	event_del(t->rest);
	for (size_t i = 0; i < t->listener_count; i++) {
		evutil_socket_t listener = evconnlistener_get_fd(t->listener[i]);
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd;

		evconnlistener_disable(t->listener[i]);
		while ((fd = accept4(listener, (struct sockaddr *)&peer, &len,
				     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
			connections_add(&t->connections, fd, (struct sockaddr *)&peer);
			len = sizeof peer;
		}
	}
	event_base_loopexit(t->base, &finish);
	connections_finish(&t->connections);
}

/*
 * As many clients as there are descriptors for; the system's limit is raised as far as we may. So
 * the one that has to go when there are too many is chosen by us, and accept() does not fail.
 */
static unsigned clients_allowed(unsigned clients)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= clients + OWN_DESCRIPTORS) {
		return clients;
	}
	limit.rlim_cur = clients + OWN_DESCRIPTORS;
	if (limit.rlim_cur > limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		clients = limit.rlim_max > OWN_DESCRIPTORS
				  ? (unsigned)limit.rlim_max - OWN_DESCRIPTORS
				  : 1;
		log_warn("only %lu files may be open: at most %u clients over TCP",
			 (unsigned long)limit.rlim_max, clients);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
	return clients;
}

static enum status listen_all(struct tcp *t, const struct sockets *sockets)
{
	t->listener = must_alloc(sockets->count * sizeof(struct evconnlistener *));
	for (size_t i = 0; i < sockets->count; i++) {
		/* No flags; backlog 0, for the parent has called listen(). */
		struct evconnlistener *listener =
			evconnlistener_new(t->base, on_accept, t, 0, 0, sockets->endpoint[i].tcp);

		if (!listener) {
			return fail(ST_AGAIN, "unable to listen on %s TCP",
				    sockets->endpoint[i].at.text);
		}
		evconnlistener_set_error_cb(listener, on_accept_error);
		t->listener[t->listener_count++] = listener;
	}
	return ST_OK;
}

enum status tcp_serve(struct worker *worker, const struct sockets *sockets,
		      const struct tcp_config *limits, struct heartbeat *heartbeat)
{
	const struct timeval tick = {.tv_usec = TICK_MS * 1000};
	struct tcp t = {.limits = *limits, .heartbeat = heartbeat, .base = event_base_new()};
	struct event *stop, *ticker;
	sigset_t term;

	if (!t.base) {
		return fail(ST_AGAIN, "no event loop: %s", strerror(errno));
	}
	t.limits.clients = clients_allowed(limits->clients);
	connections_init(&t.connections, t.base, worker, &t.limits);
	stop = evsignal_new(t.base, SIGTERM, on_stop, &t);
	ticker = event_new(t.base, -1, EV_PERSIST, on_tick, &t);
	t.rest = evtimer_new(t.base, on_rested, &t);
	t.status = !stop || !ticker || !t.rest ? fail(ST_AGAIN, "no memory for events")
					       : listen_all(&t, sockets);
	if (!t.status) {
		event_add(stop, NULL);
		event_add(ticker, &tick);
		sigemptyset(&term);
		sigaddset(&term, SIGTERM);
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		event_base_dispatch(t.base);
	}

	connections_release(&t.connections);
	for (size_t i = 0; i < t.listener_count; i++) {
		evconnlistener_free(t.listener[i]);
	}
	free(t.listener);
	event_free(t.rest);
	event_free(ticker);
	event_free(stop);
	event_base_free(t.base);
	return t.status;
}
