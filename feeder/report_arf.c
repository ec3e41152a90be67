/*
 * report_arf.c: feedback reports (RFC 5965), of authentication failures (RFC 6591), of what is no
 * spam (RFC 6430). A mail with a part message/feedback-report, which has the fields; whatever else
 * the mail says, in words or in the mail it encloses, was not written to be read by a program and
 * is not.
 *
 * Senders differ from the RFC in much: other multiparts around the part, Received-Date for
 * Arrival-Date (the drafts' name), fields given twice or left out, types of their own. Only the
 * address has no substitute here: without one the report goes to review.
 */
#include <stdlib.h>
#include <strings.h>

#include "mail.h"
#include "report.h"

static const struct {
	const char *type;
	enum report_category category;
	enum report_disposition disposition;
} types[] = {
	{"abuse", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
	{"fraud", CATEGORY_FRAUD, DISPOSITION_EVIDENCE},
	{"virus", CATEGORY_VIRUS, DISPOSITION_EVIDENCE},
	{"not-spam", CATEGORY_NOT_SPAM, DISPOSITION_NEGATIVE},
	/* The source forwarded a mail, or its owner errs in a record: no abuse (RFC 6591). */
	{"auth-failure", CATEGORY_AUTH_FAILURE, DISPOSITION_IGNORED},
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

/* Two different addresses are none: it cannot be known which one is meant. */
static void set_source(struct report *report, bool *torn, const char *value)
{
	struct prefix host;

	if (*torn || field_address(value, &host)) {
		return;
	}
	if (report->source.family && prefix_compare(&report->source, &host) != 0) {
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

enum status arf_read(struct bytes bytes, struct report *report)
{
	struct mail mail;
	struct field field;
	bool typed = false, torn = false;
	enum status status = mail_find_part(bytes, "message", "feedback-report", &mail);

	if (status) {
		return status;
	}
	*report = (struct report){.format = FORMAT_ARF, .incidents = 1};
	set_type(report, "other");

	struct bytes block = mail.part;

	while (block.len > 0 && (*block.data == '\n' || *block.data == '\r')) {
		block = bytes_of(block.data + 1, block.len - 1);
	}
	while (field_next(&block, &field)) {
		if (field_is(&field, "Feedback-Type") && !typed) {
			typed = true;
			set_type(report, field.value);
		} else if (field_is(&field, "Source-IP")) {
			set_source(report, &torn, field.value);
		} else if (field_is(&field, "Incidents")) {
			set_incidents(report, field.value);
		} else if (report->observed == 0 && (field_is(&field, "Arrival-Date") ||
						     field_is(&field, "Received-Date"))) {
			report->observed = mail_date(field.value);
		}
	}
	if (report->observed == 0) {
		report->observed = mail.date; /* at most as long after it as the reporter took */
	}
	mail_release(&mail);
	if (report->source.family) {
		report->via = VIA_FIELD;
		report->confidence = 100;
	} else if (report->disposition == DISPOSITION_EVIDENCE) {
		report->disposition = DISPOSITION_REVIEW;
	}
	return ST_OK;
}
