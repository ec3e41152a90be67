/*
 * state.c: the counters of the database.
 *
 *     meta: "state"           -> version(1) counters … lengths, u64 each
 *           "listings" sublist(2) -> listings u64
 */
#include "state.h"

enum { VERSION = 1, ROOM = 64 + 2 * (33 + 129) * 8 };

static const struct bytes KEY = {(const uint8_t *)"state", 5};

static void read_lengths(struct reader *r, struct lengths *l)
{
	for (unsigned i = 0; i <= 32; i++) {
		l->v4[i] = read_u64(r);
	}
	for (unsigned i = 0; i <= 128; i++) {
		l->v6[i] = read_u64(r);
	}
}

static void write_lengths(struct writer *w, const struct lengths *l)
{
	for (unsigned i = 0; i <= 32; i++) {
		write_u64(w, l->v4[i]);
	}
	for (unsigned i = 0; i <= 128; i++) {
		write_u64(w, l->v6[i]);
	}
}

void state_read(struct txn *txn, struct state *state)
{
	struct bytes value;

	*state = (struct state){0};
	if (!txn_get(txn, TABLE_META, KEY, &value)) {
		return;
	}
	struct reader r = reader_of(value);
	unsigned version = read_u8(&r);
	state->changes = read_u64(&r);
	state->last_change = read_u64(&r);
	state->audit = read_u64(&r);
	state->answers = read_u32(&r);
	state->texts = read_u32(&r);
	state->sources = read_u32(&r);
	state->sublists = read_u16(&r);
	state->journal_first = read_u64(&r);
	state->journal_bytes = read_u64(&r);
	read_lengths(&r, &state->claims);
	read_lengths(&r, &state->exclusions);
	if (r.bad || version != VERSION) {
		txn_fail(txn, fail(ST_INTERNAL,
				   "the database's counters are damaged: restore a backup"));
	}
}

void state_write(struct txn *txn, const struct state *state)
{
	uint8_t room[ROOM];
	struct writer w = writer_of(room, sizeof room);

	write_u8(&w, VERSION);
	write_u64(&w, state->changes);
	write_u64(&w, state->last_change);
	write_u64(&w, state->audit);
	write_u32(&w, state->answers);
	write_u32(&w, state->texts);
	write_u32(&w, state->sources);
	write_u16(&w, state->sublists);
	write_u64(&w, state->journal_first);
	write_u64(&w, state->journal_bytes);
	write_lengths(&w, &state->claims);
	write_lengths(&w, &state->exclusions);
	txn_put(txn, TABLE_META, KEY, writer_bytes(&w));
}

static struct bytes listings_key(uint8_t room[10], uint16_t sublist)
{
	struct writer w = writer_of(room, 10);

	write_bytes(&w, "listings", 8);
	write_u16(&w, sublist);
	return writer_bytes(&w);
}

uint64_t state_listings(struct txn *txn, uint16_t sublist)
{
	uint8_t room[10];
	struct bytes value;

	if (!txn_get(txn, TABLE_META, listings_key(room, sublist), &value)) {
		return 0;
	}
	struct reader r = reader_of(value);
	return read_u64(&r);
}

void state_set_listings(struct txn *txn, uint16_t sublist, uint64_t listings)
{
	uint8_t room[10], count[8];
	struct writer w = writer_of(count, sizeof count);

	write_u64(&w, listings);
	txn_put(txn, TABLE_META, listings_key(room, sublist), writer_bytes(&w));
}
