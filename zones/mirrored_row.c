/*
 * mirrored_row.c: the records of one owner as the value of a row, and what they mean for a list.
 *
 *     version(1), then type(2) ttl(4) run rdata for each, ascending by type, then rdata
 *
 * So they stand in the canonical order of an RRset (RFC 4034 §6.3), and equal rows are equal bytes.
 */
#include <stdlib.h>

#include "mirrored_rows.h"

enum { VERSION = 1, CODE_LEAST = 2, CODE_MOST = 254 };

void mirror_row_release(struct mirror_row *row)
{
	free(row->data);
	*row = (struct mirror_row){0};
}

static void reserve(struct mirror_row *row, size_t len)
{
	if (len > row->room) {
		row->room = len * 2;
		row->data = must_realloc(row->data, row->room);
	}
}

void mirror_row_clear(struct mirror_row *row)
{
	reserve(row, 256);
	row->data[0] = VERSION;
	row->len = 1;
}

struct reader mirror_rrs(struct bytes value)
{
	struct reader r = reader_of(value);

	r.bad = read_u8(&r) != VERSION;
	return r;
}

bool mirror_rr_next(struct reader *r, struct mirror_rr *rr)
{
	if (reader_left(r) == 0) {
		return false;
	}
	rr->type = read_u16(r);
	rr->ttl_s = read_u32(r);
	rr->rdata = read_run(r);
	return !r->bad;
}

bool mirror_row_read(struct mirror_row *row, struct bytes value)
{
	struct reader r = mirror_rrs(value);
	struct mirror_rr rr;

	while (mirror_rr_next(&r, &rr)) {
	}
	if (r.bad) {
		return false;
	}
	reserve(row, value.len);
	memcpy(row->data, value.data, value.len);
	row->len = value.len;
	return true;
}

/* < 0, 0, > 0 in canonical order. */
static int compare(const struct mirror_rr *rr, uint16_t type, struct bytes rdata)
{
	if (rr->type != type) {
		return rr->type < type ? -1 : 1;
	}
	size_t len = rr->rdata.len < rdata.len ? rr->rdata.len : rdata.len;
	int order = len ? memcmp(rr->rdata.data, rdata.data, len) : 0;

	return order ? order : (rr->rdata.len > rdata.len) - (rr->rdata.len < rdata.len);
}

/* Where a record is or belongs: *at and *end are offsets, the same where it is not there. */
static bool find(const struct mirror_row *row, uint16_t type, struct bytes rdata, size_t *at,
		 size_t *end)
{
	struct reader r = mirror_rrs(mirror_row_bytes(row));
	struct mirror_rr rr;

	*at = *end = (size_t)(r.at - row->data);
	while (mirror_rr_next(&r, &rr)) {
		int order = compare(&rr, type, rdata);

		if (order >= 0) {
			*end = order == 0 ? (size_t)(r.at - row->data) : *at;
			return order == 0;
		}
		*at = *end = (size_t)(r.at - row->data);
	}
	return false;
}

static void cut(struct mirror_row *row, size_t at, size_t end)
{
	memmove(row->data + at, row->data + end, row->len - end);
	row->len -= end - at;
}

bool mirror_row_add(struct mirror_row *row, uint16_t type, uint32_t ttl_s, struct bytes rdata)
{
	size_t at, end, len = 8 + rdata.len;

	if (find(row, type, rdata, &at, &end)) {
		return false;
	}
	reserve(row, row->len + len);
	memmove(row->data + at + len, row->data + at, row->len - at);
	row->len += len;
	struct writer w = writer_of(row->data + at, len);
	write_u16(&w, type);
	write_u32(&w, ttl_s);
	write_run(&w, rdata);
	return true;
}

bool mirror_row_delete(struct mirror_row *row, uint16_t type, struct bytes rdata)
{
	size_t at, end;

	if (!find(row, type, rdata, &at, &end)) {
		return false;
	}
	cut(row, at, end);
	return true;
}

void mirror_row_delete_type(struct mirror_row *row, uint16_t type)
{
	struct reader r = mirror_rrs(mirror_row_bytes(row));
	size_t first = row->len, at = 1;
	size_t last = first;
	struct mirror_rr rr;

	while (mirror_rr_next(&r, &rr)) {
		size_t end = (size_t)(r.at - row->data);

		if (rr.type == type) {
			first = at < first ? at : first;
			last = end;
		}
		at = end;
	}
	cut(row, first, last);
}

uint8_t mirror_code(struct bytes rdata)
{
	static const uint8_t net[] = {127, 0, 0};

	return rdata.len == 4 && memcmp(rdata.data, net, sizeof net) == 0 &&
			       rdata.data[3] >= CODE_LEAST && rdata.data[3] <= CODE_MOST
		       ? rdata.data[3]
		       : 0;
}

void mirror_mean(struct bytes value, bool apex, struct mirror_meaning *meaning)
{
	struct reader r = mirror_rrs(value);
	struct mirror_rr rr;
	unsigned texts = 0;
	bool alias = false;

	meaning->delegated = meaning->redirected = false;
	meaning->count = 0;
	/* By type: all A come before all TXT. */
	while (mirror_rr_next(&r, &rr)) {
		uint8_t code;

		switch (rr.type) {
		case TYPE_A:
			code = mirror_code(rr.rdata);
			if (code) {
				meaning->text[meaning->count] = bytes_of(NULL, 0);
				meaning->code[meaning->count++] = code;
			}
			break;
		case TYPE_NS:
			meaning->delegated = !apex;
			break;
		case TYPE_CNAME:
			alias = true;
			break;
		case TYPE_TXT:
			if (texts < meaning->count) {
				struct reader strings = reader_of(rr.rdata);
				size_t len = read_u8(&strings);
				const uint8_t *text = read_bytes(&strings, len);

				meaning->text[texts++] = bytes_of(text, text ? len : 0);
			}
			break;
		case TYPE_DNAME:
			meaning->redirected = true;
			break;
		default:
			break;
		}
	}
	for (unsigned i = texts; texts > 0 && i < meaning->count; i++) {
		meaning->text[i] = meaning->text[texts - 1];
	}
	if (apex || alias || meaning->delegated) {
		meaning->count = 0;
	}
}

bool mirror_means_same(const struct mirror_meaning *a, const struct mirror_meaning *b)
{
	if (a->delegated != b->delegated || a->redirected != b->redirected ||
	    a->count != b->count || memcmp(a->code, b->code, a->count) != 0) {
		return false;
	}
	for (unsigned i = 0; i < a->count; i++) {
		if (!a->text[i].data != !b->text[i].data || !bytes_equal(a->text[i], b->text[i])) {
			return false;
		}
	}
	return true;
}
