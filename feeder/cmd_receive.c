/*
 * cmd_receive.c: feeder receive: one mail, as a mail server's pipe gives it (Postfix's pipe(8), a
 * pipe transport of Exim), into the database.
 *
 * The mail server bounces what is refused, and reports have forged senders, so nothing is refused:
 *
 * 1. What cannot be read is kept as it is (DISPOSITION_UNRECOGNISED), and that is 0.
 * 2. What fails otherwise can be mended, and then the same mail comes again: 75 (command.delivers).
 *    Whatever of it was kept before is known by then, and counts once.
 * 3. Nothing is printed, as it would stand in a bounce or in the server's log; --json asks for it.
 */
#include "itemtext.h"
#include "log.h"
#include "reading.h"
#include "reporters.h"
#include "source.h"

static bool is_blank(struct bytes body)
{
	for (size_t i = 0; i < body.len; i++) {
		if (body.data[i] != ' ' && (body.data[i] < '\t' || body.data[i] > '\r')) {
			return false;
		}
	}
	return true;
}

/* What was said to be bad is kept too, unless there is nothing to keep. */
static size_t keep_all(struct items *items)
{
	size_t kept = 0;

	for (size_t i = 0; i < items->count; i++) {
		struct report *report = &items->at[i].report;

		if (report->disposition == 0 && !is_blank(items->at[i].body)) {
			report->disposition = DISPOSITION_UNRECOGNISED;
		}
		kept += report->disposition != 0;
	}
	return kept;
}

/*
 * A mailbox's address or its extension, which whoever mails chooses as well: what is no reporter's
 * name is nobody's, and no reason to refuse the mail. Nor is an address that no reporter of the
 * config has: or whoever mails could be as many reporters as he can think of.
 */
static void check_reporter(struct call *call)
{
	const struct report none = {0};
	const char *name = reporter_of(call->config, call->reporter, &none);

	if (source_check_name(name) || strchr(name, '@')) {
		log_warn("'%.80s' is no reporter's name or mailbox: the report is taken for one "
			 "without",
			 call->reporter);
		call->reporter = NULL;
	}
}

/* Anybody can mail a test that he never made. Whose it is nobody knows proves nothing. */
static void doubt(const struct call *call, struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		struct report *report = &items->at[i].report;
		const char *name = reporter_of(call->config, call->reporter, report);

		if (report->proof && strcmp(name, REPORTER_ANONYMOUS) == 0) {
			report->proof = false;
			report->output_count = 0;
		}
	}
}

static enum status receive(struct call *call, struct reading *r)
{
	enum status status = reading_file(r, "-", FORMAT_UNKNOWN);

	if (status) {
		return status;
	}
	if (r->unread > 0) {
		return fail(ST_AGAIN, "the mail could not be read from stdin");
	}
	if (keep_all(&r->items) == 0) {
		log_warn("the mail is empty: there is nothing to keep");
		return ST_OK;
	}
	doubt(call, &r->items);
	status = ingest(call, &r->items);
	if (!status && call->json) {
		items_print(call, &r->items);
	}
	return status;
}

static enum status run(struct call *call)
{
	struct reading r;
	enum status status = reading_open(&r, call);

	if (!status) {
		check_reporter(call);
		status = receive(call, &r);
		reading_release(&r);
	}
	return status;
}

const struct command command_receive = {
	.verb = "receive",
	.least = 0,
	.most = 0,
	.required = TAKES(OPTION_REPORTER),
	.delivers = true,
	.summary = "Keeps a report that a mail server delivers to a pipe",
	.details =
		"Reads one mail (or any report that ingest reads) from stdin, keeps it and lists\n"
		"what the policy says. --reporter is a name, or the mailbox address of a\n"
		"reporter in the config. Exits with 0 once the mail is on disk, whatever it is:\n"
		"what cannot be read is kept as unrecognised. Where it cannot be kept now it\n"
		"exits with 75, and the mail server tries again later. In Postfix's master.cf:\n"
		"\n"
		"  reports unix - n n - 20 pipe flags=q user=feeder\n"
		"    argv=/usr/local/bin/feeder receive --reporter ${recipient}\n",
	.run = run,
};
