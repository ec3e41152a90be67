/*
 * notify_peer.h: a zone's NOTIFY on its way to one secondary: sent, sent again, and its end.
 */
#ifndef DNSBLD_NOTIFY_PEER_H
#define DNSBLD_NOTIFY_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "config.h"
#include "notify_message.h"
#include "notify_socket.h"
#include "tsig.h"
#include "worker.h"

enum {
	/*
	 * RFC 1996 §3.6 waits for 60 s. Whoever follows a live list is behind by that long, and
	 * its SOA refresh is of minutes. So: at once, after 1, 3, 7 and 15 s; given up after 31 s.
	 */
	NOTIFY_SENDS = 5,
	NOTIFY_FIRST_WAIT_MS = 1000, /* doubled each time */
	NOTIFY_GIVE_UP_MS = NOTIFY_FIRST_WAIT_MS * ((1 << NOTIFY_SENDS) - 1),
	NOTIFY_LISTS = 1024,
};

struct notify_peer;
LIST_HEAD(notify_list, notify_peer);

/* What all peers of a process have in common. */
struct notify_office {
	struct event_base *base;
	const struct worker *worker;
	const struct sockets *served;
	struct notify_sockets sockets;
	struct notify_list under_way[NOTIFY_LISTS]; /* by the low bits of the ID */
};

/* What is wrong with a peer, and was said. */
enum notify_fault {
	NOTIFY_FINE,
	NOTIFY_UNSENT,
	NOTIFY_UNANSWERED,
	NOTIFY_UNSIGNED, /* answered, but by whom? */
	NOTIFY_REFUSED,
};

struct notify_peer {
	LIST_ENTRY(notify_peer) entry; /* while it is under way */
	struct notify_office *office;
	const struct zone_config *zone;
	const struct remote_config *remote;
	struct event *timer;
	bool under_way;
	unsigned sends;
	enum notify_fault fault;  /* of the NOTIFY under way, so far */
	enum notify_fault told;   /* what was last said of this peer */
	uint64_t silent_since_ms; /* its first NOTIFY that was not answered; 0: it answers */
	int error;                /* with NOTIFY_UNSENT: errno */
	uint16_t id;
	uint16_t unsigned_len; /* octets of the message before its TSIG */
	uint16_t len;
	uint8_t message[NOTIFY_ROOM];
	struct tsig_session session; /* with a key: of the message */
};

/* The zone and the remote are borrowed. ST_AGAIN: no memory for its timer. */
enum status notify_peer_init(struct notify_peer *p, struct notify_office *office,
			     const struct zone_config *zone, const struct remote_config *remote);
void notify_peer_release(struct notify_peer *p);

/* Sends what the zone's SOA (type … rdata) is now. It replaces what is under way. */
void notify_peer_start(struct notify_peer *p, struct bytes soa);

/* What is under way is neither sent again nor waited for. */
void notify_peer_stop(struct notify_peer *p);

/* A packet that came for the office: if it is an answer to something under way, that ends. */
void notify_answered(struct notify_office *office, struct bytes packet,
		     const struct notify_source *from);

#endif
