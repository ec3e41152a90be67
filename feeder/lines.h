/*
 * lines.h: input line by line, from a descriptor and not from a FILE, so that it can be asked
 * whether another line is there already; and the naming of bad ones.
 */
#ifndef FEEDER_LINES_H
#define FEEDER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* Of a longer line the rest is dropped: no word that we look for is that long. */
enum { LINE_ROOM = 1 << 16 };

struct lines {
	int fd;
	uint64_t number; /* of the last line that was given out; the first is 1 */
	enum status status;
	char *buffer;
	size_t at, end;
	bool over; /* the input has ended */
	bool cut;  /* what comes up to the next newline is the rest of a line that was given out */
};

struct lines lines_of(int fd);
void lines_release(struct lines *lines);

/*
 * The next line without its newline, NUL-terminated, borrowed until the next call; NULL at the end
 * or on an error, which lines->status keeps. Waits for input. Octets NUL in a line have become
 * '?'.
 */
char *lines_next(struct lines *lines);

/* Whether lines_next() would answer at once. */
bool lines_waiting(struct lines *lines);

/*
 * The first word of a line, cut out in place; NULL where it is blank or a comment (# or ;). What
 * follows the word is ignored: other programs' lists have remarks there.
 */
char *line_word(char *line);

/*
 * Counts a bad line and names it on stderr, the first BAD_NAMED of them. line 0: no line, an
 * operand.
 */
enum { BAD_NAMED = 20 };
struct bad_lines {
	uint64_t count;
};
void bad_line(struct bad_lines *bad, uint64_t line, const char *why);

#endif
