/*
 * retention.c: what was kept long enough goes: first the rows, then, when that is committed, the
 * bodies that only they had. And what bodies are left where somebody was killed between the two.
 */
#include "retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dropped_add(struct dropped *dropped, const uint8_t hash[REPORT_HASH])
{
	if (dropped->count == dropped->room) {
		dropped->room = dropped->room ? dropped->room * 2 : 64;
		dropped->hash = must_realloc(dropped->hash, dropped->room * sizeof *dropped->hash);
	}
	memcpy(dropped->hash[dropped->count++], hash, REPORT_HASH);
}

void dropped_settle(struct dropped *dropped, struct txn *txn)
{
	size_t left = 0;

	for (size_t i = 0; i < dropped->count; i++) {
		if (!evidence_has_body(txn, dropped->hash[i])) {
			memmove(dropped->hash[left++], dropped->hash[i], REPORT_HASH);
		}
	}
	dropped->count = left;
}

void dropped_release(struct dropped *dropped)
{
	free(dropped->hash);
	*dropped = (struct dropped){0};
}

unsigned retention_drop(const struct call *call, struct txn *txn, struct dropped *dropped)
{
	uint64_t keep = call->config->reports.keep_s;
	struct evidence e;
	unsigned rows = 0;

	if (keep == 0 || keep > call->now) {
		return 0;
	}
	while (rows < RETENTION_ROWS && evidence_oldest(txn, call->now - keep, &e)) {
		if (evidence_del(txn, &e)) {
			dropped_add(dropped, e.hash);
		}
		rows++;
	}
	return rows;
}

enum status retention_forget(struct blobs *blobs, const struct dropped *dropped)
{
	for (size_t i = 0; i < dropped->count; i++) {
		blobs_del(blobs, dropped->hash[i]);
	}
	enum status status = dropped->count > 0 ? blobs_sync(blobs) : ST_OK;
	char why[256];

	if (!status) {
		return ST_OK;
	}
	snprintf(why, sizeof why, "%s", fail_text());
	return fail(status, "bodies of reports that were dropped are still there: %s", why);
}

/* --- bodies without a row ---------------------------------------------------- */

struct leftovers {
	struct txn *txn;
	struct dropped found;
};

static void look_at_body(void *context, const uint8_t hash[BLOB_KEY])
{
	struct leftovers *left = context;

	if (!evidence_has_body(left->txn, hash)) {
		dropped_add(&left->found, hash);
	}
}

/*
 * A multiple of the golden ratio, modulo 1: each part has its turn within 400 minutes, and where
 * the timer runs each hour, within 430 hours.
 */
static uint8_t part_of(uint64_t now)
{
	return (uint8_t)((uint32_t)(now / 60) * 2654435769U >> 24);
}

enum status retention_sweep(const struct call *call, struct store *store, size_t *count)
{
	const struct config *config = call->config;
	struct leftovers left = {0};
	struct blobs *blobs = NULL;
	enum status status = ST_OK;

	*count = 0;
	if (!blobs_exist(config->database)) {
		return ST_OK;
	}
	status = blobs_open(&blobs, config->database, config->map_size);
	if (!status) {
		status = txn_read(store, &left.txn);
	}
	if (!status) {
		status = blobs_each(blobs, part_of(call->now), look_at_body, &left);
		status = status ? status : txn_status(left.txn);
		txn_abort(left.txn);
	}
	/* An error is no word that there is no row. */
	if (!status) {
		status = retention_forget(blobs, &left.found);
		*count = left.found.count;
	}
	dropped_release(&left.found);
	blobs_close(blobs);
	return status;
}
