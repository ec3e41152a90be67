/*
 * report_relaytest.c: what a tester of open relays found, a JSON object of our own:
 *
 *     {"relaytest": 1, "target": "192.0.2.1", "port": 25, "time": "2026-11-21T10:00:00Z",
 *      "tester": "t1", "auth": false, "names": ["mail.example.org"], "probes": [
 *      {"form": "plain", "mail_from": "a@tester.example", "rcpt_to": "b@tester.example",
 *       "stage": "delivered", "reply": "250 2.0.0 Ok", "output": "192.0.2.9"}]}
 *
 * "names" is optional; "output", the host that delivered, goes with "delivered" alone. Members that
 * are not known here are for others.
 *
 * What a probe proves. A relay carries mail that neither began nor ended there, for anybody. So a
 * test that logged in (auth) proves nothing, nor does a probe whose sender or recipient is the
 * target's own. Of the others, by how far they came:
 *
 *     delivered       proof: the message came back with the test's token in it
 *     data, rcpt      suspicion: many servers say yes, and bounce or drop it later
 *     rejected        the server did what it should: where all are, it speaks against a listing
 *
 * The hosts that delivered, other than the target, are the report's outputs: a relay of several
 * stages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mail_address.h"
#include "members.h"
#include "report_json.h"
#include "report_reader.h"
#include "rfc3339.h"

/* Ascending by what it proves. */
enum stage {
	STAGE_NONE, /* no probe that could prove anything */
	STAGE_REJECTED,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_DELIVERED,
};

static const char *const stages[] = {
	[STAGE_REJECTED] = "rejected",
	[STAGE_RCPT] = "rcpt",
	[STAGE_DATA] = "data",
	[STAGE_DELIVERED] = "delivered",
};

/* What the furthest probe makes of the report. */
static const struct {
	enum report_disposition disposition;
	uint8_t confidence;
	bool proof;
} meanings[] = {
	[STAGE_NONE] = {DISPOSITION_IGNORED, 0, false},
	[STAGE_REJECTED] = {DISPOSITION_NEGATIVE, 100, false},
	[STAGE_RCPT] = {DISPOSITION_EVIDENCE, 30, false},
	[STAGE_DATA] = {DISPOSITION_EVIDENCE, 50, false},
	[STAGE_DELIVERED] = {DISPOSITION_EVIDENCE, 100, true},
};

enum { PROBES_MAX = 1000 /* testers try two dozen envelopes: this is an attack */ };

static const struct member test_members[] = {
	{"relaytest", MEMBER_INTEGER, true}, {"target", MEMBER_HOST, true},
	{"port", MEMBER_PORT, true},         {"time", MEMBER_TIME, true},
	{"tester", MEMBER_STRING, true},     {"auth", MEMBER_BOOLEAN, true},
	{"probes", MEMBER_ARRAY, true},
};

static const struct member probe_members[] = {
	{"form", MEMBER_STRING, true},    {"mail_from", MEMBER_STRING, true},
	{"rcpt_to", MEMBER_STRING, true}, {"stage", MEMBER_STRING, true},
	{"reply", MEMBER_STRING, true},   {"output", MEMBER_HOST, false},
};

/* What the probes come to. */
struct findings {
	enum stage best;
	const char *form; /* of the first that came so far */
};

static enum stage stage_named(const char *name)
{
	for (enum stage s = STAGE_REJECTED; s <= STAGE_DELIVERED; s++) {
		if (strcmp(name, stages[s]) == 0) {
			return s;
		}
	}
	return STAGE_NONE;
}

/* Those beyond REPORT_OUTPUTS are left out: the report is no less proof for it. */
static void add_output(struct report *report, const struct prefix *host)
{
	bool known = prefix_compare(host, &report->source) == 0;

	for (unsigned i = 0; i < report->output_count; i++) {
		known = known || prefix_compare(host, &report->outputs[i]) == 0;
	}
	if (!known && report->output_count < REPORT_OUTPUTS) {
		report->outputs[report->output_count++] = *host;
	}
}

/* Checks one probe, and adds what it proves. */
static enum status read_probe(const json_t *probe, const char *where,
			      const struct mail_server *target, struct findings *found,
			      struct report *report)
{
	struct prefix output;

	if (!json_is_object(probe)) {
		return fail(ST_DATA, "%snot an object", where);
	}
	if (MEMBERS_CHECK(probe, where, probe_members)) {
		return ST_DATA;
	}
	const char *name = member_text(probe, "stage");
	enum stage stage = stage_named(name);

	if (stage == STAGE_NONE) {
		return fail(ST_DATA, "%s'stage' is '%.64s', which is none", where, name);
	}
	if (stage == STAGE_DELIVERED && !host_parse(member_text(probe, "output"), &output)) {
		return fail(ST_DATA, "%s'output' is missing", where);
	}
	if (address_begins_at(target, member_text(probe, "mail_from")) ||
	    address_ends_at(target, member_text(probe, "rcpt_to"))) {
		return ST_OK;
	}
	if (stage == STAGE_DELIVERED) {
		add_output(report, &output);
	}
	if (stage > found->best) {
		*found = (struct findings){stage, member_text(probe, "form")};
	}
	return ST_OK;
}

static enum status read_probes(const json_t *test, const struct mail_server *target,
			       struct findings *found, struct report *report)
{
	const json_t *probes = json_object_get(test, "probes");
	size_t count = json_array_size(probes);

	if (count == 0 || count > PROBES_MAX) {
		return fail(ST_DATA, "'probes' has %zu of them", count);
	}
	for (size_t i = 0; i < count; i++) {
		char where[32];

		snprintf(where, sizeof where, "probe %zu: ", i + 1);
		if (read_probe(json_array_get(probes, i), where, target, found, report)) {
			return ST_DATA;
		}
	}
	return ST_OK;
}

/* The target's names, where they are given. The array's memory is the caller's to free. */
static enum status read_names(const json_t *test, struct mail_server *target, const char ***names)
{
	const json_t *array = json_object_get(test, "names");
	size_t i;
	json_t *name;

	if (!array) {
		return ST_OK;
	}
	if (!json_is_array(array)) {
		return fail(ST_DATA, "'names' is not an array");
	}
	*names = must_alloc((json_array_size(array) + 1) * sizeof **names);
	json_array_foreach(array, i, name)
	{
		if (!json_is_string(name)) {
			return fail(ST_DATA, "'names' is not an array of strings");
		}
		(*names)[i] = json_string_value(name);
	}
	target->names = *names;
	target->name_count = json_array_size(array);
	return ST_OK;
}

/* What is not about the probes. */
static enum status read_head(const json_t *test, uint64_t now, struct report *report)
{
	if (MEMBERS_CHECK(test, "", test_members)) {
		return ST_DATA;
	}
	json_int_t version = json_integer_value(json_object_get(test, "relaytest"));

	if (version != 1) {
		return fail(ST_DATA, "'relaytest' is %" JSON_INTEGER_FORMAT "; version 1 is known",
			    version);
	}
	host_parse(member_text(test, "target"), &report->source);
	time_parse(member_text(test, "time"), &report->observed);
	if (report->observed > now + REPORT_FUTURE_S) {
		return fail(ST_DATA, "'time' is %.64s, in the future", member_text(test, "time"));
	}
	return ST_OK;
}

/* One line for a human. A form with an address in it is not repeated. */
static void describe(struct report *report, const struct findings *found, bool auth)
{
	static const char *const words[] = {
		[STAGE_NONE] = "no probe was by a stranger for a stranger",
		[STAGE_REJECTED] = "all strangers' mail was rejected",
		[STAGE_RCPT] = "accepted at RCPT",
		[STAGE_DATA] = "accepted after DATA",
		[STAGE_DELIVERED] = "delivered",
	};
	bool named = found->best > STAGE_REJECTED && found->form[0] && !strchr(found->form, '@');
	const char *by = report->proof ? " by the target" : "";
	char text[2 * REPORT_WORDS], output[PREFIX_TEXT + 4] = "";

	if (report->output_count > 0) {
		by = output;
		memcpy(output, " by ", 4);
		prefix_format(&report->outputs[0], output + 4);
	}
	snprintf(text, sizeof text, "%.80s%s%s%s", named ? found->form : "", named ? ": " : "",
		 auth ? "the test logged in" : words[found->best], by);
	report_words(report->note, bytes_str(text));
}

enum status relaytest_read(const json_t *test, const struct report_rules *rules,
			   struct report *report)
{
	struct mail_server target = {0};
	const char **names = NULL;
	struct findings found = {STAGE_NONE, ""};
	bool auth = json_is_true(json_object_get(test, "auth"));

	*report = (struct report){
		.format = FORMAT_RELAYTEST,
		.category = CATEGORY_RELAY,
		.via = VIA_FIELD,
		.incidents = 1,
	};
	enum status status = read_head(test, rules->now, report);

	target.host = report->source;
	if (!status) {
		status = read_names(test, &target, &names);
	}
	if (!status) {
		status = read_probes(test, &target, &found, report);
	}
	free(names);
	if (auth) {
		found.best = STAGE_NONE;
		report->output_count = 0;
	}
	report->disposition = meanings[found.best].disposition;
	report->confidence = meanings[found.best].confidence;
	report->proof = meanings[found.best].proof;
	describe(report, &found, auth);
	return status;
}
