/*
 * mirror_text.c: TXT, as the primary serves it byte by byte.
 */
#include "mirror_text.h"

#include <string.h>

static const char mark[] = "{ip}";
enum { MARK = sizeof mark - 1 };

static bool has_mark(struct bytes text)
{
	return memmem(text.data, text.len, mark, MARK) != NULL;
}

static struct bytes literal(struct bytes text, uint8_t room[MIRROR_TEMPLATE])
{
	room[0] = TEXT_LITERAL;
	memcpy(room + 1, text.data, text.len);
	return bytes_of(room, text.len + 1);
}

struct bytes mirror_template(struct bytes text, struct bytes ip, uint8_t room[MIRROR_TEMPLATE])
{
	struct writer w = writer_of(room, MIRROR_TEMPLATE);
	const uint8_t *at = text.data, *end = at + text.len, *next;

	/* An empty text would be none, and what means something to text_expand() must not. */
	if (text.len == 0 || text.data[0] == TEXT_LITERAL || has_mark(text)) {
		return text.len ? literal(text, room) : literal(bytes_str(""), room);
	}
	while (ip.len > 0 && (next = memmem(at, (size_t)(end - at), ip.data, ip.len))) {
		write_bytes(&w, at, (size_t)(next - at));
		write_bytes(&w, mark, MARK);
		at = next + ip.len;
	}
	write_bytes(&w, at, (size_t)(end - at));
	return writer_bytes(&w);
}
