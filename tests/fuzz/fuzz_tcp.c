/*
 * fuzz_tcp: any octets in any pieces on a TCP connection, in front of a real database.
 *
 *	input: length(1) piece(length) … -> one write and one turn of the event loop for each piece;
 *	a length of 0 is the client reading what is there; in the end it closes its side
 *
 * What must hold however the pieces fall:
 *
 * 1. The answers are what respond() says to each whole message, in their order and to the last
 *    octet, up to the first message that deserves none; of a transfer its other messages follow the
 *    first. Nothing else comes.
 * 2. Then the server closes, and no connection is left.
 */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnsbld/connection.h"
#include "dnsbld/reply.h"
#include "log.h"
#include "sockaddr.h"
#include "tests/unit/dnsbld/served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	LENGTH = 2,
	PATIENCE = 10000, /* turns of the loop in which nothing happened */
	LISTED = 400,     /* more than a message holds */
};

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?ip={ip}\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" } ttl = 300\n"
	"  transfer { allow = { 0.0.0.0/0 } }\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

static struct served served;
static struct event_base *base;
static const struct tcp_config limits = {
	.clients = 10,
	.per_client = 10,
	.idle_ms = 3600000,
	.partial_ms = 3600000,
	.transfers = 1,
};

/* What grows at its end. */
struct stream {
	uint8_t *data;
	size_t len;
};

static void append(struct stream *s, const uint8_t *data, size_t len)
{
	if (len > 0) {
		s->data = realloc(s->data, s->len + len);
		memcpy(s->data + s->len, data, len);
		s->len += len;
	}
}

static void close_all(void)
{
	event_base_free(base);
	served_close(&served);
}

/* Each transfer is a line. */
static void say_nothing(int priority, const char *line, size_t len)
{
	(void)priority;
	(void)line;
	(void)len;
}

static void list_some(void)
{
	struct store *store;
	struct change *change = served_begin(&served, &store);

	for (unsigned i = 0; i < LISTED; i++) {
		char address[40];

		snprintf(address, sizeof address, "198.%u.%u.1", i / 200 + 51, i % 200);
		served_add(change, address, "relay", NULL);
	}
	served_commit(change, store);
}

/* With the first input, for replay.c knows no other moment. */
static void open_once(void)
{
	if (base) {
		return;
	}
	served_open(&served, config);
	served_list(&served, "192.0.2.1", "relay", NULL);
	list_some();
	log_to(say_nothing);
	base = event_base_new();
	assert(base);
	atexit(close_all);
}

/* Reads what is there. False at the end of the connection. */
static bool receive(int fd, struct stream *to)
{
	uint8_t room[4096];
	ssize_t n;

	while ((n = read(fd, room, sizeof room)) > 0) {
		append(to, room, (size_t)n);
	}
	return n < 0 && errno == EAGAIN;
}

/* False where the server has closed. */
static bool send_piece(int fd, const uint8_t *piece, size_t len, struct stream *received)
{
	unsigned turns = 0;

	while (len > 0) {
		ssize_t n = send(fd, piece, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN) {
			return false;
		}
		if (n < 0) {
			receive(fd, received);
			assert(++turns < PATIENCE);
		} else {
			piece += n;
			len -= (size_t)n;
			turns = 0;
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	return true;
}

/* Feeds the pieces. `sent` is all of them in a row, `received` what came back. */
static void converse(int fd, const uint8_t *data, size_t size, struct stream *sent,
		     struct stream *received)
{
	bool open = true;
	size_t at = 0;

	while (at < size) {
		size_t len = data[at++];

		len = len < size - at ? len : size - at;
		append(sent, data + at, len);
		if (len == 0) {
			receive(fd, received);
		} else if (open) {
			open = send_piece(fd, data + at, len, received);
		}
		at += len;
	}
	shutdown(fd, SHUT_WR);
	for (unsigned turns = 0;; turns++) {
		size_t before = received->len;

		event_base_loop(base, EVLOOP_NONBLOCK);
		if (!receive(fd, received)) {
			return;
		}
		turns = received->len > before ? 0 : turns;
		assert(turns < PATIENCE);
	}
}

/* What the answers to a stream are. */
static void expect(const struct client *client, struct transfers *transfers,
		   const struct stream *sent, struct stream *expected)
{
	static uint8_t reply[LENGTH + REPLY_TCP];
	size_t at = 0;

	worker_begin(&served.worker);
	while (sent->len - at >= LENGTH) {
		size_t len = peek_u16(sent->data + at);

		if (sent->len - at - LENGTH < len) {
			break;
		}
		size_t answer = respond(&served.worker, client, sent->data + at + LENGTH, len,
					reply + LENGTH, REPLY_TCP);

		if (answer == 0) {
			break;
		}
		struct outgoing *o = transfers_take(transfers);

		for (; answer > 0; answer = o ? outgoing_next(o, reply + LENGTH, REPLY_TCP) : 0) {
			reply[0] = (uint8_t)(answer >> 8);
			reply[1] = (uint8_t)answer;
			append(expected, reply, LENGTH + answer);
		}
		if (o) {
			outgoing_end(o, true);
		}
		at += LENGTH + len;
	}
	worker_end(&served.worker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sockaddr_storage peer = {.ss_family = AF_INET};
	struct stream sent = {NULL, 0}, received = {NULL, 0}, expected = {NULL, 0};
	struct client client = {.tcp = true};
	struct connections all;
	int pair[2];

	open_once();
	connections_init(&all, base, &served.worker, &limits);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	connections_add(&all, pair[0], (const struct sockaddr *)&peer);
	converse(pair[1], data, size, &sent, &received);
	sockaddr_read(&peer, &client.family, &client.addr);
	client.idle_100ms = all.idle_100ms;
	expect(&client, &all.transfers, &sent, &expected);

	assert(all.count == 0 && all.transfers.running == 0);
	assert(received.len == expected.len);
	assert(received.len == 0 || memcmp(received.data, expected.data, received.len) == 0);

	close(pair[1]);
	connections_release(&all);
	free(sent.data);
	free(received.data);
	free(expected.data);
	return 0;
}
