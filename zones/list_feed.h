/*
 * list_feed.h: the readers of feeds in their makers' own formats. Private to zones/listfile.c and
 * zones/list_*.c.
 *
 * Feeds are fetched, and a fetch may be cut off: where a format has something at its end, or says
 * how much it has, the whole file is refused without it (reader->stop), for what is missing would
 * be withdrawn.
 */
#ifndef DNSBLD_LIST_FEED_H
#define DNSBLD_LIST_FEED_H

#include "csv.h"
#include "list.h"

/* --- list_drop.c: Spamhaus DROP and its likes, text and JSON lines ------------------------ */

void list_drop_line(struct list_reader *reader, char *line);

struct list_drop;
struct list_drop *list_drop_new(struct list_reader *reader);
void list_drop_free(struct list_drop *d); /* NULL is fine, as for all of these */
void list_drop_json_line(struct list_drop *d, char *line);
void list_drop_end(struct list_drop *d);

/* --- list_cert.c: Spamhaus CERT Insight -------------------------------------------------- */

struct list_cert;
struct list_cert *list_cert_new(struct list_reader *reader);
void list_cert_free(struct list_cert *c);
void list_cert_line(struct list_cert *c, char *line);
void list_cert_end(struct list_cert *c);

/* --- list_dshield.c ---------------------------------------------------------------------- */

void list_dshield_line(struct list_reader *reader, char *line);

/* --- list_ipset.c ------------------------------------------------------------------------ */

struct list_ipset;
struct list_ipset *list_ipset_new(struct list_reader *reader);
void list_ipset_free(struct list_ipset *i);
void list_ipset_line(struct list_ipset *i, char *line);
void list_ipset_end(struct list_ipset *i);

/* --- list_csv.c -------------------------------------------------------------------------- */

void list_csv_read(struct list_reader *reader, struct list_lines *lines);

/* Whether the line names columns and one of them is the address; *delimiter is what is between. */
bool list_csv_header(struct csv *csv, struct bytes line, char *delimiter);

#endif
