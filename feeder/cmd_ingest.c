/*
 * cmd_ingest.c: feeder ingest: reports in. Every input is read and every report in it understood
 * before the database is opened; the good ones become one change, the bad ones are named.
 */
#include "itemtext.h"
#include "log.h"
#include "reading.h"
#include "reporters.h"
#include "retry.h"
#include "source.h"

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

static enum status check_words(const struct call *call, enum report_format *format)
{
	*format = call->format ? report_format_named(call->format) : FORMAT_UNKNOWN;
	if (call->format && !*format) {
		return fail(ST_USAGE,
			    "--format is none of the formats: see 'feeder ingest --help'");
	}
	const struct report none = {0};

	if (source_check_name(reporter_of(call->config, call->reporter, &none))) {
		return fail(
			ST_USAGE,
			"--reporter wants a name of letters, digits and . - _ + @ :, not '%.80s'",
			call->reporter);
	}
	if (call->retry && (call->operand_count > 0 || call->format || call->reporter)) {
		return fail(ST_USAGE, "--retry reads what is in the database: no FILE, no "
				      "--format, no --reporter");
	}
	return ST_OK;
}

/* Keeps what can be kept, and says what could not. */
static enum status keep(const struct call *call, struct reading *r)
{
	bool all = verdict(call, r) == ST_OK;

	if (r->kept > 0 && (all || !call->strict)) {
		enum status status = ingest(call, &r->items);

		if (status) {
			return status;
		}
		items_print(call, &r->items);
	}
	return verdict(call, r);
}

static enum status run_retry(const struct call *call, struct reading *r)
{
	struct retry retry;
	enum status status = retry_open(&retry, call);
	bool more = !status;

	while (more) {
		status = retry_read(&retry, r, &more);
		status = status ? status : keep(call, r);
		more = more && !status;
		retry_forget(&retry, r);
	}
	if (!status) {
		log_info("%zu of %zu can be read now", retry.better, retry.count);
	}
	retry_close(&retry);
	return status;
}

static enum status run(struct call *call)
{
	enum report_format format;
	struct reading r;
	enum status status = check_words(call, &format);

	if (!status) {
		status = reading_open(&r, call);
	}
	if (status) {
		return status;
	}
	if (call->retry) {
		status = run_retry(call, &r);
	} else {
		if (call->operand_count == 0) {
			status = reading_file(&r, "-", format);
		}
		for (size_t i = 0; !status && i < call->operand_count; i++) {
			status = reading_file(&r, call->operands[i], format);
		}
		status = status ? status : keep(call, &r);
	}
	reading_release(&r);
	return status;
}

const struct command command_ingest = {
	.verb = "ingest",
	.operands = "[FILE…|-]",
	.least = 0,
	.most = UNBOUNDED,
	.options = TAKES_WRITER | TAKES(OPTION_FORMAT) | TAKES(OPTION_REPORTER) |
		   TAKES(OPTION_STRICT) | TAKES(OPTION_RETRY),
	.summary = "Keeps reports as evidence and lists what the policy says",
	.details =
		"Reports are told apart by their content, and --format allows one alone:\n"
		"arf, jmrp, xarf0, xarf3, xarf4, spamcop (mails), relaytest (JSON), nmap (XML),\n"
		"uceprotect, shadowserver (CSV, zipped or not, in a mail or not). Without FILE\n"
		"they come from stdin. A line a report says what became of it: evidence,\n"
		"negative, ignored, review (it names no address), excluded, duplicate or\n"
		"unrecognised. A reporter's same report counts once.\n"
		"\n"
		"--reporter is a name, or the mailbox address of a reporter in the config.\n"
		"Without it a report is by the reporter whose domain our own mail server found\n"
		"to be the sender's (authserv_id), else by 'anonymous'. --retry reads again\n"
		"what is kept and was not recognised, or named no address.\n",
	.run = run,
};
