/*
 * report_spamcop.c: what Spamcop sends of its users' complaints where nobody asked for ARF:
 *
 *     From: 1234567890@reports.spamcop.net
 *     Subject: [SpamCop (192.0.2.1) id:1234567890]the subject complained about
 *
 *     [ SpamCop V5.4.0 ]
 *     This message is brief for your comfort.  Please use links below for details.
 *
 *     Email from 192.0.2.1 / Sat, 21 Nov 2026 10:00:00 +0100
 *     https://www.spamcop.net/w3m?i=…
 *
 *     [ Offending message ]
 *     …
 *
 * Its own server writes the line and the Subject for programs as much as for humans. What the line
 * begins with says what it is about: a mail, a bounce that nobody wanted, or a page on the web that
 * was advertised, which is no sender's fault. The offending message is the spammer's and not looked
 * at.
 */
#include <stdio.h>
#include <strings.h>

#include "report_mail.h"

#define MARK "[SpamCop ("

static const struct {
	const char *begins;
	enum category category;
	enum report_disposition disposition;
} kinds[] = {
	{"Email from", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
	{"Unsolicited bounce from", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
	{"Spamvertised", CATEGORY_CONTENT, DISPOSITION_IGNORED},
	{"Spamvertized", CATEGORY_CONTENT, DISPOSITION_IGNORED},
};

static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), tail = strlen(with);

	return len >= tail && strcmp(text + len - tail, with) == 0;
}

/* Spamcop's own mail: by the Subject, and by who sends it or with what. */
static bool is_spamcop(const struct mail *mail, struct field *subject)
{
	struct field field;
	char domain[MAIL_WORD] = "";

	if (!field_find(mail->header, "Subject", subject) || !strstr(subject->value, MARK)) {
		return false;
	}
	if (field_find(mail->header, "From", &field)) {
		field_domain(field.value, domain);
	}
	return ends(domain, ".spamcop.net") ||
	       field_find(mail->header, "X-SpamCop-sourceip", &field) ||
	       (field_find(mail->header, "X-Mailer", &field) &&
		strcasestr(field.value, "spamcop.net/"));
}

/* The host that a text begins with; *after is what follows it. */
static bool take_host(const char *text, struct prefix *host, const char **after)
{
	char address[ADDR_TEXT];

	text += strspn(text, ": \t");
	size_t len = strspn(text, "0123456789abcdefABCDEF:.");

	if (len == 0 || len >= sizeof address) {
		return false;
	}
	memcpy(address, text, len);
	address[len] = '\0';
	*after = text + len;
	return !prefix_parse(address, host);
}

/* "(192.0.2.1) id:1234567890]": the host and the number. */
static void read_subject(const struct field *subject, struct report *report, struct prefix *host)
{
	const char *at = strstr(subject->value, MARK) + strlen(MARK);
	const char *id;

	if (!take_host(at, host, &at) || *at != ')') {
		*host = (struct prefix){0};
	}
	at = strchr(at, ')');
	id = at ? strstr(at, "id:") : NULL;
	if (id && id - at <= 3) {
		snprintf(report->reference, sizeof report->reference, "SpamCop id:%.*s",
			 (int)strspn(id + 3, "0123456789"), id + 3);
	}
}

/* The line that says what it is, with what follows those words; false where there is none. */
static bool find_line(struct bytes text, size_t *kind, char rest[REPORT_WORDS])
{
	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;
		const char *line = (const char *)text.data;

		if ((len >= 19 && strncasecmp(line, "[ Offending message", 19) == 0) ||
		    (len >= 18 && strncasecmp(line, "Offending message:", 18) == 0)) {
			return false;
		}
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			size_t word = strlen(kinds[i].begins);

			if (len >= word && strncasecmp(line, kinds[i].begins, word) == 0) {
				*kind = i;
				report_words(rest, bytes_of(line + word, len - word));
				return true;
			}
		}
		len += end != NULL;
		text = bytes_of(text.data + len, text.len - len);
	}
	return false;
}

/* The line's host, and the Subject's where it has none; two that differ are none. */
static void set_source(struct report *report, const struct prefix *line,
		       const struct prefix *subject)
{
	if (line->family && (!subject->family || prefix_compare(line, subject) == 0)) {
		report_found(report, line);
	} else if (!line->family && subject->family) {
		report->source = *subject;
		report->via = VIA_SUBJECT;
		report->confidence = CONFIDENCE_SUBJECT;
	} else {
		report->disposition = DISPOSITION_REVIEW;
	}
}

enum status spamcop_read(struct report_reader *reader, const struct mail *mail)
{
	struct report report = {
		.format = FORMAT_SPAMCOP,
		.category = CATEGORY_OTHER,
		.disposition = DISPOSITION_REVIEW,
		.incidents = 1,
	};
	struct prefix named = {0}, host = {0};
	struct field subject;
	char rest[REPORT_WORDS];
	const char *after = NULL;
	size_t kind;

	if (!is_spamcop(mail, &subject)) {
		return fail(ST_NO, "not by Spamcop");
	}
	const struct mail_part *part = mail_find(mail, "text/plain");

	read_subject(&subject, &report, &named);
	if (part && find_line(part->content, &kind, rest)) {
		report.category = kinds[kind].category;
		report.disposition = kinds[kind].disposition;
		if (report.disposition == DISPOSITION_EVIDENCE) {
			if (!take_host(rest, &host, &after)) {
				host = (struct prefix){0};
			}
			set_source(&report, &host, &named);
			after = after ? strchr(after, '/') : NULL;
			report.observed = after ? report_date(reader, after + 1) : 0;
		}
	}
	if (!report.observed) {
		report.observed = reader->date;
	}
	report_describe(&report, mail, "Spamcop");
	report_pass(reader, &report);
	return ST_OK;
}
