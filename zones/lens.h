/*
 * lens.h: answers as one zone sees them: those that mean the same records there are one class. For
 * what writes a zone out; it says which parts of the index look the same. Private to zones/.
 *
 *     lens_init -> lens_learn, each answer that may occur -> lens_class, lens_listed
 *
 * What was learned is the lens' own: it needs no transaction any more.
 */
#ifndef DNSBLD_LENS_H
#define DNSBLD_LENS_H

#include "answer.h"

struct lens {
	struct zone_view view;
	struct rrs rrs; /* scratch */
	struct lens_answer {
		uint32_t id; /* 0: none */
		uint32_t class;
	} * answer; /* by id, open addressing */
	size_t answer_count, answer_mask;
	struct listed **listed; /* by class - 1 */
	uint64_t *hash;         /* of each, likewise */
	uint32_t classes;
	uint32_t *by_hash; /* classes by hash, open addressing */
	size_t hash_mask;
};

/* Learns nothing yet. What the view borrows has to stay while answers are learned. */
void lens_init(struct lens *lens, const struct zone_view *view);
void lens_release(struct lens *lens);

/* Learns what an answer (not 0) means, unless it is known. Errors are the transaction's. */
void lens_learn(struct lens *lens, uint32_t answer, struct txn *txn);
void lens_learn_all(struct lens *lens, const struct segments *segments, struct txn *txn);

/* The class of an answer that was learned, 1 to lens->classes; 0 where the zone does not list it.
 */
uint32_t lens_class(const struct lens *lens, uint32_t answer);

/* The records of a class. */
static inline const struct listed *lens_listed(const struct lens *lens, uint32_t class)
{
	return lens->listed[class - 1];
}

/*
 * Appends `in` to `out` without what is in no zone as a listing: the test entries (RFC 5782 §5),
 * and IPv6 in ::ffff:0:0/96, as IPv4 is listed as such. Of a mirrored zone nothing but 127.0.0.1
 * and
 * ::ffff:7f00:1 is taken out.
 */
void lens_cut(const struct zone_view *view, unsigned family, const struct segments *in,
	      struct segments *out);

#endif
