/*
 * export_bind.c: the zone as a master file (RFC 1035 §5): the records that a transfer of it
 * carries, and a digest of them (RFC 8976), so that who has loaded the file knows that it is whole.
 *
 *     SOA, the others in canonical order ─▶ the file
 *                             └───────────▶ zonemd.c ─▶ ZONEMD, the last record
 */
#include "export_inside.h"
#include "zonemd.h"

struct master_file {
	struct zone_export *e;
	struct name owner; /* of the last record, */
	uint32_t ttl_s;    /* and its TTL, or that of $TTL */
	struct zonemd *zonemd;
};

static const char *name_text(struct reader *rdata)
{
	static char text[NAME_TEXT];
	struct name name;

	name_read(rdata, &name);
	return name_format(&name, text);
}

/* A <character-string> in quotes, RFC 1035 §5.1. */
static void string_write(FILE *out, const uint8_t *data, size_t len)
{
	size_t plain = 0; /* octets before here that stand for themselves */

	fputc('"', out);
	for (size_t i = 0; i < len; i++, plain++) {
		bool escaped = data[i] == '"' || data[i] == '\\';

		if (escaped || data[i] < ' ' || data[i] > '~') {
			fwrite(data + i - plain, 1, plain, out);
			fprintf(out, escaped ? "\\%c" : "\\%03u", data[i]);
			plain = (size_t)-1;
		}
	}
	fwrite(data + len - plain, 1, plain, out);
	fputc('"', out);
}

static void soa_write(FILE *out, struct reader *rdata)
{
	fprintf(out, "\tSOA\t%s ", name_text(rdata));
	fputs(name_text(rdata), out);
	for (unsigned i = 0; i < 5; i++) {
		fprintf(out, " %u", read_u32(rdata));
	}
	fputc('\n', out);
}

static void zonemd_write(FILE *out, struct reader *rdata)
{
	fprintf(out, "\tZONEMD\t%u", read_u32(rdata));
	fprintf(out, " %u", read_u8(rdata));
	fprintf(out, " %u ", read_u8(rdata));
	while (reader_left(rdata) > 0) {
		fprintf(out, "%02x", read_u8(rdata));
	}
	fputc('\n', out);
}

static void rdata_write(FILE *out, const struct record *record)
{
	struct reader rdata = reader_of(record->rdata);
	char text[ADDR_TEXT];

	switch (record->type) {
	case TYPE_A:
	case TYPE_AAAA:;
		unsigned family = record->type == TYPE_A ? 4 : 6;

		addr_format(family, addr_read(&rdata, family), text);
		fprintf(out, "\t%s\t%s\n", family == 4 ? "A" : "AAAA", text);
		break;
	case TYPE_TXT:
		fputs("\tTXT\t", out);
		string_write(out, record->rdata.data + 1, record->rdata.len - 1);
		fputc('\n', out);
		break;
	case TYPE_NS:
		fprintf(out, "\tNS\t%s\n", name_text(&rdata));
		break;
	case TYPE_SOA:
		soa_write(out, &rdata);
		break;
	case TYPE_ZONEMD:
		zonemd_write(out, &rdata);
		break;
	}
}

/* Relative to $ORIGIN; nothing where the record before it has the same owner. */
static void owner_write(struct master_file *f, const struct record *record)
{
	char text[NAME_TEXT];
	struct name relative = record->owner;

	if (name_equal(&record->owner, &f->owner)) {
		return;
	}
	f->owner = record->owner;
	relative.len = (uint8_t)(relative.len - f->e->zone->apex.len);
	if (relative.len == 0) {
		fputc('@', f->e->out);
		return;
	}
	relative.wire[relative.len++] = 0;
	name_format(&relative, text);
	text[strlen(text) - 1] = '\0'; /* the final dot */
	fputs(text, f->e->out);
}

static void record_write(void *context, const struct record *record)
{
	struct master_file *f = context;

	owner_write(f, record);
	/* Some readers take one that was said for all that follow, in spite of $TTL: Unbound. */
	if (record->ttl_s != f->ttl_s) {
		fprintf(f->e->out, "\t%u", record->ttl_s);
		f->ttl_s = record->ttl_s;
	}
	rdata_write(f->e->out, record);
}

/* The SOA is there already: readers of master files want it first. */
static void record_found(void *context, const struct record *record)
{
	struct master_file *f = context;

	zonemd_add(f->zonemd, &record->owner, record->type, record->ttl_s, record->rdata);
	if (record->type != TYPE_SOA) {
		record_write(f, record);
	}
}

static void digest_write(struct master_file *f, const uint8_t digest[ZONEMD_DIGEST])
{
	const struct zone_config *zone = f->e->zone;
	uint8_t rdata[ZONEMD_RDATA];
	struct writer w = writer_of(rdata, sizeof rdata);

	write_u32(&w, f->e->serial);
	write_u8(&w, ZONEMD_SIMPLE);
	write_u8(&w, ZONEMD_SHA384);
	write_bytes(&w, digest, ZONEMD_DIGEST);
	record_write(f, &(struct record){zone->apex, TYPE_ZONEMD, zone->ttl_s, writer_bytes(&w)});
}

void export_bind(struct zone_export *e)
{
	struct master_file f = {.e = e, .ttl_s = e->zone->ttl_s, .zonemd = zonemd_new()};
	uint8_t digest[ZONEMD_DIGEST];
	char text[NAME_TEXT];

	fprintf(e->out, "$ORIGIN %s\n$TTL %u\n", name_format(&e->zone->apex, text), e->zone->ttl_s);
	zone_soa(e->zone, e->serial, record_write, &f);
	export_records(e, record_found, &f);

	enum status status = zonemd_finish(f.zonemd, digest);

	if (status) {
		txn_fail(e->txn, status);
	} else {
		digest_write(&f, digest);
	}
}
