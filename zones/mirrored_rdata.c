/*
 * mirrored_rdata.c: rdata in canonical form (RFC 4034 §6.2): names in it in lower case. A digest
 * over a zone (RFC 8976) is made of that, and a record that is deleted is found whatever the case
 * in which it came.
 */
#include "mirrored_rows.h"

/* Where in the rdata of a type its names are: behind so many octets, and strings, so many. */
static const struct form {
	uint8_t type, octets, strings, names;
} forms[] = {
	{TYPE_NS, 0, 0, 1},        {3, 0, 0, 1} /* MD */,   {4, 0, 0, 1} /* MF */,
	{TYPE_CNAME, 0, 0, 1},     {TYPE_SOA, 0, 0, 2},     {7, 0, 0, 1} /* MB */,
	{8, 0, 0, 1} /* MG */,     {9, 0, 0, 1} /* MR */,   {12, 0, 0, 1} /* PTR */,
	{14, 0, 0, 2} /* MINFO */, {15, 2, 0, 1} /* MX */,  {17, 0, 0, 2} /* RP */,
	{18, 2, 0, 1} /* AFSDB */, {21, 2, 0, 1} /* RT */,  {24, 18, 0, 1} /* SIG */,
	{26, 2, 0, 2} /* PX */,    {30, 0, 0, 1} /* NXT */, {33, 6, 0, 1} /* SRV */,
	{35, 4, 3, 1} /* NAPTR */, {36, 2, 0, 1} /* KX */,  {TYPE_DNAME, 0, 0, 1},
	{TYPE_RRSIG, 18, 0, 1},
};

static const struct form *form_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (forms[i].type == type) {
			return &forms[i];
		}
	}
	return NULL;
}

/* A name of rdata, in lower case in its place. False where it has no end. */
static bool lower_name(struct reader *r, uint8_t *room, const uint8_t *start)
{
	for (;;) {
		size_t len = read_u8(r);
		const uint8_t *label = len < 64 ? read_bytes(r, len) : NULL;

		if (r->bad || len >= 64) {
			return false;
		}
		if (len == 0) {
			return true;
		}
		for (size_t i = 0; i < len; i++) {
			if (label[i] >= 'A' && label[i] <= 'Z') {
				room[label + i - start] = (uint8_t)(label[i] + ('a' - 'A'));
			}
		}
	}
}

/* As long as its type asks, where only that is asked. */
static bool is_long_enough(uint16_t type, struct bytes rdata)
{
	switch (type) {
	case TYPE_A:
		return rdata.len == 4;
	case TYPE_AAAA:
		return rdata.len == 16;
	case TYPE_TXT:
		return rdata.len > 0 && rdata.data[0] < rdata.len;
	default:
		return true;
	}
}

bool mirror_rdata(uint16_t type, struct bytes rdata, uint8_t *room, struct bytes *canonical)
{
	const struct form *form = form_of(type);
	struct reader r = reader_of(rdata);

	*canonical = rdata;
	if (!form) {
		return is_long_enough(type, rdata);
	}
	memcpy(room, rdata.data, rdata.len);
	read_bytes(&r, form->octets);
	for (unsigned i = 0; i < form->strings; i++) {
		read_bytes(&r, read_u8(&r));
	}
	for (unsigned i = 0; i < form->names; i++) {
		if (!lower_name(&r, room, rdata.data)) {
			return false;
		}
	}
	*canonical = bytes_of(room, rdata.len);
	return type != TYPE_SOA || reader_left(&r) == 20;
}
