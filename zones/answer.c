/*
 * answer.c: answers and texts, read from the database (interned.c writes them), and sublists'
 * numbers.
 *
 *     meta: "sublist " name     -> number(2)
 *           "numbered" number(2) -> name
 */
#include "answer.h"

#include "interned.h"

bool answer_read(struct txn *txn, uint32_t id, struct answer *answer)
{
	struct bytes content;

	answer->count = 0;
	if (!interned_read(txn, TABLE_ANSWERS, id, &content)) {
		if (!txn_status(txn)) {
			txn_fail(txn,
				 fail(ST_INTERNAL, "answer %u is missing: run 'feeder check'", id));
		}
		return false;
	}
	struct reader r = reader_of(content);
	while (reader_left(&r) > 0 && answer->count < CONFIG_SUBLISTS) {
		answer->item[answer->count].sublist = read_u16(&r);
		answer->item[answer->count].text = read_u32(&r);
		answer->count++;
	}
	if (r.bad || reader_left(&r) > 0 || answer->count == 0) {
		txn_fail(txn, fail(ST_INTERNAL, "answer %u is damaged: run 'feeder check'", id));
		return false;
	}
	return true;
}

struct bytes text_read(struct txn *txn, uint32_t id)
{
	struct bytes content = {0};

	if (id != 0 && !interned_read(txn, TABLE_TEXTS, id, &content) && !txn_status(txn)) {
		txn_fail(txn, fail(ST_INTERNAL, "text %u is missing: run 'feeder check'", id));
	}
	return content;
}

enum { SUBLIST_KEY = 8 + SUBLIST_NAME };

static struct bytes name_key(uint8_t room[SUBLIST_KEY], const char *name)
{
	struct writer w = writer_of(room, SUBLIST_KEY);

	write_bytes(&w, "sublist ", 8);
	write_bytes(&w, name, strlen(name));
	return writer_bytes(&w);
}

static struct bytes number_key(uint8_t room[SUBLIST_KEY], uint16_t number)
{
	struct writer w = writer_of(room, SUBLIST_KEY);

	write_bytes(&w, "numbered", 8);
	write_u16(&w, number);
	return writer_bytes(&w);
}

uint16_t sublist_number(struct txn *txn, const char *name)
{
	uint8_t room[SUBLIST_KEY];
	struct bytes value;

	if (!txn_get(txn, TABLE_META, name_key(room, name), &value)) {
		return 0;
	}
	struct reader r = reader_of(value);
	return read_u16(&r);
}

bool sublist_name(struct txn *txn, uint16_t number, char name[SUBLIST_NAME])
{
	uint8_t room[SUBLIST_KEY];
	struct bytes value;

	if (!txn_get(txn, TABLE_META, number_key(room, number), &value) ||
	    value.len >= SUBLIST_NAME) {
		return false;
	}
	memcpy(name, value.data, value.len);
	name[value.len] = '\0';
	return true;
}

void sublist_write(struct txn *txn, uint16_t number, const char *name)
{
	uint8_t room[SUBLIST_KEY], value[2];
	struct writer w = writer_of(value, sizeof value);

	write_u16(&w, number);
	txn_put(txn, TABLE_META, name_key(room, name), writer_bytes(&w));
	txn_put(txn, TABLE_META, number_key(room, number), bytes_str(name));
}
