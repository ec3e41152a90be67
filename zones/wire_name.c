/*
 * wire_name.c: see wire_name.h. Any octets may come in.
 */
#include "wire_name.h"

#include "dns.h"

enum { POINTERS_MAX = 127 /* a name has no more labels */ };

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet - 'A' + 'a') : octet;
}

/* Appends a label and its length octet, in lower case. Always leaves room for the root's. */
static bool append_label(struct name *name, const uint8_t *label, size_t len)
{
	if (name->len + 1 + len + (len > 0) > NAME_MAX_WIRE) {
		return false;
	}
	name->wire[name->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++) {
		name->wire[name->len++] = lower(label[i]);
	}
	return true;
}

void wire_name_read(struct reader *r, struct bytes message, bool compressed, struct name *name)
{
	struct reader label = *r;
	size_t before = (size_t)(r->at - message.data);

	name->len = 0;
	for (unsigned pointers = 0;;) {
		size_t len = read_u8(&label);

		if (len >= 0xc0 && compressed && pointers < POINTERS_MAX) {
			size_t to = (len & 0x3f) << 8 | read_u8(&label);

			if (pointers++ == 0) {
				*r = label;
			}
			if (label.bad || to < DNS_HEADER || to >= before) {
				break;
			}
			before = to;
			label = reader_of(bytes_of(message.data + to, message.len - to));
			continue;
		}
		const uint8_t *octets = len < 0x40 ? read_bytes(&label, len) : NULL;

		if (!octets || label.bad || !append_label(name, octets, len)) {
			break;
		}
		if (len == 0) {
			if (pointers == 0) {
				*r = label;
			}
			return;
		}
	}
	r->bad = true;
}

void wire_name_skip(struct reader *r)
{
	size_t len = read_u8(r);

	while (len > 0 && len < 0x40) {
		read_bytes(r, len);
		len = read_u8(r);
	}
	if (len >= 0xc0) {
		read_u8(r);
	} else if (len > 0) {
		r->bad = true;
	}
}
