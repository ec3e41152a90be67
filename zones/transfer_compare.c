/*
 * transfer_compare.c: a unit as it was and as it is, as owners, and which of them differ.
 *
 * A unit of a few octets may have 65,536 owners on both sides: they are worked out when they are
 * to be sent, and once more for what comes after what goes, as all of them together may be a
 * hundred times the zone.
 */
#include <stdlib.h>

#include "journal.h"
#include "transfer_inside.h"

static void add(struct differences *d, const struct prefix *owner, uint32_t before, uint32_t after)
{
	if (d->count == d->at_room) {
		d->at_room = d->at_room ? d->at_room * 2 : 64;
		d->at = must_realloc(d->at, d->at_room * sizeof *d->at);
	}
	d->at[d->count++] = (struct difference){*owner, before, after};
}

/* Both ascend. */
static void compare(struct differences *d)
{
	const struct owners *before = &d->were, *after = &d->are;
	size_t i = 0, k = 0;

	d->count = 0;
	while (i < before->count || k < after->count) {
		const struct owner *x = &before->at[i], *y = &after->at[k];
		int order = i == before->count  ? 1
			    : k == after->count ? -1
						: prefix_compare(&x->prefix, &y->prefix);

		if (order < 0) {
			add(d, &x->prefix, x->class, 0);
		} else if (order > 0) {
			add(d, &y->prefix, 0, y->class);
		} else if (x->class != y->class) {
			add(d, &x->prefix, x->class, y->class);
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static size_t read_owners(struct owners *owners, struct segments *segments,
			  const struct prefix *unit, struct bytes bytes)
{
	segments->count = 0;
	/* That it is whole was seen when it was copied; what is damaged within is left out. */
	journal_decode(unit, bytes, segments);
	block_rrs(owners, unit, segments);
	return segments->count + owners->count;
}

bool differences_next(struct differences *d, size_t *work)
{
	d->count = 0;
	if (d->unit_at == d->unit_count) {
		d->unit_at = 0;
		return false;
	}
	const struct unit_change *u = &d->unit[d->unit_at++];
	const uint8_t *at = d->octets + u->at;

	*work += 1 + read_owners(&d->were, &d->segments, &u->unit, bytes_of(at, u->before)) +
		 read_owners(&d->are, &d->segments, &u->unit, bytes_of(at + u->before, u->after));
	compare(d);
	return true;
}

void differences_release(struct differences *d)
{
	free(d->octets);
	free(d->unit);
	free(d->at);
	owners_release(&d->were);
	owners_release(&d->are);
	segments_release(&d->segments);
}
