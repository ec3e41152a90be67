/*
 * export_bind.c: the zone as a master file (RFC 1035 §5): the records that a transfer of it
 * carries.
 */
#include "block_rrs.h"
#include "export_inside.h"
#include "records.h"

struct master_file {
	struct zone_export *e;
	struct name owner; /* of the last record */
	struct lens lens;
	struct owners owners;
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
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"' || data[i] == '\\') {
			fprintf(out, "\\%c", data[i]);
		} else if (data[i] < ' ' || data[i] > '~') {
			fprintf(out, "\\%03u", data[i]);
		} else {
			fputc(data[i], out);
		}
	}
	fputc('"', out);
}

static void soa_write(FILE *out, struct reader *rdata)
{
	fprintf(out, "%s ", name_text(rdata));
	fputs(name_text(rdata), out);
	for (unsigned i = 0; i < 5; i++) {
		fprintf(out, " %u", read_u32(rdata));
	}
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
		fputs("\tSOA\t", out);
		soa_write(out, &rdata);
		fputc('\n', out);
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
	if (record->ttl_s != f->e->zone->ttl_s) {
		fprintf(f->e->out, "\t%u", record->ttl_s);
	}
	rdata_write(f->e->out, record);
}

static void unit_write(struct zone_export *e, const struct prefix *unit,
		       const struct segments *segments, void *context)
{
	struct master_file *f = context;

	lens_learn_all(&f->lens, segments, e->txn);
	block_rrs(&f->owners, unit, segments);
	for (size_t i = 0; i < f->owners.count; i++) {
		const struct owner *owner = &f->owners.at[i];

		owner_records(e->zone, &owner->prefix, lens_listed(&f->lens, owner->class),
			      record_write, f);
		export_counted(e);
	}
}

void export_bind(struct zone_export *e)
{
	struct master_file f = {.e = e};
	char text[NAME_TEXT];

	lens_init(&f.lens, &e->view);
	owners_init(&f.owners, &f.lens);
	fprintf(e->out, "$ORIGIN %s\n$TTL %u\n", name_format(&e->zone->apex, text), e->zone->ttl_s);
	zone_records(e->config, e->zone, &e->view, e->serial, record_write, &f);
	export_units(e, unit_write, &f);
	owners_release(&f.owners);
	lens_release(&f.lens);
}
