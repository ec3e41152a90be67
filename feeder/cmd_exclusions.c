/*
 * cmd_exclusions.c: feeder exclude list, check: which prefixes are never served as listed.
 *
 * `check` looks both ways: an exclusion that covers the prefix keeps all of it from being served,
 * one that lies inside keeps a part. Either is what an operator wants to know before a listing.
 */
#include "exclusiontext.h"
#include "feeder.h"
#include "output.h"
#include "prefix.h"

struct looking {
	const struct call *call;
	struct prefix prefix; /* of `check` */
	const char *how;      /* what an exclusion is to it */
	struct json json;
	bool found;
};

static bool print_line(void *context, const struct exclusion *exclusion)
{
	const struct looking *l = context;

	if (l->call->json) {
		struct json json = json_begin(output());

		exclusion_print_json(exclusion, &json);
		json_end(&json);
	} else {
		exclusion_print_line(exclusion);
	}
	return true;
}

static void list(struct looking *l, struct txn *txn)
{
	exclusions(txn, 4, print_line, l);
	exclusions(txn, 6, print_line, l);
}

static bool print_found(void *context, const struct exclusion *exclusion)
{
	struct looking *l = context;
	char inner[PREFIX_TEXT], outer[PREFIX_TEXT];

	l->found = true;
	if (l->call->json) {
		json_open(&l->json, NULL, '{');
		exclusion_print_json(exclusion, &l->json);
		json_close(&l->json, '}');
		return true;
	}
	prefix_format(&exclusion->prefix, outer);
	prefix_format(&l->prefix, inner);
	fprintf(output(), "%s %s %s", outer, l->how, inner);
	output_column(exclusion->comment);
	fputc('\n', output());
	return true;
}

static void check(struct looking *l, struct txn *txn)
{
	char text[PREFIX_TEXT];

	if (l->call->json) {
		prefix_format(&l->prefix, text);
		l->json = json_begin(output());
		json_text(&l->json, "prefix", text);
		json_open(&l->json, "covering", '[');
	}
	l->how = "covers";
	exclusions_covering(txn, &l->prefix, print_found, l);
	if (l->call->json) {
		json_close(&l->json, ']');
		json_open(&l->json, "inside", '[');
	}
	l->how = "is inside";
	exclusions_below(txn, &l->prefix, print_found, l);
	if (l->call->json) {
		json_close(&l->json, ']');
		json_bool(&l->json, "excluded", l->found);
		json_end(&l->json);
	}
}

static enum status look(struct looking *l, void (*at)(struct looking *, struct txn *))
{
	struct store *store;
	struct txn *txn;
	enum status status = call_open_read(l->call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		at(l, txn);
		status = txn_status(txn);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

static enum status run_list(struct call *call)
{
	return look(&(struct looking){.call = call}, list);
}

static enum status run_check(struct call *call)
{
	struct looking l = {.call = call};
	enum status status = prefix_parse(call->operands[0], &l.prefix);

	if (!status) {
		status = look(&l, check);
	}
	return status ? status : l.found ? ST_OK : ST_NO;
}

const struct command command_exclude_list = {
	.verb = "exclude",
	.sub = "list",
	.summary = "Lists exclusions",
	.details = "One a line, columns apart by tabs: prefix, when it expires, comment.\n",
	.run = run_list,
};

const struct command command_exclude_check = {
	.verb = "exclude",
	.sub = "check",
	.operands = "PREFIX",
	.least = 1,
	.most = 1,
	.summary = "Says which exclusions cover a prefix or lie inside it",
	.details = "Exit code 0: some do, all of it or a part is never served. 1: none does.\n",
	.run = run_check,
};
