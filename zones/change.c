/*
 * change.c: the one door for writes, its frame: what a change begins with and how it ends.
 *
 *     begin     transaction, counters, sweep of what has expired
 *     …         change_claims.c, change_exclusions.c: rows are written at once, `dirty` gathers
 * where commit    derive.c: index, from `dirty`  ─▶  change_serials.c: serials, journal ─▶
 * references of answers and texts ─▶ counters ─▶ one LMDB commit
 *
 * Nothing is served before the LMDB commit, and everything is after it.
 */
#include <stdlib.h>

#include "audit.h"
#include "change_inside.h"
#include "change_mirror.h"
#include "source_rows.h"

static uint32_t name_answer(void *context, const struct answer *answer)
{
	struct change *c = context;
	uint8_t room[ANSWER_BYTES];
	uint32_t last = c->state.answers;
	uint32_t id = interned_id(c->answers, answer_bytes(answer, room));

	if (c->state.answers != last) {
		/* It is new, so its texts are named once more. */
		for (unsigned i = 0; i < answer->count; i++) {
			interned_ref(c->texts, answer->item[i].text, 1);
		}
	}
	return id;
}

static void answer_gone(void *context, struct bytes content)
{
	struct reader r = reader_of(content);

	while (reader_left(&r) > 0) {
		read_u16(&r);
		interned_ref(context, read_u32(&r), -1);
	}
}

enum status change_begin(struct change **change, struct store *store, const struct config *config,
			 const struct change_who *who)
{
	struct txn *txn;
	enum status status = txn_write(store, &txn);

	if (status) {
		return status;
	}
	struct change *c = must_alloc(sizeof *c);
	c->store = store;
	c->config = config;
	c->who = *who;
	c->txn = txn;
	state_read(txn, &c->state);
	c->answers = interned_new(txn, TABLE_ANSWERS, &c->state.answers);
	c->texts = interned_new(txn, TABLE_TEXTS, &c->state.texts);
	c->claims = scan_open(txn, TABLE_CLAIMS);
	change_sweep(c);
	status = txn_status(txn);
	if (status) {
		change_abort(c);
		return status;
	}
	*change = c;
	return ST_OK;
}

struct txn *change_txn(struct change *change)
{
	return change->txn;
}

void change_first_serial(struct change *change, uint32_t serial)
{
	change->first_serial = serial;
}

unsigned change_swept(const struct change *change)
{
	return change->swept;
}

enum status change_status(const struct change *change)
{
	return txn_status(change->txn);
}

void change_dirty(struct change *c, const struct prefix *prefix)
{
	if (c->dirty_count == c->dirty_room) {
		c->dirty_room = c->dirty_room ? c->dirty_room * 2 : 64;
		c->dirty = must_realloc(c->dirty, c->dirty_room * sizeof *c->dirty);
	}
	c->dirty[c->dirty_count++] = *prefix;
}

void change_count_source(struct change *c, uint32_t source, int64_t claims)
{
	for (size_t i = c->source_count; i > 0; i--) {
		if (c->sources[i - 1].source == source) {
			c->sources[i - 1].claims += claims;
			return;
		}
	}
	if (c->source_count == c->source_room) {
		c->source_room = c->source_room ? c->source_room * 2 : 8;
		c->sources = must_realloc(c->sources, c->source_room * sizeof *c->sources);
	}
	c->sources[c->source_count++] = (struct source_delta){source, claims};
}

uint16_t change_sublist(struct change *change, const char *name)
{
	/* Those of mirrored zones are nobody else's to claim on. */
	uint16_t there = mirror_is_sublist(name) ? 0 : sublist_number(change->txn, name);

	if (there) {
		return there;
	}
	if (!config_sublist(change->config, name)) {
		fail(ST_DATA, "no sublist '%s' in %s", name, change->config->file);
		return 0;
	}
	return change_number_sublist(change, name);
}

uint16_t change_number_sublist(struct change *change, const char *name)
{
	uint16_t there = sublist_number(change->txn, name);

	if (there) {
		return there;
	}
	if (change->state.sublists == UINT16_MAX) {
		fail(ST_DATA, "no number is left for sublist '%s'", name);
		return 0;
	}
	sublist_write(change->txn, ++change->state.sublists, name);
	return change->state.sublists;
}

uint32_t change_source(struct change *change, const char *name)
{
	struct source source = {0};

	if (source_read(change->txn, name, &source)) {
		if (source.disabled) {
			fail(ST_DATA,
			     "source '%s' is disabled: 'feeder source enable %s' allows it again",
			     name, name);
			return 0;
		}
		return source.number;
	}
	if (!mirror_is_source(name) && source_check_name(name)) {
		return 0;
	}
	source.number = ++change->state.sources;
	source.created = change->who.now;
	memcpy(source.name, name, strlen(name) + 1);
	source_write(change->txn, &source);
	return source.number;
}

bool change_enable_source(struct change *change, const char *name, bool enabled)
{
	struct source source;

	if (!source_read(change->txn, name, &source)) {
		return false;
	}
	source.disabled = !enabled;
	source_write(change->txn, &source);
	return true;
}

static struct bytes bytes_or_none(const char *text)
{
	return text ? bytes_str(text) : bytes_of(NULL, 0);
}

void change_audit(struct change *change, const struct audit_entry *entry)
{
	struct audit_row row = {
		.number = ++change->state.audit,
		.time = change->who.now,
		.actor = bytes_or_none(change->who.actor),
		.verb = bytes_or_none(change->who.verb),
		.event = bytes_or_none(entry->event),
		.sublist = bytes_or_none(entry->sublist),
		.source = bytes_or_none(entry->source),
		.reason = bytes_or_none(entry->reason),
		.has_prefix = entry->prefix != NULL,
		.added = entry->added,
		.removed = entry->removed,
	};

	if (entry->prefix) {
		row.prefix = *entry->prefix;
	}
	audit_append(change->txn, &row);
}

static void write_counts(struct change *c)
{
	struct source source;

	for (size_t i = 0; i < c->source_count; i++) {
		if (c->sources[i].claims &&
		    source_by_number(c->txn, c->sources[i].source, &source)) {
			source.claims += (uint64_t)c->sources[i].claims;
			source_write(c->txn, &source);
		}
	}
	for (unsigned n = 1; n <= c->state.sublists; n++) {
		if (c->listings[n]) {
			state_set_listings(c->txn, (uint16_t)n,
					   state_listings(c->txn, (uint16_t)n) +
						   (uint64_t)c->listings[n]);
		}
	}
	state_write(c->txn, &c->state);
}

/* Everything that follows from the rows. Errors are the transaction's. */
static void finish(struct change *c, struct change_outcome *outcome)
{
	struct flatten flatten;
	struct derive derive = {.txn = c->txn,
				.flatten = &flatten,
				.answers = c->answers,
				.journal = &c->journal};

	flatten_init(&flatten, c->txn, name_answer, c);
	flatten.claims = c->state.claims;
	flatten.exclusions = c->state.exclusions;
	derive_index(&derive, c->dirty, c->dirty_count);
	change_serials(c, &derive, outcome);
	interned_flush(c->answers, answer_gone, c->texts);
	interned_flush(c->texts, NULL, NULL);
	write_counts(c);
	derive_release(&derive);
	flatten_release(&flatten);
}

static void change_free(struct change *c)
{
	mirroring_free(c->mirror);
	interned_free(c->answers);
	interned_free(c->texts);
	journal_release(&c->journal);
	change_forget_excluded(c);
	free(c->dirty);
	free(c->sources);
	free(c);
}

static enum status end(struct change *c, struct change_outcome *outcome, bool commit)
{
	struct change_outcome none = {0};
	enum status status = txn_status(c->txn);

	outcome = outcome ? outcome : &none;
	*outcome = none;
	if (!status) {
		finish(c, outcome);
		status = txn_status(c->txn);
	}
	scan_close(c->claims);
	mirroring_close(c->mirror);
	if (commit) {
		status = txn_commit(c->txn);
	} else {
		txn_abort(c->txn);
	}
	change_free(c);
	return status;
}

enum status change_commit(struct change *change, struct change_outcome *outcome)
{
	return end(change, outcome, true);
}

enum status change_discard(struct change *change, struct change_outcome *outcome)
{
	return end(change, outcome, false);
}

void change_abort(struct change *change)
{
	if (change) {
		scan_close(change->claims);
		mirroring_close(change->mirror);
		txn_abort(change->txn);
		change_free(change);
	}
}
