/*
 * connection.c: DNS over TCP (RFC 7766): messages with their length before them, many at a time.
 *
 *	socket -> input -> respond() for each whole message -> output -> socket
 *	                   a transfer's next messages ↗
 *
 * 1. Memory is bounded: INPUT_MOST octets of input, and no query is read while more than
 *    CONNECTION_OUTPUT octets of output wait for a client that does not read them; the kernel takes
 *    UNSENT_MOST of those from us.
 * 2. Time is bounded: a message must be whole `partial` after its first octet however slowly the
 *    others trickle in; a connection without messages lasts `idle`; so does one whose client
 *    takes no output. While a client takes any, a transfer may last as long as it wants.
 * 3. Whoever opens more than `per_client` is refused. When all `clients` places are taken, the
 *    connection that has been silent the longest makes room (RFC 7766 §6.2.3), or a few hosts
 *    could keep everybody else out.
 * 4. What was asked before the client closed its side, or before it sent what is no query, is
 *    answered.
 * 5. Who is refused or makes room is closed at once; where it sent what was not read, the kernel
 *    makes a reset of that. To read it first would take a place and a deadline for each of those
 *    who have too many as it is, and save nobody an answer: who is refused was sent none, and who
 *    makes room got his last one longest ago.
 * 6. No snapshot is held across a turn of the loop.
 * 7. A transfer is made as its client takes it: no more than CONNECTION_OUTPUT octets and a message
 *wait, and what is asked behind it waits until it is sent. Where a message takes long to make,
 *others have their turn in between.
 */
#include "connection_inside.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reply.h"
#include "sockaddr.h"
#include "stream.h"

enum {
	INPUT_MOST = CONNECTION_LENGTH + 65535,
	/*
	 * Left to itself the kernel takes megabytes that the client may never read. Of what is in
	 * flight there may still be as much as the path holds.
	 */
	UNSENT_MOST = 65536,
};

static void connection_close(struct connection *c)
{
	struct connections *all = c->all;

	TAILQ_REMOVE(&all->list, c, entry);
	all->count--;
	peers_leave(&all->peers, c->peer);
	if (c->outgoing) {
		outgoing_end(c->outgoing, false);
	}
	event_free(c->deadline);
	bufferevent_free(c->stream);
	free(c);
	if (all->stopping && all->count == 0) {
		event_base_loopbreak(all->base);
	}
}

static struct timeval interval(uint64_t ms)
{
	return (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
}

/* Whether all that has arrived is answered, and all answers are sent. */
static bool is_done(const struct connection *c)
{
	int unread = 0;

	if (c->outgoing || evbuffer_get_length(bufferevent_get_output(c->stream)) > 0 ||
	    connection_has_message(c)) {
		return false;
	}
	return c->ended || ioctl(bufferevent_getfd(c->stream), FIONREAD, &unread) < 0 ||
	       unread == 0;
}

static void set_deadline(struct connection *c, unsigned answered)
{
	bool partial = evbuffer_get_length(bufferevent_get_input(c->stream)) > 0;

	/* More octets of the same message do not move its deadline. */
	if (answered > 0 || partial != c->partial) {
		const struct tcp_config *limits = c->all->limits;
		struct timeval wait = interval(partial ? limits->partial_ms : limits->idle_ms);

		c->partial = partial;
		event_add(c->deadline, &wait);
	}
}

/* After anything has happened: answer, decide whether to read on, and until when to wait. */
static void connection_proceed(struct connection *c)
{
	struct connections *all = c->all;
	unsigned answered = 0;
	bool fine = !c->outgoing || connection_send(c, &answered);

	if (fine && !c->outgoing) {
		worker_begin(all->worker);
		fine = connection_answer(c, &answered);
		worker_end(all->worker);
	}

	if (!fine || ((c->ended || all->stopping) && is_done(c))) {
		connection_close(c);
		return;
	}
	if (answered > 0) {
		TAILQ_REMOVE(&all->list, c, entry);
		TAILQ_INSERT_TAIL(&all->list, c, entry);
	}
	set_deadline(c, answered);
	if (evbuffer_get_length(bufferevent_get_output(c->stream)) >= CONNECTION_OUTPUT) {
		bufferevent_disable(c->stream, EV_READ);
	} else if (!c->ended) {
		bufferevent_enable(c->stream, EV_READ);
	}
}

static void on_data(struct bufferevent *stream, void *context)
{
	(void)stream;
	connection_proceed(context);
}

/*
 * Whether the client has taken any of a transfer since the last look. A slow one may take a little
 * at a time, but the kernel asks for more only when much of what it has is gone.
 */
static bool has_taken(struct connection *c)
{
	const size_t before = c->untaken;
	int unsent = 0;

	ioctl(bufferevent_getfd(c->stream), TIOCOUTQ, &unsent);
	c->untaken = evbuffer_get_length(bufferevent_get_output(c->stream)) + (size_t)unsent;
	return before == 0 || c->untaken < before;
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct connection *c = context;

	(void)stream;
	if (what == (BEV_EVENT_EOF | BEV_EVENT_READING)) {
		/* Half closed: it still wants its answers. */
		c->ended = true;
		connection_proceed(c);
		return;
	}
	if (what & BEV_EVENT_TIMEOUT) {
		if (c->outgoing && has_taken(c)) {
			bufferevent_enable(c->stream, EV_WRITE);
			return;
		}
		worker_event(c->all->worker, COUNTER_TCP_UNREAD);
	}
	connection_close(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;

	(void)fd;
	(void)what;
	/*
	 * While output waits, the stream's own timeout decides whether the client takes any; where
	 * none does and there is a transfer, the next of it is looked for.
	 */
	if (c->outgoing || evbuffer_get_length(bufferevent_get_output(c->stream)) > 0) {
		struct timeval wait = interval(c->all->limits->idle_ms);

		event_add(c->deadline, &wait);
		return;
	}
	worker_event(c->all->worker, c->partial ? COUNTER_TCP_PARTIAL : COUNTER_TCP_IDLE);
	connection_close(c);
}

void connections_shed(struct connections *all)
{
	if (!TAILQ_EMPTY(&all->list)) {
		worker_event(all->worker, COUNTER_TCP_SHED);
		connection_close(TAILQ_FIRST(&all->list));
	}
}

void connections_add(struct connections *all, int fd, const struct sockaddr *address)
{
	const int unsent = UNSENT_MOST;
	struct client client = {.tcp = true, .idle_100ms = all->idle_100ms};

	sockaddr_read(address, &client.family, &client.addr);
	worker_event(all->worker, COUNTER_TCP_ACCEPTED);
	struct peer *peer = peers_join(&all->peers, &client, all->limits->per_client);

	if (!peer) {
		worker_event(all->worker, COUNTER_TCP_REFUSED);
		close(fd);
		return;
	}
	if (all->count >= all->limits->clients) {
		connections_shed(all);
	}

	struct connection *c = must_alloc(sizeof *c);
	struct timeval idle = interval(all->limits->idle_ms);

	/* Where it cannot be had, the kernel's own bounds hold. */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
	c->client = client;
	c->peer = peer;
	if (all->worker->dnstap.ring) {
		c->exchange.tcp = true;
		exchange_set_client(&c->exchange, address);
		exchange_set_server(&c->exchange, fd);
	}
	c->all = all;
	if (!stream_open(all->base, fd, on_deadline, c, &c->stream, &c->deadline)) {
		peers_leave(&all->peers, peer);
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&all->list, c, entry);
	all->count++;
	bufferevent_setcb(c->stream, on_data, on_data, on_event, c);
	/* Input is not read beyond one message of the greatest length. */
	bufferevent_setwatermark(c->stream, EV_READ, 0, INPUT_MOST);
	/* Half empty is when queries are read again. */
	bufferevent_setwatermark(c->stream, EV_WRITE, CONNECTION_OUTPUT / 2, 0);
	bufferevent_set_max_single_write(c->stream, CONNECTION_OUTPUT);
	bufferevent_set_timeouts(c->stream, NULL, &idle);
	bufferevent_enable(c->stream, EV_READ | EV_WRITE);
	event_add(c->deadline, &idle);
}

void connections_init(struct connections *all, struct event_base *base, struct worker *worker,
		      const struct tcp_config *limits)
{
	uint64_t idle_100ms = limits->idle_ms / 100;

	*all = (struct connections){
		.base = base,
		.worker = worker,
		.limits = limits,
		.idle_100ms = (uint16_t)(idle_100ms < UINT16_MAX ? idle_100ms : UINT16_MAX),
	};
	TAILQ_INIT(&all->list);
	all->transfers.most = limits->transfers;
	all->reply = must_alloc(CONNECTION_LENGTH + REPLY_TCP);
	worker->transfers = &all->transfers;
}

void connections_release(struct connections *all)
{
	while (!TAILQ_EMPTY(&all->list)) {
		connection_close(TAILQ_FIRST(&all->list));
	}
	all->worker->transfers = NULL;
	free(all->reply);
}

void connections_finish(struct connections *all)
{
	struct connection *c, *next;

	all->stopping = true;
	for (c = TAILQ_FIRST(&all->list); c; c = next) {
		next = TAILQ_NEXT(c, entry);
		connection_proceed(c);
	}
	if (all->count == 0) {
		event_base_loopbreak(all->base);
	}
}
