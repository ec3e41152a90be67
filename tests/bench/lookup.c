/*
 * lookup.c: what an answer costs without sockets, out of a database that is there already.
 *
 *	lookup CONF QUERIES
 *
 * QUERIES is a file of list.c: NAME A|TXT hit|miss a line. All are asked twice, in the file's order
 * and in batches as udp.c has them; the second time counts, when the pages are mapped. Two things
 * are timed: worker_find(), the probe of the index alone, and respond()'s three steps, the whole
 * answer. Every answer is held against what belongs to it: exit 1 when one is wrong. Prints one
 * JSON object: nanoseconds a query, of the median batch and of the fastest tenth.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dnsbld/respond.h"
#include "dnsbld/worker.h"
#include "tests/unit/dnsbld/packet.h"

enum { BATCH = 32, PACKET_ROOM = 128, REPLY_ROOM = 1232 };

struct asked {
	uint8_t packet[PACKET_ROOM];
	size_t len;
	uint32_t address;
	bool hit;
};

static struct asked *asked;
static size_t count;
static uint32_t *spent; /* nanoseconds of each batch */

static void check(enum status status)
{
	if (status) {
		fprintf(stderr, "lookup: %s\n", fail_text());
		exit(1);
	}
}

static void *more(void *at, size_t size)
{
	at = realloc(at, size);
	if (!at) {
		perror("lookup");
		exit(1);
	}
	return at;
}

static void read_queries(const char *file)
{
	FILE *in = fopen(file, "r");
	char name[PACKET_ROOM / 2], type[4], wanted[5];
	unsigned octet[4];
	size_t room = 0;

	if (!in) {
		perror(file);
		exit(1);
	}
	while (fscanf(in, "%63s %3s %4s", name, type, wanted) == 3) {
		if (count == room) {
			room = room ? 2 * room : 1 << 16;
			asked = more(asked, room * sizeof *asked);
		}
		struct asked *a = &asked[count++];

		if (sscanf(name, "%u.%u.%u.%u", &octet[3], &octet[2], &octet[1], &octet[0]) != 4) {
			fprintf(stderr, "lookup: %s: '%s' is no reversed address\n", file, name);
			exit(1);
		}
		a->address = octet[0] << 24 | octet[1] << 16 | octet[2] << 8 | octet[3];
		a->len = packet_ask(a->packet, name, strcmp(type, "TXT") == 0 ? 16 : 1);
		a->hit = strcmp(wanted, "hit") == 0;
	}
	fclose(in);
	count -= count % BATCH;
	spent = more(NULL, count / BATCH * sizeof *spent);
	if (count == 0) {
		fprintf(stderr, "lookup: %s has no %d queries\n", file, BATCH);
		exit(1);
	}
}

static void wrong(const struct asked *a, const char *what)
{
	fprintf(stderr, "lookup: %08x is %slisted, and %s says otherwise\n", a->address,
		a->hit ? "" : "un", what);
	exit(1);
}

static void find(struct worker *w, const struct asked *a)
{
	uint32_t id[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		if (!worker_find(w, 4, a[i].address, &id[i])) {
			fprintf(stderr, "lookup: the database fails\n");
			exit(1);
		}
	}
	for (unsigned i = 0; i < BATCH; i++) {
		if ((id[i] != 0) != a[i].hit) {
			wrong(&a[i], "worker_find()");
		}
	}
}

static void answer(struct worker *w, const struct asked *a)
{
	static uint8_t reply[BATCH][REPLY_ROOM];
	const struct client client = {.family = 4, .addr = 0x7f000001};
	struct task task[BATCH];
	size_t len[BATCH];

	for (unsigned i = 0; i < BATCH; i++) {
		task_read(&task[i], w, a[i].packet, a[i].len);
	}
	tasks_prefetch(task, BATCH, w);
	for (unsigned i = 0; i < BATCH; i++) {
		len[i] = task_reply(&task[i], w, &client, reply[i], REPLY_ROOM);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		unsigned rcode = reply[i][3] & 15, records = reply[i][7];

		if (len[i] < 12 || (a[i].hit ? rcode != 0 || records == 0 : rcode != 3)) {
			wrong(&a[i], "respond()");
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Packets are copied first into buffers that are warm, as those that recvmmsg has just filled. */
static void measure(struct worker *w, void (*step)(struct worker *, const struct asked *),
		    const char *name, const char *end)
{
	size_t batches = count / BATCH;
	struct asked warm[BATCH];

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < batches; i++) {
			memcpy(warm, asked + i * BATCH, sizeof warm);
			uint64_t begun = now_ns();

			worker_begin(w);
			step(w, warm);
			worker_end(w);
			spent[i] = (uint32_t)(now_ns() - begun);
		}
	}
	qsort(spent, batches, sizeof *spent, compare);
	printf("\"%s_ns\": %.1f, \"%s_ns_fastest_tenth\": %.1f%s", name,
	       spent[batches / 2] / (double)BATCH, name, spent[batches / 10] / (double)BATCH, end);
}

int main(int argc, char **argv)
{
	struct config *config;
	static struct worker worker;

	if (argc != 3) {
		fputs("usage: lookup CONF QUERIES\n", stderr);
		return 64;
	}
	read_queries(argv[2]);
	check(config_read(argv[1], &config));
	check(worker_open(&worker, config, false));
	printf("{\"queries\": %zu, ", count);
	measure(&worker, find, "find", ", ");
	measure(&worker, answer, "respond", "}\n");
	worker_close(&worker);
	config_free(config);
	free(spent);
	free(asked);
	return 0;
}
