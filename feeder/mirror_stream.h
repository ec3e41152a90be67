/*
 * mirror_stream.h: a question over TCP, and the messages that answer it (RFC 7766), within limits
 * of time: 5 s for connecting, 30 s without an octet, and one for all of it.
 */
#ifndef FEEDER_MIRROR_STREAM_H
#define FEEDER_MIRROR_STREAM_H

#include <event2/event.h>
#include <stdbool.h>

#include "bytes.h"
#include "config.h"

struct mirror_stream;

/*
 * Each ends with mirror_stream_close(), or the stream goes on. `message`: one without its length,
 * borrowed; true: go on, false: the stream was closed. `broken`: no more will come, and fail_text()
 * says why.
 */
struct mirror_stream_events {
	void *context;
	bool (*message)(void *context, struct bytes message);
	void (*broken)(void *context);
};

/* Connects and asks; `query` is copied. ST_AGAIN: no memory. */
enum status mirror_stream_open(struct mirror_stream **stream, struct event_base *base,
			       const struct listen_config *to, struct bytes query, unsigned whole_s,
			       const struct mirror_stream_events *events);
void mirror_stream_close(struct mirror_stream *stream); /* NULL is fine */

#endif
