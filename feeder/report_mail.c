/*
 * report_mail.c: a mail: which reports are in it?
 *
 *     mail_open() ─▶ XARF in JSON ─▶ ARF ─▶ X-ARF 0 ─▶ JMRP ─▶ Spamcop ─▶ CSV and zip, each of them
 *
 * The first that is there is what the mail was sent for; what follows it is evidence, which whoever
 * is complained about may have written. So JSON is read of one part only, which has to say that it
 * is JSON or be the first text, and stands before any other report. (XARF 3 mails have a part
 * message/feedback-report before the JSON, which says nothing but that it is XARF: that is none.)
 * Those that look at the content of any part come last.
 *
 * Of a mail that was cut (mail.h) whole rows are read, and a fault says that there were more.
 */
#include "report_mail.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define CUT "the mail is longer than is read"

/* --- what the formats have in common ------------------------------------------ */

void report_found(struct report *report, const struct prefix *host)
{
	report->source = *host;
	report->via = VIA_FIELD;
	report->confidence = CONFIDENCE_FIELD;
}

static uint64_t believed(const struct report_reader *reader, uint64_t date)
{
	return date > reader->rules->now + REPORT_FUTURE_S ? 0 : date;
}

uint64_t report_date(const struct report_reader *reader, const char *text)
{
	return believed(reader, mail_date(text));
}

void report_trace(struct report *report, const struct report_reader *reader,
		  const struct mail *mail)
{
	const struct mail_part *about = mail_enclosed(mail);
	struct mail_hop hop = {.date = 0};

	if (about) {
		hop = mail_source(about->content, reader->rules->config);
	}
	if (!report->source.family && hop.host.family) {
		report->source = hop.host;
		report->via = VIA_RECEIVED;
		report->confidence = CONFIDENCE_RECEIVED;
	} else if (!report->source.family && report->disposition == DISPOSITION_EVIDENCE) {
		report->disposition = DISPOSITION_REVIEW;
	}
	/* The field's date is the event's only where it speaks of the same host. */
	if (!report->observed && prefix_compare(&report->source, &hop.host) == 0) {
		report->observed = believed(reader, hop.date);
	}
	if (!report->observed) {
		report->observed = reader->date; /* later by as much as the reporter took */
	}
}

/* Appends a text; of its words that have an @ only what follows it. */
static void append(struct report *report, const char *text)
{
	size_t len = strlen(report->note);

	while (*text && len + 1 < sizeof report->note) {
		size_t word = strcspn(text, " \t");
		const char *at = memrchr(text, '@', word);

		if (at) {
			word -= (size_t)(at + 1 - text);
			text = at + 1;
		}
		for (; word > 0 && len + 1 < sizeof report->note; word--) {
			report->note[len++] = *text++;
		}
		text += word; /* what had no room */
		while ((*text == ' ' || *text == '\t') && len + 1 < sizeof report->note) {
			report->note[len++] = *text++;
		}
	}
	report->note[len] = '\0';
}

void report_describe(struct report *report, const struct mail *mail, const char *agent)
{
	char domain[MAIL_WORD] = "", text[REPORT_WORDS];
	struct field from;

	if (field_find(mail->header, "From", &from)) {
		field_domain(from.value, domain);
	}
	append(report, agent);
	if (domain[0]) {
		append(report, report->note[0] ? "; from " : "from ");
		append(report, domain);
	}
	report_words(text, bytes_str(report->note));
	memcpy(report->note, text, sizeof text);
}

/* --- attachments -------------------------------------------------------------- */

static bool contains(struct bytes text, const char *word)
{
	return memmem(text.data, text.len, word, strlen(word)) != NULL;
}

/* JSON with a member that reports have: other JSON may be anything. "[" alone begins words, too. */
static bool is_json_report(const struct mail_part *part)
{
	struct bytes text = report_skip_blank(part->content);

	if (text.len > 0 && *text.data == '[') {
		text = report_skip_blank(bytes_of(text.data + 1, text.len - 1));
	}
	return text.len > 0 && *text.data == '{' &&
	       (contains(text, "\"xarf_version\"") || contains(text, "\"ReporterInfo\"") ||
		contains(text, "\"relaytest\""));
}

static bool ends(const char *name, const char *with)
{
	size_t len = strlen(name), tail = strlen(with);

	return len >= tail && strcasecmp(name + len - tail, with) == 0;
}

/* The one part that may be read as JSON: NULL where there is none. */
static const struct mail_part *find_json(const struct mail *mail)
{
	const struct mail_part *arf = arf_part(mail), *xarf0 = xarf0_part(mail);
	bool first_text = true;

	for (size_t i = 0; i < mail->part_count; i++) {
		const struct mail_part *part = &mail->parts[i];
		bool text = strncmp(part->type, "text/", 5) == 0;

		if (part == arf || part == xarf0) {
			return NULL;
		}
		if (part->enclosed) {
			continue;
		}
		if (((text && first_text) || ends(part->type, "/json") ||
		     ends(part->type, "+json") || ends(part->name, ".json")) &&
		    is_json_report(part)) {
			return part;
		}
		first_text = first_text && !text;
	}
	return NULL;
}

static enum status read_json(struct report_reader *reader, const struct mail *mail)
{
	const struct mail_part *part = find_json(mail);

	return part ? json_reports_read(reader, report_skip_blank(part->content))
		    : fail(ST_NO, "no part of it is a report in JSON");
}

/* To the end of the last whole line. */
static struct bytes whole_lines(struct bytes text)
{
	const uint8_t *end = text.len > 0 ? memrchr(text.data, '\n', text.len) : NULL;

	return bytes_of(text.data, end ? (size_t)(end + 1 - text.data) : 0);
}

static enum status read_rows(struct report_reader *reader, const struct mail *mail,
			     const struct mail_part *part)
{
	struct bytes content = part->content;

	if (content.len >= 4 && memcmp(content.data, "PK\3\4", 4) == 0) {
		return zip_reports_read(reader, content);
	}
	if (strncmp(part->type, "text/", 5) == 0 || strstr(part->type, "csv") ||
	    ends(part->name, ".csv")) {
		content = mail->cut ? whole_lines(content) : content;
		return csv_reports_read(reader, report_skip_blank(content), part->name);
	}
	return fail(ST_NO, "neither CSV nor zip");
}

/* Every part of rows; ST_NO where none is. */
static enum status read_attachments(struct report_reader *reader, const struct mail *mail)
{
	enum status all = ST_NO;

	for (size_t i = 0; i < mail->part_count; i++) {
		const struct mail_part *part = &mail->parts[i];
		enum status status = part->enclosed ? ST_NO : read_rows(reader, mail, part);

		if (status == ST_DATA) {
			report_bad(reader, true); /* one of several, and the mail is kept */
			status = ST_OK;
		}
		all = status ? all : ST_OK;
	}
	return all;
}

/* --- the mail ----------------------------------------------------------------- */

static void fill_reader(struct report_reader *reader, const struct mail *mail)
{
	struct field id;

	if (field_find(mail->header, "Message-ID", &id)) {
		report_words(reader->reference, bytes_str(id.value));
	}
	mail_domains(mail->header, reader->rules->config, reader->domains, sizeof reader->domains);
	reader->date = believed(reader, mail->date);
}

static enum status read_formats(struct report_reader *reader, const struct mail *mail)
{
	static const struct {
		enum report_format format;
		enum status (*read)(struct report_reader *reader, const struct mail *mail);
	} readers[] = {
		{FORMAT_ARF, arf_read},
		{FORMAT_XARF0, xarf0_read},
		{FORMAT_JMRP, jmrp_read},
		{FORMAT_SPAMCOP, spamcop_read},
	};
	enum status status = ST_NO;
	bool many = false; /* reports, maybe: some may be in what was cut off */

	if (report_wants(reader, FORMAT_XARF3) || report_wants(reader, FORMAT_XARF4) ||
	    report_wants(reader, FORMAT_RELAYTEST)) {
		status = read_json(reader, mail);
		many = !status;
	}
	for (size_t i = 0; status == ST_NO && i < sizeof readers / sizeof *readers; i++) {
		if (report_wants(reader, readers[i].format)) {
			status = readers[i].read(reader, mail);
		}
	}
	if (status == ST_NO && (report_wants(reader, FORMAT_SHADOWSERVER) ||
				report_wants(reader, FORMAT_UCEPROTECT))) {
		status = read_attachments(reader, mail);
		many = !status;
	}
	if (many && mail->cut) {
		fail(ST_DATA, CUT);
		report_bad(reader, true);
	}
	return status;
}

/* What it is, where that is known and nothing here reads it. */
static const char *unread_kind(const struct mail *mail)
{
	struct field field;

	if (mail_find(mail, "application/pgp-encrypted") ||
	    mail_find(mail, "application/pkcs7-mime") ||
	    mail_find(mail, "application/x-pkcs7-mime")) {
		return "an encrypted mail";
	}
	if (field_find(mail->header, "X-XARF", &field) &&
	    strncasecmp(field.value, "BULK", 4) == 0) {
		return "X-ARF of the kind BULK: an archive of mails";
	}
	if (field_find(mail->header, "Subject", &field) &&
	    strncasecmp(field.value, "[SpamCop] ", 10) == 0) {
		return "a summary or an alert by Spamcop";
	}
	return mail->cut ? CUT : "a mail without a report of a known format";
}

enum status mail_reports_read(struct report_reader *reader, struct bytes bytes)
{
	struct mail mail;
	enum status status = mail_open(&mail, bytes);

	if (status) {
		return status;
	}
	fill_reader(reader, &mail);
	status = read_formats(reader, &mail);
	if (status == ST_NO) {
		status = fail(ST_NO, "%s", unread_kind(&mail));
	}
	mail_release(&mail);
	return status;
}
