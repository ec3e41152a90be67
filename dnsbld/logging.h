/*
 * logging.h: where the processes' lines go: each writes to stderr itself, or hands them to the
 * parent, which has syslog(3). Workers are locked in and reach no socket of a log.
 *
 *	log = "stderr"   every process ─▶ stderr
 *	log = "syslog"   child ─▶ pipe ─▶ parent ─▶ syslog(3)
 *
 * 1. A child never waits for the parent: what the pipe has no room for is lost and counted, and
 *    told with the next line that there is room for.
 * 2. What comes out of the pipe was perhaps written by somebody who took a worker over: it is
 *    cleaned again, and does not wake the parent, which takes what the pipe holds when it is awake.
 */
#ifndef DNSBLD_LOGGING_H
#define DNSBLD_LOGGING_H

#include <stdbool.h>

#include "config.h"
#include "status.h"

/* Once, before any child: the pipe. pipe[0] is the parent's alone. ST_AGAIN without one. */
enum status logging_open(int pipe[2]);

/*
 * In the parent, with each config. Until everything serves, lines go to stderr as well: somebody
 * may sit there who has just started it.
 */
void logging_parent(const struct config *config, bool serving);

/* In the parent, whenever it is awake, which is at each of its ticks: the children's lines. */
void logging_read(int pipe);

/* In a child, first of all: `pipe` is the end to write to. */
void logging_child(const struct config *config, int pipe);

#endif
