/* Shadowserver's and UCEPROTECT's rows: which reports they are, and what is no such file. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_reader.h"
#include "rfc3339.h"

#define NOW   1795305600 /* 2026-11-22T00:00:00Z */
#define SCAN  "timestamp,severity,ip,protocol,port,hostname,tag,asn\n"
#define EVENT "timestamp,protocol,src_ip,src_port,dst_ip,dst_port,infection,tag\n"

/* Each report as "format category disposition source time (note)", or "bad: fault". */
static char told[16384];

static void tell(void *context, const struct report *report, struct bytes body, const char *fault)
{
	size_t len = strlen(told);
	char source[PREFIX_TEXT] = "-", time[TIME_TEXT] = "-";

	(void)context;
	(void)body;
	if (fault) {
		snprintf(told + len, sizeof told - len, "%sbad: %s", len ? "\n" : "", fault);
		return;
	}
	if (report->source.family) {
		prefix_format(&report->source, source);
	}
	assert_int_equal(report->via, report->source.family ? VIA_FIELD : VIA_NONE);
	assert_int_equal(report->confidence, report->source.family ? CONFIDENCE_FIELD : 0);
	if (report->observed) {
		time_format(report->observed, time);
	}
	snprintf(told + len, sizeof told - len, "%s%s %s %s %s %s x%u (%s)", len ? "\n" : "",
		 report_format_name(report->format), category_name(report->category),
		 report_disposition_name(report->disposition), source, time, report->incidents,
		 report->note);
}

static enum status read_as(struct bytes text, const char *name, enum report_format wanted)
{
	static const struct config config;
	static const struct report_rules rules = {.now = NOW, .config = &config};
	struct report_reader reader = {.rules = &rules,
				       .wanted = wanted,
				       .sink = tell,
				       .body = text};

	told[0] = '\0';
	return csv_reports_read(&reader, text, name);
}

static void assert_told(const char *name, const char *text, const char *expected)
{
	assert_int_equal(read_as(bytes_str(text), name, FORMAT_UNKNOWN), ST_OK);
	assert_string_equal(told, expected);
}

static void assert_no(const char *text)
{
	assert_int_equal(read_as(bytes_str(text), "", FORMAT_UNKNOWN), ST_NO);
	assert_string_equal(told, "");
}

static void test_a_row_is_a_report(void **state)
{
	(void)state;
	assert_told(
		"2026-11-20-scan_afp-example-ip.csv",
		"\"timestamp\",\"ip\",\"protocol\",\"port\",\"hostname\",\"tag\"\r\n"
		"\"2026-11-20 03:42:34\",\"192.0.2.1\",\"tcp\",548,\"a.example.net\",\"afp\"\r\n"
		"\"2026-11-20 03:52:17\",\"2001:db8::1\",\"tcp\",548,,\"afp;old\"\r\n",
		"shadowserver vulnerable evidence 192.0.2.1 2026-11-20T03:42:34Z x1 (scan_afp, "
		"port 548, tag afp)\n"
		"shadowserver vulnerable evidence 2001:db8::1 2026-11-20T03:52:17Z x1 "
		"(scan_afp, port 548, tag afp;old)");
}

static void test_the_name_of_the_file_has_the_type(void **state)
{
	static const struct {
		const char *name, *category, *disposition;
	} types[] = {
		{"2015-01-01-dns_openresolver-sample-asn.csv", "vulnerable", "evidence"},
		{"2026-11-20-scan_smtp_vulnerable-12-example-asn-delayed.csv", "vulnerable",
		 "evidence"},
		{"2026-11-20-scan6_smb.csv", "vulnerable", "evidence"},
		{"reports/2026-11-20-compromised_iot6-example-geo.csv", "bot", "evidence"},
		{"2026-11-20-compromised_website-example-country.csv", "bot", "evidence"},
		{"2026-11-20-botnet_drone-example-asn.csv", "bot", "evidence"},
		{"2026-11-20-Malware_URL-example-asn.csv", "virus", "evidence"},
		/* A server that answers has done nothing. */
		{"2026-11-20-scan_smtp-example-asn.csv", "other", "ignored"},
		{"2026-11-20-scan6_ssh-example-asn.csv", "other", "ignored"},
		{"2026-11-20-device_id-example-asn.csv", "other", "ignored"},
		{"2026-11-20-blocklist-example-asn.csv", "other", "ignored"},
		{"2026-11-20-nobody_knows-example-asn.csv", "other", "ignored"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char expected[128];

		assert_int_equal(
			read_as(bytes_str(
					"timestamp,ip,asn\n2026-11-20 10:00:00,192.0.2.1,64496\n"),
				types[i].name, FORMAT_UNKNOWN),
			ST_OK);
		snprintf(expected, sizeof expected,
			 "shadowserver %s %s 192.0.2.1 2026-11-20T10:00:00Z", types[i].category,
			 types[i].disposition);
		assert_memory_equal(told, expected, strlen(expected));
	}
}

static void test_events_have_their_source_in_src_ip(void **state)
{
	static const struct {
		const char *type, *category, *disposition;
	} types[] = {
		{"event4_honeypot_brute_force", "attack", "evidence"},
		{"event4_honeypot_http_scan", "attack", "evidence"},
		{"event4_sinkhole", "bot", "evidence"},
		{"event6_sinkhole_http", "bot", "evidence"},
		{"event4_microsoft_sinkhole_http", "bot", "evidence"},
		{"event4_ddos_participant", "bot", "evidence"},
		/* The victims, and those whom others asked in the name of. */
		{"event4_honeypot_ddos_amp", "other", "ignored"},
		{"event4_honeypot_ddos_target", "other", "ignored"},
		{"event4_sinkhole_dns", "other", "ignored"},
		{"event4_ip_spoofer", "other", "ignored"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char name[96], expected[160];

		snprintf(name, sizeof name, "2026-11-20-%s-example-asn.csv", types[i].type);
		assert_int_equal(read_as(bytes_str(EVENT "2026-11-20 10:00:00,tcp,192.0.2.1,4711,"
							 "198.51.100.1,22,mirai,\n"),
					 name, FORMAT_UNKNOWN),
				 ST_OK);
		snprintf(expected, sizeof expected,
			 "shadowserver %s %s 192.0.2.1 2026-11-20T10:00:00Z x1 (%s, port 22, "
			 "infection mirai)",
			 types[i].category, types[i].disposition, types[i].type);
		assert_string_equal(told, expected);
	}
}

static void test_a_links_host_is_not_the_spammer(void **state)
{
	(void)state;
	assert_told("2026-11-20-spam_url-example-asn.csv",
		    "timestamp,url,ip,sender,subject,src_ip\n"
		    "2026-11-20 10:00:00,http://www.example.org/,192.0.2.1,a@example.net,Hi,"
		    "198.51.100.7\n"
		    "2026-11-20 10:00:01,http://www.example.org/,192.0.2.1,a@example.net,Hi,\n",
		    "shadowserver spam evidence 198.51.100.7 2026-11-20T10:00:00Z x1 (spam_url)\n"
		    "shadowserver spam ignored - 2026-11-20T10:00:01Z x1 (spam_url)");
}

static void test_without_a_name_the_columns_say_the_type(void **state)
{
	(void)state;
	assert_told("", SCAN "2026-11-20 10:00:00,high,192.0.2.1,tcp,548,,afp,64496\n",
		    "shadowserver vulnerable evidence 192.0.2.1 2026-11-20T10:00:00Z x1 (scan_afp, "
		    "port 548, tag afp)");
	assert_told("", SCAN "2026-11-20 10:00:00,high,192.0.2.1,tcp,25,,smtp,64496\n",
		    "shadowserver other ignored 192.0.2.1 2026-11-20T10:00:00Z x1 (scan_smtp, port "
		    "25, tag smtp)");
	assert_told("", SCAN "2026-11-20 10:00:00,high,192.0.2.1,tcp,443,,ssl-poodle,64496\n",
		    "shadowserver vulnerable evidence 192.0.2.1 2026-11-20T10:00:00Z x1 "
		    "(scan_ssl_poodle, port 443, tag ssl-poodle)");
	assert_told("report.csv",
		    "timestamp,ip,port,infection\n2026-11-20 10:00:00,192.0.2.1,25,cutwail\n",
		    "shadowserver bot evidence 192.0.2.1 2026-11-20T10:00:00Z x1 (drone, port 25, "
		    "infection cutwail)");
	/* It may be the name of the attack of which this is the victim. */
	assert_told("", EVENT "2026-11-20 10:00:00,udp,192.0.2.1,53,,53,ddos-amplification,\n",
		    "shadowserver other ignored 192.0.2.1 2026-11-20T10:00:00Z x1 (port 53, "
		    "infection ddos-amplification)");
}

static void test_a_note_has_no_mail_address(void **state)
{
	(void)state;
	assert_told("", SCAN "2026-11-20 10:00:00,high,192.0.2.1,tcp,25,,a@example.org,1\n",
		    "shadowserver other ignored 192.0.2.1 2026-11-20T10:00:00Z x1 (port 25)");
}

static void test_reports_about_no_address(void **state)
{
	(void)state;
	assert_told("2026-11-20-compromised_account-example.csv",
		    "timestamp,severity,account\n2026-11-20 10:00:00,high,somebody\n",
		    "shadowserver other ignored - 2026-11-20T10:00:00Z x1 (compromised_account)");
}

static void test_a_bad_row_takes_no_other_with_it(void **state)
{
	(void)state;
	assert_told("2026-11-20-scan_afp-example.csv",
		    "timestamp,ip,tag\n"
		    "2026-11-20 10:00:00,192.0.2.1,afp\n"
		    "2026-11-20 10:00:00,192.0.2.300,afp\n"
		    "2026-11-20 10:00:00,192.0.2.0/24,afp\n"
		    "yesterday,192.0.2.2,afp\n"
		    "2026-11-20 10:00:00,192.0.2.3\n"
		    "2026-11-20 10:00:00,192.0.2.4,afp,more\n"
		    "2027-11-20 10:00:00,192.0.2.5,afp\n"
		    "2026-11-20 10:00:00,192.0.2.6,afp\n",
		    "shadowserver vulnerable evidence 192.0.2.1 2026-11-20T10:00:00Z x1 (scan_afp, "
		    "tag afp)\n"
		    "bad: line 3: '192.0.2.300' is no address\n"
		    "bad: line 4: '192.0.2.0/24' is no address\n"
		    "bad: line 5: 'yesterday' is no time\n"
		    "bad: line 6: 2 columns, the header has 3\n"
		    "bad: line 7: 4 columns, the header has 3\n"
		    "bad: line 8: its time is in the future\n"
		    "shadowserver vulnerable evidence 192.0.2.6 2026-11-20T10:00:00Z x1 (scan_afp, "
		    "tag afp)");
}

static void test_a_header_that_comes_again_is_no_row(void **state)
{
	(void)state;
	assert_told(
		"2026-11-20-scan_afp-example.csv",
		"timestamp,ip\n2026-11-20 10:00:00,192.0.2.1\ntimestamp,ip\n"
		"2026-11-20 11:00:00,192.0.2.2\n",
		"shadowserver vulnerable evidence 192.0.2.1 2026-11-20T10:00:00Z x1 (scan_afp)\n"
		"shadowserver vulnerable evidence 192.0.2.2 2026-11-20T11:00:00Z x1 (scan_afp)");
}

static void test_times(void **state)
{
	static const char *const times[] = {"2026-11-20 10:00:00", "2026-11-20T10:00:00Z",
					    "2026-11-20 10:00:00Z", "2026-11-20 12:00:00+02:00",
					    " 2026-11-20 10:00:00.123 "};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char text[128];

		snprintf(text, sizeof text, "timestamp,ip\n%s,192.0.2.1\n", times[i]);
		assert_told("2026-11-20-scan_afp.csv", text,
			    "shadowserver vulnerable evidence 192.0.2.1 2026-11-20T10:00:00Z x1 "
			    "(scan_afp)");
	}
	assert_told("2026-11-20-scan_afp.csv", "timestamp,ip\n,192.0.2.1\n",
		    "shadowserver vulnerable evidence 192.0.2.1 - x1 (scan_afp)");
}

static void test_uceprotect(void **state)
{
	(void)state;
	assert_told("",
		    "IP;Timestamp;Impacts;Level\n"
		    "192.0.2.1;2026-11-20 10:00:00;7;1\n"
		    "192.0.2.2;2026-11-20 10:00:00;many;2\n",
		    "uceprotect spam evidence 192.0.2.1 2026-11-20T10:00:00Z x7 (level 1)\n"
		    "uceprotect spam ignored 192.0.2.2 2026-11-20T10:00:00Z x1 (level 2)");
	assert_told("uceprotect-AS64496.csv", "date\tip address\n2026-11-20 10:00:00\t192.0.2.1\n",
		    "uceprotect spam evidence 192.0.2.1 2026-11-20T10:00:00Z x1 ()");
	assert_no("ip,date,count\n192.0.2.1,2026-11-20 10:00:00,7\n");
	assert_int_equal(read_as(bytes_str("ip,count\n192.0.2.1,7\n"), "", FORMAT_UCEPROTECT),
			 ST_OK);
	assert_string_equal(told, "uceprotect spam evidence 192.0.2.1 - x1 ()");
}

static void test_mails_and_lists_are_none(void **state)
{
	(void)state;
	assert_no("");
	assert_no("From: a@example.org\nSubject: timestamp,ip\n\ntimestamp,ip\n");
	assert_no("timestamp,ip: x\n\n2026-11-20 10:00:00,192.0.2.1\n");
	assert_no("From a@example.org Sun Nov 22 00:00:00 2026\nFrom: a@example.org\n\n");
	assert_no("192.0.2.1\n192.0.2.2\n");
	assert_no("ip,timestamp\n192.0.2.1,2026-11-20 10:00:00\n");
	assert_no("timestamp\n2026-11-20 10:00:00\n");
	assert_no("\"timestamp\n\",ip\n2026-11-20 10:00:00,192.0.2.1\n");
}

static void test_a_format_that_was_asked_for_is_tried_alone(void **state)
{
	const char *text = "timestamp,ip\n2026-11-20 10:00:00,192.0.2.1\n";

	(void)state;
	assert_int_equal(read_as(bytes_str(text), "", FORMAT_SHADOWSERVER), ST_OK);
	assert_int_equal(read_as(bytes_str(text), "", FORMAT_ARF), ST_NO);
	assert_int_equal(read_as(bytes_str(text), "2026-11-20-scan_afp.csv", FORMAT_XARF3), ST_NO);
}

static void test_a_header_alone_is_bad(void **state)
{
	(void)state;
	assert_int_equal(read_as(bytes_str("timestamp,ip\n"), "", FORMAT_UNKNOWN), ST_DATA);
	assert_string_equal(told, "");
}

static void test_rubbish_after_a_header_ends(void **state)
{
	size_t lines = 100000, len = strlen(SCAN), bad = 0;
	char *text = must_alloc(len + 2 * lines + 1);

	(void)state;
	memcpy(text, SCAN, len);
	for (size_t i = 0; i < lines; i++) {
		memcpy(text + len + 2 * i, "x\n", 2);
	}
	assert_int_equal(read_as(bytes_of(text, len + 2 * lines), "", FORMAT_UNKNOWN), ST_OK);
	for (const char *at = told; (at = strstr(at, "bad: ")); at++) {
		bad++;
	}
	assert_in_range(bad, 1, 1000);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_is_a_report),
		cmocka_unit_test(test_the_name_of_the_file_has_the_type),
		cmocka_unit_test(test_events_have_their_source_in_src_ip),
		cmocka_unit_test(test_a_links_host_is_not_the_spammer),
		cmocka_unit_test(test_without_a_name_the_columns_say_the_type),
		cmocka_unit_test(test_a_note_has_no_mail_address),
		cmocka_unit_test(test_reports_about_no_address),
		cmocka_unit_test(test_a_bad_row_takes_no_other_with_it),
		cmocka_unit_test(test_a_header_that_comes_again_is_no_row),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_uceprotect),
		cmocka_unit_test(test_mails_and_lists_are_none),
		cmocka_unit_test(test_a_format_that_was_asked_for_is_tried_alone),
		cmocka_unit_test(test_a_header_alone_is_bad),
		cmocka_unit_test(test_rubbish_after_a_header_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
