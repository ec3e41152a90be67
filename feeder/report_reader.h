/*
 * report_reader.h: what the readers of formats have in common: one run over one input.
 *
 *     report.c       the first octets say which reader: mail, JSON, XML, CSV, zip
 *     X_read()       ST_OK: it is of the format, and each report in it was passed on or named bad
 *                    ST_NO: it is something else; a text says why, nothing was passed on
 *                    ST_DATA: of the format, and bad as a whole; a text says why
 *
 * A reader inside another (a zip in a mail, JSON in a mail) passes on to the same reader->body:
 * what is kept of each report is all that came in with it.
 */
#ifndef FEEDER_REPORT_READER_H
#define FEEDER_REPORT_READER_H

#include "report.h"

struct report_reader {
	const struct report_rules *rules;
	enum report_format wanted; /* FORMAT_UNKNOWN: whatever it is */
	report_sink *sink;
	void *context;
	struct bytes body; /* what the reports are read from */
	size_t count;      /* reports that were passed on or named bad */

	/* Of the mail around it, for reports that do not say so themselves; "" and 0 outside. */
	char reference[REPORT_WORDS];
	char domains[REPORT_WORDS];
	uint64_t date;
};

/* True where the caller of reports_read() wants this format, or any. */
bool report_wants(const struct report_reader *reader, enum report_format format);

/*
 * Passes one on. reference and domains are those of the mail where it has none. At REPORTS_MAX a
 * fault says that the rest is not read; false from then on.
 */
bool report_pass(struct report_reader *reader, const struct report *report);

/*
 * One report is bad, for the reason in fail_text(). Under `--format` only its format is known; by
 * content it is kept (DISPOSITION_UNRECOGNISED) where keep is true. False as report_pass() has it.
 */
bool report_bad(struct report_reader *reader, bool keep);

/*
 * Copies a text to one of struct report's: without blanks at its ends, what is no UTF-8 or a
 * control character as '?', cut to REPORT_WORDS at a character's end.
 */
void report_words(char to[REPORT_WORDS], struct bytes text);

/* What follows a byte order mark and white space. */
struct bytes report_skip_blank(struct bytes text);

/* --- the readers -------------------------------------------------------------- */

/* A mail, and in it one of: ARF, XARF, X-ARF 0, JMRP, Spamcop, attachments (report_mail.c). */
enum status mail_reports_read(struct report_reader *reader, struct bytes mail);

/* JSON objects, one after the other or in one array: relay tests, XARF (report_json.c). Outside a
 * mail each object is a body of its own. */
enum status json_reports_read(struct report_reader *reader, struct bytes text);

/* nmap's XML (report_nmap.c). */
enum status nmap_read(struct report_reader *reader, struct bytes xml);

/* Shadowserver's and UCEPROTECT's CSV; `name` is the file's, or "" (report_csv.c). */
enum status csv_reports_read(struct report_reader *reader, struct bytes text, const char *name);

/* A zip archive of such (report_zip.c). */
enum status zip_reports_read(struct report_reader *reader, struct bytes zip);

#endif
