/*
 * tsig_record.c: the TSIG record of a message (RFC 8945 §4.2), found, read and written. Any octets
 * may come in: this is the first to look at what a stranger sent.
 *
 *	owner CLASS=ANY TTL=0 rdlen | algorithm time(6) fudge(2) MAC original-id error other
 *
 * 1. The owner may be compressed, as some clients do where the key is named below what they ask
 *    for.
 * 2. The algorithm, inside the rdata of a type that is younger than compression, may not be.
 */
#include "tsig_record.h"

#include "dns.h"
#include "wire_name.h"

bool tsig_read(struct tsig *tsig, struct bytes message, size_t at)
{
	struct reader r = reader_of(message);

	read_bytes(&r, at);
	const uint8_t *owner = r.at;

	wire_name_read(&r, message, true, &tsig->key);
	tsig->at = at;
	tsig->owner = bytes_of(owner, (size_t)(r.at - owner));
	bool is_tsig = read_u16(&r) == TYPE_TSIG;
	bool any = read_u16(&r) == CLASS_ANY;
	bool ttl = read_u32(&r) == 0;
	size_t rdlen = read_u16(&r);

	if (r.bad || !is_tsig || !any || !ttl || reader_left(&r) != rdlen) {
		return false;
	}
	wire_name_read(&r, message, false, &tsig->algorithm);
	tsig->time_s = read_be(&r, 6);
	tsig->fudge_s = read_u16(&r);
	tsig->mac = read_run(&r);
	tsig->original_id = read_u16(&r);
	tsig->error = read_u16(&r);
	tsig->other = read_run(&r);
	return !r.bad && reader_left(&r) == 0;
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
		wire_name_skip(&r);
		read_u32(&r); /* type, class */
	}
	for (; records > 0 && !r.bad; records--) {
		size_t at = (size_t)(r.at - message.data);

		wire_name_skip(&r);
		bool is_tsig = read_u16(&r) == TYPE_TSIG;

		read_bytes(&r, DNS_RR_FIXED - 2 - 2); /* class, TTL */
		size_t rdlen = read_u16(&r);

		read_bytes(&r, rdlen);
		if (is_tsig && !r.bad) {
			bool last = records == 1 && additionals > 0;

			return last && tsig_read(tsig, message, at) ? TSIG_OK : TSIG_FORMERR;
		}
	}
	return r.bad || reader_left(&r) > 0 ? TSIG_FORMERR : TSIG_OK;
}

void tsig_write_timers(struct writer *w, const struct tsig *t)
{
	write_be(w, t->time_s, 6);
	write_u16(w, t->fudge_s);
}

size_t tsig_record_len(size_t owner, size_t algorithm, size_t mac, size_t other)
{
	return owner + DNS_RR_FIXED + algorithm + TSIG_RDATA_FIXED + mac + other;
}

size_t tsig_append(const struct tsig *t, struct bytes owner, const struct name *algorithm,
		   uint8_t *message, size_t len, size_t room)
{
	struct writer w = writer_of(message + len, room - len);

	write_bytes(&w, owner.data, owner.len);
	write_u16(&w, TYPE_TSIG);
	write_u16(&w, CLASS_ANY);
	write_u32(&w, 0);
	write_u16(&w, (uint16_t)(algorithm->len + TSIG_RDATA_FIXED + t->mac.len + t->other.len));
	write_bytes(&w, algorithm->wire, algorithm->len);
	tsig_write_timers(&w, t);
	write_run(&w, t->mac);
	write_u16(&w, t->original_id);
	write_u16(&w, t->error);
	write_run(&w, t->other);
	if (w.bad) {
		return 0;
	}
	const unsigned additionals = peek_u16(message + 10) + 1U;

	message[10] = (uint8_t)(additionals >> 8);
	message[11] = (uint8_t)additionals;
	return len + writer_len(&w);
}

size_t tsig_refusal_room(const struct tsig *request)
{
	return tsig_record_len(request->owner.len, request->algorithm.len, 0, 0);
}

size_t tsig_refuse(const struct tsig *request, enum tsig_error error, uint8_t *message, size_t len,
		   size_t room)
{
	const struct tsig t = {.time_s = request->time_s,
			       .fudge_s = request->fudge_s,
			       .original_id = request->original_id,
			       .error = error};

	return tsig_append(&t, request->owner, &request->algorithm, message, len, room);
}
