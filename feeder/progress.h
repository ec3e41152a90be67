/*
 * progress.h: a bar on stderr while long work goes on, where stderr is a terminal; elsewhere
 * nothing.
 */
#ifndef FEEDER_PROGRESS_H
#define FEEDER_PROGRESS_H

#include <stdint.h>

/* `what` is borrowed until progress_end(). total 0: not known, so that only the count is shown. */
void progress_begin(const char *what, uint64_t total);

/* `done` of the total by now. Cheap: draws at most ten times a second. */
void progress_at(uint64_t done);

/* Takes the bar off the screen. Also where none was begun. */
void progress_end(void);

#endif
