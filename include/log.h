/*
 * log.h: chatter for a human, one line an event, to stderr or wherever log_to() says. Results never
 * come this way. What is quoted of strangers has no control characters any more.
 */
#ifndef DNSBLD_LOG_H
#define DNSBLD_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `program` opens every line on stderr; borrowed for the life of the process. Where stderr is the
 * journal, lines have their priority before that (sd-daemon(3)).
 */
void log_init(const char *program);

/* From now on a line that stderr does not take at once is lost: a server goes on where nobody reads
 * what it says. */
void log_never_wait(void);

/* From now on log_info() says nothing. */
void log_faults_only(void);

/*
 * Where lines go. `priority` is LOG_ERR, LOG_WARNING or LOG_INFO of syslog(3), `line` has no
 * newline and less than LOG_LINE octets.
 */
enum { LOG_LINE = 2048 };
typedef void log_sink(int priority, const char *line, size_t len);
log_sink log_stderr; /* at first */
void log_to(log_sink *sink);

/*
 * Of the same cause a server says a few lines, and when it goes on one now and then with how many
 * there were in between: log_limit.h. Off at first. Each call begins anew, and forgets what was
 * held back.
 */
void log_limited(bool limited);

/* Once a second, where lines are limited: says what was held back, as far as it is time. */
void log_tick(void);

/* In place: control characters, and what is no UTF-8, become '?'. */
void log_clean(char *line, size_t len);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
