/*
 * mirror_notify.h: where primaries send NOTIFY to, over UDP and TCP.
 */
#ifndef FEEDER_MIRROR_NOTIFY_H
#define FEEDER_MIRROR_NOTIFY_H

#include <event2/event.h>

#include "mirror.h"

struct mirror_notify;

/*
 * Binds. `mirror` is borrowed, and looked at when something comes. Nothing is read before
 * mirror_notify_start(). ST_AGAIN: in use; ST_PERM, ST_CONFIG, ST_IO.
 */
enum status mirror_notify_open(struct mirror_notify **notify, const struct listen_config *at,
			       struct mirror *mirror);
enum status mirror_notify_start(struct mirror_notify *notify, struct event_base *base);
void mirror_notify_close(struct mirror_notify *notify); /* NULL is fine */

#endif
