/*
 * log_daemon.h: the syslog daemon, without ever waiting for it.
 */
#ifndef DNSBLD_LOG_DAEMON_H
#define DNSBLD_LOG_DAEMON_H

#include <stddef.h>

/* Sends a line, as openlog("dnsbld", LOG_PID, LOG_DAEMON) and syslog(3) do. What the daemon does
 * not take at once is lost, and the next line that it takes says so. */
void log_daemon_send(int priority, const char *line, size_t len);

/* Closes the connection; the next line opens it again. */
void log_daemon_close(void);

#endif
