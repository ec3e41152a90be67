/*
 * message_query.c: what a secondary asks its primaries, and the one answer that is not a transfer:
 * the SOA, which says whether there is something to transfer.
 */
#include "message.h"

#include <stdio.h>

#include "dns.h"

enum { TO_QUESTION = 0xc000 | DNS_HEADER }; /* a pointer to the name that is asked for */

const char *rcode_text(unsigned rcode)
{
	static const char *const names[] = {
		"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",
	};
	static char number[24];

	if (rcode < sizeof names / sizeof *names) {
		return names[rcode];
	}
	snprintf(number, sizeof number, "RCODE %u", rcode);
	return number;
}

const char *rcode_advice(unsigned rcode)
{
	switch (rcode) {
	case RCODE_REFUSED:
		return ": may our address and key have the zone?";
	case RCODE_NOTAUTH:
		return ": has it this zone?";
	default:
		return "";
	}
}

size_t message_query(uint8_t *out, size_t room, uint16_t id, const struct name *zone,
		     uint16_t qtype, uint32_t serial)
{
	struct writer w = writer_of(out, room);

	write_u16(&w, id);
	write_u16(&w, OPCODE_QUERY << 11);
	write_u16(&w, 1); /* question */
	write_u16(&w, 0);
	write_u16(&w, qtype == TYPE_IXFR); /* authority */
	write_u16(&w, 0);
	write_bytes(&w, zone->wire, zone->len);
	write_u16(&w, qtype);
	write_u16(&w, CLASS_IN);
	if (qtype == TYPE_IXFR) {
		/* Nobody looks at more of our SOA than at its serial: the rest is roots and zeros.
		 */
		write_u16(&w, TO_QUESTION);
		write_u16(&w, TYPE_SOA);
		write_u16(&w, CLASS_IN);
		write_u32(&w, 0);
		write_u16(&w, 2 + MESSAGE_SOA_FIXED);
		write_u16(&w, 0);
		write_u32(&w, serial);
		write_u64(&w, 0);
		write_u64(&w, 0);
	}
	return writer_bytes(&w).len;
}

static enum soa_reply strange(const char *why)
{
	fail(ST_DATA, "a reply came that has %s", why);
	return SOA_REPLY_STRANGE;
}

/* Of a reply that is the one to our query. */
static enum soa_reply read_answer(struct message *m, const struct name *zone, uint32_t *serial)
{
	struct record r;
	uint32_t said = 0;
	bool found = false;

	if (m->rcode != RCODE_NOERROR) {
		fail(ST_DATA, "the answer is %s%s", rcode_text(m->rcode), rcode_advice(m->rcode));
		return SOA_REPLY_REFUSED;
	}
	if (m->is_truncated) {
		return SOA_REPLY_TRUNCATED;
	}
	if (!m->is_authoritative) {
		fail(ST_DATA, "the server is not authoritative for the zone");
		return SOA_REPLY_REFUSED;
	}
	while (message_record(m, &r)) {
		if (m->section == MESSAGE_ANSWER && r.type == TYPE_SOA &&
		    m->record_class == CLASS_IN && name_equal(&r.owner, zone) && !found) {
			said = message_soa_serial(r.rdata);
			found = true;
		}
	}
	if (m->status) {
		return SOA_REPLY_REFUSED;
	}
	if (!found) {
		fail(ST_DATA, "the answer has no SOA of the zone");
		return SOA_REPLY_REFUSED;
	}
	*serial = said;
	return SOA_REPLY_SERIAL;
}

enum soa_reply soa_reply_read(struct message *m, struct bytes reply, uint16_t id,
			      const struct name *zone, struct tsig_session *tsig, uint64_t now,
			      uint32_t *serial)
{
	if (message_open(m, reply)) {
		return SOA_REPLY_STRANGE;
	}
	if (m->id != id) {
		return strange("another id than the query");
	}
	if (!m->is_reply || m->opcode != OPCODE_QUERY) {
		return strange("no header of a reply");
	}
	/* An error may be the header alone. */
	if (m->has_question
		    ? !name_equal(&m->name, zone) || m->type != TYPE_SOA || m->class != CLASS_IN
		    : m->rcode == RCODE_NOERROR) {
		return strange("another question than the query");
	}
	if (tsig) {
		enum tsig_error error = tsig_verify_datagram(tsig, reply, now);

		if (tsig_judge(tsig, error, reply, now)) {
			return SOA_REPLY_STRANGE;
		}
	}
	return read_answer(m, zone, serial);
}
