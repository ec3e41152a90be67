/*
 * output.h: results, on their way to stdout. They are kept in memory, past 1 MiB in an unlinked
 * temporary file, until output_flush(): a reader of stdout that stands still must not keep a read
 * transaction open (an old snapshot keeps every page that was freed since).
 */
#ifndef FEEDER_OUTPUT_H
#define FEEDER_OUTPUT_H

#include <stdio.h>

#include "bytes.h"
#include "status.h"

/* The stream to print results to. Errors are kept for output_flush(). */
FILE *output(void);

/* A text that strangers may have written: what would move the cursor becomes '?'. */
void output_text(struct bytes text);

/* A tab and the text, or "-" where there is none: a column of a line. */
void output_column(struct bytes text);

/* Writes what has been printed to stdout. Never inside a transaction. ST_IO; then it is lost. */
enum status output_flush(void);

/* Forgets what has been printed: half of it is worse than none. */
void output_discard(void);

/* output_flush() to another descriptor: for unit tests. */
enum status output_flush_to(int fd);

#endif
