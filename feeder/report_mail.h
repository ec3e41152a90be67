/*
 * report_mail.h: reports that are mails: one reader a format, and what they have in common. Each
 * says ST_NO where the mail is not of its format; else it has passed the report on, or says ST_DATA
 * with a text.
 */
#ifndef FEEDER_REPORT_MAIL_H
#define FEEDER_REPORT_MAIL_H

#include "mail.h"
#include "report_reader.h"

/* Feedback reports (report_arf.c). */
enum status arf_read(struct report_reader *reader, const struct mail *mail);

/* The part with its fields, unless they say no more than that it is XARF (version 3 has both);
 * NULL. Borrowed. */
const struct mail_part *arf_part(const struct mail *mail);

/* X-ARF 0.1 and 0.2 (report_xarf0.c). */
enum status xarf0_read(struct report_reader *reader, const struct mail *mail);

/* The part that is the report; NULL. Borrowed. */
const struct mail_part *xarf0_part(const struct mail *mail);

/* Microsoft's (report_jmrp.c). */
enum status jmrp_read(struct report_reader *reader, const struct mail *mail);

/* Spamcop's (report_spamcop.c). */
enum status spamcop_read(struct report_reader *reader, const struct mail *mail);

/* The report's source is in a field. */
void report_found(struct report *report, const struct prefix *host);

/*
 * Looks for the source where the report itself has none: in the Received fields of the mail that it
 * is about; evidence without one goes to review. Where the report has no time, it is that of the
 * Received field that names the source, else of the mail.
 */
void report_trace(struct report *report, const struct report_reader *reader,
		  const struct mail *mail);

/* A date, unless it is in the future: then 0, for a clock or a zone has gone wrong. */
uint64_t report_date(const struct report_reader *reader, const char *text);

/* "User-Agent; from example.net": what writes the report and whose it says it is, without
 * anybody's mail address. `agent` may be "". */
void report_describe(struct report *report, const struct mail *mail, const char *agent);

#endif
