/*
 * respond: what respond() costs a query, without sockets.
 *
 *	respond [--listings N]
 *	respond --passes KIND PASSES		for callgrind: see stages
 *
 *	a real database of N clustered listings (1,000,000) in a folder of its own
 *	for each kind of query: batches of 32 packets, copied into buffers that are warm, as those
 *	that recvmmsg has just filled -> worker_begin, respond()'s three steps, worker_end: timed
 *
 * Printed is the median batch, which other load on the machine disturbs little. --passes answers
 * the queries of one kind, out of a small database, once or more, and prints nothing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/dnsbld/packet.h"
#include "tests/unit/dnsbld/served.h"

enum {
	BATCH = 32,
	PACKETS = 1 << 18,
	PACKET_ROOM = 128,
	ROUNDS = 7,
	CLIENTS = 1 << 14, /* each asks less than the default rate */
	CALLGRIND_LISTINGS = 20000,
	CALLGRIND_QUERIES = 1 << 14,
};

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?ip={ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Hijacked, see https://dnsbl.example.org/?ip={ip}\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\", \"ns2.example.net\" } ttl = 300\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

enum kind { HIT, MISS, MIXED, MIXED_EDNS, TXT, HIT6, PARTIAL, MIXED_RRL, KINDS };
static const char *const kind_name[KINDS] = {
	[HIT] = "A, listed",           [MISS] = "A, unlisted",
	[MIXED] = "A, a third listed", [MIXED_EDNS] = "the same with EDNS",
	[TXT] = "TXT, listed",         [HIT6] = "A, listed, IPv6",
	[PARTIAL] = "A, partial name", [MIXED_RRL] = "A, a third, rrl on",
};

static struct served served;
static uint32_t *listed;
static uint32_t client_addr[CLIENTS];
static struct rrl_table *rrl_table;
static uint8_t packets[PACKETS][PACKET_ROOM];
static uint8_t lengths[PACKETS];

static uint64_t random_next(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x * 0x2545f4914f6cdd1d >> 16;
}

/* Half of the listings are spread, half stand in 10,000 networks, as on real lists. */
static uint32_t random_address(void)
{
	for (;;) {
		uint32_t a = (uint32_t)random_next();

		if (random_next() & 1) {
			a = ((uint32_t)(random_next() % 10000) * 2654435761U & 0xffffff00) |
			    (a & 255);
		}
		unsigned first = a >> 24;

		if (first > 0 && first != 10 && first != 127 && first < 224) {
			return a;
		}
	}
}

static void fill(unsigned listings)
{
	struct store *store;
	struct change *change;

	served_make(&served, config);
	change = served_begin(&served, &store);
	uint16_t sublist[] = {change_sublist(change, "relay"), change_sublist(change, "hijacked")};
	uint32_t source = change_source(change, "bench");
	listed = malloc(listings * sizeof *listed);

	for (unsigned i = 0; i < listings;) {
		struct claim_add add = {
			.prefix = {.addr = random_address(), .family = 4, .len = 32},
			.sublist = sublist[random_next() % 8 == 0],
			.source = source,
		};
		if (change_add(change, &add) == CLAIM_ADDED) {
			listed[i++] = (uint32_t)add.prefix.addr;
		}
	}
	for (unsigned i = 0; i < 1000; i++) {
		struct claim_add add = {
			.prefix = {.addr = (addr_t)0x20010db8 << 96 | i, .family = 6, .len = 128},
			.sublist = sublist[0],
			.source = source,
		};
		change_add(change, &add);
	}
	served_commit(change, store);
	served_serve(&served);
}

static void make_packets(enum kind kind, unsigned count, unsigned listings)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t a = listed[random_next() % listings];
		char name[128];
		bool hit = kind == HIT || kind == TXT || (kind >= MIXED && random_next() % 3 == 0);

		if (!hit) {
			a ^= 1 + (uint32_t)(random_next() & 1023);
		}
		snprintf(name, sizeof name, "%u.%u.%u.%u.dnsbl.example.org", a & 255, a >> 8 & 255,
			 a >> 16 & 255, a >> 24);
		if (kind == PARTIAL) {
			snprintf(name, sizeof name, "%u.%u.dnsbl.example.org", a >> 16 & 255,
				 a >> 24);
		} else if (kind == HIT6) {
			snprintf(
				name, sizeof name,
				"%x.%x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
				"dnsbl.example.org",
				a & 15, a >> 4 & 15);
		}
		size_t len = packet_ask(packets[i], name, kind == TXT ? TYPE_TXT : TYPE_A);

		if (kind == MIXED_EDNS) {
			len = packet_add_opt(packets[i], len, 1232);
		}
		lengths[i] = (uint8_t)len;
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Who asks the query: each client as often as any other, in no order. */
static unsigned client_of(unsigned query)
{
	return query * 2654435761U >> 16 & (CLIENTS - 1);
}

/* As udp.c does it. Not inlined, for callgrind is told its name. */
static __attribute__((noinline)) size_t answer_batch(uint8_t query[BATCH][PACKET_ROOM], unsigned at)
{
	struct client client = {.family = 4, .addr = 0x7f000001};
	struct worker *w = &served.worker;
	static uint8_t reply[BATCH][1344];
	static struct task task[BATCH];
	size_t octets = 0;

	worker_begin(w);
	for (unsigned i = 0; w->rrl.table && i < BATCH; i++) {
		client.addr = client_addr[client_of(at + i)];
		rrl_prefetch(&w->rrl, &client);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		task_read(&task[i], w, query[i], lengths[(at + i) % PACKETS]);
	}
	tasks_prefetch(task, BATCH, w);
	for (unsigned i = 0; i < BATCH; i++) {
		client.addr = client_addr[client_of(at + i)];
		octets += task_reply(&task[i], w, &client, reply[i], 1232);
	}
	worker_end(w);
	return octets;
}

/* Answers all queries; nanoseconds of each batch go to `batches` unless NULL. */
static void run(unsigned queries, uint32_t *batches)
{
	static uint8_t query[BATCH][PACKET_ROOM];
	size_t octets = 0;

	for (unsigned at = 0; at + BATCH <= queries; at += BATCH) {
		memcpy(query, packets[at % PACKETS], sizeof query);
		uint64_t start = now_ns();

		octets += answer_batch(query, at);
		if (batches) {
			*batches++ = (uint32_t)(now_ns() - start);
		}
	}
	if (octets < queries * 12ULL) {
		fprintf(stderr, "respond: queries were dropped\n");
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void limit(bool on)
{
	static const struct rrl_config off, rates = {.given = true, .rate = 200, .slip = 1};

	for (unsigned i = 0; !rrl_table && i < CLIENTS; i++) {
		client_addr[i] = random_address();
	}
	if (!rrl_table) {
		served_check(rrl_map(&rrl_table));
	}
	rrl_init(&served.worker.rrl, rrl_table, on ? &rates : &off);
}

static void measure(unsigned listings)
{
	enum { BATCHES = ROUNDS * (PACKETS / BATCH) };
	static uint32_t spent[BATCHES];

	printf("respond(), %u listings, ns a query: median batch of %d, fastest tenth\n", listings,
	       BATCH);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		limit(kind == MIXED_RRL);
		make_packets(kind, PACKETS, listings);
		run(PACKETS, NULL);
		for (unsigned i = 0; i < ROUNDS; i++) {
			run(PACKETS, spent + i * (PACKETS / BATCH));
		}
		qsort(spent, BATCHES, sizeof *spent, compare);
		printf("  %-20s %6.1f %6.1f\n", kind_name[kind], spent[BATCHES / 2] / (double)BATCH,
		       spent[BATCHES / 10] / (double)BATCH);
	}
}

int main(int argc, char **argv)
{
	unsigned listings = 1000000;

	if (argc == 4 && strcmp(argv[1], "--passes") == 0) {
		fill(CALLGRIND_LISTINGS);
		limit(atoi(argv[2]) == MIXED_RRL);
		make_packets((enum kind)atoi(argv[2]), CALLGRIND_QUERIES, CALLGRIND_LISTINGS);
		for (int i = atoi(argv[3]); i > 0; i--) {
			run(CALLGRIND_QUERIES, NULL);
		}
	} else {
		if (argc == 3 && strcmp(argv[1], "--listings") == 0) {
			listings = (unsigned)strtoul(argv[2], NULL, 10);
		} else if (argc != 1) {
			fprintf(stderr, "usage: respond [--listings N | --passes KIND PASSES]\n");
			return 64;
		}
		fill(listings);
		measure(listings);
	}
	served_close(&served);
	free(listed);
	return 0;
}
