/*
 * mail_fields.c: a block of fields, as a feedback report and a message's header are written
 * (RFC 5322 §2.2): "Name: value", folded lines begin with a blank, a blank line ends it. Lines end
 * with LF or CRLF: mail.c has made LF of CR alone.
 */
#include "mail.h"

#include <ctype.h>
#include <strings.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line, without its end. False where there is none. */
static bool take_line(struct bytes *block, struct bytes *line)
{
	if (block->len == 0) {
		return false;
	}
	const uint8_t *end = memchr(block->data, '\n', block->len);
	size_t len = end ? (size_t)(end - block->data) : block->len;
	size_t used = end ? len + 1 : len;

	*line = bytes_of(block->data, len);
	*block = bytes_of(block->data + used, block->len - used);
	while (line->len > 0 && is_blank(line->data[line->len - 1])) {
		line->len--;
	}
	return true;
}

/* Adds a line's text to the value, after one blank where something stands there already. */
static size_t append(char value[FIELD_MAX + 1], size_t len, struct bytes text)
{
	while (text.len > 0 && is_blank(*text.data)) {
		text = bytes_of(text.data + 1, text.len - 1);
	}
	if (len > 0 && text.len > 0 && len < FIELD_MAX) {
		value[len++] = ' ';
	}
	for (size_t i = 0; i < text.len && len < FIELD_MAX; i++) {
		/* A NUL would end the value for some of its readers and not for others. */
		value[len++] = text.data[i] ? (char)text.data[i] : '?';
	}
	value[len] = '\0';
	return len;
}

bool field_next(struct bytes *block, struct field *field)
{
	struct bytes line;

	while (take_line(block, &line) && line.len > 0) {
		const uint8_t *colon = memchr(line.data, ':', line.len);

		if (!colon || is_blank(*line.data)) {
			continue;
		}
		field->name = bytes_of(line.data, (size_t)(colon - line.data));
		while (field->name.len > 0 && is_blank(field->name.data[field->name.len - 1])) {
			field->name.len--;
		}
		size_t rest = (size_t)(line.data + line.len - (colon + 1));
		size_t len = append(field->value, 0, bytes_of(colon + 1, rest));

		while (block->len > 0 && (*block->data == ' ' || *block->data == '\t')) {
			struct bytes here = *block;

			take_line(block, &line);
			if (line.len == 0) {
				/* Blanks alone: the block's end to the eye that wrote it. */
				*block = here;
				break;
			}
			len = append(field->value, len, line);
		}
		return true;
	}
	return false;
}

bool field_is(const struct field *field, const char *name)
{
	size_t len = strlen(name);

	return field->name.len == len &&
	       strncasecmp((const char *)field->name.data, name, len) == 0;
}

bool field_find(struct bytes block, const char *name, struct field *field)
{
	while (field_next(&block, field)) {
		if (field_is(field, name)) {
			return true;
		}
	}
	return false;
}

void field_unquote(struct field *field)
{
	size_t len = strlen(field->value);
	char quote = field->value[0];

	if (len >= 2 && (quote == '"' || quote == '\'') && field->value[len - 1] == quote) {
		memmove(field->value, field->value + 1, len - 2);
		field->value[len - 2] = '\0';
	}
}

/* What quotes, brackets and marks around the address leave of it; in "host [address]" and "host
 * (address)" that is what the bracket holds. */
static struct bytes undecorate(const char *value)
{
	static const char around[] = " \t\"'<>,;.";
	struct bytes text = bytes_str(value);
	const char *open = strpbrk(value, "[(");
	bool named = open && open > value &&
		     strspn(value, "0123456789abcdefABCDEF:.\"'< \t") < (size_t)(open - value);

	if (named) {
		text = bytes_str(open);
		if (*open == '(') {
			text = bytes_of(text.data + 1, strcspn(open + 1, ")"));
		}
	}
	while (text.len > 0 && strchr(around, *text.data)) {
		text = bytes_of(text.data + 1, text.len - 1);
	}
	while (text.len > 0 && strchr(around, text.data[text.len - 1])) {
		text.len--;
	}
	return text;
}

enum status field_address(const char *value, struct prefix *host)
{
	char room[FIELD_MAX + 1], text[ADDR_TEXT];
	struct bytes bare = undecorate(value);

	memcpy(room, bare.data, bare.len);
	room[bare.len] = '\0';
	value = room;
	bool literal = *value == '[';

	value += literal;
	if (strncasecmp(value, "IPv6:", 5) == 0) {
		value += 5; /* RFC 5321 §4.1.3 */
	}
	size_t len = strspn(value, "0123456789abcdefABCDEF:.");
	const char *after = value + len, *colon = memchr(value, ':', len);

	if (literal && *after++ != ']') {
		return fail(ST_DATA, "no ']' closes the address");
	}
	if (literal && *after == ':') {
		after += 1 + strspn(after + 1, "0123456789");
	} else if (colon && memchr(value, '.', (size_t)(colon - value)) &&
		   colon + 1 + strspn(colon + 1, "0123456789") == value + len) {
		len = (size_t)(colon - value); /* "192.0.2.1:25", of IPv4 alone */
	}
	if (strcmp(after, "/32") == 0 || strcmp(after, "/128") == 0) {
		after +=
			strlen(after); /* a host, said twice; prefix_parse() says of which family */
	}
	/* A comment may follow, such as the host's name; another address may not. */
	after += strspn(after, " \t\"'>");
	if (len == 0 || len >= sizeof text || (*after && !strchr("(;#", *after))) {
		return fail(ST_DATA, "no address");
	}
	memcpy(text, value, len);
	text[len] = '\0';
	return prefix_parse(text, host);
}

void field_domain(const char *value, char domain[MAIL_WORD])
{
	const char *open = strrchr(value, '<');
	const char *at = strrchr(open ? open : value, '@');
	size_t len = 0;

	domain[0] = '\0';
	if (!at) {
		return;
	}
	for (at++; len + 1 < MAIL_WORD; len++) {
		char c = (char)tolower((unsigned char)at[len]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.') {
			break;
		}
		domain[len] = c;
	}
	domain[len] = '\0';
}
