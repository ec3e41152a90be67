/*
 * report_wire.c: struct report to octets and back. What is written is what the readers say; what is
 * read may have been written by whoever took a reader over, so that everything is looked at again.
 */
#include "report_wire.h"

#include "utf8.h"

enum { RECORD = 'r', END = 'e' };

/* --- writing ----------------------------------------------------------------- */

static void write_host(struct writer *w, const struct prefix *host)
{
	write_u8(w, host->family);
	if (host->family) {
		addr_write(w, host->family, host->addr);
	}
}

/* Faults quote the input, cut wherever there was no more room. */
static void write_fault(struct writer *w, const char *fault)
{
	char clean[FAULT_ROOM];
	size_t left, len = 0;

	fault = !fault ? "" : *fault ? fault : "it is bad";
	for (left = strlen(fault); left > 0;) {
		size_t octets = utf8_length((const uint8_t *)fault, left);
		bool good = octets > 0 && (unsigned char)*fault >= ' ' && *fault != 0x7f;

		octets = octets ? octets : 1;
		if (len + octets >= FAULT_ROOM) {
			break;
		}
		if (good) {
			memcpy(clean + len, fault, octets);
			len += octets;
		} else {
			clean[len++] = '?';
		}
		fault += octets;
		left -= octets;
	}
	write_run(w, bytes_of(clean, len));
}

void wire_write(struct writer *w, struct bytes input, const struct report *report,
		struct bytes body, const char *fault)
{
	uintptr_t first = (uintptr_t)input.data, at = (uintptr_t)body.data;
	bool inside =
		at >= first && at - first <= input.len && body.len <= input.len - (at - first);

	write_u8(w, RECORD);
	write_u8(w, (uint8_t)report->format);
	write_u8(w, (uint8_t)report->category);
	write_u8(w, (uint8_t)report->disposition);
	write_u8(w, (uint8_t)report->via);
	write_host(w, &report->source);
	write_u64(w, report->observed);
	write_u32(w, report->incidents);
	write_u8(w, report->confidence);
	write_u8(w, report->proof);
	write_u8(w, (uint8_t)report->output_count);
	for (unsigned i = 0; i < report->output_count; i++) {
		write_host(w, &report->outputs[i]);
	}
	write_run(w, bytes_str(report->reference));
	write_run(w, bytes_str(report->note));
	write_run(w, bytes_str(report->recipient));
	write_run(w, bytes_str(report->domains));
	write_u32(w, inside ? (uint32_t)(at - first) : 0);
	write_u32(w, (uint32_t)(inside ? body.len : input.len));
	write_fault(w, fault);
}

void wire_write_end(struct writer *w)
{
	write_u8(w, END);
}

/* --- reading ----------------------------------------------------------------- */

static void must(struct reader *r, bool holds)
{
	r->bad = r->bad || !holds;
}

/* A host, or with family 0 none. IPv4 inside IPv6 is IPv4 (prefix.h), so there is none of it. */
static struct prefix read_host(struct reader *r)
{
	uint8_t family = read_u8(r);

	if (family == 0) {
		return (struct prefix){0};
	}
	must(r, family == 4 || family == 6);
	if (r->bad) {
		return (struct prefix){0};
	}
	addr_t addr = addr_read(r, family);

	must(r, family == 4 || addr >> 32 != 0xffff);
	return prefix_of(family, addr, prefix_bits(family));
}

static void read_text(struct reader *r, char *text, size_t room)
{
	struct bytes run = read_run(r);

	must(r, run.len < room);
	for (size_t i = 0, octets; !r->bad && i < run.len; i += octets) {
		octets = utf8_length(run.data + i, run.len - i);
		must(r, octets > 0 && run.data[i] >= ' ' && run.data[i] != 0x7f);
	}
	if (r->bad) {
		run.len = 0;
	}
	if (run.len > 0) {
		memcpy(text, run.data, run.len);
	}
	text[run.len] = '\0';
}

static struct bytes read_body(struct reader *r, struct bytes input)
{
	uint32_t offset = read_u32(r), length = read_u32(r);

	must(r, offset <= input.len && length <= input.len - offset);
	return r->bad || !input.data ? bytes_of(NULL, 0) : bytes_of(input.data + offset, length);
}

static bool known(const struct report *report)
{
	enum report_disposition d = report->disposition;

	return (report->format == FORMAT_UNKNOWN || report_format_name(report->format)) &&
	       (report->category == CATEGORY_NONE || category_name(report->category)) &&
	       d <= DISPOSITION_UNRECOGNISED && report->via <= VIA_RECEIVED &&
	       report->confidence <= 100 && report->incidents > 0;
}

/* A report is what its disposition says, and only a bad one has a fault. */
static bool consistent(const struct wire_report *wire)
{
	switch (wire->report.disposition) {
	case DISPOSITION_EVIDENCE:
		return !wire->bad && wire->report.source.family != 0;
	case DISPOSITION_NEGATIVE:
	case DISPOSITION_IGNORED:
	case DISPOSITION_REVIEW:
		return !wire->bad;
	case DISPOSITION_UNRECOGNISED:
	default:
		return wire->bad && wire->report.source.family == 0;
	}
}

static void read_report(struct reader *r, struct report *report)
{
	report->format = (enum report_format)read_u8(r);
	report->category = (enum category)read_u8(r);
	report->disposition = (enum report_disposition)read_u8(r);
	report->via = (enum report_via)read_u8(r);
	report->source = read_host(r);
	report->observed = read_u64(r);
	report->incidents = read_u32(r);
	report->confidence = read_u8(r);
	uint8_t proof = read_u8(r);

	must(r, proof <= 1);
	report->proof = proof == 1;
	report->output_count = read_u8(r);
	must(r, report->output_count <= REPORT_OUTPUTS);
	for (unsigned i = 0; !r->bad && i < report->output_count; i++) {
		report->outputs[i] = read_host(r);
		must(r, report->outputs[i].family != 0);
	}
	read_text(r, report->reference, sizeof report->reference);
	read_text(r, report->note, sizeof report->note);
	read_text(r, report->recipient, sizeof report->recipient);
	read_text(r, report->domains, sizeof report->domains);
	must(r, known(report));
}

bool wire_read(struct reader *r, struct bytes input, struct wire_report *to)
{
	uint8_t kind = read_u8(r);

	*to = (struct wire_report){0};
	if (r->bad || kind == END) {
		return false;
	}
	must(r, kind == RECORD);
	read_report(r, &to->report);
	to->body = read_body(r, input);
	read_text(r, to->fault, sizeof to->fault);
	to->bad = to->fault[0] != '\0';
	must(r, consistent(to));
	return !r->bad;
}

bool wire_check(struct bytes records, struct bytes input)
{
	struct reader r = reader_of(records);
	struct wire_report wire;
	size_t count = 0;

	/* One more is the fault that says that there are more. */
	while (wire_read(&r, input, &wire) && count <= REPORTS_MAX) {
		count++;
	}
	return !r.bad && reader_left(&r) == 0 && count <= REPORTS_MAX + 1;
}
