/*
 * metrics_queries.c: the counters, summed over all processes.
 *
 * How a query came is not counted with it: what a UDP worker answered came over its endpoint's
 * family, and the TCP process counts its IPv6 apart.
 *
 * Of replies only those combinations of type and rcode are shown that there were, and the two that
 * every zone has: series that are zero for ever would be most of the page.
 */
#include "metrics_inside.h"

#include <stdio.h>

enum transport { UDP4, UDP6, TCP4, TCP6, TRANSPORTS };

static const char *const transport_labels[TRANSPORTS] = {
	[UDP4] = "transport=\"udp\",family=\"ipv4\"",
	[UDP6] = "transport=\"udp\",family=\"ipv6\"",
	[TCP4] = "transport=\"tcp\",family=\"ipv4\"",
	[TCP6] = "transport=\"tcp\",family=\"ipv6\"",
};

/* The queries that a zone answered. */
struct sum {
	uint64_t transport[TRANSPORTS];
	uint64_t reply[COUNTED_REPLIES];
};

/* What the first half of a process' replies came by; of the TCP process the second came by TCP6. */
static enum transport transport_of(const struct metrics *m, unsigned process)
{
	const struct sockets *s = m->sockets;
	unsigned number = process % (m->counters.counters->processes / 2);

	if (number >= s->count * s->workers) {
		return TCP4; /* or dnstap's, which answers nobody */
	}
	return s->endpoint[number / s->workers].at.family == 4 ? UDP4 : UDP6;
}

static void add_replies(struct sum *sum, enum transport transport,
			const _Atomic uint64_t reply[COUNTED_REPLIES])
{
	for (unsigned i = 0; i < COUNTED_REPLIES; i++) {
		uint64_t n = counter_read(&reply[i]);

		sum->transport[transport] += n;
		sum->reply[i] += n;
	}
}

/* A slot's counters of one process; `slot` is NULL for what belongs to no zone. */
static const struct zone_counters *counters_of(const struct metrics *m,
					       const struct zone_slot *slot, unsigned process)
{
	return slot ? &slot->first[process * slot->stride]
		    : &m->counters.counters->process[process].no_zone;
}

static struct sum sum_of(const struct metrics *m, const struct zone_slot *slot)
{
	struct sum sum = {0};

	for (unsigned i = 0; i < m->counters.counters->processes; i++) {
		const struct zone_counters *zone = counters_of(m, slot, i);
		enum transport transport = transport_of(m, i);

		add_replies(&sum, transport, zone->reply);
		if (transport == TCP4) {
			add_replies(&sum, TCP6, zone->reply + COUNTED_REPLIES);
		}
	}
	return sum;
}

static void put_zone(struct evbuffer *queries, struct evbuffer *replies, const char *name,
		     const struct sum *sum)
{
	char zone[LABEL_TEXT];

	metric_label(name, zone);
	for (unsigned i = 0; i < TRANSPORTS; i++) {
		metric_put(queries, "queries_total", sum->transport[i], "zone=\"%s\",%s", zone,
			   transport_labels[i]);
	}
	for (unsigned i = 0; i < COUNTED_REPLIES; i++) {
		enum counted_type type = i / COUNTED_RESULTS;
		enum counted_result result = i % COUNTED_RESULTS;
		bool always = *name && type == COUNTED_A &&
			      (result == COUNTED_LISTED || result == COUNTED_NXDOMAIN);

		if (sum->reply[i] > 0 || always) {
			metric_put(replies, "replies_total", sum->reply[i],
				   "zone=\"%s\",type=\"%s\",rcode=\"%s\",listed=\"%s\"", zone,
				   counted_type_name[type], counted_result_name[result],
				   result == COUNTED_LISTED ? "true" : "false");
		}
	}
}

static void put_hits(const struct metrics *m, struct evbuffer *to, const struct zone_config *config,
		     const struct zone_slot *slot)
{
	char zone[LABEL_TEXT];

	metric_label(config->name, zone);
	for (size_t k = 0; k < config->sublist_count; k++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < m->counters.counters->processes; i++) {
			sum += counter_read(
				&counters_of(m, slot, i)->hit[config->sublists[k]->code]);
		}
		metric_put(to, "hits_total", sum, "zone=\"%s\",sublist=\"%s\"", zone,
			   config->sublists[k]->name);
	}
}

static void put_zones(const struct metrics *m, struct evbuffer *to, struct evbuffer *replies,
		      struct evbuffer *hits)
{
	const struct config *config = m->worker->config;
	struct sum sum = sum_of(m, NULL);

	metric_begin(to, "queries_total", METRIC_COUNTER,
		     "Queries that got a reply; zone=\"\" is no zone of this server.");
	metric_begin(replies, "replies_total", METRIC_COUNTER,
		     "The same, by what was asked and what came of it.");
	metric_begin(hits, "hits_total", METRIC_COUNTER,
		     "Listed names that were asked for, by the sublists that list them.");
	put_zone(to, replies, "", &sum);
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct zone_slot *slot = &m->counters.zone[i];

		sum = sum_of(m, slot);
		put_zone(to, replies, config->zones[i].name, &sum);
		put_hits(m, hits, &config->zones[i], slot);
	}
	evbuffer_add_buffer(to, replies);
	evbuffer_add_buffer(to, hits);
}

static void put_events(const struct counters *c, struct evbuffer *to)
{
	for (unsigned k = 0; k < COUNTERS; k++) {
		const struct counter_row *row = &counter_rows[k];
		char name[64];
		uint64_t sum = 0;

		for (unsigned i = 0; i < c->processes; i++) {
			sum += counter_read(&c->process[i].event[k]);
		}
		snprintf(name, sizeof name, "%s_total", row->metric);
		if (row->help) {
			metric_begin(to, name, METRIC_COUNTER, row->help);
		}
		metric_put(to, name, sum, row->label ? "%s" : NULL, row->label);
	}
}

static void put_batches(const struct counters *c, struct evbuffer *to)
{
	uint64_t batches = 0, packets = 0;

	metric_begin(to, "udp_batch_packets", METRIC_HISTOGRAM,
		     "Packets that a UDP worker took at once.");
	for (unsigned k = 0; k < COUNTED_BATCHES; k++) {
		for (unsigned i = 0; i < c->processes; i++) {
			batches += counter_read(&c->process[i].batch[k]);
		}
		metric_put(to, "udp_batch_packets_bucket", batches, "le=\"%u\"", 1U << k);
	}
	for (unsigned i = 0; i < c->processes; i++) {
		packets += counter_read(&c->process[i].packets);
	}
	metric_put(to, "udp_batch_packets_bucket", batches, "le=\"+Inf\"");
	metric_put(to, "udp_batch_packets_sum", packets, NULL);
	metric_put(to, "udp_batch_packets_count", batches, NULL);
}

void metrics_of_queries(const struct metrics *m, struct evbuffer *to)
{
	struct evbuffer *replies = evbuffer_new(), *hits = evbuffer_new();

	put_events(m->counters.counters, to);
	put_batches(m->counters.counters, to);
	if (replies && hits) {
		put_zones(m, to, replies, hits);
	}
	if (replies) {
		evbuffer_free(replies);
	}
	if (hits) {
		evbuffer_free(hits);
	}
}
