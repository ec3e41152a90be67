/*
 * cmd_show.c: feeder show: what DNS serves for an address or a prefix, and why.
 *
 *     served.c ─▶ claims ─▶ exclusions ─▶ reports ─▶ history
 *
 * With --public all who reported, were written to or work here stay unnamed, and so do their words.
 * In text a part without content has no heading; in JSON it is an empty array. All of it is one
 * snapshot.
 */
#include <stdlib.h>

#include "answer.h"
#include "audittext.h"
#include "claimtext.h"
#include "evidencetext.h"
#include "exclusiontext.h"
#include "feeder.h"
#include "output.h"
#include "policy.h"
#include "rfc3339.h"
#include "served.h"

enum { INSIDE_SHOWN = 64 }; /* claims or reports inside a prefix: a /8 can have millions */

struct showing {
	const struct call *call;
	struct prefix prefix;
	struct txn *txn;
	struct names names;
	struct json json;
	const char *title; /* of this part; NULL once it has been printed */
	uint64_t inside;
	struct audit_row *rows;
	size_t row_count, row_room;
};

/* Begins a part: in JSON an array, in text a heading as soon as there is something below it. */
static void begin(struct showing *s, const char *name, const char *title)
{
	s->title = title;
	if (s->call->json) {
		json_open(&s->json, name, '[');
	}
}

static void end(struct showing *s)
{
	if (s->call->json) {
		json_close(&s->json, ']');
	}
}

/* Begins one thing of a part. */
static void item(struct showing *s)
{
	if (s->call->json) {
		json_open(&s->json, NULL, '{');
		return;
	}
	if (s->title) {
		fprintf(output(), "\n%s:\n", s->title);
		s->title = NULL;
	}
	fputs("  ", output());
}

/* The rule that fired, and its figures, are for the listed to know. */
static bool by_policy(struct showing *s, const struct claim *claim)
{
	return strcmp(names_source(&s->names, claim->source), POLICY_SOURCE) == 0;
}

static void print_claim(struct showing *s, const struct claim *claim)
{
	char prefix[PREFIX_TEXT], created[TIME_TEXT], seen[TIME_TEXT], expires[TIME_TEXT];
	struct bytes text = text_shown(text_read(s->txn, claim->text), NULL);
	FILE *out = output();

	prefix_format(&claim->prefix, prefix);
	fprintf(out, "%s on %s", prefix, names_sublist(&s->names, claim->sublist));
	bool told = !s->call->public || by_policy(s, claim);

	if (told) {
		fprintf(out, " by %s", names_source(&s->names, claim->source));
	}
	fprintf(out, "\n    since %s, last seen %s, expires %s\n",
		time_format(claim->created, created), time_format(claim->last_seen, seen),
		claim->expires ? time_format(claim->expires, expires) : "never");
	if (claim->reason.len > 0 && told) {
		fprintf(out, "    reason: %.*s\n", (int)claim->reason.len,
			(const char *)claim->reason.data);
	}
	if (text.len > 0) {
		fputs("    text: ", out);
		output_text(text);
		fputc('\n', out);
	}
}

static bool show_claim(void *context, const struct claim *stored)
{
	struct showing *s = context;
	struct claim claim = *stored;

	claim_resolve(s->txn, &claim);
	item(s);
	if (s->call->json) {
		claim_print_json(&claim, &s->names, s->call->public && !by_policy(s, &claim),
				 &s->json);
		json_close(&s->json, '}');
	} else {
		print_claim(s, &claim);
	}
	return true;
}

static bool show_inside(void *context, const struct claim *claim)
{
	struct showing *s = context;

	return ++s->inside > INSIDE_SHOWN ? false : show_claim(s, claim);
}

static bool show_exclusion(void *context, const struct exclusion *exclusion)
{
	struct showing *s = context;

	item(s);
	struct exclusion shown = *exclusion;

	if (s->call->public) {
		shown.comment = (struct bytes){0};
	}
	if (s->call->json) {
		exclusion_print_json(&shown, &s->json);
		json_close(&s->json, '}');
	} else {
		exclusion_print_line(&shown);
	}
	return true;
}

static bool show_evidence(void *context, const struct evidence *evidence)
{
	struct showing *s = context;

	item(s);
	if (s->call->json) {
		evidence_print_json(s->txn, evidence, s->call->public, &s->json);
		json_close(&s->json, '}');
	} else {
		evidence_print(s->txn, evidence, s->call->public);
	}
	return true;
}

/* Backwards, so the highest addresses are shown where there are many. */
static bool show_evidence_inside(void *context, const struct evidence *evidence)
{
	struct showing *s = context;

	return ++s->inside > INSIDE_SHOWN ? false : show_evidence(s, evidence);
}

static bool collect_audit(void *context, const struct audit_row *row)
{
	struct showing *s = context;

	if (s->row_count == s->row_room) {
		s->row_room = s->row_room * 2 + 16;
		s->rows = must_realloc(s->rows, s->row_room * sizeof *s->rows);
	}
	s->rows[s->row_count++] = *row;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = ((const struct audit_row *)a)->number,
		 right = ((const struct audit_row *)b)->number;

	return left < right ? -1 : left > right;
}

/* Who did it, and the words of those who did, are ours alone to know; what the policy says is not.
 */
static void redact(struct audit_row *row)
{
	if (!bytes_equal(row->source, bytes_str(POLICY_SOURCE))) {
		row->reason = (struct bytes){0};
		row->source = (struct bytes){0};
	}
	row->actor = (struct bytes){0};
}

/*
 * They come prefix by prefix; a story is told in the order of time. What they borrow stays till
 * the end.
 */
static void show_history(struct showing *s)
{
	audit_covering(s->txn, &s->prefix, collect_audit, s);
	if (s->row_count > 0) {
		qsort(s->rows, s->row_count, sizeof *s->rows, by_number);
	}
	for (size_t i = 0; i < s->row_count; i++) {
		if (s->call->public) {
			redact(&s->rows[i]);
		}
		item(s);
		if (s->call->json) {
			audit_print_json(&s->rows[i], &s->json);
			json_close(&s->json, '}');
		} else {
			audit_print_line(&s->rows[i]);
		}
	}
	free(s->rows);
}

static void show_claims(struct showing *s)
{
	begin(s, "claims", "claims");
	claims_covering(s->txn, &s->prefix, show_claim, s);
	end(s);
	if (s->prefix.len == prefix_bits(s->prefix.family)) {
		return;
	}
	begin(s, "claims_inside", "claims inside it");
	claims_below(s->txn, &s->prefix, show_inside, s);
	end(s);
	if (s->inside > INSIDE_SHOWN && !s->call->json) {
		fputs("  and more: see 'feeder list'\n", output());
	}
}

static void show_more(struct showing *s)
{
	begin(s, "exclusions", "exclusions (prefix, expires, comment)");
	exclusions_covering(s->txn, &s->prefix, show_exclusion, s);
	end(s);
	begin(s, "evidence", "reports");
	if (s->prefix.len == prefix_bits(s->prefix.family)) {
		evidence_of(s->txn, s->prefix.family, s->prefix.addr, show_evidence, s);
	} else {
		s->inside = 0;
		evidence_within(s->txn, &s->prefix, show_evidence_inside, s);
	}
	end(s);
	begin(s, "history",
	      "history (time, who, what, prefix, sublist, source, claims more or fewer, reason)");
	show_history(s);
	end(s);
}

static bool show(struct showing *s)
{
	char text[PREFIX_TEXT];
	bool listed;

	prefix_format(&s->prefix, text);
	if (s->call->json) {
		s->json = json_begin(output());
		json_text(&s->json, "prefix", text);
	}
	listed = served_print(s->txn, s->call->config, &s->prefix, s->call->json ? &s->json : NULL);
	if (s->call->json) {
		json_bool(&s->json, "listed", listed);
	} else {
		fprintf(output(), "%s is %s\n", text, listed ? "listed" : "not listed");
	}
	show_claims(s);
	show_more(s);
	if (s->call->json) {
		json_end(&s->json);
	}
	return listed;
}

static enum status run(struct call *call)
{
	struct showing s = {.call = call};
	struct store *store = NULL;
	bool listed = false;
	enum status status = prefix_parse(call->operands[0], &s.prefix);

	if (!status) {
		status = call_open_read(call, &store);
	}
	if (!status) {
		status = txn_read(store, &s.txn);
	}
	if (!status) {
		call_load_mirrored(call, s.txn);
		s.names = names_of(s.txn);
		listed = show(&s);
		names_release(&s.names);
		status = txn_status(s.txn);
		txn_abort(s.txn);
	}
	store_close(store);
	return status ? status : listed ? ST_OK : ST_NO;
}

const struct command command_show = {
	.verb = "show",
	.operands = "ADDRESS|PREFIX",
	.least = 1,
	.most = 1,
	.options = TAKES(OPTION_PUBLIC),
	.summary = "Shows what DNS serves for an address, and why",
	.details = "The records of each zone; every claim that covers it; exclusions; what was\n"
		   "reported of it; what was done about it, by whom and why. With --public those\n"
		   "who reported, who were written to and who work here stay unnamed, and their\n"
		   "words unsaid; what the policy found is told. Exit code 0: it is listed (of a\n"
		   "prefix: something in it is), on any sublist. 1: it is not.\n",
	.run = run,
};
