/*
 * sandbox_parts.h: what the files of the sandbox tell each other.
 *
 * On the control socket (SOCK_SEQPACKET) between feeder and the nursery:
 *
 *     ─▶ 'r' format(1) length(4) name, and the child's end of a socket   read this
 *     ─▶ 's'                                                          stop it
 *     ◀─ 'd' status(4)                                                it ended, as waitpid() has it
 *     ◀─ 'f' errno(4)                                                 there was no child
 *
 * On a child's socket (SOCK_STREAM): the input one way, records the other (report_wire.h).
 */
#ifndef FEEDER_SANDBOX_PARTS_H
#define FEEDER_SANDBOX_PARTS_H

#include <linux/filter.h>

#include "account.h"
#include "confinement.h"
#include "sandbox.h"

enum {
	CONTROL_READ = 'r',
	CONTROL_STOP = 's',
	CONTROL_DONE = 'd',
	CONTROL_FAILED = 'f',
	CONTROL_ROOM = 6 + REPORT_WORDS,
};

/* What all children have in common. */
struct nursery {
	report_reading *reading;
	const struct report_rules *rules;
	const struct account *account; /* that of all of them; NULL: feeder's, who is not root */
	bool filtered;                 /* the kernel has seccomp */
	struct sock_fprog filter; /* made once: libseccomp takes longer than all else of a child */
};

/* The rest of a process's life. */
void nursery_run(struct nursery *nursery, int control) __attribute__((noreturn));
void child_run(const struct nursery *nursery, const struct report_rules *rules, int fd,
	       enum report_format format, size_t length) __attribute__((noreturn));

/* The filter of a child, on the heap. False with errno. */
bool filter_make(struct sock_fprog *filter);

#endif
