/*
 * metrics_inside.h: the parts of the page, and how a metric is written.
 *
 *	metric_begin(to, "tcp_connections", METRIC_GAUGE, "TCP connections that are open.")
 *	metric_put(to, "tcp_connections", 12, NULL) …
 *
 * All names begin with "dnsbld_", which is added here.
 */
#ifndef DNSBLD_METRICS_INSIDE_H
#define DNSBLD_METRICS_INSIDE_H

#include "metrics.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Opens a metric. `help` is a sentence. The name of a counter ends in "_total". */
void metric_begin(struct evbuffer *to, const char *name, enum metric_type type, const char *help);

/* One value of it. `labels` is a format, as in "zone=\"%s\"", or NULL. */
void metric_put(struct evbuffer *to, const char *name, uint64_t value, const char *labels, ...)
	__attribute__((format(printf, 4, 5)));

/* Both, of a metric with one value. */
void metric_one(struct evbuffer *to, const char *name, enum metric_type type, const char *help,
		uint64_t value);

/* A label's value: a domain name with its backslashes doubled. */
enum { LABEL_TEXT = 2 * NAME_TEXT };
const char *metric_label(const char *text, char label[LABEL_TEXT]);

void metrics_of_queries(const struct metrics *m, struct evbuffer *to);
void metrics_of_processes(const struct metrics *m, struct evbuffer *to);
void metrics_of_database(const struct metrics *m, struct evbuffer *to);

#endif
