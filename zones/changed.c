/*
 * changed.c: reads the journal forwards, for whoever keeps copies of blocks.
 *
 *	state: changes = now, journal_first <= since + 1?
 *	journal: since+1 head, units … since+2 head, units … now
 *
 * A unit that stands in the journal was altered by that change, and no other was (derive4.c writes
 * no block without noting it).
 */
#include "changed.h"

#include "journal.h"
#include "state.h"

/* Reading so many rows costs about what reading the blocks again does. */
enum { ROWS_MOST = 2048 };

bool changed_blocks(struct txn *txn, struct scan *journal, uint64_t since, uint64_t *now,
		    void (*each)(void *context, uint16_t high), void *context)
{
	uint8_t from[8];
	struct writer w = writer_of(from, sizeof from);
	struct bytes key, value;
	struct state state;
	struct prefix unit;
	uint64_t change = since;
	unsigned rows = 0;

	state_read(txn, &state);
	*now = state.changes;
	if (txn_status(txn)) {
		return false;
	}
	if (since == state.changes) {
		return true;
	}
	if (since > state.changes || since + 1 < state.journal_first) {
		return false;
	}
	write_u64(&w, since + 1);
	for (bool on = scan_seek(journal, writer_bytes(&w), &key, &value); on;
	     on = scan_next(journal, &key, &value)) {
		uint64_t before = change;

		if (!journal_key(key, &change, &unit) || ++rows > ROWS_MOST) {
			return false;
		}
		if (unit.family == 0 && (change != before + 1 || journal_barrier(value))) {
			return false;
		}
		if (unit.family == 4) {
			each(context, (uint16_t)(unit.addr >> 16));
		}
	}
	return change == state.changes;
}
