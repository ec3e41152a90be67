/*
 * change_access.c: keys given and taken back. They alter what is answered, and to whom, but no
 * zone's bytes: no serial moves, and no transfer has them.
 */
#include <stdlib.h>

#include "access.h"
#include "change_inside.h"

/* Numbers that living keys have, a bit each. */
struct taken {
	uint8_t bits[(ACCESS_KEYS + 8) / 8];
};

static bool mark(void *context, const struct access *access)
{
	struct taken *taken = context;

	taken->bits[access->number / 8] |= (uint8_t)(1 << access->number % 8);
	return true;
}

/* The first free one after the last that was given, from the start again: the longest unused. */
static uint16_t next_number(struct txn *txn)
{
	struct taken *taken = must_alloc(sizeof *taken);
	uint16_t number = access_last_number(txn), found = 0;

	accesses(txn, mark, taken);
	for (unsigned i = 0; i < ACCESS_KEYS && !found; i++) {
		number = number == ACCESS_KEYS ? 1 : (uint16_t)(number + 1);
		if (!(taken->bits[number / 8] & 1 << number % 8)) {
			found = number;
		}
	}
	free(taken);
	return found;
}

enum status change_give_key(struct change *change, struct access *access)
{
	uint8_t room[ACCESS_ROW_KEY], *record;
	struct bytes value;

	if (txn_get(change->txn, TABLE_ACCESS, access_row_key(room, access->key), &value)) {
		return fail(ST_DATA, "this key was given to somebody already");
	}
	access->number = next_number(change->txn);
	access->created = change->who.now;
	if (access->number == 0) {
		return fail(ST_DATA, "there are %d keys, and there may be no more", ACCESS_KEYS);
	}
	record = must_alloc(ACCESS_RECORD);
	struct writer w = writer_of(record, ACCESS_RECORD);

	access_write(&w, access);
	if (w.bad) {
		free(record);
		return fail(ST_DATA, "a key cannot be good for so many zones");
	}
	txn_put(change->txn, TABLE_ACCESS, access_row_key(room, access->key), writer_bytes(&w));
	access_set_last_number(change->txn, access->number);
	free(record);
	return change_status(change);
}

bool change_revoke_key(struct change *change, struct bytes key)
{
	uint8_t room[ACCESS_ROW_KEY];

	return txn_del(change->txn, TABLE_ACCESS, access_row_key(room, key));
}
