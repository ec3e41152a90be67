/*
 * notify_message.c: a NOTIFY and its answer are alike but for QR and the rcode:
 *
 *	id(2) flags(2) counts(8) | apex type(2) class(2) | 0xc00c type … rdata of the SOA
 *
 * Of an answer the header and the question are read and nothing behind them: there is nothing in it
 * that we would want to know.
 */
#include "notify_message.h"

#include <assert.h>
#include <ctype.h>

#include "dns.h"

enum {
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400, /* who sends a NOTIFY is authoritative (§3.7) */
	OPCODE_SHIFT = 11,
	OPCODE_MASK = 0xf,
	RCODE_MASK = 0xf,
	POINTER_QUESTION = 0xc000 | DNS_HEADER, /* RFC 1035 §4.1.4 */
};

size_t notify_write(uint8_t *out, size_t room, uint16_t id, const struct name *apex,
		    struct bytes soa)
{
	struct writer w = writer_of(out, room);
	bool hint = DNS_HEADER + apex->len + 4 + 2 + soa.len <= room;

	write_u16(&w, id);
	write_u16(&w, OPCODE_NOTIFY << OPCODE_SHIFT | FLAG_AA);
	write_u16(&w, 1);
	write_u16(&w, hint);
	write_u32(&w, 0);
	write_bytes(&w, apex->wire, apex->len);
	write_u16(&w, TYPE_SOA);
	write_u16(&w, CLASS_IN);
	if (hint) {
		write_u16(&w, POINTER_QUESTION);
		write_bytes(&w, soa.data, soa.len);
	}
	assert(!w.bad);
	return writer_len(&w);
}

/* Case does not matter, and octets of length are no letters. */
static bool has_question(struct reader *r, const struct name *apex)
{
	const uint8_t *wire = read_bytes(r, apex->len);

	for (size_t i = 0; wire && i < apex->len; i++) {
		if (tolower(wire[i]) != apex->wire[i]) {
			return false;
		}
	}
	uint16_t type = read_u16(r), class = read_u16(r);

	return !r->bad && type == TYPE_SOA && class == CLASS_IN;
}

bool notify_read(struct bytes packet, uint16_t id, const struct name *apex, uint8_t *rcode)
{
	struct reader r = reader_of(packet);
	bool same = read_u16(&r) == id;
	unsigned flags = read_u16(&r), questions = read_u16(&r);

	read_bytes(&r, 6); /* the other counts */
	*rcode = flags & RCODE_MASK;
	if (r.bad || !same || !(flags & FLAG_QR) ||
	    (flags >> OPCODE_SHIFT & OPCODE_MASK) != OPCODE_NOTIFY) {
		return false;
	}
	return questions == 0 ? *rcode != 0 : questions == 1 && has_question(&r, apex);
}
