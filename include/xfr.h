/*
 * xfr.h: the secondary's side of a transfer, AXFR (RFC 5936) or IXFR (RFC 1995): messages go in,
 * records come out. It knows no socket and keeps no zone.
 *
 *     message_query() and tsig_sign_request()
 *     xfr_open() -> xfr_message() for each message, until it is not XFR_MORE
 *
 * The sink gets records as they come, and must let none of them count before XFR_DONE: only then
 * is it known that all of them are there, and genuine. Between two messages that are signed there
 * may be 99 that are not (RFC 8945 §5.3.1).
 */
#ifndef DNSBLD_XFR_H
#define DNSBLD_XFR_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "message.h"
#include "name.h"
#include "records.h"
#include "status.h"
#include "tsig.h"

/* All but XFR_MORE end it. XFR_REFUSED and XFR_BAD leave words in fail_text(). */
enum xfr_result {
	XFR_MORE,    /* there are messages to come */
	XFR_DONE,    /* the sink has it all */
	XFR_CURRENT, /* the primary has nothing newer; the sink was not called */
	XFR_REFUSED, /* it does not do IXFR, or not for us: ask for an AXFR, or another primary */
	XFR_BAD,     /* what came is no transfer, not genuine or a lie; or the sink failed */
};

/*
 * Where the records go: begin() once, then add(), and where the zone is not `full` del(), in the
 * order in which they came; last of all the zone's new SOA, by add(). The SOAs that stand between
 * the differences of an IXFR are not handed on, nor is the deletion of the old one. A record is
 * borrowed for the call. What is not ST_OK ends the transfer.
 */
struct xfr_sink {
	void *context;
	enum status (*begin)(void *context, bool full, uint32_t serial);
	enum status (*del)(void *context, const struct record *r);
	enum status (*add)(void *context, const struct record *r);
};

/* A transfer, about 64 KiB. Nothing is to be released. */
struct xfr {
	/* After XFR_BAD: what the sink returned, or ST_DATA: the fault is the primary's. */
	enum status status;
	uint32_t serial; /* the primary's, after the first record */
	/* Inside. */
	struct xfr_sink sink;
	struct tsig_session *tsig;
	struct name zone;
	uint16_t qtype, id;
	bool has_ours;
	uint32_t ours;
	enum xfr_result result;
	enum xfr_state {
		XFR_FIRST,  /* no message yet */
		XFR_SECOND, /* there is a SOA: what comes next says which kind of answer it is */
		XFR_FULL,
		XFR_DELETED, /* behind an old SOA of an IXFR */
		XFR_ADDED,   /* behind a new one */
		XFR_END,     /* behind the last SOA */
	} state;
	bool has_ns;
	uint32_t at;     /* the serial that the IXFR has come to */
	unsigned number; /* of its difference, from 1 */
	struct record soa;
	uint8_t soa_rdata[MESSAGE_SOA_MAX];
	struct message message;
};

/*
 * Before the first message. `qtype` (TYPE_AXFR or TYPE_IXFR) and `id` are those of the query. With
 * `has_serial`, which an IXFR needs, the zone has to be newer than `serial`; without it any is
 * taken. `tsig` signed the query, NULL where nothing did; it is borrowed until the
 * end.
 */
void xfr_open(struct xfr *x, const struct name *zone, uint16_t qtype, uint16_t id, bool has_serial,
	      uint32_t serial, struct tsig_session *tsig, const struct xfr_sink *sink);

/*
 * The next message, whole and without the length that TCP has before it. `now` is by the real
 * clock, in seconds. After the end it says again how that was.
 *
 * XFR_CURRENT: the SOA has the serial that we have; or it is not newer and all that the answer to
 * an IXFR has. The connection is of no more use then.
 */
enum xfr_result xfr_message(struct xfr *x, struct bytes message, uint64_t now);

#endif
