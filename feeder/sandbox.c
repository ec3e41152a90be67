/*
 * sandbox.c: feeder's side. The input goes out and records come in at the same time, until the
 * nursery says how the child ended; then they are checked, all of them, and passed on.
 */
#include "sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "report_wire.h"
#include "sandbox_parts.h"

struct sandbox {
	pid_t nursery;
	int control;
	uint8_t *records; /* of the last child */
	size_t room;
};

/* One child, from here. */
struct talk {
	struct sandbox *sandbox;
	int fd;
	struct bytes left; /* of the input */
	size_t len;        /* of the records */
	int64_t deadline;  /* milliseconds; 0: it was told to stop, and will */
	bool late, over;   /* why it was */
	uint8_t kind;      /* the nursery's answer, 0: none yet */
	int value;
};

/* --- open and close ---------------------------------------------------------- */

enum status sandbox_open_with(struct sandbox **sandbox, const struct report_rules *rules,
			      report_reading *reading)
{
	struct nursery nursery = {.reading = reading,
				  .rules = rules,
				  .filtered = kernel_has_seccomp()};
	struct account account;
	int ends[2];

	*sandbox = NULL;
	if (geteuid() == 0) {
		enum status status = account_find(rules->config, &account);

		if (status) {
			return status;
		}
		nursery.account = &account;
	}
	if (!nursery.filtered) {
		log_warn("this kernel has no seccomp: reports are read without that protection");
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		return fail(ST_AGAIN, "unable to make a socket: %s", strerror(errno));
	}
	pid_t pid = fork();

	if (pid == 0) {
		nursery_run(&nursery, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		int fault = errno;

		close(ends[0]);
		return fail(ST_AGAIN, "unable to start a process: %s", strerror(fault));
	}
	*sandbox = must_alloc(sizeof **sandbox);
	**sandbox = (struct sandbox){.nursery = pid, .control = ends[0]};
	return ST_OK;
}

enum status sandbox_open(struct sandbox **sandbox, const struct report_rules *rules)
{
	return sandbox_open_with(sandbox, rules, reports_read);
}

void sandbox_close(struct sandbox *sandbox)
{
	if (!sandbox) {
		return;
	}
	close(sandbox->control);
	kill(sandbox->nursery, SIGKILL);
	while (waitpid(sandbox->nursery, NULL, 0) < 0 && errno == EINTR) {
	}
	free(sandbox->records);
	free(sandbox);
}

/* --- one child --------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum status no_nursery(void)
{
	return fail(ST_INTERNAL, "the process that reads reports has ended");
}

/* Asks for a child, which gets `fd`. */
static enum status ask(struct sandbox *sandbox, int fd, enum report_format format, size_t length,
		       const char *name)
{
	size_t name_len = strlen(name);
	uint8_t room[CONTROL_ROOM];
	struct writer w = writer_of(room, sizeof room);
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} beside = {0};
	struct iovec part;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = beside.room,
		.msg_controllen = sizeof beside.room,
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	write_u8(&w, CONTROL_READ);
	write_u8(&w, (uint8_t)format);
	write_u32(&w, (uint32_t)length);
	name_len = name_len < REPORT_WORDS ? name_len : REPORT_WORDS - 1;
	write_bytes(&w, name, name_len);
	part = (struct iovec){room, writer_len(&w)};
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	return sendmsg(sandbox->control, &message, MSG_NOSIGNAL) < 0 ? no_nursery() : ST_OK;
}

static void stop(struct talk *t)
{
	uint8_t word = CONTROL_STOP;

	t->deadline = 0;
	/* Where it fails the nursery is gone, which hear() finds out. */
	if (send(t->sandbox->control, &word, 1, MSG_NOSIGNAL) < 0) {
		return;
	}
}

/* Once the child has ended it takes no more; the nursery says why. */
static void say(struct talk *t)
{
	ssize_t put = send(t->fd, t->left.data, t->left.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (put >= 0) {
		t->left = bytes_of(t->left.data + put, t->left.len - (size_t)put);
	} else if (errno != EAGAIN && errno != EINTR) {
		t->left.len = 0;
	}
}

/* Takes what records there are. False where there are none now, or will be no more. */
static bool collect(struct talk *t)
{
	struct sandbox *s = t->sandbox;

	if (t->fd < 0 || t->over) {
		return false;
	}
	if (t->len == s->room) {
		s->room = s->room ? s->room * 2 : 64 << 10;
		s->records = must_realloc(s->records, s->room);
	}
	ssize_t got = recv(t->fd, s->records + t->len, s->room - t->len, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return false;
	}
	if (got <= 0) {
		close(t->fd);
		t->fd = -1;
		return false;
	}
	t->len += (size_t)got;
	if (t->len > WIRE_MAX) {
		t->over = true;
		stop(t);
	}
	return !t->over;
}

static void hear(struct talk *t)
{
	uint8_t room[CONTROL_ROOM];
	ssize_t got = recv(t->sandbox->control, room, sizeof room, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	struct reader r = reader_of(bytes_of(room, got > 0 ? (size_t)got : 0));

	t->kind = read_u8(&r);
	t->value = (int)read_u32(&r);
	if (r.bad) {
		t->kind = CONTROL_FAILED;
		t->value = 0;
	}
}

/* Until the child has ended and all that it said is here. */
static void converse(struct talk *t)
{
	while (!t->kind) {
		struct pollfd fds[] = {
			{.fd = t->sandbox->control, .events = POLLIN},
			{.fd = t->over ? -1 : t->fd,
			 .events = (short)(POLLIN | (t->left.len > 0 ? POLLOUT : 0))},
		};
		int64_t wait = t->deadline ? t->deadline - now_ms() : -1;

		if (t->deadline && wait <= 0) {
			t->late = true;
			stop(t);
			continue;
		}
		if (poll(fds, 2, (int)wait) <= 0) {
			continue;
		}
		if (fds[1].revents & POLLOUT) {
			say(t);
		}
		if (fds[1].revents & ~POLLOUT) {
			collect(t);
		}
		if (fds[0].revents) {
			hear(t);
		}
	}
	while (collect(t)) {
	}
	if (t->fd >= 0) {
		close(t->fd);
	}
}

/* --- what became of it ------------------------------------------------------- */

/* NULL where all is well. */
static const char *fault_of(const struct talk *t, struct bytes input)
{
	static char text[FAULT_ROOM];

	if (t->late) {
		snprintf(text, sizeof text, "the reader was stopped: it took longer than %d s",
			 SANDBOX_WALL_S);
	} else if (t->over) {
		snprintf(text, sizeof text, "the reader was stopped: it said more than %d MiB",
			 WIRE_MAX >> 20);
	} else if (WIFSIGNALED(t->value)) {
		snprintf(text, sizeof text, "the reader was stopped: signal %d (%s)",
			 WTERMSIG(t->value), strsignal(WTERMSIG(t->value)));
	} else if (WEXITSTATUS(t->value) == ST_AGAIN) {
		snprintf(text, sizeof text, "the reader was stopped: out of memory");
	} else if (WEXITSTATUS(t->value) != 0) {
		snprintf(text, sizeof text, "the reader was stopped: exit status %d",
			 WEXITSTATUS(t->value));
	} else if (!wire_check(bytes_of(t->sandbox->records, t->len), input)) {
		snprintf(text, sizeof text, "the reader was stopped: what it said makes no sense");
	} else {
		return NULL;
	}
	return text;
}

static void pass_on(const struct talk *t, struct bytes input, report_sink *sink, void *context)
{
	struct reader r = reader_of(bytes_of(t->sandbox->records, t->len));
	struct wire_report wire;

	while (wire_read(&r, input, &wire)) {
		sink(context, &wire.report, wire.body, wire.bad ? wire.fault : NULL);
	}
}

enum status sandbox_read(struct sandbox *sandbox, struct bytes input, enum report_format format,
			 const char *name, report_sink *sink, void *context)
{
	struct talk t = {.sandbox = sandbox, .left = input};
	int ends[2];

	if (input.len > REPORT_MAX) {
		const struct report_rules none = {0};

		reports_read(input, format, &none, sink, context); /* which only says so */
		return ST_OK;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		return fail(ST_AGAIN, "unable to make a socket: %s", strerror(errno));
	}
	enum status status = ask(sandbox, ends[1], format, input.len, name);

	close(ends[1]);
	if (status) {
		close(ends[0]);
		return status;
	}
	t.fd = ends[0];
	t.deadline = now_ms() + SANDBOX_WALL_S * 1000;
	converse(&t);
	if (t.kind == CONTROL_FAILED) {
		return t.value ? fail(ST_AGAIN, "unable to start a reader: %s", strerror(t.value))
			       : no_nursery();
	}
	const char *fault = fault_of(&t, input);

	if (fault) {
		const struct report unread = {
			.disposition = DISPOSITION_UNRECOGNISED,
			.incidents = 1,
		};

		sink(context, &unread, input, fault);
	} else {
		pass_on(&t, input, sink, context);
	}
	return ST_OK;
}
