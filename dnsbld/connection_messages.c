/*
 * connection_messages.c: whole messages from a connection's input, answers and transfers into its
 * output.
 */
#include "connection_inside.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "reply.h"

/* Length of the first message in the input; -1 where it is not whole yet. */
static int first_message(struct evbuffer *input)
{
	uint8_t head[CONNECTION_LENGTH];

	if (evbuffer_copyout(input, head, CONNECTION_LENGTH) < CONNECTION_LENGTH) {
		return -1;
	}
	int len = peek_u16(head);

	return evbuffer_get_length(input) >= CONNECTION_LENGTH + (size_t)len ? len : -1;
}

bool connection_has_message(const struct connection *c)
{
	return first_message(bufferevent_get_input(c->stream)) >= 0;
}

/* The message in the room for a reply. False where there is no memory. */
static bool put_message(struct connection *c, size_t len)
{
	uint8_t *reply = c->all->reply;

	reply[0] = (uint8_t)(len >> 8);
	reply[1] = (uint8_t)len;
	return evbuffer_add(bufferevent_get_output(c->stream), reply, CONNECTION_LENGTH + len) == 0;
}

/* Answers one message into the room for a reply; returns its length. */
static size_t answer_message(struct connection *c, struct bytes query)
{
	struct connections *all = c->all;
	struct dnstap *d = &all->worker->dnstap;
	uint8_t *reply = all->reply + CONNECTION_LENGTH;

	if (!d->ring || !dnstap_is_next(d)) {
		return respond(all->worker, &c->client, query.data, query.len, reply, REPLY_TCP);
	}
	c->exchange.query_ns = dnstap_now_ns();
	size_t len = respond(all->worker, &c->client, query.data, query.len, reply, REPLY_TCP);

	c->exchange.reply_ns = dnstap_now_ns();
	dnstap_put(d, &c->exchange, query, bytes_of(reply, len));
	return len;
}

bool connection_send(struct connection *c, unsigned *sent)
{
	struct evbuffer *output = bufferevent_get_output(c->stream);
	bool rests = false;
	size_t len;

	while (!rests && evbuffer_get_length(output) < CONNECTION_OUTPUT &&
	       (len = outgoing_next(c->outgoing, c->all->reply + CONNECTION_LENGTH, REPLY_TCP)) >
		       0) {
		if (!put_message(c, len)) {
			return false;
		}
		++*sent;
		c->untaken = 0;
		rests = outgoing_rests(c->outgoing);
	}
	if (evbuffer_get_length(output) > 0) {
		return true;
	}
	if (outgoing_rests(c->outgoing)) {
		bufferevent_trigger(c->stream, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
		return true;
	}
	bool whole = outgoing_is_whole(c->outgoing);

	outgoing_end(c->outgoing, whole);
	c->outgoing = NULL;
	c->untaken = 0;
	++*sent; /* from now on it is idle */
	return whole;
}

bool connection_answer(struct connection *c, unsigned *answered)
{
	struct connections *all = c->all;
	struct evbuffer *input = bufferevent_get_input(c->stream);
	struct evbuffer *output = bufferevent_get_output(c->stream);
	int len;

	while (!c->outgoing && evbuffer_get_length(output) < CONNECTION_OUTPUT &&
	       (len = first_message(input)) >= 0) {
		const uint8_t *message = evbuffer_pullup(input, CONNECTION_LENGTH + len);
		size_t reply = message ? answer_message(c, bytes_of(message + CONNECTION_LENGTH,
								    (size_t)len))
				       : 0;

		if (reply == 0) {
			worker_event(all->worker, COUNTER_TCP_DROPPED);
			c->ended = true;
			return bufferevent_disable(c->stream, EV_READ) == 0 &&
			       evbuffer_drain(input, evbuffer_get_length(input)) == 0;
		}
		c->outgoing = transfers_take(&all->transfers);
		if (!put_message(c, reply) ||
		    evbuffer_drain(input, CONNECTION_LENGTH + (size_t)len) < 0) {
			return false;
		}
		++*answered;
	}
	return true;
}
