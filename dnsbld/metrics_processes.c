/*
 * metrics_processes.c: the server itself: its processes, its config, its sockets.
 */
#include "metrics_inside.h"

static void put_sockets(const struct sockets *s, struct evbuffer *to)
{
	metric_begin(to, "udp_receive_drops_total", METRIC_COUNTER,
		     "Queries that the kernel dropped as a receive buffer was full.");
	for (size_t i = 0; i < s->count; i++) {
		const struct endpoint *e = &s->endpoint[i];
		uint64_t sum = 0;

		for (unsigned k = 0; k < s->workers; k++) {
			sum += atomic_load_explicit(&e->drops[k].count, memory_order_relaxed);
		}
		metric_put(to, "udp_receive_drops_total", sum, "address=\"%s\"", e->at.text);
	}
}

static void put_server(const struct server_counters *s, struct evbuffer *to)
{
	metric_one(to, "start_time_seconds", METRIC_GAUGE, "When the server was started.",
		   counter_read(&s->started_s));
	metric_begin(to, "replaced_processes_total", METRIC_COUNTER,
		     "Processes that ended of themselves, or stood still and were ended.");
	metric_put(to, "replaced_processes_total", counter_read(&s->replaced[PROCESS_UDP]),
		   "process=\"udp\"");
	metric_put(to, "replaced_processes_total", counter_read(&s->replaced[PROCESS_TCP]),
		   "process=\"tcp\"");
	metric_put(to, "replaced_processes_total", counter_read(&s->replaced[PROCESS_DNSTAP]),
		   "process=\"dnstap\"");
	metric_begin(to, "config_reloads_total", METRIC_COUNTER, "Configs that were read again.");
	metric_put(to, "config_reloads_total", counter_read(&s->reloads), "result=\"success\"");
	metric_put(to, "config_reloads_total", counter_read(&s->failed_reloads),
		   "result=\"failure\"");
	metric_one(to, "config_last_reload_successful", METRIC_GAUGE,
		   "0: the last SIGHUP left the old config.", !counter_read(&s->reload_failed));
	metric_one(to, "config_loaded_timestamp_seconds", METRIC_GAUGE,
		   "When the config that is served was read.", counter_read(&s->config_s));
}

void metrics_of_processes(const struct metrics *m, struct evbuffer *to)
{
	metric_begin(to, "build_info", METRIC_GAUGE, "The version, as a label.");
	metric_put(to, "build_info", 1, "version=\"%s\"", DNSBLD_VERSION);
	put_server(m->counters.counters->server, to);
	put_sockets(m->sockets, to);
	metric_one(to, "tcp_connections", METRIC_GAUGE, "TCP connections that are open.",
		   *m->tcp_connections);
	metric_one(to, "transfers_running", METRIC_GAUGE,
		   "Transfers that are under way, of more than one SOA.", *m->transfers);
}
