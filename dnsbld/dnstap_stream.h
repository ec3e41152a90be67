/*
 * dnstap_stream.h: a connection to the reader, in Frame Streams.
 */
#ifndef DNSBLD_DNSTAP_STREAM_H
#define DNSBLD_DNSTAP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

enum {
	STREAM_FRAMES = 64,   /* most at once */
	STREAM_WAIT_MS = 500, /* between two calls of a stream_wait */
};

struct dnstap_stream;

/* Whoever waits for the reader asks before and again and again meanwhile whether to wait on. */
typedef bool stream_wait(void *context);

/* Of the reader at a Unix socket. All is borrowed. */
struct dnstap_stream *dnstap_stream_new(const char *path, stream_wait *wait, void *context);

/* Tells a reader that is there that this was all. */
void dnstap_stream_free(struct dnstap_stream *s);

bool dnstap_stream_is_open(const struct dnstap_stream *s);

/*
 * Both return whether the reader is there. Where it is not, s is closed, and
 * dnstap_stream_fault() says why.
 */
bool dnstap_stream_open(struct dnstap_stream *s);
bool dnstap_stream_write(struct dnstap_stream *s, const struct iovec *frames, int count);

/* Waits so long, or until the reader goes away, which is noticed here while there is nothing to
 * write. Returns as they do; true where none was there. */
bool dnstap_stream_rest(struct dnstap_stream *s, int ms);

/* The last one, borrowed. */
const char *dnstap_stream_fault(const struct dnstap_stream *s);

#endif
