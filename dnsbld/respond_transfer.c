/*
 * respond_transfer.c: AXFR (RFC 5936) and IXFR (RFC 1995): who gets a zone, and what the rest is
 * told.
 *
 *	AXFR over UDP             FORMERR
 *	not an apex of ours       NOTAUTH
 *	IXFR over UDP             the SOA, for everybody: who has an older one comes by TCP
 *	who may not               REFUSED, EDE 18
 *	the zone is not ready     SERVFAIL, EDE 14
 *	too many at once          the same: a secondary asks its next primary, or later. As BIND
 *	                          says it, and REFUSED would send somebody to look at the config.
 *	it is too large           SERVFAIL, EDE 21: transfer_copy.c says when
 *	the rest                  the first message: transfer_out.c
 *
 * Clients (their ACL, cookies, TSIG) were looked at before; another class has no zones.
 */
#include "respond_inside.h"

#include "serial.h"
#include "transfer_out.h"
#include "zone_records.h"

static size_t refuse(struct turn *t, enum rcode rcode, enum ede ede, const char *why)
{
	transfer_refused(t->worker, t->client, t->zone->config, why);
	return reply_error(&t->reply, rcode, ede);
}

static bool is_allowed(const struct transfer_config *config, const struct client *client)
{
	const struct prefix host = {client->addr, client->family,
				    (uint8_t)prefix_bits(client->family)};

	for (size_t i = 0; i < config->allow_count; i++) {
		if (prefix_covers(&config->allow[i], &host)) {
			return true;
		}
	}
	return config->allow_count == 0;
}

/* Of a query that is signed its TSIG is genuine by now. */
static bool has_key(const struct transfer_config *config, const struct turn *t)
{
	const struct key_config *key = NULL;

	if (t->task->query.tsig_at > 0) {
		key = t->worker->signing.session.key->config;
	}
	for (size_t i = 0; i < config->key_count; i++) {
		if (config->keys[i] == key) {
			return true;
		}
	}
	return config->key_count == 0;
}

/* Why the client gets no transfer; NULL: it gets one. */
static const char *objection(const struct turn *t)
{
	const struct transfer_config *config = &t->zone->config->transfer;

	if (!t->worker->transfers || config->allow_count + config->key_count == 0) {
		return "the zone has no `transfer`";
	}
	/* Who is told that nothing is listed must not see here what is. */
	if (t->action != ACTION_ANSWER) {
		return "`clients` has no answer for it";
	}
	if (!is_allowed(config, t->client)) {
		return "its address is not in `allow`";
	}
	return has_key(config, t) ? NULL : "it is not signed with one of `keys`";
}

static const char *tsig_words(enum tsig_error error)
{
	switch (error) {
	case TSIG_BADKEY:
		return "no such key, or of another algorithm (BADKEY)";
	case TSIG_BADSIG:
		return "another secret (BADSIG)";
	case TSIG_BADTIME:
		return "another time (BADTIME)";
	default:
		return "a TSIG that cannot be verified";
	}
}

void transfer_not_genuine(const struct turn *t)
{
	const struct query *q = &t->task->query;

	if (t->client->tcp && (q->type == TYPE_AXFR || q->type == TYPE_IXFR) && t->zone &&
	    t->before == 0) {
		transfer_refused(t->worker, t->client, t->zone->config,
				 tsig_words(t->worker->signing.session.error));
	}
}

static size_t answer_by_tcp(struct turn *t)
{
	const struct query *q = &t->task->query;
	const struct zone_config *zone = t->zone->config;
	const uint32_t *since = q->type == TYPE_IXFR ? &q->serial : NULL;
	struct transfers *transfers = t->worker->transfers;
	struct transfer *transfer;
	const char *why = objection(t);

	if (why) {
		return refuse(t, RCODE_REFUSED, EDE_PROHIBITED, why);
	}
	if (!worker_has_zone(t->worker, t->zone)) {
		transfer_refused(t->worker, t->client, zone,
				 worker_is_expired(t->worker, t->zone)
					 ? "the zone has expired"
					 : "the database has no such zone");
		return reply_unserved(t);
	}
	bool current = since && !serial_newer(zone_serial(t->zone), *since);

	if (transfers->running >= transfers->most && !current) {
		return refuse(t, RCODE_SERVFAIL, EDE_NOT_READY, "too many transfers at once");
	}
	switch (worker_open_transfer(t->worker, t->zone, since, &transfer)) {
	case ST_OK:
		return outgoing_begin(t->worker, transfer, t->client, zone, since, &t->reply);
	case ST_CONFIG:
		return refuse(t, RCODE_SERVFAIL, EDE_NOT_READY,
			      "the database has the zone by another config");
	case ST_DATA:
		return refuse(t, RCODE_SERVFAIL, EDE_NOT_SUPPORTED, fail_text());
	default:
		return refuse(t, RCODE_SERVFAIL, EDE_INVALID_DATA, "the database fails");
	}
}

size_t answer_transfer(struct turn *t)
{
	struct reply *r = &t->reply;

	if (t->task->query.type == TYPE_AXFR && !t->client->tcp) {
		return reply_error(r, RCODE_FORMERR, EDE_NONE);
	}
	if (!t->zone || t->before > 0) {
		return reply_error(r, RCODE_NOTAUTH, EDE_NONE);
	}
	if (t->client->tcp) {
		return answer_by_tcp(t);
	}
	if (!worker_has_zone(t->worker, t->zone)) {
		return reply_unserved(t);
	}
	r->authoritative = true;
	return reply_soa(t);
}
