/*
 * rrl.h: response rate limiting: how much one client, and one network, is answered over UDP.
 *
 * Who asks there may not be who he says, and what is sent to him may hit somebody else. It is
 * counted by address alone, never by what is asked: a mail server in a wave of spam asks for many
 * names that are not listed.
 */
#ifndef DNSBLD_RRL_H
#define DNSBLD_RRL_H

#include <stdatomic.h>
#include <stdint.h>

#include "bytes.h"
#include "client.h"
#include "config.h"
#include "status.h"

/*
 * A client, its network, and a large part of its provider's: IPv4 /32, /24, /18, IPv6 /64, /48,
 * /32. The first may have `rate` responses a second, the others 32 and 256 times that: many good
 * servers in a network do not stand in for one bad one, and an attack on all of it has bounds too.
 */
enum { RRL_LEVELS = 3 };

/* What a client gets. */
enum rrl_verdict {
	RRL_ANSWER,
	RRL_SHORT, /* no records: it is to prove its address */
	RRL_DROP,
};

/* Shared by all processes, for as long as the server runs. */
struct rrl_table;

/* What one process knows of it. */
struct rrl {
	struct rrl_table *table; /* NULL: nobody is limited */
	const struct rrl_config *config;
	uint64_t now;              /* ticks */
	uint64_t cost[RRL_LEVELS]; /* of one response, in ticks */
	unsigned limited;          /* responses, for slip */
};

/* ST_AGAIN where there is no memory or nothing random. */
enum status rrl_map(struct rrl_table **table);
void rrl_unmap(struct rrl_table *table);

/* The config is borrowed. Without an `rrl` section nobody is limited. */
void rrl_init(struct rrl *rrl, struct rrl_table *table, const struct rrl_config *config);

/* Looks at the clock, once for each batch. */
void rrl_begin(struct rrl *rrl);

/* Asks the cache for what rrl_take() will read. */
void rrl_prefetch(const struct rrl *rrl, const struct client *client);

/* Counts a response to a client that has not proven its address, and says which it gets. */
enum rrl_verdict rrl_take(struct rrl *rrl, const struct client *client);

#endif
