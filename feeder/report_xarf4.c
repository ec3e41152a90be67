/*
 * report_xarf4.c: XARF 4, by its core schema:
 *
 *     {"xarf_version": "4.2.0", "report_id": "0d1f…", "timestamp": "2026-11-21T10:00:00Z",
 *      "reporter": {"org": …, "contact": …, "domain": …}, "sender": {…},
 *      "source_identifier": "192.0.2.1", "source_port": 25, "category": "messaging",
 *      "type": "spam", "evidence_source": "spamtrap", "confidence": 0.9, …}
 *
 * Members of single types are checked where they are given. Which of them a type needs differs from
 * one minor version to the next, and changes nothing that counts here.
 *
 * "source_identifier" is an address, or anything else (a domain, a URL): then nothing can be
 * listed.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "members.h"
#include "report_json.h"
#include "report_reader.h"
#include "xarf.h"

static const struct member members[] = {
	{"xarf_version", MEMBER_STRING, true},
	{"report_id", MEMBER_STRING, true},
	{"timestamp", MEMBER_TIME, true},
	{"reporter", MEMBER_OBJECT, true},
	{"sender", MEMBER_OBJECT, true},
	{"source_identifier", MEMBER_STRING, true},
	{"category", MEMBER_STRING, true},
	{"type", MEMBER_STRING, true},
	{"source_port", MEMBER_PORT, false},
	{"evidence_source", MEMBER_STRING, false},
	{"evidence", MEMBER_ARRAY, false},
	{"tags", MEMBER_ARRAY, false},
	{"confidence", MEMBER_NUMBER, false},
	{"description", MEMBER_STRING, false},
	/* of single types */
	{"first_seen", MEMBER_TIME, false},
	{"last_seen", MEMBER_TIME, false},
	{"destination_ip", MEMBER_STRING, false},
	{"destination_port", MEMBER_PORT, false},
	{"protocol", MEMBER_STRING, false},
	{"smtp_from", MEMBER_STRING, false},
	{"smtp_to", MEMBER_STRING, false},
	{"recipient_count", MEMBER_INTEGER, false},
	{"bot_type", MEMBER_STRING, false},
	{"service", MEMBER_STRING, false},
	{"service_port", MEMBER_PORT, false},
	{"threat_type", MEMBER_STRING, false},
	{"url", MEMBER_STRING, false},
};

static const struct member contact_members[] = {
	{"org", MEMBER_STRING, true},
	{"contact", MEMBER_STRING, true},
	{"domain", MEMBER_STRING, true},
};

static const struct member evidence_members[] = {
	{"content_type", MEMBER_STRING, true},
	{"payload", MEMBER_STRING, true},
};

/* "4.2.0"; "4.2" is as clear. */
static bool is_version_4(const char *text)
{
	return text[0] == '4' && (!text[1] || text[1] == '.') && !text[strspn(text, "0123456789.")];
}

/* RFC 4122 §3. */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof form - 1; i++) {
		bool good = form[i] == 'x' ? isxdigit((unsigned char)text[i]) : text[i] == '-';

		if (!good) {
			return false;
		}
	}
	return !text[sizeof form - 1];
}

static enum status check_evidence(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *item = json_array_get(array, i);
		char where[40];

		snprintf(where, sizeof where, "evidence %zu: ", i + 1);
		if (!json_is_object(item)) {
			return fail(ST_DATA, "%snot an object", where);
		}
		if (MEMBERS_CHECK(item, where, evidence_members)) {
			return ST_DATA;
		}
	}
	return ST_OK;
}

static enum status check(const json_t *object)
{
	const char *version = member_text(object, "xarf_version");

	if (json_is_string(json_object_get(object, "xarf_version")) && !is_version_4(version)) {
		return fail(ST_DATA, "'xarf_version' is '%.64s'; version 4 is known", version);
	}
	if (MEMBERS_CHECK(object, "", members) ||
	    MEMBERS_CHECK(json_object_get(object, "reporter"), "reporter: ", contact_members) ||
	    MEMBERS_CHECK(json_object_get(object, "sender"), "sender: ", contact_members) ||
	    check_evidence(json_object_get(object, "evidence"))) {
		return ST_DATA;
	}
	if (!is_uuid(member_text(object, "report_id"))) {
		return fail(ST_DATA, "'report_id' is '%.64s', which is no UUID",
			    member_text(object, "report_id"));
	}
	return ST_OK;
}

/* Digits and dots alone, or colons between hexadecimal digits, are meant for an address. */
static bool looks_like_address(const char *text)
{
	size_t len = strlen(text);

	return strspn(text, "0123456789.") == len ||
	       (strchr(text, ':') && strspn(text, "0123456789abcdefABCDEF:.") == len);
}

static enum status read_source(const json_t *object, struct report *report)
{
	const char *text = member_text(object, "source_identifier");

	if (!host_parse(text, &report->source) && looks_like_address(text)) {
		return fail(ST_DATA, "'source_identifier' is '%.64s', which is no address", text);
	}
	return ST_OK;
}

/* How sure the reporter is, 0 to 1; says nothing: as sure as the field is. */
static enum status read_confidence(const json_t *object, struct report *report)
{
	const json_t *value = json_object_get(object, "confidence");
	double confidence = json_is_number(value) ? json_number_value(value) : 1;

	if (!(confidence >= 0 && confidence <= 1)) {
		return fail(ST_DATA, "'confidence' is %g, not between 0 and 1", confidence);
	}
	report->confidence = (uint8_t)(CONFIDENCE_FIELD * confidence + 0.5);
	return ST_OK;
}

/*
 * Spam by telephone is no mail server's, and "infected_host" is the word for good robots too,
 * search engines' and the like.
 */
static bool is_mail_matter(const json_t *object, const struct xarf_type *type)
{
	const char *protocol = member_text(object, "protocol");
	const char *bot = member_text(object, "bot_type");

	if (strcmp(type->area, "messaging") == 0) {
		return !*protocol || strcmp(protocol, "smtp") == 0;
	}
	return strcmp(type->name, "infected_host") != 0 || !*bot || strcmp(bot, "malicious") == 0 ||
	       strcmp(bot, "unknown") == 0;
}

static void read_texts(const json_t *object, struct report *report)
{
	const char *from = member_text(object, "evidence_source");
	char note[REPORT_WORDS];

	from = strchr(from, '@') ? "" : from;
	snprintf(note, sizeof note, "%s/%s%s%.80s", member_text(object, "category"),
		 member_text(object, "type"), *from ? ", by " : "", from);
	report_words(report->note, bytes_str(note));
	report_words(report->reference, bytes_str(member_text(object, "report_id")));
	report_words(report->recipient, bytes_str(member_text(object, "smtp_to")));
}

enum status xarf4_read(const json_t *object, const struct report_rules *rules,
		       struct report *report)
{
	*report = (struct report){.format = FORMAT_XARF4, .incidents = 1};
	if (check(object) || xarf_time("timestamp", member_text(object, "timestamp"), rules->now,
				       &report->observed)) {
		return ST_DATA;
	}
	const struct xarf_type *type =
		xarf4_type(member_text(object, "category"), member_text(object, "type"));

	if (!type) {
		return fail(ST_DATA, "'category' and 'type' are '%.32s' and '%.32s', which is none",
			    member_text(object, "category"), member_text(object, "type"));
	}
	if (read_source(object, report) || read_confidence(object, report)) {
		return ST_DATA;
	}
	read_texts(object, report);
	xarf_conclude(report, type);
	if (!is_mail_matter(object, type)) {
		report->disposition = DISPOSITION_IGNORED;
	}
	return ST_OK;
}
