/*
 * list_plain.c: plain lists and CIDR lists.
 *
 *     192.0.2.1
 *     2001:db8::1        what follows after blanks is ignored
 *     198.51.100.0/24    ; in cidr only, and so are ranges:
 *     203.0.113.5-203.0.113.9
 *     203.0.113.20 - 203.0.113.29
 *
 * Feeds are millions of dotted quads, so these are read by hand; all else is prefix_parse()'s.
 */
#include "list.h"

#include <string.h>

static const struct list_item NOTHING_ELSE = {0}; /* but the address */

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
	return c == '\0' || blank(c) || c == '#' || c == ';';
}

/* "192.0.2.1" and nothing else, as strict as inet_pton(). */
static bool quad_parse(const char *s, const char *end, uint32_t *addr)
{
	uint32_t value = 0;

	for (unsigned octets = 0;; octets++) {
		const char *digits = s;
		unsigned octet = 0;

		while (s < end && *s >= '0' && *s <= '9' && s - digits < 3) {
			octet = octet * 10 + (unsigned)(*s++ - '0');
		}
		if (s == digits || octet > 255 || (*digits == '0' && s - digits > 1)) {
			return false;
		}
		value = value << 8 | octet;
		if (octets == 3) {
			*addr = value;
			return s == end;
		}
		if (s == end || *s++ != '.') {
			return false;
		}
	}
}

/* Reads the word [word, end); a line that is bad is told of. */
static bool word_parse(struct list_reader *reader, char *word, char *end, struct prefix *p)
{
	uint32_t quad;

	if (quad_parse(word, end, &quad)) {
		*p = (struct prefix){quad, 4, 32};
		return true;
	}

	char kept = *end;
	*end = '\0';
	enum status status = prefix_parse(word, p);
	*end = kept;
	if (status) {
		list_bad(reader, reader->line, "%s", fail_text());
		return false;
	}
	return true;
}

static void append(struct list_reader *reader, const struct prefix *p, const struct list_item *what)
{
	struct list_item item = *what;

	item.addr = p->addr;
	item.family = p->family;
	item.len = p->len;
	item.sublist = (uint16_t)reader->sublist;
	list_append(reader, &item);
}

/* The line's first word; NULL where the line is empty, a comment, or bad for want of a sublist. */
static char *first_word(struct list_reader *reader, char *line, char **end)
{
	while (blank(*line)) {
		line++;
	}
	for (*end = line; !ends_word(**end); (*end)++) {
	}
	if (*end == line) {
		return NULL;
	}
	if (reader->sublist < 0) {
		list_bad(reader, reader->line, "no sublist is given for it");
		return NULL;
	}
	return line;
}

void list_plain_line(struct list_reader *reader, char *line)
{
	char *end, *word = first_word(reader, line, &end);
	struct prefix p;

	if (!word || !word_parse(reader, word, end, &p)) {
		return;
	}
	if (memchr(word, '/', (size_t)(end - word))) {
		list_bad(reader, reader->line,
			 "'%.*s' is a prefix: a plain list has addresses, --format cidr has both",
			 (int)(end - word), word);
		return;
	}
	append(reader, &p, &NOTHING_ELSE);
}

static bool range_append(struct list_reader *reader, const struct prefix *first,
			 const struct prefix *last, const struct list_item *what)
{
	struct prefix p;

	if (first->family != last->family || first->len != last->len ||
	    first->len != prefix_bits(first->family)) {
		list_bad(reader, reader->line,
			 "a range goes from an address to an address of the same family");
		return false;
	}
	if (first->addr > last->addr) {
		list_bad(reader, reader->line, "the range ends before it begins");
		return false;
	}
	for (int adding = 0; adding < 2; adding++) {
		addr_t at = first->addr;
		bool done = false;

		while (range_next(first->family, &at, last->addr, &done, &p)) {
			if (adding) {
				append(reader, &p, what);
			} else if (prefix_check_listing(&p)) {
				list_bad(reader, reader->line, "%s", fail_text());
				return false;
			}
		}
	}
	return true;
}

/* Where the second word of "first - last" begins, NULL where what follows the first is no range. */
static char *range_after_blanks(char *s)
{
	while (blank(*s)) {
		s++;
	}
	if (*s++ != '-') {
		return NULL;
	}
	while (blank(*s)) {
		s++;
	}
	/* A dash before words is only a dash. */
	size_t digits = strspn(s, "0123456789abcdefABCDEF");

	return s[digits] == ':' || (digits > 0 && s[digits] == '.') ? s : NULL;
}

/* The first word of a line, and the second where both are a range. */
static bool words_append(struct list_reader *reader, char *word, char *end,
			 const struct list_item *what)
{
	struct prefix first, last;
	char *dash = memchr(word, '-', (size_t)(end - word));
	char *second = dash ? dash + 1 : range_after_blanks(end);

	if (dash) {
		end = dash;
	}
	if (!word_parse(reader, word, end, &first)) {
		return false;
	}
	if (second) {
		for (end = second; !ends_word(*end); end++) {
		}
		return word_parse(reader, second, end, &last) &&
		       range_append(reader, &first, &last, what);
	}
	if (prefix_check_listing(&first)) {
		list_bad(reader, reader->line, "%s", fail_text());
		return false;
	}
	append(reader, &first, what);
	return true;
}

void list_cidr_line(struct list_reader *reader, char *line)
{
	char *end, *word = first_word(reader, line, &end);

	if (word) {
		words_append(reader, word, end, &NOTHING_ELSE);
	}
}

bool list_add(struct list_reader *reader, struct bytes field, const struct list_item *what)
{
	char room[2 * PREFIX_TEXT + sizeof " - "], *end;

	field = list_trim(field);
	if (field.len >= sizeof room) {
		list_bad(reader, reader->line, "'%.*s…' is no address or prefix", PREFIX_TEXT,
			 (const char *)field.data);
		return false;
	}
	memcpy(room, field.data ? (const char *)field.data : "", field.len);
	room[field.len] = '\0';
	for (end = room; !ends_word(*end); end++) {
	}
	if (end == room) {
		list_bad(reader, reader->line, "there is no address in it");
		return false;
	}
	if (reader->sublist < 0) {
		list_bad(reader, reader->line, "no sublist is given for it");
		return false;
	}
	return words_append(reader, room, end, what);
}
