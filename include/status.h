/*
 * status.h: how anything here says that it failed.
 *
 * A function that can fail returns an enum status; its values are the exit codes of sysexits.h, so
 * that what a library function says is what the program exits with. The words for a human are kept
 * beside it: whoever finds the fault calls fail(), everybody above only passes the status on, and
 * the program prints fail_text() once.
 *
 *     return fail(ST_DATA, "%s:%u: '%s' is no prefix", file, line, word);
 *
 * The text is one static buffer a process: every process here is single-threaded.
 */
#ifndef DNSBLD_STATUS_H
#define DNSBLD_STATUS_H

#include <stddef.h>

enum status {
	ST_OK = 0,
	ST_NO = 1,        /* the answer is no: not listed, nothing to remove, check found a fault */
	ST_USAGE = 64,    /* wrong command line */
	ST_DATA = 65,     /* bad input data */
	ST_NOINPUT = 66,  /* no such input or database */
	ST_INTERNAL = 70, /* our bug, or a database that is damaged */
	ST_IO = 74,       /* reading or writing failed */
	ST_AGAIN = 75,    /* locked, disk or map full: the same again later may work */
	ST_PERM = 77,     /* wrong mode or owner */
	ST_CONFIG = 78,   /* config, or the schema of the database */
};

/* Keeps the text and returns `status`. A later call replaces the text. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text of the last fail(), never NULL, without a newline; borrowed until the next fail(). */
const char *fail_text(void);

/* For memory: ends the process with ST_AGAIN and a message. Nothing here can go on without it. */
void *must_alloc(size_t size);              /* zeroed; free() it */
void *must_realloc(void *old, size_t size); /* not zeroed */
char *must_strdup(const char *text);

/* The same, for who finds out by other means. */
void out_of_memory(void) __attribute__((noreturn));

#endif
