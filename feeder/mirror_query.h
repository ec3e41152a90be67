/*
 * mirror_query.h: a question to a primary, signed where it has a key, and what verifies the answer.
 */
#ifndef FEEDER_MIRROR_QUERY_H
#define FEEDER_MIRROR_QUERY_H

#include "message.h"
#include "tsig.h"

enum { MIRROR_QUERY = 1024 }; /* octets: any query with any TSIG */

struct mirror_query {
	uint16_t id; /* random */
	const struct tsig_key *key;
	struct tsig_session session; /* with a key */
	size_t len;
	uint8_t octets[MIRROR_QUERY];
};

/* As message_query(); `key` NULL: unsigned. ST_INTERNAL: libcrypto fails. */
enum status mirror_query_open(struct mirror_query *query, const struct name *zone, uint16_t qtype,
			      uint32_t serial, const struct tsig_key *key);
void mirror_query_close(struct mirror_query *query);

static inline struct bytes mirror_query_bytes(const struct mirror_query *query)
{
	return bytes_of(query->octets, query->len);
}

/* The session that verifies answers; NULL where nothing is signed. */
static inline struct tsig_session *mirror_query_session(struct mirror_query *query)
{
	return query->key ? &query->session : NULL;
}

#endif
