/*
 * peers.h: how many connections each client has.
 */
#ifndef DNSBLD_PEERS_H
#define DNSBLD_PEERS_H

#include "client.h"

/* A client that has at least one. IPv6 by /64: one host has that many addresses. */
struct peer {
	uint8_t family;
	addr_t addr;
	unsigned connections;
};

/* All of them; NULL where there are none. */
struct peers {
	void *tree; /* tsearch(3) */
};

/*
 * Counts one connection more of a client, which has fewer than `most` (>= 1). NULL where it has
 * not, or where there is no memory: then nothing is counted.
 */
struct peer *peers_join(struct peers *peers, const struct client *client, unsigned most);

/* Counts one less. With its last one the client is forgotten. */
void peers_leave(struct peers *peers, struct peer *peer);

#endif
