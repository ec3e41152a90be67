/*
 * retry.c: reports that are kept, once more.
 */
#include "retry.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "reporters.h"

struct holding {
	struct retry *retry;
	struct txn *txn;
};

/* What one body says now. */
struct hearing {
	struct items items;
	const struct held *old;
	bool same; /* some of it cannot be read still */
};

static bool hold(void *context, const struct evidence *e)
{
	struct holding *h = context;
	struct retry *r = h->retry;

	if (e->report.disposition != DISPOSITION_REVIEW &&
	    e->report.disposition != DISPOSITION_UNRECOGNISED) {
		return true;
	}
	if (r->count == r->room) {
		r->room = r->room ? r->room * 2 : 64;
		r->at = must_realloc(r->at, r->room * sizeof *r->at);
	}
	struct held *held = &r->at[r->count++];
	struct bytes name = reporter_name(h->txn, e->reporter);

	*held = (struct held){.row = *e};
	evidence_id_format(e, held->id);
	snprintf(held->reporter, sizeof held->reporter, "%.*s", (int)name.len,
		 (const char *)name.data);
	return true;
}

enum status retry_open(struct retry *r, const struct call *call)
{
	struct holding h = {.retry = r};
	struct store *store = NULL;
	enum status status = call_open_read(call, &store);

	*r = (struct retry){.call = call};
	if (!status) {
		status = txn_read(store, &h.txn);
	}
	if (!status) {
		evidence_of(h.txn, 0, 0, hold, &h);
		status = txn_status(h.txn);
		txn_abort(h.txn);
	}
	store_close(store);
	return status;
}

static void hear(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct hearing *h = context;
	bool same = fault || report->disposition == h->old->row.report.disposition;

	h->same = h->same || same;
	if (!same) {
		items_add(&h->items, report, body, "");
	}
}

/* Reads one body. Of what can be read in part the row stays, and the rest is new. */
static enum status read_one(struct retry *r, struct reading *reading, const struct held *held,
			    struct bytes body)
{
	struct hearing h = {.old = held};
	enum status status = sandbox_read(reading->sandbox, body, FORMAT_UNKNOWN, "", hear, &h);

	for (size_t i = 0; !status && i < h.items.count; i++) {
		const struct item *heard = &h.items.at[i];
		struct item *item =
			items_add(&reading->items, &heard->report, heard->body, held->id);

		item->reporter = held->reporter;
		item->replaces = h.same ? NULL : &held->row;
		reading->kept++;
	}
	r->better += h.items.count > 0;
	items_release(&h.items);
	return status;
}

/* False where it is gone, or was cut off when it was kept: half a report says something else. */
static bool get_whole(struct blobs *blobs, const struct held *held, struct bytes *body)
{
	uint8_t hash[REPORT_HASH];

	if (!evidence_get_body(blobs, held->row.hash, body)) {
		log_warn("report %s: its body is gone", held->id);
		return false;
	}
	report_hash(*body, hash);
	if (memcmp(hash, held->row.hash, REPORT_HASH) != 0) {
		log_warn("report %s: its body was too long to be kept whole", held->id);
		free((void *)body->data);
		return false;
	}
	return true;
}

/* Bodies from the database; the sandbox reads them when it is closed. */
static enum status get_bodies(struct retry *r, size_t *held)
{
	const struct config *config = r->call->config;
	struct blobs *blobs = NULL;
	struct store *store = NULL;
	size_t octets = 0;
	/* For its lock: the bodies are in an environment of their own. */
	enum status status = call_open_write(r->call, &store);

	if (!status) {
		status = blobs_open(&blobs, config->database, config->map_size);
	}
	while (!status && r->next < r->count && octets < RETRY_OCTETS) {
		struct bytes body;

		held[r->body_count] = r->next++;
		if (get_whole(blobs, &r->at[held[r->body_count]], &body)) {
			r->bodies[r->body_count++] = body;
			octets += body.len;
		}
	}
	blobs_close(blobs);
	store_close(store);
	return status;
}

enum status retry_read(struct retry *r, struct reading *reading, bool *more)
{
	size_t left = r->count - r->next;
	size_t *held = must_alloc((left + 1) * sizeof *held); /* whose the bodies are */

	*more = left > 0;
	r->bodies = must_alloc((left + 1) * sizeof *r->bodies);
	r->body_count = 0;
	enum status status = left > 0 ? get_bodies(r, held) : ST_OK;

	for (size_t i = 0; !status && i < r->body_count; i++) {
		status = read_one(r, reading, &r->at[held[i]], r->bodies[i]);
	}
	free(held);
	return status;
}

void retry_forget(struct retry *r, struct reading *reading)
{
	reading->items.count = 0;
	reading->kept = 0;
	for (size_t i = 0; i < r->body_count; i++) {
		free((void *)r->bodies[i].data);
	}
	free(r->bodies);
	r->bodies = NULL;
	r->body_count = 0;
}

void retry_close(struct retry *r)
{
	free(r->at);
	*r = (struct retry){0};
}
