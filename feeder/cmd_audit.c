/*
 * cmd_audit.c: feeder audit: who did what, when and why.
 *
 * Rows come oldest first and there is no way to walk them backwards, so that --limit counts them in
 * a first pass and skips in a second. Both see one snapshot.
 */
#include <errno.h>
#include <stdlib.h>

#include "audittext.h"
#include "feeder.h"
#include "output.h"
#include "rfc3339.h"

struct auditing {
	const struct call *call;
	uint64_t rows; /* how many there are */
	uint64_t skip; /* how many of them come before the last --limit */
};

static bool count(void *context, const struct audit_row *row)
{
	struct auditing *a = context;

	(void)row;
	a->rows++;
	return true;
}

static bool print(void *context, const struct audit_row *row)
{
	struct auditing *a = context;

	if (a->skip > 0) {
		a->skip--;
	} else if (a->call->json) {
		struct json json = json_begin(output());

		audit_print_json(row, &json);
		json_end(&json);
	} else {
		audit_print_line(row);
	}
	return true;
}

static enum status read_options(const struct call *call, uint64_t *since, uint64_t *limit)
{
	char *end = NULL;

	*since = 0;
	*limit = UINT64_MAX;
	if (call->since_text && time_parse(call->since_text, since)) {
		return fail(ST_USAGE, "--since: %.200s", fail_text());
	}
	if (call->limit_text) {
		errno = 0;
		*limit = strtoull(call->limit_text, &end, 10);
		if (*end || errno || call->limit_text[0] < '0' || call->limit_text[0] > '9') {
			return fail(ST_USAGE, "--limit wants a number, not '%.60s'",
				    call->limit_text);
		}
	}
	return ST_OK;
}

static enum status run(struct call *call)
{
	struct auditing a = {.call = call};
	struct store *store = NULL;
	struct txn *txn;
	uint64_t since, limit;
	enum status status = read_options(call, &since, &limit);

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		audit_since(txn, since, count, &a);
		a.skip = a.rows > limit ? a.rows - limit : 0;
		audit_since(txn, since, print, &a);
		status = txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

const struct command command_audit = {
	.verb = "audit",
	.options = TAKES(OPTION_SINCE) | TAKES(OPTION_LIMIT),
	.summary = "Shows who did what, when and why",
	.details = "Oldest first, columns apart by tabs: time, actor, event, prefix, sublist,\n"
		   "source, claims added and removed (of rows about many), reason. An import is\n"
		   "one row.\n",
	.run = run,
};
