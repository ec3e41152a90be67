/*
 * test_block.c: blocks of the index against an array of 65,536 answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "block.h"

#include "draw.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

enum { SPACE = 65536, HIGH = 0xc000 };

static uint32_t wanted[SPACE];
static uint8_t room[BLOCK_MAX], room_again[BLOCK_MAX];

static struct segments segments_of_wanted(void)
{
	struct segments s = {0};

	for (uint32_t low = 0; low < SPACE; low++) {
		addr_t addr = ((addr_t)HIGH << 16) + low;

		segments_add(&s, addr, addr, wanted[low]);
	}
	return s;
}

/* Encodes `wanted`, asks for all of it, decodes and encodes again. Returns the form. */
static unsigned assert_round_trip(void)
{
	struct segments s = segments_of_wanted(), back = {0};
	struct writer w = writer_of(room, sizeof room),
		      again = writer_of(room_again, sizeof room_again);

	block_encode(s.at, s.count, &w);
	assert_false(w.bad);
	for (uint32_t low = 0; low < SPACE; low++) {
		assert_int_equal(block_find(writer_bytes(&w), (uint16_t)low), wanted[low]);
	}
	assert_int_equal(block_decode(writer_bytes(&w), HIGH, &back), ST_OK);
	assert_int_equal(back.count, s.count);
	for (size_t i = 0; i < s.count; i++) {
		assert_true(back.at[i].first == s.at[i].first && back.at[i].last == s.at[i].last);
		assert_int_equal(back.at[i].answer, s.at[i].answer);
	}
	block_encode(back.at, back.count, &again);
	assert_int_equal(writer_len(&again), writer_len(&w));
	assert_memory_equal(room, room_again, writer_len(&w));
	segments_release(&s);
	segments_release(&back);
	return room[1];
}

static void clear(void)
{
	memset(wanted, 0, sizeof wanted);
}

static void test_one_address_is_an_array_at_either_end(void **state)
{
	(void)state;
	for (uint32_t low = 0; low < SPACE; low += SPACE - 1) {
		clear();
		wanted[low] = 7;
		assert_round_trip();
		assert_int_equal(room[0], SHORT_VERSION);
	}
}

static void test_one_answer_of_any_size_is_short(void **state)
{
	static const uint32_t answer[] = {1,       0xff,     0x100,     0xffff,
					  0x10000, 0xffffff, 0x1000000, 0xffffffff};

	(void)state;
	for (unsigned i = 0; i < sizeof answer / sizeof *answer; i++) {
		clear();
		for (uint32_t low = 5; low < 5 + 2 * (BITMAP_BYTES / 2 - 1); low += 2) {
			wanted[low] = answer[i];
		}
		assert_round_trip();
		assert_int_equal(room[0], SHORT_VERSION + i / 2);
		/* One more, and a bitmap is as small. */
		wanted[65535] = answer[i];
		assert_int_equal(assert_round_trip(), CONTAINERS);
		assert_int_equal(room[BLOCK_HEADER + 4], BITMAP);
	}
}

static void test_a_whole_block_is_one_run(void **state)
{
	(void)state;
	for (uint32_t low = 0; low < SPACE; low++) {
		wanted[low] = 9;
	}
	assert_int_equal(assert_round_trip(), CONTAINERS);
	assert_int_equal(room[BLOCK_HEADER + 4], RUNS);
}

static void test_dense_addresses_are_a_bitmap(void **state)
{
	(void)state;
	clear();
	for (uint32_t low = 0; low < SPACE; low += 2) {
		wanted[low] = 9;
	}
	assert_int_equal(assert_round_trip(), CONTAINERS);
	assert_int_equal(room[BLOCK_HEADER + 4], BITMAP);
}

static void test_an_answer_for_each_address_is_points(void **state)
{
	(void)state;
	clear();
	for (uint32_t low = 0; low < SPACE; low += 3) {
		wanted[low] = low + 1;
	}
	assert_int_equal(assert_round_trip(), POINTS);
	clear();
	for (uint32_t low = 0; low < SPACE; low += 3) {
		wanted[low] = 1 + low % 100;
	}
	assert_int_equal(assert_round_trip(), POINTS);
}

static void test_an_answer_for_each_range_is_ranges(void **state)
{
	(void)state;
	for (uint32_t low = 0; low < SPACE; low++) {
		wanted[low] = low / 256 + 1;
	}
	assert_int_equal(assert_round_trip(), RANGES);
	for (uint32_t low = 0; low < SPACE; low++) {
		wanted[low] = low / 16 + 1;
	}
	assert_int_equal(assert_round_trip(), RANGES);
}

static void test_every_address_with_its_own_answer_fits(void **state)
{
	(void)state;
	for (uint32_t low = 0; low < SPACE; low++) {
		wanted[low] = 0xffff0000 + low;
	}
	wanted[0] = 1;
	assert_round_trip();
}

static void test_random_blocks_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		uint32_t answers = 1 + draw(i % 2 ? 6 : 400), pieces = 1 + draw(3000);

		clear();
		for (uint32_t n = 0; n < pieces; n++) {
			uint32_t low = draw(SPACE), len = draw(4) ? 1 : 1 + draw(600),
				 answer = draw(answers + 1);

			for (uint32_t k = low; k < low + len && k < SPACE; k++) {
				wanted[k] = answer;
			}
		}
		wanted[draw(SPACE)] = 1;
		assert_round_trip();
	}
}

static void test_damaged_bytes_are_never_read_past_their_end(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		clear();
		for (uint32_t n = 0; n < 200; n++) {
			wanted[draw(2000)] = 1 + draw(i % 2 ? 3 : 300);
		}
		struct segments s = segments_of_wanted(), back = {0};
		struct writer w = writer_of(room, sizeof room);

		block_encode(s.at, s.count, &w);
		size_t len = writer_len(&w), cut = draw((uint32_t)len + 1);
		/* On the heap, so that the sanitizer sees one byte too many. */
		uint8_t *exact = must_alloc(cut);
		memcpy(exact, room, cut);
		for (uint32_t n = draw(4); n > 0 && cut > 0; n--) {
			exact[draw((uint32_t)cut)] ^= (uint8_t)(1 << draw(8));
		}
		for (uint32_t low = 0; low < SPACE; low += 7) {
			block_find(bytes_of(exact, cut), (uint16_t)low);
		}
		/* A block that was cut is never taken for whole, unless it is short. */
		if (room[0] == BLOCK_VERSION && cut < len && memcmp(exact, room, cut) == 0) {
			assert_int_equal(block_decode(bytes_of(exact, cut), HIGH, &back),
					 ST_INTERNAL);
		} else {
			block_decode(bytes_of(exact, cut), HIGH, &back);
		}
		segments_release(&back);
		segments_release(&s);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_address_is_an_array_at_either_end),
		cmocka_unit_test(test_one_answer_of_any_size_is_short),
		cmocka_unit_test(test_a_whole_block_is_one_run),
		cmocka_unit_test(test_dense_addresses_are_a_bitmap),
		cmocka_unit_test(test_an_answer_for_each_address_is_points),
		cmocka_unit_test(test_an_answer_for_each_range_is_ranges),
		cmocka_unit_test(test_every_address_with_its_own_answer_fits),
		cmocka_unit_test(test_random_blocks_come_back),
		cmocka_unit_test(test_damaged_bytes_are_never_read_past_their_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
