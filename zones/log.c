/*
 * log.c: one line an event.
 *
 *	log_warn(…) -> text, cleaned -> may its cause speak? -> sink, or held back
 *	log_tick()  -> of each cause that may speak again: how many were held back, and the last
 *
 * A line is written with one write(), so that those of several processes do not mix.
 */
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log_limit.h"
#include "utf8.h"

static const char *name = "dnsbld";
static bool faults_only;
static bool to_journal;
static bool unwaiting;
static bool limited;
static log_sink *sink = log_stderr;
static struct log_limit limit;

/* $JOURNAL_STREAM names the journal's own stream; stderr may have become another since. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_init(const char *program)
{
	name = program;
	to_journal = is_journal();
}

void log_never_wait(void)
{
	unwaiting = true;
}

void log_faults_only(void)
{
	faults_only = true;
}

void log_to(log_sink *where)
{
	sink = where;
}

void log_limited(bool wanted)
{
	limited = wanted;
	memset(&limit, 0, sizeof limit);
}

/* Where one begins at `at` that may be shown, its octets; 0: what is there may not. */
static size_t printable(const uint8_t *at, size_t left)
{
	size_t len = utf8_length(at, left);
	/* U+0080 to U+009F are terminals' controls as well. */
	bool control =
		len == 1 ? at[0] < ' ' || at[0] == 0x7f : len == 2 && at[0] == 0xc2 && at[1] < 0xa0;

	return control ? 0 : len;
}

void log_clean(char *line, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t octets = printable((const uint8_t *)line + i, len - i);

		if (octets == 0) {
			line[i] = '?';
		}
		i += octets ? octets : 1;
	}
}

/* A pipe that is ready takes a line of this length whole (pipe(7)). */
static bool has_room(void)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&out, 1, 0) != 0;
}

void log_stderr(int priority, const char *line, size_t len)
{
	char whole[LOG_LINE + 64];
	size_t used =
		(size_t)(to_journal ? snprintf(whole, sizeof whole, "<%d>%.32s: ", priority, name)
				    : snprintf(whole, sizeof whole, "%.32s: ", name));

	if (len > LOG_LINE) {
		len = LOG_LINE;
	}
	memcpy(whole + used, line, len);
	used += len;
	whole[used++] = '\n';
	if (unwaiting && !has_room()) {
		return;
	}
	/* Nobody is left to tell where stderr fails. */
	if (write(STDERR_FILENO, whole, used) < 0) {
		return;
	}
}

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec;
}

static const char *level(int priority)
{
	return priority == LOG_ERR ? "error: " : priority == LOG_WARNING ? "warning: " : "";
}

__attribute__((format(printf, 2, 3))) static void emit(int priority, const char *format, ...)
{
	char line[LOG_LINE];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	size_t used = len < 0 ? 0 : (size_t)len < sizeof line ? (size_t)len : sizeof line - 1;

	log_clean(line, used);
	sink(priority, line, used);
}

static void tell_held(struct log_cause *cause)
{
	emit(cause->priority, "%s%llu more lines like this were suppressed: %s",
	     level(cause->priority), (unsigned long long)cause->held, cause->last);
	cause->held = 0;
}

void log_tick(void)
{
	for (size_t i = 0; i < LIMIT_CAUSES; i++) {
		struct log_cause *cause = &limit.cause[i];

		if (cause->held > 0 && log_cause_speaks(cause, now_s())) {
			tell_held(cause);
		}
	}
}

__attribute__((format(printf, 2, 0))) static void line(int priority, const char *format,
						       va_list args)
{
	char text[LOG_LINE];

	vsnprintf(text, sizeof text, format, args);
	if (limited) {
		struct log_cause *cause = log_limit_cause(&limit, format, text);

		/* In order: what is held back is told before what comes later. */
		if (cause->held > 0 || !log_cause_speaks(cause, now_s())) {
			log_cause_hold(cause, priority, text);
			return;
		}
	}
	emit(priority, "%s%s", level(priority), text);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (faults_only) {
		return;
	}
	va_start(args, format);
	line(LOG_INFO, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(LOG_WARNING, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(LOG_ERR, format, args);
	va_end(args);
}
