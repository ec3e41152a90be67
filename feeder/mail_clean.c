/*
 * mail_clean.c: a stranger's mail, made fit for a parser.
 *
 * Programs that saved it may have put a byte order mark or blank lines before the first field, or
 * ended all lines with CR alone. (An mbox "From " line GMime skips itself.) Those who wrote it may
 * have meant harm: GMime recurses into parts and into the groups of an address list, and keeps 500
 * octets for each field, 1,600 for each part and 300 for each address. So, before it sees any of
 * it:
 *
 * 1. a line with those that continue it (a folded field) is cut at FIELD_CUT, unless it begins as
 *    JSON does and no field can. A '?' stands where it was cut, so that half an address is none;
 * 2. the mail is cut at OCTETS, at BOUNDARIES lines that begin with "--", without which no part
 *    begins, and at MAIL_PARTS Content-Type fields, without which none nests.
 *
 * Lines that are base64 from end to end (an archive of reports) count for neither, of any length
 * and folded or not, as some servers fold what is longer than 998 octets. Those that continue
 * anything else do: a file's name of 16 MB takes GMime minutes where realloc() copies.
 *
 * The report comes before the mail that it is about (RFC 5965 §2), so what is cut off is rarely
 * missed; but rows and archives go on to the end, and whoever reads them is told (*cut).
 */
#include "mail.h"
#include "utf8.h"

#include <stdlib.h>
#include <strings.h>

enum {
	FIELD_CUT = 16 << 10, /* a nested group takes 2 octets of a To, and 130 of the stack */
	OCTETS = 1 << 20,     /* of nested groups in a To: 2 s and 250 MB in GMime */
	BOUNDARIES = 10000,   /* as many empty parts are 16 MB; a million, minutes */
	BASE64_LINE = 38,     /* shorter ones are words, and what ends a part */
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

static struct bytes skip_blank_lines(struct bytes text)
{
	while (text.len > 0 && (*text.data == '\n' || *text.data == '\r')) {
		text = drop(text, 1);
	}
	return text;
}

/* A line of nothing but base64 (RFC 2045 §6.8), of at least half the usual length; a blank may be
 * before it. */
static bool is_base64(struct bytes line)
{
	if (*line.data == ' ' || *line.data == '\t') {
		line = drop(line, 1);
	}
	size_t len = line.len;

	while (len > 0 && (line.data[len - 1] == '\n' || line.data[len - 1] == '\r')) {
		len--;
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t c = line.data[i], lower = c | 0x20;

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '+' &&
		    c != '/' && c != '=') {
			return false;
		}
	}
	return len >= BASE64_LINE;
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
	if (room > 1) {
		to[room - 2] = '?';
	}
	return to + room;
}

/* Copies line by line, up to the first of the caps. Returns how much. */
static size_t copy_lines(struct bytes text, uint8_t *to, bool *cut)
{
	const uint8_t *start = to;
	unsigned boundaries = 0, types = 0;
	size_t run = 0, base64 = 0;
	bool json = false, archive = false, body = false;

	*cut = false;
	while (text.len > 0 && (size_t)(to - start) - base64 < OCTETS) {
		struct bytes line = bytes_of(text.data, line_len(text));
		bool continues = *line.data == ' ' || *line.data == '\t';

		boundaries += starts(line, "--");
		types += starts(line, "content-type");
		if (boundaries > BOUNDARIES || types > MAIL_PARTS) {
			break;
		}
		json = continues ? json : *line.data == '{' || *line.data == '[';
		archive = is_base64(line) && (archive || !continues);
		run = continues ? run : 0;
		if (json || archive) {
			memcpy(to, line.data, line.len);
			to += line.len;
			base64 += json ? 0 : line.len;
		} else {
			to = copy_line(to, line, run);
			run += line.len;
			body |= line.len == 1 || (line.len == 2 && *line.data == '\r');
			*cut |= body && run > FIELD_CUT;
		}
		text = drop(text, line.len);
	}
	*cut |= text.len > 0;
	return (size_t)(to - start);
}

struct bytes mail_clean(struct bytes mail, bool *cut)
{
	mail = utf8_after_mark(mail);
	uint8_t *lf = must_alloc(mail.len + 1);
	uint8_t *copy = must_alloc(mail.len + 1);
	bool cr_alone = !memchr(mail.data, '\n', mail.len);

	for (size_t i = 0; i < mail.len; i++) {
		lf[i] = cr_alone && mail.data[i] == '\r' ? '\n' : mail.data[i];
	}
	size_t len = copy_lines(skip_blank_lines(bytes_of(lf, mail.len)), copy, cut);

	free(lf);
	return bytes_of(copy, len);
}
