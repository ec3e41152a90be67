/*
 * report_xarf0.c: X-ARF 0.1 and 0.2: a mail with a field X-ARF or X-XARF, in it a part for humans,
 * the report, and maybe evidence. The report, mostly "report.txt", is YAML of the plainest kind:
 *
 *     ---
 *     Reported-From: abuse@example.net
 *     Category: abuse                    # abuse, fraud, auth, info, private
 *     Report-Type: login-attack          # whatever the Schema-URL defines
 *     Date: Sat, 21 Nov 2026 10:00:00 +0100
 *     Source-Type: ipv4                  # ip-address, ipv6; uri, domain …
 *     Source: "192.0.2.1"
 *     Report-ID: 1234@example.net
 *
 * So it is read as fields, with quotes and comments taken off. The schemas are not fetched: a type
 * is known by the words in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "report_mail.h"

/* The first that is in the type decides: "malware-attack" is no login, "regbot" no infected host.
 */
static const struct {
	const char *word;
	enum category category;
} words[] = {
	{"spam", CATEGORY_SPAM},
	{"phish", CATEGORY_FRAUD},
	{"fraud", CATEGORY_FRAUD},
	{"scam", CATEGORY_FRAUD},
	{"malware", CATEGORY_VIRUS},
	{"virus", CATEGORY_VIRUS},
	{"trojan", CATEGORY_VIRUS},
	{"worm", CATEGORY_VIRUS},
	{"regbot", CATEGORY_ATTACK},
	{"badbot", CATEGORY_ATTACK},
	{"botnet", CATEGORY_BOT},
	{"infect", CATEGORY_BOT},
	{"compromis", CATEGORY_BOT},
	{"zombie", CATEGORY_BOT},
	{"copyright", CATEGORY_CONTENT},
	{"trademark", CATEGORY_CONTENT},
	{"open", CATEGORY_VULNERABLE},
	{"vulnerab", CATEGORY_VULNERABLE},
	{"login", CATEGORY_ATTACK},
	{"attack", CATEGORY_ATTACK},
	{"scan", CATEGORY_ATTACK},
	{"ddos", CATEGORY_ATTACK},
	{"brute", CATEGORY_ATTACK},
	{"harvest", CATEGORY_ATTACK},
	{"exploit", CATEGORY_ATTACK},
	{"inject", CATEGORY_ATTACK},
	{"hack", CATEGORY_ATTACK},
	{"abuse-of-service", CATEGORY_ATTACK},
	/* Names of services, as those who watch logins have them for a type. */
	{"ssh", CATEGORY_ATTACK},
	{"ftp", CATEGORY_ATTACK},
	{"imap", CATEGORY_ATTACK},
	{"pop3", CATEGORY_ATTACK},
	{"sip", CATEGORY_ATTACK},
	{"asterisk", CATEGORY_ATTACK},
	{"apache", CATEGORY_ATTACK},
	{"postfix", CATEGORY_ATTACK},
	{"sasl", CATEGORY_ATTACK},
	{"mail", CATEGORY_ATTACK},
	{"bot", CATEGORY_BOT},
};

/* The values of the report's keys; "" for those that it has not. */
struct keys {
	char category[REPORT_WORDS], type[REPORT_WORDS], source[REPORT_WORDS],
		source_type[REPORT_WORDS], date[REPORT_WORDS], id[REPORT_WORDS],
		agent[REPORT_WORDS], from[REPORT_WORDS], schema[REPORT_WORDS],
		occurrences[REPORT_WORDS];
	bool torn; /* two sources that are not the same */
};

/* YAML's comments begin with a blank and "#"; in quotes there are none. */
static void drop_comment(struct field *field)
{
	char *comment = strstr(field->value, " #");
	char *quote =
		strchr("\"'", field->value[0]) ? strrchr(field->value, field->value[0]) : NULL;

	if (field->value[0] == '#') {
		field->value[0] = '\0';
	} else if (comment && (!quote || quote == field->value || comment > quote)) {
		*comment = '\0';
		while (comment > field->value && (comment[-1] == ' ' || comment[-1] == '\t')) {
			*--comment = '\0';
		}
	}
}

static void set_key(struct keys *keys, const struct field *field)
{
	const struct {
		const char *name;
		char *value;
	} known[] = {
		{"Category", keys->category}, {"Report-Type", keys->type},
		{"Source", keys->source},     {"Source-Type", keys->source_type},
		{"Date", keys->date},         {"Report-ID", keys->id},
		{"User-Agent", keys->agent},  {"Reported-From", keys->from},
		{"Schema-URL", keys->schema}, {"Occurrences", keys->occurrences},
	};
	char value[REPORT_WORDS];

	report_words(value, bytes_str(field->value));
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (!field_is(field, known[i].name)) {
			continue;
		}
		keys->torn |= known[i].value == keys->source && keys->source[0] &&
			      strcasecmp(keys->source, value) != 0;
		if (!known[i].value[0]) {
			memcpy(known[i].value, value, sizeof value);
		}
	}
}

/* True where the part is a report: it says who reports what of whom. */
static bool read_keys(struct bytes block, struct keys *keys)
{
	struct field field;

	*keys = (struct keys){.torn = false};
	while (block.len > 0) { /* blank lines are nothing in YAML */
		if (field_next(&block, &field)) {
			drop_comment(&field);
			field_unquote(&field);
			set_key(keys, &field);
		}
	}
	return keys->source[0] && (keys->category[0] || keys->type[0]) &&
	       (keys->from[0] || keys->schema[0]);
}

static const struct mail_part *find_keys(const struct mail *mail, struct keys *keys)
{
	struct field field;
	bool marked = field_find(mail->header, "X-XARF", &field) ||
		      field_find(mail->header, "X-ARF", &field);

	for (size_t i = 0; i < mail->part_count; i++) {
		const struct mail_part *part = &mail->parts[i];
		bool named = strcasecmp(part->name, "report.txt") == 0;

		/* The first part is for humans, even where it shows the report to them. */
		if (!part->enclosed && (named || (marked && i > 0)) &&
		    read_keys(part->content, keys)) {
			return part;
		}
	}
	return NULL;
}

const struct mail_part *xarf0_part(const struct mail *mail)
{
	struct keys keys;

	return find_keys(mail, &keys);
}

static void set_category(struct report *report, const struct keys *keys)
{
	report->category = strcasecmp(keys->category, "fraud") == 0  ? CATEGORY_FRAUD
			   : strcasecmp(keys->category, "auth") == 0 ? CATEGORY_ATTACK
								     : CATEGORY_OTHER;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasestr(keys->type, words[i].word)) {
			report->category = words[i].category;
			return;
		}
	}
}

/* A source that is a page or a domain is no host, and which host it is on is another question. */
static void set_source(struct report *report, const struct keys *keys)
{
	bool address = !keys->source_type[0] || strncasecmp(keys->source_type, "ip", 2) == 0;
	struct prefix host;

	if (!address) {
		report->disposition = DISPOSITION_IGNORED;
	} else if (keys->torn || field_address(keys->source, &host)) {
		report->disposition = DISPOSITION_REVIEW;
	} else {
		report_found(report, &host);
	}
}

enum status xarf0_read(struct report_reader *reader, const struct mail *mail)
{
	struct report report = {.format = FORMAT_XARF0, .disposition = DISPOSITION_EVIDENCE};
	struct keys keys;

	if (!find_keys(mail, &keys)) {
		return fail(ST_NO, "no part of it is an X-ARF report");
	}
	unsigned long occurrences = strtoul(keys.occurrences, NULL, 10);

	report.incidents =
		occurrences >= 1 && occurrences < UINT32_MAX && keys.occurrences[0] != '-'
			? (uint32_t)occurrences
			: 1;
	set_category(&report, &keys);
	set_source(&report, &keys);
	memcpy(report.reference, keys.id, sizeof report.reference);
	report.observed = report_date(reader, keys.date);
	if (!report.observed) {
		report.observed = reader->date;
	}
	char what[2 * REPORT_WORDS + 4];

	snprintf(what, sizeof what, "%s%s%s", keys.type, keys.type[0] && keys.agent[0] ? ", " : "",
		 keys.agent);
	report_describe(&report, mail, what);
	report_pass(reader, &report);
	return ST_OK;
}
