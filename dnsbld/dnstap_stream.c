/*
 * dnstap_stream.c: Frame Streams over a Unix socket, by libfstrm: READY, ACCEPT and START as it
 * opens, frames, STOP and FINISH as it closes.
 *
 * libfstrm's own socket blocks in each call for as long as the reader likes, and the parent kills
 * who stands still. So the socket is ours, through the functions that struct fstrm_rdwr is made
 * for: they wait with poll(), a while at a time. Its thread (fstrm_iothr) would do the same, but
 * here nothing is to start a thread.
 *
 * After any failure the connection is worth nothing: half a frame may have been written.
 */
#include "dnstap_stream.h"

#include <errno.h>
#include <fstrm.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "status.h"

static const char content_type[] = "protobuf:dnstap.Dnstap";

struct dnstap_stream {
	struct sockaddr_un at;
	stream_wait *wait;
	void *context;
	struct fstrm_writer_options *options;
	struct fstrm_writer *writer; /* NULL: closed */
	int fd;                      /* -1 likewise */
	const char *fault;
};

static fstrm_res broken(struct dnstap_stream *s, const char *fault)
{
	s->fault = fault;
	return fstrm_res_failure;
}

/* Until the socket can be read, or written, or is broken; false where that took too long. */
static bool await(struct dnstap_stream *s, short events)
{
	struct pollfd socket = {.fd = s->fd, .events = events};

	while (s->wait(s->context)) {
		if (poll(&socket, 1, STREAM_WAIT_MS) > 0) {
			return true;
		}
	}
	return false;
}

/* --- what libfstrm calls ------------------------------------------------------------------------
 */

static fstrm_res on_open(void *context)
{
	struct dnstap_stream *s = context;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&s->at, sizeof s->at) < 0) {
		return broken(s, strerror(errno));
	}
	return fstrm_res_success;
}

static fstrm_res on_close(void *context)
{
	struct dnstap_stream *s = context;

	if (s->fd >= 0) {
		close(s->fd);
	}
	s->fd = -1;
	return fstrm_res_success;
}

static fstrm_res on_read(void *context, void *data, size_t count)
{
	struct dnstap_stream *s = context;
	uint8_t *at = data;

	while (count > 0) {
		ssize_t n = await(s, POLLIN) ? read(s->fd, at, count) : -1;

		if (n <= 0) {
			return broken(s, n == 0 ? "the reader has closed it"
						: "the reader does not answer");
		}
		at += n;
		count -= (size_t)n;
	}
	return fstrm_res_success;
}

/* What is left of parts once `sent` octets of them are gone. */
static void skip(struct iovec **parts, size_t *count, size_t sent)
{
	while (*count > 0 && sent >= (*parts)->iov_len) {
		sent -= (*parts)->iov_len;
		++*parts;
		--*count;
	}
	if (*count > 0) {
		(*parts)->iov_base = (uint8_t *)(*parts)->iov_base + sent;
		(*parts)->iov_len -= sent;
	}
}

static fstrm_res on_write(void *context, const struct iovec *given, int given_count)
{
	struct dnstap_stream *s = context;
	struct iovec own[2 * STREAM_FRAMES], *parts = own; /* a length before each */
	size_t count = (size_t)given_count;

	if (count > sizeof own / sizeof *own) {
		return broken(s, "too much at once");
	}
	memcpy(own, given, count * sizeof *own);
	while (count > 0) {
		const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
		ssize_t n = sendmsg(s->fd, &message, MSG_NOSIGNAL);

		if (n >= 0) {
			skip(&parts, &count, (size_t)n);
		} else if (errno != EAGAIN && errno != EINTR) {
			return broken(s, strerror(errno));
		} else if (!await(s, POLLOUT)) {
			return broken(s, "the reader reads no more");
		}
	}
	return fstrm_res_success;
}

/* ------------------------------------------------------------------------------------------------
 */

struct dnstap_stream *dnstap_stream_new(const char *path, stream_wait *wait, void *context)
{
	struct dnstap_stream *s = must_alloc(sizeof *s);

	s->at.sun_family = AF_UNIX;
	strncpy(s->at.sun_path, path, sizeof s->at.sun_path - 1);
	s->wait = wait;
	s->context = context;
	s->fd = -1;
	s->fault = "";
	s->options = fstrm_writer_options_init();
	fstrm_writer_options_add_content_type(s->options, content_type, sizeof content_type - 1);
	return s;
}

static void stream_close(struct dnstap_stream *s)
{
	/* It says STOP and waits for FINISH where nothing has failed so far. */
	fstrm_writer_destroy(&s->writer);
	s->writer = NULL;
	on_close(s);
}

void dnstap_stream_free(struct dnstap_stream *s)
{
	stream_close(s);
	fstrm_writer_options_destroy(&s->options);
	free(s);
}

bool dnstap_stream_is_open(const struct dnstap_stream *s)
{
	return s->writer;
}

bool dnstap_stream_open(struct dnstap_stream *s)
{
	struct fstrm_rdwr *functions = fstrm_rdwr_init(s);

	fstrm_rdwr_set_open(functions, on_open);
	fstrm_rdwr_set_close(functions, on_close);
	fstrm_rdwr_set_read(functions, on_read);
	fstrm_rdwr_set_write(functions, on_write);
	s->fault = "it is no reader of dnstap";
	s->writer = fstrm_writer_init(s->options, &functions);
	if (fstrm_writer_open(s->writer) != fstrm_res_success) {
		stream_close(s);
	}
	return s->writer;
}

bool dnstap_stream_write(struct dnstap_stream *s, const struct iovec *frames, int count)
{
	if (fstrm_writer_writev(s->writer, frames, count) != fstrm_res_success) {
		stream_close(s);
	}
	return s->writer;
}

bool dnstap_stream_rest(struct dnstap_stream *s, int ms)
{
	struct pollfd socket = {.fd = s->fd, .events = POLLIN};

	/* Whoever only reads has nothing to say: it is the end. */
	if (poll(&socket, 1, ms) <= 0) {
		return true;
	}
	broken(s, "the reader has closed it");
	stream_close(s);
	return false;
}

const char *dnstap_stream_fault(const struct dnstap_stream *s)
{
	return s->fault;
}
