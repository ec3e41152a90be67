/*
 * tsig_record.c: the TSIG record of a message (RFC 8945 §4.2), found and read. Any octets may come
 * in: this is the first to look at what a stranger sent.
 *
 *	owner CLASS=ANY TTL=0 rdlen | algorithm time(6) fudge(2) MAC original-id error other
 *
 * 1. The owner may be compressed, as some clients do where the key is named below what they ask
 *    for. A pointer leads back behind the header, each further than the one before it, and there
 *    are at most as many as a name has labels: a name costs a few hundred steps whatever it is.
 * 2. The algorithm, inside the rdata of a type that is younger than compression, may not be.
 */
#include "tsig.h"

enum {
	HEADER = 12,
	POINTERS_MAX = 127, /* a name has no more labels */
	RR_FIXED = 10,      /* type(2) class(2) ttl(4) rdlen(2) */
	TYPE_TSIG = 250,
	CLASS_ANY = 255,
};

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

/* A name at `r`, which is inside `message`; behind a pointer it goes on elsewhere in there. */
static void read_name(struct reader *r, struct bytes message, bool compressed, struct name *name)
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
			if (label.bad || to < HEADER || to >= before) {
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

bool tsig_read(struct tsig *tsig, struct bytes message, size_t at)
{
	struct reader r = reader_of(message);

	read_bytes(&r, at);
	const uint8_t *owner = r.at;

	read_name(&r, message, true, &tsig->key);
	tsig->at = at;
	tsig->owner = bytes_of(owner, (size_t)(r.at - owner));
	bool is_tsig = read_u16(&r) == TYPE_TSIG;
	bool any = read_u16(&r) == CLASS_ANY;
	bool ttl = read_u32(&r) == 0;
	size_t rdlen = read_u16(&r);

	if (r.bad || !is_tsig || !any || !ttl || reader_left(&r) != rdlen) {
		return false;
	}
	read_name(&r, message, false, &tsig->algorithm);
	tsig->time_s = read_be(&r, 6);
	tsig->fudge_s = read_u16(&r);
	tsig->mac = read_run(&r);
	tsig->original_id = read_u16(&r);
	tsig->error = read_u16(&r);
	tsig->other = read_run(&r);
	return !r.bad && reader_left(&r) == 0;
}

/* Past a name, whose pointer is not followed. */
static void skip_name(struct reader *r)
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

enum tsig_error tsig_find(struct tsig *tsig, struct bytes message)
{
	struct reader r = reader_of(message);

	tsig->at = 0;
	read_u32(&r); /* id, flags */
	unsigned questions = read_u16(&r);
	unsigned records = read_u16(&r);

	records += read_u16(&r);
	unsigned additionals = read_u16(&r);

	records += additionals;
	for (; questions > 0 && !r.bad; questions--) {
		skip_name(&r);
		read_u32(&r); /* type, class */
	}
	for (; records > 0 && !r.bad; records--) {
		size_t at = (size_t)(r.at - message.data);

		skip_name(&r);
		bool is_tsig = read_u16(&r) == TYPE_TSIG;

		read_bytes(&r, RR_FIXED - 2 - 2); /* class, TTL */
		size_t rdlen = read_u16(&r);

		read_bytes(&r, rdlen);
		if (is_tsig && !r.bad) {
			bool last = records == 1 && additionals > 0;

			return last && tsig_read(tsig, message, at) ? TSIG_OK : TSIG_FORMERR;
		}
	}
	return r.bad || reader_left(&r) > 0 ? TSIG_FORMERR : TSIG_OK;
}
