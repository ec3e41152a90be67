/*
 * read_mail.h: for tests of readers of mails: a text in, what became of its only report out.
 */
#ifndef TESTS_READ_MAIL_H
#define TESTS_READ_MAIL_H

#include <stdio.h>
#include <string.h>

#include "report.h"

#define MAIL_NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

struct told {
	struct report report; /* the last one */
	unsigned count, faults;
	char fault[256];
};

static inline void told_take(void *context, const struct report *report, struct bytes body,
			     const char *fault)
{
	struct told *told = context;

	(void)body;
	told->report = *report;
	told->count++;
	told->faults += fault != NULL;
	snprintf(told->fault, sizeof told->fault, "%s", fault ? fault : "");
}

static inline struct told read_mail_as(struct bytes text, enum report_format format,
				       const struct config *config)
{
	const struct config none = {.exclude_reserved = true};
	struct report_rules rules = {.now = MAIL_NOW, .config = config ? config : &none};
	struct told told = {.count = 0};

	reports_read(text, format, &rules, told_take, &told);
	return told;
}

static inline struct told read_mail(const char *text)
{
	return read_mail_as(bytes_str(text), FORMAT_UNKNOWN, NULL);
}

/* "192.0.2.1", or "none". Static. */
static inline const char *source_text(const struct report *report)
{
	static char text[PREFIX_TEXT];

	if (!report->source.family) {
		return "none";
	}
	prefix_format(&report->source, text);
	return text;
}

#endif
