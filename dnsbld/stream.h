/*
 * stream.h: an accepted socket as a bufferevent with a deadline beside it.
 */
#ifndef DNSBLD_STREAM_H
#define DNSBLD_STREAM_H

#include <stdbool.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

/*
 * Takes the socket: it is closed with the stream, and where there is no memory for both, which is
 * false. The deadline is not set yet.
 */
bool stream_open(struct event_base *base, int fd, event_callback_fn on_deadline, void *context,
		 struct bufferevent **stream, struct event **deadline);

#endif
