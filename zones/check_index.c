/*
 * check_index.c: the index, made again from the claims, byte by byte. A /8 at a time for IPv4, so
 * that the largest list fits in little memory; IPv6 as a whole, for its ranges know no such bounds.
 */
#include <stdlib.h>

#include "check_inside.h"
#include "flatten.h"
#include "index6.h"
#include "journal.h"

/* An answer that is claimed and has no id has never been written to the index. */
enum { NO_ID = UINT32_MAX };

static uint32_t find_answer(void *context, const struct answer *answer)
{
	struct check *c = context;
	uint8_t room[ANSWER_BYTES];
	uint32_t id = interned_find(c->txn, TABLE_ANSWERS, answer_bytes(answer, room));

	return id ? id : NO_ID;
}

static void name_answer(void *context, uint32_t id)
{
	interned_ref(context, id, 1);
}

/* One block: what is stored against what the segments encode to. */
static void compare_block(struct check *c, unsigned high, const struct segment *at, size_t count,
			  uint8_t *room)
{
	struct segments list = {(struct segment *)(uintptr_t)at, count, count};
	struct writer w = writer_of(room, BLOCK_MAX);
	struct bytes stored = {0};

	index4_block(c->txn, (uint16_t)high, &stored);
	if (count > 0) {
		block_encode(at, count, &w);
	}
	if (!bytes_equal(stored, writer_bytes(&w))) {
		check_say(c, "index4: block %u.%u.0.0/16 is not what the claims say", high >> 8,
			  high & 0xff);
	}
	answers_of(&list, name_answer, c->answers);
}

static void check_v4(struct check *c, struct flatten *f)
{
	uint8_t *room = must_alloc(BLOCK_MAX);
	struct segments all = {0}, block = {0};

	for (unsigned top = 0; top < 256 && !txn_status(c->txn); top++) {
		struct prefix region = prefix_of(4, (addr_t)top << 24, 8);
		size_t i = 0;

		all.count = 0;
		flatten_region(f, &region, &all);
		for (unsigned high = top << 8; high < (top + 1) << 8; high++) {
			addr_t first = (addr_t)high << 16, last = first + 0xffff;

			block.count = 0;
			while (i < all.count && all.at[i].first <= last) {
				const struct segment *s = &all.at[i];

				segments_add(&block, s->first > first ? s->first : first,
					     s->last < last ? s->last : last, s->answer);
				if (s->last > last) {
					break;
				}
				i++;
			}
			compare_block(c, high, block.at, block.count, room);
		}
	}
	segments_release(&all);
	segments_release(&block);
	free(room);
}

static void check_v6(struct check *c, struct flatten *f)
{
	struct prefix everything = prefix_of(6, 0, 0);
	struct segments all = {0};
	struct scan *scan = scan_open(c->txn, TABLE_INDEX6);
	struct segment s;
	size_t i = 0;

	flatten_region(f, &everything, &all);
	for (bool more = index6_seek(scan, 0, &s); more; more = index6_next(scan, &s), i++) {
		if (i >= all.count || all.at[i].first != s.first || all.at[i].last != s.last ||
		    all.at[i].answer != s.answer) {
			char text[ADDR_TEXT];

			addr_format(6, s.first, text);
			check_say(c,
				  "index6: the range that begins at %s is not what the claims say",
				  text);
			break;
		}
		interned_ref(c->answers, s.answer, 1);
	}
	if (i < all.count && !c->faults && !txn_status(c->txn)) {
		check_say(c, "index6: %zu ranges, where %zu belong", i, all.count);
	}
	scan_close(scan);
	segments_release(&all);
}

void check_index(struct check *c)
{
	struct flatten f;

	flatten_init(&f, c->txn, find_answer, c);
	f.claims = c->state.claims;
	f.exclusions = c->state.exclusions;
	check_v4(c, &f);
	check_v6(c, &f);
	flatten_release(&f);
}
