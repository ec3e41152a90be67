/*
 * mirrored_key.c: owner names as keys, so that names are found by where they would stand. The tree
 * of names needs no table of its own: a name exists where a key begins with its own, and the
 * closest encloser of a name that does not is what it shares with its neighbours.
 */
#include <stdio.h>

#include "mirrored_rows.h"

enum {
	LABEL_END = 0,
	ESCAPE = 1,
	/* Below a node may be a million names that are no address; asking for each that is one
	 * costs as much as looking at a few hundred. */
	LOOKED_AT = 1024,
};

void mirror_key_apex(struct mirror_key *key, uint16_t number, uint8_t slot)
{
	struct writer w = writer_of(key->octets, MIRROR_APEX);

	write_u16(&w, number);
	write_u8(&w, slot);
	key->len = MIRROR_APEX;
}

void mirror_key_push(struct mirror_key *key, const void *label, size_t len)
{
	struct writer w = writer_of(key->octets + key->len, sizeof key->octets - key->len);
	const uint8_t *octets = label;

	for (size_t i = 0; i < len; i++) {
		if (octets[i] <= ESCAPE) {
			write_u8(&w, ESCAPE);
			write_u8(&w, (uint8_t)(octets[i] + 1));
		} else {
			write_u8(&w, octets[i]);
		}
	}
	write_u8(&w, LABEL_END);
	key->len += writer_len(&w);
}

void mirror_key_push_prefix(struct mirror_key *key, const struct prefix *p)
{
	unsigned step = mirror_step(p->family), bits = prefix_bits(p->family);

	for (unsigned len = step; len <= p->len; len += step) {
		unsigned value = (unsigned)(p->addr >> (bits - len)) & ((1U << step) - 1);
		char label[4];
		int size = snprintf(label, sizeof label, step == 8 ? "%u" : "%x", value);

		mirror_key_push(key, label, (size_t)size);
	}
}

bool mirror_key_owner(struct mirror_key *key, uint16_t number, uint8_t slot,
		      const struct zone_config *zone, const struct name *owner)
{
	uint8_t label[MIRROR_DEPTH];
	unsigned count = 0;
	size_t before;

	if (!name_below(owner, &zone->apex, &before)) {
		return false;
	}
	for (size_t at = 0; at < before; at += 1U + owner->wire[at]) {
		label[count++] = (uint8_t)at;
	}
	mirror_key_apex(key, number, slot);
	while (count > 0) {
		const uint8_t *at = owner->wire + label[--count];

		mirror_key_push(key, at + 1, *at);
	}
	return true;
}

bool mirror_key_label(struct bytes key, size_t *at, struct bytes *label)
{
	const uint8_t *from = key.data + *at;
	const uint8_t *end = *at < key.len ? memchr(from, LABEL_END, key.len - *at) : NULL;

	if (!end) {
		return false;
	}
	*label = bytes_of(from, (size_t)(end - from));
	*at += label->len + 1;
	return true;
}

bool mirror_key_name(struct bytes key, const struct name *apex, struct name *owner)
{
	struct bytes label[MIRROR_DEPTH];
	struct writer w = writer_of(owner->wire, sizeof owner->wire);
	unsigned count = 0;
	size_t at = MIRROR_APEX;

	while (count < MIRROR_DEPTH && mirror_key_label(key, &at, &label[count])) {
		count++;
	}
	if (at != key.len) {
		return false;
	}
	while (count > 0) {
		struct reader r = reader_of(label[--count]);
		uint8_t *size = write_room(&w, 1);

		while (size && reader_left(&r) > 0) {
			uint8_t octet = read_u8(&r);

			write_u8(&w, octet == ESCAPE ? (uint8_t)(read_u8(&r) - 1) : octet);
			*size = (uint8_t)(w.at - size - 1);
		}
	}
	write_bytes(&w, apex->wire, apex->len);
	owner->len = (uint8_t)writer_len(&w);
	return !w.bad;
}

int mirror_label(struct bytes label, unsigned family)
{
	int value = 0;

	if (family == 6) {
		uint8_t c = label.len == 1 ? label.data[0] : 0;

		return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
	}
	if (label.len == 0 || label.len > 3 || (label.len > 1 && label.data[0] == '0')) {
		return -1;
	}
	for (size_t i = 0; i < label.len; i++) {
		if (label.data[i] < '0' || label.data[i] > '9') {
			return -1;
		}
		value = value * 10 + (label.data[i] - '0');
	}
	return value <= 255 ? value : -1;
}

bool mirror_key_prefix(struct bytes key, unsigned family, struct prefix *p, bool *wildcard)
{
	unsigned step = mirror_step(family), bits = prefix_bits(family), len = 0;
	struct bytes label;
	addr_t addr = 0;
	bool wild = false;

	for (size_t at = MIRROR_APEX; mirror_key_label(key, &at, &label); len += step) {
		wild = at == key.len && mirror_is_wildcard(label);
		if (wild) {
			break;
		}
		int value = len < bits ? mirror_label(label, family) : -1;

		if (value < 0) {
			return false;
		}
		addr |= (addr_t)value << (bits - len - step);
	}
	if (wild && len == bits) {
		return false;
	}
	if (wildcard) {
		*wildcard = wild;
	}
	*p = (struct prefix){addr, (uint8_t)family, (uint8_t)len};
	return true;
}

/* Octets of the whole labels that two keys of one slot begin with; 0: of another slot. */
static size_t shared(struct bytes a, struct bytes b)
{
	size_t most = a.len < b.len ? a.len : b.len, last = 0, i = 0;

	for (; i < most && a.data[i] == b.data[i]; i++) {
		if (i + 1 == MIRROR_APEX || (i >= MIRROR_APEX && a.data[i] == LABEL_END)) {
			last = i + 1;
		}
	}
	return last;
}

size_t mirror_closest(struct scan *scan, struct bytes key)
{
	size_t closest = MIRROR_APEX;
	struct bytes next, before, value;

	/* Rows of status stand behind all others, so there is a next one. */
	if (scan_seek(scan, key, &next, &value)) {
		size_t len = shared(key, next);

		closest = len > closest ? len : closest;
		if (closest < key.len && scan_prev(scan, &before, &value)) {
			len = shared(key, before);
			closest = len > closest ? len : closest;
		}
	}
	return closest;
}

bool mirror_skip(struct scan *scan, struct bytes top, struct bytes *key, struct bytes *value)
{
	uint8_t past[MIRROR_KEY];

	if (!scan_next(scan, key, value)) {
		return false;
	}
	if (!mirror_key_below(*key, top)) {
		return true; /* mostly there is one row */
	}
	memcpy(past, top.data, top.len);
	past[top.len - 1]++; /* LABEL_END, or the slot */
	return scan_seek(scan, bytes_of(past, top.len), key, value);
}

/* Label by label. */
static void ask_for_children(struct scan *scan, struct bytes node, unsigned family, bool there[256])
{
	const unsigned labels = 1U << mirror_step(family);
	struct mirror_key child;
	struct bytes key, value;
	char text[4];

	for (unsigned label = 0; label < labels; label++) {
		int len = snprintf(text, sizeof text, family == 4 ? "%u" : "%x", label & 255);

		memcpy(child.octets, node.data, node.len);
		child.len = node.len;
		mirror_key_push(&child, text, (size_t)len);
		there[label] = scan_seek(scan, mirror_key_bytes(&child), &key, &value) &&
			       mirror_key_below(key, mirror_key_bytes(&child));
	}
}

void mirror_children(struct scan *scan, struct bytes node, unsigned family, bool there[256])
{
	struct bytes key, value, label;
	bool more = scan_seek(scan, node, &key, &value);

	memset(there, 0, 256 * sizeof *there);
	for (unsigned i = 0; more && mirror_key_below(key, node); i++) {
		if (i == LOOKED_AT) {
			ask_for_children(scan, node, family, there);
			return;
		}
		size_t at = node.len;

		if (!mirror_key_label(key, &at, &label)) {
			more = scan_next(scan, &key, &value); /* the node itself */
			continue;
		}
		int value_of = mirror_label(label, family);

		if (value_of >= 0) {
			there[value_of] = true;
		}
		uint8_t top[MIRROR_KEY];

		/* The skip moves the scan, and what the key is borrowed from. */
		memcpy(top, key.data, at);
		more = mirror_skip(scan, bytes_of(top, at), &key, &value);
	}
}
