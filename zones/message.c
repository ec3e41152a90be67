/*
 * message.c: messages of others, read record by record (RFC 1035 §4.1). Any octets may come in.
 *
 *	header(12) -> [question] -> answer … authority … additional … -> the end, exactly
 *
 * 1. Whoever takes a record on must be able to copy it to elsewhere, so pointers in rdata are
 *    followed: in the types of RFC 1035, and in those that RFC 3597 §4 says some had compressed.
 *    Younger types must not be, and in types that are not known here nobody could tell.
 * 2. What is expanded lands in the struct; all other rdata is the message's own.
 * 3. A type that is known has its own form to the last octet.
 */
#include "message.h"

#include "dns.h"
#include "wire_name.h"

/* --- the form of rdata --------------------------------------------------------------------------
 */

enum {
	REST = 255,     /* whatever there is */
	COMPRESSED = 1, /* names may be */
	SPELLED = 2,    /* they may not */
};

/* Octets, strings (a length octet before each), names, octets. TXT, all strings, is none of them.
 */
struct layout {
	uint8_t known; /* 0: nothing is */
	uint8_t before;
	uint8_t strings;
	uint8_t names;
	uint8_t after;
};

static const struct layout layouts[] = {
	[TYPE_A] = {SPELLED, 4, 0, 0, 0},
	[TYPE_NS] = {COMPRESSED, 0, 0, 1, 0},
	[3] = {COMPRESSED, 0, 0, 1, 0}, /* MD */
	[4] = {COMPRESSED, 0, 0, 1, 0}, /* MF */
	[5] = {COMPRESSED, 0, 0, 1, 0}, /* CNAME */
	[TYPE_SOA] = {COMPRESSED, 0, 0, 2, MESSAGE_SOA_FIXED},
	[7] = {COMPRESSED, 0, 0, 1, 0},      /* MB */
	[8] = {COMPRESSED, 0, 0, 1, 0},      /* MG */
	[9] = {COMPRESSED, 0, 0, 1, 0},      /* MR */
	[12] = {COMPRESSED, 0, 0, 1, 0},     /* PTR */
	[14] = {COMPRESSED, 0, 0, 2, 0},     /* MINFO */
	[15] = {COMPRESSED, 2, 0, 1, 0},     /* MX */
	[17] = {COMPRESSED, 0, 0, 2, 0},     /* RP */
	[18] = {COMPRESSED, 2, 0, 1, 0},     /* AFSDB */
	[21] = {COMPRESSED, 2, 0, 1, 0},     /* RT */
	[24] = {COMPRESSED, 18, 0, 1, REST}, /* SIG */
	[26] = {COMPRESSED, 2, 0, 2, 0},     /* PX */
	[TYPE_AAAA] = {SPELLED, 16, 0, 0, 0},
	[30] = {COMPRESSED, 0, 0, 1, REST}, /* NXT */
	[33] = {COMPRESSED, 6, 0, 1, 0},    /* SRV */
	[35] = {COMPRESSED, 4, 3, 1, 0},    /* NAPTR */
	[36] = {SPELLED, 2, 0, 1, 0},       /* KX */
	[39] = {SPELLED, 0, 0, 1, 0},       /* DNAME */
	[46] = {SPELLED, 18, 0, 1, REST},   /* RRSIG */
};

static void copy(struct writer *w, struct reader *r, size_t len)
{
	const uint8_t *octets = read_bytes(r, len);

	write_bytes(w, octets, octets ? len : 0);
}

/* Rdata of a known form into m->rdata. False: it has another. */
static bool spell_out(struct message *m, const struct layout *layout, struct reader rdata,
		      struct bytes *spelled)
{
	struct writer w = writer_of(m->rdata, sizeof m->rdata);
	struct name name;

	copy(&w, &rdata, layout->before);
	for (unsigned i = 0; i < layout->strings; i++) {
		uint8_t len = read_u8(&rdata);

		write_u8(&w, len);
		copy(&w, &rdata, len);
	}
	for (unsigned i = 0; i < layout->names && !rdata.bad; i++) {
		wire_name_read(&rdata, m->octets, layout->known == COMPRESSED, &name);
		write_bytes(&w, name.wire, rdata.bad ? 0 : name.len);
	}
	copy(&w, &rdata, layout->after == REST ? reader_left(&rdata) : layout->after);
	*spelled = writer_bytes(&w);
	return !rdata.bad && !w.bad && reader_left(&rdata) == 0;
}

/* One string or more (RFC 1035 §3.3.14). */
static bool is_text(struct reader rdata)
{
	do {
		read_bytes(&rdata, read_u8(&rdata));
	} while (reader_left(&rdata) > 0);
	return !rdata.bad;
}

static bool read_rdata(struct message *m, struct record *r)
{
	static const struct layout none;
	size_t len = read_u16(&m->r);
	const uint8_t *octets = read_bytes(&m->r, len);
	bool known = r->type < sizeof layouts / sizeof *layouts;
	const struct layout *layout = known ? &layouts[r->type] : &none;

	if (!octets) {
		return false;
	}
	r->rdata = bytes_of(octets, len);
	if (r->type == TYPE_TXT) {
		return is_text(reader_of(r->rdata));
	}
	if (layout->names == 0) {
		return !layout->known || len == layout->before;
	}
	return spell_out(m, layout, reader_of(r->rdata), &r->rdata);
}

/* --- header, question, records ------------------------------------------------------------------
 */

static void read_question(struct message *m)
{
	wire_name_read(&m->r, m->octets, false, &m->name);
	m->type = read_u16(&m->r);
	m->class = read_u16(&m->r);
}

enum status message_open(struct message *m, struct bytes octets)
{
	m->octets = octets;
	m->r = reader_of(octets);
	m->id = read_u16(&m->r);
	const unsigned flags = read_u16(&m->r);
	const unsigned questions = read_u16(&m->r);

	m->is_reply = flags & 0x8000;
	m->opcode = flags >> 11 & 15;
	m->is_authoritative = flags & 0x0400;
	m->is_truncated = flags & 0x0200;
	m->rcode = flags & 15;
	for (unsigned i = 0; i < 3; i++) {
		m->count[i] = read_u16(&m->r);
	}
	m->has_question = questions > 0;
	m->name.len = 0;
	m->type = 0;
	m->class = 0;
	m->section = MESSAGE_ANSWER;
	m->left = m->count[MESSAGE_ANSWER];
	m->number = 0;
	m->status = ST_OK;
	if (questions == 1) {
		read_question(m);
	}
	if (m->r.bad) {
		m->status = fail(ST_DATA, "a message of %zu octets is not whole", octets.len);
	} else if (questions > 1) {
		m->status = fail(ST_DATA, "a message has %u questions", questions);
	}
	return m->status;
}

/* Whether another record is to come. */
static bool seek(struct message *m)
{
	while (m->left == 0 && m->section != MESSAGE_ADDITIONAL) {
		m->left = m->count[++m->section];
	}
	if (m->left == 0 && !m->status && reader_left(&m->r) > 0) {
		m->status = fail(ST_DATA, "a message has %zu octets behind its last record",
				 reader_left(&m->r));
	}
	return m->left > 0 && !m->status;
}

bool message_record(struct message *m, struct record *r)
{
	if (!seek(m)) {
		return false;
	}
	m->left--;
	m->number++;
	wire_name_read(&m->r, m->octets, true, &r->owner);
	r->type = read_u16(&m->r);
	m->record_class = read_u16(&m->r);
	r->ttl_s = read_u32(&m->r);
	if (r->ttl_s > INT32_MAX) {
		r->ttl_s = 0;
	}
	if (!read_rdata(m, r)) {
		m->status = fail(ST_DATA, "record %u of a message, of type %u, is malformed",
				 m->number, r->type);
	}
	return !m->status;
}
