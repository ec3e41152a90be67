/*
 * report_jmrp.c: complaints of Microsoft's Junk Mail Reporting Program: a mail by staff@hotmail.com
 * that encloses the one complained about, without any part for a program. The address is in the
 * Subject, "complaint about message from 192.0.2.1", and whom the mail was for in a field that
 * Microsoft adds to the enclosed mail.
 */
#include <strings.h>

#include "report_mail.h"

#define SUBJECT   "complaint about message from "
#define SENDER    "staff@hotmail.com"
#define RECIPIENT "X-HmXmrOriginalRecipient"

/* Anybody may have written it: whoever sent the mail complained about wrote most of that. */
static bool find_recipient(const struct mail *mail, struct field *recipient)
{
	const struct mail_part *about = mail_enclosed(mail);

	return about && field_find(about->content, RECIPIENT, recipient);
}

/* The address in it and nothing else. */
static bool is_sender(const char *from)
{
	const char *at = strcasestr(from, SENDER);
	const char *after = at ? at + strlen(SENDER) : NULL;

	return at && (at == from || at[-1] == '<') && (*after == '\0' || *after == '>');
}

/* What follows the words in the Subject; NULL where the mail is not Microsoft's. */
static const char *complaint(const struct mail *mail, struct field *subject)
{
	struct field from;

	if (!field_find(mail->header, "Subject", subject) ||
	    strncasecmp(subject->value, SUBJECT, strlen(SUBJECT)) != 0) {
		return NULL;
	}
	if (!field_find(mail->header, "From", &from) || !is_sender(from.value)) {
		return NULL;
	}
	return subject->value + strlen(SUBJECT);
}

enum status jmrp_read(struct report_reader *reader, const struct mail *mail)
{
	struct report report = {
		.format = FORMAT_JMRP,
		.category = CATEGORY_SPAM,
		.disposition = DISPOSITION_EVIDENCE,
		.incidents = 1,
	};
	struct field subject, recipient;
	const char *address = complaint(mail, &subject);
	struct prefix host;

	if (!address) {
		return fail(ST_NO, "no complaint of JMRP's form");
	}
	if (!strchr(address, '/') && !prefix_parse(address, &host)) {
		report.source = host;
		report.via = VIA_SUBJECT;
		report.confidence = CONFIDENCE_SUBJECT;
	}
	if (find_recipient(mail, &recipient)) {
		report_words(report.recipient, bytes_str(recipient.value));
	}
	report.observed = reader->date;
	report_trace(&report, reader, mail);
	report_describe(&report, mail, "JMRP");
	report_pass(reader, &report);
	return ST_OK;
}
