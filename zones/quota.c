/*
 * quota.c: counting. Processes that count at once each retry until their own word went in, which
 * happens at most as often as others got theirs in: no lock, and nobody waits for one that died.
 */
#include "quota.h"

enum {
	DAY_BITS = 14,
	COUNT_BITS = 30,
	TIME_BITS = 44,
	TICK_NS = 64,
	DAY_S = 86400,
	BATCH_S = 3, /* who is longer in a batch is ended */
	TRIES = 4,
};

#define MASK(bits) ((UINT64_C(1) << (bits)) - 1)

struct quota_time quota_time_of(const struct timespec *now)
{
	uint64_t s = (uint64_t)now->tv_sec;

	return (struct quota_time){s / DAY_S, s * QUOTA_TICKS + (uint64_t)now->tv_nsec / TICK_NS};
}

static uint64_t day_word(uint64_t day, uint64_t tag, uint64_t count)
{
	return (day & MASK(DAY_BITS)) << (QUOTA_TAG_BITS + COUNT_BITS) | tag << COUNT_BITS | count;
}

/*
 * A process may still be in the batch that it began before midnight: what another has counted on
 * the new day is not begun anew for it. At any other time of the day such a count is of a clock
 * that was set.
 */
static bool is_of_day(uint64_t word, const struct quota_time *now)
{
	uint64_t behind = ((word >> (QUOTA_TAG_BITS + COUNT_BITS)) - now->day) & MASK(DAY_BITS);
	uint64_t left = (now->day + 1) * DAY_S * QUOTA_TICKS - now->ticks;

	return behind == 0 || (behind == 1 && left <= (uint64_t)BATCH_S * QUOTA_TICKS);
}

static uint32_t tag_of(uint64_t word)
{
	return (uint32_t)(word >> COUNT_BITS & MASK(QUOTA_TAG_BITS));
}

static uint64_t count_of(uint64_t word, uint32_t tag, const struct quota_time *now)
{
	return tag_of(word) == tag && is_of_day(word, now) ? word & MASK(COUNT_BITS) : 0;
}

static bool take_day(_Atomic uint64_t *word, uint32_t tag, uint32_t most,
		     const struct quota_time *now)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed), next;

	do {
		uint64_t count = count_of(old, tag, now);

		if (most > 0 && count >= most) {
			return false;
		}
		next = count > 0 ? old + (count < MASK(COUNT_BITS)) : day_word(now->day, tag, 1);
	} while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

/*
 * What is further off than a bucket holds is no time of ours: the clock was set, or it is old. But
 * another process may have filled the bucket in a batch that began a little later than ours.
 */
static bool take_second(_Atomic uint64_t *word, uint32_t tag, uint32_t most, uint64_t now)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed), next;

	if (most == 0) {
		return true;
	}
	do {
		uint64_t ahead = (old - now) & MASK(TIME_BITS);

		if (old >> TIME_BITS != tag || ahead > (1 + BATCH_S) * (uint64_t)QUOTA_TICKS) {
			ahead = 0;
		}
		ahead += QUOTA_TICKS / most;
		if (ahead > QUOTA_TICKS) {
			return false;
		}
		next = (uint64_t)tag << TIME_BITS | ((now + ahead) & MASK(TIME_BITS));
	} while (!atomic_compare_exchange_weak_explicit(word, &old, next, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

bool quota_take(struct quota_counter *counter, uint32_t tag, const struct quota_limits *limits,
		const struct quota_time *now)
{
	return take_second(&counter->second, tag, limits->second, now->ticks) &&
	       take_day(&counter->day, tag, limits->day, now);
}

uint32_t quota_today(const struct quota_counter *counter, uint32_t tag,
		     const struct quota_time *now)
{
	return (uint32_t)count_of(atomic_load_explicit(&counter->day, memory_order_relaxed), tag,
				  now);
}

void quota_add_total(struct quota_key *key, uint32_t tag)
{
	uint64_t old = atomic_load_explicit(&key->total, memory_order_relaxed), next;

	do {
		uint64_t count = old >> TIME_BITS == tag ? old & MASK(TIME_BITS) : 0;

		next = (uint64_t)tag << TIME_BITS | ((count + 1) & MASK(TIME_BITS));
	} while (!atomic_compare_exchange_weak_explicit(
		&key->total, &old, next, memory_order_relaxed, memory_order_relaxed));
}

uint64_t quota_total(const struct quota_key *key, uint32_t tag)
{
	uint64_t word = atomic_load_explicit(&key->total, memory_order_relaxed);

	return word >> TIME_BITS == tag ? word & MASK(TIME_BITS) : 0;
}

/* One multiplication of secrets: who cannot know where an address is, cannot crowd it out. */
static uint64_t hash(const struct quotas *quotas, uint64_t zone, uint64_t network)
{
	__extension__ unsigned __int128 product =
		(unsigned __int128)(zone ^ quotas->secret[0]) * (network ^ quotas->secret[1]);
	uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);

	return folded * 0x9e3779b97f4a7c15;
}

/* Which place of a set is to be had for somebody new: one of another day, else the least. */
static struct quota_counter *place_in(struct quota_set *set, const struct quota_time *now,
				      uint64_t *word)
{
	struct quota_counter *best = NULL;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < QUOTA_WAYS; i++) {
		uint64_t old = atomic_load_explicit(&set->way[i].day, memory_order_relaxed);
		uint64_t count = is_of_day(old, now) ? old & MASK(COUNT_BITS) : 0;

		if (count < least) {
			least = count;
			best = &set->way[i];
			*word = old;
		}
	}
	return best;
}

struct quota_counter *quota_address(struct quotas *quotas, uint64_t zone, unsigned family,
				    addr_t addr, const struct quota_time *now, uint32_t *tag)
{
	uint64_t where = hash(quotas, zone + family, (uint64_t)(family == 6 ? addr >> 64 : addr));
	struct quota_set *set = &quotas->sets[where >> (64 - QUOTA_SET_BITS)];
	struct quota_counter *place = NULL;

	*tag = (uint32_t)where & (QUOTA_TAGS - 1);
	*tag += *tag == 0;
	for (unsigned tries = 0; tries < TRIES; tries++) {
		uint64_t old = 0;

		for (unsigned i = 0; i < QUOTA_WAYS; i++) {
			old = atomic_load_explicit(&set->way[i].day, memory_order_relaxed);
			if (tag_of(old) == *tag) {
				return &set->way[i];
			}
		}
		place = place_in(set, now, &old);
		/* It is another's if he was here first; he may even be the same. */
		if (atomic_compare_exchange_strong_explicit(
			    &place->day, &old, day_word(now->day, *tag, 0), memory_order_relaxed,
			    memory_order_relaxed)) {
			break;
		}
	}
	return place;
}
