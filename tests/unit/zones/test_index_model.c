/*
 * test_index_model.c: the index against a naive model. Random claims and exclusions come, go, are
 * renewed and expire in random transactions; after each, every address that could tell a difference
 * is asked of both.
 *
 * The model keeps claims in an array and answers by looking at each of them. It knows nothing of
 * blocks, segments, ids or journals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "answer.h"
#include "change.h"
#include "check.h"
#include "draw.h"
#include "expiry.h"
#include "journal.h"
#include "source.h"
#include "temp.h"
#include "zonestate.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"relay {ip}\" }\n"
	"sublist hijacked { code = 4 text = \"hijacked {ip}\" }\n"
	"sublist netblock { code = 9 text = \"netblock\" }\n"
	"zone \"all.example.org\" { ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n"
	"zone \"relay.example.org\" { sublists = { \"relay\" } ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n";

enum { SUBLISTS = 3, SOURCES = 4, TEXTS = 6, MODEL = 4000 };

static const char *const sublist_names[SUBLISTS] = {"relay", "hijacked", "netblock"};
/* Not in the order in which the database meets them: ties between texts are settled by name. */
static const char *const source_names[SOURCES] = {"zeta", "alpha", "mid", "beta"};
static const char *const texts[TEXTS] = {NULL,        NULL, NULL, "text one", "text two {ip}",
					 "text three"};

struct model_claim {
	bool live;
	struct prefix prefix;
	int sublist, source, text;
	uint64_t created, expires;
};
struct model_exclusion {
	bool live;
	struct prefix prefix;
	uint64_t expires;
};

static struct model_claim claims[MODEL];
static struct model_exclusion holes[MODEL];
static size_t claim_count, hole_count;

static const char *dir;
static struct config *config;
static struct store *store;
static uint64_t now;

static bool long_run(void)
{
	return getenv("DNSBLD_LONG") != NULL;
}

/* What the model says of an address on a sublist: 0 not listed, 1 by the template, 2 + n by text n.
 */
static int model_answer(unsigned family, addr_t addr, int sublist)
{
	struct prefix host = prefix_of(family, addr, prefix_bits(family));
	const struct model_claim *best = NULL;
	int listed = 0;

	for (size_t i = 0; i < hole_count; i++) {
		if (holes[i].live && prefix_covers(&holes[i].prefix, &host)) {
			return 0;
		}
	}
	for (size_t i = 0; i < claim_count; i++) {
		const struct model_claim *c = &claims[i];

		if (!c->live || c->sublist != sublist || !prefix_covers(&c->prefix, &host)) {
			continue;
		}
		listed = 1;
		if (!texts[c->text]) {
			continue;
		}
		if (!best || c->prefix.len > best->prefix.len ||
		    (c->prefix.len == best->prefix.len &&
		     (c->created < best->created ||
		      (c->created == best->created &&
		       strcmp(source_names[c->source], source_names[best->source]) < 0)))) {
			best = c;
		}
	}
	return best ? 2 + best->text : listed;
}

static uint16_t numbers[SUBLISTS];

static int index_answer(struct txn *txn, const struct answer *a, int sublist)
{
	for (unsigned i = 0; i < a->count; i++) {
		if (a->item[i].sublist != numbers[sublist]) {
			continue;
		}
		struct bytes text = text_read(txn, a->item[i].text);
		if (text.len == 0) {
			return 1;
		}
		for (int t = 0; t < TEXTS; t++) {
			if (texts[t] && bytes_equal(text, bytes_str(texts[t]))) {
				return 2 + t;
			}
		}
		return -1;
	}
	return 0;
}

static void compare_address(struct txn *txn, unsigned family, addr_t addr)
{
	static struct answer a;
	uint32_t id = index_find(txn, family, addr);

	a.count = 0;
	if (id) {
		assert_true(answer_read(txn, id, &a));
	}
	for (int s = 0; s < SUBLISTS; s++) {
		int said = index_answer(txn, &a, s), meant = model_answer(family, addr, s);

		if (said != meant) {
			char text[ADDR_TEXT];

			addr_format(family, addr, text);
			fail_msg("%s on %s: the index says %d, the model %d", text,
				 sublist_names[s], said, meant);
		}
	}
}

static void compare_around(struct txn *txn, const struct prefix *p)
{
	addr_t last = prefix_last(p), end = prefix_mask(p->family, prefix_bits(p->family));

	compare_address(txn, p->family, p->addr);
	compare_address(txn, p->family, last);
	compare_address(txn, p->family, p->addr + (last - p->addr) / 2);
	if (p->addr > 0) {
		compare_address(txn, p->family, p->addr - 1);
	}
	if (last < end) {
		compare_address(txn, p->family, last + 1);
	}
}

static void compare_all(struct txn *txn)
{
	/* The answer of the model is constant between the ends of its prefixes, so the ends and
	 * their neighbours are all addresses. */
	for (size_t i = 0; i < claim_count; i++) {
		compare_around(txn, &claims[i].prefix);
	}
	for (size_t i = 0; i < hole_count; i++) {
		compare_around(txn, &holes[i].prefix);
	}
	for (int i = 0; i < 200; i++) {
		compare_address(txn, 4, (addr_t)(0xcb007100 + draw(0x20000) - 0x10000));
	}
	/* And a few thousand side by side, with nothing left out. */
	addr_t start = 0xcb007000 + draw(0x1000);
	for (addr_t addr = start; addr < start + 512; addr++) {
		compare_address(txn, 4, addr);
	}
	assert_int_equal(txn_status(txn), ST_OK);
}

static void print_fault(void *context, const char *fault)
{
	(void)context;
	print_error("check: %s\n", fault);
}

static unsigned widest_v4, widest_v6;

static unsigned at_least(unsigned len, unsigned least)
{
	return len < least ? least : len;
}

static struct prefix any_prefix(void)
{
	static const unsigned v4_lengths[] = {8,  9,  12, 15, 16, 17, 20, 22, 24, 24,
					      25, 27, 28, 30, 31, 32, 32, 32, 32};
	static const unsigned v6_lengths[] = {16, 20, 29, 32, 33,  47,  48,  56, 63,
					      64, 64, 65, 96, 120, 127, 128, 128};

	if (draw(3) > 0) {
		unsigned len = v4_lengths[draw(sizeof v4_lengths / sizeof v4_lengths[0])];
		/* Crowded: the last two /24s of one block and the first of the next, and a little
		 * elsewhere. */
		addr_t addr = draw(10) == 0 ? (addr_t)(0x01000000 + draw(0xdf000000))
					    : (addr_t)(0xcb007000 + draw(0x200));

		if (draw(5) == 0) {
			addr = 0xcb00fff0 + draw(0x20);
		}
		return prefix_of(4, addr, at_least(len, widest_v4));
	}
	addr_t net = (addr_t)0x20010db800000000 << 64;
	addr_t addr = net + ((addr_t)draw(3) << 96) + ((addr_t)draw(3) << 64) + draw(6);
	unsigned len = v6_lengths[draw(sizeof v6_lengths / sizeof v6_lengths[0])];
	return prefix_of(6, addr, at_least(len, widest_v6));
}

static struct model_claim *model_find(const struct prefix *p, int sublist, int source)
{
	for (size_t i = 0; i < claim_count; i++) {
		struct model_claim *c = &claims[i];

		if (c->live && c->sublist == sublist && c->source == source &&
		    prefix_compare(&c->prefix, p) == 0) {
			return c;
		}
	}
	return NULL;
}

static bool model_excluded(const struct prefix *p)
{
	/* Covered by the union of all exclusions: ask for each end of what could leave a gap. */
	for (size_t i = 0; i < hole_count; i++) {
		if (holes[i].live && prefix_covers(&holes[i].prefix, p)) {
			return true;
		}
	}
	return false;
}

static void random_add(struct change *c)
{
	struct prefix p = any_prefix();
	int sublist = (int)draw(SUBLISTS), source = (int)draw(SOURCES), text = (int)draw(TEXTS);
	uint64_t expires = draw(3) == 0 ? now + 1 + draw(50) : 0;
	struct claim_add add = {
		.prefix = p,
		.sublist = change_sublist(c, sublist_names[sublist]),
		.source = change_source(c, source_names[source]),
		.force = draw(4) > 0,
		.imported = draw(2),
		.expires = expires,
		.text = texts[text],
		.reason = draw(2) ? "because" : NULL,
	};
	struct model_claim *known = model_find(&p, sublist, source);
	enum claim_effect effect = change_add(c, &add);

	if (!add.force && model_excluded(&p)) {
		assert_int_equal(effect, CLAIM_EXCLUDED);
	} else if (effect == CLAIM_EXCLUDED) {
		/* Several exclusions that touch cover it together. */
		assert_false(add.force);
	} else if (known) {
		assert_int_equal(effect, CLAIM_RENEWED);
		known->expires = expires;
	} else {
		assert_int_equal(effect, CLAIM_ADDED);
		assert_true(claim_count < MODEL);
		claims[claim_count++] =
			(struct model_claim){true, p, sublist, source, text, now, expires};
	}
}

static void random_remove(struct change *c)
{
	if (claim_count == 0) {
		return;
	}
	struct model_claim *m = &claims[draw(claim_count)];
	bool removed = change_remove(c, &m->prefix, change_sublist(c, sublist_names[m->sublist]),
				     change_source(c, source_names[m->source]));
	struct model_claim *live = model_find(&m->prefix, m->sublist, m->source);

	assert_int_equal(removed, live != NULL);
	if (live) {
		live->live = false;
	}
}

static struct model_exclusion *model_hole(const struct prefix *p)
{
	for (size_t i = 0; i < hole_count; i++) {
		if (holes[i].live && prefix_compare(&holes[i].prefix, p) == 0) {
			return &holes[i];
		}
	}
	return NULL;
}

static void random_exclusion(struct change *c)
{
	struct prefix p = any_prefix();

	if (hole_count > 0 && draw(2)) {
		p = holes[draw(hole_count)].prefix;
		struct model_exclusion *live = model_hole(&p);

		assert_int_equal(change_unexclude(c, &p), live != NULL);
		if (live) {
			live->live = false;
		}
		return;
	}
	/* Wide holes would hide everything else. */
	if (p.len < (p.family == 4 ? 24 : 48)) {
		return;
	}
	uint64_t expires = draw(3) == 0 ? now + 1 + draw(30) : 0;
	struct model_exclusion *live = model_hole(&p);

	assert_int_equal(change_exclude(c, &p, "test", expires), live == NULL);
	if (live) {
		live->expires = expires;
	} else {
		assert_true(hole_count < MODEL);
		holes[hole_count++] = (struct model_exclusion){true, p, expires};
	}
}

static void model_sweep(void)
{
	for (size_t i = 0; i < claim_count; i++) {
		if (claims[i].expires && claims[i].expires <= now) {
			claims[i].live = false;
		}
	}
	for (size_t i = 0; i < hole_count; i++) {
		if (holes[i].expires && holes[i].expires <= now) {
			holes[i].live = false;
		}
	}
}

static uint32_t serial_of(struct txn *txn, size_t zone)
{
	struct zone_state state;

	assert_true(zone_state_read(txn, &config->zones[zone], &state));
	return state.serial;
}

static void transaction(size_t operations)
{
	struct change *c;
	struct change_who who = {"tester", "test", now};
	struct change_outcome outcome;

	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	model_sweep();
	for (size_t i = 0; i < operations; i++) {
		uint64_t what = draw(10);

		if (what < 6) {
			random_add(c);
		} else if (what < 9) {
			random_remove(c);
		} else {
			random_exclusion(c);
		}
		assert_int_equal(change_status(c), ST_OK);
	}
	if (change_commit(c, &outcome)) {
		fail_msg("commit: %s", fail_text());
	}
}

static void open_all(uint64_t with_seed)
{
	struct change *c;
	struct change_who who = {"tester", "test", 1000};

	draw_seed(with_seed);
	now = 1000;
	claim_count = hole_count = 0;
	widest_v4 = widest_v6 = 0;
	dir = temp_make();
	if (config_parse(CONFIG, "/test.conf", &config)) {
		fail_msg("config: %s", fail_text());
	}
	if (store_create(&store, dir, 1ULL << 30, -1, -1)) {
		fail_msg("create: %s", fail_text());
	}
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	for (int i = 0; i < SUBLISTS; i++) {
		numbers[i] = change_sublist(c, sublist_names[i]);
		assert_int_not_equal(numbers[i], 0);
	}
	for (int i = 0; i < SOURCES; i++) {
		assert_int_not_equal(change_source(c, source_names[i]), 0);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
}

static void close_all(void)
{
	store_close(store);
	config_free(config);
	temp_remove(dir);
}

static struct txn *reading(void)
{
	struct txn *txn;

	assert_int_equal(txn_read(store, &txn), ST_OK);
	return txn;
}

static void check_now(void)
{
	struct txn *txn = reading();

	compare_all(txn);
	enum status status = check_run(txn, print_fault, NULL);
	if (status) {
		fail_msg("feeder check: %d %s", status, fail_text());
	}
	txn_abort(txn);
}

static void test_index_equals_the_model_after_random_changes(void **state)
{
	int runs = long_run() ? 40 : 4, rounds = long_run() ? 60 : 25;

	(void)state;
	for (int run = 0; run < runs; run++) {
		open_all(0x1234567 + (uint64_t)run * 7919);
		for (int round = 0; round < rounds; round++) {
			transaction(1 + draw(draw(4) == 0 ? 60 : 8));
			check_now();
			now += draw(12);
		}
		close_all();
	}
}

static struct segments snapshot(struct txn *txn, unsigned family)
{
	struct segments all = {0};
	struct prefix everything = prefix_of(family, 0, 0);

	index_read(txn, &everything, &all);
	return all;
}

static void assert_same_segments(const struct segments *a, const struct segments *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_true(a->at[i].first == b->at[i].first && a->at[i].last == b->at[i].last);
		assert_int_equal(a->at[i].answer, b->at[i].answer);
	}
}

/* All bytes of both indexes, one after the other. The caller frees. */
static struct bytes index_bytes(struct txn *txn)
{
	struct bytes key, value;
	size_t room = 16 << 20;
	uint8_t *data = must_alloc(room);
	struct writer w = writer_of(data, room);

	for (int t = 0; t < 2; t++) {
		struct scan *scan = scan_open(txn, t ? TABLE_INDEX6 : TABLE_INDEX4);

		for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &value); more;
		     more = scan_next(scan, &key, &value)) {
			write_u32(&w, (uint32_t)key.len);
			write_bytes(&w, key.data, key.len);
			write_u32(&w, (uint32_t)value.len);
			write_bytes(&w, value.data, value.len);
		}
		scan_close(scan);
	}
	assert_false(w.bad);
	return writer_bytes(&w);
}

static void test_equal_claims_give_equal_index_bytes(void **state)
{
	struct change *c;

	(void)state;
	open_all(77);
	/* Narrow ones, for a barrier's answers go with their last claim, and their ids with them.
	 */
	widest_v4 = 12;
	widest_v6 = 32;
	for (int i = 0; i < 10; i++) {
		transaction(20);
	}
	struct txn *txn = reading();
	struct bytes before = index_bytes(txn);
	txn_abort(txn);

	/* Everything goes, in a random order … (the journal keeps the answers, so that their ids
	 * stay) */
	struct change_who who = {"tester", "test", now};
	for (size_t i = 0; i < claim_count; i++) {
		size_t k = i + draw(claim_count - i);
		struct model_claim swap = claims[i];

		claims[i] = claims[k];
		claims[k] = swap;
	}
	for (size_t i = 0; i < claim_count;) {
		assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
		for (size_t n = 1 + draw(9); n > 0 && i < claim_count; n--, i++) {
			change_remove(c, &claims[i].prefix, numbers[claims[i].sublist],
				      change_source(c, source_names[claims[i].source]));
		}
		assert_int_equal(change_commit(c, NULL), ST_OK);
	}
	txn = reading();
	struct bytes none = index_bytes(txn);
	assert_int_equal(none.len, 0);
	free((void *)(uintptr_t)none.data);
	txn_abort(txn);

	/* … and comes back in another, as old as it was. */
	for (size_t i = claim_count; i > 0;) {
		who.now = claims[i - 1].created;
		assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
		struct model_claim *m = &claims[--i];
		if (m->live) {
			change_add(c, &(struct claim_add){
					      .prefix = m->prefix,
					      .sublist = numbers[m->sublist],
					      .source = change_source(c, source_names[m->source]),
					      .force = true,
					      .text = texts[m->text]});
		}
		assert_int_equal(change_commit(c, NULL), ST_OK);
	}
	txn = reading();
	struct bytes after = index_bytes(txn);
	txn_abort(txn);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	assert_true(before.len > 1000);
	free((void *)(uintptr_t)before.data);
	free((void *)(uintptr_t)after.data);
	close_all();
}

/* Puts a unit's segments in the place of what a list has there. */
static struct segments replace_unit(const struct segments *from, const struct prefix *unit,
				    struct bytes before)
{
	addr_t first = unit->addr, last = prefix_last(unit);
	struct segments result = {0}, inside = {0};

	for (size_t i = 0; i < from->count; i++) {
		const struct segment *s = &from->at[i];

		if (s->first < first) {
			segments_add(&result, s->first, s->last < first ? s->last : first - 1,
				     s->answer);
		}
	}
	assert_int_equal(journal_decode(unit, before, &inside), ST_OK);
	for (size_t i = 0; i < inside.count; i++) {
		segments_add(&result, inside.at[i].first, inside.at[i].last, inside.at[i].answer);
	}
	for (size_t i = 0; i < from->count; i++) {
		const struct segment *s = &from->at[i];

		if (s->last > last) {
			segments_add(&result, s->first > last ? s->first : last + 1, s->last,
				     s->answer);
		}
	}
	segments_release(&inside);
	return result;
}

/* Undoes a change on a family's list, in place. */
static void undo(struct txn *txn, struct segments *list, unsigned family, uint64_t change,
		 bool *barrier)
{
	struct scan *scan = scan_open(txn, TABLE_JOURNAL);
	uint8_t first[8];
	struct writer w = writer_of(first, sizeof first);
	struct bytes key, value;
	struct prefix unit;
	uint64_t of = 0;

	write_u64(&w, change);
	assert_true(scan_seek(scan, writer_bytes(&w), &key, &value) &&
		    journal_key(key, &of, &unit));
	assert_true(of == change && unit.family == 0);
	*barrier = value.data[9] != 0;
	while (scan_next(scan, &key, &value) && journal_key(key, &of, &unit) && of == change) {
		if (unit.family == family) {
			struct segments next = replace_unit(list, &unit, value);

			segments_release(list);
			*list = next;
		}
	}
	scan_close(scan);
}

static struct prefix narrow_prefix(void)
{
	if (draw(2)) {
		return prefix_of(4, 0xcb007000 + draw(0x200) * 257, 24 + (unsigned)draw(9));
	}
	addr_t net = (addr_t)0x20010db800000000 << 64;
	return prefix_of(6, net + ((addr_t)draw(3) << 97) + ((addr_t)draw(3) << 66) + draw(20),
			 48 + (unsigned)draw(81));
}

/* One transaction of narrow claims that come and go; the number of the change. */
static uint64_t narrow_transaction(void)
{
	struct change_outcome outcome;
	struct change_who who = {"tester", "test", now};
	struct change *c;

	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	for (size_t n = 1 + draw(8); n > 0; n--) {
		struct prefix p = narrow_prefix();
		struct claim_add add = {.prefix = p,
					.sublist = numbers[draw(SUBLISTS)],
					.source = change_source(c, source_names[0]),
					.text = texts[draw(TEXTS)]};

		if (!draw(3) || change_add(c, &add) == CLAIM_RENEWED) {
			change_remove(c, &p, add.sublist, add.source);
		}
	}
	assert_int_equal(change_commit(c, &outcome), ST_OK);
	return outcome.number;
}

static void test_the_journal_undoes_each_change(void **state)
{
	enum { STEPS = 60 };
	struct segments was[2][STEPS + 1];
	uint64_t number[STEPS + 1];
	unsigned undone = 0;

	(void)state;
	open_all(4242);
	for (int i = 0; i <= STEPS; i++) {
		number[i] = i ? narrow_transaction() : 0;
		struct txn *txn = reading();
		was[0][i] = snapshot(txn, 4);
		was[1][i] = snapshot(txn, 6);
		txn_abort(txn);
	}
	struct txn *txn = reading();
	for (int i = STEPS; i > 0; i--) {
		bool barrier = false;

		for (int f = 0; f < 2; f++) {
			if (number[i]) {
				undo(txn, &was[f][i], f ? 6 : 4, number[i], &barrier);
				undone++;
			}
			assert_false(barrier);
			assert_same_segments(&was[f][i], &was[f][i - 1]);
		}
	}
	assert_true(undone > STEPS);
	txn_abort(txn);
	for (int i = 0; i <= STEPS; i++) {
		segments_release(&was[0][i]);
		segments_release(&was[1][i]);
	}
	close_all();
}

static uint32_t serial_after(struct claim_add add, const char *source, bool remove, size_t zone)
{
	struct change *c;
	struct change_who who = {"tester", "test", now};

	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	add.source = change_source(c, source);
	if (remove) {
		assert_true(change_remove(c, &add.prefix, add.sublist, add.source));
	} else {
		change_add(c, &add);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
	struct txn *txn = reading();
	uint32_t serial = serial_of(txn, zone);
	txn_abort(txn);
	return serial;
}

static void test_a_serial_moves_only_when_its_zone_serves_other_bytes(void **state)
{
	struct claim_add add = {.prefix = prefix_of(4, 0xcb007105, 32)};

	(void)state;
	open_all(5);
	struct txn *txn = reading();
	uint32_t all = serial_of(txn, 0), relay = serial_of(txn, 1);
	txn_abort(txn);

	add.sublist = numbers[1]; /* hijacked: not in relay.example.org */
	assert_int_equal(serial_after(add, "alpha", false, 1), relay);
	txn = reading();
	assert_true((int32_t)(serial_of(txn, 0) - all) > 0);
	all = serial_of(txn, 0);
	txn_abort(txn);

	/* A second source, a renewal, and one of two sources going: nothing that is served differs.
	 */
	assert_int_equal(serial_after(add, "beta", false, 0), all);
	assert_int_equal(serial_after(add, "beta", false, 0), all);
	assert_int_equal(serial_after(add, "alpha", true, 0), all);
	assert_int_not_equal(serial_after(add, "beta", true, 0), all);

	add.sublist = numbers[0];
	assert_true((int32_t)(serial_after(add, "alpha", false, 1) - relay) > 0);
	close_all();
}

static void test_a_change_of_more_units_than_the_journal_takes_is_a_barrier(void **state)
{
	struct change *c;
	struct change_who who = {"tester", "test", now};
	struct change_outcome outcome;
	bool barrier;

	(void)state;
	open_all(6);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	for (unsigned i = 0; i < JOURNAL_UNITS + 1; i++) {
		change_add(c, &(struct claim_add){
				      .prefix = prefix_of(4, 0x20000000 + (addr_t)i * 0x10000, 32),
				      .sublist = numbers[0],
				      .source = change_source(c, "alpha")});
	}
	assert_int_equal(change_commit(c, &outcome), ST_OK);
	assert_int_equal(outcome.units, JOURNAL_UNITS + 1);
	struct txn *txn = reading();
	struct segments none = {0};
	undo(txn, &none, 4, outcome.number, &barrier);
	assert_true(barrier);
	assert_int_equal(none.count, 0);
	txn_abort(txn);
	check_now();
	close_all();
}

static void test_a_feed_s_snapshot_expires_as_a_whole(void **state)
{
	struct change *c;
	struct change_who who = {"tester", "test", 1000};

	(void)state;
	open_all(7);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	uint32_t feed = change_source(c, "alpha");
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(change_add(c, &(struct claim_add){.prefix = prefix_of(
									   4, 0xcb007100 + i, 32),
								   .sublist = numbers[0],
								   .source = feed,
								   .snapshot = true,
								   .imported = true}),
				 CLAIM_ADDED);
	}
	change_snapshot(c, feed, numbers[0], 2000, 50);
	assert_int_equal(change_commit(c, NULL), ST_OK);

	struct txn *txn = reading();
	assert_int_equal(expiry_due(txn, 1999), 0);
	assert_int_equal(expiry_due(txn, 2000), 50);
	uint64_t since = 1;
	assert_int_equal(expiry_rows(txn, 1999, 10, &since), 0);
	assert_int_equal(since, 0);
	/* Whatever is in it, a snapshot is one row. */
	assert_int_equal(expiry_rows(txn, 2500, 10, &since), 1);
	assert_int_equal(since, 2000);
	assert_int_not_equal(index_find(txn, 4, 0xcb007100), 0);
	txn_abort(txn);

	/* A day later the feed comes again: only its one row is renewed. */
	who.now = 1500;
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(change_add(c, &(struct claim_add){.prefix = prefix_of(4, 0xcb007100, 32),
							   .sublist = numbers[0],
							   .source = feed,
							   .snapshot = true,
							   .imported = true}),
			 CLAIM_UNTOUCHED);
	change_snapshot(c, feed, numbers[0], 3000, 1);
	assert_int_equal(change_commit(c, NULL), ST_OK);

	who.now = 3000;
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(change_swept(c), 50);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	txn = reading();
	assert_int_equal(index_find(txn, 4, 0xcb007100), 0);
	assert_int_equal(expiry_due(txn, 9999), 0);
	assert_int_equal(check_run(txn, print_fault, NULL), ST_OK);
	txn_abort(txn);
	close_all();
}

static void test_rows_that_are_due_are_counted_up_to_a_bound(void **state)
{
	struct change *c;
	struct change_who who = {"tester", "test", 1000};
	uint64_t since;

	(void)state;
	open_all(9);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	struct claim_add add = {.sublist = numbers[0], .source = change_source(c, "alpha")};

	for (unsigned i = 0; i < 20; i++) {
		add.prefix = prefix_of(4, 0xcb007100 + i, 32);
		add.expires = 2000 + i;
		assert_int_equal(change_add(c, &add), CLAIM_ADDED);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);

	struct txn *txn = reading();
	assert_int_equal(expiry_rows(txn, 2004, 100, &since), 5);
	assert_int_equal(since, 2000);
	assert_int_equal(expiry_rows(txn, 9999, 7, &since), 7);
	assert_int_equal(since, 2000);
	assert_int_equal(expiry_rows(txn, 9999, 100, &since), 20);
	txn_abort(txn);
	close_all();
}

static void test_a_snapshot_that_expires_leaves_what_is_not_of_it(void **state)
{
	struct change *c;
	struct change_who who = {"tester", "test", 1000};

	(void)state;
	open_all(8);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	struct claim_add add = {.prefix = prefix_of(4, 0xcb007100, 32),
				.sublist = numbers[0],
				.source = change_source(c, "alpha"),
				.snapshot = true};
	assert_int_equal(change_add(c, &add), CLAIM_ADDED);
	change_snapshot(c, add.source, numbers[0], 2000, 1);
	add.snapshot = false;
	add.prefix = prefix_of(4, 0xcb007101, 32);
	assert_int_equal(change_add(c, &add), CLAIM_ADDED);
	assert_int_equal(change_commit(c, NULL), ST_OK);

	struct txn *txn = reading();
	assert_int_equal(expiry_due(txn, 2000), 1);
	txn_abort(txn);
	who.now = 2000;
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(change_swept(c), 1);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	txn = reading();
	assert_int_equal(index_find(txn, 4, 0xcb007100), 0);
	assert_int_not_equal(index_find(txn, 4, 0xcb007101), 0);
	assert_int_equal(check_run(txn, print_fault, NULL), ST_OK);
	txn_abort(txn);
	close_all();
}

static void test_a_zone_that_was_away_comes_back_with_another_serial(void **state)
{
	struct claim_add add = {.prefix = prefix_of(4, 0xcb007105, 32)};
	struct change *c;
	struct change_who who = {"tester", "test", 1000};

	(void)state;
	open_all(9);
	add.sublist = numbers[0];
	struct txn *txn = reading();
	uint32_t relay = serial_of(txn, 1);
	txn_abort(txn);

	config->zone_count = 1; /* relay.example.org is not in this config */
	serial_after(add, "alpha", false, 0);
	config->zone_count = 2;
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	assert_int_equal(change_commit(c, NULL), ST_OK);
	txn = reading();
	assert_true((int32_t)(serial_of(txn, 1) - relay) > 0);
	txn_abort(txn);
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index_equals_the_model_after_random_changes),
		cmocka_unit_test(test_equal_claims_give_equal_index_bytes),
		cmocka_unit_test(test_the_journal_undoes_each_change),
		cmocka_unit_test(test_a_serial_moves_only_when_its_zone_serves_other_bytes),
		cmocka_unit_test(test_a_change_of_more_units_than_the_journal_takes_is_a_barrier),
		cmocka_unit_test(test_a_feed_s_snapshot_expires_as_a_whole),
		cmocka_unit_test(test_rows_that_are_due_are_counted_up_to_a_bound),
		cmocka_unit_test(test_a_snapshot_that_expires_leaves_what_is_not_of_it),
		cmocka_unit_test(test_a_zone_that_was_away_comes_back_with_another_serial),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
