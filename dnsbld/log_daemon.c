/*
 * log_daemon.c: datagrams to /dev/log (RFC 3164 §4.1, as local daemons read it).
 *
 * syslog(3) waits for a daemon that does not read its socket, for ever. Here that would be the
 * process that replaces the others: so this is done by hand, and does not wait.
 */
#include "log_daemon.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

enum { HEAD = 64 };

static int daemon_fd = -1;
static unsigned long long lost;

static bool connected(void)
{
	const struct sockaddr_un daemon = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

	if (daemon_fd >= 0) {
		return true;
	}
	daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (daemon_fd >= 0 &&
	    connect(daemon_fd, (const struct sockaddr *)&daemon, sizeof daemon) < 0) {
		log_daemon_close();
	}
	return daemon_fd >= 0;
}

void log_daemon_close(void)
{
	if (daemon_fd >= 0) {
		close(daemon_fd);
	}
	daemon_fd = -1;
}

static bool put(int priority, const char *line, size_t len)
{
	char packet[HEAD + LOG_LINE], when[32];
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	strftime(when, sizeof when, "%h %e %T", &local);
	int n = snprintf(packet, sizeof packet, "<%d>%s dnsbld[%d]: %.*s", LOG_DAEMON | priority,
			 when, (int)getpid(), (int)len, line);
	size_t size = (size_t)n < sizeof packet ? (size_t)n : sizeof packet - 1;

	/* Twice: a daemon that was restarted has another socket. */
	for (unsigned tries = 0; tries < 2 && connected(); tries++) {
		if (send(daemon_fd, packet, size, MSG_NOSIGNAL) >= 0) {
			return true;
		}
		if (errno == EAGAIN || errno == ENOBUFS) {
			return false;
		}
		log_daemon_close();
	}
	return false;
}

void log_daemon_send(int priority, const char *line, size_t len)
{
	char words[96];

	if (lost > 0) {
		int n = snprintf(words, sizeof words,
				 "warning: %llu lines of the log were lost: syslog took none",
				 lost);

		if (put(LOG_WARNING, words, (size_t)n)) {
			lost = 0;
		}
	}
	lost += !put(priority, line, len);
}
