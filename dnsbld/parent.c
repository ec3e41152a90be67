/*
 * parent.c: binds, forks, watches. It reads signals, the words of its children, and the config;
 * nothing that the network sends reaches it, and it never opens the database.
 *
 *	             SIGHUP: config_read -> next generation STARTING -> SERVING
 *	current generation SERVING ------------------------------------> STOPPING -> OFF
 *
 *	SIGTERM, SIGINT: all generations STOPPING -> all OFF -> exit
 *
 * 1. The ready line is printed once, when every process has opened the database.
 * 2. A config that is bad, or whose processes cannot start, leaves the current one as it is.
 * 3. One change of generation at a time: a SIGHUP during one is remembered. So there are at most
 *    two, and two rows of heartbeats.
 * 4. Sockets are bound once. Both generations read the same ones, so no query falls between them.
 */
#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "generation.h"
#include "log.h"
#include "logging.h"
#include "settings.h"
#include "shared.h"
#include "state_folder.h"
#include "systemd.h"

struct parent {
	struct generation_base base;
	struct generation generations[2];
	struct generation *current;
	struct generation *other; /* the next while it starts, the former while it stops */
	char *file;
	struct state_folder state;
	struct cookie_secret secret; /* of cookies, where the config has none */
	bool ready;
	bool stopping;
	bool reload_wanted;
	uint64_t read_s;  /* when the config was last read */
	uint64_t tick_ms; /* when the next is due */
	enum status status;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Signals are read from a descriptor. SIGTERM stays blocked in children until they want it. */
static enum status open_signals(struct parent *p)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->base.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (p->base.signals < 0 || pipe2(p->base.hello, O_CLOEXEC) < 0 ||
	    fcntl(p->base.hello[0], F_SETFL, O_NONBLOCK) < 0) {
		return fail(ST_AGAIN, "no descriptors for signals: %s", strerror(errno));
	}
	return ST_OK;
}

static void say_ready(const struct parent *p)
{
	char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);

	if (!out) {
		return;
	}
	fprintf(out, "ready: serving %zu zones on", p->current->config->zone_count);
	for (size_t i = 0; i < p->base.sockets.count; i++) {
		fprintf(out, " %s", p->base.sockets.endpoint[i].at.text);
	}
	fputc('\n', out);
	fclose(out);
	/* In one write, and without a name before it: programs wait for this line. */
	if (write(STDERR_FILENO, line, len) < 0) {
		log_error("unable to say that the server is ready: %s", strerror(errno));
	}
	free(line);
}

/* `listen`, `workers` and `metrics` are the sockets, and those are bound once. */
static bool same_sockets(const struct sockets *s, const struct config *config)
{
	bool same = s->count == config->listen_count && s->workers == config->workers &&
		    strcmp(s->metrics_at.text, config->metrics.text) == 0;

	for (size_t i = 0; same && i < s->count; i++) {
		same = strcmp(s->endpoint[i].at.text, config->listen[i].text) == 0;
	}
	return same;
}

/* Made once, so that clients' cookies are good in the next generation as well. */
static enum status make_secret(struct parent *p)
{
	if (getentropy(p->secret.octets, COOKIE_SECRET) < 0) {
		return fail(ST_AGAIN, "no random octets: %s", strerror(errno));
	}
	p->secret.given = true;
	return ST_OK;
}

static void give_secret(const struct parent *p, struct config *config)
{
	if (!config->cookies.secret.given) {
		config->cookies.secret = p->secret;
	}
}

static uint64_t real_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

static void count_reload(const struct parent *p, bool fine)
{
	struct server_counters *server = p->base.counters.server;

	counter_add(fine ? &server->reloads : &server->failed_reloads, 1);
	counter_set(&server->reload_failed, !fine);
}

static void keep_old_config(const struct parent *p, const char *why)
{
	count_reload(p, false);
	log_error("%s: the old config stays", why);
	systemd_notify("READY=1");
}

static void reload(struct parent *p)
{
	struct config *config = NULL;

	if (p->stopping || !p->ready || p->other->state != GENERATION_OFF) {
		p->reload_wanted = true;
		return;
	}
	p->reload_wanted = false;
	systemd_reloading();
	p->read_s = real_s();
	enum status status = settings_read(p->file, &config);

	if (!status) {
		status = state_check(&p->state, config);
	}
	if (status) {
		config_free(config);
		keep_old_config(p, fail_text());
		return;
	}
	give_secret(p, config);
	if (!same_sockets(&p->base.sockets, config)) {
		log_warn("listen, workers and metrics stay as they are until a restart");
	}
	if (generation_start(p->other, config)) {
		keep_old_config(p, fail_text());
	}
}

/* Draws the conclusions from what became of the generations. */
static void proceed(struct parent *p)
{
	if (p->stopping) {
		return;
	}
	if (!p->ready) {
		if (p->current->state == GENERATION_SERVING) {
			p->ready = true;
			say_ready(p);
			logging_parent(p->current->config, true);
			systemd_notify("READY=1");
		} else if (p->current->state != GENERATION_STARTING) {
			p->status = p->current->status;
			p->stopping = true;
			return;
		}
	}
	if (p->other->state == GENERATION_SERVING) {
		struct generation *former = p->current;

		p->current = p->other;
		p->other = former;
		if (former->alarmed) {
			systemd_notify("STATUS=");
		}
		generation_stop(former);
		sockets_size(&p->base.sockets, p->current->config->receive_buffer);
		count_reload(p, true);
		counter_set(&p->base.counters.server->config_s, p->read_s);
		logging_parent(p->current->config, true);
		log_info("reloaded: serving %zu zones", p->current->config->zone_count);
		systemd_notify("READY=1");
	} else if (p->other->state != GENERATION_OFF && p->other->status) {
		p->other->status = ST_OK;
		keep_old_config(p, "the new config's processes did not start");
	}
	if (p->reload_wanted) {
		reload(p);
	}
}

static void read_hellos(struct parent *p)
{
	struct process_hello hello;

	while (read(p->base.hello[0], &hello, sizeof hello) == (ssize_t)sizeof hello) {
		if (!generation_hello(p->current, &hello)) {
			generation_hello(p->other, &hello);
		}
	}
}

static void reap(struct parent *p)
{
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		if (!generation_ended(p->current, pid, how)) {
			generation_ended(p->other, pid, how);
		}
	}
}

static void stop(struct parent *p)
{
	if (!p->stopping) {
		p->stopping = true;
		systemd_notify("STOPPING=1");
		generation_stop(p->current);
		generation_stop(p->other);
	}
}

static void read_signals(struct parent *p)
{
	struct signalfd_siginfo info;

	while (read(p->base.signals, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			/* A child's word was written before it ended. */
			read_hellos(p);
			reap(p);
			break;
		case SIGHUP:
			reload(p);
			break;
		default:
			stop(p);
			break;
		}
	}
}

static void wait_and_see(struct parent *p)
{
	struct pollfd fds[] = {
		{.fd = p->base.hello[0], .events = POLLIN},
		{.fd = p->base.signals, .events = POLLIN},
	};
	uint64_t now = now_ms();

	poll(fds, 2, now < p->tick_ms ? (int)(p->tick_ms - now) : 0);
	/* Before its hello, and before it ended, a child has said what it had to say. */
	logging_read(p->base.log[0]);
	read_hellos(p);
	read_signals(p);
	if (now_ms() >= p->tick_ms) {
		p->tick_ms = now_ms() + GENERATION_TICK_MS;
		log_tick();
		generation_tick(p->current);
		generation_tick(p->other);
	}
	proceed(p);
}

static enum status start(struct parent *p, struct config *config)
{
	void *beats = NULL;

	logging_parent(config, false);
	enum status status = logging_open(p->base.log);

	if (!status) {
		status = sockets_open(&p->base.sockets, config);
	}
	if (!status) {
		status = make_secret(p);
	}
	if (!status) {
		p->base.count = process_count(&p->base.sockets, true);
		status = shared_map(&beats, 2 * (size_t)p->base.count * sizeof(struct heartbeat));
	}
	if (!status) {
		status = counters_init(&p->base.counters, 2 * p->base.count);
	}
	if (!status) {
		status = state_open(&p->state, config);
		p->base.quotas = p->state.path ? &p->state.quotas : NULL;
	}
	if (!status) {
		status = rrl_map(&p->base.rrl);
	}
	if (!status) {
		status = open_signals(p);
	}
	if (status) {
		config_free(config);
		return status;
	}
	counter_set(&p->base.counters.server->started_s, real_s());
	counter_set(&p->base.counters.server->config_s, real_s());
	for (unsigned i = 0; i < 2; i++) {
		generation_init(&p->generations[i], &p->base, beats, i);
	}
	give_secret(p, config);
	p->current = &p->generations[0];
	p->other = &p->generations[1];
	return generation_start(p->current, config);
}

enum status parent_run(struct config *config)
{
	struct parent p = {.file = must_strdup(config->file)};

	p.status = start(&p, config);
	if (p.status) {
		log_error("%s", fail_text());
	}
	p.stopping = p.status != ST_OK;
	while (p.current && (!p.stopping || p.current->state != GENERATION_OFF ||
			     p.other->state != GENERATION_OFF)) {
		wait_and_see(&p);
	}
	if (p.current) {
		generation_release(p.current);
		generation_release(p.other);
	}
	counters_release(&p.base.counters);
	state_close(&p.state);
	rrl_unmap(p.base.rrl);
	sockets_release(&p.base.sockets);
	free(p.file);
	return p.status;
}
