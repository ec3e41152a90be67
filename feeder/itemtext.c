/*
 * itemtext.c: what became of reports that came in, as people and programs read it.
 */
#include "itemtext.h"

#include "json.h"
#include "output.h"
#include "rfc3339.h"

static void print_json(const struct item *item)
{
	const struct report *report = &item->report;
	bool has_source = report->source.family != 0;
	char address[PREFIX_TEXT];
	struct json json = json_begin(output());

	if (has_source) {
		prefix_format(&report->source, address);
	}
	json_text(&json, "format", report_format_name(report->format));
	json_text(&json, "source", has_source ? address : NULL);
	json_text(&json, "source_via", report_via_name(report->via));
	json_text(&json, "category", category_name(report->category));
	json_time(&json, "observed", report->observed);
	json_text(&json, "reporter", item->reporter);
	json_percent(&json, "confidence", report->confidence);
	json_text(&json, "disposition", report_disposition_name(report->disposition));
	json_text(&json, "file", item->file);
	json_end(&json);
}

static void print_line(const struct item *item)
{
	const struct report *report = &item->report;
	const char *category = category_name(report->category);
	char address[PREFIX_TEXT] = "no address", time[TIME_TEXT] = "no time";

	if (report->source.family) {
		prefix_format(&report->source, address);
	}
	if (report->observed) {
		time_format(report->observed, time);
	}
	if (report->format) {
		fprintf(output(), "%s: %s: %s, %s, %s: %s\n", item->file,
			report_format_name(report->format), address, category, time,
			report_disposition_name(report->disposition));
	} else {
		fprintf(output(), "%s: %s\n", item->file,
			report_disposition_name(report->disposition));
	}
}

void items_print(const struct call *call, const struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->at[i].report.disposition == 0) {
			continue; /* said on stderr, when it was read */
		}
		if (call->json) {
			print_json(&items->at[i]);
		} else {
			print_line(&items->at[i]);
		}
	}
}
