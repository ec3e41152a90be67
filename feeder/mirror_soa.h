/*
 * mirror_soa.h: asks one primary which serial its zone has (RFC 1035 §4.3.5): over UDP, over TCP
 * where the reply is truncated or none comes.
 */
#ifndef FEEDER_MIRROR_SOA_H
#define FEEDER_MIRROR_SOA_H

#include <event2/event.h>

#include "config.h"
#include "tsig.h"

struct mirror_soa;

/* ST_OK: the serial. ST_AGAIN, and fail_text(): there is none to be had. ST_DATA: what came is not
 * to be believed. The question is closed already. */
typedef void mirror_soa_done(void *context, enum status status, uint32_t serial);

/* `key` NULL: unsigned. `done` is called later, once, unless the question is closed before. */
enum status mirror_soa_open(struct mirror_soa **soa, struct event_base *base,
			    const struct name *zone, const struct listen_config *at,
			    const struct tsig_key *key, mirror_soa_done *done, void *context);
void mirror_soa_close(struct mirror_soa *soa); /* NULL is fine */

#endif
