/*
 * mirror_query.c: a question to a primary.
 */
#include "mirror_query.h"

#include <event2/util.h>
#include <time.h>

enum status mirror_query_open(struct mirror_query *query, const struct name *zone, uint16_t qtype,
			      uint32_t serial, const struct tsig_key *key)
{
	*query = (struct mirror_query){.key = key};
	evutil_secure_rng_get_bytes(&query->id, sizeof query->id);
	query->len = message_query(query->octets, MIRROR_QUERY, query->id, zone, qtype, serial);
	if (!key) {
		return ST_OK;
	}
	enum status status = tsig_session_open(&query->session, key);

	if (!status) {
		query->len = tsig_sign_request(&query->session, query->octets, query->len,
					       MIRROR_QUERY, (uint64_t)time(NULL));
		if (query->len == 0) {
			status = fail(ST_INTERNAL, "libcrypto cannot sign a query");
		}
	}
	return status;
}

void mirror_query_close(struct mirror_query *query)
{
	if (query->key) {
		tsig_session_close(&query->session);
	}
}
