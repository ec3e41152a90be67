/*
 * cookie.h: DNS cookies (RFC 7873): a client that sends ours back is at the address that it says,
 * for that is where we sent it. The server's half is the interoperable one (RFC 9018), so that all
 * servers with one secret know each other's.
 */
#ifndef DNSBLD_COOKIE_H
#define DNSBLD_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "config.h"
#include "query.h"

/*
 * What the client gets: its own half, and ours. True where it sent a cookie of ours that is valid
 * at `now_s`, in seconds of the real clock modulo 2^32: then the address is proven.
 */
bool cookie_answer(const struct cookies_config *config, const struct client *client,
		   const struct query_cookie *sent, uint32_t now_s, uint8_t out[COOKIE_LEN]);

#endif
