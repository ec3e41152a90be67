/*
 * sandbox.h: strangers' bytes are read where they can do no harm.
 *
 *     feeder ─── sandbox_open() forks ──▶ the nursery, before any database is open
 *        │                                   │  no rights, no file (Landlock)
 *        │                                   └─ forks a child for each input: no descriptor but its
 *        │ sandbox_read(): the input ──────────▶   socket, rlimits, seccomp; runs reports_read()
 *        └◀── bounded records, one a report ◀───┘   and ends
 *
 *     sandbox.c          feeder's side: sends, collects, believes nothing (report_wire.h)
 *     sandbox_nursery.c  a process with everything warm and nothing open, which forks and waits
 *     sandbox_child.c    one input
 *     sandbox_filter.c   the system calls that are left
 *
 * 1. A child that is killed, takes too long or says nonsense costs one input: that is one report of
 *    no known format, whose fault says what happened. What it had said before is dropped.
 * 2. A child can take SANDBOX_MEMORY, SANDBOX_CPU_S and SANDBOX_WALL_S, and feeder WIRE_MAX.
 * 3. When feeder ends, however that happens, so does the rest.
 */
#ifndef FEEDER_SANDBOX_H
#define FEEDER_SANDBOX_H

#include "report.h"

enum {
	SANDBOX_MEMORY =
		512 << 20, /* the worst input of REPORT_MAX is copied, and a tree beside it */
	SANDBOX_CPU_S = 10,
	SANDBOX_WALL_S = 30, /* on a machine with much else to do */
};

struct sandbox;

/* What a child runs: reports_read(), but for tests of what becomes of one that goes wrong. */
typedef void report_reading(struct bytes input, enum report_format format,
			    const struct report_rules *rules, report_sink *sink, void *context);

/*
 * Starts the nursery; before a database or a file of others is open. `rules` (and its config) are
 * those of each sandbox_read(), as they are now. ST_AGAIN where there is no room for a process;
 * ST_CONFIG where root has no account to read as. On a kernel without seccomp it warns, and goes on
 * with all the rest.
 */
enum status sandbox_open(struct sandbox **sandbox, const struct report_rules *rules);
enum status sandbox_open_with(struct sandbox **sandbox, const struct report_rules *rules,
			      report_reading *reading);

/*
 * reports_read() in a child: the same calls of the sink, bodies borrowed from `input`. `name`: of
 * its file (cut to REPORT_WORDS), or "". Not ST_OK
 * (ST_AGAIN, ST_INTERNAL): there was no child, through no fault of the input, and no call.
 */
enum status sandbox_read(struct sandbox *sandbox, struct bytes input, enum report_format format,
			 const char *name, report_sink *sink, void *context);

void sandbox_close(struct sandbox *sandbox); /* NULL is fine */

#endif
