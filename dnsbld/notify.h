/*
 * notify.h: NOTIFY to a zone's secondaries when its serial has moved (RFC 1996).
 *
 *	notify.c          which zone, and when
 *	notify_peer.c     one NOTIFY to one secondary, until it is answered
 *	notify_message.c  its octets
 *	notify_socket.c   its sockets
 */
#ifndef DNSBLD_NOTIFY_H
#define DNSBLD_NOTIFY_H

#include "notify_peer.h"

struct notify;

/*
 * Begins, for the config's zones that notify somebody; without any *notify is NULL, which is fine
 * below. The sockets are borrowed. ST_AGAIN: no memory for events.
 */
enum status notify_open(struct notify **notify, struct event_base *base, struct worker *worker,
			const struct sockets *served, const struct notify_sockets *sockets);

/* From now on nothing is sent, nor read. */
void notify_stop(struct notify *notify);
void notify_close(struct notify *notify);

#endif
