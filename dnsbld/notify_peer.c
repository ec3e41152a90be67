/*
 * notify_peer.c: one zone, one secondary.
 *
 *	start -> send -> wait 1 s -> send -> wait 2 s -> … -> given up
 *	  ^                |
 *	  |                +-> its answer: acknowledged, or another rcode, which is its last word
 *	  +- a newer serial: all from the beginning
 *
 * 1. An answer is one by its ID, which is random for each NOTIFY, its source, its opcode, its
 *    question and, where there is a key, by its signature. Anything else ends nothing: it could be
 *    anybody's.
 * 2. What is sent again is the same message, so a late answer to the first one counts.
 * 3. A fault of a peer is said once, and once that it is over, whatever the number of changes.
 */
#include "notify_peer.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "dns.h"
#include "log.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t real_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

static const char *rcode_name(unsigned rcode)
{
	static const char *const names[16] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",
	};

	return rcode < 16 && names[rcode] ? names[rcode] : "an unknown error";
}

/* --- what is said of it -------------------------------------------------------------------------
 */

/* What it does not like about our signature. */
static const char *complaint(const struct notify_peer *p)
{
	switch (p->session.error) {
	case TSIG_BADSIG:
		return " (BADSIG)";
	case TSIG_BADKEY:
		return " (BADKEY)";
	case TSIG_BADTIME:
		return " (BADTIME)";
	default:
		return "";
	}
}

/* What there is to look at. */
static const char *advice(unsigned rcode)
{
	switch (rcode) {
	case RCODE_REFUSED:
	case RCODE_NOTAUTH:
		return ": has it the zone, and may our address and key tell it?";
	default:
		return "";
	}
}

static void tell(struct notify_peer *p, enum notify_fault fault, unsigned rcode)
{
	const char *zone = p->zone->name, *at = p->remote->at.text;

	if (p->told == fault) {
		return;
	}
	p->told = fault;
	switch (fault) {
	case NOTIFY_FINE:
		log_info("zone %s: %s acknowledges NOTIFY again", zone, at);
		break;
	case NOTIFY_UNSENT:
		log_warn("zone %s: unable to send NOTIFY to %s: %s", zone, at, strerror(p->error));
		break;
	case NOTIFY_UNANSWERED:
		log_warn("zone %s: %s does not answer NOTIFY", zone, at);
		break;
	case NOTIFY_UNSIGNED:
		log_warn("zone %s: %s answers NOTIFY with %s%s, and not signed as it has to be",
			 zone, at, rcode_name(rcode), complaint(p));
		break;
	case NOTIFY_REFUSED:
		log_warn("zone %s: %s answers NOTIFY with %s%s", zone, at, rcode_name(rcode),
			 *complaint(p) ? complaint(p) : advice(rcode));
		break;
	}
}

/* --- its way ------------------------------------------------------------------------------------
 */

static struct notify_list *list_of(struct notify_office *office, uint16_t id)
{
	return &office->under_way[id % NOTIFY_LISTS];
}

void notify_peer_stop(struct notify_peer *p)
{
	if (p->under_way) {
		LIST_REMOVE(p, entry);
		event_del(p->timer);
		tsig_session_close(&p->session);
	}
	p->under_way = false;
}

/* False where libcrypto fails: what is not signed is not worth sending. */
static bool sign(struct notify_peer *p)
{
	const struct tsig_keys *keys = p->office->worker->keys;
	const struct key_config *key = p->remote->key;

	p->len = p->unsigned_len;
	if (!key) {
		return true;
	}
	memset(p->message + DNS_HEADER - 2, 0, 2); /* ARCOUNT, of a TSIG that was there */
	tsig_session_close(&p->session);
	if (tsig_session_open(&p->session, tsig_key_find(keys, &key->name))) {
		return false;
	}
	p->len =
		(uint16_t)tsig_sign_request(&p->session, p->message, p->len, NOTIFY_ROOM, real_s());
	return p->len > 0;
}

static void send_message(struct notify_peer *p)
{
	const uint64_t wait_ms = (uint64_t)NOTIFY_FIRST_WAIT_MS << p->sends;
	const struct timeval wait = {(time_t)(wait_ms / 1000),
				     (suseconds_t)(wait_ms % 1000 * 1000)};
	int error = notify_send(&p->office->sockets, p->office->served, &p->remote->at,
				bytes_of(p->message, p->len));

	p->sends++;
	p->fault = error ? NOTIFY_UNSENT : NOTIFY_UNANSWERED;
	p->error = error;
	worker_event(p->office->worker, COUNTER_NOTIFY_SENT);
	event_add(p->timer, &wait);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
	struct notify_peer *p = context;

	(void)fd;
	(void)what;
	if (p->sends == NOTIFY_SENDS) {
		worker_event(p->office->worker, COUNTER_NOTIFY_GIVEN_UP);
		if (p->fault != NOTIFY_UNSIGNED) {
			tell(p, p->fault, 0);
		}
		notify_peer_stop(p);
		return;
	}
	/* Somebody may have made one that broke it. */
	if (p->session.broken && !sign(p)) {
		notify_peer_stop(p);
		return;
	}
	send_message(p);
}

void notify_peer_start(struct notify_peer *p, struct bytes soa)
{
	const struct tsig_key *key = NULL;
	size_t room = NOTIFY_ROOM;

	if (p->under_way) {
		worker_event(p->office->worker, COUNTER_NOTIFY_REPLACED);
		/* A list that changes all the time never gives anybody up. */
		if (p->silent_since_ms && now_ms() - p->silent_since_ms >= NOTIFY_GIVE_UP_MS &&
		    p->fault != NOTIFY_UNSIGNED) {
			tell(p, p->fault, 0);
		}
		notify_peer_stop(p);
	}
	if (p->remote->key) {
		key = tsig_key_find(p->office->worker->keys, &p->remote->key->name);
		room -= tsig_reply_room(&(struct tsig_session){.key = key});
	}
	if (getentropy(&p->id, sizeof p->id) < 0) {
		return;
	}
	p->unsigned_len = (uint16_t)notify_write(p->message, room, p->id, &p->zone->apex, soa);
	if (!sign(p)) {
		log_error("%s", fail_text());
		return;
	}
	if (!p->silent_since_ms) {
		p->silent_since_ms = now_ms();
	}
	LIST_INSERT_HEAD(list_of(p->office, p->id), p, entry);
	p->under_way = true;
	p->sends = 0;
	send_message(p);
}

static bool is_from(const struct notify_source *from, const struct listen_config *at)
{
	return from->family == at->family && from->addr == at->addr && from->port == at->port;
}

static void end(struct notify_peer *p, uint8_t rcode)
{
	p->silent_since_ms = 0;
	worker_event(p->office->worker,
		     rcode == 0 ? COUNTER_NOTIFY_ACKNOWLEDGED : COUNTER_NOTIFY_REFUSED);
	tell(p, rcode == 0 ? NOTIFY_FINE : NOTIFY_REFUSED, rcode);
	notify_peer_stop(p);
}

void notify_answered(struct notify_office *office, struct bytes packet,
		     const struct notify_source *from)
{
	struct reader r = reader_of(packet);
	const uint16_t id = read_u16(&r);
	struct notify_peer *p = LIST_FIRST(list_of(office, id));
	uint8_t rcode;

	for (; p; p = LIST_NEXT(p, entry)) {
		if (p->id != id || !is_from(from, &p->remote->at) ||
		    !notify_read(packet, id, &p->zone->apex, &rcode)) {
			continue;
		}
		if (p->remote->key && tsig_verify_reply(&p->session, packet, real_s())) {
			p->fault = NOTIFY_UNSIGNED;
			tell(p, NOTIFY_UNSIGNED, rcode);
		} else {
			end(p, rcode);
		}
		return;
	}
}

enum status notify_peer_init(struct notify_peer *p, struct notify_office *office,
			     const struct zone_config *zone, const struct remote_config *remote)
{
	*p = (struct notify_peer){.office = office, .zone = zone, .remote = remote};
	p->timer = evtimer_new(office->base, on_time, p);
	return p->timer ? ST_OK : fail(ST_AGAIN, "no memory for events");
}

void notify_peer_release(struct notify_peer *p)
{
	notify_peer_stop(p);
	if (p->timer) {
		event_free(p->timer);
	}
}
