/*
 * generation.c: starting, watching, replacing and stopping the processes of one config.
 *
 *	OFF -> STARTING -> SERVING -> STOPPING -> OFF
 *	           one fails ------------^
 *
 * 1. Whoever fails while STARTING ends the whole generation: a server that cannot open its
 *    database should say so and not half run. While SERVING a missing process is replaced, again
 *    and again: the others still answer, and its clients have nobody else.
 * 2. A process whose heartbeat stands still for STILL_TICKS of our own ticks is killed, be it
 *    stopped, in a loop or stuck on a disk. Time is counted in ticks, not read from a clock: a
 *    machine that slept must not find that everybody stood still.
 * 3. A replacement waits until its predecessor's start is BACKOFF_MS ago: with the tick that
 *    makes a second at most.
 */
#include "generation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "log.h"
#include "restarts.h"
#include "shared.h"
#include "systemd.h"

enum {
	STILL_TICKS = 7, /* the first may come at once: 3 s at least */
	BACKOFF_MS = 500,
	/* Finishing takes a UDP worker milliseconds and TCP at most seconds. */
	STOP_MS = 30000,
};

struct process {
	pid_t pid; /* 0: none runs */
	bool ready;
	bool failing; /* its start failed, which was said once */
	uint64_t started_ms;
	uint32_t beats;
	unsigned still; /* ticks since it beat */
	struct restarts restarts;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void generation_init(struct generation *g, struct generation_base *base, struct heartbeat *beats,
		     unsigned row)
{
	*g = (struct generation){
		.base = base,
		.row = row,
		.beats = beats + (size_t)row * base->count,
		.process = must_alloc(base->count * sizeof *g->process),
	};
}

void generation_release(struct generation *g)
{
	free(g->process);
}

static size_t rings_size(const struct generation *g)
{
	return g->count * sizeof(struct ring);
}

static void end(struct generation *g)
{
	g->state = GENERATION_OFF;
	if (g->rings) {
		shared_unmap(g->rings, rings_size(g));
		g->rings = NULL;
	}
	config_free(g->config);
	g->config = NULL;
	free(g->zone_slots);
	g->zone_slots = NULL;
	privileges_release(&g->privileges);
}

static enum status start_process(struct generation *g, unsigned number)
{
	struct process *p = &g->process[number];
	int parents_fd[] = {g->base->hello[0], g->base->log[0], g->base->signals};
	const struct process_role role = {
		.config = g->config,
		.sockets = &g->base->sockets,
		.privileges = &g->privileges,
		.heartbeat = &g->beats[number],
		.heartbeats = g->beats - (size_t)g->row * g->base->count,
		.heartbeat_count = 2 * (size_t)g->base->count,
		.counters =
			{
				.counters = &g->base->counters,
				.zone = g->zone_slots,
				.own = g->row * g->base->count + number,
			},
		.quotas = g->base->quotas,
		.rrl = g->base->rrl,
		.number = number,
		.rings = g->rings,
		.hello = g->base->hello[1],
		.log = g->base->log[1],
		.parents_fd = parents_fd,
		.parents_fd_count = sizeof parents_fd / sizeof *parents_fd,
	};
	pid_t pid = process_start(&role);

	p->started_ms = now_ms();
	p->ready = false;
	p->still = 0;
	p->beats = heartbeat_read(&g->beats[number]);
	if (pid < 0) {
		return fail(ST_AGAIN, "unable to start a process: %s", strerror(errno));
	}
	p->pid = pid;
	return ST_OK;
}

enum status generation_start(struct generation *g, struct config *config)
{
	bool dnstap = config->dnstap.socket;
	void *rings = NULL;

	g->config = config;
	g->count = process_count(&g->base->sockets, dnstap);
	g->status = privileges_find(&g->privileges, config);
	if (!g->status) {
		g->status = counters_zones(&g->base->counters, config, &g->zone_slots);
	}
	if (!g->status && dnstap) {
		/* Of their own: a former generation still puts into its. */
		g->status = shared_map(&rings, rings_size(g));
		g->rings = rings;
	}
	if (g->status) {
		end(g);
		return g->status;
	}
	g->state = GENERATION_STARTING;
	g->alarmed = false;
	memset(g->process, 0, g->count * sizeof *g->process);
	for (unsigned i = 0; i < g->count && !g->status; i++) {
		g->status = start_process(g, i);
	}
	if (g->status) {
		generation_stop(g);
	}
	return g->status;
}

/* STOPPING goes on: when all have ended but the one that ends last, that is told as well. */
static void proceed(struct generation *g)
{
	bool any = false, others = false;

	for (unsigned i = 0; i < g->count; i++) {
		bool runs = g->process[i].pid != 0;

		any = any || runs;
		others = others || (runs && process_kind(&g->base->sockets, i) != PROCESS_DNSTAP);
	}
	if (!any) {
		end(g);
	} else if (!others) {
		kill(g->process[g->count - 1].pid, SIGTERM);
	}
}

void generation_stop(struct generation *g)
{
	if (g->state == GENERATION_OFF || g->state == GENERATION_STOPPING) {
		return;
	}
	g->state = GENERATION_STOPPING;
	g->stop_by_ms = now_ms() + STOP_MS;
	for (unsigned i = 0; i < g->count; i++) {
		if (g->process[i].pid != 0 &&
		    process_kind(&g->base->sockets, i) != PROCESS_DNSTAP) {
			kill(g->process[i].pid, SIGTERM);
		}
	}
	proceed(g);
}

static struct process *find(struct generation *g, pid_t pid)
{
	for (unsigned i = 0; g->state != GENERATION_OFF && i < g->count; i++) {
		if (g->process[i].pid == pid) {
			return &g->process[i];
		}
	}
	return NULL;
}

static void failed(struct generation *g, struct process *p, enum status status, const char *text)
{
	if (g->state == GENERATION_STARTING) {
		log_error("%s", text);
		g->status = status;
		generation_stop(g);
	} else if (g->state == GENERATION_SERVING && !p->failing) {
		log_error("%s", text);
		p->failing = true;
	}
}

bool generation_hello(struct generation *g, const struct process_hello *hello)
{
	struct process *p = find(g, hello->pid);
	bool all = true;

	if (!p) {
		return false;
	}
	if (hello->status) {
		failed(g, p, hello->status, hello->text);
		return true;
	}
	p->ready = true;
	p->failing = false;
	for (unsigned i = 0; i < g->count; i++) {
		all = all && g->process[i].ready;
	}
	if (all && g->state == GENERATION_STARTING) {
		g->state = GENERATION_SERVING;
	}
	return true;
}

static void replace(struct generation *g, uint64_t now)
{
	for (unsigned i = 0; i < g->count; i++) {
		struct process *p = &g->process[i];

		if (p->pid == 0 && now >= p->started_ms + BACKOFF_MS && start_process(g, i)) {
			log_error("%s", fail_text());
		}
	}
}

static void describe_end(char text[256], const struct generation *g, const struct process *p,
			 int how)
{
	char name[128];

	process_name(&g->base->sockets, (unsigned)(p - g->process), name);
	if (WIFSIGNALED(how)) {
		snprintf(text, 256, "%s ended by signal %d (%s)%s", name, WTERMSIG(how),
			 strsignal(WTERMSIG(how)),
			 WTERMSIG(how) == SIGSYS ? " for a system call denied to it" : "");
	} else {
		snprintf(text, 256, "%s ended with status %d", name, WEXITSTATUS(how));
	}
}

/* Replacing a process that ends again and again mends nothing: somebody has to look. */
static void tell_restarts(struct generation *g, struct process *p, uint64_t now)
{
	unsigned number = (unsigned)(p - g->process);
	uint64_t span_ms = restarts_tell(&p->restarts, now);
	char name[128], status[256];

	if (span_ms > 0) {
		snprintf(status, sizeof status,
			 "STATUS=%s ends again and again: %d times in the last %llu s",
			 process_name(&g->base->sockets, number, name), RESTARTS_MANY,
			 (unsigned long long)(span_ms + 999) / 1000);
		log_error("%s; why, the lines above say", strchr(status, '=') + 1);
		systemd_notify(status);
		g->alarmed = true;
	}
}

/* All have stayed for a while. */
static void tell_calm(struct generation *g, uint64_t now)
{
	for (unsigned i = 0; i < g->count; i++) {
		if (restarts_span(&g->process[i].restarts, now) > 0) {
			return;
		}
	}
	g->alarmed = false;
	log_info("no process ends again and again any more");
	systemd_notify("STATUS=");
}

static void count_end(struct generation *g, struct process *p)
{
	struct server_counters *server = g->base->counters.server;
	enum process_kind kind = process_kind(&g->base->sockets, (unsigned)(p - g->process));

	counter_add(&server->replaced[kind], 1);
	restarts_note(&p->restarts, now_ms());
	tell_restarts(g, p, now_ms());
}

bool generation_ended(struct generation *g, pid_t pid, int how)
{
	struct process *p = find(g, pid);
	char text[256];

	if (!p) {
		return false;
	}
	describe_end(text, g, p, how);
	p->pid = 0;
	if (g->state == GENERATION_STARTING) {
		/* A reason of its own it would have told us before. */
		failed(g, p, ST_INTERNAL, text);
	} else if (g->state == GENERATION_SERVING && p->ready) {
		log_warn("%s: replacing it", text);
	}
	p->ready = false;
	if (g->state == GENERATION_SERVING) {
		count_end(g, p);
		replace(g, now_ms());
	} else if (g->state == GENERATION_STOPPING) {
		proceed(g);
	}
	return true;
}

static void watch(struct generation *g, unsigned number)
{
	struct process *p = &g->process[number];
	uint32_t beats = heartbeat_read(&g->beats[number]);
	char name[128];

	if (beats != p->beats) {
		p->beats = beats;
		p->still = 0;
		return;
	}
	if (++p->still == STILL_TICKS) {
		log_warn("%s stands still: killing it",
			 process_name(&g->base->sockets, number, name));
		kill(p->pid, SIGKILL);
	}
}

void generation_tick(struct generation *g)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; g->state != GENERATION_OFF && i < g->count; i++) {
		if (g->process[i].pid == 0) {
			continue;
		}
		if (g->state == GENERATION_STOPPING && now >= g->stop_by_ms) {
			kill(g->process[i].pid, SIGKILL);
		} else {
			watch(g, i);
		}
	}
	if (g->state == GENERATION_SERVING) {
		replace(g, now);
		if (g->alarmed) {
			tell_calm(g, now);
		}
	}
}
