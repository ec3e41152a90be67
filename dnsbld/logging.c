/*
 * logging.c: the pipe, and the syslog daemon at its end.
 *
 *	'0' + priority, text, '\n'	in one write, below PIPE_BUF: lines of several do not mix
 */
#include "logging.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "log_daemon.h"

/* What a pipe holds at first (pipe(7)); what a line may have in it; and the end of a long one. */
enum { PIPE = 65536, LINE = LOG_LINE + 2 };
_Static_assert((int)LINE <= (int)PIPE_BUF, "a line is written whole or not at all");

static bool stderr_too;
static int child_pipe;
static unsigned long long lost;

/* --- the parent ---------------------------------------------------------------------------------
 */

static void to_syslog(int priority, const char *line, size_t len)
{
	log_daemon_send(priority, line, len);
	if (stderr_too) {
		log_stderr(priority, line, len);
	}
}

enum status logging_open(int pipe[2])
{
	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
		return fail(ST_AGAIN, "no pipe for the log: %s", strerror(errno));
	}
	return ST_OK;
}

void logging_parent(const struct config *config, bool serving)
{
	stderr_too = !serving;
	log_to(config->syslog ? to_syslog : log_stderr);
	log_limited(serving);
}

static void take_line(char *line, size_t len)
{
	int priority = len > 0 ? line[0] - '0' : -1;

	if (priority < LOG_ERR || priority > LOG_INFO || len > LOG_LINE) {
		return; /* none of ours */
	}
	log_clean(line + 1, len - 1);
	to_syslog(priority, line + 1, len - 1);
}

void logging_read(int pipe)
{
	static char kept[LINE]; /* the beginning of a line whose end is still to be read */
	static size_t kept_len;
	static char room[LINE + PIPE];
	char *at = room, *end;
	ssize_t n = read(pipe, room + kept_len, PIPE);

	if (n <= 0) {
		return;
	}
	memcpy(room, kept, kept_len);
	size_t left = kept_len + (size_t)n;

	while (left > 0 && (end = memchr(at, '\n', left))) {
		take_line(at, (size_t)(end - at));
		left -= (size_t)(end + 1 - at);
		at = end + 1;
	}
	/* Longer than a line can be: it is none. */
	kept_len = left < LINE ? left : 0;
	memcpy(kept, at, kept_len);
}

/* --- a child ------------------------------------------------------------------------------------
 */

static bool hand_over(int priority, const char *text, size_t len)
{
	char line[LINE];

	line[0] = (char)('0' + priority);
	memcpy(line + 1, text, len);
	line[1 + len] = '\n';
	return write(child_pipe, line, len + 2) == (ssize_t)(len + 2);
}

static void to_parent(int priority, const char *line, size_t len)
{
	char words[128];

	if (lost > 0) {
		int n = snprintf(words, sizeof words,
				 "%llu lines of the log were lost: the pipe was full", lost);

		if (hand_over(LOG_WARNING, words, (size_t)n)) {
			lost = 0;
		}
	}
	lost += !hand_over(priority, line, len);
}

void logging_child(const struct config *config, int pipe)
{
	log_daemon_close(); /* the parent's connection */
	child_pipe = pipe;
	log_to(config->syslog ? to_parent : log_stderr);
	log_limited(false);
}
