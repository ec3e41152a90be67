/*
 * name.c: domain names, presentation form to wire and back (RFC 1035 §5.1, RFC 4343 §2.1).
 *
 *     "ns1.example.org"  <->  3 n s 1 7 e x a m p l e 3 o r g 0
 *
 * \. is a dot inside a label and \DDD any octet; both survive the way there and back. Octets that
 * mean something in a zone file are written escaped, so that a formatted name can be pasted into
 * one. Bounds are kept here and not left to a library: a label has at most 63 octets and a name at
 * most 255, the root's among them (RFC 1035 §2.3.4).
 */
#include "name.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63 };

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet - 'A' + 'a') : octet;
}

static enum status refuse(const char *text, const char *why)
{
	return fail(ST_DATA, "'%.300s' is no domain name: %s", text, why);
}

/* One octet of a label, from a character or an escape; *text moves past it. NULL, or why there is
 * none. */
static const char *read_octet(const char **text, uint8_t *octet)
{
	const char *p = *text;

	if (*p == '\\') {
		p++;
		if (*p >= '0' && *p <= '9') {
			unsigned value = 0;
			for (unsigned i = 0; i < 3; i++, p++) {
				if (*p < '0' || *p > '9') {
					return "a backslash and a digit must be followed by two more";
				}
				value = value * 10 + (unsigned)(*p - '0');
			}
			if (value > 255) {
				return "an escaped octet is at most \\255";
			}
			*octet = lower((uint8_t)value);
			*text = p;
			return NULL;
		}
	}
	if (*p <= ' ' || *p > '~') {
		return *p ? "it holds a space, a control character or one that is not ASCII"
			  : "it ends in a backslash";
	}
	*octet = lower((uint8_t)*p);
	*text = p + 1;
	return NULL;
}

enum status name_parse(const char *text, struct name *name)
{
	const char *p = text;
	size_t label = 0; /* where the current label's length octet is */
	size_t end = 1;   /* octets so far */

	memset(name, 0, sizeof *name);
	if (*p == '\0') {
		return refuse(text, "it is empty");
	}
	if (strcmp(p, ".") == 0) {
		name->len = 1;
		return ST_OK;
	}

	struct name made = {0};
	while (*p) {
		if (*p == '.') {
			if (end == label + 1) {
				return refuse(text, "a label is empty");
			}
			p++;
			label = end++;
		} else {
			uint8_t octet;
			const char *why = read_octet(&p, &octet);
			if (why) {
				return refuse(text, why);
			}
			if (end - label > LABEL_MAX) {
				return refuse(text, "a label has over 63 octets");
			}
			if (end + 2 > NAME_MAX_WIRE) { /* this octet and the root label */
				return refuse(text, "it has over 255 octets");
			}
			made.wire[end++] = octet;
			made.wire[label]++;
		}
	}
	if (end > label + 1) {
		end++; /* the root label, which a final dot would have begun */
	}
	made.len = (uint8_t)end;
	*name = made;
	return ST_OK;
}

/* Those that a zone file reads as its own (RFC 1035 §5.1), and the dot, which would end the label.
 */
static bool needs_backslash(uint8_t octet)
{
	return octet != '\0' && strchr(".\\\"();@$", octet);
}

void name_read(struct reader *r, struct name *name)
{
	size_t len;

	name->len = 0;
	do {
		len = read_u8(r);
		const uint8_t *label = read_bytes(r, len);

		if (!label || len > LABEL_MAX || name->len + 1 + len > NAME_MAX_WIRE) {
			r->bad = true;
			name->len = 0;
			return;
		}
		name->wire[name->len++] = (uint8_t)len;
		for (size_t i = 0; i < len; i++) {
			name->wire[name->len++] = lower(label[i]);
		}
	} while (len > 0);
}

const char *name_format(const struct name *name, char text[NAME_TEXT])
{
	char *out = text;
	size_t at = 0;

	while (at + 1 < name->len) {
		size_t end = at + 1 + name->wire[at];
		for (at++; at < end; at++) {
			uint8_t octet = name->wire[at];
			if (octet <= ' ' || octet > '~') {
				out += sprintf(out, "\\%03u", octet);
			} else {
				if (needs_backslash(octet)) {
					*out++ = '\\';
				}
				*out++ = (char)octet;
			}
		}
		*out++ = '.';
	}
	if (out == text) {
		*out++ = '.';
	}
	*out = '\0';
	return text;
}

bool name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* Where each label but the root begins. Returns how many. */
static size_t find_labels(const struct name *name, uint8_t label[NAME_MAX_WIRE / 2])
{
	size_t count = 0;

	for (size_t at = 0; at + 1 < name->len; at += name->wire[at] + 1U) {
		label[count++] = (uint8_t)at;
	}
	return count;
}

int name_compare(const struct name *a, const struct name *b)
{
	uint8_t at[NAME_MAX_WIRE / 2], bt[NAME_MAX_WIRE / 2];
	size_t left = find_labels(a, at), right = find_labels(b, bt);

	while (left > 0 && right > 0) {
		const uint8_t *x = a->wire + at[--left], *y = b->wire + bt[--right];
		int order = memcmp(x + 1, y + 1, *x < *y ? *x : *y);

		if (order != 0 || *x != *y) {
			return order != 0 ? order : *x - *y;
		}
	}
	return (left > 0) - (right > 0);
}

bool name_below(const struct name *name, const struct name *zone, size_t *before)
{
	size_t at = 0;

	if (zone->len == 0 || name->len < zone->len) {
		return false;
	}
	/* Label by label: the same octets inside a label would be no boundary. */
	while (name->len - at > zone->len) {
		at += (size_t)name->wire[at] + 1;
	}
	if (name->len - at != zone->len || memcmp(name->wire + at, zone->wire, zone->len) != 0) {
		return false;
	}
	*before = at;
	return true;
}
