/*
 * process.h: one child: which part of the work it does, and how it becomes it.
 */
#ifndef DNSBLD_PROCESS_H
#define DNSBLD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"
#include "counters.h"
#include "heartbeat.h"
#include "privileges.h"
#include "quota.h"
#include "ring.h"
#include "rrl.h"
#include "sockets.h"
#include "status.h"

/* What a child needs of its parent. */
struct process_role {
	struct config *config; /* as it was forked, the child's own */
	struct sockets *sockets;
	const struct privileges *privileges;
	struct heartbeat *heartbeat;
	struct heartbeat *heartbeats; /* all that there are, its own among them */
	size_t heartbeat_count;
	struct counters_view counters;
	struct quotas *quotas; /* NULL: the config has no `state` */
	struct rrl_table *rrl;
	/*
	 * Each endpoint's UDP workers are numbered, one endpoint after the other; behind the last
	 * is the TCP process, and behind that the dnstap process.
	 */
	unsigned number;
	struct ring *rings;    /* dnstap's, one for each process before it; NULL: off */
	int hello;             /* where it says how its start went */
	int log;               /* where its lines go, with syslog */
	const int *parents_fd; /* the parent's own descriptors, which it closes */
	size_t parents_fd_count;
};

/* The child's word after its start, in one write. */
struct process_hello {
	pid_t pid;
	enum status status;
	char text[512]; /* why, where status is not ST_OK */
};

/* How many processes serve these sockets, with dnstap or without. */
unsigned process_count(const struct sockets *sockets, bool dnstap);

/* What the process of this number does. */
enum process_kind process_kind(const struct sockets *sockets, unsigned number);

/* "UDP worker 2 at 127.0.0.1:5353", "TCP process", "dnstap process", in `name`. Returns it. */
const char *process_name(const struct sockets *sockets, unsigned number, char name[128]);

/* Forks. The child's pid, or -1 with errno. The child never returns. */
pid_t process_start(const struct process_role *role);

#endif
