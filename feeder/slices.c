/*
 * slices.c: a long change in pieces.
 *
 * A dry run discards every slice: what one would have written the next does not see. So numbers
 * that a change gives out (of sources, of sublists) are asked for anew in each.
 */
#include "slices.h"

enum status slices_begin(struct slices *slices, const struct call *call, struct store *store)
{
	*slices = (struct slices){.call = call, .store = store, .number = 1};
	return call_begin(call, store, &slices->change);
}

enum status slices_finish(struct slices *slices)
{
	struct change_outcome outcome = {0};

	if (slices->row.event) {
		change_audit(slices->change, &slices->row);
		slices->row.added = slices->row.removed = 0;
	}
	enum status status = call_finish(slices->call, slices->change, &outcome);

	slices->change = NULL;
	slices->rows = 0;
	if (outcome.number) {
		slices->outcome.number = outcome.number;
	}
	slices->outcome.units += outcome.units;
	if (outcome.zones > slices->outcome.zones) {
		slices->outcome.zones = outcome.zones;
	}
	return status;
}

enum status slices_make_room(struct slices *slices)
{
	if (slices->rows < SLICE_ROWS) {
		return ST_OK;
	}
	enum status status = slices_finish(slices);

	slices->number++;
	return status ? status : call_begin(slices->call, slices->store, &slices->change);
}

void slices_abort(struct slices *slices)
{
	change_abort(slices->change);
	slices->change = NULL;
}
