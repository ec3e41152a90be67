/*
 * mirror_transfer.c: stream ─▶ xfr_message() ─▶ spool.
 *
 * 1. Nothing is locked, and no snapshot held, while it comes.
 * 2. It is bounded by time (mirror_stream.h), and by records and octets: those that are kept, and
 *    those that come, for messages can be full of what is not kept.
 */
#include "mirror_transfer.h"

#include <stdlib.h>
#include <time.h>

#include "dns.h"
#include "mirror_query.h"
#include "mirror_stream.h"
#include "xfr.h"

/* At 200 KiB a second ten million records come in this time. */
enum { WHOLE_S = 3600 };

struct mirror_transfer {
	struct mirror_transfer_wanted wanted;
	mirror_transfer_done *done;
	void *context;
	struct mirror_query query;
	struct mirror_stream *stream;
	struct spool spool;
	enum status kept; /* ST_OK, or why the spool did not take something */
	uint64_t octets;  /* that came */
	struct xfr xfr;
};

static void finish(struct mirror_transfer *t, enum mirror_transfer_end end, enum status status)
{
	mirror_transfer_done *done = t->done;
	void *context = t->context;
	struct spool spool = {0};

	if (end == MIRROR_TRANSFER_WHOLE) {
		spool = t->spool;
		t->spool = (struct spool){0};
	}
	mirror_transfer_close(t);
	done(context, end, status, &spool);
}

/* --- into the spool -----------------------------------------------------------------------------
 */

static enum status begin(void *context, bool full, uint32_t serial)
{
	struct mirror_transfer *t = context;

	return t->kept = spool_begin(&t->spool, full, serial);
}

static enum status del(void *context, const struct record *record)
{
	struct mirror_transfer *t = context;

	return t->kept = spool_delete(&t->spool, record);
}

static enum status add(void *context, const struct record *record)
{
	struct mirror_transfer *t = context;

	return t->kept = spool_add(&t->spool, record);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static enum status count(struct mirror_transfer *t, size_t len)
{
	t->octets += len;
	if (t->octets > t->wanted.bounds.octets) {
		return fail(ST_DATA, "more than %llu octets came, half of map_size: not taken",
			    (unsigned long long)t->wanted.bounds.octets);
	}
	return ST_OK;
}

static void finish_whole(struct mirror_transfer *t)
{
	enum status status = spool_finish(&t->spool);

	finish(t, status ? MIRROR_TRANSFER_FAILED : MIRROR_TRANSFER_WHOLE, status);
}

static void finish_bad(struct mirror_transfer *t)
{
	/* That it grows without bound is the primary's fault, a full disk ours. */
	bool ours = t->kept && t->kept != ST_DATA;

	finish(t, ours ? MIRROR_TRANSFER_FAILED : MIRROR_TRANSFER_BAD, ours ? t->kept : ST_DATA);
}

static bool on_message(void *context, struct bytes message)
{
	struct mirror_transfer *t = context;

	if (count(t, message.len)) {
		finish(t, MIRROR_TRANSFER_BAD, ST_DATA);
		return false;
	}
	switch (xfr_message(&t->xfr, message, (uint64_t)time(NULL))) {
	case XFR_MORE:
		return true;
	case XFR_DONE:
		finish_whole(t);
		return false;
	case XFR_CURRENT:
		finish(t, MIRROR_TRANSFER_CURRENT, ST_OK);
		return false;
	case XFR_REFUSED:
		finish(t, MIRROR_TRANSFER_REFUSED, ST_AGAIN);
		return false;
	case XFR_BAD:
		break;
	}
	finish_bad(t);
	return false;
}

static void on_broken(void *context)
{
	finish(context, MIRROR_TRANSFER_BROKEN, ST_AGAIN);
}

enum status mirror_transfer_open(struct mirror_transfer **transfer, struct event_base *base,
				 const struct mirror_transfer_wanted *wanted,
				 mirror_transfer_done *done, void *context)
{
	struct mirror_transfer *t = must_alloc(sizeof *t);
	const struct xfr_sink sink = {t, begin, del, add};
	const struct mirror_stream_events events = {t, on_message, on_broken};
	const uint16_t qtype = wanted->full ? TYPE_AXFR : TYPE_IXFR;

	t->wanted = *wanted;
	t->done = done;
	t->context = context;
	enum status status =
		mirror_query_open(&t->query, wanted->zone, qtype, wanted->serial, wanted->key);

	if (!status) {
		status = spool_open(&t->spool, wanted->folder, &wanted->bounds);
	}
	if (!status) {
		xfr_open(&t->xfr, wanted->zone, qtype, t->query.id, wanted->has_serial,
			 wanted->serial, mirror_query_session(&t->query), &sink);
		status = mirror_stream_open(&t->stream, base, &wanted->from->at,
					    mirror_query_bytes(&t->query), WHOLE_S, &events);
	}
	if (status) {
		mirror_transfer_close(t);
		t = NULL;
	}
	*transfer = t;
	return status;
}

void mirror_transfer_close(struct mirror_transfer *t)
{
	if (!t) {
		return;
	}
	mirror_stream_close(t->stream);
	spool_close(&t->spool);
	mirror_query_close(&t->query);
	free(t);
}
