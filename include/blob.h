/*
 * blob.h: the bodies of reports, in an LMDB environment of their own under `evidence/` in the
 * database's folder (0700): they are other people's mail, and dnsbld cannot open it. Written and
 * synced before the commit of the row that names them, so a row never names what is not there.
 */
#ifndef DNSBLD_BLOB_H
#define DNSBLD_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "status.h"

struct blobs;

enum { BLOB_KEY = 32 }; /* a SHA-256 */

/* Opens, and makes where there is none yet. The main store is open for writing: its lock is this
 * one's too. */
enum status blobs_open(struct blobs **blobs, const char *database, uint64_t map_size);
void blobs_close(struct blobs *blobs); /* NULL is fine; what was not synced is gone */

/* Whether any were ever there. */
bool blobs_exist(const char *database);

/* Adds; the same key again is nothing. Not on disk before blobs_sync(). Errors are sticky until
 * then. */
void blobs_put(struct blobs *blobs, const uint8_t key[BLOB_KEY], struct bytes content);
enum status blobs_sync(struct blobs *blobs);

/* Deletes, with the next blobs_sync(); nothing where there is none. */
void blobs_del(struct blobs *blobs, const uint8_t key[BLOB_KEY]);

/* A copy that the caller frees (content->data); false where there is none. */
bool blobs_get(struct blobs *blobs, const uint8_t key[BLOB_KEY], struct bytes *content);

/* Calls `visit` with each key that begins with this octet. */
typedef void blobs_visit(void *context, const uint8_t key[BLOB_KEY]);
enum status blobs_each(struct blobs *blobs, uint8_t first, blobs_visit *visit, void *context);

#endif
