/*
 * report.c: which format is it? The first octets say: a zip archive, JSON, XML, CSV; all else is a
 * mail. A format asked for by name is tried alone.
 */
#include "report.h"

#include <ldns/sha2.h>

#include "report_reader.h"
#include "utf8.h"

static const char *const formats[] = {
	[FORMAT_ARF] = "arf",
	[FORMAT_RELAYTEST] = "relaytest",
	[FORMAT_JMRP] = "jmrp",
	[FORMAT_XARF0] = "xarf0",
	[FORMAT_XARF3] = "xarf3",
	[FORMAT_XARF4] = "xarf4",
	[FORMAT_SPAMCOP] = "spamcop",
	[FORMAT_UCEPROTECT] = "uceprotect",
	[FORMAT_SHADOWSERVER] = "shadowserver",
	[FORMAT_NMAP] = "nmap",
};

static const char *const vias[] = {
	[VIA_FIELD] = "field",
	[VIA_SUBJECT] = "subject",
	[VIA_RECEIVED] = "received",
	[VIA_ARGUMENT] = "argument",
};

static const char *const dispositions[] = {
	[DISPOSITION_EVIDENCE] = "evidence",         [DISPOSITION_NEGATIVE] = "negative",
	[DISPOSITION_IGNORED] = "ignored",           [DISPOSITION_REVIEW] = "review",
	[DISPOSITION_UNRECOGNISED] = "unrecognised", [DISPOSITION_EXCLUDED] = "excluded",
	[DISPOSITION_DUPLICATE] = "duplicate",
};

#define NAME(table, i) ((size_t)(i) < sizeof(table) / sizeof *(table) ? (table)[i] : NULL)

const char *report_format_name(enum report_format format)
{
	return NAME(formats, format);
}

const char *report_via_name(enum report_via via)
{
	return NAME(vias, via);
}

const char *report_disposition_name(enum report_disposition disposition)
{
	return NAME(dispositions, disposition);
}

enum report_format report_format_named(const char *name)
{
	for (size_t i = 1; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(name, formats[i]) == 0) {
			return (enum report_format)i;
		}
	}
	return FORMAT_UNKNOWN;
}

void report_hash(struct bytes body, uint8_t hash[REPORT_HASH])
{
	ldns_sha256(body.data, (unsigned)body.len, hash);
}

/* --- what readers share ------------------------------------------------------ */

bool report_wants(const struct report_reader *reader, enum report_format format)
{
	return reader->wanted == FORMAT_UNKNOWN || reader->wanted == format;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void report_words(char to[REPORT_WORDS], struct bytes text)
{
	size_t len = 0;

	while (text.len > 0 && is_blank(*text.data)) {
		text = bytes_of(text.data + 1, text.len - 1);
	}
	while (text.len > 0 && is_blank(text.data[text.len - 1])) {
		text.len--;
	}
	while (text.len > 0) {
		size_t octets = utf8_length(text.data, text.len);
		bool good = octets > 0 && *text.data >= ' ' && *text.data != 0x7f;

		octets = octets ? octets : 1;
		if (len + octets >= REPORT_WORDS) {
			break;
		}
		if (good) {
			memcpy(to + len, text.data, octets);
			len += octets;
		} else {
			to[len++] = '?';
		}
		text = bytes_of(text.data + octets, text.len - octets);
	}
	to[len] = '\0';
}

static bool has_room(struct report_reader *reader)
{
	if (reader->count < REPORTS_MAX) {
		return true;
	}
	if (reader->count == REPORTS_MAX) {
		struct report report = {.format = reader->wanted, .incidents = 1};

		reader->count++;
		fail(ST_DATA, "more than %d reports: the rest is not read", REPORTS_MAX);
		reader->sink(reader->context, &report, reader->body, fail_text());
	}
	return false;
}

bool report_pass(struct report_reader *reader, const struct report *passed)
{
	struct report report = *passed;

	if (!has_room(reader)) {
		return false;
	}
	if (!report.reference[0]) {
		memcpy(report.reference, reader->reference, sizeof report.reference);
	}
	if (!report.domains[0]) {
		memcpy(report.domains, reader->domains, sizeof report.domains);
	}
	reader->count++;
	reader->sink(reader->context, &report, reader->body, NULL);
	return true;
}

bool report_bad(struct report_reader *reader, bool keep)
{
	struct report report = {.format = reader->wanted, .incidents = 1};

	if (!has_room(reader)) {
		return false;
	}
	if (keep && reader->wanted == FORMAT_UNKNOWN) {
		report.disposition = DISPOSITION_UNRECOGNISED;
	}
	reader->count++;
	reader->sink(reader->context, &report, reader->body, fail_text());
	return true;
}

/* --- which reader ------------------------------------------------------------ */

struct bytes report_skip_blank(struct bytes b)
{
	b = utf8_after_mark(b);
	while (b.len > 0 && is_blank(*b.data)) {
		b = bytes_of(b.data + 1, b.len - 1);
	}
	return b;
}

static bool begins(struct bytes b, const char *word)
{
	size_t len = strlen(word);

	return b.len >= len && memcmp(b.data, word, len) == 0;
}

/* ST_NO with the text of the last reader that looked at it. */
static enum status read_one(struct report_reader *reader, struct bytes input)
{
	struct bytes text = report_skip_blank(input);
	const char *name = reader->rules->name;
	enum status status;

	if (text.len == 0) {
		return fail(ST_DATA, "empty");
	}
	if (input.len > REPORT_MAX) {
		return fail(ST_DATA, "larger than %d MiB", REPORT_MAX >> 20);
	}
	if (begins(text, "PK\3\4")) {
		return zip_reports_read(reader, text);
	}
	if (begins(text, "{") || begins(text, "[")) {
		return json_reports_read(reader, text);
	}
	if (begins(text, "<")) {
		return nmap_read(reader, text);
	}
	status = csv_reports_read(reader, text, name ? name : "");
	return status == ST_NO ? mail_reports_read(reader, input) : status;
}

void reports_read(struct bytes input, enum report_format format, const struct report_rules *rules,
		  report_sink *sink, void *context)
{
	struct report_reader reader = {
		.rules = rules,
		.wanted = format,
		.sink = sink,
		.context = context,
		.body = input,
	};
	enum status status = read_one(&reader, input);

	if (status) {
		reader.body = input;
		report_bad(&reader, status == ST_NO);
	}
}
