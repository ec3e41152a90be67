/*
 * check.c: everything derived is made again and compared.
 *
 *     claims      ─▶ by_source, expiry, counts of lengths, listings and sources, references to
 * texts exclusions  ─▶ expiry, counts of lengths both        ─▶ index (check_index.c), references
 * to answers journal     ─▶ its size, references to answers answers     ─▶ references to texts
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "access.h"
#include "answer.h"
#include "check_inside.h"
#include "claim.h"
#include "exclusion.h"
#include "expiry.h"
#include "journal.h"
#include "source_rows.h"

void check_say(struct check *c, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	c->faults++;
	c->fault(c->context, text);
}

/* What the claims are counted to be. */
struct counted {
	struct lengths claims;
	uint64_t *listings; /* by sublist number */
	uint64_t *sources;  /* by source number */
	uint64_t by_source, expiry;
};

static bool has_expiry(struct check *c, uint64_t when, enum expiry_kind kind, struct bytes key)
{
	uint8_t room[9 + EXPIRY_ROOM];
	struct writer w = writer_of(room, sizeof room);
	struct bytes value;

	write_u64(&w, when);
	write_u8(&w, (uint8_t)kind);
	write_bytes(&w, key.data, key.len);
	return txn_get(c->txn, TABLE_EXPIRY, writer_bytes(&w), &value);
}

static void check_claim(struct check *c, const struct claim *claim, struct bytes key,
			struct counted *n)
{
	uint8_t room[BY_SOURCE_KEY];
	char prefix[PREFIX_TEXT];
	struct bytes value;

	prefix_format(&claim->prefix, prefix);
	if (prefix_check_listing(&claim->prefix)) {
		check_say(c, "claims: %s may not be listed: %s", prefix, fail_text());
	}
	if (claim->sublist == 0 || claim->sublist > c->state.sublists || claim->source == 0 ||
	    claim->source > c->state.sources) {
		check_say(c, "claims: %s names sublist %u or source %u, which never were", prefix,
			  claim->sublist, claim->source);
		return;
	}
	++*lengths_at(&n->claims, claim->prefix.family, claim->prefix.len);
	n->sources[claim->source]++;
	n->by_source++;
	if (!txn_get(c->txn, TABLE_BY_SOURCE,
		     by_source_key(room, claim->source, &claim->prefix, claim->sublist), &value)) {
		check_say(c, "by_source: the claim on %s by source %u is missing", prefix,
			  claim->source);
	}
	if (claim->expires) {
		n->expiry++;
		if (!has_expiry(c, claim->expires, EXPIRY_CLAIM, key)) {
			check_say(c, "expiry: the claim on %s by source %u is missing", prefix,
				  claim->source);
		}
	}
	interned_ref(c->texts, claim->text, 1);
}

static void check_claims(struct check *c, struct counted *n)
{
	struct scan *scan = scan_open(c->txn, TABLE_CLAIMS);
	struct bytes key, value;
	struct claim claim, before = {0};

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (!claim_read(key, value, &claim)) {
			scan_damaged(scan);
			break;
		}
		check_claim(c, &claim, key, n);
		if (claim.sublist <= c->state.sublists &&
		    (claim.sublist != before.sublist ||
		     prefix_compare(&claim.prefix, &before.prefix) != 0)) {
			n->listings[claim.sublist]++;
		}
		before = claim;
	}
	scan_close(scan);
}

static bool compare_source(void *context, const struct source *s)
{
	struct {
		struct check *c;
		struct counted *n;
	} *x = context;

	if (s->number > x->c->state.sources || s->claims != x->n->sources[s->number]) {
		check_say(x->c, "sources: '%s' is said to claim %llu, it claims %llu", s->name,
			  (unsigned long long)s->claims,
			  s->number > x->c->state.sources
				  ? 0ULL
				  : (unsigned long long)x->n->sources[s->number]);
	}
	return true;
}

static void check_lengths(struct check *c, const char *what, const struct lengths *is,
			  const struct lengths *said)
{
	if (memcmp(is, said, sizeof *is) != 0) {
		check_say(c, "meta: the count of %s by prefix length is wrong", what);
	}
}

static void check_exclusions(struct check *c, struct counted *n)
{
	struct scan *scan = scan_open(c->txn, TABLE_EXCLUSIONS);
	struct lengths lengths = {0};
	struct bytes key, value;
	struct exclusion e;

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		char prefix[PREFIX_TEXT];

		if (!exclusion_read(key, value, &e)) {
			scan_damaged(scan);
			break;
		}
		++*lengths_at(&lengths, e.prefix.family, e.prefix.len);
		prefix_format(&e.prefix, prefix);
		if (e.expires) {
			n->expiry++;
			if (!has_expiry(c, e.expires, EXPIRY_EXCLUSION, key)) {
				check_say(c, "expiry: the exclusion of %s is missing", prefix);
			}
		}
	}
	scan_close(scan);
	check_lengths(c, "exclusions", &lengths, &c->state.exclusions);
}

/* Feeds' snapshots that end. */
static void check_snapshots(struct check *c, struct counted *n)
{
	struct scan *scan = scan_open(c->txn, TABLE_SOURCES);
	struct bytes key, value;

	for (bool more = scan_seek(scan, bytes_str("s"), &key, &value); more && key.data[0] == 's';
	     more = scan_next(scan, &key, &value)) {
		struct reader r = reader_of(bytes_of(key.data + 1, key.len - 1));
		uint32_t source = read_u32(&r);
		struct snapshot snapshot = {0};

		if (!source_snapshot(c->txn, source, read_u16(&r), &snapshot)) {
			check_say(c, "sources: a snapshot of source %u is not readable", source);
		} else if (snapshot.expires) {
			n->expiry++;
			if (!has_expiry(c, snapshot.expires, EXPIRY_SNAPSHOT,
					bytes_of(key.data + 1, key.len - 1))) {
				check_say(c, "expiry: a snapshot of source %u is missing", source);
			}
		}
	}
	scan_close(scan);
}

static void check_entries(struct check *c, enum table table, const char *name, uint64_t wanted)
{
	uint64_t entries = store_table_usage(c->txn, table).entries;

	if (entries != wanted) {
		check_say(c, "%s: %llu rows, where %llu belong", name, (unsigned long long)entries,
			  (unsigned long long)wanted);
	}
}

static void name_answer(void *context, uint32_t id)
{
	interned_ref(context, id, 1);
}

static void check_journal(struct check *c)
{
	struct scan *scan = scan_open(c->txn, TABLE_JOURNAL);
	struct bytes key, value;
	uint64_t size = 0, last = 0;

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		struct segments segments = {0};
		struct prefix unit;
		uint64_t change;

		if (!journal_key(key, &change, &unit) || change > c->state.changes ||
		    change < c->state.journal_first || (unit.family != 0 && change != last) ||
		    (unit.family != 0 && journal_decode(&unit, value, &segments))) {
			check_say(c, "journal: a row is damaged");
		} else {
			answers_of(&segments, name_answer, c->answers);
			last = change;
		}
		size += key.len + value.len;
		segments_release(&segments);
	}
	scan_close(scan);
	if (size != c->state.journal_bytes) {
		check_say(c, "meta: the journal's size is wrong");
	}
}

/* Texts that answers name. */
static void check_answers(struct check *c)
{
	struct scan *scan = scan_open(c->txn, TABLE_ANSWERS);
	struct answer *answer = must_alloc(sizeof *answer);
	struct bytes key, value;

	for (bool more = scan_seek(scan, bytes_str("i"), &key, &value); more && key.data[0] == 'i';
	     more = scan_next(scan, &key, &value)) {
		struct reader r = reader_of(bytes_of(key.data + 1, key.len - 1));

		if (!answer_read(c->txn, read_u32(&r), answer)) {
			break;
		}
		for (unsigned i = 0; i < answer->count; i++) {
			interned_ref(c->texts, answer->item[i].text, 1);
		}
	}
	free(answer);
	scan_close(scan);
}

static void refs_fault(void *context, uint32_t id, uint64_t said, uint64_t counted)
{
	struct check *c = context;

	check_say(c, "references: id %u is said to be named %llu times, it is named %llu times", id,
		  (unsigned long long)said, (unsigned long long)counted);
}

/* Two keys with one number would count as one. */
static bool check_key(void *context, const struct access *access)
{
	struct {
		struct check *c;
		uint8_t *numbers;
		uint64_t keys;
	} *x = context;
	struct reader sublists = reader_of(access->sublists);

	x->keys++;
	if (x->numbers[access->number]++ == 1) {
		check_say(x->c, "access: two keys have the number %u", access->number);
	}
	while (reader_left(&sublists) > 0) {
		unsigned number = read_u16(&sublists);

		if (number == 0 || number > x->c->state.sublists) {
			check_say(x->c, "access: key %u names sublist %u, which never was",
				  access->number, number);
		}
	}
	return true;
}

static void check_access(struct check *c)
{
	struct {
		struct check *c;
		uint8_t *numbers;
		uint64_t keys;
	} x = {c, must_alloc(ACCESS_KEYS + 1), 0};

	accesses(c->txn, check_key, &x);
	check_entries(c, TABLE_ACCESS, "access", x.keys + (access_last_number(c->txn) != 0));
	if (x.keys > 0 && access_last_number(c->txn) == 0) {
		check_say(c, "access: the number that was given last is missing");
	}
	free(x.numbers);
}

static void check_counts(struct check *c, struct counted *n)
{
	struct {
		struct check *c;
		struct counted *n;
	} x = {c, n};

	check_lengths(c, "claims", &n->claims, &c->state.claims);
	for (unsigned i = 1; i <= c->state.sublists; i++) {
		if (state_listings(c->txn, (uint16_t)i) != n->listings[i]) {
			check_say(c, "meta: the count of listings on sublist %u is wrong", i);
		}
	}
	sources(c->txn, compare_source, &x);
	check_entries(c, TABLE_BY_SOURCE, "by_source", n->by_source);
	check_entries(c, TABLE_EXPIRY, "expiry", n->expiry);
}

enum status check_run(struct txn *txn, check_fault *fault, void *context)
{
	struct check c = {.txn = txn, .fault = fault, .context = context};
	struct counted *n = must_alloc(sizeof *n);
	uint32_t never;

	state_read(txn, &c.state);
	c.answers = interned_new(txn, TABLE_ANSWERS, &never);
	c.texts = interned_new(txn, TABLE_TEXTS, &never);
	n->listings = must_alloc((c.state.sublists + 1U) * sizeof *n->listings);
	n->sources = must_alloc((c.state.sources + 1ULL) * sizeof *n->sources);
	check_claims(&c, n);
	check_exclusions(&c, n);
	check_snapshots(&c, n);
	check_counts(&c, n);
	check_index(&c);
	check_journal(&c);
	check_answers(&c);
	check_access(&c);
	check_mirrored(&c);
	interned_compare(c.answers, refs_fault, &c);
	interned_compare(c.texts, refs_fault, &c);
	interned_free(c.answers);
	interned_free(c.texts);
	free(n->listings);
	free(n->sources);
	free(n);
	if (txn_status(txn)) {
		return txn_status(txn);
	}
	return c.faults ? ST_NO : ST_OK;
}
