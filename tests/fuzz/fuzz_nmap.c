/*
 * fuzz_nmap: any bytes as nmap's XML. A good report keeps its promises: it is of a relay, of one
 * host, and never proof. The bytes are also taken for what the script says, without XML around it.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/nmap_judge.h"
#include "feeder/report_reader.h"

#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_meaning(const struct report *report)
{
	check(!report->proof && report->output_count == 0);
	check(report->confidence == (report->disposition == DISPOSITION_EVIDENCE   ? 30
				     : report->disposition == DISPOSITION_NEGATIVE ? 50
										   : 0));
	check(report->note[0] && !strchr(report->note, '@') && !strchr(report->note, '\n'));
}

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	const struct bytes *text = context;

	check(bytes_equal(body, *text));
	if (fault) {
		check(*fault);
		return;
	}
	check(report->format == FORMAT_NMAP && report->category == CATEGORY_RELAY);
	check(report->source.family && report->source.len == prefix_bits(report->source.family));
	check(report->via == VIA_FIELD && report->observed <= NOW + REPORT_FUTURE_S);
	check_meaning(report);
}

static void judge(struct bytes text)
{
	static const char *const names[] = {"mail.example.org"};
	struct mail_server target = {.names = names, .name_count = 1};
	struct report report = {0};
	char *output = must_alloc(text.len + 1);

	if (text.len > 0) {
		memcpy(output, text.data, text.len);
	}
	prefix_parse("192.0.2.1", &target.host);
	nmap_judge(&target, 25, output, &report);
	check_meaning(&report);
	free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report_rules rules = {.now = NOW};
	struct bytes text = bytes_of(data, size);
	struct report_reader reader = {
		.rules = &rules,
		.sink = visit,
		.context = &text,
		.body = text,
	};
	enum status status = nmap_read(&reader, text);

	check((status == ST_OK) == (reader.count > 0));
	judge(text);
	return 0;
}
