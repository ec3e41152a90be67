/*
 * transfer_out.c: a zone in as many messages as it needs (RFC 5936 §2.2, RFC 1995 §4).
 *
 *	head (header, question) | records … | OPT? | TSIG?
 *
 * 1. What is sent was copied from one snapshot when the transfer began: a slow client holds its
 *    copy and no page of the database.
 * 2. A message is made when somebody asks for it, who asks when there is room for it.
 * 3. Each message is signed where the query was (RFC 8945 §5.3.1), with the worker's keys: both end
 *    after their transfers.
 * 4. Where the query had an OPT each message has one (RFC 6891 §6.1.1); what it may say is in the
 *    first, which is an answer like others.
 */
#include "transfer_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "signing.h"
#include "worker.h"

struct outgoing {
	struct worker *worker;
	const struct zone_config *zone;
	struct client client;
	struct transfer *transfer;
	bool asked_since;
	uint32_t since;
	bool is_signed;
	struct tsig_session session;
	bool whole; /* the last message was made and there is none behind it */
	uint64_t began_ms;
	uint64_t octets;
	size_t head_len, opt_len;
	uint8_t opt[OPT_FIXED];
	uint8_t head[DNS_HEADER + NAME_MAX_WIRE + 4];
};

static const char *const kind_name[] = {
	[TRANSFER_FULL] = "full",
	[TRANSFER_INCREMENTAL] = "incremental",
	[TRANSFER_CURRENT] = "nothing new",
};

static const enum counter kind_counter[] = {
	[TRANSFER_FULL] = COUNTER_TRANSFER_FULL,
	[TRANSFER_INCREMENTAL] = COUNTER_TRANSFER_INCREMENTAL,
	[TRANSFER_CURRENT] = COUNTER_TRANSFER_CURRENT,
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct outgoing *transfers_take(struct transfers *all)
{
	struct outgoing *o = all->begun;

	all->begun = NULL;
	return o;
}

static void count_message(struct outgoing *o, const uint8_t *message, size_t len)
{
	const unsigned records = peek_u16(message + 6);

	o->octets += len;
	worker_events(o->worker, COUNTER_TRANSFER_RECORDS, records);
	worker_events(o->worker, COUNTER_TRANSFER_OCTETS, len);
}

static bool is_counted(const struct outgoing *o)
{
	return transfer_kind(o->transfer) != TRANSFER_CURRENT;
}

static void outgoing_free(struct outgoing *o)
{
	o->worker->transfers->running -= is_counted(o);
	transfer_close(o->transfer);
	free(o);
}

size_t outgoing_begin(struct worker *w, struct transfer *transfer, const struct client *client,
		      const struct zone_config *zone, const uint32_t *since, struct reply *r)
{
	struct outgoing *o = must_alloc(sizeof *o);

	*o = (struct outgoing){
		.worker = w,
		.zone = zone,
		.client = *client,
		.transfer = transfer,
		.asked_since = since,
		.since = since ? *since : 0,
		.is_signed = r->signing,
		.began_ms = now_ms(),
		.head_len = (size_t)(r->at - r->start),
	};
	w->transfers->running += is_counted(o);
	/* Of the header nothing is known yet: reply_end() writes it. */
	memcpy(o->head + DNS_HEADER, r->start + DNS_HEADER, o->head_len - DNS_HEADER);

	const size_t records_end = transfer_next(transfer, bytes_of(o->head, o->head_len), r->start,
						 (size_t)(r->end - r->start));

	r->at = r->start + records_end;
	r->count[SECTION_ANSWER] = peek_u16(r->start + 6);
	r->authoritative = true;
	const size_t len = reply_end(r);

	if (len == 0) {
		outgoing_free(o);
		return 0;
	}
	memcpy(o->head, r->start, 6); /* ID, flags, QDCOUNT */
	if (r->query->edns) {
		o->opt_len = OPT_FIXED;
		memcpy(o->opt, r->start + records_end, OPT_FIXED - 2); /* and no options */
	}
	if (r->signing) {
		o->session = r->signing->session;
	}
	count_message(o, r->start, len);
	w->transfers->begun = o;
	return len;
}

size_t outgoing_next(struct outgoing *o, uint8_t *out, size_t room)
{
	const size_t behind = o->opt_len + (o->is_signed ? tsig_reply_room(&o->session) : 0);
	size_t len = o->whole ? 0
			      : transfer_next(o->transfer, bytes_of(o->head, o->head_len), out,
					      room - behind);

	if (len == 0) {
		o->whole = !transfer_rests(o->transfer);
		return 0;
	}
	if (o->opt_len > 0) {
		memcpy(out + len, o->opt, o->opt_len);
		len += o->opt_len;
		out[DNS_HEADER - 1] = 1; /* ARCOUNT */
	}
	if (o->is_signed) {
		len = tsig_sign_reply(&o->session, out, len, room, (uint64_t)time(NULL));
	}
	if (len > 0) {
		count_message(o, out, len);
	}
	return len;
}

bool outgoing_rests(const struct outgoing *o)
{
	return transfer_rests(o->transfer);
}

bool outgoing_is_whole(const struct outgoing *o)
{
	return o->whole;
}

/* "serial 3 to 5", "serial 5" */
static const char *serials(const struct outgoing *o, char text[64])
{
	const uint32_t serial = transfer_serial(o->transfer);

	if (o->asked_since && o->since != serial) {
		snprintf(text, 64, "serial %" PRIu32 " to %" PRIu32, o->since, serial);
	} else {
		snprintf(text, 64, "serial %" PRIu32, serial);
	}
	return text;
}

void outgoing_end(struct outgoing *o, bool sent)
{
	const enum transfer_kind kind = transfer_kind(o->transfer);
	const uint64_t ms = now_ms() - o->began_ms;
	char address[ADDR_TEXT], range[64], what[256];

	addr_format(o->client.family, o->client.addr, address);
	snprintf(what, sizeof what,
		 "%s, %s, %" PRIu64 " records, %" PRIu64 " octets, %" PRIu64 ".%03u s",
		 kind_name[kind], serials(o, range), transfer_records(o->transfer), o->octets,
		 ms / 1000, (unsigned)(ms % 1000));
	if (sent) {
		log_info("transfer of %s to %s: %s", o->zone->name, address, what);
	} else {
		log_warn("transfer of %s to %s was cut off: %s", o->zone->name, address, what);
	}
	worker_event(o->worker, sent ? kind_counter[kind] : COUNTER_TRANSFER_CUT);
	outgoing_free(o);
}

void transfer_refused(const struct worker *w, const struct client *client,
		      const struct zone_config *zone, const char *why)
{
	char address[ADDR_TEXT];

	addr_format(client->family, client->addr, address);
	log_warn("transfer of %s to %s refused: %s", zone->name, address, why);
	worker_event(w, COUNTER_TRANSFER_REFUSED);
}
