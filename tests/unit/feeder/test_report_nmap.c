/* nmap's XML: what the script smtp-open-relay said, of whom and when; and XML that means harm. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795305600 /* 2026-11-22T00:00:00Z */

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"
#define RUN(hosts)                                                   \
	HEAD "<nmaprun scanner=\"nmap\" start=\"1795255000\">" hosts \
	     "<runstats><finished time=\"1795255900\"/></runstats></nmaprun>\n"
#define ADDRESS         "<address addr=\"192.0.2.1\" addrtype=\"ipv4\"/>"
#define SCRIPT(output)  "<script id=\"smtp-open-relay\" output=\"" output "\"/>"
#define PORT(n, output) "<port protocol=\"tcp\" portid=\"" n "\">" SCRIPT(output) "</port>"
#define HOST(inside)    "<host starttime=\"1795255100\" endtime=\"1795255200\">" inside "</host>"
#define OPEN(n)         "Server is an open relay (" n "/16 tests)"
#define CLOSED          "Server doesn&apos;t seem to be an open relay, all tests failed"
#define PAIR(from, to)  "&#xa; MAIL FROM:&lt;" from "&gt; -&gt; RCPT TO:&lt;" to "&gt;"

/* The reports, the last one whole; "bad" for a fault. */
struct told {
	struct report last;
	char text[1024];
	size_t good, bad;
};

static void tell(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct told *told = context;
	char address[PREFIX_TEXT] = "bad";
	size_t len = strlen(told->text);

	(void)body;
	if (!fault) {
		assert_int_equal(report->format, FORMAT_NMAP);
		assert_int_equal(report->category, CATEGORY_RELAY);
		assert_int_equal(report->via, VIA_FIELD);
		assert_false(report->proof);
		prefix_format(&report->source, address);
		told->last = *report;
	}
	told->good += !fault;
	told->bad += fault != NULL;
	if (len + PREFIX_TEXT < sizeof told->text) {
		snprintf(told->text + len, sizeof told->text - len, "%s%s", len ? " " : "",
			 report->disposition == DISPOSITION_UNRECOGNISED ? "unrecognised"
									 : address);
	}
}

static struct told read_text(const char *text)
{
	const struct report_rules rules = {.now = NOW};
	struct told told = {0};

	reports_read(bytes_str(text), FORMAT_UNKNOWN, &rules, tell, &told);
	return told;
}

static void assert_told(const char *xml, const char *expected)
{
	assert_string_equal(read_text(xml).text, expected);
}

static void assert_meaning(const char *xml, enum report_disposition disposition,
			   unsigned confidence)
{
	struct told told = read_text(xml);

	assert_string_equal(told.text, "192.0.2.1");
	print_message("%s\n", told.last.note);
	assert_int_equal(told.last.disposition, disposition);
	assert_int_equal(told.last.confidence, confidence);
	assert_true(told.last.note[0] && !strchr(told.last.note, '@'));
}

/* --- what the script says --------------------------------------------------------- */

#define SAID(output) RUN(HOST(ADDRESS "<ports>" PORT("25", output) "</ports>"))
#define NAMED(name, output)                                                                   \
	RUN(HOST(ADDRESS "<hostnames><hostname name=\"" name "\" type=\"user\"/></hostnames>" \
			 "<ports>" PORT("25", output) "</ports>"))

static void test_an_open_relay_is_suspected(void **state)
{
	(void)state;
	assert_meaning(SAID(OPEN("1") PAIR("", "t@d.example")), DISPOSITION_EVIDENCE, 30);
	assert_meaning(SAID(OPEN("1") PAIR("f@d.example", "t@d.example")), DISPOSITION_EVIDENCE,
		       30);
	assert_meaning(SAID(OPEN("2") PAIR("f@[192.0.2.1]", "t@d.example")
				    PAIR("f@d.example", "t@D.example")),
		       DISPOSITION_EVIDENCE, 30);
	assert_string_equal(read_text(SAID(OPEN("2") PAIR("", "t@d.example")
						   PAIR("f@h.example", "t@d.example")))
				    .last.note,
			    "accepted 2 of 16 tests at RCPT, 1 of a stranger's");
}

static void test_envelopes_from_the_server_prove_nothing(void **state)
{
	(void)state;
	assert_meaning(SAID(OPEN("1") PAIR("f@mail.example.org", "t@d.example")),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") PAIR("f@[192.0.2.1]", "t@d.example")), DISPOSITION_IGNORED,
		       0);
	/* The address that it has outside, of a server behind a translator. */
	assert_meaning(SAID(OPEN("1") PAIR("f@[198.51.100.1]", "t%d.example@[198.51.100.1]")),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") PAIR("f@[192.0.2.1]", "&quot;t@d.example&quot;")),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") PAIR("f@[192.0.2.1]", "d.example!t")), DISPOSITION_IGNORED,
		       0);
}

static void test_a_test_with_the_servers_own_domain_proves_nothing(void **state)
{
	(void)state;
	assert_meaning(NAMED("d.example",
			     OPEN("2") PAIR("", "t@d.example") PAIR("f@d.example", "t@d.example")),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(NAMED("h.example", OPEN("1") PAIR("", "t@d.example")), DISPOSITION_EVIDENCE,
		       30);
}

#define PROBED OPEN("1") PAIR("", "t@nmap.scanme.org")

static void test_a_name_that_the_servers_owner_chose_voids_nothing(void **state)
{
	(void)state;
	assert_meaning(RUN(HOST(ADDRESS "<hostnames><hostname name=\"nmap.scanme.org\" "
					"type=\"PTR\"/></hostnames>" PORT("25", PROBED))),
		       DISPOSITION_EVIDENCE, 30);
	assert_meaning(RUN(HOST(ADDRESS "<hostnames><hostname name=\"nmap.scanme.org\"/>"
					"</hostnames>" PORT("25", PROBED))),
		       DISPOSITION_EVIDENCE, 30);
	assert_meaning(RUN(HOST(ADDRESS
				"<ports><port portid=\"25\"><service name=\"smtp\" "
				"hostname=\"nmap.scanme.org\"/>" SCRIPT(PROBED) "</port></ports>")),
		       DISPOSITION_EVIDENCE, 30);
	/* Not even by that name does the script mean the server. */
	assert_meaning(NAMED("nmap.scanme.org", PROBED), DISPOSITION_EVIDENCE, 30);
}

static void test_without_the_list_only_nearly_all_tests_include_a_strangers(void **state)
{
	(void)state;
	assert_meaning(SAID(OPEN("16")), DISPOSITION_EVIDENCE, 30);
	assert_meaning(SAID(OPEN("15")), DISPOSITION_EVIDENCE, 30);
	assert_meaning(SAID(OPEN("14")), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1")), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("17")), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("99999999999999999999")), DISPOSITION_IGNORED, 0);
}

static void test_a_server_that_refuses_speaks_against_a_listing(void **state)
{
	(void)state;
	assert_meaning(SAID(CLOSED), DISPOSITION_NEGATIVE, 50);
	assert_meaning(SAID("Server isn&apos;t an open relay, authentication needed"),
		       DISPOSITION_NEGATIVE, 50);
	/* There everybody has to log in; it says nothing of port 25. */
	assert_meaning(RUN(HOST(ADDRESS PORT("587", CLOSED))), DISPOSITION_IGNORED, 0);
	assert_meaning(RUN(HOST(ADDRESS PORT("465", CLOSED))), DISPOSITION_IGNORED, 0);
	assert_meaning(RUN(HOST(ADDRESS PORT("587", OPEN("16")))), DISPOSITION_EVIDENCE, 30);
}

static void test_a_script_that_did_not_finish_is_ignored(void **state)
{
	(void)state;
	assert_meaning(SAID("Couldn&apos;t establish connection on port 25"), DISPOSITION_IGNORED,
		       0);
	assert_meaning(SAID("Failed to issue f@d.example command (x)"), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID("ERROR: Script execution failed"), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(""), DISPOSITION_IGNORED, 0);
	assert_meaning(RUN(HOST(ADDRESS "<script id=\"smtp-open-relay\"/>")), DISPOSITION_IGNORED,
		       0);
	/* What it had found by then counts. */
	assert_meaning(SAID(OPEN("2") PAIR("", "t@d.example") "&#xa; SMTP: RSET 421 4.4.2 x"),
		       DISPOSITION_EVIDENCE, 30);
}

static void test_envelopes_that_are_none(void **state)
{
	(void)state;
	assert_meaning(SAID(OPEN("1") "&#xa; MAIL FROM:&lt;"), DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") "&#xa; MAIL FROM:&lt;&gt; -&gt; RCPT TO:&lt;"),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") "&#xa; MAIL FROM:&lt;&gt; -&gt; RCPT TO:&lt;&gt;"),
		       DISPOSITION_IGNORED, 0);
	assert_meaning(SAID(OPEN("1") "&#xa; RCPT TO:&lt;t@d.example&gt;"), DISPOSITION_IGNORED, 0);
}

/* --- of whom, and when -------------------------------------------------------------- */

static void test_a_report_for_each_host_and_port(void **state)
{
	(void)state;
	assert_told(RUN(HOST(ADDRESS "<ports>" PORT("25", CLOSED) PORT("2525", CLOSED) "</ports>")
				HOST("<address addr=\"00:00:5E:00:53:01\" addrtype=\"mac\"/>"
				     "<address addr=\"2001:db8::7\" addrtype=\"ipv6\"/>" PORT(
					     "25", CLOSED)) HOST(ADDRESS)),
		    "192.0.2.1 192.0.2.1 2001:db8::7");
	/* After its scripts, and of a script of the whole host. */
	assert_told(RUN(HOST(PORT("25", CLOSED) ADDRESS)), "192.0.2.1");
	assert_told(RUN(HOST(ADDRESS "<hostscript>" SCRIPT(CLOSED) "</hostscript>")), "192.0.2.1");
}

static void test_names_and_addresses_stay_with_their_host(void **state)
{
	(void)state;
	assert_meaning(RUN(HOST("<address addr=\"192.0.2.2\" addrtype=\"ipv4\"/><hostnames>"
				"<hostname name=\"d.example\" type=\"user\"/></hostnames>")
				   HOST(ADDRESS PORT("25", OPEN("1") PAIR("", "t@d.example")))),
		       DISPOSITION_EVIDENCE, 30);
	assert_told(RUN("<hosthint>" ADDRESS "</hosthint>" HOST(PORT("25", CLOSED))), "bad");
}

static void test_a_host_without_an_address_is_bad(void **state)
{
	(void)state;
	assert_told(RUN(HOST(PORT("25", CLOSED)) HOST(ADDRESS PORT("25", CLOSED))),
		    "bad 192.0.2.1");
	assert_told(
		RUN(HOST("<address addr=\"192.0.2.0/24\" addrtype=\"ipv4\"/>" PORT("25", CLOSED))),
		"bad");
	assert_told(RUN(HOST("<address addr=\"mail.example.org\" addrtype=\"ipv4\"/>" PORT(
			    "25", CLOSED))),
		    "bad");
}

static void test_when_the_host_was_done_else_the_scan(void **state)
{
	(void)state;
	assert_int_equal(read_text(SAID(CLOSED)).last.observed, 1795255200);
	assert_int_equal(read_text(RUN("<host starttime=\"1795255100\">" ADDRESS PORT(
					   "25", CLOSED) "</host>"))
				 .last.observed,
			 1795255100);
	assert_int_equal(
		read_text(RUN("<host>" ADDRESS PORT("25", CLOSED) "</host>")).last.observed,
		1795255900);
	assert_int_equal(read_text("<nmaprun start=\"1795255000\"><host>" ADDRESS PORT(
					   "25", CLOSED) "</host></nmaprun>")
				 .last.observed,
			 1795255000);
	assert_int_equal(read_text("<nmaprun start=\"-1\"><host endtime=\"1e9\">" ADDRESS PORT(
					   "25", CLOSED) "</host></nmaprun>")
				 .last.observed,
			 0);
}

static void test_a_scan_in_the_future_is_bad(void **state)
{
	(void)state;
	assert_told(RUN("<host endtime=\"1795392000\">" ADDRESS PORT("25", CLOSED) "</host>"),
		    "192.0.2.1");
	assert_told(RUN("<host endtime=\"1795392001\">" ADDRESS PORT("25", CLOSED) "</host>"),
		    "bad");
}

/* --- other XML, broken XML, hostile XML ------------------------------------------------ */

static void test_other_xml_is_not_recognised(void **state)
{
	(void)state;
	assert_told("<html><body/></html>", "unrecognised");
	assert_told("<!DOCTYPE html><html><p>", "unrecognised");
	assert_told("<", "unrecognised");
	assert_told("<nmaprun", "unrecognised");
	assert_told(HEAD "<other/>", "unrecognised");
	assert_told(RUN(HOST(ADDRESS)), "unrecognised");
	assert_told(RUN(HOST(ADDRESS "<script id=\"smtp-commands\" output=\"x\"/>")),
		    "unrecognised");
	assert_told(RUN("<prescript>" SCRIPT(CLOSED) "</prescript>"), "unrecognised");
}

static void test_a_scan_that_was_interrupted(void **state)
{
	(void)state;
	assert_told("<nmaprun>" HOST(ADDRESS PORT("25", CLOSED)) "<host>" ADDRESS, "192.0.2.1 bad");
	assert_told("<nmaprun>" HOST(ADDRESS PORT("25", CLOSED)), "192.0.2.1 bad");
	assert_told("<nmaprun><host>" ADDRESS PORT("25", CLOSED), "bad");
}

static void test_entities_are_refused(void **state)
{
	(void)state;
	assert_told("<!DOCTYPE nmaprun [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
		    "<nmaprun>" HOST(ADDRESS PORT("25", "&b;")) "</nmaprun>",
		    "bad");
	assert_told("<!DOCTYPE nmaprun [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>"
		    "<nmaprun>" HOST(ADDRESS PORT("25", "a")) "&x;</nmaprun>",
		    "bad");
	assert_told("<!DOCTYPE nmaprun [<!ATTLIST host endtime CDATA \"1\">]><nmaprun/>", "bad");
	/* What old ones named; nobody looks at what is there. */
	assert_told("<!DOCTYPE nmaprun SYSTEM \"file:///dev/zero\"><nmaprun>" HOST(
			    ADDRESS PORT("25", CLOSED)) "</nmaprun>",
		    "192.0.2.1");
}

/* Well-formed, however deep. */
static void test_depth_is_bounded(void **state)
{
	static const char first[] = "<nmaprun>" HOST(ADDRESS PORT("25", CLOSED)) "<host>";
	enum { DEEP = 100000 };
	char *text = must_alloc(sizeof first + DEEP * 7 + 100), *at = stpcpy(text, first);

	(void)state;
	for (size_t i = 0; i < DEEP; i++) {
		at = stpcpy(at, i < DEEP / 2 ? "<a>" : "</a>");
	}
	strcpy(at, "</host></nmaprun>");
	assert_told(text, "192.0.2.1 bad");
	free(text);
}

/* As many as there may be, in nearly as much as there may be. */
static void test_a_run_over_very_many_hosts(void **state)
{
	static const char host[] = "<host endtime=\"1795255200\"><address addr=\"192.0.2.1\" "
				   "addrtype=\"ipv4\"/>" PORT("25", "x") "</host>\n";
	static const char end[] = "</nmaprun>";
	size_t len = strlen(host);
	char *text = must_alloc(REPORTS_MAX * len + 100), *at = text;

	(void)state;
	at += sprintf(at, "<nmaprun>");
	for (size_t i = 0; i < REPORTS_MAX; i++) {
		memcpy(at, host, len);
		at += len;
	}
	strcpy(at, end);
	assert_in_range(strlen(text), 1, REPORT_MAX);
	struct told told = read_text(text);

	assert_int_equal(told.good, REPORTS_MAX);
	assert_int_equal(told.bad, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_open_relay_is_suspected),
		cmocka_unit_test(test_envelopes_from_the_server_prove_nothing),
		cmocka_unit_test(test_a_test_with_the_servers_own_domain_proves_nothing),
		cmocka_unit_test(test_a_name_that_the_servers_owner_chose_voids_nothing),
		cmocka_unit_test(test_without_the_list_only_nearly_all_tests_include_a_strangers),
		cmocka_unit_test(test_a_server_that_refuses_speaks_against_a_listing),
		cmocka_unit_test(test_a_script_that_did_not_finish_is_ignored),
		cmocka_unit_test(test_envelopes_that_are_none),
		cmocka_unit_test(test_a_report_for_each_host_and_port),
		cmocka_unit_test(test_names_and_addresses_stay_with_their_host),
		cmocka_unit_test(test_a_host_without_an_address_is_bad),
		cmocka_unit_test(test_when_the_host_was_done_else_the_scan),
		cmocka_unit_test(test_a_scan_in_the_future_is_bad),
		cmocka_unit_test(test_other_xml_is_not_recognised),
		cmocka_unit_test(test_a_scan_that_was_interrupted),
		cmocka_unit_test(test_entities_are_refused),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_a_run_over_very_many_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
