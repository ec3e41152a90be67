/*
 * report.c: which format is it? What starts as JSON does is read as JSON, object after object; all
 * else is a mail. A format asked for by name is tried alone.
 */
#include "report.h"

#include <ldns/sha2.h>

static const char *const formats[] = {
	[FORMAT_ARF] = "arf",
	[FORMAT_RELAYTEST] = "relaytest",
};

static const char *const categories[] = {
	[CATEGORY_SPAM] = "spam",
	[CATEGORY_FRAUD] = "fraud",
	[CATEGORY_VIRUS] = "virus",
	[CATEGORY_RELAY] = "relay",
	[CATEGORY_OTHER] = "other",
	[CATEGORY_NOT_SPAM] = "not-spam",
	[CATEGORY_AUTH_FAILURE] = "auth-failure",
};

static const char *const vias[] = {
	[VIA_FIELD] = "field",
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

const char *report_category_name(enum report_category category)
{
	return NAME(categories, category);
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

/* The bytes after a byte order mark and white space. */
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

/* Passes one report on as its reader left it. */
static void pass(enum status status, enum report_format wanted, struct report *report,
		 struct bytes body, report_sink *sink, void *context)
{
	if (!status) {
		sink(context, report, body, NULL);
		return;
	}
	bool keep = wanted == FORMAT_UNKNOWN && status == ST_NO;

	*report = (struct report){
		.format = wanted,
		.disposition = keep ? DISPOSITION_UNRECOGNISED : 0,
		.incidents = 1,
	};
	sink(context, report, body, fail_text());
}

void reports_read(struct bytes input, enum report_format format, uint64_t now, report_sink *sink,
		  void *context)
{
	struct bytes text = skip_blank(input);
	struct report report = {0};

	if (text.len == 0) {
		pass(fail(ST_DATA, "empty"), format, &report, input, sink, context);
		return;
	}
	if (input.len > REPORT_MAX) {
		pass(fail(ST_DATA, "larger than %d MiB", REPORT_MAX >> 20), format, &report, input,
		     sink, context);
		return;
	}
	if (format == FORMAT_ARF || (format == FORMAT_UNKNOWN && *text.data != '{')) {
		enum status status = arf_read(input, &report);

		pass(status, format, &report, input, sink, context);
		return;
	}
	struct json_input json = {.text = text};

	for (unsigned count = 1; json.text.len > 0; count++) {
		struct bytes body = json.text;
		enum status status;

		if (count > REPORTS_MAX) {
			status = fail(ST_DATA, "more than %d reports: the rest is not read",
				      REPORTS_MAX);
			json.text.len = 0;
		} else {
			status = relaytest_read(&json, now, &report, &body);
		}
		pass(status, format, &report, body, sink, context);
		json.text = skip_blank(json.text);
	}
}
