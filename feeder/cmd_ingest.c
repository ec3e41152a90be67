/*
 * cmd_ingest.c: feeder ingest: reports in. Every input is read and every report in it understood
 * before the database is opened; the good ones become one change, the bad ones are named.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence.h"
#include "ingest.h"
#include "json.h"
#include "lines.h"
#include "log.h"
#include "output.h"
#include "rfc3339.h"
#include "source.h"

struct reading {
	struct items items;
	uint8_t **texts; /* of the files, which the items borrow from */
	const char *file;
	uint64_t now;
	size_t first;   /* of the file's items */
	unsigned named; /* of the file's faults */
	size_t bad;     /* those with a fault */
	size_t kept;    /* those that are kept, with a fault or without */
	size_t unread;  /* files */
};

/* The `number`th report of the file. */
static void name_fault(struct reading *r, size_t number, const char *fault)
{
	r->bad++;
	r->named++;
	if (r->named > BAD_NAMED) {
		return;
	}
	if (r->named == BAD_NAMED) {
		log_error("%s: report %zu: %s; more are not named", r->file, number, fault);
	} else if (number > 1) {
		log_error("%s: report %zu: %s", r->file, number, fault);
	} else {
		log_error("%s: %s", r->file, fault);
	}
}

static void take(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct reading *r = context;
	struct items *items = &r->items;

	if (items->count == items->room) {
		items->room = items->room ? items->room * 2 : 64;
		items->at = must_realloc(items->at, items->room * sizeof *items->at);
	}
	items->at[items->count++] = (struct item){*report, body, r->file};
	if (fault) {
		name_fault(r, items->count - r->first, fault);
	}
	r->kept += report->disposition != 0;
}

/* All of a descriptor, or as much as shows that it is too large. NULL where reading failed. */
static uint8_t *read_all(int fd, size_t *len)
{
	uint8_t *text = NULL;
	size_t room = 0;
	ssize_t got = 1;

	for (*len = 0; got != 0 && *len <= REPORT_MAX; *len += (size_t)got) {
		if (room - *len < BUFSIZ) {
			room = room ? room * 2 : 16 * BUFSIZ;
			text = must_realloc(text, room);
		}
		do {
			got = read(fd, text + *len, room - *len);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			free(text);
			return NULL;
		}
	}
	return must_realloc(text,
			    *len + 1); /* of ten thousand small files, no more than they have */
}

static uint8_t *read_file(struct reading *r, enum report_format format)
{
	bool standard = strcmp(r->file, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(r->file, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	uint8_t *text = fd < 0 ? NULL : read_all(fd, &len);

	if (!text) {
		log_error("unable to read '%s': %s", r->file, strerror(errno));
		r->unread++;
	} else {
		r->first = r->items.count;
		r->named = 0;
		reports_read(bytes_of(text, len), format, r->now, take, r);
	}
	if (fd >= 0 && !standard) {
		close(fd);
	}
	return text;
}

static void print_json(const struct item *item, const char *reporter)
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
	json_text(&json, "category", report_category_name(report->category));
	json_time(&json, "observed", report->observed);
	json_text(&json, "reporter", reporter);
	fprintf(json.out, ",\"confidence\":%g", report->confidence / 100.0);
	json_text(&json, "disposition", report_disposition_name(report->disposition));
	json_text(&json, "file", item->file);
	json_end(&json);
}

static void print_line(const struct item *item)
{
	const struct report *report = &item->report;
	const char *category = report_category_name(report->category);
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

static void print(const struct call *call, const struct items *items, const char *reporter)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->at[i].report.disposition == 0) {
			continue; /* said on stderr, when it was read */
		}
		if (call->json) {
			print_json(&items->at[i], reporter);
		} else {
			print_line(&items->at[i]);
		}
	}
}

/* What the whole call came to, where ingest() itself went well. */
static enum status verdict(const struct call *call, const struct reading *r)
{
	const char *others = call->strict ? "nothing was kept" : "the others are done";

	if (r->unread > 0) {
		return fail(ST_NOINPUT, "%zu of the files could not be read: %s", r->unread,
			    others);
	}
	if (r->bad > 0) {
		return fail(ST_DATA, "%zu of %zu reports are bad or not recognised: %s", r->bad,
			    r->items.count, others);
	}
	return ST_OK;
}

static enum status run(struct call *call)
{
	const char *reporter = call->reporter ? call->reporter : REPORTER_ANONYMOUS;
	enum report_format format = FORMAT_UNKNOWN;
	struct reading r = {.now = call->now};
	bool given = call->operand_count > 0;
	size_t files = given ? call->operand_count : 1;

	if (call->format && !(format = report_format_named(call->format))) {
		return fail(ST_USAGE, "--format is arf or relaytest, not '%.60s'", call->format);
	}
	if (source_check_name(reporter)) {
		return fail(
			ST_USAGE,
			"--reporter wants a name of letters, digits and . - _ + @ :, not '%.80s'",
			reporter);
	}
	r.texts = must_alloc(files * sizeof *r.texts);
	for (size_t i = 0; i < files; i++) {
		r.file = given ? call->operands[i] : "-";
		r.texts[i] = read_file(&r, format);
	}
	enum status status = verdict(call, &r);

	if (r.kept > 0 && !(call->strict && status)) {
		enum status kept = ingest(call, reporter, &r.items);

		if (kept) {
			status = kept;
		} else {
			print(call, &r.items, reporter);
			status = verdict(call, &r);
		}
	}
	for (size_t i = 0; i < files; i++) {
		free(r.texts[i]);
	}
	free(r.texts);
	free(r.items.at);
	return status;
}

const struct command command_ingest = {
	.verb = "ingest",
	.operands = "[FILE…|-]",
	.least = 0,
	.most = UNBOUNDED,
	.options =
		TAKES_WRITER | TAKES(OPTION_FORMAT) | TAKES(OPTION_REPORTER) | TAKES(OPTION_STRICT),
	.summary = "Keeps reports as evidence and lists what the policy says",
	.details = "Abuse reports (arf: mails, RFC 5965) and relay tests (relaytest: JSON, one\n"
		   "object or several) are told apart by their content; without FILE they come\n"
		   "from stdin. A line a report says what became of it: evidence, negative,\n"
		   "ignored, review (it names no address), excluded, duplicate or unrecognised. A\n"
		   "reporter's same report counts once; all who give no --reporter are one.\n",
	.run = run,
};
