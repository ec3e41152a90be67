/*
 * cmd_mirror.c: feeder mirror: the process that keeps copies of zones up to date, beside dnsbld, or
 * once for cron.
 *
 *	listen ─▶ become the database's owner ─▶ each zone's first run ─▶ ready ─▶ loop
 *	SIGHUP: the config anew, and all zones begin anew; a bad one: the old one stays
 *	SIGTERM, SIGINT: the end, at once: what is not committed has not happened
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeder.h"
#include "log.h"
#include "mirror.h"
#include "mirror_notify.h"
#include "output.h"
#include "systemd.h"

/* What NTP and people do to a running clock is less, or matters. */
enum { CLOCK_SET_S = 60 };

struct daemon {
	struct call *call;
	struct event_base *base;
	struct mirror mirror;
	struct mirror_notify *notify; /* NULL: the config has no place for it */
	struct listen_config listen;  /* as it was bound */
	int64_t clock_s;              /* by how much the real clock is ahead of the monotonic one */
	enum status status;
};

static enum status count_zones(const struct config *config, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < config->zone_count; i++) {
		*count += config->zones[i].mirror.given;
	}
	if (*count == 0) {
		return fail(ST_CONFIG, "%s has no zone in 'mirror'", config->file);
	}
	return ST_OK;
}

/* Before anything is asked of anybody: whether there is a database, as its owner. */
static enum status look_at_database(const struct call *call)
{
	struct store *store;
	enum status status = store_become_owner(call->config->database);

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		store_close(store);
	}
	return status;
}

/* --- once ---------------------------------------------------------------------------------------
 */

static enum status run_once(struct call *call, struct event_base *base)
{
	struct mirror mirror;
	enum status status = look_at_database(call);

	if (!status) {
		status = mirror_open(&mirror, call, base, true);
	}
	if (status) {
		return status;
	}
	mirror_start(&mirror);
	event_base_dispatch(base);
	if (mirror.failed > 0) {
		status = fail(mirror.worst, "%zu of %zu zones not up to date", mirror.failed,
			      mirror.zone_count);
	}
	mirror_close(&mirror);
	return status;
}

/* --- as a daemon --------------------------------------------------------------------------------
 */

static void on_stop(evutil_socket_t number, short what, void *context)
{
	struct daemon *d = context;

	(void)number;
	(void)what;
	event_base_loopbreak(d->base);
}

static int64_t clock_ahead_s(void)
{
	struct timespec monotonic;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return (int64_t)time(NULL) - monotonic.tv_sec;
}

/* Zones expire by the real clock: where that was set, or the machine slept, they may have, or never
 * will. */
static void look_at_clock(struct daemon *d)
{
	const int64_t ahead_s = clock_ahead_s(), set_s = ahead_s - d->clock_s;

	if (set_s > CLOCK_SET_S || set_s < -CLOCK_SET_S) {
		d->clock_s = ahead_s;
		log_warn("the clock was set by %lld s: all primaries are asked", (long long)set_s);
		mirror_ask_all(&d->mirror);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	log_tick();
	look_at_clock(context);
}

static bool same_listen(const struct listen_config *a, const struct listen_config *b)
{
	return a->port == b->port && (a->port == 0 || strcmp(a->text, b->text) == 0);
}

static void on_reload(evutil_socket_t number, short what, void *context)
{
	struct daemon *d = context;
	struct call *call = d->call;
	struct config *config = NULL, *old = call->config;
	size_t zones;
	enum status status = config_read(config_file(call->config_file), &config);

	(void)number;
	(void)what;
	if (!status) {
		status = count_zones(config, &zones);
	}
	if (status) {
		log_error("%s; the old config stays", fail_text());
		config_free(config);
		return;
	}
	if (!same_listen(&config->mirror_listen, &d->listen)) {
		log_warn("mirror: 'listen' has changed: that needs a restart");
	}
	mirror_close(&d->mirror);
	call->config = config;
	config_free(old);
	d->status = mirror_open(&d->mirror, call, d->base, false);
	if (d->status) {
		event_base_loopbreak(d->base);
		return;
	}
	mirror_start(&d->mirror);
	log_info("reloaded: %zu zones", zones);
}

static enum status start(struct daemon *d)
{
	enum status status = ST_OK;

	d->listen = d->call->config->mirror_listen;
	if (d->listen.port != 0) {
		status = mirror_notify_open(&d->notify, &d->listen, &d->mirror);
	}
	if (!status) {
		status = look_at_database(d->call);
	}
	if (!status) {
		status = mirror_open(&d->mirror, d->call, d->base, false);
	}
	if (!status && d->notify) {
		status = mirror_notify_start(d->notify, d->base);
	}
	return status;
}

static enum status run_daemon(struct call *call, struct event_base *base)
{
	const struct timeval second = {.tv_sec = 1};
	struct daemon d = {.call = call, .base = base, .clock_s = clock_ahead_s()};
	enum { EVENTS = 4 };
	struct event *events[EVENTS] = {
		evsignal_new(base, SIGTERM, on_stop, &d),
		evsignal_new(base, SIGINT, on_stop, &d),
		evsignal_new(base, SIGHUP, on_reload, &d),
		event_new(base, -1, EV_PERSIST, on_tick, &d),
	};

	for (size_t i = 0; i < EVENTS; i++) {
		if (!events[i] || event_add(events[i], i + 1 == EVENTS ? &second : NULL) < 0) {
			d.status = fail(ST_AGAIN, "no memory for events");
		}
	}
	if (!d.status) {
		d.status = start(&d);
	}
	if (!d.status) {
		log_never_wait();
		log_limited(true);
		log_info("ready: following %zu zones%s%s", d.mirror.zone_count,
			 d.notify ? ", NOTIFY to " : "", d.notify ? d.listen.text : "");
		systemd_ready();
		mirror_start(&d.mirror);
		event_base_dispatch(base);
	}
	mirror_notify_close(d.notify);
	mirror_close(&d.mirror);
	for (size_t i = 0; i < EVENTS; i++) {
		if (events[i]) {
			event_free(events[i]);
		}
	}
	return d.status;
}

static enum status run(struct call *call)
{
	size_t zones;
	enum status status = count_zones(call->config, &zones);

	if (!status && call->json && !call->once) {
		status = fail(ST_USAGE, "--json is for --once: type 'feeder mirror --help'");
	}
	if (status) {
		return status;
	}
	signal(SIGPIPE, SIG_IGN); /* that a primary is gone is told otherwise */
	struct event_base *base = event_base_new();

	if (!base) {
		return fail(ST_AGAIN, "no event loop: %s", strerror(errno));
	}
	status = call->once ? run_once(call, base) : run_daemon(call, base);
	event_base_free(base);
	return status;
}

const struct command command_mirror = {
	.verb = "mirror",
	.options = TAKES(OPTION_ONCE),
	.signs = true,
	.summary = "Keeps the zones in 'mirror' as their primaries have them",
	.details =
		"Stays in the foreground: asks the primaries each REFRESH of the zone's SOA, and\n"
		"when one sends NOTIFY; takes over what has changed by IXFR, or AXFR. SIGHUP\n"
		"reads the config again, SIGTERM ends it. With --once a line for each zone: its\n"
		"name, primary, serial, what was done (current, incremental, full, failed),\n"
		"records and those outside the model; 75 where a primary could not be had, 65\n"
		"where its transfer was bad.\n",
	.run = run,
};
