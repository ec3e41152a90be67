/*
 * report_mail.c: a mail: which reports are in it?
 *
 *     mail_open() ─▶ XARF in JSON ─▶ ARF ─▶ X-ARF 0 ─▶ JMRP ─▶ Spamcop ─▶ CSV and zip, each of them
 *
 * The first that is there is what the mail was sent for. JSON comes before ARF because XARF 3 mails
 * have a part message/feedback-report too, which says nothing but that. Those that look at the
 * content of any part come last.
 */
#include "report_mail.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

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
	struct prefix host;

	if (about) {
		hop = mail_source(about->content, reader->rules->config);
	}
	if (!report->source.family && jmrp_address(mail, &host)) {
		report->source = host;
		report->via = VIA_SUBJECT;
		report->confidence = CONFIDENCE_SUBJECT;
	} else if (!report->source.family && hop.host.family) {
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

static struct bytes skip_blank(struct bytes b)
{
	if (b.len >= 3 && memcmp(b.data, "\xef\xbb\xbf", 3) == 0) {
		b = bytes_of(b.data + 3, b.len - 3);
	}
	while (b.len > 0 && (*b.data == ' ' || (*b.data >= '\t' && *b.data <= '\r'))) {
		b = bytes_of(b.data + 1, b.len - 1);
	}
	return b;
}

/* JSON with a member that reports have: other JSON may be anything. */
static bool is_json_report(const struct mail_part *part)
{
	struct bytes text = skip_blank(part->content);

	return text.len > 0 && (*text.data == '{' || *text.data == '[') &&
	       (contains(text, "\"xarf_version\"") || contains(text, "\"ReporterInfo\"") ||
		contains(text, "\"relaytest\""));
}

static bool ends(const char *name, const char *with)
{
	size_t len = strlen(name), tail = strlen(with);

	return len >= tail && strcasecmp(name + len - tail, with) == 0;
}

static enum status read_part(struct report_reader *reader, const struct mail_part *part)
{
	struct bytes content = part->content;

	if (content.len >= 4 && memcmp(content.data, "PK\3\4", 4) == 0) {
		return zip_reports_read(reader, content);
	}
	if (strncmp(part->type, "text/", 5) == 0 || strstr(part->type, "csv") ||
	    ends(part->name, ".csv")) {
		return csv_reports_read(reader, skip_blank(content), part->name);
	}
	return fail(ST_NO, "neither CSV nor zip");
}

/* Every part of one kind; ST_NO where none is. */
static enum status read_parts(struct report_reader *reader, const struct mail *mail, bool json)
{
	enum status all = ST_NO;

	for (size_t i = 0; i < mail->part_count; i++) {
		const struct mail_part *part = &mail->parts[i];
		enum status status = ST_NO;

		if (json && !part->enclosed && is_json_report(part)) {
			status = json_reports_read(reader, skip_blank(part->content));
		} else if (!json && !part->enclosed) {
			status = read_part(reader, part);
		}
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

	if (report_wants(reader, FORMAT_XARF3) || report_wants(reader, FORMAT_XARF4) ||
	    report_wants(reader, FORMAT_RELAYTEST)) {
		status = read_parts(reader, mail, true);
	}
	for (size_t i = 0; status == ST_NO && i < sizeof readers / sizeof *readers; i++) {
		if (report_wants(reader, readers[i].format)) {
			status = readers[i].read(reader, mail);
		}
	}
	if (status == ST_NO && (report_wants(reader, FORMAT_SHADOWSERVER) ||
				report_wants(reader, FORMAT_UCEPROTECT))) {
		status = read_parts(reader, mail, false);
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
	return "a mail without a report of a known format";
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
