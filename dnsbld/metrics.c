/*
 * metrics.c: the page, and the form of what is on it.
 *
 *	# HELP dnsbld_NAME What it is.
 *	# TYPE dnsbld_NAME counter
 *	dnsbld_NAME{zone="dnsbl.example.org"} 12
 *
 * A page is made once a second at most and lent to all who ask in that time, so that somebody who
 * asks without end costs no more than who asks once.
 */
#include "metrics_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

enum { PAGE_MS = 1000 };

static const char *const type_name[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

void metric_begin(struct evbuffer *to, const char *name, enum metric_type type, const char *help)
{
	evbuffer_add_printf(to, "# HELP dnsbld_%s %s\n# TYPE dnsbld_%s %s\n", name, help, name,
			    type_name[type]);
}

void metric_put(struct evbuffer *to, const char *name, uint64_t value, const char *labels, ...)
{
	va_list args;

	evbuffer_add_printf(to, "dnsbld_%s", name);
	if (labels) {
		evbuffer_add(to, "{", 1);
		va_start(args, labels);
		evbuffer_add_vprintf(to, labels, args);
		va_end(args);
		evbuffer_add(to, "}", 1);
	}
	evbuffer_add_printf(to, " %" PRIu64 "\n", value);
}

void metric_one(struct evbuffer *to, const char *name, enum metric_type type, const char *help,
		uint64_t value)
{
	metric_begin(to, name, type, help);
	metric_put(to, name, value, NULL);
}

const char *metric_label(const char *text, char label[LABEL_TEXT])
{
	char *at = label;

	for (; *text; text++) {
		if (*text == '\\' || *text == '"') {
			*at++ = '\\';
		}
		*at++ = *text;
	}
	*at = '\0';
	return label;
}

void metrics_page(void *context, struct evbuffer *to)
{
	struct metrics *m = context;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;

	if (!m->page || now_ms >= m->page_ms + PAGE_MS) {
		metrics_release(m);
		m->page = evbuffer_new();
		if (!m->page) {
			return;
		}
		m->page_ms = now_ms;
		metrics_of_processes(m, m->page);
		metrics_of_database(m, m->page);
		metrics_of_queries(m, m->page);
	}
	evbuffer_add_buffer_reference(to, m->page);
}

void metrics_release(struct metrics *m)
{
	if (m->page) {
		evbuffer_free(m->page);
	}
	m->page = NULL;
}
