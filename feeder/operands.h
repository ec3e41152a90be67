/*
 * operands.h: the prefixes that a verb is given, on the command line, on stdin (an operand `-`) or
 * in a file, read and checked before any transaction begins.
 */
#ifndef FEEDER_OPERANDS_H
#define FEEDER_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeder.h"
#include "lines.h"
#include "prefix.h"

struct operand {
	struct prefix prefix;
	uint64_t line; /* of the input; 0: a word of the command line */
};

enum operand_kind {
	OPERAND_LISTING, /* prefixes that may be listed */
	OPERAND_ANY,     /* prefixes of any length */
	OPERAND_RANGE,   /* those, and ranges "first-last", which become prefixes */
};

/* Release it. */
struct operands {
	struct operand *at;
	size_t count, room;
	uint64_t words; /* read, good or bad */
	struct bad_lines bad;
};

void operands_release(struct operands *operands);

/* One word. Bad ones are counted and named. */
void operands_take(struct operands *operands, const char *word, uint64_t line,
		   enum operand_kind kind);

/* All lines of a descriptor. ST_IO. */
enum status operands_read_fd(struct operands *operands, int fd, enum operand_kind kind);

/*
 * All words of the command line; for `-` all lines of stdin. ST_IO; ST_DATA with --strict where
 * one is bad, or where not one is good.
 */
enum status operands_read(const struct call *call, struct operands *operands,
			  enum operand_kind kind);

/* The last part of that, for operands from elsewhere: may one go on with these? */
enum status operands_accept(const struct call *call, const struct operands *operands);

/* What a verb returns at its end when all else went well: ST_OK, or ST_DATA that counts the bad. */
enum status operands_verdict(const struct operands *operands);

#endif
