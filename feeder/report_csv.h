/*
 * report_csv.h: reports that come as rows: a header that names the columns, then one report a row.
 * report_csv.c reads rows, the two senders' files say what they mean.
 */
#ifndef FEEDER_REPORT_CSV_H
#define FEEDER_REPORT_CSV_H

#include "csv.h"
#include "report.h"

enum { SHADOWSERVER_TYPE = 64 }; /* room for the name of a type of report, with its NUL */

/* What a header, and the name of the file, say about all rows. */
struct shadowserver {
	size_t timestamp, ip, src_ip, port, dst_port, tag, infection;
	char type[SHADOWSERVER_TYPE]; /* "" where the file's name does not say */
};

/* True where `header`, the row that was just read, is Shadowserver's. `name` is the file's or "".
 */
bool shadowserver_header(const struct csv *header, const char *name, struct shadowserver *columns);

/* ST_DATA with a text where the row is bad. */
enum status shadowserver_row(const struct shadowserver *columns, const struct csv *row,
			     struct report *report);

struct uceprotect {
	size_t ip, time, impacts, level;
};

/* `asked`: --format uceprotect says what it is, so that an address is all that is needed. */
bool uceprotect_header(const struct csv *header, const char *name, bool asked,
		       struct uceprotect *columns);
enum status uceprotect_row(const struct uceprotect *columns, const struct csv *row,
			   struct report *report);

/* A field as a string: without blanks around it, cut to fit. Returns `text`. */
const char *csv_text(struct bytes field, char *text, size_t room);

/* The address in a field; ST_DATA for anything else, a prefix too. */
enum status csv_host(struct bytes field, struct prefix *host);

/* "2013-10-10 00:05:10", UTC, or RFC 3339. 0 for an empty field, ST_DATA for anything else. */
enum status csv_time(struct bytes field, uint64_t *time);

#endif
