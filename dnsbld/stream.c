/*
 * stream.c: both or neither, and the socket is closed once.
 */
#include "stream.h"

#include <unistd.h>

bool stream_open(struct event_base *base, int fd, event_callback_fn on_deadline, void *context,
		 struct bufferevent **stream, struct event **deadline)
{
	*deadline = evtimer_new(base, on_deadline, context);
	*stream = *deadline ? bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
	if (*stream) {
		return true;
	}
	if (*deadline) {
		event_free(*deadline);
	}
	close(fd);
	return false;
}
