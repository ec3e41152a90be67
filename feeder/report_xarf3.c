/*
 * report_xarf3.c: XARF 3, in the dialects of its two schemas, whose names of members nobody mixes
 * but whose values everybody does:
 *
 *     {"Version": "3", "ReporterInfo": {"ReporterOrg": …, "ReporterOrgEmail": …}, "Report": {
 *      "ReportClass": "Activity", "ReportType": "Spam", "Date": "2026-11-21T10:00:00Z",
 *      "SourceIp": "192.0.2.1", "SourcePort": 25, …}}
 *
 * or, in the Report, "Source": {"IP": "192.0.2.1", "Port": 25, "Type": "ip"}. Each type of abuse
 * has members of its own; those of all types are in one table, as none has two meanings.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "members.h"
#include "report_json.h"
#include "report_reader.h"
#include "xarf.h"

static const struct member head_members[] = {
	{"Version", MEMBER_STRING, true},     {"ReporterInfo", MEMBER_OBJECT, true},
	{"Report", MEMBER_OBJECT, true},      {"Disclosure", MEMBER_BOOLEAN, false},
	{"OnBehalfOf", MEMBER_OBJECT, false},
};

/* Of an organisation; a person has to say nothing of himself. */
static const struct member reporter_members[] = {
	{"ReporterOrg", MEMBER_STRING, true},
	{"ReporterOrgEmail", MEMBER_STRING, true},
	{"ReporterOrgDomain", MEMBER_STRING, false},
};

static const struct member report_members[] = {
	{"ReportClass", MEMBER_STRING, true},
	{"ReportType", MEMBER_STRING, true},
	{"Date", MEMBER_TIME, true},
	{"ReportSubType", MEMBER_STRING, false},
	{"ReporterCaseID", MEMBER_STRING, false},
	{"FirstSeen", MEMBER_TIME, false},
	{"SourceIp", MEMBER_HOST, false},
	{"SourcePort", MEMBER_PORT_0, false},
	{"SourceUrl", MEMBER_STRING, false},
	{"Url", MEMBER_STRING, false},
	{"Source", MEMBER_OBJECT, false},
	{"ASN", MEMBER_INTEGER, false},
	{"Ongoing", MEMBER_BOOLEAN, false},
	{"Samples", MEMBER_ARRAY, false},
	{"Attachment", MEMBER_ARRAY, false},
	{"AdditionalInfo", MEMBER_OBJECT, false},
	{"Custom", MEMBER_OBJECT, false},
	{"Account", MEMBER_OBJECT, false},
	{"DestinationIp", MEMBER_HOST, false},
	{"TransportProtocol", MEMBER_STRING, false},
	{"ServiceName", MEMBER_STRING, false},
	{"ServiceVersion", MEMBER_STRING, false},
	{"ByteCount", MEMBER_INTEGER, false},
	{"PacketCount", MEMBER_INTEGER, false},
	{"AttackCount", MEMBER_INTEGER, false},
	{"BotnetName", MEMBER_STRING, false},
	{"MalwareName", MEMBER_STRING, false},
	{"RpzDomain", MEMBER_STRING, false},
	{"InfringedMaterial", MEMBER_STRING, false},
	{"TrademarkedMaterial", MEMBER_STRING, false},
	{"SmtpMailFromAddress", MEMBER_STRING, false},
	{"SmtpRcptToAddress", MEMBER_STRING, false},
};

static const struct member source_members[] = {
	{"IP", MEMBER_HOST, false},
	{"Port", MEMBER_PORT_0, false},
	{"URL", MEMBER_STRING, false},
	{"Type", MEMBER_STRING, false},
};

/* Activity, Content and Vulnerability by one schema, the others in the wild. */
static const char *const classes[] = {
	"Activity",   "Content",        "Vulnerability", "Messaging", "Network",    "System",
	"Connection", "Infrastructure", "Copyright",     "Abuse",     "Reputation",
};

static bool is_class(const char *name)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (strcasecmp(classes[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* Leaves the source alone where the report is about a page or an account. */
static enum status read_source(const json_t *object, struct report *report)
{
	const json_t *source = json_object_get(object, "Source");
	const char *address = member_text(object, "SourceIp");
	bool other = *member_text(object, "SourceUrl") || *member_text(object, "Url") ||
		     json_object_get(object, "Account");

	if (json_is_object(source)) {
		if (MEMBERS_CHECK(source, "Source: ", source_members)) {
			return ST_DATA;
		}
		address = *address ? address : member_text(source, "IP");
		other = other || strcasecmp(member_text(source, "Type"), "ip") != 0;
	}
	if (host_parse(address, &report->source) || other) {
		return ST_OK;
	}
	return fail(ST_DATA, "'SourceIp' is missing");
}

static enum status read_head(const json_t *object)
{
	if (MEMBERS_CHECK(object, "", head_members)) {
		return ST_DATA;
	}
	const json_t *reporter = json_object_get(object, "ReporterInfo");
	const char *version = member_text(object, "Version");

	if (version[0] != '3' || (version[1] && version[1] != '.')) {
		return fail(ST_DATA, "'Version' is '%.64s'; version 3 is known", version);
	}
	if (strcmp(member_text(reporter, "ReporterType"), "Person") == 0) {
		return ST_OK;
	}
	return MEMBERS_CHECK(reporter, "ReporterInfo: ", reporter_members);
}

static void read_texts(const json_t *object, struct report *report)
{
	const char *sub = member_text(object, "ReportSubType");
	char note[REPORT_WORDS];

	sub = strchr(sub, '@') ? "" : sub;
	snprintf(note, sizeof note, "%.40s/%.40s%s%.40s", member_text(object, "ReportClass"),
		 member_text(object, "ReportType"), *sub ? "/" : "", sub);
	report_words(report->note, bytes_str(note));
	report_words(report->reference, bytes_str(member_text(object, "ReporterCaseID")));
	report_words(report->recipient, bytes_str(member_text(object, "SmtpRcptToAddress")));
}

enum status xarf3_read(const json_t *object, const struct report_rules *rules,
		       struct report *report)
{
	const json_t *of = json_object_get(object, "Report");

	*report = (struct report){
		.format = FORMAT_XARF3,
		.confidence = CONFIDENCE_FIELD,
		.incidents = 1,
	};
	if (read_head(object) || MEMBERS_CHECK(of, "Report: ", report_members) ||
	    xarf_time("Date", member_text(of, "Date"), rules->now, &report->observed)) {
		return ST_DATA;
	}
	const struct xarf_type *type = xarf3_type(member_text(of, "ReportType"));

	if (!is_class(member_text(of, "ReportClass"))) {
		return fail(ST_DATA, "Report: 'ReportClass' is '%.64s', which is none",
			    member_text(of, "ReportClass"));
	}
	if (!type) {
		return fail(ST_DATA, "Report: 'ReportType' is '%.64s', which is none",
			    member_text(of, "ReportType"));
	}
	if (read_source(of, report)) {
		return ST_DATA;
	}
	read_texts(of, report);
	xarf_conclude(report, type);
	return ST_OK;
}
