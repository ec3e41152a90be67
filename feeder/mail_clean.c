/*
 * mail_clean.c: a stranger's mail, made fit for a parser.
 *
 * Programs that saved it may have put a byte order mark or an mbox "From " line before the first
 * field, or ended all lines with CR alone. Those who wrote it may have meant harm: GMime recurses
 * into parts and into the groups of an address list, and keeps some 500 octets for each field and
 * 1,600 for each part. So, before it sees any of it:
 *
 * 1. a line with those that continue it (a folded field) is cut at FIELD_CUT;
 * 2. there are at most MAIL_PARTS Content-Type fields, without which no part nests, BOUNDARIES
 * lines that begin with "--", without which no part begins, and LINES lines.
 */
#include "mail.h"

#include <stdlib.h>
#include <strings.h>

enum {
	FIELD_CUT = 16 << 10, /* a nested group takes 2 octets of a To, and 130 of the stack */
	BOUNDARIES = 10000,
	LINES = 300000, /* 16 MiB in base64 are 220,000 */
};

static bool starts(struct bytes text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len && strncasecmp((const char *)text.data, word, len) == 0;
}

static struct bytes drop(struct bytes text, size_t count)
{
	return bytes_of(text.data + count, text.len - count);
}

/* The octets of the first line, its end among them. */
static size_t line_len(struct bytes text)
{
	const uint8_t *end = memchr(text.data, '\n', text.len);

	return end ? (size_t)(end + 1 - text.data) : text.len;
}

/* What stands before the first field. */
static struct bytes skip_front(struct bytes text)
{
	while (text.len > 0 && (*text.data == '\n' || *text.data == '\r')) {
		text = drop(text, 1);
	}
	bool mbox = starts(text, "From ") && !starts(text, "From :");

	return mbox || starts(text, ">From ") ? drop(text, line_len(text)) : text;
}

/* Copies what may stay of a line; `run` is the length of those that it continues. */
static uint8_t *copy_line(uint8_t *to, struct bytes line, size_t run)
{
	size_t room = run < FIELD_CUT ? FIELD_CUT - run : 0;

	if (line.len <= room) {
		memcpy(to, line.data, line.len);
		return to + line.len;
	}
	if (room > 0) {
		memcpy(to, line.data, room - 1);
		to[room - 1] = '\n';
	}
	return to + room;
}

/* Copies line by line. ST_DATA where there is too much of something. */
static enum status copy_lines(struct bytes text, uint8_t *to, size_t *len)
{
	const uint8_t *start = to;
	unsigned lines = 0, boundaries = 0, types = 0;
	size_t run = 0;

	while (text.len > 0) {
		struct bytes line = bytes_of(text.data, line_len(text));
		bool continues = *line.data == ' ' || *line.data == '\t';

		run = continues ? run : 0;
		to = copy_line(to, line, run);
		run += line.len;
		text = drop(text, line.len);
		lines++;
		boundaries += starts(line, "--");
		types += starts(line, "content-type");
	}
	*len = (size_t)(to - start);
	if (lines > LINES || boundaries > BOUNDARIES || types > MAIL_PARTS) {
		return fail(ST_DATA, "a mail of too many lines (%u), boundaries (%u) or types (%u)",
			    lines, boundaries, types);
	}
	return ST_OK;
}

enum status mail_clean(struct bytes mail, struct bytes *clean)
{
	uint8_t *lf = NULL;

	if (starts(mail, "\xef\xbb\xbf")) {
		mail = drop(mail, 3);
	}
	if (!memchr(mail.data, '\n', mail.len)) {
		lf = must_alloc(mail.len + 1);
		for (size_t i = 0; i < mail.len; i++) {
			lf[i] = mail.data[i] == '\r' ? '\n' : mail.data[i];
		}
		mail.data = lf;
	}
	uint8_t *copy = must_alloc(mail.len + 1);
	enum status status = copy_lines(skip_front(mail), copy, &clean->len);

	clean->data = copy;
	free(lf);
	if (status) {
		free(copy);
	}
	return status;
}
