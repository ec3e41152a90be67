/*
 * list.c: a list of addresses, and queries for it, always the same for the same numbers.
 *
 *	list FOLDER ZONE LISTINGS QUERIES [TEXT]
 *
 *	FOLDER/list	an address a line, sorted
 *	FOLDER/records	with TEXT: an A and a TXT record (TEXT and the address) each, for zone files
 *	FOLDER/queries	NAME TYPE hit|miss: in random order half of them listed, one in ten for TXT
 *	FOLDER/hits	those of them that are listed, for A
 *	FOLDER/outside	random names outside any zone, refused
 *	FOLDER/fresh	addresses neither listed nor asked for, to be added while others ask
 *
 * As in published lists a third of the addresses is scattered and two thirds crowd in some /24s
 * and /16s. One bit for each IPv4 address says whether it is listed: that sorts, finds what is
 * there twice, and knows what is not there.
 *
 * 1. What is excluded for being reserved, or is kept for documentation, is in no list.
 * 2. An unlisted address that is asked for is odd and a fresh one is even, so none is both.
 * 3. No unlisted name has four single digits: that is the parent of an IPv6 network too, so it
 *    has no data where others do not exist.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRESH = 100000, OUTSIDE = 50000, NAME = 80 };

static const struct {
	uint32_t net;
	unsigned bits;
} reserved[] = {
	{0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24},
	{0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24},
};

static uint64_t listed[1 << 26];

static uint64_t next(uint64_t *state) /* SplitMix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)((next(state) >> 32) * bound >> 32);
}

static uint32_t anywhere(uint64_t *state)
{
	return 0x0b000000 + below(state, 0xdf000000 - 0x0b000000);
}

static bool is_listed(uint32_t address)
{
	return listed[address >> 6] >> (address & 63) & 1;
}

static bool is_reserved(uint32_t address)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		if ((address ^ reserved[i].net) >> (32 - reserved[i].bits) == 0) {
			return true;
		}
	}
	return false;
}

static uint32_t *make_list(uint32_t count)
{
	uint64_t state = 1;
	uint32_t homes = count / 9 + 1;
	uint32_t *address = malloc((count > homes ? count : homes) * sizeof *address);

	if (!address) {
		perror("list");
		exit(75);
	}
	for (uint32_t i = 0; i < homes; i++) {
		address[i] = anywhere(&state);
	}
	for (uint32_t found = 0; found < count;) {
		uint32_t home = address[below(&state, homes)], kind = below(&state, 100), a;

		if (kind < 34) {
			a = anywhere(&state);
		} else if (kind < 70) {
			a = (home & 0xffffff00) | below(&state, 256);
		} else {
			a = (home & 0xffff0000) | below(&state, 65536);
		}
		if (!is_listed(a) && !is_reserved(a)) {
			listed[a >> 6] |= (uint64_t)1 << (a & 63);
			found++;
		}
	}
	for (uint32_t i = 0, word = 0; i < count; word++) {
		for (uint64_t bits = listed[word]; bits; bits &= bits - 1) {
			address[i++] = word << 6 | (uint32_t)__builtin_ctzll(bits);
		}
	}
	return address;
}

/* An unlisted address whose lowest bit is this. */
static uint32_t unlisted(uint64_t *state, uint32_t low)
{
	for (;;) {
		uint32_t a = (anywhere(state) & ~(uint32_t)1) | low;
		bool digits = (a >> 24) < 10 && (a >> 16 & 255) < 10 && (a >> 8 & 255) < 10 &&
			      (a & 255) < 10;

		if (!is_listed(a) && !is_reserved(a) && !digits) {
			return a;
		}
	}
}

static FILE *open_file(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(73);
	}
	return f;
}

static void close_file(FILE *f)
{
	if (ferror(f) | fclose(f)) {
		perror("list");
		exit(74);
	}
}

static void print_address(FILE *f, uint32_t a, const char *end)
{
	fprintf(f, "%u.%u.%u.%u%s", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, end);
}

static void print_name(FILE *f, uint32_t a)
{
	fprintf(f, "%u.%u.%u.%u", a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24);
}

static void write_list(const char *folder, const uint32_t *address, uint32_t count)
{
	FILE *f = open_file(folder, "list");

	for (uint32_t i = 0; i < count; i++) {
		print_address(f, address[i], "\n");
	}
	close_file(f);
}

static void write_records(const char *folder, const char *text, const uint32_t *address,
			  uint32_t count)
{
	FILE *f = open_file(folder, "records");

	for (uint32_t i = 0; i < count; i++) {
		print_name(f, address[i]);
		fprintf(f, " A 127.0.0.2\n TXT \"%s", text);
		print_address(f, address[i], "\"\n");
	}
	close_file(f);
}

static void write_queries(const char *folder, const char *zone, const uint32_t *address,
			  uint32_t count, uint32_t queries)
{
	uint64_t state = 2;
	FILE *all = open_file(folder, "queries"), *hits = open_file(folder, "hits");

	for (uint32_t i = 0; i < queries; i++) {
		bool hit = below(&state, 2), txt = below(&state, 10) == 0;
		uint32_t a = hit ? address[below(&state, count)] : unlisted(&state, 1);

		print_name(all, a);
		fprintf(all, ".%s %s %s\n", zone, txt ? "TXT" : "A", hit ? "hit" : "miss");
		if (hit && !txt) {
			print_name(hits, a);
			fprintf(hits, ".%s A hit\n", zone);
		}
	}
	close_file(all);
	close_file(hits);
}

/* As long as those inside the zone, and all different. */
static void write_outside(const char *folder)
{
	uint64_t state = 3;
	FILE *f = open_file(folder, "outside");

	for (int i = 0; i < OUTSIDE; i++) {
		char name[NAME] = "";

		for (unsigned at = 0, len = 20 + below(&state, 12); at < len; at++) {
			bool dot = at % 8 == 7 && at + 1 < len;

			name[at] = dot ? '.' : (char)('a' + below(&state, 26));
		}
		fprintf(f, "%s.example.%s A refused\n", name, below(&state, 2) ? "net" : "com");
	}
	close_file(f);
}

static void write_fresh(const char *folder)
{
	uint64_t state = 4;
	FILE *f = open_file(folder, "fresh");

	for (int i = 0; i < FRESH; i++) {
		print_address(f, unlisted(&state, 0), "\n");
	}
	close_file(f);
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6) {
		fputs("usage: list FOLDER ZONE LISTINGS QUERIES [TEXT]\n", stderr);
		return 64;
	}
	uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
	uint32_t *address = make_list(count);

	write_list(argv[1], address, count);
	if (argc == 6) {
		write_records(argv[1], argv[5], address, count);
	}
	write_queries(argv[1], argv[2], address, count, (uint32_t)strtoul(argv[4], NULL, 10));
	write_outside(argv[1]);
	write_fresh(argv[1]);
	free(address);
	return 0;
}
