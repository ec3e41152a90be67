/*
 * evidence_check.c: does all that leads to the reports lead there, and is each counted once?
 *
 *     reports   each row: its id, its receipt, its reporter; as many ids and receipts as rows
 *     bodies    as many rows as are counted
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "reporters.h"

struct checking {
	struct txn *txn;
	evidence_fault *fault;
	void *context;
	uint64_t rows, receipts, ids, counted;
	uint8_t (*bodies)[REPORT_HASH]; /* one a row */
	size_t room;
};

static void say(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct checking *c, const char *format, ...)
{
	char words[256];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	c->fault(c->context, words);
}

static void check_row(struct checking *c, const struct evidence *e)
{
	char id[EVIDENCE_ID_TEXT + 1];
	struct evidence found;

	if (c->rows == c->room) {
		c->room = c->room ? c->room * 2 : 1024;
		c->bodies = must_realloc(c->bodies, c->room * sizeof *c->bodies);
	}
	memcpy(c->bodies[c->rows++], e->hash, REPORT_HASH);
	evidence_id_format(e, id);
	if (!evidence_get(c->txn, e->id, &found) || evidence_time(&found) != evidence_time(e) ||
	    prefix_compare(&found.report.source, &e->report.source) != 0) {
		say(c, "evidence: report %s is not found by its id", id);
	}
	if (!evidence_has_receipt(c->txn, e)) {
		say(c, "reports: report %s is not found by when it came in", id);
	}
	if (reporter_name(c->txn, e->reporter).len == 0) {
		say(c, "reporters: report %s is by number %" PRIu32 ", who is nobody", id,
		    e->reporter);
	}
}

static void check_rows(struct checking *c)
{
	struct scan *scan = scan_open(c->txn, TABLE_REPORTS);
	struct bytes key, value;
	struct evidence e;

	for (bool more = scan_seek(scan, bytes_of("", 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (value.len == 0) {
			c->receipts++;
		} else if (evidence_read(key, value, &e)) {
			check_row(c, &e);
		} else {
			say(c, "reports: a row is damaged");
		}
	}
	scan_close(scan);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, REPORT_HASH);
}

/* Both are in the order of the hashes: *at is the first body that has not been counted. */
static void check_body(struct checking *c, struct bytes key, struct bytes value, size_t *at)
{
	struct reader r = reader_of(value);
	uint32_t counted = read_u32(&r), rows = 0;
	const uint8_t *hash = key.data + 1;

	for (; *at < c->rows && memcmp(c->bodies[*at], hash, REPORT_HASH) <= 0; ++*at) {
		rows += memcmp(c->bodies[*at], hash, REPORT_HASH) == 0;
	}
	c->counted += rows;
	if (r.bad || counted != rows) {
		say(c, "evidence: body %02x%02x%02x%02x… has %" PRIu32 " reports, not %" PRIu32,
		    hash[0], hash[1], hash[2], hash[3], rows, counted);
	}
}

static void check_ways(struct checking *c)
{
	struct scan *scan = scan_open(c->txn, TABLE_EVIDENCE);
	struct bytes key, value;
	size_t at = 0;

	if (c->rows > 0) {
		qsort(c->bodies, c->rows, sizeof *c->bodies, by_hash);
	}
	for (bool more = scan_seek(scan, bytes_of("", 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (key.len == 1 + REPORT_HASH && key.data[0] == 'b') {
			check_body(c, key, value, &at);
		} else {
			c->ids++;
		}
	}
	scan_close(scan);
}

void evidence_check(struct txn *txn, evidence_fault *fault, void *context)
{
	struct checking c = {.txn = txn, .fault = fault, .context = context};

	check_rows(&c);
	check_ways(&c);
	if (c.receipts != c.rows) {
		say(&c, "reports: %" PRIu64 " rows, and %" PRIu64 " by when they came in", c.rows,
		    c.receipts);
	}
	if (c.counted != c.rows) {
		say(&c, "evidence: of %" PRIu64 " reports the bodies are not counted",
		    c.rows - c.counted);
	}
	if (c.ids != c.rows) {
		say(&c, "evidence: %" PRIu64 " ids of %" PRIu64 " reports", c.ids, c.rows);
	}
	free(c.bodies);
}
