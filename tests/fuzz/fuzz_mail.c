/*
 * fuzz_mail: any bytes as a mail with reports of all formats. Whatever they are, each report that
 * comes out keeps its promises, and reading them again gives the same.
 */
#include <stdlib.h>
#include <string.h>

#include "feeder/report_reader.h"
#include "utf8.h"

#define NOW UINT64_C(1795305600) /* 2026-11-22T00:00:00Z */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

struct seen {
	struct bytes mail;
	unsigned reports;
	uint8_t sum[REPORT_HASH]; /* over all that was said */
};

static void check_words(const char words[REPORT_WORDS])
{
	size_t len = strnlen(words, REPORT_WORDS);

	check(len < REPORT_WORDS);
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length((const uint8_t *)words + i, len - i);
		check(n > 0 && (unsigned char)words[i] >= ' ' && words[i] != 0x7f);
	}
}

static void check_report(const struct report *report)
{
	static const uint8_t confidence[] = {
		[VIA_FIELD] = CONFIDENCE_FIELD,
		[VIA_SUBJECT] = CONFIDENCE_SUBJECT,
		[VIA_RECEIVED] = CONFIDENCE_RECEIVED,
	};
	bool found = report->source.family != 0;

	check(report_format_name(report->format) && category_name(report->category));
	check(report->disposition >= DISPOSITION_EVIDENCE &&
	      report->disposition <= DISPOSITION_REVIEW);
	check(report->observed <= NOW + REPORT_FUTURE_S && report->incidents > 0);
	check(!found || report->source.len == prefix_bits(report->source.family));
	check(found == (report->via != VIA_NONE));
	check(found || report->disposition != DISPOSITION_EVIDENCE);
	check_words(report->note);
	check_words(report->reference);
	check_words(report->recipient);
	check_words(report->domains);
	if (report->format == FORMAT_ARF || report->format == FORMAT_XARF0 ||
	    report->format == FORMAT_JMRP || report->format == FORMAT_SPAMCOP) {
		check(report->via <= VIA_RECEIVED && report->confidence == confidence[report->via]);
		check(!report->proof && !strchr(report->note, '@'));
		check(!found || report->disposition != DISPOSITION_REVIEW);
		check(report->category != CATEGORY_RELAY);
		check(report->via != VIA_SUBJECT || report->format == FORMAT_JMRP ||
		      report->format == FORMAT_SPAMCOP);
	}
}

static void visit(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct seen *seen = context;
	struct {
		uint8_t before[REPORT_HASH];
		uint64_t observed;
		addr_t address;
		uint32_t format, category, disposition;
	} all;

	check(body.data == seen->mail.data && body.len == seen->mail.len);
	if (fault) {
		check(*fault && report->source.family == 0);
	} else {
		check_report(report);
	}
	memset(&all, 0, sizeof all);
	memcpy(all.before, seen->sum, sizeof all.before);
	all.observed = report->observed;
	all.address = report->source.addr;
	all.format = report->format;
	all.category = report->category;
	all.disposition = report->disposition;
	report_hash(bytes_of(&all, sizeof all), seen->sum);
	seen->reports++;
}

static struct seen read_once(struct bytes mail, const struct report_rules *rules)
{
	struct seen seen = {.mail = mail};
	struct report_reader reader = {
		.rules = rules,
		.sink = visit,
		.context = &seen,
		.body = mail,
	};
	enum status status = mail_reports_read(&reader, mail);

	check(status == ST_OK || status == ST_NO);
	check((status == ST_OK) == (seen.reports > 0));
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char id[] = "mx.example.org";
	struct prefix trusted;
	struct config config = {.trusted_hops = &trusted,
				.trusted_hop_count = 1,
				.authserv_id = id};
	struct report_rules rules = {.now = NOW, .config = &config};

	check(prefix_parse("198.51.100.7", &trusted) == ST_OK);
	config.exclude_reserved = size % 2;
	struct seen first = read_once(bytes_of(data, size), &rules);
	struct seen again = read_once(bytes_of(data, size), &rules);

	check(first.reports == again.reports);
	check(memcmp(first.sum, again.sum, sizeof first.sum) == 0);
	return 0;
}
