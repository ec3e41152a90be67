/*
 * blob.c: bodies of reports by their hash, in the environment `evidence/`. One write transaction
 * gathers what is put until blobs_sync() commits it.
 */
#include "blob.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_files.h"

struct blobs {
	struct store *store;
	struct txn *txn; /* NULL: nothing is waiting for a sync */
	enum status status;
};

bool blobs_exist(const char *database)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof path, "%s/evidence/data.mdb", database) < (int)sizeof path &&
	       access(path, F_OK) == 0;
}

enum status blobs_open(struct blobs **blobs, const char *database, uint64_t map_size)
{
	char dir[PATH_MAX];
	struct blobs *b;

	if (snprintf(dir, sizeof dir, "%s/evidence", database) >= (int)sizeof dir) {
		return fail(ST_CONFIG, "%s: the path is too long", database);
	}
	b = must_alloc(sizeof *b);
	enum status status = store_open_beside(&b->store, dir, map_size);

	if (status) {
		free(b);
		return status;
	}
	*blobs = b;
	return ST_OK;
}

void blobs_close(struct blobs *blobs)
{
	if (blobs) {
		txn_abort(blobs->txn);
		store_close(blobs->store);
		free(blobs);
	}
}

/* False where there is none, for a reason that is kept. */
static bool need_txn(struct blobs *blobs)
{
	if (!blobs->txn && !blobs->status) {
		blobs->status = txn_write(blobs->store, &blobs->txn);
	}
	return !blobs->status;
}

void blobs_put(struct blobs *blobs, const uint8_t key[BLOB_KEY], struct bytes content)
{
	if (need_txn(blobs)) {
		txn_put(blobs->txn, TABLE_EVIDENCE, bytes_of(key, BLOB_KEY), content);
	}
}

void blobs_del(struct blobs *blobs, const uint8_t key[BLOB_KEY])
{
	if (need_txn(blobs)) {
		txn_del(blobs->txn, TABLE_EVIDENCE, bytes_of(key, BLOB_KEY));
	}
}

enum status blobs_sync(struct blobs *blobs)
{
	enum status status = blobs->status;

	if (blobs->txn) {
		status = txn_commit(blobs->txn);
	}
	blobs->txn = NULL;
	blobs->status = ST_OK;
	return status;
}

bool blobs_get(struct blobs *blobs, const uint8_t key[BLOB_KEY], struct bytes *content)
{
	struct txn *txn = blobs->txn;
	struct bytes found;
	bool own = !txn;

	if (own && txn_read(blobs->store, &txn)) {
		return false;
	}
	bool there = txn_get(txn, TABLE_EVIDENCE, bytes_of(key, BLOB_KEY), &found);

	if (there) {
		uint8_t *copy = must_alloc(found.len);

		memcpy(copy, found.data, found.len);
		*content = bytes_of(copy, found.len);
	}
	if (own) {
		txn_abort(txn);
	}
	return there;
}

enum status blobs_each(struct blobs *blobs, uint8_t first, blobs_visit *visit, void *context)
{
	struct bytes key, value;
	struct txn *txn;
	enum status status = txn_read(blobs->store, &txn);

	if (status) {
		return status;
	}
	struct scan *scan = scan_open(txn, TABLE_EVIDENCE);

	for (bool more = scan_seek(scan, bytes_of(&first, 1), &key, &value);
	     more && key.data[0] == first; more = scan_next(scan, &key, &value)) {
		if (key.len == BLOB_KEY) {
			visit(context, key.data);
		}
	}
	scan_close(scan);
	status = txn_status(txn);
	txn_abort(txn);
	return status;
}
