/*
 * lens.h: answers as one zone sees them: two that mean the same records there are one class. For
 * what writes a zone out; it says which parts of the index look the same. Private to zones/.
 */
#ifndef DNSBLD_LENS_H
#define DNSBLD_LENS_H

#include "answer.h"

struct lens {
	const struct zone_view *view;
	struct txn *txn;
	struct lens_answer *answer; /* ascending by id */
	size_t count;
	uint32_t *sample; /* an answer of each class, by class - 1 */
	uint32_t classes;
	uint32_t loaded; /* the class that `rrs` holds, 0: none */
	struct rrs rrs;
};

/* For the answers that occur in `segments`. Errors are the transaction's. Release it. */
void lens_init(struct lens *lens, const struct segments *segments, const struct zone_view *view,
	       struct txn *txn);
void lens_release(struct lens *lens);

/* The class of one of these answers, 1 to lens->classes; 0 where the zone does not list it. */
uint32_t lens_class(const struct lens *lens, uint32_t answer);

/* The records of a class; borrowed until the next call. */
const struct rrs *lens_rrs(struct lens *lens, uint32_t class);

/*
 * Appends `in` to `out` without what is in no zone as a listing: the test entries (RFC 5782 §5),
 * and IPv6 in ::ffff:0:0/96, as IPv4 is listed as such.
 */
void lens_cut(const struct zone_view *view, unsigned family, const struct segments *in,
	      struct segments *out);

#endif
