/*
 * metrics.h: the page that Prometheus reads, in its text format.
 */
#ifndef DNSBLD_METRICS_H
#define DNSBLD_METRICS_H

#include <event2/buffer.h>

#include "counters.h"
#include "readers.h"
#include "sockets.h"
#include "worker.h"

#define METRICS_PATH "/metrics"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is shown. All that is pointed to is borrowed. */
struct metrics {
	struct worker *worker; /* for a look at the database, outside of a batch */
	const struct sockets *sockets;
	struct counters_view counters;
	const unsigned *tcp_connections;
	const unsigned *transfers; /* that are running */
	const struct readers *readers;
	struct evbuffer *page; /* the last one */
	uint64_t page_ms;
};

/* An http_page; `context` is a struct metrics. A page is shown again for a second. */
void metrics_page(void *context, struct evbuffer *to);

void metrics_release(struct metrics *m);

#endif
