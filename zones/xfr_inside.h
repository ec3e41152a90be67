/*
 * xfr_inside.h: what xfr.c, which takes messages, and xfr_records.c, which takes their records,
 * share.
 */
#ifndef DNSBLD_XFR_INSIDE_H
#define DNSBLD_XFR_INSIDE_H

#include "xfr.h"

/* XFR_BAD, with what fail() returned. */
static inline enum xfr_result xfr_bad(struct xfr *x, enum status status)
{
	x->status = status;
	return XFR_BAD;
}

/*
 * A record of an answer section, whose message is x->message. XFR_MORE: it was the next one. At
 * XFR_END it was the last.
 */
enum xfr_result xfr_record(struct xfr *x, const struct record *r);

#endif
