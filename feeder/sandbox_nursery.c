/*
 * sandbox_nursery.c: a copy of feeder as it was before it opened anything, which forks the
 * children.
 *
 *     feeder asks ─▶ fork ─▶ wait till the child ends, or feeder wants it to, or feeder is gone
 *
 * What libraries open or make when first used is made here, before a child would have to: a child
 * cannot open anything, and each would make it again.
 */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <iconv.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report_reader.h"
#include "sandbox_parts.h"

enum { CONTROL = 3 }; /* after the three standard streams, which stay closed */

/* --- warm -------------------------------------------------------------------- */

/* Most of what abuse reports are written in; glibc keeps a table in memory while it is open. */
static const char *const charsets[] = {
	"ISO-8859-1",   "ISO-8859-2", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251",
	"WINDOWS-1252", "KOI8-R",     "SHIFT_JIS",   "ISO-2022-JP",  "EUC-JP",
	"GB18030",      "GB2312",     "BIG5",        "EUC-KR",
};

/* A mail with most of what makes GMime make something. */
static const char sample[] =
	"From: =?ISO-8859-1?Q?J=F6rg?= <a@example.net>\nTo: b@example.org\n"
	"Date: Sat, 21 Nov 2026 12:00:00 +0100\nSubject: =?ISO-8859-1?B?cmVwb3J0?=\n"
	"Message-ID: <1@example.net>\nMIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
	"--b\nContent-Type: text/plain; charset=ISO-8859-1\n"
	"Content-Transfer-Encoding: quoted-printable\n\n=20\n"
	"--b\nContent-Type: message/feedback-report\nContent-Transfer-Encoding: base64\n\n"
	"RmVlZGJhY2stVHlwZTogYWJ1c2UK\n--b--\n";

static void forget(void *context, const struct report *report, struct bytes body, const char *fault)
{
	(void)context, (void)report, (void)body, (void)fault;
}

static void warm(const struct nursery *nursery)
{
	/* Nothing that is read may depend on where feeder runs, and /etc/localtime is a file. */
	setenv("TZ", "UTC0", 1);
	tzset();
	json_object_seed(0);
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
		iconv_open("UTF-8", charsets[i]); /* never closed; one that fails is not there */
	}
	reports_read(bytes_str(sample), FORMAT_UNKNOWN, nursery->rules, forget, NULL);
}

/* Everything but the control socket, which becomes CONTROL. */
static void close_all(int control)
{
	if (control != CONTROL && dup2(control, CONTROL) < 0) {
		_exit(ST_INTERNAL);
	}
	if (close_range(0, SANITIZED ? 1 : 2, 0) || close_range(CONTROL + 1, ~0U, 0)) {
		_exit(ST_INTERNAL);
	}
}

/* --- rights ------------------------------------------------------------------ */

/*
 * Root's feeder becomes the database's owner once it opens that, which is after this; and the owner
 * may write what reports are to be kept from. So a child of root's is who dnsbld's workers are.
 */
static bool renounce_rights(const struct account *account)
{
	if (account && (setgroups(0, NULL) || setgid(account->gid) || setuid(account->uid))) {
		return false;
	}
	capng_clear(CAPNG_SELECT_ALL);
	return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) >= 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* --- one child --------------------------------------------------------------- */

static void answer(uint8_t kind, int value)
{
	uint8_t room[CONTROL_ROOM];
	struct writer w = writer_of(room, sizeof room);

	write_u8(&w, kind);
	write_u32(&w, (uint32_t)value);
	if (send(CONTROL, room, writer_len(&w), MSG_NOSIGNAL) < 0) {
		_exit(ST_OK); /* nobody is there */
	}
}

/* Waits till the child ends; feeder may want it to end, or be gone. */
static void watch(pid_t pid, int pidfd)
{
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = CONTROL, .events = POLLIN}};
	int status;

	while (poll(fds, 2, -1) < 0 || !fds[0].revents) {
		uint8_t word;

		if (fds[1].revents && recv(CONTROL, &word, 1, MSG_DONTWAIT) <= 0) {
			_exit(ST_OK); /* and the kernel ends the child (PR_SET_PDEATHSIG) */
		}
		if (fds[1].revents) {
			kill(pid, SIGKILL);
		}
		fds[0].revents = fds[1].revents = 0;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			_exit(ST_INTERNAL);
		}
	}
	answer(CONTROL_DONE, status);
}

static void bear(const struct nursery *nursery, const struct report_rules *rules, int fd,
		 enum report_format format, size_t length)
{
	pid_t self = getpid();
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != self) {
			_exit(ST_INTERNAL);
		}
		close(CONTROL);
		child_run(nursery, rules, fd, format, length);
	}
	int fault = errno;

	close(fd);
	if (pid < 0) {
		answer(CONTROL_FAILED, fault);
		return;
	}
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0) {
		_exit(ST_INTERNAL);
	}
	watch(pid, pidfd);
	close(pidfd);
}

/* --- what feeder asks for ---------------------------------------------------- */

/* The descriptor that came with a message, moved away from those that are closed; -1: none. */
static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd, moved;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
		return -1;
	}
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	moved = fcntl(fd, F_DUPFD, CONTROL + 1);
	close(fd);
	return moved;
}

/* One message. False where feeder is gone. */
static bool serve(const struct nursery *nursery)
{
	uint8_t room[CONTROL_ROOM];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} beside;
	struct iovec part = {room, sizeof room};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = beside.room,
		.msg_controllen = sizeof beside.room,
	};
	ssize_t got = recvmsg(CONTROL, &message, 0);

	if (got <= 0) {
		return got < 0 && errno == EINTR;
	}
	struct reader r = reader_of(bytes_of(room, (size_t)got));
	uint8_t kind = read_u8(&r);

	if (kind == CONTROL_READ) {
		enum report_format format = (enum report_format)read_u8(&r);
		size_t length = read_u32(&r);
		char name[REPORT_WORDS];
		struct report_rules rules = *nursery->rules;
		int fd = take_descriptor(&message);

		if (fd < 0 || r.bad) {
			answer(CONTROL_FAILED, EMFILE);
		} else {
			report_words(name, bytes_of(r.at, (size_t)(r.end - r.at)));
			rules.name = name;
			bear(nursery, &rules, fd, format, length);
		}
	} /* else CONTROL_STOP, and the child had ended by itself */
	return true;
}

void nursery_run(struct nursery *nursery, int control)
{
	bool there; /* where there is no Landlock the filter does the same */

	close_all(control);
	signal(SIGCHLD, SIG_DFL);
	if (!renounce_rights(nursery->account) ||
	    (nursery->filtered && !filter_make(&nursery->filter))) {
		_exit(ST_INTERNAL);
	}
	warm(nursery);
	if (confine_files(&there)) {
		_exit(ST_INTERNAL);
	}
	while (serve(nursery)) {
	}
	_exit(ST_OK);
}
