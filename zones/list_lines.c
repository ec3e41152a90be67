/*
 * list_lines.c: a file, cut into lines without copying them: the caller gets the line where it was
 * read to. What is left of a line at the buffer's end is moved to its front before more is read,
 * and as the buffer holds two of the longest lines, that is rare.
 */
#include "list.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

static const char TOO_LONG[] = "the line is longer than 65536 octets";

struct list_lines {
	FILE *in;
	bool eof;
	bool begun; /* the first line was given: what looks like a byte order mark is none any more
		     */
	bool unended;
	size_t at, end;
	char *rest; /* list_lines_rest(): no more lines */
	char buffer[2 * LIST_LINE + 2];
};

struct list_lines *list_lines_new(FILE *in)
{
	struct list_lines *l = must_alloc(sizeof *l);

	l->in = in;
	return l;
}

void list_lines_free(struct list_lines *l)
{
	if (l) {
		free(l->rest);
		free(l);
	}
}

static enum line bad(char **text, const char *why)
{
	*text = (char *)why;
	return LINE_BAD;
}

/* The line of `len` octets at `start`, its end already taken off. */
static enum line give(struct list_lines *l, char *start, size_t len, char **text)
{
	size_t mark = l->begun ? 0 : utf8_mark(start, len);

	start += mark;
	len -= mark;
	l->begun = true;
	if (len > 0 && start[len - 1] == '\r') {
		len--;
	}
	if (len > LIST_LINE) {
		return bad(text, TOO_LONG);
	}
	if (memchr(start, '\0', len)) {
		return bad(text, "the line has a NUL in it");
	}
	start[len] = '\0';
	*text = start;
	return LINE_TEXT;
}

/* Reads more behind the `have` octets that are left, which are at the front already. */
static void fill(struct list_lines *l, size_t have)
{
	l->at = 0;
	l->end = have + fread(l->buffer + have, 1, sizeof l->buffer - 1 - have, l->in);
	l->eof = l->end == have;
}

struct bytes list_lines_head(struct list_lines *l)
{
	if (l->end == 0) {
		fill(l, 0);
	}
	return bytes_of(l->buffer, l->end);
}

bool list_lines_rest(struct list_lines *l, struct bytes *rest)
{
	size_t len = l->end - l->at, room = 2 * sizeof l->buffer;
	char *all = must_realloc(l->rest, room);

	memcpy(all, l->buffer + l->at, len);
	while (!l->eof) {
		size_t n = fread(all + len, 1, room - len, l->in);

		l->eof = n == 0;
		len += n;
		if (len == room) {
			room *= 2;
			all = must_realloc(all, room);
		}
	}
	l->at = l->end;
	l->rest = all;
	*rest = bytes_of(all, len);
	return !ferror(l->in);
}

bool list_lines_unended(const struct list_lines *l)
{
	return l->unended;
}

enum line list_lines_next(struct list_lines *l, char **text)
{
	size_t searched = 0;
	bool skipping = false; /* in a line that is too long: its beginning is gone already */

	for (;;) {
		char *start = l->buffer + l->at;
		size_t have = l->end - l->at;
		char *end = memchr(start + searched, '\n', have - searched);

		if (end || (l->eof && (have > 0 || skipping))) {
			size_t len = end ? (size_t)(end - start) : have;

			l->at += len + (end ? 1 : 0);
			l->unended = !end;
			return skipping ? bad(text, TOO_LONG) : give(l, start, len, text);
		}
		if (l->eof) {
			return LINE_END;
		}
		if (have > LIST_LINE + 4) { /* a mark and a CR are not the line's */
			skipping = true;
			have = 0;
		}
		memmove(l->buffer, l->buffer + l->end - have, have);
		fill(l, have);
		searched = have;
	}
}
