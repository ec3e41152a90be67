/*
 * test_ring.c: what is put is taken, as it was and in order; and whatever somebody who has the
 * memory writes into it, whoever takes stays inside.
 */
#include "ring.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"
#include "status.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum {
	ROOM = 70000,
	GUARD = 4096,
	FORGERIES = 200000,
	STRESSED = 300000, /* 300 times around */
};

/* A ring, and behind it what nobody may touch. */
struct guarded {
	struct ring ring;
	uint8_t guard[GUARD];
};

static uint8_t message[ROOM];

static int case_open(void **state)
{
	void *memory;

	assert_int_equal(shared_map(&memory, sizeof(struct guarded)), ST_OK);
	memset(((struct guarded *)memory)->guard, 0xa5, GUARD);
	*state = memory;
	return 0;
}

static int case_close(void **state)
{
	const struct guarded *g = *state;

	for (size_t i = 0; i < GUARD; i++) {
		assert_int_equal(g->guard[i], 0xa5);
	}
	shared_unmap(*state, sizeof *g);
	return 0;
}

/* Of a number: a length and octets that no other has. */
static size_t fill(uint32_t number, uint8_t *octets)
{
	size_t len = number * 2654435761u % 997 + (number % 1000 == 0 ? 65000 : 0);

	for (size_t i = 0; i < len; i++) {
		octets[i] = (uint8_t)(number + i * 7);
	}
	return len;
}

static bool put(struct ring *r, uint32_t number)
{
	static uint8_t octets[ROOM];
	size_t len = fill(number, octets), first = len / 3;
	const struct bytes parts[] = {bytes_of(octets, first),
				      {NULL, 0},
				      bytes_of(octets + first, len - first)};

	return ring_put(r, parts, 3);
}

static void assert_next(struct ring *r, uint32_t number)
{
	static uint8_t expected[ROOM];
	size_t len = 0, expected_len = fill(number, expected);

	assert_int_equal(ring_take(r, message, ROOM, &len), RING_TAKEN);
	assert_int_equal(len, expected_len);
	assert_memory_equal(message, expected, len);
}

static void assert_empty(struct ring *r)
{
	size_t len;

	assert_int_equal(ring_take(r, message, ROOM, &len), RING_EMPTY);
}

static void test_messages_come_in_order_around_the_end(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	uint32_t taken = 0;

	assert_empty(r);
	for (uint32_t n = 0; n < 20000; n++) {
		assert_true(put(r, n));
		/* One falls behind, so that every distance between both ends occurs. */
		if (n % 100 != 0 && n > 50) {
			assert_next(r, taken++);
		}
		while (n - taken > 500) {
			assert_next(r, taken++);
		}
	}
	while (taken < 20000) {
		assert_next(r, taken++);
	}
	assert_empty(r);
	assert_int_equal(ring_lost(r), 0);
}

static void test_what_finds_no_room_is_counted_and_harms_nothing(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	uint32_t there = 0, lost = 0;

	while (put(r, there)) {
		there++;
	}
	for (lost = 1; lost < 1000; lost++) {
		assert_false(put(r, there));
	}
	assert_int_equal(ring_lost(r), lost);
	for (uint32_t n = 0; n < there; n++) {
		assert_next(r, n);
	}
	assert_empty(r);
	assert_true(put(r, 7));
	assert_next(r, 7);
}

/* Full to the last octet is full, and not empty. */
static void test_a_message_may_fill_the_ring(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	size_t most = RING_SIZE - sizeof(uint32_t), len = 0;
	uint8_t *octets = must_alloc(RING_SIZE);
	struct bytes whole = bytes_of(octets, most), longer = bytes_of(octets, most + 1);

	assert_true(put(r, 5));
	assert_next(r, 5);
	assert_false(ring_put(r, &longer, 1));
	assert_true(ring_put(r, &whole, 1));
	assert_false(put(r, 0));
	assert_int_equal(ring_take(r, octets, RING_SIZE, &len), RING_TAKEN);
	assert_int_equal(len, most);
	assert_empty(r);
	free(octets);
}

static void test_two_processes_lose_and_mix_nothing(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	pid_t child = fork();
	int how;

	assert_true(child >= 0);
	if (child == 0) {
		for (uint32_t n = 0; n < STRESSED;) {
			if (put(r, n)) {
				n++;
			} else {
				sched_yield();
			}
		}
		_exit(0);
	}
	for (uint32_t n = 0; n < STRESSED; n++) {
		while (atomic_load(&r->head) == atomic_load(&r->tail)) {
			sched_yield();
		}
		assert_next(r, n);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	assert_empty(r);
}

static void test_a_forged_length_is_damage_and_then_all_is_well(void **state)
{
	static const uint32_t forged[] = {ROOM + 1, RING_SIZE, INT32_MAX, UINT32_MAX,
					  UINT32_MAX - 3};
	struct ring *r = &((struct guarded *)*state)->ring;
	size_t len;

	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
		assert_true(put(r, 1) && put(r, 2));
		memcpy(r->octets + atomic_load(&r->tail) % RING_SIZE, &forged[i], sizeof forged[i]);
		assert_int_equal(ring_take(r, message, ROOM, &len), RING_DAMAGED);
		assert_empty(r);
		assert_true(put(r, 3));
		assert_next(r, 3);
	}
}

static void test_a_length_past_the_head_is_damage(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	uint64_t head;
	size_t len;

	assert_true(put(r, 1) && put(r, 2));
	head = atomic_load(&r->head);
	assert_next(r, 1);
	for (uint64_t cut = 1; cut < head - atomic_load(&r->tail); cut++) {
		uint64_t tail = atomic_load(&r->tail);

		atomic_store(&r->head, head - cut);
		assert_int_equal(ring_take(r, message, ROOM, &len), RING_DAMAGED);
		atomic_store(&r->tail, tail);
	}
	atomic_store(&r->head, head);
	assert_next(r, 2);
}

static void test_whatever_the_memory_has_both_ends_stay_inside(void **state)
{
	struct ring *r = &((struct guarded *)*state)->ring;
	unsigned taken = 0, damaged = 0;
	size_t len;

	srandom(1);
	for (unsigned i = 0; i < FORGERIES; i++) {
		uint64_t head = (uint64_t)random() << 33 ^ (uint64_t)random();
		uint32_t length = i % 2 ? (uint32_t)random() % (2 * ROOM) : (uint32_t)random();

		atomic_store(&r->head, head);
		atomic_store(&r->tail,
			     i % 3 ? head - (uint64_t)random() % (RING_SIZE + 10) : head ^ i);
		for (size_t k = 0; k < sizeof length; k++) {
			r->octets[(atomic_load(&r->tail) + k) % RING_SIZE] =
				((uint8_t *)&length)[k];
		}
		put(r, i);
		switch (ring_take(r, message, ROOM, &len)) {
		case RING_TAKEN:
			assert_true(len <= ROOM);
			taken++;
			break;
		case RING_DAMAGED:
			assert_empty(r);
			damaged++;
			break;
		case RING_EMPTY:
			break;
		}
	}
	assert_true(taken > FORGERIES / 100 && damaged > FORGERIES / 100);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, case_open, case_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages_come_in_order_around_the_end),
		TEST(test_what_finds_no_room_is_counted_and_harms_nothing),
		TEST(test_a_message_may_fill_the_ring),
		TEST(test_two_processes_lose_and_mix_nothing),
		TEST(test_a_forged_length_is_damage_and_then_all_is_well),
		TEST(test_a_length_past_the_head_is_damage),
		TEST(test_whatever_the_memory_has_both_ends_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
