/*
 * evidence_walk.c: the reports in the order of one of their keys.
 */
#include <stdlib.h>

#include "evidence_inside.h"

/* Whether the scan stands at an id that begins with the digits; its row. */
static bool id_at(struct scan *scan, struct bytes key, struct txn *txn, const char *digits,
		  struct evidence *e)
{
	char text[EVIDENCE_ID_TEXT + 1];

	if (key.len != EVIDENCE_KEY || key.data[0] != 'i') {
		return false;
	}
	if (!evidence_get(txn, key.data + 1, e)) {
		scan_damaged(scan);
		return false;
	}
	evidence_id_format(e, text);
	return strncmp(text, digits, strlen(digits)) == 0;
}

enum status evidence_find(struct txn *txn, const char *digits, struct evidence *e)
{
	uint8_t room[EVIDENCE_KEY] = {0}, first[REPORT_HASH] = {0};
	struct bytes key, value;
	struct evidence next;

	for (size_t i = 0; i < EVIDENCE_ID_TEXT && digits[i]; i++) {
		char digit[2] = {digits[i], '\0'};

		first[i / 2] |= (uint8_t)(strtoul(digit, NULL, 16) << (i % 2 ? 0 : 4));
	}
	struct scan *scan = scan_open(txn, TABLE_EVIDENCE);
	bool found = scan_seek(scan, evidence_key(room, 'i', first), &key, &value) &&
		     id_at(scan, key, txn, digits, e);
	bool more = found && scan_next(scan, &key, &value) && id_at(scan, key, txn, digits, &next);

	scan_close(scan);
	if (txn_status(txn)) {
		return txn_status(txn);
	}
	if (!found) {
		return fail(ST_DATA, "there is no report with the id %s", digits);
	}
	return more ? fail(ST_DATA, "several reports have an id like %s: give more digits", digits)
		    : ST_OK;
}

void evidence_of(struct txn *txn, unsigned family, addr_t addr, evidence_visit *visit,
		 void *context)
{
	uint8_t room[REPORTS_KEY];
	struct writer from = writer_of(room, sizeof room);
	struct bytes key, value;
	struct evidence e;

	evidence_write_source(&from, family, addr);
	size_t same = writer_len(&from);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);
	bool more = scan_seek(scan, writer_bytes(&from), &key, &value);

	while (more && key.len > same && memcmp(key.data, room, same) == 0) {
		if (!evidence_read(key, value, &e)) {
			scan_damaged(scan);
			break;
		}
		if (!visit(context, &e)) {
			break;
		}
		more = scan_next(scan, &key, &value);
	}
	scan_close(scan);
}

void evidence_within(struct txn *txn, const struct prefix *prefix, evidence_visit *visit,
		     void *context)
{
	uint8_t room[REPORTS_KEY];
	struct writer end = writer_of(room, sizeof room);
	struct bytes key, value;
	struct evidence e;

	/* No time is UINT64_MAX: so this is after the last row, and the one before it is ours. */
	evidence_write_source(&end, prefix->family, prefix_last(prefix));
	write_u64(&end, UINT64_MAX);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);

	scan_seek(scan, writer_bytes(&end), &key, &value);
	while (scan_prev(scan, &key, &value) && key.len > 0 && key.data[0] == prefix->family) {
		if (!evidence_read(key, value, &e)) {
			scan_damaged(scan);
			break;
		}
		if (!prefix_covers(prefix, &e.report.source) || !visit(context, &e)) {
			break;
		}
	}
	scan_close(scan);
}

bool evidence_next_host(struct txn *txn, struct prefix *host)
{
	uint8_t room[REPORTS_KEY];
	struct writer from = writer_of(room, sizeof room);
	struct bytes key, value;

	evidence_write_source(&from, host->family, host->addr);
	struct scan *scan = scan_open(txn, TABLE_REPORTS);
	bool found = scan_seek(scan, writer_bytes(&from), &key, &value);
	struct reader r = reader_of(found ? key : (struct bytes){0});
	unsigned family = read_u8(&r);

	found = found && (family == 4 || family == 6);
	if (found) {
		*host = prefix_of(family, addr_read(&r, family), prefix_bits(family));
	}
	scan_close(scan);
	return found;
}

bool evidence_after_host(struct prefix *host)
{
	if (host->addr < prefix_mask(host->family, prefix_bits(host->family))) {
		host->addr++;
		return true;
	}
	bool more = host->family == 4;

	*host = (struct prefix){.family = 6, .len = 128};
	return more;
}

bool evidence_oldest(struct txn *txn, uint64_t before, struct evidence *e)
{
	static const uint8_t from[1] = {EVIDENCE_RECEIVED};
	struct bytes key, value;
	struct scan *scan = scan_open(txn, TABLE_REPORTS);
	bool found = scan_seek(scan, bytes_of(from, 1), &key, &value);

	if (found) {
		struct reader r = reader_of(key);

		read_u8(&r);
		uint64_t received = read_u64(&r);
		const uint8_t *id = read_bytes(&r, REPORT_HASH);

		found = received < before;
		if (found && (!id || !evidence_get(txn, id, e))) {
			scan_damaged(scan);
			found = false;
		}
	}
	scan_close(scan);
	return found;
}
