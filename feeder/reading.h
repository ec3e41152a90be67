/*
 * reading.h: files and stdin, read whole and understood (in the sandbox) before any database is
 * opened.
 *
 *     reading_open() ─▶ reading_file() … ─▶ r.items ─▶ ingest() ─▶ reading_release()
 */
#ifndef FEEDER_READING_H
#define FEEDER_READING_H

#include "ingest.h"
#include "sandbox.h"

struct reading {
	struct items items; /* bodies and files are borrowed: till reading_release() */
	size_t bad;         /* items with a fault */
	size_t kept;        /* items that are kept, with a fault or without */
	size_t unread;      /* files that could not be read */

	/* Of a delivery at most so many reports are taken whose reporter has no section in the
	 * config: anybody can mail a small archive that unpacks to very many. 0: all. */
	size_t strangers_most;

	const struct call *call;
	struct report_rules rules;
	struct sandbox *sandbox;
	uint8_t **texts; /* of the files */
	size_t text_count;
	const char *file;
	size_t first;     /* of the file's items */
	unsigned named;   /* of the file's faults */
	size_t strangers; /* of the file's items */
	enum report_format wanted;
	const uint8_t *kept_bad; /* the last body of which a bad report was kept */
};

/* Starts the sandbox. reading_release() it even where that failed. */
enum status reading_open(struct reading *reading, const struct call *call);

/*
 * Reads a file ("-": stdin); the name is borrowed. What is wrong with it or with a report in it is
 * said on stderr at once, and counted. Not ST_OK: there was no sandbox to read it in, through no
 * fault of the file.
 */
enum status reading_file(struct reading *reading, const char *file, enum report_format format);

void reading_release(struct reading *reading);

#endif
