/*
 * csv.h: rows of comma separated values (RFC 4180), read from memory.
 *
 *     struct csv csv;
 *     csv_begin(&csv, text, ',');
 *     while (csv_next(&csv)) {
 *             if (csv.fault) { … csv.line … }        the next row is read all the same
 *             else           { … csv.fields[0] … csv.fields[csv.count - 1] … }
 *     }
 *
 * Nothing is allocated and nothing is to be released. Fields are borrowed until the next
 * csv_next(): from the text, or from the struct where doubled quotes had to be undone.
 */
#ifndef DNSBLD_CSV_H
#define DNSBLD_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

enum {
	CSV_COLUMNS = 256, /* the widest of Shadowserver's reports has about 120 */
	CSV_ROW = 65536,   /* octets of a row, quotes and line ends inside it too */
};

#define CSV_NONE SIZE_MAX /* no such column */

struct csv {
	size_t count; /* of the row's fields: 0 where it is bad, else 1 to … */
	struct bytes fields[CSV_COLUMNS]; /* what is past count is rubbish */
	uint64_t line;                    /* where the row begins; the first is 1 */
	const char *fault;                /* what is wrong with the row; NULL: nothing */
	bool open; /* that is a quote which is never closed: the text may be cut off */

	/* Of csv.c. */
	const uint8_t *at, *end;
	uint64_t next_line;
	uint8_t delimiter;
	uint8_t room[CSV_ROW]; /* fields without their doubled quotes, one after the other */
};

/* `delimiter`: ',', ';' or a tab. A byte order mark is skipped. Costs next to nothing: it may be
 * begun again for each line of a file that has no line ends inside fields. */
void csv_begin(struct csv *csv, struct bytes text, char delimiter);

/*
 * The next row, good or bad; false at the end. Lines end with CR, LF or CRLF; blank ones are no
 * rows. A quote is special where it begins a field, and ordinary inside one that began without.
 *
 * A bad row: more than CSV_COLUMNS fields, more than CSV_ROW octets, or something other than a
 * delimiter after a closing quote, in which case it ends with that line. Where a quote is never
 * closed, what follows might be what somebody wrote into a field, so it is no row: that was the
 * last.
 */
bool csv_next(struct csv *csv);

/* Which field of the present row, the header, has this name, without regard to case and to blanks
 * around it; the first of several. */
size_t csv_column(const struct csv *csv, const char *name);

/* The field in this column; empty for CSV_NONE, and where the row is shorter. */
struct bytes csv_field(const struct csv *csv, size_t column);

#endif
