/*
 * retry.c: reports that are kept, once more.
 */
#include "retry.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "reporters.h"

struct holding {
	struct held *held;
	struct txn *txn;
};

struct retrying {
	struct reading *reading;
	const struct held_report *old;
};

static bool hold(void *context, const struct evidence *e)
{
	struct holding *h = context;
	struct held *held = h->held;

	if (e->report.disposition != DISPOSITION_REVIEW &&
	    e->report.disposition != DISPOSITION_UNRECOGNISED) {
		return true;
	}
	if (held->count == held->room) {
		held->room = held->room ? held->room * 2 : 64;
		held->at = must_realloc(held->at, held->room * sizeof *held->at);
	}
	struct held_report *at = &held->at[held->count++];
	struct bytes name = reporter_name(h->txn, e->reporter);

	*at = (struct held_report){.row = *e};
	snprintf(at->reporter, sizeof at->reporter, "%.*s", (int)name.len, (const char *)name.data);
	return true;
}

/* What still cannot be read stays as it is. */
static void take(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct retrying *t = context;
	struct item *item;

	if (fault || report->disposition == t->old->row.report.disposition) {
		return;
	}
	item = items_add(&t->reading->items, report, body, "");
	item->replaces = &t->old->row;
	item->reporter = t->old->reporter;
	t->reading->kept++;
}

static enum status hold_all(struct held *held, const struct call *call)
{
	struct blobs *blobs = NULL;
	struct store *store = NULL;
	struct holding h = {.held = held};
	/* For its lock: the bodies are in an environment of their own. */
	enum status status = call_open_write(call, &store);

	if (!status) {
		status = blobs_open(&blobs, call->config->database, call->config->map_size);
	}
	if (!status) {
		status = txn_read(store, &h.txn);
	}
	if (!status) {
		evidence_of(h.txn, 0, 0, hold, &h);
		status = txn_status(h.txn);
		txn_abort(h.txn);
	}
	for (size_t i = 0; !status && i < held->count; i++) {
		if (!evidence_get_body(blobs, held->at[i].row.hash, &held->at[i].body)) {
			log_warn("the body of a report is gone");
		}
	}
	blobs_close(blobs);
	store_close(store);
	return status;
}

enum status retry_read(struct held *held, struct reading *reading, const struct call *call)
{
	enum status status = hold_all(held, call);

	for (size_t i = 0; !status && i < held->count; i++) {
		struct retrying t = {reading, &held->at[i]};

		if (held->at[i].body.data) {
			status = sandbox_read(reading->sandbox, held->at[i].body, FORMAT_UNKNOWN,
					      "", take, &t);
		}
	}
	if (!status) {
		log_info("%zu of %zu can be read now", reading->kept, held->count);
	}
	return status;
}

void held_release(struct held *held)
{
	for (size_t i = 0; i < held->count; i++) {
		free((void *)held->at[i].body.data);
	}
	free(held->at);
	*held = (struct held){0};
}
