/*
 * sandbox_child.c: one input. It comes in, the door is locked, it is read, records go out.
 *
 * The order matters: all that a child needs is open or in memory before it locks itself in, and it
 * looks at no octet of the input before that.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "report_wire.h"
#include "sandbox_parts.h"

enum { BUFFER = 64 << 10 };

struct child {
	int fd;
	struct bytes input;
	struct writer out;
};

static void leave_if(bool failed)
{
	if (failed) {
		_exit(ST_INTERNAL);
	}
}

/* --- locked in --------------------------------------------------------------- */

static void limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit now;

	/* Whoever started feeder may have set it lower. */
	leave_if(getrlimit((__rlimit_resource_t)resource, &now) != 0);
	const struct rlimit lower = {
		.rlim_cur = now.rlim_cur < soft ? now.rlim_cur : soft,
		.rlim_max = now.rlim_max < hard ? now.rlim_max : hard,
	};

	leave_if(setrlimit((__rlimit_resource_t)resource, &lower) != 0);
}

static void lock_in(const struct nursery *nursery)
{
	if (!SANITIZED) {
		limit(RLIMIT_AS, SANDBOX_MEMORY, SANDBOX_MEMORY);
	}
	limit(RLIMIT_CPU, SANDBOX_CPU_S, SANDBOX_CPU_S + 1);
	limit(RLIMIT_FSIZE, 0, 0);
	limit(RLIMIT_NOFILE, 0, 0);
	limit(RLIMIT_NPROC, 0, 0);
	limit(RLIMIT_CORE, 0, 0);
	leave_if(nursery->filtered &&
		 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &nursery->filter) != 0);
}

/* --- in and out -------------------------------------------------------------- */

static void read_input(struct child *child, uint8_t *room, size_t length)
{
	size_t len = 0;

	while (len < length) {
		ssize_t got = read(child->fd, room + len, length - len);

		leave_if(got == 0 || (got < 0 && errno != EINTR));
		len += got > 0 ? (size_t)got : 0;
	}
	child->input = bytes_of(room, length);
}

static void flush(struct child *child)
{
	struct bytes left = writer_bytes(&child->out);

	while (left.len > 0) {
		ssize_t put = write(child->fd, left.data, left.len);

		leave_if(put < 0 && errno != EINTR);
		if (put > 0) {
			left = bytes_of(left.data + put, left.len - (size_t)put);
		}
	}
	child->out = writer_of(child->out.start, BUFFER);
}

static void pass_on(void *context, const struct report *report, struct bytes body,
		    const char *fault)
{
	struct child *child = context;

	if (writer_len(&child->out) > BUFFER - WIRE_REPORT) {
		flush(child);
	}
	wire_write(&child->out, child->input, report, body, fault);
}

void child_run(const struct nursery *nursery, const struct report_rules *rules, int fd,
	       enum report_format format, size_t length)
{
	struct child child = {.fd = fd, .out = writer_of(must_alloc(BUFFER), BUFFER)};
	uint8_t *room = must_alloc(length);

	lock_in(nursery);
	read_input(&child, room, length);
	nursery->reading(child.input, format, rules, pass_on, &child);
	wire_write_end(&child.out);
	flush(&child);
	/* No exit(): what else this process was to do at its end, feeder does. */
	_exit(ST_OK);
}
