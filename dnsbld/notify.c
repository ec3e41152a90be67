/*
 * notify.c: from a commit to NOTIFY.
 *
 *	each LOOK_MS   another snapshot? -> each zone: another serial? -> its delay begins
 *	delay is over  the zone's newest SOA -> notify_peer_start() for each of its secondaries
 *
 * 1. The first change begins the delay and those after it do not make it longer: one NOTIFY for all
 *    of them, and never later than notify_delay.
 * 2. A zone that is seen for the first time notifies without delay: nobody knows what its
 *    secondaries have missed while no server ran.
 * 3. Where the database has a zone as another config has it, nobody is notified: a transfer would
 *    be refused. When both agree again its serial is another one.
 * 4. Zones are known by their places: what a mirrored one is prepared from may change.
 */
#include "notify.h"

#include <stdlib.h>

#include "zone_records.h"

enum {
	LOOK_MS = 100,      /* a look without a commit is a system call or two */
	TURN_ANSWERS = 256, /* read in one turn of the loop */
};

struct notify_zone {
	struct notify *all;
	size_t number; /* among the config's zones */
	struct event *delay;
	bool waiting; /* it runs */
	bool told;    /* since the process began: of the serial */
	uint32_t serial;
	struct notify_peer *peer;
	size_t peer_count;
};

struct notify {
	struct notify_office office;
	struct worker *worker;
	struct event *look, *ipv4, *ipv6;
	struct timeval delay;
	uint64_t snapshot; /* that was last looked at; 0: none */
	struct notify_zone *zone;
	size_t zone_count;
};

/* NULL where there is nothing that a secondary could be told to fetch. In a batch. */
static struct zone *ready_zone(const struct notify_zone *z)
{
	struct worker *w = z->all->worker;
	struct zone *zone = &w->zones.zone[z->number];

	return worker_has_zone(w, zone) && zone->agrees ? zone : NULL;
}

static void look_at_zone(struct notify_zone *z)
{
	const struct timeval at_once = {0};
	const struct zone *zone = ready_zone(z);

	if (!zone || z->waiting || (z->told && z->serial == zone_serial(zone))) {
		return;
	}
	z->waiting = true;
	event_add(z->delay, z->told ? &z->all->delay : &at_once);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct notify *n = context;
	struct worker *w = n->worker;

	(void)fd;
	(void)what;
	worker_begin(w);
	if (w->reading && w->snapshot != n->snapshot) {
		n->snapshot = w->snapshot;
		for (size_t i = 0; i < n->zone_count; i++) {
			look_at_zone(&n->zone[i]);
		}
	}
	worker_end(w);
}

static void on_delay(evutil_socket_t fd, short what, void *context)
{
	struct notify_zone *z = context;
	const struct zone *zone;

	(void)fd;
	(void)what;
	z->waiting = false;
	worker_begin(z->all->worker);
	zone = ready_zone(z);
	if (zone) {
		z->told = true;
		z->serial = zone_serial(zone);
		for (size_t i = 0; i < z->peer_count; i++) {
			notify_peer_start(&z->peer[i], bytes_of(zone->soa, zone->soa_len));
		}
	}
	worker_end(z->all->worker);
}

static void on_answer(evutil_socket_t fd, short what, void *context)
{
	struct notify *n = context;
	struct notify_source from;
	uint8_t packet[NOTIFY_ROOM];
	size_t len;

	(void)what;
	for (unsigned i = 0; i < TURN_ANSWERS; i++) {
		if (!notify_receive(fd, packet, sizeof packet, &len, &from)) {
			return;
		}
		notify_answered(&n->office, bytes_of(packet, len), &from);
	}
}

static enum status open_zone(struct notify_zone *z, struct notify *n, size_t number)
{
	const struct zone_config *config = &n->worker->config->zones[number];
	enum status status = ST_OK;

	*z = (struct notify_zone){
		.all = n,
		.number = number,
		.delay = evtimer_new(n->office.base, on_delay, z),
		.peer = must_alloc(config->notify_count * sizeof *z->peer),
	};
	if (!z->delay) {
		return fail(ST_AGAIN, "no memory for events");
	}
	for (; z->peer_count < config->notify_count && !status; z->peer_count++) {
		status = notify_peer_init(&z->peer[z->peer_count], &n->office, config,
					  &config->notify[z->peer_count]);
	}
	return status;
}

static enum status open_zones(struct notify *n)
{
	const struct config *config = n->worker->config;
	enum status status = ST_OK;

	n->zone = must_alloc(config->zone_count * sizeof *n->zone);
	for (size_t i = 0; i < config->zone_count && !status; i++) {
		if (config->zones[i].notify_count > 0) {
			status = open_zone(&n->zone[n->zone_count++], n, i);
		}
	}
	return status;
}

/* NULL where there is no such socket. */
static bool listen_to(struct notify *n, int fd, struct event **event)
{
	if (fd < 0) {
		return true;
	}
	*event = event_new(n->office.base, fd, EV_READ | EV_PERSIST, on_answer, n);
	return *event && event_add(*event, NULL) == 0;
}

static bool has_notify(const struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++) {
		if (config->zones[i].notify_count > 0) {
			return true;
		}
	}
	return false;
}

enum status notify_open(struct notify **notify, struct event_base *base, struct worker *worker,
			const struct sockets *served, const struct notify_sockets *sockets)
{
	const struct timeval look = {.tv_usec = LOOK_MS * 1000};
	const uint64_t delay_ms = worker->config->notify_delay_ms;

	*notify = NULL;
	if (!has_notify(worker->config)) {
		return ST_OK;
	}
	struct notify *n = must_alloc(sizeof *n);

	*n = (struct notify){
		.office = {.base = base, .worker = worker, .served = served, .sockets = *sockets},
		.worker = worker,
		.look = event_new(base, -1, EV_PERSIST, on_look, n),
		.delay = {(time_t)(delay_ms / 1000), (suseconds_t)(delay_ms % 1000 * 1000)},
	};
	enum status status = open_zones(n);

	if (!status &&
	    (!n->look || event_add(n->look, &look) < 0 || !listen_to(n, sockets->ipv4, &n->ipv4) ||
	     !listen_to(n, sockets->ipv6, &n->ipv6))) {
		status = fail(ST_AGAIN, "no memory for events");
	}
	if (status) {
		notify_close(n);
		return status;
	}
	*notify = n;
	return ST_OK;
}

static void event_stop(struct event *event)
{
	if (event) {
		event_del(event);
	}
}

void notify_stop(struct notify *n)
{
	if (!n) {
		return;
	}
	event_stop(n->look);
	event_stop(n->ipv4);
	event_stop(n->ipv6);
	for (size_t i = 0; i < n->zone_count; i++) {
		event_stop(n->zone[i].delay);
		for (size_t k = 0; k < n->zone[i].peer_count; k++) {
			notify_peer_stop(&n->zone[i].peer[k]);
		}
	}
}

static void event_end(struct event *event)
{
	if (event) {
		event_free(event);
	}
}

void notify_close(struct notify *n)
{
	if (!n) {
		return;
	}
	for (size_t i = 0; i < n->zone_count; i++) {
		struct notify_zone *z = &n->zone[i];

		for (size_t k = 0; k < z->peer_count; k++) {
			notify_peer_release(&z->peer[k]);
		}
		free(z->peer);
		event_end(z->delay);
	}
	free(n->zone);
	event_end(n->look);
	event_end(n->ipv4);
	event_end(n->ipv6);
	free(n);
}
