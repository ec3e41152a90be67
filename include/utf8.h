/*
 * utf8.h: which bytes are UTF-8 (RFC 3629 §4): neither overlong nor a surrogate nor past U+10FFFF.
 */
#ifndef DNSBLD_UTF8_H
#define DNSBLD_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* How many octets the character at `at` has, 1 to 4; 0: it is none. `left` is at least 1. */
static inline size_t utf8_length(const uint8_t *at, size_t left)
{
	uint8_t low = 0x80, high = 0xbf; /* what the second octet may be */
	size_t len;

	if (at[0] < 0x80) {
		return 1;
	}
	if (at[0] < 0xc2 || at[0] > 0xf4) {
		return 0;
	}
	len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	switch (at[0]) {
	case 0xe0:
		low = 0xa0;
		break;
	case 0xed:
		high = 0x9f;
		break;
	case 0xf0:
		low = 0x90;
		break;
	case 0xf4:
		high = 0x8f;
		break;
	default:
		break;
	}
	if (len > left || at[1] < low || at[1] > high) {
		return 0;
	}
	for (size_t i = 2; i < len; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf) {
			return 0;
		}
	}
	return len;
}

/* The octets of the byte order mark that editors write before a text: 3, or 0 where there is none.
 */
static inline size_t utf8_mark(const void *at, size_t left)
{
	return left >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The text without it. */
static inline struct bytes utf8_after_mark(struct bytes text)
{
	size_t mark = utf8_mark(text.data, text.len);

	return mark ? bytes_of(text.data + mark, text.len - mark) : text;
}

#endif
