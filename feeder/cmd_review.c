/*
 * cmd_review.c: feeder review list, show: what the policy leaves to a human, and a report as it
 * came in. What he makes of it is cmd_review_decide.c's.
 */
#include <stdlib.h>

#include "json.h"
#include "output.h"
#include "reporters.h"
#include "review.h"
#include "rfc3339.h"

/* --- list -------------------------------------------------------------------- */

struct listing {
	const struct call *call;
	struct txn *txn;
};

static void print_json(struct listing *l, const struct review *review)
{
	struct json json = json_begin(output());
	char text[PREFIX_TEXT];

	json_text(&json, "kind", review_kind_name(review->kind));
	if (review->kind == REVIEW_REPORT) {
		const struct evidence *e = review->report;

		evidence_id_format(e, text);
		json_text(&json, "id", text);
		json_time(&json, "observed", e->report.observed);
		json_time(&json, "received", e->received);
		json_bytes(&json, "reporter", reporter_name(l->txn, e->reporter));
		json_text(&json, "format", report_format_name(e->report.format));
		json_text(&json, "category", category_name(e->report.category));
		json_text(&json, "disposition", report_disposition_name(e->report.disposition));
		json_optional(&json, "note", bytes_str(e->report.note));
	} else {
		prefix_format(&review->prefix, text);
		json_text(&json, "prefix", text);
		json_text(&json, "sublist", review->sublist->name);
		json_text(&json, "reason", review->reason);
	}
	json_end(&json);
}

static void print_line(struct listing *l, const struct review *review)
{
	const struct evidence *e = review->report;
	char text[PREFIX_TEXT], time[TIME_TEXT];

	if (review->kind != REVIEW_REPORT) {
		prefix_format(&review->prefix, text);
		fprintf(output(), "%s\t%s\t%s\t%s\n", review_kind_name(review->kind), text,
			review->sublist->name, review->reason);
		return;
	}
	const char *format = report_format_name(e->report.format);
	const char *category = category_name(e->report.category);

	evidence_id_format(e, text);
	fprintf(output(), "report\t%s\t%s", text, time_format(evidence_time(e), time));
	output_column(reporter_name(l->txn, e->reporter));
	fprintf(output(), "\t%s\t%s", format ? format : "unrecognised", category ? category : "-");
	output_column(bytes_str(e->report.note));
	fputc('\n', output());
}

static bool list_one(void *context, const struct review *review)
{
	struct listing *l = context;

	if (l->call->sublist &&
	    (!review->sublist || strcmp(review->sublist->name, l->call->sublist) != 0)) {
		return true;
	}
	if (l->call->json) {
		print_json(l, review);
	} else {
		print_line(l, review);
	}
	return true;
}

static enum status run_list(struct call *call)
{
	struct listing l = {.call = call};
	const struct sublist_config *sublist;
	struct store *store = NULL;
	enum status status = call->sublist ? call_sublist(call, &sublist) : ST_OK;

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		status = txn_read(store, &l.txn);
	}
	if (!status) {
		reviews(l.txn, call, list_one, &l);
		status = txn_status(l.txn);
		txn_abort(l.txn);
	}
	store_close(store);
	return status;
}

/* --- show -------------------------------------------------------------------- */

/* The body of any report, as it came in. */
static enum status run_show(struct call *call)
{
	const char *id = call->operands[0];
	struct evidence e;
	struct blobs *blobs = NULL;
	struct store *store = NULL;
	struct txn *txn;
	struct bytes body;

	if (!review_is_id(id)) {
		return fail(ST_USAGE, "'%.60s' is no id of a report: %d to %d hex digits", id,
			    REVIEW_ID_LEAST, EVIDENCE_ID_TEXT);
	}
	/* For its lock: the bodies are in an environment of their own. */
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		status = evidence_find(txn, id, &e);
		txn_abort(txn);
	}
	if (!status) {
		status = blobs_open(&blobs, call->config->database, call->config->map_size);
	}
	if (!status && !evidence_get_body(blobs, e.hash, &body)) {
		status = fail(ST_DATA, "the body of report %s is gone", id);
	}
	if (!status) {
		fwrite(body.data, 1, body.len, output());
		free((void *)body.data);
	}
	blobs_close(blobs);
	store_close(store);
	return status;
}

const struct command command_review_list = {
	.verb = "review",
	.sub = "list",
	.options = TAKES(OPTION_SUBLIST),
	.summary = "Shows what the policy leaves to a human",
	.details = "A line each: a report that names no address or that nobody could read, with\n"
		   "its id; a candidate, suspected and not proved, with its address; a range of\n"
		   "which so many hosts are listed that all of it may belong there.\n",
	.run = run_list,
};

const struct command command_review_show = {
	.verb = "review",
	.sub = "show",
	.operands = "ID",
	.least = 1,
	.most = 1,
	.summary = "Prints a report as it came in",
	.details = "The id is that of 'feeder review list' and of 'feeder show'; its first eight\n"
		   "digits are enough. It may be somebody's mail, or a spammer's: mind where it\n"
		   "goes.\n",
	.run = run_show,
};
