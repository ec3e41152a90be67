/*
 * process.c: from fork() to serving.
 *
 *	fork -> only its own descriptors -> its CPU -> only its own rights -> database -> locked in
 *	-> hello -> serve
 *
 * 1. A child dies with its parent, however that dies: nobody would be left to give it a new config.
 * 2. The database is opened after the fork, for LMDB's sake, and after the privileges are gone, so
 *    that a folder which a worker may not read is found out at start.
 * 3. It is locked in (confine.h) before it serves, and so before it reads anything of strangers.
 *    What opens a file, a socket or a program has to come before that.
 * 4. SIGTERM is blocked from before the fork until the process can handle it, so none is lost.
 */
#include "process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine.h"
#include "cpus.h"
#include "dnstap_process.h"
#include "log.h"
#include "logging.h"
#include "tcp.h"
#include "udp.h"
#include "worker.h"

static unsigned udp_count(const struct sockets *sockets)
{
	return (unsigned)sockets->count * sockets->workers;
}

unsigned process_count(const struct sockets *sockets, bool dnstap)
{
	return udp_count(sockets) + (dnstap ? 2 : 1);
}

enum process_kind process_kind(const struct sockets *sockets, unsigned number)
{
	unsigned udp = udp_count(sockets);

	return number < udp ? PROCESS_UDP : number == udp ? PROCESS_TCP : PROCESS_DNSTAP;
}

const char *process_name(const struct sockets *sockets, unsigned number, char name[128])
{
	if (process_kind(sockets, number) == PROCESS_TCP) {
		snprintf(name, 128, "TCP process");
	} else if (process_kind(sockets, number) != PROCESS_UDP) {
		snprintf(name, 128, "dnstap process");
	} else {
		snprintf(name, 128, "UDP worker %u at %s", number % sockets->workers + 1,
			 sockets->endpoint[number / sockets->workers].at.text);
	}
	return name;
}

/* The terminal's signals reach the whole group; what they mean is the parent's decision. */
static void set_signals(void)
{
	sigset_t all_but_term;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigfillset(&all_but_term);
	sigdelset(&all_but_term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &all_but_term, NULL);
}

static void say_hello(int fd, enum status status)
{
	struct process_hello hello = {.pid = getpid(), .status = status};

	if (status) {
		snprintf(hello.text, sizeof hello.text, "%s", fail_text());
	}
	/* Below PIPE_BUF a write is whole or not at all. Where the parent is gone, so are we. */
	if (write(fd, &hello, sizeof hello) != (ssize_t)sizeof hello) {
		exit(ST_INTERNAL);
	}
	close(fd);
}

/*
 * Before any memory is taken, which then is the CPU's own node's. That there is such a CPU was
 * checked when the config was read; one that went offline since is no reason not to answer.
 */
static void pin(const struct process_role *role)
{
	const struct config *config = role->config;
	struct cpus set = {0};
	char name[128];

	if (config->affinity_count == 0 ||
	    process_kind(role->sockets, role->number) != PROCESS_UDP) {
		return;
	}
	unsigned k = role->number % role->sockets->workers;
	unsigned cpu = config->affinity[k % config->affinity_count].cpu;

	CPU_SET_S(cpu, sizeof set, (cpu_set_t *)set.bits);
	if (sched_setaffinity(0, sizeof set, (cpu_set_t *)set.bits) < 0) {
		log_warn("%s does not run on CPU %u alone: %s",
			 process_name(role->sockets, role->number, name), cpu, strerror(errno));
	}
}

static enum status prepare(const struct process_role *role, pid_t parent, struct worker *worker,
			   struct notify_sockets *notify)
{
	enum status status = privileges_drop(role->privileges);

	if (status) {
		return status;
	}
	/* After the change of user, which would undo it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) {
		exit(ST_OK);
	}
	if (process_kind(role->sockets, role->number) == PROCESS_DNSTAP) {
		return confine(CONFINED_DNSTAP, NULL, false);
	}
	bool tcp = process_kind(role->sockets, role->number) == PROCESS_TCP;

	status = worker_open(worker, role->config, tcp);
	if (!status) {
		worker_count(worker, &role->counters);
		worker->quotas = role->quotas;
		rrl_init(&worker->rrl, role->rrl, &role->config->rrl);
	}
	if (role->rings) {
		worker->dnstap = (struct dnstap){
			.ring = &role->rings[role->number],
			.counters = worker->counters,
			.sample = role->config->dnstap.sample,
			.left = 1,
		};
	}
	if (tcp) {
		notify_sockets_open(notify, role->config);
	}
	return status ? status : confine(CONFINED_WORKER, worker->store, tcp);
}

static enum status serve(const struct process_role *role, struct worker *worker,
			 const struct notify_sockets *notify)
{
	struct sockets *s = role->sockets;
	char name[128];

	if (process_kind(s, role->number) == PROCESS_DNSTAP) {
		return dnstap_serve(role->config, role->rings, role->number, role->heartbeat);
	}

	enum status status =
		process_kind(s, role->number) == PROCESS_TCP
			? tcp_serve(worker, s, &role->counters, notify, role->heartbeat)
			: udp_serve(worker, &s->endpoint[role->number / s->workers],
				    role->number % s->workers, process_name(s, role->number, name),
				    role->heartbeat);

	worker_close(worker);
	return status;
}

static _Noreturn void process_main(const struct process_role *role, pid_t parent)
{
	static struct worker worker;
	struct notify_sockets notify;
	struct sockets *s = role->sockets;
	int fd = -1;

	logging_child(role->config, role->log);
	set_signals();
	heartbeat_keep(role->heartbeats, role->heartbeat_count, role->heartbeat);
	for (size_t i = 0; i < role->parents_fd_count; i++) {
		close(role->parents_fd[i]);
	}
	if (process_kind(s, role->number) == PROCESS_UDP) {
		fd = s->endpoint[role->number / s->workers].udp[role->number % s->workers];
	}
	if (process_kind(s, role->number) != PROCESS_TCP) {
		sockets_close_tcp(s);
	}
	sockets_close_udp(s, fd);
	pin(role);

	enum status status = prepare(role, parent, &worker, &notify);

	say_hello(role->hello, status);
	log_limited(true);
	if (!status) {
		status = serve(role, &worker, &notify);
	}
	exit(status);
}

pid_t process_start(const struct process_role *role)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		process_main(role, parent);
	}
	return pid;
}
