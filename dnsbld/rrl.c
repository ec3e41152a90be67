/*
 * rrl.c: a fixed table of debts, in memory that all workers share.
 *
 *	address -> three prefixes -> a keyed hash each -> an entry in a line of eight, 64 octets
 *	a line of clients:  entry x 8
 *	a line of networks: provider x 4, its networks x 4
 *	entry: fingerprint(20 bits) until(44 bits), where `until` is when the debt will be paid
 *
 * Each response costs its client time: with rate = 200 that is 5 ms, of which its network bears a
 * thirty-second and its provider's part a 256th. A debt of more than a second is not given
 * (the generic cell rate algorithm): from rest a client gets as many at once as in a second.
 *
 * 1. A debt is paid by waiting, so nothing has to be swept: an entry whose time has come is free.
 * 2. Where all entries of a line are in use the least debt is forgotten. A flood from forged
 *    addresses owes little on each, so it cannot make a real flooder's debt forgotten; and whoever
 *    comes anew begins without debt, so it cannot get anybody limited.
 * 3. Whatever comes in, two lines are looked at, and each entry is tried for TRIES times at most.
 *    Entries are single words and swapped as such; no other order between them is needed.
 * 4. Nobody knows the keys, which are made at start: nobody can choose addresses that fall into a
 *    victim's line. They are no cryptographic hash; but nobody sees what comes out, either.
 * 5. Who is limited owes nothing more for it: he gets his rate, however much he asks for.
 *
 * Times are counted in ticks of 4 ns, modulo 2^44: 19 hours. An entry older than that can seem to
 *be in debt once in 19 hours, for a second.
 */
#include "rrl.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

#define TIME_BITS 44
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define BURST     (UINT64_C(1000000000) >> TICK_BITS) /* one second */

enum {
	TICK_BITS = 2,
	/*
	 * 4 MiB: 262,144 clients, half as many networks and providers each. At rate = 200 an
	 * address has paid 5 ms after its only query, so of ten million a second from as many
	 * 50,000 owe something.
	 */
	LINE_BITS = 15,
	LINES = 1 << LINE_BITS,
	WAYS = 8,
	PROVIDERS = 4, /* first in a line of networks, which so cannot push them out */
	TRIES = 4,
};
_Static_assert(WAYS * sizeof(uint64_t) == 64, "a line of the cache");

struct rrl_table {
	uint64_t key[2][RRL_LEVELS][3]; /* by family */
	_Alignas(64) _Atomic uint64_t client[LINES][WAYS];
	_Alignas(64) _Atomic uint64_t network[LINES][WAYS]; /* by their provider's hash */
};

static const struct level {
	uint8_t shift4; /* of the address */
	uint8_t shift6; /* of its first 64 bits */
	uint16_t share; /* so many clients' rate */
} levels[RRL_LEVELS] = {{0, 0, 1}, {8, 16, 32}, {14, 32, 256}};

enum status rrl_map(struct rrl_table **table)
{
	void *memory = NULL;
	enum status status = shared_map(&memory, sizeof **table);

	*table = memory;
	if (!status && getentropy((*table)->key, sizeof(*table)->key) < 0) {
		status = fail(ST_AGAIN, "no random octets: %s", strerror(errno));
		rrl_unmap(*table);
		*table = NULL;
	}
	return status;
}

void rrl_unmap(struct rrl_table *table)
{
	if (table) {
		shared_unmap(table, sizeof *table);
	}
}

void rrl_init(struct rrl *rrl, struct rrl_table *table, const struct rrl_config *config)
{
	*rrl = (struct rrl){.table = config->given ? table : NULL, .config = config};
	for (unsigned i = 0; config->given && i < RRL_LEVELS; i++) {
		rrl->cost[i] = BURST / config->rate / levels[i].share;
	}
}

void rrl_begin(struct rrl *rrl)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	rrl->now = ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >> TICK_BITS;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_of(const struct rrl_table *table, const struct client *client,
			       unsigned i)
{
	const uint64_t *key = table->key[client->family == 6][i];
	uint64_t prefix = client->family == 6 ? (uint64_t)(client->addr >> 64) >> levels[i].shift6
					      : (uint64_t)client->addr >> levels[i].shift4;

	/* Each step alone has strides of addresses that it puts into a few lines. */
	return mix(prefix ^ key[0], key[1] | 1) * (key[2] | 1);
}

/* Of a product the high bits are the good ones: below the fingerprint. */
static inline unsigned line_of(uint64_t hash)
{
	return (unsigned)(hash >> (TIME_BITS - LINE_BITS)) & (LINES - 1);
}

/* What is still owed, in ticks; what seems more than anybody can owe was paid long ago. */
static inline uint64_t debt_of(uint64_t entry, uint64_t now)
{
	uint64_t debt = (entry - now) & TIME_MASK;

	/* Another worker's clock may have been read a little later. */
	return debt > BURST + BURST / 4 ? 0 : debt;
}

static inline bool is_of(uint64_t entry, uint64_t hash)
{
	return (entry ^ hash) >> TIME_BITS == 0;
}

/*
 * The entry of a hash, or the one that is given up for it. Each hash begins to look at a place of
 * its own, where it mostly finds itself.
 */
static inline unsigned find_entry(const _Atomic uint64_t *set, unsigned ways, uint64_t hash,
				  uint64_t now)
{
	unsigned start = (unsigned)(hash >> (TIME_BITS - LINE_BITS - 3)), at = 0;
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < ways; i++) {
		unsigned k = (start + i) % ways;

		if (is_of(atomic_load_explicit(&set[k], memory_order_relaxed), hash)) {
			return k;
		}
	}
	for (unsigned i = 0; i < ways && least > 0; i++) {
		unsigned k = (start + i) % ways;
		uint64_t debt = debt_of(atomic_load_explicit(&set[k], memory_order_relaxed), now);

		if (debt < least) {
			least = debt;
			at = k;
		}
	}
	return at;
}

/* False where the debt would be too large: then nothing is added to it. */
static inline bool add_debt(_Atomic uint64_t *set, unsigned ways, uint64_t hash, uint64_t now,
			    uint64_t cost)
{
	for (unsigned tries = 0; tries < TRIES; tries++) {
		unsigned at = find_entry(set, ways, hash, now);
		uint64_t entry = atomic_load_explicit(&set[at], memory_order_relaxed);
		uint64_t debt = is_of(entry, hash) ? debt_of(entry, now) : 0;

		if (debt + cost > BURST) {
			return false;
		}
		debt += cost;
		if (atomic_compare_exchange_strong_explicit(
			    &set[at], &entry, (hash & ~TIME_MASK) | ((now + debt) & TIME_MASK),
			    memory_order_relaxed, memory_order_relaxed)) {
			return true;
		}
	}
	return true;
}

static bool is_exempt(const struct rrl_config *config, const struct client *client)
{
	const struct prefix host = {client->addr, client->family,
				    (uint8_t)prefix_bits(client->family)};

	for (size_t i = 0; i < config->exempt_count; i++) {
		if (prefix_covers(&config->exempt[i], &host)) {
			return true;
		}
	}
	return false;
}

void rrl_prefetch(const struct rrl *rrl, const struct client *client)
{
	const struct rrl_table *table = rrl->table;

	prefetch((const void *)table->client[line_of(hash_of(table, client, 0))]);
	prefetch((const void *)table->network[line_of(hash_of(table, client, 2))]);
}

enum rrl_verdict rrl_take(struct rrl *rrl, const struct client *client)
{
	struct rrl_table *table = rrl->table;
	unsigned slip = rrl->config->slip;

	if (is_exempt(rrl->config, client)) {
		return RRL_ANSWER;
	}
	/* From the client outwards: one that floods burdens its network only as far as its rate. */
	uint64_t host = hash_of(table, client, 0), network = hash_of(table, client, 1);
	uint64_t provider = hash_of(table, client, 2), now = rrl->now;
	_Atomic uint64_t *line = table->network[line_of(provider)];

	if (add_debt(table->client[line_of(host)], WAYS, host, now, rrl->cost[0]) &&
	    add_debt(line + PROVIDERS, WAYS - PROVIDERS, network, now, rrl->cost[1]) &&
	    add_debt(line, PROVIDERS, provider, now, rrl->cost[2])) {
		return RRL_ANSWER;
	}
	rrl->limited++;
	return slip > 0 && rrl->limited % slip == 0 ? RRL_SHORT : RRL_DROP;
}
