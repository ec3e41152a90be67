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
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail_address.h"
#include "report.h"
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

enum {
	PROBES_MAX = 1000,          /* testers try two dozen envelopes: this is an attack */
	WASTE_MAX = 4 * REPORT_MAX, /* a second's work */
};

/* NULL with a text where the member is not there or of another type. `where`: "", "probe 3: ". */
static const json_t *member(const json_t *object, const char *where, const char *name,
			    json_type type)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",  [JSON_INTEGER] = "an integer",
		[JSON_TRUE] = "a boolean",
	};
	const json_t *value = json_object_get(object, name);

	if (!value) {
		fail(ST_DATA, "%s'%s' is missing", where, name);
		return NULL;
	}
	if (json_typeof(value) != type && !(type == JSON_TRUE && json_is_boolean(value))) {
		fail(ST_DATA, "%s'%s' is not %s", where, name, types[type]);
		return NULL;
	}
	return value;
}

static const char *string_member(const json_t *object, const char *where, const char *name)
{
	return json_string_value(member(object, where, name, JSON_STRING));
}

static enum status read_host(const char *text, const char *where, const char *name,
			     struct prefix *host)
{
	if (strchr(text, '/') || prefix_parse(text, host)) {
		return fail(ST_DATA, "%s'%s' is '%.64s', which is no address", where, name, text);
	}
	return ST_OK;
}

/* Checks one probe, and raises *best to its stage where it could prove something. */
static enum status read_probe(const json_t *probe, const char *where,
			      const struct mail_server *target, enum stage *best)
{
	if (!json_is_object(probe)) {
		return fail(ST_DATA, "%snot an object", where);
	}
	const char *from = string_member(probe, where, "mail_from");
	const char *to = from ? string_member(probe, where, "rcpt_to") : NULL;
	const char *name = to ? string_member(probe, where, "stage") : NULL;

	if (!name || !string_member(probe, where, "form") ||
	    !string_member(probe, where, "reply")) {
		return ST_DATA;
	}
	enum stage stage = STAGE_NONE;

	for (enum stage s = STAGE_REJECTED; s <= STAGE_DELIVERED; s++) {
		stage = strcmp(name, stages[s]) == 0 ? s : stage;
	}
	if (stage == STAGE_NONE) {
		return fail(ST_DATA, "%s'stage' is '%.64s', which is none", where, name);
	}
	const json_t *output = json_object_get(probe, "output");
	struct prefix host;

	if (stage == STAGE_DELIVERED || (output && !json_is_null(output))) {
		const char *text = string_member(probe, where, "output");

		if (!text || read_host(text, where, "output", &host)) {
			return ST_DATA;
		}
	}
	if (stage > *best && !address_begins_at(target, from) && !address_ends_at(target, to)) {
		*best = stage;
	}
	return ST_OK;
}

static enum status read_probes(const json_t *test, const struct mail_server *target,
			       enum stage *best)
{
	const json_t *probes = member(test, "", "probes", JSON_ARRAY);
	size_t i;
	json_t *probe;

	if (!probes) {
		return ST_DATA;
	}
	if (json_array_size(probes) == 0 || json_array_size(probes) > PROBES_MAX) {
		return fail(ST_DATA, "'probes' has %zu of them", json_array_size(probes));
	}
	json_array_foreach(probes, i, probe)
	{
		char where[32];

		snprintf(where, sizeof where, "probe %zu: ", i + 1);
		if (read_probe(probe, where, target, best)) {
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
static enum status read_head(const json_t *test, uint64_t now, struct report *report, bool *auth)
{
	const json_t *version = member(test, "", "relaytest", JSON_INTEGER);

	if (version && json_integer_value(version) != 1) {
		return fail(ST_DATA, "'relaytest' is %" JSON_INTEGER_FORMAT "; version 1 is known",
			    json_integer_value(version));
	}
	const char *target = version ? string_member(test, "", "target") : NULL;
	const json_t *port = target ? member(test, "", "port", JSON_INTEGER) : NULL;
	const char *time = port ? string_member(test, "", "time") : NULL;
	const json_t *used = time ? member(test, "", "auth", JSON_TRUE) : NULL;

	if (!used || !string_member(test, "", "tester") ||
	    read_host(target, "", "target", &report->source)) {
		return ST_DATA;
	}
	if (json_integer_value(port) < 1 || json_integer_value(port) > 65535) {
		return fail(ST_DATA, "'port' is %" JSON_INTEGER_FORMAT, json_integer_value(port));
	}
	if (time_parse(time, &report->observed)) {
		return fail(ST_DATA, "'time' is '%.64s', which is no RFC 3339 time", time);
	}
	if (report->observed > now + REPORT_FUTURE_S) {
		return fail(ST_DATA, "'time' is %.64s, in the future", time);
	}
	*auth = json_is_true(used);
	return ST_OK;
}

static enum status read_test(const json_t *test, uint64_t now, struct report *report)
{
	struct mail_server target = {0};
	const char **names = NULL;
	enum stage best = STAGE_NONE;
	bool auth = false;

	*report = (struct report){
		.format = FORMAT_RELAYTEST,
		.category = CATEGORY_RELAY,
		.via = VIA_FIELD,
		.incidents = 1,
	};
	enum status status = read_head(test, now, report, &auth);

	target.host = report->source;
	if (!status) {
		status = read_names(test, &target, &names);
	}
	if (!status) {
		status = read_probes(test, &target, &best);
	}
	free(names);
	if (auth) {
		best = STAGE_NONE;
	}
	report->disposition = meanings[best].disposition;
	report->confidence = meanings[best].confidence;
	report->proof = meanings[best].proof;
	return status;
}

/*
 * After a syntax error: the octets before the next object that starts a line. Nested ones make that
 * a long search (each starts a line, each is parsed to the fault), so what goes to waste is
 * limited.
 */
static size_t skip_broken(struct json_input *input, size_t parsed)
{
	const uint8_t *next = memmem(input->text.data, input->text.len, "\n{", 2);

	input->wasted += parsed;
	if (!next || input->wasted > WASTE_MAX) {
		return input->text.len;
	}
	return (size_t)(next + 1 - input->text.data);
}

enum status relaytest_read(struct json_input *input, uint64_t now, struct report *report,
			   struct bytes *body)
{
	struct bytes text = input->text;
	json_error_t error;
	json_t *test = json_loadb((const char *)text.data, text.len,
				  JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
	size_t used = (size_t)error.position;
	enum status status;

	if (!test) {
		used = skip_broken(input, used);
	}
	*body = bytes_of(text.data, used);
	input->text = bytes_of(text.data + used, text.len - used);
	if (!test) {
		/* Whoever wrote "relaytest" meant one; other broken JSON may be anything. */
		bool meant = memmem(body->data, body->len, "\"relaytest\"", 11) != NULL;

		return fail(meant ? ST_DATA : ST_NO, "line %d: %s", error.line, error.text);
	}
	if (json_object_get(test, "relaytest")) {
		status = read_test(test, now, report);
	} else {
		status = fail(ST_NO, "no 'relaytest' in the object");
	}
	json_decref(test);
	return status;
}
