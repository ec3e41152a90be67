/*
 * connection_inside.h: a connection from inside: connection.c has its life and its deadlines,
 * connection_messages.c what it says.
 */
#ifndef DNSBLD_CONNECTION_INSIDE_H
#define DNSBLD_CONNECTION_INSIDE_H

#include "connection.h"

enum {
	CONNECTION_LENGTH = 2,     /* octets before each message */
	CONNECTION_OUTPUT = 65536, /* octets that may wait before no more is answered */
};

struct connection {
	TAILQ_ENTRY(connection) entry;
	struct connections *all;
	struct bufferevent *stream;
	struct event *deadline;
	struct client client;
	struct peer *peer;
	struct exchange exchange;  /* with dnstap: who is at both ends */
	struct outgoing *outgoing; /* a transfer that is under way; NULL: none */
	size_t untaken; /* octets of it that the client had not taken at the last look; 0: none yet
			 */
	bool partial;   /* a message has begun, and its deadline runs */
	bool ended;     /* the client sends no more */
};

/* Whether a whole message has come that is not answered yet. */
bool connection_has_message(const struct connection *c);

/*
 * Answers the whole messages that are there, as far as the output has room and none of them begins
 * a transfer, and adds to *answered how many. After what deserves no answer nothing is read any
 * more. False: close at once.
 */
bool connection_answer(struct connection *c, unsigned *answered);

/*
 * Goes on with a transfer, as far as the output has room, and adds to *sent its messages; when all
 * of it is sent it has ended. False: close at once.
 */
bool connection_send(struct connection *c, unsigned *sent);

#endif
