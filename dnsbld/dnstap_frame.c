/*
 * dnstap_frame.c: from an exchange to protobuf, by the code that protoc-c makes of dnstap.proto.
 *
 * The exchange is what a worker has put: its lengths have to be those of the message, its family
 * one that there is; all else is octets and numbers, of which any value will do.
 */
#include "dnstap_frame.h"

#include <dnstap.pb-c.h>

#include "dnstap.h"

enum { NS = 1000000000 };

static ProtobufCBinaryData binary(const void *data, size_t len)
{
	/* It is read alone. */
	return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)data};
}

static void set_query_time(Dnstap__Message *m, const struct exchange *e)
{
	m->has_query_time_sec = m->has_query_time_nsec = true;
	m->query_time_sec = e->query_ns / NS;
	m->query_time_nsec = (uint32_t)(e->query_ns % NS);
}

static void set_query(Dnstap__Message *m, const struct exchange *e, const uint8_t *query)
{
	m->type = DNSTAP__MESSAGE__TYPE__AUTH_QUERY;
	set_query_time(m, e);
	m->has_query_message = true;
	m->query_message = binary(query, e->query_len);
}

/* With the query's time, by which a reader finds the query. */
static void set_response(Dnstap__Message *m, const struct exchange *e, const uint8_t *reply)
{
	m->type = DNSTAP__MESSAGE__TYPE__AUTH_RESPONSE;
	set_query_time(m, e);
	m->has_response_time_sec = m->has_response_time_nsec = true;
	m->response_time_sec = e->reply_ns / NS;
	m->response_time_nsec = (uint32_t)(e->reply_ns % NS);
	m->has_response_message = true;
	m->response_message = binary(reply, e->reply_len);
}

static void set_ends(Dnstap__Message *m, const struct exchange *e)
{
	size_t octets = e->family == 4 ? 4 : 16;

	m->has_socket_family = m->has_socket_protocol = true;
	m->socket_family =
		e->family == 4 ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
	m->socket_protocol = e->tcp ? DNSTAP__SOCKET_PROTOCOL__TCP : DNSTAP__SOCKET_PROTOCOL__UDP;
	m->has_query_address = m->has_response_address = true;
	m->query_address = binary(e->client, octets);
	m->response_address = binary(e->server, octets);
	m->has_query_port = m->has_response_port = true;
	m->query_port = e->client_port;
	m->response_port = e->server_port;
}

static struct iovec encode(const struct dnstap_sender *sender, Dnstap__Message *m, uint8_t *room)
{
	Dnstap__Dnstap d = DNSTAP__DNSTAP__INIT;

	d.has_identity = d.has_version = true;
	d.identity = binary(sender->identity, strlen(sender->identity));
	d.version = binary(sender->version, strlen(sender->version));
	d.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	d.message = m;
	return (struct iovec){.iov_base = room, .iov_len = dnstap__dnstap__pack(&d, room)};
}

int dnstap_frames(const struct dnstap_sender *sender, const uint8_t *message, size_t len,
		  uint8_t *room, struct iovec *frames)
{
	const uint8_t *octets = message + sizeof(struct exchange);
	struct exchange e;
	int count = 0;

	if (len < sizeof e) {
		return -1;
	}
	memcpy(&e, message, sizeof e);
	if (len != sizeof e + e.query_len + e.reply_len || (e.family != 4 && e.family != 6)) {
		return -1;
	}
	if (sender->wanted->queries) {
		Dnstap__Message m = DNSTAP__MESSAGE__INIT;

		set_ends(&m, &e);
		set_query(&m, &e, octets);
		frames[count++] = encode(sender, &m, room);
	}
	if (sender->wanted->responses && e.reply_len > 0) {
		Dnstap__Message m = DNSTAP__MESSAGE__INIT;

		set_ends(&m, &e);
		set_response(&m, &e, octets + e.query_len);
		frames[count] = encode(sender, &m, room + (size_t)count * FRAME_MOST);
		count++;
	}
	return count;
}
