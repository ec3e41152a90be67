/*
 * tcp.c: the process that does all TCP: listeners, limits, ticks, and its end. NOTIFY
 * goes out from here too (notify.h).
 *
 *	listener -> connections_add() … connection.c
 *	SIGTERM  -> what waits to be accepted is accepted, then no more -> connections_finish()
 *
 * 1. Nothing here can disturb UDP, which other processes do.
 * 2. Out of descriptors the connection that has been silent the longest gives its own up, and the
 *    listeners rest for a moment. As the new one still waits, accept() would otherwise be called
 *    again at once, for ever.
 * 3. A turn of the loop ends. Of the connections that wait only some are accepted in one, or
 *    whoever opens them faster than that would keep all others from being served. (So libevent's
 *    own listener, which goes on until none waits, is not used.)
 * 4. However many clients have something to say, ticks come in between: the parent replaces a
 *    process that stands still for seconds.
 */
#include "tcp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "connection.h"
#include "http.h"
#include "log.h"
#include "metrics.h"
#include "mirrors.h"
#include "notify.h"
#include "stale.h"

enum {
	REST_MS = 100,
	TICK_MS = 500,
	WARNING_TICKS = 20, /* at most one line in 10 s says that connections wait */
	TURN_ACCEPTS = 64,
	/* Ticks and signals come first, whatever waits, and nothing else keeps them longer. */
	URGENT = 0,
	PRIORITIES = 2,
	URGENT_MS = 100,
	/* Systemd kills after 90 s, a restart should not take long, and clients ask again. */
	FINISH_S = 5,
	/* Descriptors of our own: database, event loop, signals, metrics, and a listener for each
	 * address. */
	OWN_DESCRIPTORS = 96,
};

struct tcp {
	struct tcp_config limits;
	struct connections connections;
	struct readers readers;
	struct stale stale;
	struct metrics metrics;
	struct http http;
	struct notify *notify;
	struct heartbeat *heartbeat;
	struct event_base *base;
	struct event **listener; /* one a socket that listens */
	size_t listener_count;
	struct event *rest;
	unsigned ticks;
	unsigned warning_tick; /* when connections that wait may be logged again */
	enum status status;
};

static void rest(struct tcp *t, int error)
{
	const struct timeval rest = {.tv_usec = REST_MS * 1000};

	if (t->ticks >= t->warning_tick) {
		t->warning_tick = t->ticks + WARNING_TICKS;
		log_warn("accepting a TCP connection: %s", strerror(error));
	}
	if (error == EMFILE) {
		connections_shed(&t->connections);
	}
	for (size_t i = 0; i < t->listener_count; i++) {
		event_del(t->listener[i]);
	}
	event_add(t->rest, &rest);
}

static bool is_awaited(int listener)
{
	struct pollfd look = {.fd = listener, .events = POLLIN};

	return poll(&look, 1, 0) == 1;
}

static void accept_waiting(struct tcp *t, int listener, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd = accept4(listener, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			connections_add(&t->connections, fd, (struct sockaddr *)&peer);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			int error = errno;

			/* Without a free descriptor it fails before it looks for connections. */
			if (error != EAGAIN && is_awaited(listener)) {
				rest(t, error);
			}
			return;
		}
	}
}

static void on_connection(evutil_socket_t listener, short what, void *context)
{
	(void)what;
	accept_waiting(context, listener, TURN_ACCEPTS);
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
	struct tcp *t = context;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < t->listener_count; i++) {
		event_add(t->listener[i], NULL);
	}
}

static void look_at_readers(struct tcp *t)
{
	struct store_readers now;
	struct timespec time;
	bool known = store_readers(t->connections.worker->store, &now);

	clock_gettime(CLOCK_MONOTONIC, &time);
	readers_look(&t->readers, &now, known, (uint64_t)time.tv_sec);
}

static void look_at_database(struct tcp *t)
{
	struct timespec now;

	if (!worker_tick(t->connections.worker)) {
		t->status = fail(ST_AGAIN, "the database was replaced");
		event_base_loopbreak(t->base);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	stale_tick(&t->stale, t->connections.worker, (uint64_t)now.tv_sec);
	mirrors_tick(t->connections.worker, (uint64_t)now.tv_sec);
	look_at_readers(t);
}

static void on_step(void *context)
{
	heartbeat_tick(context);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct tcp *t = context;

	(void)fd;
	(void)what;
	heartbeat_tick(t->heartbeat);
	log_tick();
	if (++t->ticks % (1000 / TICK_MS) == 0) {
		look_at_database(t);
	}
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
	struct tcp *t = context;
	const struct timeval finish = {.tv_sec = FINISH_S};

	(void)number;
	(void)what;
	for (size_t i = 0; i < t->listener_count; i++) {
		accept_waiting(t, event_get_fd(t->listener[i]), SOCKETS_BACKLOG);
		event_del(t->listener[i]);
	}
	event_del(t->rest);
	http_stop(&t->http);
	notify_stop(t->notify);
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
	t->listener = must_alloc(sockets->count * sizeof(struct event *));
	for (size_t i = 0; i < sockets->count; i++) {
		/* The parent has called listen(). */
		struct event *listener = event_new(t->base, sockets->endpoint[i].tcp,
						   EV_READ | EV_PERSIST, on_connection, t);

		if (!listener || event_add(listener, NULL) < 0) {
			return fail(ST_AGAIN, "unable to listen on %s TCP",
				    sockets->endpoint[i].at.text);
		}
		t->listener[t->listener_count++] = listener;
	}
	return ST_OK;
}

/* Nothing but the socket says whether there are metrics: it was bound when the server started. */
static enum status show_metrics(struct tcp *t, const struct sockets *sockets,
				const struct counters_view *counters)
{
	if (sockets->metrics < 0) {
		return ST_OK;
	}
	t->metrics = (struct metrics){
		.worker = t->connections.worker,
		.sockets = sockets,
		.counters = *counters,
		.tcp_connections = &t->connections.count,
		.transfers = &t->connections.transfers.running,
		.readers = &t->readers,
	};
	look_at_readers(t);
	return http_open(&t->http, t->base, sockets->metrics, METRICS_PATH, METRICS_TYPE,
			 metrics_page, &t->metrics);
}

static struct event_base *loop_new(void)
{
	const struct timeval longest = {.tv_usec = URGENT_MS * 1000};
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config) {
		/* -1: however many callbacks that is; what is less urgent than URGENT. */
		event_config_set_max_dispatch_interval(config, &longest, -1, URGENT + 1);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (base) {
		/* Whatever is not told otherwise has the one in the middle, which is 1. */
		event_base_priority_init(base, PRIORITIES);
	}
	return base;
}

enum status tcp_serve(struct worker *worker, const struct sockets *sockets,
		      const struct counters_view *counters, const struct notify_sockets *notify,
		      struct heartbeat *heartbeat)
{
	const struct timeval tick = {.tv_usec = TICK_MS * 1000};
	const struct tcp_config *limits = &worker->config->tcp;
	struct tcp t = {.limits = *limits, .heartbeat = heartbeat, .base = loop_new()};
	struct event *stop, *ticker;
	sigset_t term;

	if (!t.base) {
		return fail(ST_AGAIN, "no event loop: %s", strerror(errno));
	}
	t.limits.clients = clients_allowed(limits->clients);
	connections_init(&t.connections, t.base, worker, &t.limits);
	t.connections.transfers.watch = (struct transfer_watch){on_step, heartbeat};
	stop = evsignal_new(t.base, SIGTERM, on_stop, &t);
	ticker = event_new(t.base, -1, EV_PERSIST, on_tick, &t);
	t.rest = evtimer_new(t.base, on_rested, &t);
	t.status = !stop || !ticker || !t.rest ? fail(ST_AGAIN, "no memory for events")
					       : listen_all(&t, sockets);
	if (!t.status) {
		t.status = show_metrics(&t, sockets, counters);
	}
	if (!t.status) {
		t.status = notify_open(&t.notify, t.base, worker, sockets, notify);
	}
	if (!t.status) {
		event_priority_set(stop, URGENT);
		event_priority_set(ticker, URGENT);
		event_add(stop, NULL);
		event_add(ticker, &tick);
		sigemptyset(&term);
		sigaddset(&term, SIGTERM);
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		event_base_dispatch(t.base);
		if (!t.status) {
			http_finish(&t.http);
		}
	}

	connections_release(&t.connections);
	http_close(&t.http);
	notify_close(t.notify);
	metrics_release(&t.metrics);
	for (size_t i = 0; i < t.listener_count; i++) {
		event_free(t.listener[i]);
	}
	free(t.listener);
	event_free(t.rest);
	event_free(ticker);
	event_free(stop);
	event_base_free(t.base);
	return t.status;
}
