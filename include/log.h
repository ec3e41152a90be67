/*
 * log.h: chatter for a human, one line an event, to stderr. Results never come this way.
 */
#ifndef DNSBLD_LOG_H
#define DNSBLD_LOG_H

/* `program` opens every line; borrowed for the life of the process. */
void log_init(const char *program);

/* From now on log_info() says nothing. */
void log_faults_only(void);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
