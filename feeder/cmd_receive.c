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
 *    stderr has faults alone: Exim ends a pipe that says more than 20 kB (max_output), and bounces.
 * 4. Anybody may mail, and as much as he likes: of whom the config does not know, a few reports of
 *    each mail are taken. All of it is kept.
 */
#include "itemtext.h"
#include "log.h"
#include "reading.h"
#include "reporters.h"
#include "source.h"

enum { STRANGERS_MOST = 1000 };

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

static enum status receive(struct call *call, struct reading *r)
{
	enum status status = reading_file(r, "-", FORMAT_UNKNOWN);

	if (status) {
		return status;
	}
	if (r->unread > 0) {
		return fail(ST_AGAIN, "the mail could not be read from stdin");
	}
	if (r->kept == 0) {
		log_warn("the mail is empty: there is nothing to keep");
		return ST_OK;
	}
	status = ingest(call, &r->items);
	if (!status && call->json) {
		items_print(call, &r->items);
	}
	return status;
}

static enum status run(struct call *call)
{
	struct reading r;

	log_faults_only();

	enum status status = reading_open(&r, call);

	if (!status) {
		check_reporter(call);
		r.strangers_most = STRANGERS_MOST;
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
		"exits with 75, and the mail server tries again later. Of a mail by nobody whom\n"
		"the config knows at most 1,000 reports are taken. In Postfix's master.cf:\n"
		"\n"
		"  reports unix - n n - 20 pipe flags=q user=feeder:dnsbld\n"
		"    argv=/usr/local/bin/feeder receive --reporter ${recipient}\n",
	.run = run,
};
