/*
 * evidencetext.c: a report that is kept, as people and programs read it.
 */
#include "evidencetext.h"

#include "output.h"
#include "reporters.h"
#include "rfc3339.h"

void evidence_print_json(struct txn *txn, const struct evidence *e, bool public, struct json *json)
{
	const struct report *report = &e->report;
	char id[EVIDENCE_ID_TEXT + 1];

	json_time(json, "observed", report->observed);
	json_time(json, "received", e->received);
	json_text(json, "format", report_format_name(report->format));
	json_text(json, "category", category_name(report->category));
	json_text(json, "disposition", report_disposition_name(report->disposition));
	json_text(json, "source_via", report_via_name(report->via));
	json_percent(json, "confidence", report->confidence);
	json_number(json, "incidents", report->incidents);
	json_bool(json, "proof", report->proof);
	json_bool(json, "output", e->output);
	if (public) {
		return;
	}
	evidence_id_format(e, id);
	json_text(json, "id", id);
	json_bytes(json, "reporter", reporter_name(txn, e->reporter));
	json_optional(json, "reference", bytes_str(report->reference));
	json_optional(json, "note", bytes_str(report->note));
	json_optional(json, "recipient", bytes_str(report->recipient));
}

static void print_words(const char *name, const char *words)
{
	if (words[0]) {
		fprintf(output(), "    %s: %s\n", name, words);
	}
}

void evidence_print(struct txn *txn, const struct evidence *e, bool public)
{
	const struct report *report = &e->report;
	struct bytes reporter = reporter_name(txn, e->reporter);
	const char *category = category_name(report->category);
	const char *via = report_via_name(report->via);
	char time[TIME_TEXT], received[TIME_TEXT], id[EVIDENCE_ID_TEXT + 1];

	fprintf(output(), "%s %s%s", time_format(evidence_time(e), time),
		category ? category : "unknown", e->output ? " (as its output)" : "");
	if (!public) {
		fprintf(output(), ", by %.*s", (int)reporter.len, (const char *)reporter.data);
	}
	fprintf(output(), ", %s\n    %s, address by %s, confidence %g, received %s\n",
		report_disposition_name(report->disposition), report_format_name(report->format),
		via ? via : "nothing", report->confidence / 100.0,
		time_format(e->received, received));
	if (!public) {
		evidence_id_format(e, id);
		print_words("id", id);
		print_words("reference", report->reference);
		print_words("note", report->note);
		print_words("recipient", report->recipient);
	}
}
