/*
 * report_arf.c: feedback reports (RFC 5965), of authentication failures (RFC 6591), of what is no
 * spam (RFC 6430). A mail with a part message/feedback-report, which has the fields; what else the
 * mail says in words was not written to be read by a program and is not.
 *
 * Senders differ from the RFC in much: other multiparts around the part, another type for it,
 * Received-Date for Arrival-Date (the drafts' name), quotes around values, fields given twice or
 * left out, types of their own. Without an address report_trace() looks on.
 */
#include <stdlib.h>
#include <strings.h>

#include "report_mail.h"

static const struct {
	const char *type;
	enum category category;
	enum report_disposition disposition;
} types[] = {
	{"abuse", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
	{"fraud", CATEGORY_FRAUD, DISPOSITION_EVIDENCE},
	{"virus", CATEGORY_VIRUS, DISPOSITION_EVIDENCE},
	{"not-spam", CATEGORY_NOT_SPAM, DISPOSITION_NEGATIVE},
	/* The source forwarded a mail, or its owner errs in a record: no abuse (RFC 6591). "dkim"
	 * is the drafts' word for it. */
	{"auth-failure", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
	{"dkim", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
	/* The drafts': somebody wants to be off a list. */
	{"opt-out", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
	{"opt-out-list", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
	{"unsubscribe", CATEGORY_OPT_OUT, DISPOSITION_IGNORED},
};

/* What the fields said so far. */
struct fields {
	bool typed, torn;
	char agent[REPORT_WORDS];
};

/* The type is one token; what follows it is a comment (RFC 5965 §3.5). */
static void set_type(struct report *report, const char *value)
{
	size_t len = strcspn(value, " \t;(");

	report->category = CATEGORY_OTHER; /* "other", and what is not known */
	report->disposition = DISPOSITION_EVIDENCE;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strlen(types[i].type) == len && strncasecmp(types[i].type, value, len) == 0) {
			report->category = types[i].category;
			report->disposition = types[i].disposition;
		}
	}
}

/* Two different addresses are none, and so is one that cannot be read: it cannot be known which one
 * is meant, and it is not that of some Received field. */
static void set_source(struct report *report, bool *torn, const char *value)
{
	struct prefix host;

	if (*torn) {
		return;
	}
	bool read = !field_address(value, &host);

	/* "unknown" and the like is as good as nothing; what was meant for an address is not. */
	if (!read && !(strpbrk(value, "0123456789") && strpbrk(value, ".:"))) {
		return;
	}
	if (!read || (report->source.family && prefix_compare(&report->source, &host) != 0)) {
		*torn = true;
		report->source = (struct prefix){0};
		return;
	}
	report->source = host;
}

static void set_incidents(struct report *report, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value >= '0' && *value <= '9' && end != value && n >= 1) {
		report->incidents = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	}
}

/* "<user@example.net>" and, in some, "rfc822;user@example.net". */
static void set_recipient(struct report *report, const char *value)
{
	const char *semicolon = strchr(value, ';');
	const char *start = semicolon ? semicolon + 1 : value;

	start += strspn(start, " \t<");
	report_words(report->recipient, bytes_of(start, strcspn(start, ">")));
}

static void read_field(const struct report_reader *reader, struct fields *seen,
		       const struct field *field, struct report *report)
{
	if (field_is(field, "Feedback-Type") && !seen->typed) {
		seen->typed = true;
		set_type(report, field->value);
	} else if (field_is(field, "Source-IP")) {
		set_source(report, &seen->torn, field->value);
	} else if (field_is(field, "Incidents")) {
		set_incidents(report, field->value);
	} else if (field_is(field, "User-Agent")) {
		report_words(seen->agent, bytes_str(field->value));
	} else if (!report->recipient[0] &&
		   (field_is(field, "Original-Rcpt-To") || field_is(field, "Redacted-Address"))) {
		set_recipient(report, field->value);
	} else if (report->observed == 0 &&
		   (field_is(field, "Arrival-Date") || field_is(field, "Received-Date"))) {
		report->observed = report_date(reader, field->value);
	}
}

/* The fields that each report must have (RFC 5965 §3.1), in a part of whatever type. */
static bool has_fields(struct bytes block)
{
	struct field field;
	bool type = false, agent = false;

	while (field_next(&block, &field)) {
		type |= field_is(&field, "Feedback-Type");
		agent |= field_is(&field, "User-Agent") || field_is(&field, "Version");
	}
	return type && agent;
}

/* Servers on the way may call the part text or octets; that the mail is a report is then in its
 * own type. */
static const struct mail_part *find_part(const struct mail *mail)
{
	const struct mail_part *part = mail_find(mail, "message/feedback-report");
	struct field type;

	if (part || !field_find(mail->header, "Content-Type", &type) ||
	    !strcasestr(type.value, "feedback-report")) {
		return part;
	}
	for (size_t i = 0; !part && i < mail->part_count; i++) {
		if (!mail->parts[i].enclosed && has_fields(mail->parts[i].content)) {
			part = &mail->parts[i];
		}
	}
	return part;
}

const struct mail_part *arf_part(const struct mail *mail)
{
	const struct mail_part *part = find_part(mail);
	struct field type;
	bool xarf = part && field_find(part->content, "Feedback-Type", &type) &&
		    strcasecmp(type.value, "xarf") == 0;

	return xarf ? NULL : part;
}

enum status arf_read(struct report_reader *reader, const struct mail *mail)
{
	const struct mail_part *part = find_part(mail);
	struct report report = {.format = FORMAT_ARF, .incidents = 1};
	struct fields seen = {.typed = false};
	struct field field;

	if (!part) {
		return fail(ST_NO, "there is no message/feedback-report part in it");
	}
	set_type(&report, "other");

	struct bytes block = part->content;

	while (field_next(&block, &field)) {
		field_unquote(&field);
		read_field(reader, &seen, &field, &report);
	}
	if (report.source.family) {
		report_found(&report, &report.source);
	}
	if (seen.torn) {
		report.disposition = report.disposition == DISPOSITION_EVIDENCE
					     ? DISPOSITION_REVIEW
					     : report.disposition;
		report.observed = report.observed ? report.observed : reader->date;
	} else {
		report_trace(&report, reader, mail);
	}
	report_describe(&report, mail, seen.agent);
	report_pass(reader, &report);
	return ST_OK;
}
