/*
 * lines.c: input line by line.
 *
 *     buffer:  [given out | at … a line \n the next … end | room]
 *
 * fill() moves what is left to the front and reads once. A line that fills the buffer is given out
 * as far as it goes, and `cut` says that its rest has to be dropped before the next one.
 */
#include "lines.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

struct lines lines_of(int fd)
{
	return (struct lines){.fd = fd, .buffer = must_alloc(LINE_ROOM + 1)};
}

void lines_release(struct lines *lines)
{
	free(lines->buffer);
	lines->buffer = NULL;
}

static char *newline(const struct lines *lines)
{
	return memchr(lines->buffer + lines->at, '\n', lines->end - lines->at);
}

/* Reads what there is, once. Waits where there is nothing. */
static void fill(struct lines *lines)
{
	if (lines->at > 0) {
		memmove(lines->buffer, lines->buffer + lines->at, lines->end - lines->at);
		lines->end -= lines->at;
		lines->at = 0;
	}
	ssize_t n = read(lines->fd, lines->buffer + lines->end, LINE_ROOM - lines->end);

	if (n > 0) {
		lines->end += (size_t)n;
	} else if (n == 0) {
		lines->over = true;
	} else if (errno != EINTR) {
		lines->status = fail(ST_IO, "unable to read the input: %s", strerror(errno));
		lines->over = true;
		lines->end = lines->at;
	}
}

/* Drops the rest of a line that did not fit, as far as it has been read. */
static void drop_rest(struct lines *lines)
{
	char *stop = newline(lines);

	lines->at = stop ? (size_t)(stop + 1 - lines->buffer) : lines->end;
	lines->cut = !stop;
}

/* Whether a whole line, or all that is left of it, is in the buffer. */
static bool have_line(struct lines *lines)
{
	if (lines->cut) {
		drop_rest(lines);
	}
	return newline(lines) || lines->over || lines->end - lines->at == LINE_ROOM;
}

char *lines_next(struct lines *lines)
{
	while (!have_line(lines)) {
		fill(lines);
	}
	if (lines->at == lines->end) {
		return NULL;
	}
	char *line = lines->buffer + lines->at;
	char *stop = newline(lines);

	if (!stop) {
		stop = lines->buffer + lines->end;
		lines->cut = !lines->over;
		lines->at = lines->end;
	} else {
		lines->at = (size_t)(stop + 1 - lines->buffer);
	}
	for (char *nul = line; (nul = memchr(nul, '\0', (size_t)(stop - nul)));) {
		*nul = '?';
	}
	*stop = '\0';
	lines->number++;
	return line;
}

bool lines_waiting(struct lines *lines)
{
	while (!have_line(lines)) {
		struct pollfd input = {.fd = lines->fd, .events = POLLIN};

		if (poll(&input, 1, 0) <= 0) {
			return false;
		}
		fill(lines);
	}
	return true;
}

char *line_word(char *line)
{
	static const char blanks[] = " \t\r\f\v";
	char *word = line + strspn(line, blanks);

	if (*word == '\0' || *word == '#' || *word == ';') {
		return NULL;
	}
	word[strcspn(word, blanks)] = '\0';
	return word;
}

void bad_line(struct bad_lines *bad, uint64_t line, const char *why)
{
	bad->count++;
	if (bad->count > BAD_NAMED) {
		return;
	}
	if (line) {
		log_error("line %" PRIu64 ": %s", line, why);
	} else {
		log_error("%s", why);
	}
	if (bad->count == BAD_NAMED) {
		log_error("more bad lines are counted and not named");
	}
}
