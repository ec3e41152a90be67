/*
 * message_write.c: an owner is written as the labels that the owner before it has not, and a
 * pointer to the rest. Owners come in the order of addresses, so that a neighbour is "7" and a
 * pointer, and everything else at least a pointer to the question's name.
 *
 * Names in rdata are spelled out: a zone has few of them.
 */
#include "message_write.h"

enum {
	POINTER = 0xc000,
	REACH = 16384, /* octets from the message's start */
	ANCOUNT = 6,   /* where in the header */
};

static void labels_of(const struct name *name, struct labels *labels)
{
	labels->count = 0;
	for (unsigned at = 0; name->wire[at] != 0; at += name->wire[at] + 1U) {
		labels->at[labels->count++] = (uint8_t)at;
	}
}

void message_begin(struct message_writer *m, struct bytes head, const struct name *apex,
		   uint8_t *out, size_t room)
{
	m->w = writer_of(out, room < REACH ? room : REACH);
	m->records = 0;
	write_bytes(&m->w, head.data, head.len);
	m->last = *apex;
	labels_of(apex, &m->labels);
	for (unsigned i = 0; i < m->labels.count; i++) {
		m->in[i] = (uint16_t)(DNS_HEADER + m->labels.at[i]);
	}
}

/* How many labels at their ends two names share. */
static unsigned shared(const struct name *a, const struct labels *of_a, const struct name *b,
		       const struct labels *of_b)
{
	unsigned count = 0;

	while (count < of_a->count && count < of_b->count) {
		const uint8_t *x = a->wire + of_a->at[of_a->count - 1 - count];
		const uint8_t *y = b->wire + of_b->at[of_b->count - 1 - count];

		if (x[0] != y[0] || memcmp(x + 1, y + 1, x[0]) != 0) {
			break;
		}
		count++;
	}
	return count;
}

static void put_owner(struct message_writer *m, const struct name *owner)
{
	struct labels labels;

	if (name_equal(owner, &m->last)) {
		write_u16(&m->w, (uint16_t)(POINTER | m->in[0]));
		return;
	}
	labels_of(owner, &labels);

	unsigned common = shared(owner, &labels, &m->last, &m->labels);
	unsigned own = labels.count - common;
	size_t octets = own < labels.count ? labels.at[own] : owner->len - 1U;
	size_t start = writer_len(&m->w);
	uint16_t in[LABELS_MAX];

	for (unsigned i = 0; i < labels.count; i++) {
		in[i] = i < own ? (uint16_t)(start + labels.at[i])
				: m->in[m->labels.count - labels.count + i];
	}
	write_bytes(&m->w, owner->wire, octets);
	if (common > 0) {
		write_u16(&m->w, (uint16_t)(POINTER | in[own]));
	} else {
		write_u8(&m->w, 0);
	}
	if (!m->w.bad) {
		m->last = *owner;
		m->labels = labels;
		memcpy(m->in, in, labels.count * sizeof in[0]);
	}
}

bool message_put(struct message_writer *m, const struct record *record)
{
	uint8_t *before = m->w.at;

	put_owner(m, &record->owner);
	write_u16(&m->w, record->type);
	write_u16(&m->w, CLASS_IN);
	write_u32(&m->w, record->ttl_s);
	write_run(&m->w, record->rdata);
	if (m->w.bad) {
		/* The message is at its end, so that nobody minds whose labels are kept. */
		m->w.at = before;
		return false;
	}
	m->records++;
	return true;
}

size_t message_end(struct message_writer *m)
{
	struct writer count = writer_of(m->w.start + ANCOUNT, 2);

	write_u16(&count, m->records);
	return (size_t)(m->w.at - m->w.start);
}
