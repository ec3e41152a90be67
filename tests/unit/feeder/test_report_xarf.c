/* XARF 3 in both dialects and XARF 4: what a report says, what it is worth, and which are bad. */
#include "report_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW   1795305600 /* 2026-11-22T00:00:00Z */
#define EVENT 1795255200 /* 2026-11-21T10:00:00Z */

static const char flat3[] =
	"{\"Version\": \"3\", \"ReporterInfo\": {\"ReporterOrg\": \"A\", \"ReporterOrgDomain\": "
	"\"example.net\", \"ReporterOrgEmail\": \"a@example.net\"}, \"Disclosure\": true, "
	"\"Report\": {\"ReportClass\": \"Activity\", \"ReportType\": \"Spam\", "
	"\"ReportSubType\": \"Trap\", \"Date\": \"2026-11-21T10:00:00Z\", \"SourceIp\": "
	"\"192.0.2.3\", \"SourcePort\": 25, \"ReporterCaseID\": \"case 7\", "
	"\"SmtpRcptToAddress\": \"trap@example.net\"}}";

static const char nested3[] =
	"{\"Version\": \"3.0.0\", \"ReporterInfo\": {\"ReporterOrg\": \"A\", \"ReporterOrgEmail\": "
	"\"a@example.net\"}, \"Report\": {\"ReportClass\": \"Messaging\", \"ReportType\": "
	"\"spam\", \"Date\": \"2026-11-21T11:00:00.5+01:00\", \"Source\": {\"IP\": \"192.0.2.3\", "
	"\"Port\": 25, \"Type\": \"ip\"}, \"AdditionalInfo\": {\"Protocol\": \"smtp\"}}}";

#define ID  "0d1f2c3b-4a59-4687-8a7b-6c5d4e3f2a1b"
#define ORG "{\"org\": \"A\", \"contact\": \"a@example.net\", \"domain\": \"example.net\"}"

static const char four[] =
	"{\"xarf_version\": \"4.2.0\", \"report_id\": \"" ID "\", \"timestamp\": "
	"\"2026-11-21T10:00:00Z\", \"reporter\": " ORG ", \"sender\": " ORG
	", \"source_identifier\": \"192.0.2.3\", \"source_port\": 25, \"category\": "
	"\"messaging\", \"type\": \"spam\", \"evidence_source\": \"spamtrap\", \"protocol\": "
	"\"smtp\", \"smtp_from\": \"s@example.org\", \"smtp_to\": \"trap@example.net\", "
	"\"evidence\": [{\"content_type\": \"message/rfc822\", \"payload\": \"eA==\"}]}";

typedef enum status reads(const json_t *object, const struct report_rules *rules,
			  struct report *report);

static json_t *parse(const char *text)
{
	json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(object);
	return object;
}

/* Sets a member ("Report.SourceIp") to JSON text; NULL takes it out. */
static void alter(json_t *object, const char *path, const char *value)
{
	const char *dot = strchr(path, '.');
	char outer[64];

	if (dot) {
		snprintf(outer, sizeof outer, "%.*s", (int)(dot - path), path);
		object = json_object_get(object, outer);
		path = dot + 1;
	}
	assert_true(json_is_object(object));
	if (value) {
		assert_int_equal(json_object_set_new(object, path, parse(value)), 0);
	} else {
		assert_int_equal(json_object_del(object, path), 0);
	}
}

/* Reads, and lets go of the object. */
static enum status read_object(reads *read, json_t *object, struct report *report)
{
	const struct report_rules rules = {.now = NOW};
	enum status status = read(object, &rules, report);

	json_decref(object);
	return status;
}

static struct report read_good(reads *read, json_t *object)
{
	struct report report;
	enum status status = read_object(read, object, &report);

	if (status) {
		fail_msg("%s", fail_text());
	}
	return report;
}

/* `base` with one member altered. */
static struct report read_altered(reads *read, const char *base, const char *path,
				  const char *value)
{
	json_t *object = parse(base);

	print_message("%s: %s\n", path, value ? value : "missing");
	alter(object, path, value);
	return read_good(read, object);
}

static void assert_source(const struct report *report, const char *expected)
{
	char text[PREFIX_TEXT] = "none";

	if (report->source.family) {
		prefix_format(&report->source, text);
	}
	assert_string_equal(text, expected);
	assert_int_equal(report->via, report->source.family ? VIA_FIELD : VIA_NONE);
}

static void test_a_report_of_each_dialect(void **state)
{
	static const struct {
		reads *read;
		const char *text, *note, *reference, *recipient;
		enum report_format format;
	} reports[] = {
		{xarf3_read, flat3, "Activity/Spam/Trap", "case 7", "trap@example.net",
		 FORMAT_XARF3},
		{xarf3_read, nested3, "Messaging/spam", "", "", FORMAT_XARF3},
		{xarf4_read, four, "messaging/spam, by spamtrap", ID, "trap@example.net",
		 FORMAT_XARF4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		struct report report = read_good(reports[i].read, parse(reports[i].text));

		assert_int_equal(report.format, reports[i].format);
		assert_int_equal(report.category, CATEGORY_SPAM);
		assert_int_equal(report.disposition, DISPOSITION_EVIDENCE);
		assert_source(&report, "192.0.2.3");
		assert_int_equal(report.observed, EVENT);
		assert_int_equal(report.confidence, 100);
		assert_int_equal(report.incidents, 1);
		assert_false(report.proof);
		assert_string_equal(report.note, reports[i].note);
		assert_string_equal(report.reference, reports[i].reference);
		assert_string_equal(report.recipient, reports[i].recipient);
	}
}

/* --- what types are worth --------------------------------------------------------- */

static void test_types_of_xarf_3(void **state)
{
	static const struct {
		const char *class, *type;
		enum category category;
		enum report_disposition disposition;
	} types[] = {
		{"Activity", "Spam", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"Activity", "LoginAttack", CATEGORY_ATTACK, DISPOSITION_EVIDENCE},
		{"Activity", "Login-Attack", CATEGORY_ATTACK, DISPOSITION_EVIDENCE},
		{"Network", "login_attack", CATEGORY_ATTACK, DISPOSITION_EVIDENCE},
		{"Activity", "PortScan", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "Port-Scan", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "DOS", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "DDoS", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "Exploit", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "WebCrawler", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"Activity", "Malware", CATEGORY_VIRUS, DISPOSITION_IGNORED},
		{"Activity", "Harassment", CATEGORY_OTHER, DISPOSITION_IGNORED},
		{"Content", "Malware", CATEGORY_VIRUS, DISPOSITION_IGNORED},
		{"Content", "Phishing", CATEGORY_FRAUD, DISPOSITION_IGNORED},
		{"Content", "Botnet", CATEGORY_BOT, DISPOSITION_EVIDENCE},
		{"System", "botnet", CATEGORY_BOT, DISPOSITION_EVIDENCE},
		{"Content", "Copyright", CATEGORY_CONTENT, DISPOSITION_IGNORED},
		{"Content", "Trademark", CATEGORY_CONTENT, DISPOSITION_IGNORED},
		{"Content", "ChildAbuse", CATEGORY_CONTENT, DISPOSITION_IGNORED},
		{"Vulnerability", "OpenService", CATEGORY_VULNERABLE, DISPOSITION_EVIDENCE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		json_t *object = parse(flat3), *of = json_object_get(object, "Report");

		print_message("%s/%s\n", types[i].class, types[i].type);
		json_object_set_new(of, "ReportClass", json_string(types[i].class));
		json_object_set_new(of, "ReportType", json_string(types[i].type));
		struct report report = read_good(xarf3_read, object);

		assert_int_equal(report.category, types[i].category);
		assert_int_equal(report.disposition, types[i].disposition);
		assert_source(&report, "192.0.2.3");
	}
}

static void test_types_of_xarf_4(void **state)
{
	static const struct {
		const char *category, *type;
		enum category means;
		enum report_disposition disposition;
	} types[] = {
		{"messaging", "spam", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"messaging", "bulk_messaging", CATEGORY_SPAM, DISPOSITION_EVIDENCE},
		{"connection", "login_attack", CATEGORY_ATTACK, DISPOSITION_EVIDENCE},
		{"connection", "infected_host", CATEGORY_BOT, DISPOSITION_EVIDENCE},
		{"connection", "port_scan", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"connection", "ddos", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"connection", "sql_injection", CATEGORY_ATTACK, DISPOSITION_IGNORED},
		{"infrastructure", "botnet", CATEGORY_BOT, DISPOSITION_EVIDENCE},
		{"infrastructure", "compromised_server", CATEGORY_BOT, DISPOSITION_EVIDENCE},
		{"vulnerability", "open_service", CATEGORY_VULNERABLE, DISPOSITION_EVIDENCE},
		{"vulnerability", "cve", CATEGORY_VULNERABLE, DISPOSITION_IGNORED},
		{"reputation", "blocklist", CATEGORY_OTHER, DISPOSITION_EVIDENCE},
		{"reputation", "threat_intelligence", CATEGORY_OTHER, DISPOSITION_IGNORED},
		{"content", "phishing", CATEGORY_FRAUD, DISPOSITION_IGNORED},
		{"content", "fraud", CATEGORY_FRAUD, DISPOSITION_IGNORED},
		{"content", "malware", CATEGORY_VIRUS, DISPOSITION_IGNORED},
		{"content", "exposed_data", CATEGORY_CONTENT, DISPOSITION_IGNORED},
		{"copyright", "p2p", CATEGORY_CONTENT, DISPOSITION_IGNORED},
		{"copyright", "copyright", CATEGORY_CONTENT, DISPOSITION_IGNORED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		json_t *object = parse(four);

		print_message("%s/%s\n", types[i].category, types[i].type);
		json_object_set_new(object, "category", json_string(types[i].category));
		json_object_set_new(object, "type", json_string(types[i].type));
		struct report report = read_good(xarf4_read, object);

		assert_int_equal(report.category, types[i].means);
		assert_int_equal(report.disposition, types[i].disposition);
		assert_source(&report, "192.0.2.3");
	}
}

static void test_spam_by_telephone_is_no_mail(void **state)
{
	(void)state;
	struct report report = read_altered(xarf4_read, four, "protocol", "\"sms\"");

	assert_int_equal(report.category, CATEGORY_SPAM);
	assert_int_equal(report.disposition, DISPOSITION_IGNORED);
	report = read_altered(xarf4_read, four, "protocol", NULL);
	assert_int_equal(report.disposition, DISPOSITION_EVIDENCE);
}

static void test_good_robots_are_no_infected_hosts(void **state)
{
	static const struct {
		const char *bot;
		enum report_disposition disposition;
	} bots[] = {
		{"\"search_engine\"", DISPOSITION_IGNORED},
		{"\"monitoring\"", DISPOSITION_IGNORED},
		{"\"malicious\"", DISPOSITION_EVIDENCE},
		{"\"unknown\"", DISPOSITION_EVIDENCE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bots / sizeof *bots; i++) {
		json_t *object = parse(four);

		alter(object, "category", "\"connection\"");
		alter(object, "type", "\"infected_host\"");
		alter(object, "bot_type", bots[i].bot);
		struct report report = read_good(xarf4_read, object);

		assert_int_equal(report.category, CATEGORY_BOT);
		assert_int_equal(report.disposition, bots[i].disposition);
	}
}

static void test_confidence_of_the_reporter(void **state)
{
	static const struct {
		const char *value;
		unsigned per_cent;
		enum report_disposition disposition;
	} values[] = {
		{"1", 100, DISPOSITION_EVIDENCE},    {"1.0", 100, DISPOSITION_EVIDENCE},
		{"0.85", 85, DISPOSITION_EVIDENCE},  {"0.01", 1, DISPOSITION_EVIDENCE},
		{"0", 0, DISPOSITION_IGNORED},       {"0.0", 0, DISPOSITION_IGNORED},
		{"null", 100, DISPOSITION_EVIDENCE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct report report =
			read_altered(xarf4_read, four, "confidence", values[i].value);

		assert_int_equal(report.confidence, values[i].per_cent);
		assert_int_equal(report.disposition, values[i].disposition);
	}
}

/* --- sources and times -------------------------------------------------------------- */

static void test_a_source_that_is_no_address_is_ignored(void **state)
{
	static const char *const sources[] = {
		"\"mail.example.org\"", "\"https://example.org/a?ip=192.0.2.1\"",
		"\"192.0.2.0/24\"",     "\"urn:example:7\"",
		"\"4294967295x\"",      "\"cafe.example\"",
	};
	struct report report;

	(void)state;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		report = read_altered(xarf4_read, four, "source_identifier", sources[i]);
		assert_source(&report, "none");
		assert_int_equal(report.disposition, DISPOSITION_IGNORED);
		assert_int_equal(report.confidence, 0);
	}
	report = read_altered(xarf3_read, nested3, "Report.Source",
			      "{\"URL\": \"https://example.org/192.0.2.1\", \"Type\": \"uri\"}");
	assert_source(&report, "none");
	assert_int_equal(report.disposition, DISPOSITION_IGNORED);
	json_t *object = parse(flat3);

	alter(object, "Report.SourceIp", NULL);
	alter(object, "Report.SourceUrl", "\"https://example.org/\"");
	report = read_good(xarf3_read, object);
	assert_source(&report, "none");
	assert_int_equal(report.disposition, DISPOSITION_IGNORED);
}

static void test_sources_of_both_families(void **state)
{
	(void)state;
	struct report report =
		read_altered(xarf4_read, four, "source_identifier", "\"2001:DB8::7\"");

	assert_source(&report, "2001:db8::7");
	report = read_altered(xarf4_read, four, "source_identifier", "\"::ffff:192.0.2.9\"");
	assert_source(&report, "192.0.2.9");
	report = read_altered(xarf3_read, flat3, "Report.SourceIp", "\"2001:db8::7\"");
	assert_source(&report, "2001:db8::7");
	report = read_altered(xarf3_read, nested3, "Report.Source", "{\"IP\": \"2001:db8::7\"}");
	assert_source(&report, "2001:db8::7");
}

static void test_times_with_offsets_and_fractions(void **state)
{
	static const char *const times[] = {
		"\"2026-11-21T10:00:00Z\"",
		"\"2026-11-21T10:00:00.123456Z\"",
		"\"2026-11-21T15:30:00+05:30\"",
		"\"2026-11-21T02:00:00.9-08:00\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct report report = read_altered(xarf4_read, four, "timestamp", times[i]);

		assert_int_equal(report.observed, EVENT);
		report = read_altered(xarf3_read, flat3, "Report.Date", times[i]);
		assert_int_equal(report.observed, EVENT);
	}
}

static void test_a_day_ahead_is_a_clock_gone_wrong(void **state)
{
	(void)state;
	struct report report =
		read_altered(xarf4_read, four, "timestamp", "\"2026-11-23T00:00:00Z\"");

	assert_int_equal(report.observed, NOW + REPORT_FUTURE_S);
}

/* --- what is bad ---------------------------------------------------------------------- */

/* How a member is spoilt; NULL: it is taken out. */
struct fault {
	const char *path, *value;
};

static void assert_bad(reads *read, const char *base, const struct fault *fault)
{
	const char *dot = strrchr(fault->path, '.');
	json_t *object = parse(base);
	struct report report;

	print_message("%s: %s\n", fault->path, fault->value ? fault->value : "missing");
	alter(object, fault->path, fault->value);
	assert_int_equal(read_object(read, object, &report), ST_DATA);
	print_message("\t%s\n", fail_text());
	assert_non_null(strstr(fail_text(), dot ? dot + 1 : fault->path));
}

static void test_members_of_xarf_3_that_are_bad(void **state)
{
	static const struct fault faults[] = {
		{"Version", NULL},
		{"Version", "3"},
		{"Version", "\"2\""},
		{"Version", "\"30\""},
		{"ReporterInfo", NULL},
		{"ReporterInfo", "\"A\""},
		{"ReporterInfo.ReporterOrg", NULL},
		{"ReporterInfo.ReporterOrg", "7"},
		{"ReporterInfo.ReporterOrgEmail", NULL},
		{"Disclosure", "\"yes\""},
		{"Report", NULL},
		{"Report", "[]"},
		{"Report.ReportClass", NULL},
		{"Report.ReportClass", "\"Meh\""},
		{"Report.ReportType", NULL},
		{"Report.ReportType", "\"DoesNotExist\""},
		{"Report.ReportType", "\"\""},
		{"Report.Date", NULL},
		{"Report.Date", "\"this is none\""},
		{"Report.Date", "\"2026-11-21\""},
		{"Report.Date", "1795255200"},
		{"Report.Date", "\"2027-11-21T10:00:00Z\""},
		{"Report.FirstSeen", "\"yesterday\""},
		{"Report.SourceIp", NULL},
		{"Report.SourceIp", "\"none\""},
		{"Report.SourceIp", "\"192.0.2.0/24\""},
		{"Report.SourceIp", "\"192.0.2.3:25\""},
		{"Report.SourceIp", "3221225987"},
		{"Report.SourcePort", "65536"},
		{"Report.SourcePort", "-1"},
		{"Report.SourcePort", "\"25\""},
		{"Report.DestinationIp", "\"example.org\""},
		{"Report.ServiceName", "6"},
		{"Report.ServiceVersion", "2"},
		{"Report.ASN", "\"255\""},
		{"Report.Ongoing", "1"},
		{"Report.Samples", "{}"},
	};
	static const struct fault nested[] = {
		{"Report.Source", "\"192.0.2.3\""},
		{"Report.Source", NULL},
	};
	static const struct {
		const char *source, *named;
	} sources[] = {
		{"{\"Type\": \"ip\"}", "SourceIp"},
		{"{\"IP\": \"none\", \"Type\": \"ip\"}", "IP"},
		{"{\"IP\": \"192.0.2.3\", \"Port\": 70000}", "Port"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_bad(xarf3_read, flat3, &faults[i]);
	}
	for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
		assert_bad(xarf3_read, nested3, &nested[i]);
	}
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		json_t *object = parse(nested3);
		struct report report;

		alter(object, "Report.Source", sources[i].source);
		assert_int_equal(read_object(xarf3_read, object, &report), ST_DATA);
		assert_non_null(strstr(fail_text(), sources[i].named));
	}
}

static void test_members_of_xarf_4_that_are_bad(void **state)
{
	static const struct fault faults[] = {
		{"xarf_version", NULL},
		{"xarf_version", "4"},
		{"xarf_version", "\"5.0.0\""},
		{"xarf_version", "\"40.0.0\""},
		{"xarf_version", "\"4.x\""},
		{"report_id", NULL},
		{"report_id", "7"},
		{"report_id", "\"\""},
		{"report_id", "\"" ID "0\""},
		{"report_id", "\"0d1f2c3b-4a59-4687-8a7b-6c5d4e3f2a1g\""},
		{"timestamp", NULL},
		{"timestamp", "1795255200"},
		{"timestamp", "\"Sat, 21 Nov 2026 10:00:00 +0000\""},
		{"timestamp", "\"2026-02-30T10:00:00Z\""},
		{"timestamp", "\"2026-11-23T00:00:01Z\""},
		{"reporter", NULL},
		{"reporter", "\"A\""},
		{"reporter.org", NULL},
		{"reporter.contact", NULL},
		{"reporter.domain", "1"},
		{"sender", NULL},
		{"sender.domain", NULL},
		{"source_identifier", NULL},
		{"source_identifier", "null"},
		{"source_identifier", "{}"},
		{"source_identifier", "\"\""},
		{"source_identifier", "\"192.0.2.256\""},
		{"source_identifier", "\"192.0.2\""},
		{"source_identifier", "\"192.0.2.3:25\""},
		{"source_identifier", "\"2001:db8::1::2\""},
		{"source_port", "0"},
		{"source_port", "65536"},
		{"source_port", "25.0"},
		{"source_port", "\"25\""},
		{"destination_port", "70000"},
		{"category", NULL},
		{"category", "\"mail\""},
		{"category", "\"content\""}, /* has no type spam */
		{"type", NULL},
		{"type", "\"Spam\""},
		{"type", "\"\""},
		{"evidence_source", "[]"},
		{"evidence", "{}"},
		{"evidence", "[1]"},
		{"evidence", "[{\"content_type\": \"text/plain\"}]"},
		{"confidence", "1.01"},
		{"confidence", "-0.1"},
		{"confidence", "\"0.9\""},
		{"tags", "\"a:b\""},
		{"first_seen", "\"long ago\""},
		{"smtp_from", "1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_bad(xarf4_read, four, &faults[i]);
	}
}

static void test_a_person_reports_without_an_organisation(void **state)
{
	(void)state;
	struct report report =
		read_altered(xarf3_read, flat3, "ReporterInfo", "{\"ReporterType\": \"Person\"}");

	assert_int_equal(report.disposition, DISPOSITION_EVIDENCE);
}

static void test_unknown_members_are_for_others(void **state)
{
	(void)state;
	struct report report = read_altered(xarf4_read, four, "banner", "[1, {}]");

	assert_int_equal(report.disposition, DISPOSITION_EVIDENCE);
	report = read_altered(xarf3_read, flat3, "Report.Banner", "7");
	assert_int_equal(report.disposition, DISPOSITION_EVIDENCE);
	report = read_altered(xarf4_read, four, "smtp_to", "null");
	assert_string_equal(report.recipient, "");
}

static void test_notes_hold_nobodys_address(void **state)
{
	(void)state;
	struct report report =
		read_altered(xarf4_read, four, "evidence_source", "\"victim@example.net\"");

	assert_string_equal(report.note, "messaging/spam");
	report = read_altered(xarf3_read, flat3, "Report.ReportSubType", "\"v@example.net\"");
	assert_string_equal(report.note, "Activity/Spam");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_report_of_each_dialect),
		cmocka_unit_test(test_types_of_xarf_3),
		cmocka_unit_test(test_types_of_xarf_4),
		cmocka_unit_test(test_spam_by_telephone_is_no_mail),
		cmocka_unit_test(test_good_robots_are_no_infected_hosts),
		cmocka_unit_test(test_confidence_of_the_reporter),
		cmocka_unit_test(test_a_source_that_is_no_address_is_ignored),
		cmocka_unit_test(test_sources_of_both_families),
		cmocka_unit_test(test_times_with_offsets_and_fractions),
		cmocka_unit_test(test_a_day_ahead_is_a_clock_gone_wrong),
		cmocka_unit_test(test_members_of_xarf_3_that_are_bad),
		cmocka_unit_test(test_members_of_xarf_4_that_are_bad),
		cmocka_unit_test(test_a_person_reports_without_an_organisation),
		cmocka_unit_test(test_unknown_members_are_for_others),
		cmocka_unit_test(test_notes_hold_nobodys_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
