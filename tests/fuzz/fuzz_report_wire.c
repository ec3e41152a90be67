/*
 * fuzz_report_wire: what a child that somebody took over may say. Whatever it is, each report that
 * comes out keeps report_wire.h's promises, and written again it is the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report_wire.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_text(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	check(len < room);
	for (size_t i = 0; i < len;) {
		size_t octets = utf8_length((const uint8_t *)text + i, len - i);

		check(octets > 0 && (unsigned char)text[i] >= ' ' && text[i] != 0x7f);
		i += octets;
	}
}

static void check_report(const struct wire_report *wire, struct bytes input)
{
	const struct report *report = &wire->report;

	check(report->format == FORMAT_UNKNOWN || report_format_name(report->format));
	check(report->category == CATEGORY_NONE || category_name(report->category));
	check(report->disposition == 0 || report_disposition_name(report->disposition));
	check(report->disposition <= DISPOSITION_UNRECOGNISED);
	check(report->disposition != DISPOSITION_EVIDENCE || report->source.family != 0);
	check(report->via == VIA_NONE || report_via_name(report->via));
	check(report->confidence <= 100 && report->incidents > 0);
	check(report->output_count <= REPORT_OUTPUTS);
	for (unsigned i = 0; i < report->output_count; i++) {
		check(report->outputs[i].len == prefix_bits(report->outputs[i].family));
	}
	check_text(report->reference, sizeof report->reference);
	check_text(report->note, sizeof report->note);
	check_text(report->recipient, sizeof report->recipient);
	check_text(report->domains, sizeof report->domains);
	check_text(wire->fault, sizeof wire->fault);
	check(wire->bad == (wire->fault[0] != '\0'));
	check(wire->body.len == 0 || (wire->body.data >= input.data &&
				      wire->body.data + wire->body.len <= input.data + input.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t octets[300];
	struct bytes input = bytes_of(octets, sizeof octets);
	struct reader r = reader_of(bytes_of(data, size));
	struct wire_report wire;
	const uint8_t *at = data;

	while (wire_read(&r, input, &wire)) {
		uint8_t room[WIRE_REPORT];
		struct writer w = writer_of(room, sizeof room);

		check_report(&wire, input);
		wire_write(&w, input, &wire.report, wire.body, wire.bad ? wire.fault : NULL);
		check(bytes_equal(writer_bytes(&w), bytes_of(at, (size_t)(r.at - at))));
		at = r.at;
	}
	/* Whole or not, it ends. */
	check(!wire_check(bytes_of(data, size), input) || (!r.bad && reader_left(&r) == 0));
	return 0;
}
