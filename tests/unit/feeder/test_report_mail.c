/* Mails: which of their parts are reports, what the mail lends to each, and hostile ones. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "mail.h"
#include "read_mail.h"

#include <cmocka.h>

#define HEAD                                                                              \
	"From: reports@example.net\nTo: abuse@example.org\nMessage-ID: <1@example.net>\n" \
	"Date: Sat, 21 Nov 2026 12:00:00 +0100\nSubject: report\n"
#define MIXED "Content-Type: multipart/mixed; boundary=\"b\"\n\n"
#define WORDS "--b\nContent-Type: text/plain\n\nSee the attachment about 203.0.113.9.\n\n"
#define JSON  "\n--b\nContent-Type: application/json; name=xarf.json\n\n"
#define CSV   "\n--b\nContent-Type: text/csv; name=\"2026-11-20-scan_afp-example-ip.csv\"\n\n"
#define ABOUT "\n--b\nContent-Type: message/rfc822\n\nFrom: a@example.com\n\nspam\n"
#define END   "\n--b--\n"
#define ARF   "\n--b\nContent-Type: message/feedback-report\n\nUser-Agent: A/1\nVersion: 1\n"

#define ORG "{\"org\": \"A\", \"contact\": \"a@example.net\", \"domain\": \"example.net\"}"
#define XARF4                                                                                      \
	"{\"xarf_version\": \"4.2.0\", \"report_id\": \"0d1f2c3b-4a59-4687-8a7b-6c5d4e3f2a1b\",\n" \
	" \"timestamp\": \"2026-11-21T10:00:00Z\", \"reporter\": " ORG ", \"sender\": " ORG        \
	",\n \"source_identifier\": \"192.0.2.3\", \"source_port\": 25, \"category\": "            \
	"\"messaging\",\n \"type\": \"spam\", \"evidence_source\": \"spamtrap\", \"protocol\": "   \
	"\"smtp\",\n \"smtp_from\": \"s@example.org\", \"smtp_to\": \"trap@example.net\"%s}\n"
#define ROWS   "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
#define ROW(n) "2026-11-21 10:00:00,medium,192.0.2." #n ",tcp,548,,afp,64496\n"

/* Every report: "arf:192.0.2.1", or "bad". */
struct all {
	char text[1024];
	struct bytes body;
	struct report last;
};

static void take(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct all *all = context;
	size_t len = strlen(all->text);
	const char *format = report_format_name(report->format);

	/* What is kept of each is the mail. */
	assert_true(body.data == all->body.data && body.len == all->body.len);
	all->last = *report;
	snprintf(all->text + len, sizeof all->text - len, "%s%s%s%s", len ? " " : "",
		 fault ? "bad" : format, fault ? "" : ":", fault ? "" : source_text(report));
}

static struct all read_all(const char *text, enum report_format format, const struct config *config)
{
	static const struct config none = {.exclude_reserved = true};
	struct report_rules rules = {.now = MAIL_NOW, .config = config ? config : &none};
	struct all all = {.body = bytes_str(text)};

	reports_read(all.body, format, &rules, take, &all);
	return all;
}

static void assert_reports(const char *text, const char *expected)
{
	struct all all = read_all(text, FORMAT_UNKNOWN, NULL);

	assert_string_equal(all.text, expected);
}

/* The text with its one %s filled in. Static. */
static const char *fill(const char *text, const char *with)
{
	static char filled[1 << 17];

	const char *gap = strstr(text, "%s");

	assert_non_null(gap);
	assert_in_range(strlen(text) + strlen(with), 1, sizeof filled - 1);
	snprintf(filled, sizeof filled, "%.*s%s%s", (int)(gap - text), text, with, gap + 2);
	return filled;
}

static void test_json_in_a_mail(void **state)
{
	(void)state;
	assert_reports(fill(HEAD MIXED WORDS JSON XARF4 ABOUT END, ""), "xarf4:192.0.2.3");
	assert_reports(fill(HEAD MIXED JSON XARF4 END, ""), "xarf4:192.0.2.3");
	assert_reports(fill(HEAD "Content-Type: application/json\n\n" XARF4, ""),
		       "xarf4:192.0.2.3");
	assert_reports(fill(HEAD MIXED "--b\nContent-Type: text/plain\n\n\n [ " XARF4 "]" END, ""),
		       "xarf4:192.0.2.3");
	assert_reports(
		fill(HEAD MIXED WORDS
		     "\n--b\nContent-Type: application/octet-stream; name=A.JSON\n\n" XARF4 END,
		     ""),
		"xarf4:192.0.2.3");
	/* XARF 3's way: a part message/feedback-report that says no more than that. */
	assert_reports(fill(HEAD "Content-Type: multipart/report; report-type=feedback-report; "
				 "boundary=b\n\n" WORDS ARF "Feedback-Type: xarf\n" JSON XARF4 END,
			    ""),
		       "xarf4:192.0.2.3");
	/* JSON of another kind, and what a stranger's mail has. */
	assert_reports(HEAD MIXED WORDS JSON "{\"a\": 1}" END, "bad");
	assert_reports(HEAD MIXED WORDS ARF "Source-IP: 192.0.2.1\n" JSON "{\"a\": 1}" END,
		       "arf:192.0.2.1");
	assert_reports(fill(HEAD MIXED WORDS "\n--b\nContent-Type: message/rfc822\n" JSON XARF4
					     "\n--b--\n",
			    ""),
		       "xarf4:192.0.2.3"); /* closed by the next boundary, so it is beside it */
	assert_reports(fill(HEAD MIXED WORDS "\n--b\nContent-Type: message/rfc822\n\n"
					     "Content-Type: application/json\n\n" XARF4 END,
			    ""),
		       "bad");
}

#define XARF0                                                                        \
	"\n--b\nContent-Type: text/plain; name=report.txt\n\n---\n"                  \
	"Reported-From: a@example.net\nCategory: abuse\nReport-Type: login-attack\n" \
	"Date: Sat, 21 Nov 2026 11:00:00 +0100\nSource-Type: ipv4\nSource: 192.0.2.5\n"
#define PAYLOAD "\n--b\nContent-Type: text/plain; name=payload.txt\n\n"

/* Evidence is what an attacker sent: whatever it looks like, it comes after the report. */
static void test_evidence_in_json_is_not_read(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{HEAD MIXED WORDS XARF0 PAYLOAD XARF4 END, "xarf0:192.0.2.5"},
		{HEAD MIXED WORDS XARF0 JSON XARF4 END, "xarf0:192.0.2.5"},
		{HEAD MIXED WORDS ARF "Source-IP: 192.0.2.1\n" PAYLOAD XARF4 END, "arf:192.0.2.1"},
		{HEAD MIXED WORDS ARF "Source-IP: 192.0.2.1\n" JSON XARF4 END, "arf:192.0.2.1"},
		{HEAD MIXED WORDS PAYLOAD XARF4 END, "bad"},
		/* And the other way round. */
		{HEAD MIXED WORDS JSON XARF4 XARF0 END, "xarf4:192.0.2.3"},
		/* The first that was meant decides, be it broken. */
		{HEAD MIXED WORDS JSON "{\"xarf_version\": \n" JSON XARF4 END, "bad"},
		{HEAD MIXED WORDS JSON "{\"a\": 1}\n" JSON XARF4 END, "xarf4:192.0.2.3"},
		{HEAD MIXED WORDS JSON XARF4 JSON XARF4 END, "xarf4:192.0.2.3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[4096] = "";
		const char *at = cases[i].text;

		print_message("case %zu\n", i);
		for (const char *gap; (gap = strstr(at, "%s")); at = gap + 2) {
			strncat(text, at, (size_t)(gap - at));
		}
		strcat(text, at);
		assert_reports(text, cases[i].expected);
		if (i < 4) { /* not even where it is asked for */
			assert_string_equal(read_all(text, FORMAT_XARF4, NULL).text, "bad");
		}
	}
}

/* An indented object is no folded field, however long. */
static void test_json_of_many_lines(void **state)
{
	static char evidence[1 << 16];
	char *at = stpcpy(evidence, ",\n \"evidence\": [");

	(void)state;
	for (int i = 0; i < 300; i++) {
		at += sprintf(at,
			      "%s\n  {\"content_type\": \"text/plain\",\n"
			      "   \"payload\": \"%0*d\"}",
			      i ? "," : "", 96, 0);
	}
	strcpy(at, "]");
	assert_in_range(at - evidence, 40000, sizeof evidence - 2);
	assert_reports(fill(HEAD MIXED WORDS JSON XARF4 END, evidence), "xarf4:192.0.2.3");
	for (at = evidence; *at; at++) { /* nor are its lines, however long */
		*at = *at == '\n' ? ' ' : *at;
	}
	assert_reports(fill(HEAD MIXED WORDS JSON XARF4 END, evidence), "xarf4:192.0.2.3");
}

static void test_all_attachments_with_rows_are_read(void **state)
{
	(void)state;
	assert_reports(HEAD MIXED WORDS CSV ROWS ROW(1) ROW(2) END,
		       "shadowserver:192.0.2.1 shadowserver:192.0.2.2");
	assert_reports(HEAD MIXED WORDS CSV ROWS ROW(1) CSV ROWS ROW(2) ABOUT END,
		       "shadowserver:192.0.2.1 shadowserver:192.0.2.2");
	assert_reports(HEAD MIXED WORDS CSV ROWS ROW(1) CSV ROWS END, "shadowserver:192.0.2.1 bad");
	assert_reports(HEAD MIXED WORDS CSV ROWS END, "bad");
	/* Under another type: by its name, or by being text. */
	assert_reports(HEAD MIXED WORDS
		       "\n--b\nContent-Type: application/octet-stream; name=x.CSV\n\n" ROWS ROW(1)
			       END,
		       "shadowserver:192.0.2.1");
	assert_reports(HEAD MIXED WORDS "\n--b\n\n" ROWS ROW(1) END, "shadowserver:192.0.2.1");
	assert_reports(HEAD MIXED WORDS "\n--b\nContent-Type: message/rfc822\n\n" ROWS ROW(1) END,
		       "bad");
	/* A report in the mail comes first. */
	assert_reports(HEAD MIXED WORDS CSV ROWS ROW(2) ARF "Source-IP: 192.0.2.1\n" END,
		       "arf:192.0.2.1");
}

static void test_a_format_that_is_asked_for(void **state)
{
	static const struct {
		enum report_format format;
		const char *expected;
	} cases[] = {
		{FORMAT_ARF, "arf:192.0.2.1"},
		{FORMAT_XARF4, "bad"}, /* what follows a report is evidence */
		{FORMAT_SHADOWSERVER, "shadowserver:192.0.2.2"},
		{FORMAT_JMRP, "bad"},
		{FORMAT_XARF0, "bad"},
		{FORMAT_NMAP, "bad"},
		{FORMAT_UNKNOWN, "arf:192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct all all =
			read_all(fill(HEAD MIXED WORDS ARF
				      "Source-IP: 192.0.2.1\n" JSON XARF4 CSV ROWS ROW(2) END,
				      ""),
				 cases[i].format, NULL);

		assert_string_equal(all.text, cases[i].expected);
	}
}

#define OURS                                                                                       \
	"Received: from fbl.example.net (fbl.example.net [198.51.100.7]) by mx.example.org; now\n" \
	"Authentication-Results: MX.example.org; dkim=pass header.d=Example.NET;\n"                \
	"\tspf=pass smtp.mailfrom=bounce@mail.example.net\n"

static void test_what_the_mail_lends(void **state)
{
	static char id[] = "mx.example.org";
	struct config config = {.authserv_id = id, .exclude_reserved = true};

	(void)state;
	struct all all = read_all(OURS HEAD MIXED WORDS ARF "Source-IP: 192.0.2.1\n" END,
				  FORMAT_UNKNOWN, &config);

	assert_string_equal(all.last.domains, "example.net mail.example.net");
	assert_string_equal(all.last.reference, "<1@example.net>");
	assert_int_equal(all.last.observed, 1795258800);
	all = read_all(OURS HEAD MIXED WORDS CSV ROWS ROW(1) END, FORMAT_UNKNOWN, &config);
	assert_string_equal(all.last.domains, "example.net mail.example.net");
	assert_int_equal(all.last.observed, 1795255200);
	all = read_all(HEAD MIXED WORDS ARF END, FORMAT_UNKNOWN, &config);
	assert_string_equal(all.last.domains, "");
	all = read_all("Subject: x\n" MIXED WORDS ARF END, FORMAT_UNKNOWN, &config);
	assert_string_equal(all.last.reference, "");
	assert_int_equal(all.last.observed, 0);
	all = read_all("Date: Sat, 21 Nov 2037 12:00:00 +0100\n" MIXED WORDS ARF END,
		       FORMAT_UNKNOWN, &config);
	assert_int_equal(all.last.observed, 0); /* the future */
}

/* --- struct mail itself -------------------------------------------------------- */

static void test_parts(void **state)
{
	const char *text = HEAD MIXED
		"preamble\n" WORDS
		"--b\nContent-Type: TEXT/Plain; name=\"=?utf-8?q?b=C3=BC.txt?=\"\n"
		"Content-Transfer-Encoding: base64\n\nDQphDWINYw0=\n"
		"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: message/rfc822\n\n"
		"From: a\nTo: b\n\nContent-Type: text/plain\n\nbody\n--c--\n"
		"--b\nContent-Type: text/rfc822-header\n\nFrom: c\n" END;
	struct mail mail;

	(void)state;
	assert_int_equal(mail_open(&mail, bytes_str(text)), ST_OK);
	assert_int_equal(mail.part_count, 4);
	assert_int_equal(mail.date, 1795258800);
	assert_true(bytes_equal(mail.header, bytes_of(HEAD MIXED, strlen(HEAD MIXED))));
	assert_string_equal(mail.parts[1].type, "text/plain");
	assert_string_equal(mail.parts[1].name, "b\xc3\xbc.txt");
	assert_true(bytes_equal(mail.parts[1].content, bytes_str("a\rb\rc\r")) ||
		    bytes_equal(mail.parts[1].content, bytes_str("a\nb\nc\n")));
	assert_true(mail.parts[2].enclosed && mail.parts[3].enclosed);
	assert_false(mail.parts[0].enclosed || mail.parts[1].enclosed);
	assert_true(bytes_equal(mail.parts[2].content, bytes_str("From: a\nTo: b\n")));
	assert_ptr_equal(mail_enclosed(&mail), &mail.parts[2]);
	assert_ptr_equal(mail_find(&mail, "text/plain"), &mail.parts[0]);
	assert_null(mail_find(&mail, "text/html"));
	mail_release(&mail);
}

static void test_fields(void **state)
{
	struct bytes block = bytes_str("A: 1\nno field\n B: 2\nC : 3\n 4\n\t5  \nA: 6\n\nD: 7\n");
	struct field field;

	(void)state;
	assert_true(field_find(block, "a", &field));
	assert_string_equal(field.value, "1");
	assert_true(field_find(block, "C", &field));
	assert_string_equal(field.value, "3 4 5");
	assert_false(field_find(block, "D", &field));
	while (field_next(&block, &field)) {
	}
	assert_true(bytes_equal(block, bytes_str("D: 7\n")));

	static const struct {
		const char *from, *domain;
	} cases[] = {
		{"a@example.net", "example.net"},
		{"<a@Example.NET>", "example.net"},
		{"\"x@example.com\" <a@example.net>", "example.net"},
		{"a@b@example.net (c)", "example.net"},
		{"nobody", ""},
		{"a@", ""},
		{"<a@example.net", "example.net"},
	};
	char domain[MAIL_WORD];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		field_domain(cases[i].from, domain);
		assert_string_equal(domain, cases[i].domain);
	}
}

/* --- hostile ones -------------------------------------------------------------- */

/* A mail of `again` over and over, to the most that is read, before the end. */
static struct told read_much(const char *before, const char *again, const char *after)
{
	size_t len = strlen(again), count = (REPORT_MAX - 8192) / len;
	char *text = must_alloc(REPORT_MAX + 1);
	char *at = stpcpy(text, before);

	for (size_t i = 0; i < count; i++) {
		at = memcpy(at, again, len);
		at += len;
	}
	strcpy(at, after);
	struct told told = read_mail(text);

	free(text);
	return told;
}

#define REPORT ARF "Feedback-Type: abuse\nSource-IP: 192.0.2.1\n"

static void test_too_much_of_anything_is_read_in_time(void **state)
{
	static const struct {
		const char *before, *again;
	} cases[] = {
		{HEAD, "Received: from ((((((((((((((((((((\n"},
		{HEAD, "Authentication-Results: x; a=b (((((((((\n"},
		{HEAD, "To: a:a:a:a:a:a:a:a:a:a:a:a:a:\n"},
		{HEAD MIXED, "--b\n\nContent-Type: application/json\n\n{\"relaytest\"\n"},
		{HEAD MIXED "--b\nX: ", "{\n "},
		{HEAD MIXED "--b\nContent-Type: message/rfc822\n\n", "Received: by x\n"},
		{HEAD MIXED "--b\nContent-Type: message/rfc822\n\n",
		 "Content-Type: message/rfc822\n\n"},
		{HEAD "Content-Type: multipart/mixed\n\n", "--\nContent-Type: x\n"},
		{HEAD "Content-Type: multipart/mixed\n\n", "--a\nb\n"},
		{"[SpamCop (\nSubject: [SpamCop (", "[SpamCop ("},
		{"X-ARF: yes\n" MIXED "--b\n\n\n--b\n\n", "\n"},
		{"X-ARF: yes\n" MIXED "--b\n\n\n--b\n\n", "Source: # 'x\n\n"},
		{HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n",
		 "TgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpO\n"},
		{HEAD
		 "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
		 "Content-Transfer-Encoding: base64\n\n",
		 "QToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToNQToN\n"},
		{HEAD "To: ",
		 " ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\n"},
		{HEAD MIXED "--b\n",
		 "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\n ZZZZZZZZZZZZZZZZZZZZZZZZZZZ"
		 "ZZZZZZZZZZZZZZZZZZZZ\n"},
		{HEAD MIXED "--b\nContent-Disposition: attachment; filename=",
		 " ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\n"},
		{HEAD MIXED "--b\nContent-Type: message/rfc822\n\nFrom: ",
		 " ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ=\n"},
		{HEAD MIXED "--b\nContent-Type: message/rfc822\n\nTo: ",
		 "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"},
		{HEAD MIXED "--b\nContent-Type: application/json\n\n[", "{\"relaytest\":"},
		{HEAD "X: ", "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		clock_t begin = clock();
		struct told told = read_much(cases[i].before, cases[i].again, "\n" REPORT END);
		double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
		struct rusage usage;

		getrusage(RUSAGE_SELF, &usage);
		print_message("case %zu: %.2f s, %ld kB at most so far\n", i, seconds,
			      usage.ru_maxrss);
		/* What it is matters less than that it is said: in a tenth of this, measured. */
		assert_in_range(told.count, 1, REPORTS_MAX + 1);
		assert_true(seconds < 5);
	}
}

/* An archive of some megabytes is whole: base64 is not what the caps are for. */
static void test_large_attachments_are_whole(void **state)
{
	(void)state;
	struct told told =
		read_much(HEAD MIXED WORDS "\n--b\nContent-Type: application/zip\n"
					   "Content-Transfer-Encoding: base64\n\n",
			  "TgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpOCk4KTgpO\n",
			  REPORT END);

	assert_int_equal(told.report.format, FORMAT_ARF);
	assert_string_equal(source_text(&told.report), "192.0.2.1");
}

#define BASE64_CSV                                                  \
	"\n--b\nContent-Type: text/csv; name=2026-11-20-scan.csv\n" \
	"Content-Transfer-Encoding: base64\n\n"

/* Rows of 203.0.113.123 in base64, in lines of `width` octets with `fold` between them. */
static char *encode_rows(size_t rows, size_t width, const char *fold)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char head[] = "timestamp,severity,ip,tag,count,infection\n",
			  row[] = "2026-11-21 10:00:00,medium,203.0.113.123,x,64496,y\n";
	size_t len = sizeof head - 1 + rows * (sizeof row - 1), column = 0;
	char *plain = must_alloc(len + 3), *text = must_alloc(len * 2 + 4096), *to = text;
	char *at = stpcpy(plain, head);

	for (size_t i = 0; i < rows; i++) {
		at = stpcpy(at, row);
	}
	assert_int_equal(len % 3, 0); /* no padding */
	to = stpcpy(to, HEAD MIXED WORDS BASE64_CSV);
	for (size_t i = 0; i < len; i += 3) {
		unsigned three = (unsigned)(uint8_t)plain[i] << 16 |
				 (unsigned)(uint8_t)plain[i + 1] << 8 | (uint8_t)plain[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6) {
			if (column == width) {
				to = stpcpy(to, fold);
				column = 0;
			}
			*to++ = digits[three >> shift & 63];
			column++;
		}
	}
	stpcpy(to, END);
	free(plain);
	return text;
}

/* Base64 in one line, and as servers fold that: no row is lost. */
static void test_long_lines_of_base64_are_whole(void **state)
{
	static const struct {
		size_t width;
		const char *fold;
	} cases[] = {{76, "\n"}, {998, "\r\n "}, {SIZE_MAX, ""}, {4000, "\n\t"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = encode_rows(2000, cases[i].width, cases[i].fold);
		struct told told = read_mail(text);

		free(text);
		assert_int_equal(told.count, 2000);
		assert_int_equal(told.faults, 0);
		assert_string_equal(source_text(&told.report), "203.0.113.123");
	}
}

struct cut {
	unsigned good, bad, longer;
};

static void count_cut(void *context, const struct report *report, struct bytes body,
		      const char *fault)
{
	struct cut *cut = context;

	(void)body;
	cut->good += fault == NULL;
	cut->bad += fault != NULL;
	cut->longer += fault && strstr(fault, "longer than is read") != NULL;
	if (!fault) {
		assert_string_equal(source_text(report), "203.0.113.123");
	}
}

static struct cut read_cut(char *text)
{
	const struct config none = {.exclude_reserved = true};
	const struct report_rules rules = {.now = MAIL_NOW, .config = &none};
	struct cut cut = {0, 0, 0};

	reports_read(bytes_str(text), FORMAT_UNKNOWN, &rules, count_cut, &cut);
	free(text);
	return cut;
}

/* What is too much is said to be, and half a row is none. */
static void test_what_is_cut_off_is_said(void **state)
{
	static const char tabs[] = "\tmedium\t\t203.0.113.123\n";
	char *text = must_alloc(4 << 20), *at;

	(void)state;
	/* Plain rows of more than a megabyte. */
	at = stpcpy(text, HEAD MIXED WORDS CSV "timestamp,severity,ip,tag,asn,infection\n");
	for (int i = 0; i < 40000; i++) {
		at = stpcpy(at, "2026-11-21 10:00:00,medium,203.0.113.123,x,64496,y\n");
	}
	strcpy(at, END);
	struct cut cut = read_cut(text);

	assert_in_range(cut.good, 15000, 39999);
	assert_int_equal(cut.bad, 1);
	assert_int_equal(cut.longer, 1);

	/* Base64 up to the last boundary that is read, in the middle of a row. */
	for (int octets = 400; octets < 480; octets += 4) {
		text = encode_rows(100, 76, "\n");
		text = must_realloc(text, 4 << 20);
		at = strstr(text, "base64\n\n") + octets;
		while (at > text && *at != '\n') {
			at--;
		}
		for (int i = 0; i < 10001; i++) {
			at = stpcpy(at, "\n--x");
		}
		strcpy(at, END);
		cut = read_cut(text);
		assert_in_range(cut.good, 1, 99);
		assert_int_equal(cut.bad, 1);
		assert_int_equal(cut.longer, 1);
	}
	/* Rows that begin with a blank look like a folded field. */
	for (size_t pad = 0; pad < sizeof tabs; pad++) {
		text = must_alloc(1 << 16);
		at = stpcpy(text, HEAD MIXED WORDS CSV "timestamp\tseverity\t");
		at += sprintf(at, "%0*d\tip\n", (int)pad, 0);
		for (int i = 0; i < 1000; i++) {
			at = stpcpy(at, tabs);
		}
		strcpy(at, END);
		cut = read_cut(text);
		assert_in_range(cut.good, 500, 999);
		assert_in_range(cut.bad, 1, 2); /* and a row that is cut */
		assert_int_equal(cut.longer, 1);
	}
	/* A field of the header loses nothing that is read. */
	text = must_alloc(1 << 17);
	at = stpcpy(text, "To: a@example.net");
	for (int i = 0; i < 3000; i++) {
		at = stpcpy(at, ",\n a@example.net");
	}
	at = stpcpy(at, "\n" HEAD MIXED WORDS CSV ROWS);
	at = stpcpy(at, "2026-11-21 10:00:00,medium,203.0.113.123,tcp,548,,afp,64496\n" END);
	cut = read_cut(text);
	assert_int_equal(cut.good, 1);
	assert_int_equal(cut.bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_in_a_mail),
		cmocka_unit_test(test_evidence_in_json_is_not_read),
		cmocka_unit_test(test_json_of_many_lines),
		cmocka_unit_test(test_all_attachments_with_rows_are_read),
		cmocka_unit_test(test_a_format_that_is_asked_for),
		cmocka_unit_test(test_what_the_mail_lends),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_too_much_of_anything_is_read_in_time),
		cmocka_unit_test(test_large_attachments_are_whole),
		cmocka_unit_test(test_long_lines_of_base64_are_whole),
		cmocka_unit_test(test_what_is_cut_off_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
