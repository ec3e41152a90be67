/*
 * mail_fields.c: a block of fields, as a feedback report and a message's header are written
 * (RFC 5322 §2.2): "Name: value", folded lines begin with a blank, a blank line ends it. Lines end
 * with LF or CRLF, or all with CR.
 */
#include "mail.h"

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

	if (!end) {
		end = memchr(block->data, '\r', block->len);
	}
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
			take_line(block, &line);
			if (line.len == 0) {
				/* Blanks alone: the block's end to the eye that wrote it. */
				block->len = 0;
				break;
			}
			len = append(field->value, len, line);
		}
		return true;
	}
	block->len = 0;
	return false;
}

bool field_is(const struct field *field, const char *name)
{
	size_t len = strlen(name);

	return field->name.len == len &&
	       strncasecmp((const char *)field->name.data, name, len) == 0;
}

enum status field_address(const char *value, struct prefix *host)
{
	char text[ADDR_TEXT];
	bool literal = *value == '[';

	value += literal;
	if (strncasecmp(value, "IPv6:", 5) == 0) {
		value += 5; /* RFC 5321 §4.1.3 */
	}
	size_t len = strspn(value, "0123456789abcdefABCDEF:.");
	const char *after = value + len;

	if (literal && *after++ != ']') {
		return fail(ST_DATA, "no ']' closes the address");
	}
	/* A comment may follow, such as the host's name; another address may not. */
	after += strspn(after, " \t");
	if (len == 0 || len >= sizeof text || (*after && *after != '(' && *after != ';')) {
		return fail(ST_DATA, "no address");
	}
	memcpy(text, value, len);
	text[len] = '\0';
	return prefix_parse(text, host);
}
